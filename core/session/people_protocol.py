"""A running account without I/O: which transaction is due when, and where its effects go.

    node events ── arrived ─┐                                          ┌─> request (of the node)
    proofs of work ── paid ─┼─> due ─> Call ── one transaction ──> let_out ─> emit (to screens and programs)
    time ───────────────────┘                 (mark noted first)       └─> solve (proof of work) ─> paid

The driver runs calls one at a time, where its database lives, then notes the count (``count_to_mark``) and lets the
effects out: ``core.session.people_service`` with trio, tests in simulated time. A call that the disk refused for a while
(``Passing``) is given to ``failed``, and tried again after a pause; its events are not kept, but read anew from the
cursors that were committed last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, Protocol

from core import api
from core.people.contact import invitations
from core.people.conversation.resets import trusts
from core.people.effects import BoxDraft, Effect, Emit, RecordDraft, Solve
from core.people.engine import Engine
from core.people.format.account_keys import keys_of_seed
from core.people.mail import boxes
from core.people.moment import Moment
from core.people.work import Work
from core.storage import accounts, search_index
from core.storage.database import Database
from net.errors import Overloaded
from net.events import NodeEvent
from net.parcel.work import WorkPrice
from net.requests import Deposit, PutRecord, Read, Request

_log = logging.getLogger(__name__)

# Seconds until a call or an event that a full disk refused is tried or read again.
RECOVERY_PAUSE: Final = 5.0
# What is read before an account names its addresses.
NOTHING: Final = Read(frozenset())

Draft = BoxDraft | RecordDraft
# A draft and the work done for it.
Paid = tuple[Draft, tuple[int, ...]]


class Cause(Enum):
    """What a call is made for."""

    COMMAND = "a command"
    EVENTS = "what the network brought"
    PAID = "a finished box"
    TIME = "what was due"


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction of the engine, to be run at a moment; it returns its effects."""

    cause: Cause
    run: Callable[[Moment], list[Effect]]


class Surroundings(Protocol):
    """Where effects go; none of these waits."""

    def request(self, request: Request) -> None:
        """Ask the node for something. Raises ``Overloaded``."""
        ...

    def emit(self, event: api.Event, /) -> None:
        """Tell screens and programs."""
        ...

    def solve(self, draft: Draft, *, is_slow: bool) -> None:
        """Have a proof of work done, for ``paid``; one that ``is_slow`` takes seconds, and no text may wait for it."""
        ...


