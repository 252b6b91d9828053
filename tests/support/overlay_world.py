"""A network of overlays without links or sockets: questions and answers on a heap, each on its way for a while.

Places cost no work and signatures are not checked, so that a thousand nodes cost seconds; the messages are the real ones.
Nodes find each other by themselves (``join``), or get tables as if they had met at random (``fill_tables``), made when a
node is first asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from heapq import heappop, heappush, nsmallest
from itertools import count
from random import Random
from typing import Final

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.messages import FindNodes, Lookup, Message, Nodes
from net.overlay.descriptor import Descriptor, Verifier, encode_descriptor, epoch_of, place_of
from net.overlay.identity import Identity, overlay_id_of
from net.overlay.lookup_requests import OverLinks
from net.overlay.lookups import Found, Lookups
from net.overlay.overlay import Overlay
from net.overlay.routing_table import ID_BITS, K
from net.peers.link_pool import Contact

EPOCH_MS: Final = 1_800_000_000_000
LATENCY: Final = 0.04  # seconds, one way
MAX_LINKS: Final = 24
MEMORY: Final = 20_000  # descriptors, of all nodes together


def identity(rng: Random) -> Identity:
    """Return an identity of random bytes: its keys fit nothing."""
    node, signing_key = NodeId(rng.randbytes(32)), rng.randbytes(32)
    overlay_id = overlay_id_of(node, signing_key, 0)
    return Identity(node, signing_key, 0, overlay_id, rng.randbytes(32))


def unchecked() -> Verifier:
    """Return a verifier to which every signature is good and every place paid for."""
    return Verifier(work_bits=0, verify=lambda key, signature, message: True, memory=MEMORY)


def public(number: int) -> Endpoint:
    """Return the endpoint of a node out in the world."""
    return Endpoint(public_host(number), 4000)


def at_home(number: int) -> Endpoint:
    """Return the endpoint of a node on this machine: no prefix is counted."""
    return Endpoint("127.0.0.1", 1024 + number)


def public_host(number: int) -> str:
    """Return a public address under a /16 of its own, for the first eight thousand numbers."""
    return f"{11 + number % 80}.{number // 80 % 100}.{number // 8000 % 250}.1"


class SimNode:
    """A node: its overlay, whether it is up, and how it answers ``FindNodes`` when it lies."""

    def __init__(self, world: OverlayWorld, number: int, role: Role) -> None:
        self.world = world
        self.is_up = True
        self.lie: Callable[[bytes], list[bytes]] | None = None
        self.asked = 0
        self.identity = identity(world.rng)
        self.endpoint = world.endpoint(number)
        self.links: dict[NodeId, SimNode] = {}
        self.is_filled = True
        self.afar = Afar(self)
        self.overlay = Overlay(
            self.identity,
            role,
            self,
            self.afar,
            rng=Random(number),
            random=Random(number).randbytes,
            verifier=world.verifier,
        )
        now = world.now()
        self.overlay.turn(epoch_of(now), (bytes(32), bytes(32)), now.wall_ms)
        self.overlay.set_address(self.endpoint, is_reachable=True)
        self.wakes_at = float("inf")

    @property
    def descriptor(self) -> Descriptor:
        """What it says of itself."""
        data = self.overlay.descriptor()
        assert data
        return self.world.verifier.check(data, self.world.now())

    def call(
        self,
        contact: Contact,
        make: Callable[[int], Message],
        now: Instant,
        then: Callable[[Message | None, Instant], None],
        patience: float = 5.0,
    ) -> None:
        """Carry a question to the node at this address under this key, and the answer back."""
        self.asked += 1
        answered: list[bool] = []

        def hear(answer: Message | None) -> None:
            if not answered and self.is_up:
                answered.append(True)
                then(answer, self.world.now())
                self.wake()

        self.world.after(patience, lambda: hear(None))
        other = self.world.at(contact.endpoint)
        if other is not None and other.identity.node == contact.node:
            self.world.after(LATENCY, lambda: other.take(self, make(7), hear))

    def take(self, asker: SimNode | None, question: Message, hear: Callable[[Message], None]) -> None:
        """Answer a question; ``asker`` is None over a circuit."""
        if not self.is_up:
            return
        self.fill()
        if asker is not None:
            link(self, asker)
        if isinstance(question, FindNodes):
            told = self.lie(question.target) if self.lie else self.overlay.answer_find(question.target)[: question.most]
            self.world.after(LATENCY, lambda: hear(Nodes(7, told)))
        elif isinstance(question, Lookup):
            if self.lie:
                told = self.lie(question.target)
                self.world.after(LATENCY, lambda: hear(Nodes(7, told)))
            else:
                self.overlay.serve(
                    question.target,
                    self.world.now(),
                    lambda told, now: self.world.after(LATENCY, lambda: hear(Nodes(7, told))),
                )
        self.wake()

    def fill(self) -> None:
        """Make the table, once."""
        if not self.is_filled:
            self.is_filled = True
            for each in self.world.router(self):
                self.overlay.table.on_descriptor(each.descriptor, each.endpoint, self.world.now())

    def wake(self) -> None:
        """Have the overlay's timers looked at in time. With given tables nodes do nothing but answer."""
        if self.world.has_tables:
            return
        due = self.overlay.next_deadline()
        if due < self.wakes_at and due != float("inf"):
            self.wakes_at = due
            self.world.after(due - self.world.mono, self._timeout)

    def _timeout(self) -> None:
        if self.world.mono < self.wakes_at:
            return
        self.wakes_at = float("inf")
        if self.is_up:
            self.overlay.handle_timeout(self.world.now())
            self.wake()


