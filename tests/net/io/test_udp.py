"""The socket and the driver, on loopback and under a clock of our own."""

from __future__ import annotations

import errno
import math
import os
import socket
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from net.errors import Unreachable
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from net.link.events import ConnectFailed, LinkDown, LinkEvent, LinkQuiet, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.scope import EVERYWHERE

pytestmark = pytest.mark.trio
NOWHERE = Endpoint("255.255.255.255", 9)  # a broadcast, which the kernel refuses to a plain socket


async def gather(transport: Transport, count: int) -> list[bytes]:
    got: list[bytes] = []
    with trio.fail_after(5):
        while len(got) < count:
            got.extend(data for data, _ in await transport.receive())
    return got


@pytest.mark.network
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_datagrams_pass_between_two_sockets_with_their_source(host: str) -> None:
    try:
        alice = Transport.open(host, 0)
    except Unreachable:
        pytest.skip("no such loopback here")
    with alice, Transport.open(host, 0) as bob:
        await alice.send([(b"one", bob.local), (b"two", bob.local)])
        with trio.fail_after(5):
            batch = await bob.receive()
            while len(batch) < 2:
                batch += await bob.receive()
        assert batch == [(b"one", alice.local), (b"two", alice.local)]


@pytest.mark.network
async def test_a_socket_of_both_families_hears_and_answers_in_both_and_every_peer_has_one_name() -> None:
    with Transport.open(EVERYWHERE, 0) as everywhere:
        if everywhere.local.host != EVERYWHERE:
            pytest.skip("no IPv6 here")
        port = everywhere.local.port
        for host in ("127.0.0.1", "::1"):
            with Transport.open(host, 0) as peer, trio.fail_after(5):
                await peer.send([(b"call", Endpoint(host, port))])
                assert await everywhere.receive() == [(b"call", peer.local)]
                await everywhere.send([(b"answer", peer.local)])
                assert await peer.receive() == [(b"answer", Endpoint(host, port))]


async def test_a_machine_without_ipv6_listens_on_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket

    def make(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, kind)

    monkeypatch.setattr(socket, "socket", make)
    with Transport.open(EVERYWHERE, 0) as transport:
        assert transport.local.host == "0.0.0.0"


async def test_a_port_that_is_taken_in_one_family_is_told_by_who_wants_both() -> None:
    with Transport.open("0.0.0.0", 0) as taken, pytest.raises(Unreachable, match="in use"):
        Transport.open(EVERYWHERE, taken.local.port)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example", "fe80::1%nowhere"])
async def test_what_is_no_address_is_told(host: str) -> None:
    with pytest.raises(Unreachable, match="cannot listen"):
        Transport.open(host, 0)


@pytest.mark.network
async def test_a_burst_is_drained_in_batches() -> None:
    with Transport.open("127.0.0.1", 0) as alice, Transport.open("127.0.0.1", 0) as bob:
        burst = [bytes([number]) for number in range(150)]
        await alice.send([(data, bob.local) for data in burst])
        assert await gather(bob, len(burst)) == burst
        assert bob.counters.received == alice.counters.sent == 150


async def test_a_taken_port_is_told() -> None:
    with Transport.open("127.0.0.1", 0) as alice, pytest.raises(Unreachable):
        Transport.open("127.0.0.1", alice.local.port)


async def test_what_cannot_be_sent_is_counted_and_the_rest_goes_on() -> None:
    with Transport.open("127.0.0.1", 0) as alice, Transport.open("127.0.0.1", 0) as bob:
        other_family = Endpoint("::1", bob.local.port)
        await alice.send([(b"x", NOWHERE), (b"x", other_family), (b"through", bob.local)])
        assert await gather(bob, 1) == [b"through"]
        assert alice.counters.send_errors == 2
        assert alice.counters.last_error


async def test_closing_wakes_who_waits() -> None:
    transport = Transport.open("127.0.0.1", 0)

    async def wait(task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        with pytest.raises(trio.ClosedResourceError):
            await transport.receive()

    async with trio.open_nursery() as nursery:
        await nursery.start(wait)
        await trio.testing.wait_all_tasks_blocked()
        transport.close()
    with pytest.raises(trio.ClosedResourceError):
        await transport.send([(b"x", Endpoint("127.0.0.1", 9))])


class Wire:
    """Datagrams between two drivers without a socket."""

    def __init__(self, local: Endpoint, wires: dict[Endpoint, Wire]) -> None:
        self.local = local
        self.is_cut = False
        self._wires = wires
        self._send, self._receive = trio.open_memory_channel[tuple[bytes, Endpoint]](1000)
        wires[local] = self

    async def receive(self) -> list[tuple[bytes, Endpoint]]:
        return [await self._receive.receive()]

    async def send(self, batch: list[tuple[bytes, Endpoint]]) -> None:
        for data, target in batch:
            if target in self._wires and not self.is_cut:
                self._wires[target]._send.send_nowait((data, self.local))
        await trio.lowlevel.checkpoint()


class Node:
    """A layer with its driver."""

    def __init__(self, wire: Wire | Transport, clock: Callable[[], Instant] = system_clock) -> None:
        self.layer = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)
        self.wire = wire
        self.clock = clock
        self._send, self.events = trio.open_memory_channel[LinkEvent](100)
        self.driver = Driver[LinkEvent](self.layer, wire, self._send.send, clock)

    def connect(self, other: Node, *, with_key: bool = True) -> None:
        self.layer.connect(other.wire.local, other.layer.node_id if with_key else None, self.clock())
        self.driver.poke()

    def send(self, link_of: LinkUp, data: bytes) -> None:
        self.layer.send_message(link_of.link, data, self.clock())
        self.driver.poke()

    async def up(self) -> LinkUp:
        event = await self.events.receive()
        assert isinstance(event, LinkUp)
        return event


