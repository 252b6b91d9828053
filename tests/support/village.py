"""Nodes in a simulated world, with residents on leaves that read and write and keep what they saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any, Final

from net.bucket import Bucket
from net.cover_profile import NORMAL
from net.events import BoxAbsent, BoxArrived, CustodianUp, DepositAnswered, NodeEvent, TagsArrived, Verdict
from net.ids import Cursor, Endpoint, NodeId, Tag, tag_of
from net.instant import Instant
from net.node.node import Node
from net.node.wiring import Tuning
from net.parcel.box import decode_box
from net.requests import Deposit, Fetch, Follow, PutRecord, Read
from simulator import Host, Machine, Path, World
from simulator.nodes import CHEAP, full_node, leaf_node, plain_tuning
from tests.support.parcels import tag_number

# The inbox that all share, where a test does not care which.
ADDRESS: Final = 0
# Seconds until a box that no custodian had is asked for again.
ASK_AGAIN: Final = 20.0
# Seconds in which nodes find each other, learn to reach each other, draw guards and choose custodians.
SETTLING: Final = 30.0


def tuning(*, is_plain: bool = False, is_quiet: bool = False) -> Tuning:
    """Return what makes parcels and places free. Plain: and the ciphers too; quiet: there is no cover traffic."""
    cover_profile = NORMAL._replace(loop_period=1e6) if is_quiet else NORMAL
    return plain_tuning(cover_profile) if is_plain else replace(CHEAP, cover_profile=cover_profile)


class Resident:
    """An actor on a leaf: follows every custodian chosen, fetches what it awaits, notes all events.

    What the people layer keeps on disk survives restarts here too.
    """

    def __init__(self, addresses: Collection[int] = (ADDRESS,)) -> None:
        self.addresses = set(addresses)
        self.events: list[NodeEvent] = []
        self.tags: dict[NodeId, list[Tag]] = {}
        self.cursors: dict[tuple[NodeId, Bucket], Cursor] = {}
        self.awaited: set[Tag] = set()
        self._asked: set[Tag] = set()
        self._host: Host | None = None

    @property
    def host(self) -> Host:
        """The host that it lives on."""
        assert self._host is not None
        return self._host

    @property
    def endpoint(self) -> Endpoint:
        """Where that is."""
        return self.host.endpoint

    def node(self) -> Node:
        """Return the leaf."""
        return self.host.node()

    def move_in(self, host: Host) -> None:
        """Take over a host that is being built."""
        self._host = host
        self._asked.clear()
        host.on_event = self._on_event
        host.after(0.0, self._begin)

    def restart(self) -> None:
        """Switch the host off and on; whom it knew is remembered."""
        self.host.restart()

    def do(self, action: Callable[[Node, Instant], None]) -> None:
        """Call ``action(node, now)``."""
        self.host.do(lambda now: action(self.node(), now))

    def deposit(self, box: bytes) -> None:
        """Deposit a box."""
        self.do(lambda node, now: node.request(Deposit(box), now))

    def fetch(self, *numbers: int) -> None:
        """Fetch the boxes of these owners."""
        self.do(lambda node, now: node.request(Fetch(tuple(tag_number(number) for number in numbers)), now))

    def await_boxes(self, numbers: Collection[int]) -> None:
        """Fetch the boxes of these owners as soon as a custodian names them."""
        self.awaited.update(tag_number(number) for number in numbers)
        self.do(lambda node, now: self._fetch_named(self.all_tags(), now))

    def put_record(self, record: bytes) -> None:
        """Deposit a record."""
        self.do(lambda node, now: node.request(PutRecord(record), now))

    # --- what it saw --------------------------------------------------------------------------------------------------

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def copies(self) -> int:
        """Return how many answers said *stored*."""
        return sum(event.verdict is Verdict.STORED for event in self.happened(DepositAnswered))

    def boxes(self) -> list[bytes]:
        """Return the boxes that were fetched."""
        return [event.box for event in self.happened(BoxArrived)]

    def is_served(self) -> bool:
        """Return whether every box it awaits has come."""
        return self.awaited <= {tag_of(decode_box(box).box_id) for box in self.boxes()}

    def all_tags(self) -> set[Tag]:
        """Return every tag seen at any custodian."""
        return {tag for tags in self.tags.values() for tag in tags}

    def custodians(self) -> list[NodeId]:
        """Return whom it follows now, over all buckets."""
        return [node for bucket in self.node().view().buckets for node in bucket.custodians]

    # --- inside -------------------------------------------------------------------------------------------------------

    def _begin(self, now: Instant) -> None:
        self.node().request(Read(frozenset(self.addresses)), now)

    def _on_event(self, event: NodeEvent, now: Instant) -> None:
        self.events.append(event)
        if isinstance(event, CustodianUp):
            cursor = self.cursors.get((event.custodian, event.bucket))
            self.node().request(Follow(event.custodian, event.bucket, cursor), now)
        elif isinstance(event, TagsArrived):
            self.cursors[event.custodian, event.bucket] = event.cursor
            self.tags.setdefault(event.custodian, []).extend(event.tags)
            self._fetch_named(event.tags, now)
        elif isinstance(event, BoxArrived):
            self.awaited.discard(tag_of(decode_box(event.box).box_id))
        elif isinstance(event, BoxAbsent) and event.tag in self.awaited:
            self._asked.discard(event.tag)
            self.host.after(ASK_AGAIN, lambda now: self._fetch_named([event.tag], now))

    def _fetch_named(self, tags: Collection[Tag], now: Instant) -> None:
        fresh = [tag for tag in tags if tag in self.awaited and tag not in self._asked]
        if fresh:
            self._asked.update(fresh)
            self.node().request(Fetch(tuple(fresh)), now)


class Village:
    """Full nodes that found each other through the first of them, and residents on leaves."""

    def __init__(
        self,
        fulls: int = 12,
        residents: int = 2,
        *,
        seed: int = 1,
        path: Path | None = None,
        is_plain: bool = False,
        is_quiet: bool = False,
        addresses: Sequence[Collection[int]] = (),
    ) -> None:
        self.world = World(seed, path)
        self.tuning = tuning(is_plain=is_plain, is_quiet=is_quiet)
        self.is_plain = is_plain
        self.fulls: list[Host] = []
        for _ in range(fulls):
            self.add_full()
        inboxes = list(addresses) or [(ADDRESS,)] * residents
        self.residents = [self.add_resident(inbox) for inbox in inboxes]

    def add_full(self) -> Host:
        """Add a full node."""
        bootstraps = [host.endpoint for host in self.fulls[:1]]
        host = self.world.add(full_node(*bootstraps, tuning=self.tuning, is_plain=self.is_plain))
        self.fulls.append(host)
        return host

    def add_resident(self, addresses: Collection[int] = (ADDRESS,), bootstrap: Host | None = None) -> Resident:
        """Add a leaf that joins through one full node; a node that started long ago has met them all."""
        resident = Resident(addresses)
        door = bootstrap or self.fulls[len(self.world.hosts) % len(self.fulls)]
        build = leaf_node(door.endpoint, tuning=self.tuning, is_plain=self.is_plain)

        def built(host: Host) -> Machine:
            resident.move_in(host)
            return build(host)

        self.world.add(built)
        return resident

    def settle(self, seconds: float = SETTLING) -> None:
        """Let time pass until all nodes have met."""
        self.world.run_for(seconds)

    def full(self, node: NodeId) -> Host:
        """Return where a full node lives."""
        return next(host for host in self.fulls if host.is_up and host.node().node_id == node)

    def parcels(self) -> list[int]:
        """Return how many parcels each full node holds that is up."""
        return [parcels_at(host) for host in self.fulls if host.is_up]


def parcels_at(host: Host) -> int:
    """Return how many parcels a full node holds."""
    status = host.node().view().custodian
    return status.parcels if status else 0


def arrivals(resident: Resident) -> Counter[Tag]:
    """Return how often each box was reported."""
    return Counter(tag_of(decode_box(box).box_id) for box in resident.boxes())
