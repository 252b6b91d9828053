"""One-shot packets at a relay: they wait as told, leave once, and nothing that comes in makes it answer or grow."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from net.address_shares import nested_networks
from net.cover_profile import MAX_DELAY_MS
from net.ids import Endpoint
from net.instant import Instant
from net.link.events import LinkId
from net.messages import PACKET_SIZE
from net.onion.packet_relay import (
    MAX_HELD,
    MAX_HELD_PER_LINK,
    MAX_HELD_PER_NETWORK,
    MAX_INBOX,
    PACKET_BURST,
    PACKET_RATE,
    PacketRelay,
)
from net.onion.packets.cipher import PAYLOAD_SIZE, Hop, RealOnionCipher
from net.onion.packets.keyring import Keyring
from net.peers.link_pool import Contact, OnLink
from simulator.plain_cipher import PlainOnionCipher

SOURCE, NEXT = LinkId(1), LinkId(2)
NEXT_HOST, NEXT_TAG = bytes(10) + b"\xff\xff\x0a\x00\x00\x07", b"nexthop."
PAYLOAD = b"hello".ljust(PAYLOAD_SIZE, b"\0")


@dataclass
class Surroundings:
    """The switch, the links and whoever is at the end."""

    is_reachable: bool = True
    waits: bool = False
    asked: list[Contact] = field(default_factory=list[Contact])
    waiting: list[OnLink] = field(default_factory=list[OnLink])
    sent: list[tuple[float, LinkId, bytes]] = field(default_factory=list[tuple[float, LinkId, bytes]])
    delivered: list[tuple[bytes, LinkId]] = field(default_factory=list[tuple[bytes, LinkId]])

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        self.asked.append(contact)
        if self.waits:
            self.waiting.append(then)
        else:
            then(NEXT if self.is_reachable else None, now)

    def on_used(self, link: LinkId, now: Instant) -> None:
        raise AssertionError("the switch itself knows what it reached")

    def send_cell(self, link: LinkId, data: bytes, now: Instant) -> None:
        self.sent.append((now.mono, link, data))

    def deliver(self, payload: bytes, link: LinkId, now: Instant) -> None:
        self.delivered.append((payload, link))


class Bench:
    """A relay, the keys of it and of a next hop, and a sender's cipher."""

    def __init__(self, cipher: PlainOnionCipher | RealOnionCipher | None = None) -> None:
        self.cipher = cipher or PlainOnionCipher()
        self.rng = random.Random(7)
        self.keyring = Keyring(self.cipher, self.rng.randbytes)
        self.keyring.turn(0)
        self.next_keys = self.cipher.keypair(self.rng.randbytes)
        self.around = Surroundings()
        self.mono = 50.0
        self.relay = PacketRelay(
            peel=lambda packet, now: self.keyring.peel(packet, 0),
            link_pool=self.around,
            send_cell=self.around.send_cell,
            deliver=self.around.deliver,
        )

    @property
    def now(self) -> Instant:
        return Instant(self.mono, 0)

    def packet(self, *, delay_ms: int = 0, is_last: bool = False, is_setup: bool = False) -> bytes:
        hops = [Hop(self.keyring.publics(0)[0], bytes(16), 0, b"relay...", delay_ms)]
        if not is_last:
            hops.append(Hop(self.next_keys.public, NEXT_HOST, 4242, NEXT_TAG, 0))
        return self.cipher.create(hops, b"hello", self.rng.randbytes, is_setup=is_setup)[0]

    def receive(self, packet: bytes, link: LinkId = SOURCE) -> None:
        self.relay.receive_packet(link, packet, self.now)

    def wait(self, seconds: float) -> None:
        end = self.mono + seconds
        while (due := self.relay.next_deadline()) <= end:
            self.mono = max(self.mono, due)
            self.relay.handle_timeout(self.now)
        self.mono = end