class Afar:
    """Questions of one node over circuits, which work while ``is_open``: no link comes of them. ``asked`` counts them."""

    def __init__(self, node: SimNode) -> None:
        self._node = node
        self.is_open = True
        self.asked: list[NodeId] = []

    def is_possible(self, now: Instant) -> bool:
        """Return whether circuits work."""
        return self.is_open

    def call(
        self,
        node: Descriptor,
        make: Callable[[int], Message],
        now: Instant,
        then: Callable[[Nodes | None, Instant], None],
        patience: float,
    ) -> None:
        """Carry a question to a node, four hops away, and the answer back."""
        world, answered = self._node.world, list[bool]()
        self.asked.append(node.node)

        def hear(answer: Message | None) -> None:
            if not answered:
                answered.append(True)
                then(answer if isinstance(answer, Nodes) else None, world.now())
                self._node.wake()

        world.after(patience, lambda: hear(None))
        other = world.at(node.endpoint)
        if other is not None and other.identity.node == node.node and self.is_open:
            world.after(4 * LATENCY, lambda: other.take(None, make(7), hear))


class OverlayWorld:
    """All nodes and the heap."""

    def __init__(self, size: int, seed: int = 1, *, endpoint: Callable[[int], Endpoint] = public) -> None:
        self.rng = Random(seed)
        self.mono = 0.0
        self.endpoint = endpoint
        self.verifier = unchecked()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = count()
        self._by_endpoint: dict[Endpoint, SimNode] = {}
        self.nodes: list[SimNode] = []
        for _ in range(size):
            self.add()
        self.has_tables = False
        self._sorted: list[tuple[int, SimNode]] = []

    def add(self, role: Role = Role.FULL) -> SimNode:
        """Add a node."""
        node = SimNode(self, len(self._by_endpoint), role)
        self._by_endpoint[node.endpoint] = node
        if role is Role.FULL:
            self.nodes.append(node)
        return node

    def now(self) -> Instant:
        """Return the instant."""
        return Instant(self.mono, EPOCH_MS + int(self.mono * 1000))

    def at(self, endpoint: Endpoint | None) -> SimNode | None:
        """Return who is there."""
        return self._by_endpoint.get(endpoint) if endpoint else None

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do something later."""
        heappush(self._heap, (self.mono + delay, next(self._count), action))

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        until = self.mono + seconds
        while self._heap and self._heap[0][0] <= until:
            self.mono, _, action = heappop(self._heap)
            action()
        self.mono = until

    def join(self, pause: float = 1.0, seed: int = 2) -> None:
        """Have each node meet two that are there already, one node after another."""
        rng = Random(seed)
        for number, node in enumerate(self.nodes):
            for other in rng.sample(self.nodes[:number], min(number, 2)):
                link(node, other)
            self.run_for(pause)

    def fill_tables(self) -> None:
        """Give every node a table of up to k random nodes for each bucket."""
        self._sorted = sorted((place_of(each.identity.overlay_id), each) for each in self.nodes)
        self.has_tables = True
        for node in self.nodes:
            node.is_filled = False

    def router(self, node: SimNode) -> Iterable[SimNode]:
        """Return up to k random nodes for each bucket of a node."""
        own = place_of(node.identity.overlay_id)
        for index in range(ID_BITS - 1, -1, -1):
            inside = self._between(((own >> index) ^ 1) << index, index)
            yield from (self._sorted[each][1] for each in self.rng.sample(inside, min(K, len(inside))))
            if len(self._between(own >> index << index, index)) == 1:
                return  # no node shares more bits

    def _between(self, low: int, bits: int) -> range:
        """Return which of the sorted nodes are in the range of so many bits from ``low`` on."""
        first, last = (bisect_left(self._sorted, each, key=lambda pair: pair[0]) for each in (low, low + (1 << bits)))
        return range(first, last)

    def closest(self, target: bytes, amount: int = K, aside: SimNode | None = None) -> list[NodeId]:
        """Return the nodes that are up and truly closest."""
        place = place_of(target)
        up = (each for each in self.nodes if each.is_up and each is not aside)
        truly = nsmallest(amount, up, key=lambda each: place_of(each.identity.overlay_id) ^ place)
        return [each.identity.node for each in truly]

    def look_up(self, node: SimNode, target: bytes, amount: int = K) -> Found:
        """Have a node look a target up, and let time pass until it has."""
        node.fill()
        results: list[Found] = []
        lookups = Lookups(
            node.identity.node,
            node.overlay,
            OverLinks(node, node.overlay.described),
            self.verifier,
            Random(self.rng.random()),
        )
        lookups.find(target, self.now(), lambda found, now: results.append(found), count=amount)
        while not results:
            if self._heap and self._heap[0][0] < lookups.next_deadline():
                self.run_for(self._heap[0][0] - self.mono)
            else:
                self.run_for(max(0.0, lookups.next_deadline() - self.mono))
                lookups.handle_timeout(self.now())
        return results[0]


def link(one: SimNode, other: SimNode) -> None:
    """Link two nodes: both describe themselves. Each keeps its latest links only."""
    now = one.world.now()
    for here, there in ((one, other), (other, one)):
        data = there.overlay.descriptor()
        if data is not None and there.identity.node not in here.links:
            here.overlay.on_descriptor(data, there.identity.node, there.endpoint, now)
        here.links.pop(there.identity.node, None)
        here.links[there.identity.node] = there
        if len(here.links) > MAX_LINKS:
            _unlink(here, next(iter(here.links.values())))
        here.wake()


def _unlink(one: SimNode, other: SimNode) -> None:
    for here, there in ((one, other), (other, one)):
        here.links.pop(there.identity.node, None)
        here.overlay.on_gone(there.identity.node, one.world.now())


def forged_descriptor(rng: Random, endpoint: Endpoint, now: Instant, near: int | None = None) -> bytes:
    """Return a descriptor of a node that does not exist; of sixty-four tries the one closest to ``near``."""
    tries = [identity(rng) for _ in range(1 if near is None else 64)]
    chosen = min(tries, key=lambda each: place_of(each.overlay_id) ^ (near or 0))
    keys = (bytes(32), bytes(32))
    return encode_descriptor(chosen, endpoint, epoch_of(now), keys, now.wall_ms, is_reachable=True)
