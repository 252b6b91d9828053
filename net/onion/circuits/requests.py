"""Questions to single nodes over a circuit each: one message out, one answer or none back.

The node learns that somebody asks, not who, nor that two questions are one asker's: the number that an answer repeats is
random. Everybody who asks is told exactly once how it ended.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from net.agenda import Agenda
from net.errors import Overloaded, Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message, Nodes
from net.overlay.descriptor import Descriptor

_NUMBER_BITS: Final = 32

OnAnswer = Callable[[Nodes | None, Instant], None]


class Line(Protocol):
    """Circuits, each for one question."""

    def is_possible(self, now: Instant) -> bool:
        """Say whether there can be any."""
        ...

    def ask_afar(self, node: Descriptor, number: int, message: Message, now: Instant) -> None:
        """Put a question over a circuit of its own. Raises ``Unreachable`` or ``Overloaded``."""
        ...

    def end_afar(self, node: NodeId, number: int, now: Instant) -> None:
        """The question is done with."""
        ...


@dataclass(frozen=True, slots=True)
class _Request:
    node: NodeId
    then: OnAnswer


class CircuitRequests:
    """Questions under way: no more than there are circuits. ``line`` is set once there are circuits to be had."""

    def __init__(self, rng: random.Random) -> None:
        self.line: Line | None = None
        self._rng = rng
        self._calls: dict[int, _Request] = {}
        self._silences: Agenda[int] = Agenda()

    def is_possible(self, now: Instant) -> bool:
        """Say whether anything can be asked."""
        return self.line is not None and self.line.is_possible(now)

    def call(
        self, node: Descriptor, make: Callable[[int], Message], now: Instant, then: OnAnswer, patience: float
    ) -> None:
        """Ask ``make(number)``; ``then`` hears the answer, or None when there is none within ``patience`` seconds."""
        number = self._rng.getrandbits(_NUMBER_BITS)
        try:
            if self.line is None or number in self._calls:
                raise Unreachable
            self.line.ask_afar(node, number, make(number), now)
        except (Unreachable, Overloaded):
            then(None, now)
            return
        self._calls[number] = _Request(node.node, then)
        self._silences.schedule(number, now.mono + patience)

    def receive(self, node: NodeId, message: Nodes, now: Instant) -> None:
        """Take an answer. Answers to nothing we asked there change nothing."""
        call = self._calls.get(message.request)
        if call is not None and call.node == node:
            self._end(message.request, message, now)

    def on_circuit_lost(self, number: int, now: Instant) -> None:
        """The circuit of a question is gone."""
        self._end(number, None, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent."""
        for number in self._silences.pop_due(now.mono):
            self._end(number, None, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._silences.next_deadline()

    def _end(self, number: int, answer: Nodes | None, now: Instant) -> None:
        self._silences.cancel(number)
        call = self._calls.pop(number, None)
        if call is not None:
            if self.line is not None:
                self.line.end_afar(call.node, number, now)
            call.then(answer, now)