@pytest.mark.parametrize("cipher", [PlainOnionCipher, RealOnionCipher])
def test_a_packet_waits_its_delay_and_goes_on_one_layer_less(
    cipher: type[PlainOnionCipher] | type[RealOnionCipher],
) -> None:
    bench = Bench(cipher())
    bench.receive(bench.packet(delay_ms=250))
    bench.wait(0.249)
    assert bench.around.asked == []
    bench.wait(0.002)
    assert bench.around.asked == [Contact(Endpoint("10.0.0.7", 4242), NEXT_TAG)]
    [(at, link, packet)] = bench.around.sent
    assert (at, link, len(packet)) == (50.25, NEXT, PACKET_SIZE)
    assert bench.cipher.peel(bench.next_keys.secret, packet).payload == PAYLOAD
    assert bench.relay.counters.forwarded == 1


@settings(max_examples=20, deadline=None)
@given(delays=st.lists(st.integers(0, MAX_DELAY_MS), min_size=1, max_size=30))
def test_packets_leave_by_their_delays_not_by_their_order(delays: list[int]) -> None:
    bench = Bench()
    for delay in delays:
        bench.receive(bench.packet(delay_ms=delay))
    bench.wait(MAX_DELAY_MS / 1000)
    assert [round((at - 50.0) * 1000) for at, _, _ in bench.around.sent] == sorted(delays)
    assert bench.relay.next_deadline() == float("inf")


def test_the_last_hop_delivers_and_sends_nothing() -> None:
    bench = Bench()
    bench.receive(bench.packet(is_last=True))
    bench.wait(0.0)
    assert bench.around.delivered == [(PAYLOAD, SOURCE)]
    assert (bench.around.asked, bench.around.sent) == ([], [])


def test_a_replayed_packet_is_dropped() -> None:
    bench = Bench()
    packet = bench.packet()
    bench.receive(packet)
    bench.receive(packet, link=LinkId(3))
    bench.wait(0.0)
    assert (bench.relay.counters.forwarded, bench.relay.counters.replayed) == (1, 1)
    assert len(bench.around.sent) == 1


@pytest.mark.parametrize("is_last", [False, True])
def test_a_packet_that_sets_up_a_circuit_is_refused_as_a_cell(*, is_last: bool) -> None:
    bench = Bench()
    bench.receive(bench.packet(is_last=is_last, is_setup=True))
    bench.wait(1.0)
    assert bench.relay.counters.refused == 1
    assert (bench.around.sent, bench.around.delivered) == ([], [])


@pytest.mark.parametrize("size", [0, PACKET_SIZE - 1, PACKET_SIZE, PACKET_SIZE + 1])
def test_junk_is_refused(size: int) -> None:
    bench = Bench()
    bench.receive(bench.rng.randbytes(size))
    bench.wait(1.0)
    assert bench.relay.counters.refused == 1
    assert (bench.around.sent, bench.around.delivered) == ([], [])


def test_a_delay_beyond_reason_is_refused() -> None:
    bench = Bench()
    bench.receive(bench.packet(delay_ms=MAX_DELAY_MS + 1))
    bench.receive(bench.packet(delay_ms=MAX_DELAY_MS))
    bench.wait(60.0)
    assert (bench.relay.counters.refused, bench.relay.counters.forwarded) == (1, 1)


def test_a_next_hop_that_is_not_to_be_had_costs_the_packet() -> None:
    bench = Bench()
    bench.around.is_reachable = False
    bench.receive(bench.packet())
    bench.wait(0.0)
    assert bench.relay.counters.unreachable == 1
    assert bench.around.sent == []


def test_a_burst_is_peeled_in_slices() -> None:
    bench = Bench()
    for _ in range(100):
        bench.receive(bench.packet(is_last=True))
    bench.relay.handle_timeout(bench.now)
    assert 0 < len(bench.around.delivered) < 50
    assert bench.relay.next_deadline() <= bench.mono
    bench.wait(0.0)
    assert len(bench.around.delivered) == 100


def test_a_link_gets_its_rate_and_no_more() -> None:
    bench = Bench()
    junk = bytes(PACKET_SIZE)
    for _ in range(1000):
        bench.receive(junk)
    assert bench.relay.counters.dropped_rate == 1000 - PACKET_BURST
    bench.wait(1.0)
    for _ in range(1000):
        bench.receive(junk)
    bench.receive(junk, link=NEXT)
    assert bench.relay.counters.dropped_rate == 2000 - PACKET_BURST - PACKET_RATE


