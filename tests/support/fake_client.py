"""Both sides of a transport in tests: a client that notes what it hears, an overlay that says what it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field

from net.client.ports import Purpose
from net.ids import NodeId
from net.instant import Instant
from net.messages import Message
from tests.support.relays import FakeRoster


@dataclass
class FakeClient:
    """Hears what the transport says."""

    got: list[tuple[NodeId, Message]] = field(default_factory=list[tuple[NodeId, Message]])
    lost_ways: list[tuple[NodeId, Purpose]] = field(default_factory=list[tuple[NodeId, Purpose]])
    news: int = 0

    def receive(self, custodian: NodeId, message: Message, now: Instant) -> None:
        self.got.append((custodian, message))

    def on_circuit_lost(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        self.lost_ways.append((custodian, purpose))

    def on_custodians_found(self, now: Instant) -> None:
        self.news += 1


@dataclass
class FakeOverlay:
    roster: FakeRoster
    bits: int = 0
    count: float = 0.0

    def size(self) -> float:
        return self.count

    def width(self) -> int:
        return self.bits
