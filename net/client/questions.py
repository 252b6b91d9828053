"""Questions to custodians that wait for an answer, by whom was asked and the number that the answer repeats.

A custodian that is silent for too long is noted as such (``choice``), unless no custodian answered since: then it is our
own network. What follows from an answer or from silence is for the one who asks: ``records``, ``searches``, ``fetches``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from net.agenda import Agenda
from net.client.choice import Choice
from net.client.ports import Purpose, ScatteredNumbers, Transport, Waits
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message

T = TypeVar("T")


class _Key(NamedTuple):
    custodian: NodeId
    number: int


class Questions(Generic[T]):
    """Questions of one purpose, each about a ``T``."""

    def __init__(
        self, transport: Transport, choice: Choice, numbers: ScatteredNumbers, waits: Waits, purpose: Purpose
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._numbers = numbers
        self._waits = waits
        self._purpose = purpose
        self._asked: dict[_Key, tuple[T, float]] = {}  # what, and when
        self._silences: Agenda[_Key] = Agenda()

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, custodian: NodeId, make: Callable[[int], Message], about: T, now: Instant) -> None:
        """Ask ``make(number)``. Raises ``Unreachable`` or ``Overloaded``."""
        key = _Key(custodian, self._numbers.draw())
        self._transport.ask(custodian, self._purpose, make(key.number), now)
        self._asked[key] = about, now.mono
        self._silences.schedule(key, now.mono + self._waits.answer)

    def get(self, custodian: NodeId, number: int) -> T | None:
        """Return what a custodian was asked under a number; None when it was asked nothing."""
        asked = self._asked.get(_Key(custodian, number))
        return asked[0] if asked else None

    def end(self, custodian: NodeId, number: int) -> T | None:
        """Wait no more; return what was asked, as ``get``."""
        self._silences.cancel(_Key(custodian, number))
        asked = self._asked.pop(_Key(custodian, number), None)
        return asked[0] if asked else None

    def at(self, custodian: NodeId) -> list[int]:
        """Return the numbers of what a custodian was asked."""
        return [key.number for key in self._asked if key.custodian == custodian]

    def silent(self, now: Instant) -> Iterator[tuple[NodeId, int]]:
        """Go through the questions that were not answered in time; the caller is to ``end`` each."""
        for key in self._silences.pop_due(now.mono):
            self._choice.was_silent(key.custodian, self._asked[key][1], now)
            yield key.custodian, key.number

    def next_deadline(self) -> float:
        """Return when the next question counts as unanswered, in monotonic seconds."""
        return self._silences.next_deadline()
