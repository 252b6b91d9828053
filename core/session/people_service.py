"""Runs an open account (``core.session.people_protocol``): with its share of the node, a disk thread, worker threads.

    node events ─┐                     ┌─> node (read, fetch, deposit …)
    commands ────┼─> engine, one call ─┼─> worker threads (proof of work) ─> engine
    time ────────┘   = one transaction └─> events for screens and programs

The order that keeps promises: commit, then note the count outside the home (``core.vault.mark``), then let effects out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import trio

from core import api
from core.people.engine import Engine
from core.people.work import Work
from core.refusals import note, refusal_of
from core.session.node_share import Share
from core.session.people_protocol import Call, Draft, PeopleProtocol, priced, prove
from core.storage import search_index
from core.storage.database import Database
from core.storage.errors import Closed, Passing
from core.storage.thread import DatabaseThread
from core.vault.mark import Mark
from net.events import DepositAnswered, NodeEvent
from net.parcel.work import FULL_PRICE, WorkPrice
from net.requests import Request

_log = logging.getLogger(__name__)

# Proofs of work done at one time: one a core, the database and the screen need the rest of the machine.
SOLVERS: Final = 2
# Drafts that wait for a solver: boxes are bounded by ``limits.MAX_SOLVING``, records by the invitations of a person.
MAX_DRAFTS: Final = 4096
# Seconds that a commit stays in the database's log at most: long enough to be one emptying for all that a text sets off.
LOG_PAUSE: Final = 2.0
# Seconds between two steps of indexing, each about as long: a million rows take three minutes.
INDEX_PAUSE: Final = 0.05
# Seconds until it goes on where the disk refused a step.
INDEX_RECOVERY_PAUSE: Final = 5.0


@dataclass
class PeopleService:
    """A running account. ``emit`` takes events; it must not block."""

    engine: Engine
    node: Share
    thread: DatabaseThread
    mark: Mark
    emit: Callable[[api.Event], None]
    price: WorkPrice = FULL_PRICE
    _confirmed: trio.Event = field(default_factory=trio.Event)
    _woken: trio.Event = field(default_factory=trio.Event)
    _wrote: trio.Event = field(default_factory=trio.Event)

    def __post_init__(self) -> None:
        self._protocol = PeopleProtocol(self.engine)
        self._turn = trio.Lock()
        self._queue, self._drafts = trio.open_memory_channel[Draft](MAX_DRAFTS)
        self._slow_queue, self._slow_drafts = trio.open_memory_channel[Draft](MAX_DRAFTS)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled."""
        async with trio.open_nursery() as nursery:
            for _ in range(SOLVERS):
                nursery.start_soon(self._solve, self._drafts)
            nursery.start_soon(self._solve, self._slow_drafts)  # beside them: no text waits for these seconds
            await self._call(self._protocol.start())
            nursery.start_soon(self._keep_time)
            nursery.start_soon(self._keep_tidy)
            nursery.start_soon(self._fill_index)
            task_status.started()

    # --- in -----------------------------------------------------------------------------------------------------

    async def feed(self, events: Sequence[NodeEvent]) -> None:
        """Take what the node reported; returns when it is kept, or read anew where it could not be."""
        if not events:
            return
        self._protocol.arrived(events)
        try:
            await self._do_what_is_due()
            while (anew_at := self._protocol.reads_anew_at()) is not None:
                await trio.sleep(anew_at - self.node.moment().mono)
                await self._do_what_is_due()
        except Closed:
            return  # the vault was locked while this waited; the cursor that was committed last still stands
        if any(isinstance(event, DepositAnswered) for event in events):
            self._confirmed.set()
            self._confirmed = trio.Event()

    async def act(self, act: Callable[[Work], api.R]) -> api.R:
        """Run a command's transaction; raises ``ApiError``, and any error that kept it from being committed."""
        answers: list[api.R] = []
        await self._call(self._protocol.command(act, answers.append))
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

    # --- calls of the engine ------------------------------------------------------------------------------------

    async def _call(self, call: Call) -> None:
        """Run one call.

        Shielded: what was committed must take effect, even if the caller was cancelled.
        """
        with trio.CancelScope(shield=True):
            async with self._turn:  # effects go out in the order of their commits: an older Read undoes no later one
                await self._run(call)

    async def _do_what_is_due(self) -> None:
        with trio.CancelScope(shield=True):
            async with self._turn:
                while (call := self._protocol.due(self.node.moment().mono)) is not None:
                    try:
                        await self._run(call)
                    except Passing as error:
                        _log.warning("could not keep %s: %s", call.cause.value, type(error).__name__)
                        self._protocol.failed(call, self.node.moment().mono)

    async def _run(self, call: Call) -> None:
        """Run a call in the database's thread, note the count, then let its effects out."""
        moment = self.node.moment()
        effects = await self.thread.run(lambda _: call.run(moment))
        try:
            count = self._protocol.count_to_mark(effects)
            if count is not None:
                await trio.to_thread.run_sync(self.mark.write, count)
            self._protocol.let_out(effects, self)
        except Exception as fault:  # noqa: BLE001 -- what was committed is done, whatever became of its effects
            self.engine.forget_memory()  # so that all that is still wanted is found anew
            note("effects of what was done come later", refusal_of(fault))
        self._woken.set()
        self._wrote.set()

    async def _keep_time(self) -> None:
        while True:
            self._woken = trio.Event()
            await self._do_what_is_due()
            with trio.move_on_at(self._protocol.next_deadline()):
                await self._woken.wait()

    # --- where effects go ---------------------------------------------------------------------------------------

    def request(self, request: Request) -> None:
        """Ask the node for something. Raises ``Overloaded``."""
        self.node.request(request)

    def solve(self, draft: Draft, *, is_slow: bool) -> None:
        """Have a proof of work done. Raises ``trio.WouldBlock`` where too many wait."""
        (self._slow_queue if is_slow else self._queue).send_nowait(draft)

    async def _solve(self, drafts: trio.MemoryReceiveChannel[Draft]) -> None:
        async for draft in drafts:
            hour = self.node.moment().hour
            # The personal record takes ten seconds: a lock or an exit does not wait for it, and nothing needs the result.
            paid = priced(draft, self.node.node.price_factor)
            nonces = await trio.to_thread.run_sync(prove, paid, hour, self.price, abandon_on_cancel=True)
            self._protocol.paid(draft, nonces)
            self._woken.set()  # committed with what else is solved meanwhile: a commit takes as long as a third of a box

    # --- the database -------------------------------------------------------------------------------------------

    async def _keep_tidy(self) -> None:
        """Empty the database's log soon after it was written to: the last keys that were used up are in it else."""
        while True:
            await self._wrote.wait()
            await trio.sleep(LOG_PAUSE)
            self._wrote = trio.Event()
            await self.tidy()

    async def _fill_index(self) -> None:
        """Index what an older version of this program did not: a step, then a pause for other calls."""
        is_more = True
        while is_more:
            try:
                is_more = await self.thread.run(search_index.fill)
                await trio.sleep(INDEX_PAUSE)
            except Passing as error:
                _log.warning("could not index older texts: %s", type(error).__name__)
                await trio.sleep(INDEX_RECOVERY_PAUSE)
