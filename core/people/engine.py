"""The people layer as one object without I/O: transactions in, effects out.

``Engine`` is called from one thread at a time. Each call is one transaction; the effects it returns may be carried out only
because that transaction is committed. Time, network time and the number of custodians come in as a ``Moment``. The trio
service ``core.session.people_service`` gives it a network and a clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from random import SystemRandom

from core import api, crash
from core.people import maintenance, upgrade
from core.people.contact import invitations, slot_posts
from core.people.conversation import empty_blocks, inboxes, sender, sign_sender
from core.people.effects import BoxDraft, Effect, RecordDraft
from core.people.format.account_keys import AccountKeys
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.people.mail import outbox
from core.people.memory import Memory
from core.people.moment import Moment
from core.people.network_events import NetworkEvents
from core.people.record.new_device import new_account
from core.people.work import Work
from core.storage import accounts, conversations
from core.storage.database import Database
from core.storage.errors import StorageError
from net.events import NodeEvent
from net.parcel.work import FULL_PRICE, WorkPrice
from net.requests import Fetch

_log = logging.getLogger(__name__)

# Faults that no event of the network can cause.
_THE_MACHINES = (StorageError, OSError, MemoryError)


class Engine:
    """One unlocked account. ``distrust`` says that the database may be an old copy of itself."""

    def __init__(
        self,
        database: Database,
        keys: AccountKeys,
        now: Moment,
        *,
        distrust: bool = False,
        price: WorkPrice = FULL_PRICE,
        limits: PeopleLimits = PEOPLE_LIMITS,
    ) -> None:
        self._database = database
        with database.transaction() as tx:
            row = accounts.load(tx)
            if row is None:
                row = new_account(keys.identity, now)
                accounts.create(tx, row, upgrade.PRESENT)
            self.counter = row.counter
        self.me = upgrade.open_me(database, keys, now)
        self._memory = Memory(keys, SystemRandom(), now.day, limits)
        self._network_events = NetworkEvents(self._memory, price)
        self._day = now.day
        self._next_maintenance = now.mono
        self._counted_at: float | None = None
        self._distrust = distrust
        self._load(now)

    # --- transactions -------------------------------------------------------------------------------------------

    @contextmanager
    def work(self, now: Moment) -> Generator[Work]:
        """Run one transaction of the people layer; what it found must be built anew if it fails."""
        if self._is_stale:
            self._load(now)
        try:
            with self._database.transaction() as tx:
                memory = self._memory
                work = Work(
                    tx,
                    self.me,
                    now,
                    memory.tag_index,
                    repeats=memory.repeats,
                    presence=memory.presence,
                    limits=memory.limits,
                )
                yield work
                row = accounts.load(tx)
                assert row is not None
            self.counter, self.me = row.counter, work.me
            self._memory.pending_fetches.asked(
                (tag for effect in work.effects if isinstance(effect, Fetch) for tag in effect.tags), now.mono
            )
        except api.ApiError:
            raise  # refused before anything was changed
        except BaseException:
            self.forget_memory()
            raise

    def forget_memory(self) -> None:
        """Drop the memory; it is built anew from the database before anything else is done."""
        self._is_stale = True

    def jump_ahead(self, count: int, now: Moment) -> None:
        """Count on from beyond the mark, so that the copy this one was taken from is noticed too."""
        with self.work(now) as work:
            accounts.advance(work.tx, count)

    def _load(self, now: Moment) -> None:
        """Build the memory from the database; if that fails, it is to be done next time."""
        self._is_stale = True
        with self._database.transaction() as tx:
            self._memory.load(tx, self.me, now, distrust=self._distrust)
        self._distrust = False
        self._is_stale = False

    # --- what the network says ------------------------------------------------------------------------------------

    def start(self, now: Moment) -> list[Effect]:
        """Return what is to be done first."""
        with self.work(now) as work:
            work.want(self._memory.tag_index.wanted())
            invitations.repeat_records(work)
        return work.effects + self.tick(now)

    def network(self, events: Iterable[NodeEvent], now: Moment) -> list[Effect]:
        """Take what the node reported, in one transaction.

        Rules refuse hostile content where they read it. If one of them fails in a way that was not foreseen, the events are
        taken again one by one, and the failing one is left out: no stranger's bytes may lock the account. Errors of the
        disk and the machine are not caused by content, and are raised.
        """
        batch = list(events)
        try:
            return self._take(batch, now)
        except _THE_MACHINES:
            raise
        except Exception:  # noqa: BLE001 -- no rule foresaw it
            return [effect for event in batch for effect in self._take_or_leave(event, now)]

    def _take_or_leave(self, event: NodeEvent, now: Moment) -> list[Effect]:
        try:
            return self._take([event], now)
        except _THE_MACHINES:
            raise
        except Exception as error:  # noqa: BLE001 -- no rule foresaw it
            _log.warning("left out a %s that no rule foresaw: %s", type(event).__name__, crash.report(error))
            return []

    def _take(self, events: list[NodeEvent], now: Moment) -> list[Effect]:
        with self.work(now) as work:
            for event in events:
                self._network_events.take(work, event)
            self._after(work)
        return work.effects

    # --- work done elsewhere ------------------------------------------------------------------------------------

    def solved(self, results: Iterable[tuple[BoxDraft | RecordDraft, tuple[int, ...]]], now: Moment) -> list[Effect]:
        """Take drafts whose proof of work is done."""
        with self.work(now) as work:
            for draft, nonces in results:
                if isinstance(draft, BoxDraft):
                    self._memory.solving.discard((draft.posting, draft.fragment))
                    outbox.finish(work, draft, nonces)
                elif draft.invitation is None:
                    self._memory.record_sync.finish(work, draft, nonces)
                else:
                    invitations.finish_record(work, draft, nonces)
            self._after(work)
        return work.effects

    # --- time ---------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """Return when ``tick`` wants to be called, monotonic seconds."""
        if not self._memory.is_caught_up:
            return self._next_maintenance  # nothing is written before all that waits in the network was read
        return min(self._next_maintenance, self._memory.next_ack())

    def tick(self, now: Moment) -> list[Effect]:
        """Do what has become due."""
        with self.work(now) as work:
            if now.mono >= self._next_maintenance:
                self._next_maintenance = now.mono + maintenance.INTERVAL
                self._maintain(work)
            if self._memory.may_write(now.mono):
                for conversation in self._memory.ack_timing.take_due(work):
                    sender.write_ack(work, conversation)
            self._after(work)
        return work.effects

    def _maintain(self, work: Work) -> None:
        memory = self._memory
        self._count_online(work)
        self._turn_day(work)
        work.want(memory.pending_fetches.overdue(work.now.mono, memory.tag_index.is_wanted))
        maintenance.tend(work)
        inboxes.tend(work, may_write=memory.may_write(work.now.mono))
        sign_sender.tend(work, may_write=memory.may_write(work.now.mono))
        memory.record_sync.tend(work)

    def _turn_day(self, work: Work) -> None:
        work.want(self._memory.tag_index.turn_day(work.now.day))
        if work.now.day != self._day:
            self._day = work.now.day
            for conversation in conversations.every(work.tx):
                slot_posts.watch_conversation(work, conversation.id)

    def _count_online(self, work: Work) -> None:
        last, self._counted_at = self._counted_at, work.now.mono if work.now.custodians else None
        if last is not None and work.now.custodians:
            accounts.add_online(work.tx, int(min(work.now.mono - last, 2 * maintenance.INTERVAL) * 1000))

    def look_at(self, conversation: int, now: Moment) -> None:
        """Acknowledge soon what is owed in a conversation that the person looks at."""
        self._memory.ack_timing.look_at(conversation, now.mono)

    # --- a person's commands, and the end of every transaction ----------------------------------------------------------

    def command(self, act: Callable[[Work], api.R], now: Moment) -> tuple[api.R, list[Effect]]:
        """Carry out a command of a person in one transaction."""
        with self.work(now) as work:
            result = act(work)
            self._after(work)
        if work.looked_at is not None:
            self.look_at(work.looked_at, now)
        return result, work.effects

    def _after(self, work: Work) -> None:
        """Write what waits, deposit what lacks a copy, say where to read: the end of every transaction."""
        memory = self._memory
        memory.inbox_addresses.look(work)
        memory.repricing.draft(work, memory.solving)
        if memory.may_write(work.now.mono):
            empty_blocks.fill(work)
            sender.write_waiting(work)
            sign_sender.write_typing(work)
            for own in outbox.plan(work, memory.solving):
                memory.rollback_detection.suspect(work, own)
        memory.ack_timing.note(work)
