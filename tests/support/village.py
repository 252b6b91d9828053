"""Nodes in a simulated world, with readers and writers that keep what they saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from net.events import (
    BoxArrived,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    TagsArrived,
    Verdict,
)
from net.ids import Cursor, NodeId, Tag
from net.instant import Instant
from net.node import Node
from net.simulator import Host, Machine, Path, World
from net.simulator.nodes import full_node, leaf_node
from tests.support.parcels import tag_number


class Resident:
    """An actor on a leaf: follows every custodian it meets, keeps cursors over restarts, notes all events."""

    def __init__(self) -> None:
        self.events: list[NodeEvent] = []
        self.tags: dict[NodeId, list[Tag]] = {}
        self.cursors: dict[NodeId, Cursor] = {}
        self.host: Host | None = None

    def move_in(self, host: Host) -> None:
        """Take over a host that has just been built."""
        self.host = host
        host.on_event = self._on_event

    def do(self, action: Callable[[Node, Instant], None]) -> None:
        """Call ``action(node, now)``."""
        host = self.host
        assert host is not None
        host.do(lambda now: action(host.node(), now))

    def deposit(self, box: bytes) -> None:
        """Deposit a box."""
        self.do(lambda node, now: node.deposit(box, now))

    def fetch(self, *numbers: int) -> None:
        """Fetch the boxes of these owners."""
        self.do(lambda node, now: node.fetch([tag_number(number) for number in numbers], now))

    def put_record(self, record: bytes) -> None:
        """Deposit a record."""
        self.do(lambda node, now: node.put_record(record, now))

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def copies(self) -> int:
        """Return how many answers said *stored*."""
        return sum(event.verdict is Verdict.STORED for event in self.happened(DepositAnswered))

    def boxes(self) -> list[bytes]:
        """Return the boxes that were fetched."""
        return [event.box for event in self.happened(BoxArrived)]

    def all_tags(self) -> set[Tag]:
        """Return every tag seen at any custodian."""
        return {tag for tags in self.tags.values() for tag in tags}

    def _on_event(self, event: NodeEvent, now: Instant) -> None:
        self.events.append(event)
        assert self.host is not None
        if isinstance(event, CustodianUp):
            self.host.node().follow(event.custodian, 0, 0, self.cursors.get(event.custodian), now)
        elif isinstance(event, TagsArrived):
            self.cursors[event.custodian] = event.cursor
            self.tags.setdefault(event.custodian, []).extend(event.tags)


class Village:
    """Some full nodes that know each other, and residents on leaves."""

    def __init__(self, fulls: int = 3, residents: int = 2, *, seed: int = 1, path: Path | None = None) -> None:
        self.world = World(seed, path)
        self.fulls: list[Host] = []
        for _ in range(fulls):
            self.fulls.append(self.world.add(full_node(*[host.endpoint for host in self.fulls[:1]])))
        self.residents = [self.add_resident() for _ in range(residents)]

    def add_resident(self) -> Resident:
        """Add a leaf."""
        resident = Resident()
        build = leaf_node(*[host.endpoint for host in self.fulls])

        def built(host: Host) -> Machine:
            resident.move_in(host)
            return build(host)

        self.world.add(built)
        return resident

    def settle(self, seconds: float = 5.0) -> None:
        """Let everybody meet."""
        self.world.run_for(seconds)

    def parcels(self) -> list[int]:
        """Return how many parcels each full node holds that is up."""
        return [host.node().parcels() for host in self.fulls if host.is_up]
