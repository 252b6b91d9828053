"""Loops: one after each exponential period whatever else happens, matched when they come home, counted when they do not."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.cover_profile import NORMAL, STRONG
from net.errors import DecodeError, Overloaded
from net.instant import Instant
from net.link.events import LinkId
from net.onion.cover import LOOP_PATIENCE, MAX_LOOPS, Loops, home_hop
from net.onion.packet_sender import MAX_WAITING, NONCE_SIZE, Kind, PacketSender, decode_payload, encode_payload
from net.onion.packets.cipher import PAYLOAD_SIZE, Hop, OnionCipher, RealOnionCipher
from net.onion.packets.keyring import Keyring
from net.onion.paths.paths import Path
from net.overlay.descriptor import epoch_of
from net.parcel.box import BOX_SIZE
from net.peers.link_pool import Contact, OnLink
from simulator.plain_cipher import PlainOnionCipher
from tests.support.relays import NOW, OWN, FakeRoster, Traveller, at, relay

HOME = home_hop(OWN, None, bytes(32))


@dataclass
class Outbox:
    """Takes what is sent."""

    sent: list[tuple[Path, Kind, bytes]] = field(default_factory=list[tuple[Path, Kind, bytes]])
    is_full: bool = False

    def send(self, path: Path, kind: Kind, body: bytes) -> None:
        if self.is_full:
            raise Overloaded("packets")
        self.sent.append((path, kind, body))


class Walker:
    """Loops over time; each comes home after a second if it may."""

    def __init__(self, home: Hop | None = HOME) -> None:
        self.traveller = Traveller(FakeRoster.of(*map(relay, range(12))))
        self.outbox = Outbox()
        self.loops = Loops(self.traveller.paths, self.outbox.send, lambda now: home, Random(5), Random(6).randbytes)
        self.sent_at: list[float] = []
        self.now = NOW

    def walk(self, seconds: float, *, is_heard: bool = True) -> None:
        end = self.now.mono + seconds
        while (due := self.loops.next_deadline()) <= end:
            self.now = at(max(due, self.now.mono) - NOW.mono)
            before = len(self.outbox.sent)
            self.loops.handle_timeout(self.now)
            for _, kind, nonce in self.outbox.sent[before:]:
                assert kind is Kind.LOOP
                self.sent_at.append(self.now.mono)
                if is_heard:
                    assert self.loops.receive(nonce, self.now)
        self.now = at(end - NOW.mono)


def test_loops_leave_at_exponential_times_of_the_mean_of_the_cover_profile() -> None:
    walker = Walker()
    walker.traveller.paths.cover_profile = STRONG
    walker.walk(1000 * STRONG.loop_period)
    assert 900 < len(walker.sent_at) < 1100
    gaps = [later - earlier for earlier, later in pairwise(walker.sent_at)]
    assert 0.3 < sum(gap > STRONG.loop_period for gap in gaps) / len(gaps) < 0.44  # 1/e
    counters = walker.loops.counters
    assert counters.returned == counters.sent == len(walker.sent_at)


def test_the_normal_profile_takes_its_time() -> None:
    walker = Walker()
    walker.walk(200 * NORMAL.loop_period)
    assert 160 < len(walker.sent_at) < 240


def test_lost_loops_are_counted_and_held_against_their_relays() -> None:
    walker = Walker()
    walker.walk(3000.0)
    returned = len(walker.sent_at)
    walker.walk(3000.0, is_heard=False)
    under_way = sum(sent > walker.now.mono - LOOP_PATIENCE for sent in walker.sent_at)
    counters = walker.loops.counters
    assert counters.returned == returned
    assert counters.lost == len(walker.sent_at) - returned - under_way > 50
    assert len(walker.traveller.reputation) == 12


def test_a_loop_comes_home_once_in_time_and_strangers_do_not() -> None:
    walker = Walker()
    while not walker.outbox.sent:
        walker.walk(1.0, is_heard=False)
    nonce = walker.outbox.sent[-1][2]
    assert not walker.loops.receive(bytes(NONCE_SIZE), walker.now)
    assert walker.loops.receive(nonce, walker.now)
    assert not walker.loops.receive(nonce, walker.now)
    walker.walk(600.0, is_heard=False)
    assert not walker.loops.receive(walker.outbox.sent[1][2], walker.now)


def test_without_a_key_a_path_or_room_a_loop_is_skipped_and_the_next_is_tried() -> None:
    keyless = Walker(home=None)
    keyless.walk(600.0)
    assert keyless.loops.counters.skipped > 0
    walker = Walker()
    walker.outbox.is_full = True
    walker.walk(600.0)
    assert walker.loops.counters.skipped > 0
    walker.outbox.is_full = False
    walker.traveller.roster.is_ready = False
    walker.walk(600.0)
    assert not walker.outbox.sent
    walker.traveller.roster.is_ready = True
    walker.walk(600.0)
    assert walker.outbox.sent


def test_loops_under_way_are_bounded() -> None:
    walker = Walker()
    walker.traveller.paths.cover_profile = STRONG._replace(loop_period=0.01)
    walker.walk(LOOP_PATIENCE / 2, is_heard=False)
    assert len(walker.outbox.sent) == MAX_LOOPS


# --- payloads and departures ------------------------------------------------------------------------------------------


@given(kind=st.sampled_from(Kind), data=st.data())
def test_a_payload_keeps_its_kind_and_body_and_all_have_one_size(kind: Kind, data: st.DataObject) -> None:
    size = {Kind.DROP: 0, Kind.BOX: BOX_SIZE, Kind.LOOP: NONCE_SIZE}[kind]
    body = data.draw(st.binary(min_size=size, max_size=size))
    payload = encode_payload(kind, body)
    assert len(payload) == PAYLOAD_SIZE
    assert decode_payload(payload) == (kind, body)
    with pytest.raises(ValueError, match="size"):
        encode_payload(kind, body + b"x")


@given(st.binary(max_size=PAYLOAD_SIZE + 1))
def test_any_payload_is_a_value_or_an_error(payload: bytes) -> None:
    try:
        kind, body = decode_payload(payload)
    except DecodeError:
        assert len(payload) != PAYLOAD_SIZE or payload[0] > max(Kind)
    else:
        assert encode_payload(kind, body)[: 1 + len(body)] == payload[: 1 + len(body)]


class Wire:
    """A switch and links of which only the guard's exists."""

    def __init__(self, cipher: OnionCipher, *, is_linked: bool = True) -> None:
        self.cells: list[bytes] = []
        self.reached: list[Contact] = []
        self.failed: list[Path] = []
        self.is_linked = is_linked
        self.packet_sender = PacketSender(
            cipher, self, lambda link, data, now: self.cells.append(data), self.fail, Random(3).randbytes
        )

    def on_used(self, link: LinkId, now: Instant) -> None:
        """Nothing ends here for want of use."""

    def fail(self, path: Path, now: Instant) -> None:
        self.failed.append(path)

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        self.reached.append(contact)
        then(LinkId(1) if self.is_linked else None, now)