@asynccontextmanager
async def running(*nodes: Node) -> AsyncGenerator[None, None]:
    async with trio.open_nursery() as nursery:
        for node in nodes:
            await nursery.start(node.driver.run)
        yield
        nursery.cancel_scope.cancel()


def wired() -> tuple[Node, Node]:
    wires: dict[Endpoint, Wire] = {}
    return Node(Wire(Endpoint("192.0.2.1", 1), wires)), Node(Wire(Endpoint("192.0.2.2", 2), wires))


@pytest.mark.network
async def test_two_nodes_talk_over_real_sockets() -> None:
    with Transport.open("127.0.0.1", 0) as one, Transport.open("127.0.0.1", 0) as other:
        alice, bob = Node(one), Node(other)
        with trio.fail_after(10):
            async with running(alice, bob):
                alice.connect(bob, with_key=False)
                up, bobs_up = await alice.up(), await bob.up()
                assert up.peer == bob.layer.node_id
                sent = [os.urandom(1 + number * 80) for number in range(100)]
                for message in sent:
                    alice.send(up, message)
                got = [await bob.events.receive() for _ in sent]
                assert got == [MessageReceived(bobs_up.link, message) for message in sent]
                bob.send(bobs_up, b"heard")
                assert await alice.events.receive() == MessageReceived(up.link, b"heard")


async def test_deadlines_wake_a_driver_that_nobody_pokes(autojump_clock: MockClock) -> None:
    alice, bob = wired()
    async with running(alice, bob):
        alice.connect(bob)
        up, _ = await alice.up(), await bob.up()
        start = trio.current_time()
        await trio.sleep(600)  # kept alive by probes, all that time
        with pytest.raises(trio.WouldBlock):
            alice.events.receive_nowait()
        for node in (alice, bob):
            assert isinstance(node.wire, Wire)
            node.wire.is_cut = True
        assert await alice.events.receive() == LinkQuiet(up.link, up.peer)
        assert await alice.events.receive() == LinkDown(up.link, up.peer, "silent")
        assert 600 + 20 < trio.current_time() - start < 600 + 60


async def test_a_failed_connect_is_told_by_the_timer(autojump_clock: MockClock) -> None:
    alice, _ = wired()
    async with running(alice):
        alice.layer.connect(Endpoint("192.0.2.9", 9), NodeId(os.urandom(32)), alice.clock())
        alice.driver.poke()
        assert isinstance(await alice.events.receive(), ConnectFailed)


BURST = 100  # datagrams


class Burst(Wire):
    """A wire that brings everything at once."""

    async def receive(self) -> list[tuple[bytes, Endpoint]]:
        if self.is_cut:
            await trio.sleep_forever()
        self.is_cut = True
        return [(b"x", NOWHERE)] * BURST


class Toiler:
    """A machine that takes a millisecond of its own clock for each datagram, and tells of each."""

    def __init__(self) -> None:
        self.now = Instant(0.0, 0)
        self.done = 0
        self._told = 0

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        self.done += 1
        self.now = Instant(self.done * 0.001, 0)

    def handle_timeout(self, now: Instant) -> None:
        raise AssertionError("there is no deadline")

    def next_deadline(self) -> float:
        return math.inf

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        return []

    def next_event(self) -> int | None:
        if self._told == self.done:
            return None
        self._told += 1
        return self._told


async def test_a_burst_of_dear_datagrams_leaves_turns_to_others() -> None:
    toiler = Toiler()
    wire = Burst(NOWHERE, {})
    progress: list[int] = []

    async def note(event: int) -> None:
        progress.append(toiler.done)
        await trio.lowlevel.checkpoint()

    driver = Driver[int](toiler, wire, note, lambda: toiler.now)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            while len(progress) < BURST:
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
    assert progress[0] <= 32


async def test_a_slow_owner_holds_back_events_but_not_the_link(autojump_clock: MockClock) -> None:
    wires: dict[Endpoint, Wire] = {}
    alice = Node(Wire(Endpoint("192.0.2.1", 1), wires))
    bob = Node(Wire(Endpoint("192.0.2.2", 2), wires))
    seen: deque[LinkEvent] = deque()

    async def slowly(event: LinkEvent) -> None:
        await trio.sleep(100)
        seen.append(event)

    bob.driver = Driver[LinkEvent](bob.layer, bob.wire, slowly)
    async with running(alice, bob):
        alice.connect(bob)
        up = await alice.up()
        alice.send(up, b"patience")
        await trio.sleep(150)
        assert [type(event) for event in seen] == [LinkUp]
        await trio.sleep(100)
        assert [type(event) for event in seen] == [LinkUp, MessageReceived]
        assert alice.layer.links()
