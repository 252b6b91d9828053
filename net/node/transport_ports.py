"""What the onion transport needs of those it joins: the client, the overlay, the onion."""

from __future__ import annotations

from typing import Protocol

from net.client.ports import Purpose
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message
from net.onion.circuits.pool import Builder
from net.onion.packet_sender import SendPacket
from net.onion.paths.paths import Paths
from net.onion.paths.ports import Roster
from net.onion.paths.reputation import Reputation


class CustodianClientPort(Protocol):
    """What is called of the client."""

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
    """What is needed of the overlay."""

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


class OnionPort(Protocol):
    """What is needed of ``net.onion.onion``."""

    @property
    def paths(self) -> Paths:
        """Return what chooses paths."""
        ...

    @property
    def reputation(self) -> Reputation:
        """Return what is known of nodes."""
        ...

    @property
    def circuits(self) -> Builder:
        """Return our own circuits; they call back ``on_circuit_opened`` and its like here."""
        ...

    @property
    def send_packet(self) -> SendPacket:
        """Return what sends one-shot packets."""
        ...