class PeopleProtocol:
    """One running account."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._marked = -1
        self._reading = NOTHING
        self._arrived: list[NodeEvent] = []
        self._paid: list[Paid] = []
        self._must_read_anew = False
        self._not_before: dict[Cause, float] = {}

    # --- in -----------------------------------------------------------------------------------------------------------

    def arrived(self, events: Iterable[NodeEvent]) -> None:
        """Take what the node reported."""
        self._arrived += events

    def paid(self, draft: Draft, nonces: tuple[int, ...]) -> None:
        """Take a finished proof of work."""
        self._paid.append((draft, nonces))

    def start(self) -> Call:
        """Return the first call."""
        return Call(Cause.COMMAND, self.engine.start)

    def command(self, act: Callable[[Work], api.R], answer: Callable[[api.R], None]) -> Call:
        """Return the call that carries out a person's command and gives what it returns to ``answer``."""

        def run(now: Moment) -> list[Effect]:
            result, effects = self.engine.command(act, now)
            answer(result)
            return effects

        return Call(Cause.COMMAND, run)

    # --- what is due --------------------------------------------------------------------------------------------------

    def due(self, mono: float) -> Call | None:
        """Return the next call that is due at a moment of monotonic time."""
        if self._may(Cause.EVENTS, mono) and (self._arrived or self._must_read_anew):
            return self._take_events()
        if self._may(Cause.PAID, mono) and self._paid:
            paid, self._paid = self._paid, []
            return Call(Cause.PAID, lambda now: self.engine.solved(paid, now))
        if self._may(Cause.TIME, mono) and self.engine.next_deadline() <= mono:
            return Call(Cause.TIME, self.engine.tick)
        return None

    def next_deadline(self) -> float:
        """Return when a call may be due next, monotonic seconds."""
        at = max(self.engine.next_deadline(), self._not_before.get(Cause.TIME, 0.0))
        if self._arrived or self._must_read_anew:
            at = min(at, self._not_before.get(Cause.EVENTS, 0.0))
        return min(at, self._not_before.get(Cause.PAID, 0.0)) if self._paid else at

    def reads_anew_at(self) -> float | None:
        """Return when what could not be kept is read again, monotonic seconds; None: all was kept."""
        return self._not_before[Cause.EVENTS] if self._must_read_anew else None

    def failed(self, call: Call, mono: float) -> None:
        """Note that the disk refused a call: what it was for comes again after a pause."""
        self._not_before[call.cause] = mono + RECOVERY_PAUSE
        self._must_read_anew |= call.cause is Cause.EVENTS

    def _may(self, cause: Cause, mono: float) -> bool:
        return mono >= self._not_before.get(cause, 0.0)

    def _take_events(self) -> Call:
        if self._must_read_anew:
            self._must_read_anew = False
            anew: list[Effect] = [NOTHING, self._reading]  # every stream from the cursor that was committed last
            return Call(Cause.EVENTS, lambda _: anew)
        events, self._arrived = self._arrived, []
        return Call(Cause.EVENTS, lambda now: self.engine.network(events, now))

    # --- out ----------------------------------------------------------------------------------------------------------

    def count_to_mark(self, effects: Sequence[Effect]) -> int | None:
        """Return the count to be noted outside the home before these effects are let out; None: it is noted already."""
        if self.engine.counter == self._marked or not any(isinstance(e, Deposit | PutRecord) for e in effects):
            return None
        self._marked = self.engine.counter
        return self._marked

    def let_out(self, effects: Iterable[Effect], surroundings: Surroundings) -> None:
        """Carry out the effects of a call that was committed, in order."""
        for effect in effects:
            try:
                self._carry_out(effect, surroundings)
            except Overloaded as error:  # the engine's duties ask again for what is still wanted
                _log.warning("the node's queue of %s is full", error.queue)

    def _carry_out(self, effect: Effect, surroundings: Surroundings) -> None:
        match effect:
            case Solve():
                is_personal = isinstance(effect.draft, RecordDraft) and effect.draft.invitation is None
                surroundings.solve(effect.draft, is_slow=is_personal)
            case Emit():
                surroundings.emit(effect.event)
            case _:
                if isinstance(effect, Read):
                    self._reading = effect
                surroundings.request(effect)


def priced(draft: Draft, price_factor: Callable[[int], int]) -> Draft:
    """Return a draft at the price of the hour: custodians under flood ask ``price_factor`` times the usual at a prefix."""
    if isinstance(draft, RecordDraft):
        return draft
    return replace(draft, factor=draft.factor * price_factor(draft.prefix))


def prove(draft: Draft, hour: int, price: WorkPrice) -> tuple[int, ...]:
    """Do a draft's proof of work: tens of milliseconds, for the personal record ten seconds."""
    if isinstance(draft, BoxDraft):
        return boxes.solve_draft(draft, hour, price)
    return invitations.solve_draft(draft, hour, price)


def is_trusted(database: Database, mark: int | None) -> bool:
    """Say whether a database is no old copy of itself, by the count that was noted outside of it."""
    with database.read() as snapshot:
        row = accounts.load(snapshot)
    return trusts(None if row is None else row.counter, mark)


def open_engine(database: Database, seed: bytes, mark: int | None, moment: Moment, price: WorkPrice) -> Engine:
    """Open the engine of an account; where its database is an old copy, every lane begins anew."""
    with database.transaction() as tx:
        search_index.prepare(tx)
    trusted = is_trusted(database, mark)
    engine = Engine(database, keys_of_seed(seed), moment, distrust=not trusted, price=price)
    if not trusted:
        engine.jump_ahead(max(mark or 0, engine.counter) + 1, moment)
    return engine
