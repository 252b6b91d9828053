"""What the parts of a node that join others need of them, where tests put stand-ins in their place."""

from __future__ import annotations

from typing import Protocol

from net.client.ports import Purpose
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message
from net.onion.circuits.transit import EndId
from net.onion.paths.ports import Roster


class CustodianClientPort(Protocol):
    """What the onion transport calls of the client."""

    def receive(self, custodian: NodeId, message: Message, now: Instant) -> None:
        """Take a custodian's message."""
        ...

    def on_circuit_lost(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        """Take note that a circuit is gone."""
        ...

    def on_custodians_found(self, now: Instant) -> None:
        """Take note that more custodians are known, or that they can be reached now."""
        ...


class OverlayPort(Protocol):
    """What the onion transport needs of the overlay."""

    @property
    def roster(self) -> Roster:
        """Return the nodes for paths."""
        ...

    def size(self) -> float:
        """Return the estimated number of full nodes."""
        ...

    def width(self) -> int:
        """Return the width of buckets, in bits."""
        ...


class Circuits(Protocol):
    """The ends of strangers' circuits: what the frontend needs of the circuit relay."""

    def writable(self, end: EndId) -> bool:
        """Say whether there is room for one more largest message."""
        ...

    def send(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send, or say that there is no room."""
        ...

    def close(self, end: EndId, now: Instant) -> None:
        """End a circuit."""
        ...
