"""The people layer as one object without I/O: transactions in, effects out.

``Engine`` is called from one thread at a time. Each call is one transaction; the effects it returns may be carried out only
because that transaction is committed. Time, network time and the number of custodians come in as a ``Moment``. The trio
service ``core.session.messenger`` gives it a network and a clock; the simulator gives it a seeded world instead.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from random import SystemRandom

from core import api, crash
from core.people import maintenance, slot_reader, upgrade
from core.people.contact import invitations, slot_posts
from core.people.conversation import (
    acks,
    empty_blocks,
    inboxes,
    item_rules,
    lane_reader,
    lane_reading,
    ratchets,
    resets,
    sender,
    trust,
)
from core.people.conversation.inbox_addresses import InboxAddresses
from core.people.conversation.rollback_detection import RollbackDetection
from core.people.effects import BoxDraft, Effect, RecordDraft
from core.people.format import acknowledgement
from core.people.format.account_keys import AccountKeys
from core.people.mail import outbox
from core.people.mail.pending_fetches import PendingFetches
from core.people.mail.repricing import Repricing
from core.people.moment import Moment
from core.people.record.new_device import new_account
from core.people.record.record_sync import RecordSync
from core.people.repeats import Repeats
from core.people.tag_index import LaneTarget, SlotTarget, TagIndex
from core.people.work import Work
from core.storage import accounts, conversations, lanes, mail, meetings, messages
from core.storage.database import Database
from core.storage.errors import StorageError
from net.errors import DecodeError
from net.events import (
    BoxAbsent,
    BoxArrived,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    PriceRisen,
    RecordAnswered,
    TagsArrived,
    Verdict,
)
from net.ids import ParcelId, tag_of
from net.parcel.box import decode_box
from net.parcel.work import FULL_PRICE, WorkPrice
from net.requests import Fetch, Follow, Retry

_log = logging.getLogger(__name__)

# What no event of the network is to blame for.
_THE_MACHINES = (StorageError, OSError, MemoryError)
# Somebody looks at a chat that was listed or written to within this many seconds.
OPEN_CHAT_SECONDS = 120.0


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
    ) -> None:
        self._database = database
        self._price = price
        self._random = SystemRandom()
        with database.transaction() as tx:
            row = accounts.load(tx)
            if row is None:
                row = new_account(keys.identity, now)
                accounts.create(tx, row, upgrade.PRESENT)
            self.counter = row.counter
        self.me = upgrade.open_me(database, keys, now)
        self._tag_index = TagIndex(now.day)
        self._solving: set[tuple[int, int]] = set()
        self._fetching = PendingFetches()
        self._foresight = RollbackDetection()
        self._listening = InboxAddresses(self._random)
        self._keys = keys
        self._keeping = RecordSync(keys, self._random)
        self._caught_up = False
        self._day = now.day
        self._repeats = Repeats()
        self._paying = Repricing()
        self._ack_at: dict[int, float] = {}
        self._open_until: dict[int, float] = {}
        self._next_duty = now.mono
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
                work = Work(tx, self.me, now, self._tag_index, repeats=self._repeats)
                yield work
                row = accounts.load(tx)
                assert row is not None
            self.counter, self.me = row.counter, work.me
            self._fetching.asked(
                (tag for effect in work.effects if isinstance(effect, Fetch) for tag in effect.tags), now.mono
            )
        except api.ApiError:
            raise  # refused before anything was changed
        except BaseException:
            self.forget_memory()
            raise

    def forget_memory(self) -> None:
        """Let what is known besides the database be built anew from it, before anything else is done."""
        self._is_stale = True

    def jump_ahead(self, count: int, now: Moment) -> None:
        """Count on from beyond the mark, so that the copy this one was taken from is noticed too."""
        with self.work(now) as work:
            accounts.advance(work.tx, count)

    def _load(self, now: Moment) -> None:
        """Build what is watched from the database; if that fails, it is to be done next time."""
        self._is_stale = True
        self._solving.clear()
        self._foresight.clear()
        self._listening = InboxAddresses(self._random)
        self._keeping = RecordSync(self._keys, self._random)
        with self._database.transaction() as tx:
            self._tag_index = TagIndex(now.day, mail.tags(tx))
            work = Work(tx, self.me, now, self._tag_index)
            if self._distrust:
                resets.distrust_state(work)
                self._distrust = False
            item_rules.take_later(work)
            for row in lanes.every_reading(tx):
                if not conversations.by_id(tx, row.conversation).blocked:
                    lane_reading.watch_lane(work, row)
            for invitation in meetings.every(tx):
                invitations.watch(work, invitation)
            for conversation in conversations.every(tx):
                slot_posts.watch_conversation(work, conversation.id)
        self._fetching = PendingFetches(self._tag_index.wanted(), now.mono)
        self._is_stale = False

    # --- what the network says ------------------------------------------------------------------------------------

    def start(self, now: Moment) -> list[Effect]:
        """Return what is to be done first."""
        with self.work(now) as work:
            work.want(self._tag_index.wanted())
            invitations.repeat_records(work)
        return work.effects + self.tick(now)

    def network(self, events: Iterable[NodeEvent], now: Moment) -> list[Effect]:
        """Take what the node reported, in one transaction.

        Rules refuse hostile content where they read it. Should one of them miss something, whatever it is, the events are
        taken again one by one, and the one that cannot be taken is left out: no stranger's bytes may lock the account.
        What the disk and the machine refuse is nobody's content, and is raised.
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
                self._on_event(work, event)
            self._after(work)
        return work.effects

    def _on_event(self, work: Work, event: NodeEvent) -> None:
        match event:
            case CustodianUp():
                cursor = mail.cursor(work.tx, event.custodian, event.bucket)
                work.effects.append(Follow(event.custodian, event.bucket, cursor))
                outbox.repeat_unconfirmed(work, maintenance.MAX_REPEATED)
                invitations.repeat_records(work)
                self._keeping.look(work)
            case TagsArrived():
                self._on_tags(work, event)
            case BoxArrived():
                self._on_box(work, event.box)
            case DepositAnswered():
                self._on_verdict(work, event)
            case PriceRisen():
                self._keeping.pay_more(work, event)
                self._paying.risen(work, event)
            case BoxAbsent():
                self._fetching.absent(event.tag, work.now.mono)
                if self._foresight.absent(event.tag):
                    self._tag_index.forget_seen(event.tag)
            case RecordAnswered():
                if not self._keeping.answered(work, event):
                    self._distrust_state(work)
            case _:
                pass

    def _on_verdict(self, work: Work, event: DepositAnswered) -> None:
        self._keeping.deposited(work, event)
        if event.verdict is Verdict.STORED:
            outbox.confirmed(work, event.parcel_id, event.custodian)
            invitations.confirmed(work, event.parcel_id, event.custodian)

    def _on_tags(self, work: Work, event: TagsArrived) -> None:
        new, ours = self._tag_index.see(event.tags)
        mail.add_tags(work.tx, new, work.now.hour)
        mail.set_cursor(work.tx, event.custodian, event.bucket, event.cursor, work.now.hour)
        work.want(ours)
        if event.caught_up and not self._caught_up:
            self._caught_up = True
            self._foresight.foresee(work)
            new = self._tag_index.seen()
        self._foresight.look(work, new)

    def _distrust_state(self, work: Work) -> None:
        _log.warning("this state is an old copy of itself: every lane begins anew")
        resets.distrust_state(work)
        self._solving.clear()
        self._foresight.clear()

    def _on_box(self, work: Work, data: bytes) -> None:
        try:
            box = decode_box(data)
        except DecodeError:
            return
        self._fetching.came(tag_of(box.box_id))
        if self._foresight.is_proof(work, box):
            self._distrust_state(work)
        targets = self._tag_index.targets(box.box_id)
        is_use = [
            lane_reader.open_lane_box(work, target, box)
            if isinstance(target, LaneTarget)
            else self._on_slot_box(work, target, data)
            for target in targets
        ]
        if targets and not any(is_use):  # whoever knows the id may have put something else there
            work.effects.append(Retry(tag_of(box.box_id)))

    def _on_slot_box(self, work: Work, target: SlotTarget, data: bytes) -> bool:
        if slot_reader.is_for_later(work):
            self._fetching.asked([tag_of(ParcelId(target.box_id))], work.now.mono)
            return True
        return slot_reader.take(work, target, data, self._price)

    # --- work done elsewhere ------------------------------------------------------------------------------------

    def solved(self, results: Iterable[tuple[BoxDraft | RecordDraft, tuple[int, ...]]], now: Moment) -> list[Effect]:
        """Take drafts whose proof of work is done."""
        with self.work(now) as work:
            for draft, nonces in results:
                if isinstance(draft, BoxDraft):
                    self._solving.discard((draft.posting, draft.fragment))
                    outbox.finish(work, draft, nonces)
                elif draft.invitation is None:
                    self._keeping.finish(work, draft, nonces)
                else:
                    invitations.finish_record(work, draft, nonces)
            self._after(work)
        return work.effects

    # --- time ---------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float:
        """Return when ``tick`` wants to be called, monotonic seconds."""
        if not self._caught_up or not self._ack_at:
            return self._next_duty  # nothing is written before the network was caught up with
        return min(self._next_duty, max(min(self._ack_at.values()), self._foresight.waits_until()))

    def tick(self, now: Moment) -> list[Effect]:
        """Do what has become due."""
        with self.work(now) as work:
            if now.mono >= self._next_duty:
                self._next_duty = now.mono + maintenance.INTERVAL
                self._duties(work)
            self._write_acks(work)
            self._after(work)
        return work.effects

    def _duties(self, work: Work) -> None:
        self._count_online(work)
        self._turn_day(work)
        work.want(self._fetching.overdue(work.now.mono, self._tag_index.is_wanted))
        maintenance.tend(work)
        inboxes.tend(work, may_write=self._may_write(work))
        self._keeping.tend(work)

    def _turn_day(self, work: Work) -> None:
        work.want(self._tag_index.turn_day(work.now.day))
        if work.now.day != self._day:
            self._day = work.now.day
            for conversation in conversations.every(work.tx):
                slot_posts.watch_conversation(work, conversation.id)

    def _count_online(self, work: Work) -> None:
        last, self._counted_at = self._counted_at, work.now.mono if work.now.custodians else None
        if last is not None and work.now.custodians:
            accounts.add_online(work.tx, int(min(work.now.mono - last, 2 * maintenance.INTERVAL) * 1000))

    def _write_acks(self, work: Work) -> None:
        if not self._may_write(work):
            return
        for conversation in conversations.acks_due(work.tx):
            if conversations.by_id(work.tx, conversation).blocked:
                continue  # who is blocked is told nothing
            at = self._ack_at.get(conversation)
            if at is None:
                self._ack_at[conversation] = work.now.mono + self._ack_delay(work, conversation)
            elif at <= work.now.mono:
                self._ensure_lane(work, conversation)
                sender.write_control(work, conversation)
                self._ack_at.pop(conversation, None)

    def _ack_delay(self, work: Work, conversation: int) -> float:
        if acks.is_unheard(work, conversation):
            return acknowledgement.UNHEARD_DELAY
        if self._open_until.get(conversation, 0.0) > work.now.mono:
            return acknowledgement.OPEN_DELAY
        return self._random.uniform(*acknowledgement.IDLE_DELAY)

    def look_at(self, conversation: int, now: Moment) -> None:
        """Acknowledge soon what is owed in a conversation that the person looks at."""
        self._open_until[conversation] = now.mono + OPEN_CHAT_SECONDS
        at = self._ack_at.get(conversation, 0.0)
        if now.mono + acknowledgement.OPEN_DELAY < at <= now.mono + acknowledgement.IDLE_DELAY[1]:
            self._ack_at[conversation] = now.mono + acknowledgement.OPEN_DELAY

    def _after(self, work: Work) -> None:
        """Write what waits, deposit what lacks a copy, say where to read: the end of every transaction."""
        self._listening.look(work)
        self._paying.draft(work, self._solving)
        if self._may_write(work):
            for conversation in messages.conversations_pending(work.tx):
                self._write_pending(work, conversation)
            empty_blocks.fill(work)
            for own in outbox.plan(work, self._solving):
                self._foresight.suspect(work, own)
        due = set(conversations.acks_due(work.tx))
        for conversation in [known for known in self._ack_at if known not in due]:
            del self._ack_at[conversation]
        for conversation in due - set(self._ack_at):
            self._ack_at[conversation] = work.now.mono + self._ack_delay(work, conversation)

    def _may_write(self, work: Work) -> bool:
        return self._caught_up and not self._foresight.is_waiting(work.now.mono)

    @staticmethod
    def _write_pending(work: Work, conversation: int) -> None:
        row = conversations.by_id(work.tx, conversation)
        if row.state != "open" or row.blocked or row.inbox is None or not trust.audience(work, conversation):
            return  # nobody there can be written to yet
        Engine._ensure_lane(work, conversation)
        if ratchets.can_write(work, conversation):
            sender.write_pending(work, conversation)

    @staticmethod
    def _ensure_lane(work: Work, conversation: int) -> None:
        if lanes.writing(work.tx, conversation) is None:  # by our own doing, or after thirty days: nobody asked for it
            resets.begin(work, conversation, is_last_known=False, again=False)

    def command(self, act: Callable[[Work], api.R], now: Moment) -> tuple[api.R, list[Effect]]:
        """Carry out a command of a person in one transaction."""
        with self.work(now) as work:
            result = act(work)
            self._after(work)
        if work.looked_at is not None:
            self.look_at(work.looked_at, now)
        return result, work.effects