def test_the_inbox_is_bounded() -> None:
    bench = Bench()
    for number in range(MAX_INBOX + 10):
        if number == MAX_INBOX // 2:
            bench.mono += 1.0  # within which the node is busy with other things, and the rate of all allows for more
        bench.receive(bytes(PACKET_SIZE), link=LinkId(number // 10))
    assert (bench.relay.counters.dropped_rate, bench.relay.counters.dropped_full) == (0, 10)


def test_one_networks_links_leave_room_in_the_inbox_and_among_what_is_held() -> None:
    bench = Bench()
    template = bench.packet(delay_ms=MAX_DELAY_MS)
    peeled = bench.keyring.peel(template, 0)
    relay = PacketRelay(
        peel=lambda packet, now: peeled,
        link_pool=bench.around,
        send_cell=bench.around.send_cell,
        deliver=bench.around.deliver,
        networks=lambda link: nested_networks("9.9.9.9" if link == SOURCE else f"8.8.8.{link}"),
    )
    for second in range(15):  # a thousand a second, from a hundred links of one network
        for number in range(1000):
            relay.receive_packet(LinkId(100 + number % 100), template, Instant(bench.mono + second, 0))
        assert relay.counters.dropped_full == 0 or second > 0
        relay.receive_packet(SOURCE, template, Instant(bench.mono + second, 0))
        while relay.next_deadline() == 0.0:
            relay.handle_timeout(bench.now)
    assert relay.counters.dropped_rate > 0
    assert relay.counters.dropped_full > 0
    while relay.next_deadline() < float("inf"):
        relay.handle_timeout(Instant(bench.mono + MAX_DELAY_MS / 1000, 0))
    assert len(bench.around.sent) == MAX_HELD_PER_NETWORK + 15


def test_what_is_held_is_bounded_for_each_link_and_in_all() -> None:
    bench = Bench()
    template = bench.packet(delay_ms=MAX_DELAY_MS)
    peeled = bench.keyring.peel(template, 0)
    relay = PacketRelay(
        peel=lambda packet, now: peeled,
        link_pool=bench.around,
        send_cell=bench.around.send_cell,
        deliver=bench.around.deliver,
    )

    def bring(link: int, count: int) -> None:
        for number in range(count):
            relay.receive_packet(LinkId(link), template, Instant(bench.mono + number / PACKET_RATE, 0))
            relay.handle_timeout(bench.now)
        assert relay.counters.dropped_rate == 0

    bring(0, MAX_HELD_PER_LINK + 5)
    assert relay.counters.dropped_full == 5
    for link in range(1, MAX_HELD // MAX_HELD_PER_LINK):
        bring(link, MAX_HELD_PER_LINK)
    assert relay.counters.dropped_full == 5
    bring(99, 1)
    assert relay.counters.dropped_full == 6
    while relay.next_deadline() < float("inf"):
        relay.handle_timeout(Instant(bench.mono + MAX_DELAY_MS / 1000, 0))
    assert len(bench.around.sent) == MAX_HELD
    bench.mono += 100.0
    bring(0, MAX_HELD_PER_LINK)
    assert relay.counters.dropped_full == 6


def test_packets_that_wait_for_a_link_count_as_held() -> None:
    bench = Bench()
    bench.around.waits = True
    for _ in range(MAX_HELD_PER_LINK + 5):
        bench.receive(bench.packet())
        bench.wait(1 / PACKET_RATE)
    assert len(bench.around.waiting) == MAX_HELD_PER_LINK
    assert bench.relay.counters.dropped_full == 5
    for then in bench.around.waiting:
        then(NEXT, bench.now)
    assert len(bench.around.sent) == MAX_HELD_PER_LINK


def test_what_a_lost_link_brought_still_goes_on() -> None:
    bench = Bench()
    bench.receive(bench.packet(delay_ms=100))
    bench.relay.on_link_down(SOURCE)
    bench.wait(1.0)
    assert bench.relay.counters.forwarded == 1
