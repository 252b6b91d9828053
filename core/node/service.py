"""Runs a ``net.node.node.Node``: gives it a socket, a clock, a disk, and the peers that it knew before.

    socket <-> driver <-> node -> events -> the owner
                           │
                       store jobs -> database thread -> results

Store jobs run in order in the database's thread, one batch at a time; the next batch is taken when the last is done, so
the node's own bounds are the only queue. The headless node and the messenger both use it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import trio

from core.node.discovery import FindingNodes, FindingStatus
from core.node.disk import NodeDisk
from core.node.joining import Joins, JoinStatus
from core.node.options import JoinSpec
from core.node.traffic import NO_TIME, Hour, LastHour, on_the_wire
from core.storage.peers import KnownPeer
from core.storage.thread import DatabaseThread
from net.client import FriendBackupView
from net.events import NodeEvent
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.io.driver import Driver
from net.io.udp import Transport
from net.link.events import Role
from net.link.status import Counters
from net.node.node import Node, PeerStatus
from net.node.snapshot import NodeSnapshot
from net.numbers import LARGE_DATAGRAM_SIZE, SMALL_DATAGRAM_SIZE
from net.requests import Request
from net.scope import EVERYWHERE

# Events that wait for the owner here; the node holds more, and beyond that its peers wait.
MAX_EVENTS: Final = 256
# Seconds between two notes of known peers: a crash forgets what came since.
REMEMBER_PERIOD: Final = 600.0

# Network time never reads less: a machine without a battery wakes up in 1970, and what counts days and epochs backwards from
# there would come to negative ones. Half a year of 1970, in milliseconds.
EARLIEST_MS: Final = 180 * 86_400_000

# The address at which this machine reaches a node that listens on every interface.
_FROM_HERE: Final = {EVERYWHERE: "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- compared with

Beside = Callable[[bytes, Endpoint, float], None]  # a datagram, from where it came, and when (monotonic seconds)
# Sizes of nodes' datagrams.
OUR_SIZES: Final = frozenset({SMALL_DATAGRAM_SIZE, LARGE_DATAGRAM_SIZE})

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """The network as this node sees it; counts since the start, ``uptime`` in seconds, other times in milliseconds."""

    listen: Endpoint
    role: Role
    peers: tuple[PeerStatus, ...]
    custodians: int
    network_offset_ms: int
    clock_difference_ms: int
    counters: Counters
    view: NodeSnapshot
    finding: FindingStatus
    joins: tuple[JoinStatus, ...] = ()
    uptime: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0
    hour: Hour = NO_TIME


class _StoreAwareNode:
    """The node as the driver sees it. Every verb ends in a flush, so that is when new store jobs may be there.

    What goes through here, with the headers of IP and UDP, is what the node costs on the wire.
    """

    def __init__(self, node: Node, now: float) -> None:
        self._node = node
        self.hour = LastHour(now)
        self.handle_timeout = node.handle_timeout
        self.next_deadline = node.next_deadline
        self.next_event = node.next_event
        self.worked = trio.Event()
        self.bytes_in = 0
        self.bytes_out = 0
        self.beside: Beside | None = None

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        count = on_the_wire(len(data), source)
        self.bytes_in += count
        self.hour.received(count, now.mono)
        if self.beside is not None and len(data) not in OUR_SIZES:
            self.beside(data, source, now.mono)
            return
        self._node.receive_datagram(data, source, now)

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        self.worked.set()
        batch = self._node.datagrams_to_send(now)
        if batch:
            count = sum(on_the_wire(len(data), endpoint) for data, endpoint in batch)
            self.bytes_out += count
            self.hour.sent(count, now.mono)
        return batch


class NodeService:
    """A running node. ``events`` must be read, or the network waits."""

    def __init__(
        self, node: Node, transport: Transport, thread: DatabaseThread | None, clock: Callable[[], Instant]
    ) -> None:
        self._node = node
        self._transport = transport
        self._disk = None if thread is None else NodeDisk(thread)
        self._clock = clock
        self._machine = _StoreAwareNode(node, clock().mono)
        self._tell, self.events = trio.open_memory_channel[NodeEvent](MAX_EVENTS)
        self._driver = Driver[NodeEvent](self._machine, transport, self._tell.send, clock)
        self._started_at = clock().mono
        self._joins = Joins(transport.local, node.outcome, self.request)
        self.finding: FindingNodes | None = None  # set by who opened us

    def hear_beside(self, beside: Beside) -> None:
        """Give datagrams that are not of nodes (the DHT's) to ``beside``."""
        self._machine.beside = beside

    async def send_beside(self, batch: list[tuple[bytes, Endpoint]]) -> None:
        """Send such datagrams from the node's socket."""
        if batch:
            self._machine.hour.sent(sum(on_the_wire(len(data), to) for data, to in batch), self._clock().mono)
            await self._transport.send(batch)

    @property
    def node_id(self) -> NodeId:
        """This node's key."""
        return self._node.node_id

    @property
    def listen(self) -> Endpoint:
        """Where the socket is bound."""
        return self._transport.local

    @property
    def role(self) -> Role:
        """Whether this node serves others."""
        return self._node.role

    def links_up(self) -> int:
        """Return how many links there are."""
        return len(self._node.links.links())

    def is_reachable(self) -> bool | None:
        """Return whether strangers reach us; None while that is unknown."""
        return self._node.is_reachable()

    @property
    def spec(self) -> JoinSpec:
        """What others say to join through this node; from this machine when it listens on every interface."""
        host, port = self._transport.local
        return JoinSpec(Endpoint(_FROM_HERE.get(host, host), port), self._node.node_id)

    # --- what the owner wants -----------------------------------------------------------------------------------------

    def request(self, request: Request) -> None:
        """Ask the node for something (``net.requests``). Raises what the request says."""
        self._do(lambda now: self._node.request(request, now))

    def join(self, spec: JoinSpec) -> Callable[[], Awaitable[None]]:
        """Return what links to a node and tries for ever, to be run (``core.node.joining``)."""
        return self._joins.add(spec)

    async def note_metered(self, *, is_metered: bool) -> None:
        """Remember for the next start whether the owner calls the line metered (``core.node.roles``)."""
        if self._disk is not None:
            await self._disk.note_metered(is_metered=is_metered)

    # --- what the owner may ask ---------------------------------------------------------------------------------------

    def now(self) -> Instant:
        """Return the present by this node's clock; its wall clock is the machine's own."""
        return self._clock()

    def network_ms(self) -> int:
        """Return network time, Unix milliseconds."""
        now = self._clock()
        if self._node.look(now):
            self._driver.poke()
        return max(now.wall_ms + self._node.network_offset_ms(), EARLIEST_MS)

    def custodians(self) -> list[NodeId]:
        """Return the full nodes that can be asked now."""
        return self._node.custodians()

    def shown_width(self) -> int:
        """Return how many bits of an address a new box shows."""
        return self._node.shown_width()

    def price_factor(self, address: int) -> int:
        """Return how many times the usual work a box to this address must carry now."""
        return self._node.price_factor(address)

    def keeping(self) -> FriendBackupView | None:
        """See ``Node.keeping``."""
        return self._node.keeping()

    def status(self) -> NodeStatus:
        """Return the network as this node sees it now."""
        node = self._node
        return NodeStatus(
            listen=self.listen,
            role=node.role,
            peers=tuple(node.peers()),
            custodians=len(node.custodians()),
            network_offset_ms=node.network_offset_ms(),
            clock_difference_ms=node.clock_difference_ms(),
            counters=node.links.counters,
            view=node.view(),
            joins=self._joins.status(),
            finding=self.finding.status() if self.finding else FindingStatus(),
            uptime=self._clock().mono - self._started_at,
            bytes_in=self._machine.bytes_in,
            bytes_out=self._machine.bytes_out,
            hour=self._machine.hour.look(self._clock().mono),
        )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _do(self, verb: Callable[[Instant], R]) -> R:
        try:
            return verb(self._clock())
        finally:
            self._driver.poke()

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until cancelled. ``core.node.opening`` does this."""
        async with trio.open_nursery() as nursery:
            if self._disk is not None:
                known, guards = await self._disk.recall()
                self._do(lambda now: self._node.remember([(peer.endpoint, peer.node) for peer in known], guards, now))
                nursery.start_soon(self._serve_store, self._disk)
                nursery.start_soon(self._remember_regularly)
            await nursery.start(self._driver.run)
            task_status.started()

    async def say_goodbye(self) -> None:
        """Note whom we know, and let peers know that we go."""
        await self._remember()
        now = self._clock()
        for link in self._node.links.links():
            self._node.links.close(link.link, now)
        while batch := self._node.datagrams_to_send(now):
            await self._transport.send(batch)

    async def _serve_store(self, disk: NodeDisk) -> None:
        while True:
            self._machine.worked = trio.Event()
            jobs = self._node.store_jobs()
            if not jobs:
                await self._machine.worked.wait()
                continue
            outcomes = await disk.carry_out(jobs)
            now = self._clock()
            for job, result, error in outcomes:
                if error is None:
                    self._node.store_done(job, result, now)
                else:
                    self._node.store_failed(job, now)
            self._driver.poke()

    async def _remember_regularly(self) -> None:
        while True:
            await trio.sleep(REMEMBER_PERIOD)
            await self._remember()

    async def _remember(self) -> None:
        if self._disk is not None:
            peers = [KnownPeer(node, endpoint, seen_ms) for endpoint, node, seen_ms in self._node.remembered()]
            await self._disk.remember(peers, self._node.guards(), self._node.view())