def keyrings(cipher: OnionCipher, count: int) -> list[Keyring]:
    rings = [Keyring(cipher, Random(number).randbytes) for number in range(count)]
    for ring in rings:
        ring.turn(epoch_of(NOW))
    return rings


@pytest.mark.parametrize("cipher", [RealOnionCipher(), PlainOnionCipher()])
def test_a_packet_passes_its_relays_and_ends_where_it_should(cipher: OnionCipher) -> None:
    rings = keyrings(cipher, 6)
    epoch = epoch_of(NOW)
    relays = [relay(number, key=ring.publics(epoch)[0]) for number, ring in enumerate(rings)]
    traveller = Traveller(FakeRoster.of(*relays))
    path = traveller.paths.choose(relays[0], NOW, is_delayed=True)
    wire = Wire(cipher)
    wire.packet_sender.send(path, Kind.BOX, b"x" * BOX_SIZE)
    assert wire.packet_sender.next_deadline() == 0.0
    wire.packet_sender.handle_timeout(NOW)
    assert wire.reached == [path.first]
    packet = wire.cells[0]
    ring_of = {each.node: ring for each, ring in zip(relays, rings, strict=True)}
    for at_, node in enumerate(path.nodes):
        peeled = ring_of[node].peel(packet, epoch)
        assert peeled.delay_ms == path.hops[at_].delay_ms
        if at_ < 3:
            assert peeled.next
            assert peeled.next.tag == path.nodes[at_ + 1][:8]
        else:
            assert peeled.next is None
            assert decode_payload(peeled.payload) == (Kind.BOX, b"x" * BOX_SIZE)
        packet = peeled.packet


def test_few_packets_are_wrapped_at_a_time_and_only_so_many_wait() -> None:
    wire = Wire(PlainOnionCipher())
    roster = FakeRoster.of(*(relay(number, key=bytes(31) + bytes([number + 1])) for number in range(6)))
    path = Traveller(roster).paths.choose(roster.fresh()[0], NOW, is_delayed=True)
    for _ in range(MAX_WAITING):
        wire.packet_sender.send(path, Kind.DROP, b"")
    with pytest.raises(Overloaded):
        wire.packet_sender.send(path, Kind.DROP, b"")
    wire.packet_sender.handle_timeout(NOW)
    assert 0 < len(wire.cells) < 10


def test_a_packet_whose_guard_has_gone_is_gone_and_a_key_that_is_none_is_blamed() -> None:
    wire = Wire(RealOnionCipher(), is_linked=False)
    path = Traveller(FakeRoster.of(*(relay(number, key=bytes(32)) for number in range(6)))).paths.choose(
        relay(0, key=bytes(32)), NOW, is_delayed=True
    )
    wire.packet_sender.send(path, Kind.DROP, b"")
    wire.packet_sender.handle_timeout(NOW)
    assert wire.failed == [path]
    assert not wire.cells
    assert wire.packet_sender.next_deadline() > NOW.mono
