"""Gives an open account what ``core.people.engine`` has not: a network, a clock, a disk thread, worker threads.

    node events ─┐                     ┌─> node (read, fetch, deposit …)
    commands ────┼─> engine, one call ─┼─> worker threads (proof of work) ─> engine
    time ────────┘   = one transaction └─> events for screens and programs

The order that keeps promises: commit, then note the count outside the home (``core.vault.mark``), then let effects out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import trio

from core import api
from core.node.service import NodeService
from core.people.contact import invitations
from core.people.effects import BoxDraft, Effect, Emit, RecordDraft, Solve
from core.people.engine import Engine
from core.people.mail import boxes
from core.people.moment import Moment
from core.people.work import Work
from core.refusals import note, refusal_of
from core.storage import search_index
from core.storage.database import Database
from core.storage.errors import Closed, Passing
from core.storage.thread import DatabaseThread
from core.vault.mark import Mark
from net.errors import Overloaded
from net.events import DepositAnswered, NodeEvent
from net.parcel.work import FULL_PRICE, WorkPrice
from net.requests import Deposit, PutRecord, Read

_log = logging.getLogger(__name__)

# Proofs of work done at one time: one a core, the database and the screen need the rest of the machine.
SOLVERS = 2
# Drafts that wait for a solver: boxes are bounded by ``outbox.MAX_SOLVING``, records by the invitations of a person.
MAX_DRAFTS = 4096
# Seconds until what a full disk made us miss is read again.
RECOVERY_PAUSE = 5.0
# Seconds that a commit stays in the database's log at most: long enough to be one emptying for all that a text sets off.
LOG_PAUSE = 2.0
# Seconds between two steps of indexing, each about as long: a million rows take three minutes.
INDEX_PAUSE = 0.05
# What is read before an account says what.
NOTHING = Read(frozenset())
# A draft and the work done for it.
_Paid = tuple[BoxDraft | RecordDraft, tuple[int, ...]]


@dataclass
class PeopleService:
    """A running account. ``emit`` takes events; it must not block."""

    engine: Engine
    node: NodeService
    thread: DatabaseThread
    mark: Mark
    emit: Callable[[api.Event], None]
    price: WorkPrice = FULL_PRICE
    _marked: int = -1
    _reading: Read = NOTHING
    _confirmed: trio.Event = field(default_factory=trio.Event)
    _woken: trio.Event = field(default_factory=trio.Event)
    _wrote: trio.Event = field(default_factory=trio.Event)

    def __post_init__(self) -> None:
        self._turn = trio.Lock()
        self._queue, self._drafts = trio.open_memory_channel[BoxDraft | RecordDraft](MAX_DRAFTS)
        self._slow_queue, self._slow_drafts = trio.open_memory_channel[BoxDraft | RecordDraft](MAX_DRAFTS)
        self._finish, self._finished = trio.open_memory_channel[_Paid](MAX_DRAFTS)

    def moment(self) -> Moment:
        """Return the present as the engine sees it."""
        now = self.node.now()
        node = self.node
        return Moment(now.wall_ms, node.network_ms(), now.mono, len(node.custodians()), node.shown_width())

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled."""
        async with trio.open_nursery() as nursery:
            for _ in range(SOLVERS):
                nursery.start_soon(self._solve, self._drafts)
            nursery.start_soon(self._solve, self._slow_drafts)  # beside them: no text waits for these seconds
            nursery.start_soon(self._keep_solved)
            await self._engine(self.engine.start)
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._keep_tidy)
            nursery.start_soon(self._fill_index)
            task_status.started()

    # --- in -----------------------------------------------------------------------------------------------------

    async def feed(self, events: Sequence[NodeEvent]) -> None:
        """Take what the node reported."""
        if not events:
            return
        try:
            await self._engine(lambda now: self.engine.network(events, now))
        except Closed:
            return  # the vault was locked while this waited; the cursor that was committed last still stands
        except Passing as error:
            _log.warning("could not keep what the network brought: %s", type(error).__name__)
            await trio.sleep(RECOVERY_PAUSE)
            self.node.request(NOTHING)
            self.node.request(self._reading)  # anew: every stream from the cursor that was committed last
        if any(isinstance(event, DepositAnswered) for event in events):
            self._confirmed.set()
            self._confirmed = trio.Event()

    async def act(self, act: Callable[[Work], api.R]) -> api.R:
        """Carry out a person's command; raises ``ApiError``, and whatever kept it from being committed."""
        answers: list[api.R] = []

        def run(now: Moment) -> list[Effect]:
            answer, effects = self.engine.command(act, now)
            answers.append(answer)
            return effects

        await self._engine(run)
        return answers[0]

    async def forget_deleted(self) -> None:
        """Empty the database's log, so that what was deleted is gone from it too."""
        await self.thread.run(Database.checkpoint)

    async def tidy(self) -> None:
        """Empty the database's log of what was overwritten, if the disk lets us."""
        await self.thread.run(Database.tidy)

    async def wait_for_confirmation(self) -> None:
        """Wait until a custodian answers some deposit."""
        await self._confirmed.wait()

    # --- within -------------------------------------------------------------------------------------------------

    async def _engine(self, call: Callable[[Moment], list[Effect]]) -> None:
        """Run one call of the engine in the database's thread, note the count, then let its effects out.

        Shielded: what was committed must take effect, whoever asked for it and went away.
        """
        with trio.CancelScope(shield=True):
            async with self._turn:  # effects go out in the order of their commits: an older Read undoes no later one
                await self._run(call)
        self._woken.set()
        self._wrote.set()

    async def _run(self, call: Callable[[Moment], list[Effect]]) -> None:
        moment = self.moment()
        effects = await self.thread.run(lambda _: call(moment))
        try:
            await self._let_out(effects)
        except Exception as fault:  # noqa: BLE001 -- what was committed is done, whatever became of its effects
            self.engine.forget_memory()  # so that all that is still wanted is found anew
            note("effects of what was done come later", refusal_of(fault))

    async def _let_out(self, effects: Sequence[Effect]) -> None:
        if self.engine.counter != self._marked and any(isinstance(e, Deposit | PutRecord) for e in effects):
            self._marked = self.engine.counter
            await trio.to_thread.run_sync(self.mark.write, self._marked)
        for effect in effects:
            try:
                self._carry_out(effect)
            except Overloaded as error:  # the engine's duties ask again for what is still wanted
                _log.warning("the node's queue of %s is full", error.queue)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Solve():
                is_personal = isinstance(effect.draft, RecordDraft) and effect.draft.invitation is None
                (self._slow_queue if is_personal else self._queue).send_nowait(effect.draft)
            case Emit():
                self.emit(effect.event)
            case _:
                if isinstance(effect, Read):
                    self._reading = effect
                self.node.request(effect)

    def _priced(self, draft: BoxDraft | RecordDraft) -> BoxDraft | RecordDraft:
        """Return a draft at the price of the hour: custodians under flood ask for more."""
        if isinstance(draft, RecordDraft):
            return draft
        return replace(draft, factor=draft.factor * self.node.price_factor(draft.prefix))

    async def _solve(self, drafts: trio.MemoryReceiveChannel[BoxDraft | RecordDraft]) -> None:
        async for draft in drafts:
            hour = self.moment().hour
            # The personal record takes ten seconds: whoever locks or leaves does not wait, and nothing hangs on the result.
            priced = self._priced(draft)
            nonces = await trio.to_thread.run_sync(_solve, priced, hour, self.price, abandon_on_cancel=True)
            await self._finish.send((draft, nonces))

    async def _keep_solved(self) -> None:
        """Commit what is solved, all of it at once, while the solvers go on: a commit takes as long as a third of a box."""
        async for paid in self._finished:
            batch = [paid]
            with suppress(trio.WouldBlock):
                while True:
                    batch.append(self._finished.receive_nowait())
            try:
                await self._engine(partial(self.engine.solved, batch))
            except Passing as error:
                _log.warning("could not keep a finished box: %s", type(error).__name__)
                await trio.sleep(RECOVERY_PAUSE)

    async def _keep_time(self) -> None:
        while True:
            self._woken = trio.Event()
            with trio.move_on_at(self.engine.next_deadline()):
                await self._woken.wait()
            if self.engine.next_deadline() > self.moment().mono:
                continue
            try:
                await self._engine(self.engine.tick)
            except Passing as error:
                _log.warning("could not do what was due: %s", type(error).__name__)
                await trio.sleep(RECOVERY_PAUSE)

    async def _keep_tidy(self) -> None:
        """Empty the database's log soon after it was written to: the last keys that were used up are in it else."""
        while True:
            await self._wrote.wait()
            await trio.sleep(LOG_PAUSE)
            self._wrote = trio.Event()
            await self.tidy()

    async def _fill_index(self) -> None:
        """Index what an older version of this program left behind: a step, then a pause for everybody else."""
        is_more = True
        while is_more:
            try:
                is_more = await self.thread.run(search_index.fill)
                await trio.sleep(INDEX_PAUSE)
            except Passing as error:
                _log.warning("could not index older texts: %s", type(error).__name__)
                await trio.sleep(RECOVERY_PAUSE)


def _solve(draft: BoxDraft | RecordDraft, hour: int, price: WorkPrice) -> tuple[int, ...]:
    if isinstance(draft, BoxDraft):
        return boxes.solve_draft(draft, hour, price)
    return invitations.solve_draft(draft, hour, price)
