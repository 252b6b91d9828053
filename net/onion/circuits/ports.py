"""What circuits need of the rest of the node, and what they call of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from net.instant import Instant
from net.link.port import CellLinks, MessageLinks
from net.onion.circuits.transit import EndId
from net.onion.packets.cipher import Peeled

# Opens a packet with the keys of the time.
Peel = Callable[[bytes, Instant], Peeled]


class CircuitLinks(MessageLinks, CellLinks, Protocol):
    """What is needed of the link layer."""


class Ends(Protocol):
    """What serves the circuits that end here; never called out of its own calls, and may call back at once."""

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        """A circuit ends here."""
        ...

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        """The next message, 1 … ``MAX_MESSAGE_SIZE`` bytes."""
        ...

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        """It is over, by no doing of ours."""
        ...
