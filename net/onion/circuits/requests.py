"""Questions to single nodes over a circuit each: one message out, one answer or none back.

The node learns neither who asks nor that two questions are one asker's: the number that an answer repeats is random.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, Protocol

from net.errors import Overloaded, Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message, Nodes
from net.overlay.descriptor import Descriptor
from net.peers.pending_requests import PendingRequests

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


class CircuitRequests:
    """Questions under way: no more than there are circuits. ``line`` is set once there are circuits to be had."""

    def __init__(self, rng: random.Random) -> None:
        self.line: Line | None = None
        self._rng = rng
        self._pending: PendingRequests[NodeId, Nodes] = PendingRequests()

    def is_possible(self, now: Instant) -> bool:
        """Say whether anything can be asked."""
        return self.line is not None and self.line.is_possible(now)

    def call(
        self, node: Descriptor, make: Callable[[int], Message], now: Instant, then: OnAnswer, patience: float
    ) -> None:
        """Ask ``make(number)``; ``then`` hears the answer, or None when there is none within ``patience`` seconds."""
        number = self._rng.getrandbits(_NUMBER_BITS)
        try:
            line = self.line
            if line is None or number in self._pending:
                raise Unreachable
            line.ask_afar(node, number, make(number), now)
        except (Unreachable, Overloaded):
            then(None, now)
            return

        def ended(answer: Nodes | None, now: Instant) -> None:
            line.end_afar(node.node, number, now)
            then(answer, now)

        self._pending.add(number, node.node, ended, now, patience)

    def receive(self, node: NodeId, message: Nodes, now: Instant) -> None:
        """Take an answer. Answers to nothing we asked there change nothing."""
        if self._pending.is_asked(message.request, node):
            self._pending.end(message.request, message, now)

    def on_circuit_lost(self, number: int, now: Instant) -> None:
        """The circuit of a question is gone."""
        self._pending.end(number, None, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent."""
        self._pending.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._pending.next_deadline()
