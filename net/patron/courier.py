"""The one way from a patron to a custodian.

Today a question goes straight over the link. Deposits will travel as Sphinx packets and readers over circuits; then
there is another courier, and nothing else of the patron changes.
"""

from __future__ import annotations

from typing import Final, Protocol

from net.ids import NodeId
from net.instant import Instant
from net.messages import U32, Message

# Seconds without an answer after which a custodian counts as silent and another is asked: far beyond any round trip
# with delays, and short enough for a person who waits.
PATIENCE: Final = 10.0
# Seconds until the next try when our own send queue is full.
QUEUE_PAUSE: Final = 0.25


class Courier(Protocol):
    """Carries questions to custodians; their answers come back to the patron by ``receive``."""

    def custodians(self) -> list[NodeId]:
        """Return whom can be asked now."""
        ...

    def ask(self, custodian: NodeId, message: Message, now: Instant) -> None:
        """Put a question. Raises ``Unreachable``, or ``Overloaded`` when the way is full for the moment."""
        ...


class Numbering:
    """Numbers for requests, all different for a long time."""

    def __init__(self) -> None:
        self._last = 0

    def draw(self) -> int:
        """Return the next number."""
        self._last = (self._last + 1) & U32
        return self._last
