"""What a running account does when: in order, batched, again after a pause; no clock and no thread is needed to say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from core import api
from core.people.effects import Effect, Emit, RecordDraft, Solve
from core.people.engine import Engine
from core.people.moment import Moment
from core.session.people_protocol import NOTHING, RECOVERY_PAUSE, Cause, Draft, PeopleProtocol
from net.errors import Overloaded
from net.events import BoxAbsent
from net.ids import Tag
from net.requests import Deposit, Read, Request

NOW = Moment(0, 0, 10.0, 2, 1)
READ = Read(frozenset({7}))
ABSENT = BoxAbsent(Tag(bytes(8)))
NEWS = api.NetworkChanged(peers=1)
PERSONAL = RecordDraft(None, b"", 1, 1, b"", b"")
INVITATION = RecordDraft("i", b"", 1, 1, b"", b"")


@dataclass
class FakeEngine:
    """Notes its calls."""

    counter: int = 1
    deadline: float = 100.0
    calls: list[Any] = field(default_factory=list[Any])

    def next_deadline(self) -> float:
        return self.deadline

    def network(self, events: object, _: Moment) -> list[Effect]:
        self.calls.append(events)
        return []

    def solved(self, paid: object, _: Moment) -> list[Effect]:
        self.calls.append(paid)
        return []

    def tick(self, _: Moment) -> list[Effect]:
        self.deadline += 100.0
        return []


@dataclass
class Out:
    """Where effects go."""

    seen: list[Any] = field(default_factory=list[Any])
    is_full: bool = False

    def request(self, request: Request) -> None:
        if self.is_full:
            raise Overloaded("queue")
        self.seen.append(request)

    def emit(self, event: api.Event) -> None:
        self.seen.append(event)

    def solve(self, draft: Draft, *, is_slow: bool) -> None:
        self.seen.append((draft, is_slow))


def made() -> tuple[PeopleProtocol, FakeEngine, Out]:
    engine = FakeEngine()
    return PeopleProtocol(cast("Engine", engine)), engine, Out()


def run_due(protocol: PeopleProtocol, mono: float) -> list[Cause]:
    causes: list[Cause] = []
    while (call := protocol.due(mono)) is not None:
        causes.append(call.cause)
        call.run(NOW)
    return causes


def test_events_are_taken_together_then_what_is_solved_then_what_is_due() -> None:
    protocol, engine, _ = made()
    assert protocol.next_deadline() == 100.0
    protocol.paid(PERSONAL, (1,))
    protocol.paid(INVITATION, (2,))
    protocol.arrived([ABSENT])
    protocol.arrived([ABSENT])
    assert protocol.next_deadline() == 0.0
    assert run_due(protocol, 100.0) == [Cause.EVENTS, Cause.PAID, Cause.TIME]
    assert engine.calls == [[ABSENT, ABSENT], [(PERSONAL, (1,)), (INVITATION, (2,))]]
    assert protocol.next_deadline() == 200.0


def test_what_the_disk_refused_is_read_anew_after_a_pause_and_nothing_else_waits_for_it() -> None:
    protocol, engine, out = made()
    protocol.let_out([READ], out)
    protocol.arrived([ABSENT])
    call = protocol.due(10.0)
    assert call is not None
    protocol.failed(call, 10.0)
    protocol.arrived([ABSENT])
    assert protocol.reads_anew_at() == protocol.next_deadline() == 10.0 + RECOVERY_PAUSE
    protocol.paid(PERSONAL, (1,))
    assert run_due(protocol, 11.0) == [Cause.PAID]
    anew = protocol.due(10.0 + RECOVERY_PAUSE)
    assert anew is not None
    protocol.let_out(anew.run(NOW), out)
    assert out.seen == [READ, NOTHING, READ]
    assert protocol.reads_anew_at() is None
    assert run_due(protocol, 10.0 + RECOVERY_PAUSE) == [Cause.EVENTS]
    assert engine.calls[-1] == [ABSENT]


def test_what_was_due_and_refused_comes_again_after_a_pause() -> None:
    protocol, engine, _ = made()
    call = protocol.due(100.0)
    assert call is not None
    protocol.failed(call, 100.0)
    assert protocol.due(101.0) is None
    assert protocol.next_deadline() == 100.0 + RECOVERY_PAUSE
    assert run_due(protocol, 100.0 + RECOVERY_PAUSE) == [Cause.TIME]
    assert engine.deadline == 200.0


def test_the_count_is_noted_once_before_a_deposit_and_for_nothing_else() -> None:
    protocol, engine, _ = made()
    assert protocol.count_to_mark([READ]) is None
    assert protocol.count_to_mark([READ, Deposit(b"")]) == 1
    assert protocol.count_to_mark([Deposit(b"")]) is None
    engine.counter = 2
    assert protocol.count_to_mark([Deposit(b"")]) == 2


def test_effects_go_where_they_belong_and_a_full_queue_holds_none_up() -> None:
    protocol, _, out = made()
    out.is_full = True
    protocol.let_out([Deposit(b""), Emit(NEWS), Solve(PERSONAL), Solve(INVITATION)], out)
    assert out.seen == [NEWS, (PERSONAL, True), (INVITATION, False)]
