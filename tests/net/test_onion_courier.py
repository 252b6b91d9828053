"""The courier: circuits by custodian and purpose, boxes as packets, custodians from the roster and from directories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random

import msgspec
import pytest

from net.bucket import Bucket, address_of
from net.client.ports import Purpose
from net.errors import DecodeError, Overloaded, Unreachable
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import (
    MAX_NODES_PER_ANSWER,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Lookup,
    Message,
    Nodes,
    Refused,
    Tags,
    decode_message,
    encode_message,
)
from net.node.circuit_client import ENOUGH, MAX_LOOK, MAX_THROWN, OnionCourier
from net.onion.circuits.admission import MAX_OWN_CIRCUITS
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.pool import LINGER, MAX_LASTING
from net.onion.circuits.requests import FarCalls
from net.onion.packet_sender import Kind
from net.onion.packets.cipher import Hop
from net.onion.paths.directory import ASKED, FEW, MAX_BUCKETS, MAX_FOUND, MAX_PER_NETWORK, MAX_SEARCHES, SEARCH_PERIOD
from net.onion.paths.paths import Path, Paths
from net.onion.paths.reputation import Standing
from net.overlay.descriptor import Descriptor
from tests.support.courier_desk import FakeOverlay, FakePatron
from tests.support.parcels import box_bytes
from tests.support.relays import NOW, OWN, FakeRoster, Traveller, at, node_of, relay

FOLLOW = Follow(1, 0, 0, b"", 0)
FETCH = Fetch(1, bytes(8))
RECORD = FindRecord(1, bytes(32))


@dataclass
class Builder:
    """Circuits that are recorded. ``sent`` has what went over each."""

    paths: dict[CircuitId, list[bytes]] = field(default_factory=dict[CircuitId, list[bytes]])
    sent: dict[CircuitId, list[Message]] = field(default_factory=dict[CircuitId, list[Message]])
    closed: list[CircuitId] = field(default_factory=list[CircuitId])

    def open(self, hops: Sequence[Hop], now: Instant) -> CircuitId:
        circuit = CircuitId(len(self.paths) + 1)
        self.paths[circuit] = [hop.tag for hop in hops]
        assert not any(hop.delay_ms for hop in hops)
        return circuit

    def send(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        assert circuit in self.paths
        assert circuit not in self.closed
        self.sent.setdefault(circuit, []).append(decode_message(data))

    def close(self, circuit: CircuitId, now: Instant) -> None:
        assert circuit not in self.closed
        self.closed.append(circuit)

    def alive(self) -> list[CircuitId]:
        return [each for each in self.paths if each not in self.closed]


@dataclass
class Outbox:
    sent: list[tuple[Path, Kind, bytes]] = field(default_factory=list[tuple[Path, Kind, bytes]])

    def send(self, path: Path, kind: Kind, body: bytes) -> None:
        self.sent.append((path, kind, body))


class Onion:
    """What the courier needs of ``net.onion.onion``."""

    def __init__(self, traveller: Traveller) -> None:
        self.paths: Paths = traveller.paths
        self.standing: Standing = traveller.standing
        self.circuits = Builder()
        self.departures = Outbox()


def said_by(data: bytes) -> Descriptor:
    """Return the relay that a fake descriptor, padded to its size, is of."""
    if not data.startswith(b"relay "):
        raise DecodeError("descriptor")
    return relay(int(data[6:].rstrip(b"\0")))


def saying(*numbers: int) -> list[bytes]:
    return [b"relay %d".ljust(8) % number + bytes(232 - len(b"relay %d".ljust(8) % number)) for number in numbers]


class Desk:
    """A courier among fakes, and its clock."""

    def __init__(self, relays: int = 20, bits: int = 0, size: float = 0.0) -> None:
        self.roster = FakeRoster.of(*map(relay, range(relays)))
        self.traveller = Traveller(self.roster)
        self.overlay = FakeOverlay(self.roster, bits, size)
        self.patron = FakePatron()
        self.onion = Onion(self.traveller)
        self.circuits = self.onion.circuits
        self.courier = OnionCourier(self.overlay, lambda data, now: said_by(data), FarCalls(Random(7)), Random(7))
        self.courier.serve(self.patron, self.onion)
        self.now = NOW
        self.courier.handle_timeout(NOW)

    def ask(self, number: int, purpose: Purpose = Purpose.FETCH, message: Message = FETCH) -> None:
        self.courier.ask(node_of(number), purpose, message, self.now)

    def hear(self, circuit: int, message: Message) -> None:
        self.courier.received(CircuitId(circuit), encode_message(message), self.now)

    def wait(self, seconds: float) -> None:
        end = self.now.mono + seconds
        while (due := self.courier.next_deadline()) <= end:
            self.now = at(max(due, self.now.mono) - NOW.mono)
            self.courier.handle_timeout(self.now)
        self.now = at(end - NOW.mono)

    def lookups(self) -> list[tuple[CircuitId, Lookup]]:
        return [
            (circuit, message)
            for circuit, messages in self.circuits.sent.items()
            for message in messages
            if isinstance(message, Lookup)
        ]


# --- circuits -----------------------------------------------------------------------------------------------------------


def test_every_custodian_and_every_purpose_has_a_circuit_of_its_own() -> None:
    desk = Desk()
    for _ in range(2):
        for number in (1, 2):
            desk.ask(number, Purpose.FOLLOW, FOLLOW)
            desk.ask(number, Purpose.FETCH, FETCH)
    assert [len(messages) for messages in desk.circuits.sent.values()] == [2] * 4
    assert sorted(hops[-1] for hops in desk.circuits.paths.values()) == sorted([node_of(1)[:8], node_of(2)[:8]] * 2)
    assert all(len(set(messages)) == 1 for messages in desk.circuits.sent.values())


def test_every_record_is_asked_for_over_a_circuit_of_its_own_that_ends_with_the_answer() -> None:
    desk = Desk()
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.ask(1, Purpose.RECORD, RECORD)
    assert [len(messages) for messages in desk.circuits.sent.values()] == [1, 1]
    desk.hear(1, FoundRecord(1, b""))
    desk.hear(2, FoundRecord(1, b""))
    assert not desk.circuits.alive()
    assert not desk.patron.lost_ways


def test_whoever_reads_next_is_not_seen_on_the_circuits_of_the_one_before() -> None:
    desk = Desk()
    desk.ask(1, Purpose.FOLLOW, FOLLOW)
    desk.ask(1, Purpose.FETCH, FETCH)
    desk.courier.hang_up(desk.now)
    assert not desk.circuits.alive()
    assert desk.patron.lost_ways == [(node_of(1), Purpose.FOLLOW), (node_of(1), Purpose.FETCH)]
    desk.ask(1, Purpose.FOLLOW, FOLLOW)
    assert len(desk.circuits.alive()) == 1


def test_answers_go_to_the_patron() -> None:
    desk = Desk()
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.courier.opened(CircuitId(1), desk.now)
    answer = FoundRecord(1, b"")
    desk.hear(1, answer)
    assert desk.patron.got == [(node_of(1), answer)]


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", encode_message(FOLLOW)])
def test_whoever_talks_nonsense_loses_circuit_and_trust(data: bytes) -> None:
    desk = Desk()
    desk.ask(1)
    desk.courier.received(CircuitId(1), data, desk.now)
    assert desk.circuits.closed == [CircuitId(1)]
    assert desk.patron.lost_ways == [(node_of(1), Purpose.FETCH)]
    assert node_of(1) not in desk.courier.known(0)


UNKNOWN = [msgspec.msgpack.encode([kind, 1, b"news"]) for kind in (99, 127, 128, 255)]


@pytest.mark.parametrize("data", [*UNKNOWN, encode_message(Refused(1, 99))])
def test_what_is_not_known_is_passed_over_by_whoever_reads_and_is_not_the_answer(data: bytes) -> None:
    desk = Desk()
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.ask(2, Purpose.FOLLOW, FOLLOW)
    for circuit in (1, 2):
        desk.courier.opened(CircuitId(circuit), desk.now)
        desk.courier.received(CircuitId(circuit), data, desk.now)
    assert (desk.circuits.closed, desk.patron.got, desk.patron.lost_ways) == ([], [], [])
    assert [len(messages) for messages in desk.circuits.sent.values()] == [1, 1], "and nothing is said to it"
    assert node_of(1) in desk.courier.known(0)
    desk.hear(1, FoundRecord(1, b""))
    assert desk.patron.got == [(node_of(1), FoundRecord(1, b""))]
    assert desk.circuits.closed == [CircuitId(1)]


def test_a_refusal_of_what_was_asked_goes_to_the_patron_and_is_an_answer() -> None:
    desk = Desk()
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.hear(1, Refused(1, 8))
    assert desk.patron.got == [(node_of(1), Refused(1, 8))]
    assert desk.circuits.closed == [CircuitId(1)]
    assert node_of(1) in desk.courier.known(0)


def test_who_is_left_has_no_circuit_and_what_was_asked_there_is_given_up() -> None:
    desk = Desk()
    for number, purpose in ((1, Purpose.FETCH), (1, Purpose.FOLLOW), (2, Purpose.FETCH)):
        desk.ask(number, purpose)
    desk.courier.leave(node_of(1), desk.now)
    assert set(desk.circuits.closed) == {CircuitId(1), CircuitId(2)}
    assert {(node_of(1), Purpose.FETCH), (node_of(1), Purpose.FOLLOW)} <= set(desk.patron.lost_ways)
    assert not any(node == node_of(2) for node, _ in desk.patron.lost_ways)


def test_a_directory_of_a_later_version_is_waited_for_and_one_that_refuses_is_not() -> None:
    desk = Desk(relays=20, size=1000, bits=8)
    desk.courier.known(0)
    desk.wait(1.0)
    (first, lookup), (second, _) = desk.lookups()
    for data in UNKNOWN:
        desk.courier.received(first, data, desk.now)
    assert desk.circuits.closed == []
    desk.hear(first, Nodes(lookup.request, []))
    desk.hear(second, Refused(7, 20))
    assert desk.circuits.closed == [first, second]
    asked = [desk.circuits.paths[each][-1] for each in (first, second)]
    assert {node[:8] for node in desk.courier.custodians()} >= set(asked)
    assert not any(desk.traveller.standing.is_suspect(node, desk.now) for node in map(node_of, range(20)))


def test_follow_circuits_are_replaced_after_about_ten_minutes_by_another_path() -> None:
    desk = Desk()
    ends: list[float] = []
    for _ in range(20):
        desk.ask(1, Purpose.FOLLOW, FOLLOW)
        began, lost = desk.now.mono, len(desk.patron.lost_ways)
        while len(desk.patron.lost_ways) == lost:
            desk.wait(5.0)
        ends.append(desk.now.mono - began)
        desk.now = NOW if len(ends) % 8 == 0 else desk.now  # stay within the keys of the fake relays
    assert all(470 <= end <= 730 for end in ends)
    assert len(set(ends)) > 5
    assert len({tuple(hops) for hops in desk.circuits.paths.values()}) > 10
    assert desk.patron.lost_ways == [(node_of(1), Purpose.FOLLOW)] * 20
    assert not desk.circuits.alive()


def test_fetch_circuits_serve_eight_questions_and_stay_a_while_for_answers() -> None:
    desk = Desk()
    for _ in range(9):
        desk.ask(1)
    assert [len(messages) for messages in desk.circuits.sent.values()] == [8, 1]
    assert len(desk.circuits.alive()) == 2
    desk.wait(LINGER + 1)
    assert desk.circuits.alive() == [CircuitId(2)]
    desk.wait(60.0)
    assert not desk.circuits.alive()
    assert not desk.patron.lost_ways


def test_fetch_circuits_serve_about_a_minute() -> None:
    desk = Desk()
    for _ in range(4):
        desk.ask(1)
        desk.wait(30.0)
    assert len(desk.circuits.paths) == 2


def test_record_circuits_end_when_they_are_idle() -> None:
    desk = Desk()
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.wait(59.0)
    desk.ask(1, Purpose.RECORD, RECORD)
    desk.wait(59.0)
    assert len(desk.circuits.alive()) == 1
    desk.wait(2.0)
    assert not desk.circuits.alive()


def test_a_circuit_that_fails_is_told_and_held_against_its_path() -> None:
    desk = Desk()
    desk.ask(1)
    desk.courier.closed(CircuitId(1), desk.now, is_silent=True)
    assert desk.patron.lost_ways == [(node_of(1), Purpose.FETCH)]
    assert len(desk.traveller.standing) == 4
    desk.ask(1)
    assert len(desk.circuits.paths) == 2


def test_circuits_are_bounded_and_the_one_idle_for_longest_makes_room() -> None:
    desk = Desk(relays=100)
    for number in range(MAX_OWN_CIRCUITS):
        desk.ask(number)
        desk.wait(0.1)
    with pytest.raises(Overloaded):
        desk.ask(99)
    desk.wait(LINGER)
    desk.ask(0)
    desk.ask(99)
    assert desk.circuits.closed == [CircuitId(2)]
    assert len(desk.circuits.alive()) == MAX_OWN_CIRCUITS


def test_streams_leave_room_for_questions() -> None:
    desk = Desk(relays=100)
    for number in range(MAX_LASTING):
        desk.ask(number, Purpose.FOLLOW, FOLLOW)
    with pytest.raises(Overloaded):
        desk.ask(99, Purpose.FOLLOW, FOLLOW)
    desk.ask(99)


def test_who_is_not_known_cannot_be_asked() -> None:
    desk = Desk()
    with pytest.raises(Unreachable):
        desk.ask(999)
    with pytest.raises(Unreachable):
        desk.courier.throw(node_of(999), box_bytes(1), desk.now)


def test_a_custodian_in_use_is_looked_up_before_the_roster_forgets_it() -> None:
    desk = Desk(relays=200, bits=1, size=5000.0)
    desk.ask(1, Purpose.FOLLOW, FOLLOW)
    desk.wait(1.0)
    assert not desk.lookups()
    desk.wait(2.0 * 3600)  # the next epoch
    for number in range(200):
        desk.roster.nodes[node_of(number)] = relay(number, now=NOW if number == 1 else desk.now)
    desk.ask(1, Purpose.FOLLOW, FOLLOW)
    desk.wait(1.0)
    bucket = Bucket.of(address_of(relay(1).overlay_id), 1)
    assert [bucket.covers(address_of(message.target)) for _, message in desk.lookups()] == [True] * ASKED


# --- boxes --------------------------------------------------------------------------------------------------------------


def test_every_box_takes_a_fresh_path_with_delays() -> None:
    desk = Desk()
    for number in range(20):
        desk.courier.throw(node_of(1), box_bytes(number), desk.now)
    sent = desk.onion.departures.sent
    assert [body for _, _, body in sent] == [box_bytes(number) for number in range(20)]
    assert {kind for _, kind, _ in sent} == {Kind.BOX}
    assert len({path.nodes for path, _, _ in sent}) > 15
    assert all(path.nodes[-1] == node_of(1) for path, _, _ in sent)
    assert any(hop.delay_ms for path, _, _ in sent for hop in path.hops)


def test_boxes_that_arrive_and_boxes_that_do_not_tell_about_their_paths() -> None:
    desk = Desk()
    box = box_bytes(1)
    box_id = ParcelId(box[9:41])
    for _ in range(2):
        desk.courier.throw(node_of(1), box, desk.now)
    desk.courier.missing(box_id, desk.now)
    blamed = len(desk.traveller.standing)
    assert blamed >= 4
    desk.courier.missing(box_id, desk.now)
    desk.courier.delivered(box_id, desk.now)  # already told
    assert len(desk.traveller.standing) == blamed


def test_thrown_boxes_are_forgotten_beyond_a_bound() -> None:
    desk = Desk()
    first = box_bytes(0)
    template = bytearray(first)
    for number in range(MAX_THROWN + 1):
        template[9:41] = number.to_bytes(32, "big")
        desk.courier.throw(node_of(1), bytes(template), desk.now)
    desk.courier.delivered(ParcelId(bytes(32)), desk.now)
    assert len(desk.traveller.standing) == 0
    desk.courier.delivered(ParcelId((1).to_bytes(32, "big")), desk.now)
    assert len(desk.traveller.standing) == 4


# --- custodians ---------------------------------------------------------------------------------------------------------


def shared(node: NodeId, address: int, desk: Desk) -> int:
    return desk.courier.shares(node, address)


def test_custodians_of_a_bucket_are_named_those_sharing_most_bits_first() -> None:
    desk = Desk(relays=200, bits=3)
    address = 0xB6000000
    known = desk.courier.known(address)
    bits = [min(4, shared(node, address, desk)) for node in known]
    assert set(bits) == {3, 4}
    assert bits == sorted(bits, reverse=True)
    assert len(known) == sum(Bucket.of(address, 3).covers(address_of(each.overlay_id)) for each in desk.roster.fresh())
    assert OWN not in known
    assert desk.courier.known(address) != known  # ties are shuffled


def test_a_bucket_with_hardly_anybody_is_covered_by_the_next_wider_one() -> None:
    desk = Desk(relays=20, bits=12, size=20.0)
    for address in (0, 0x12345678, 0xB6000000, 0xFFFFFFFF):
        known = desk.courier.known(address)
        inside = [sum(shared(node, address, desk) >= bits for node in known) for bits in range(13)]
        narrowest = max(bits for bits in range(13) if inside[bits] >= FEW)
        assert inside[narrowest] == len(known), "nobody of a wider bucket"
        everybody = sum(
            Bucket.of(address, narrowest).covers(address_of(each.overlay_id)) for each in desk.roster.fresh()
        )
        assert len(known) == everybody
    assert not desk.lookups()


def test_no_bit_of_an_address_counts_beyond_what_a_writer_shows() -> None:
    desk = Desk(relays=200, bits=1)
    address = address_of(relay(5).overlay_id)
    firsts = {desk.courier.known(address)[0] for _ in range(200)}
    assert len(firsts) > 20


def test_suspects_are_named_only_when_hardly_anybody_else_is_left() -> None:
    desk = Desk(relays=4)
    desk.courier.suspect(node_of(1), desk.now)
    assert set(desk.courier.known(0)) == {node_of(0), node_of(2), node_of(3)}
    desk.courier.suspect(node_of(2), desk.now)
    desk.courier.suspect(node_of(3), desk.now)
    known = desk.courier.known(0)
    assert known[0] == node_of(0)
    assert set(known) == {node_of(number) for number in range(4)}


def test_before_anything_can_be_sent_nobody_is_named_and_then_the_patron_hears_of_it() -> None:
    desk = Desk(relays=9)
    desk.roster.is_ready = False
    assert desk.courier.known(0) == []
    assert desk.courier.custodians() == []
    desk.wait(60.0)
    assert desk.patron.news == 0
    desk.roster.is_ready = True
    desk.wait(2 * MAX_LOOK)
    assert desk.patron.news == 1
    assert len(desk.courier.known(0)) == 9


def test_in_a_small_network_nobody_is_asked_for_custodians() -> None:
    desk = Desk(relays=3, size=4.0)
    assert len(desk.courier.known(0)) == 3
    desk.wait(600.0)
    assert not desk.lookups()
    assert desk.patron.news == 0


def crowd_of(bucket: Bucket, count: int) -> list[int]:
    """Return numbers of relays in a bucket, none of which is in a desk's roster."""
    fit = (number for number in range(1000, 99_999) if bucket.covers(address_of(relay(number).overlay_id)))
    return list(islice(fit, count))


def searching(bits: int = 9) -> tuple[Desk, int]:
    desk = Desk(relays=20, bits=bits, size=5000.0)
    address = address_of(relay(1500).overlay_id)
    assert desk.courier.known(address) == []
    desk.wait(0.0)
    return desk, address


def test_in_a_large_network_two_nodes_are_asked_for_a_random_place_of_the_bucket() -> None:
    desk, address = searching()
    asked = desk.lookups()
    assert len(asked) == ASKED
    assert len({desk.circuits.paths[circuit][-1] for circuit, _ in asked}) == ASKED
    targets = {message.target for _, message in asked}
    assert len(targets) == ASKED
    assert all(Bucket.of(address, 9).covers(address_of(target)) for target in targets)
    assert len({message.request for _, message in asked}) == ASKED


def test_what_directories_find_is_checked_and_named() -> None:
    desk, address = searching()
    bucket = Bucket.of(address, 9)
    fit = crowd_of(bucket, 6)
    for circuit, message in desk.lookups():
        answer = Nodes(message.request, [*saying(*fit[:5], 0, 1), bytes(232)])
        desk.hear(circuit, answer)
    assert desk.patron.news == 1
    assert set(desk.courier.known(address)) == {node_of(number) for number in fit[:5]}
    assert sorted(desk.circuits.closed) == [circuit for circuit, _ in desk.lookups()]  # one question each
    desk.courier.ask(node_of(fit[0]), Purpose.FOLLOW, FOLLOW, desk.now)
    assert desk.circuits.paths[desk.circuits.alive()[-1]][-1] == node_of(fit[0])[:8]
    assert all(node_of(number) not in desk.roster.nodes for number in fit)


def test_what_directories_know_to_be_empty_is_covered_by_the_next_wider_bucket() -> None:
    desk, address = searching()
    wider = Bucket.of(address, 8)
    asked = desk.lookups()
    assert desk.courier.known(address) == []
    desk.hear(asked[0][0], Nodes(asked[0][1].request, []))
    assert desk.courier.known(address) == []
    desk.wait(0.0)
    assert desk.lookups() == asked, "the other one may know better"
    desk.hear(asked[1][0], Nodes(asked[1][1].request, []))
    assert desk.patron.news == 1, "who does not look again by itself is told"
    assert desk.courier.known(address) == []
    desk.wait(0.0)
    again = desk.lookups()[len(asked) :]
    assert len(again) == ASKED
    assert all(wider.covers(address_of(message.target)) for _, message in again)
    fit = crowd_of(wider, 4)
    desk.hear(again[0][0], Nodes(again[0][1].request, saying(*fit)))
    assert set(desk.courier.known(address)) == {node_of(number) for number in fit}


def test_a_found_bucket_is_searched_again_after_half_an_hour_while_it_is_wanted() -> None:
    desk, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 2)
    for circuit, message in desk.lookups():
        desk.hear(circuit, Nodes(message.request, saying(*fit)))
    assert len(desk.courier.known(address)) < ENOUGH
    desk.wait(0.7 * SEARCH_PERIOD)
    assert len(desk.lookups()) == ASKED
    desk.wait(0.6 * SEARCH_PERIOD)
    assert len(desk.lookups()) >= 2 * ASKED
    desk.wait(2 * SEARCH_PERIOD)  # silent directories: a few more tries, ever more rarely, then it is forgotten
    tries = len(desk.lookups())
    desk.wait(2 * SEARCH_PERIOD)
    assert len(desk.lookups()) == tries < 12 * ASKED


def test_silent_directories_are_given_up_and_others_asked() -> None:
    desk, _ = searching()
    desk.wait(60.0)
    ends = [desk.circuits.paths[circuit][-1] for circuit, _ in desk.lookups()]
    assert len(ends) >= 2 * ASKED
    assert len(set(ends)) > ASKED
    assert not set(desk.circuits.alive()) & {circuit for circuit, _ in desk.lookups()[:ASKED]}


def test_a_directory_whose_circuit_fails_does_not_hold_the_search_up() -> None:
    desk, _ = searching()
    for circuit, _ in desk.lookups():
        desk.courier.closed(circuit, desk.now, is_silent=False)
    desk.wait(15.0)
    assert len(desk.lookups()) == 2 * ASKED
    assert not desk.patron.lost_ways


def test_answers_to_nothing_that_was_asked_there_are_nonsense() -> None:
    desk, address = searching()
    (first, asked), (second, _) = desk.lookups()
    fit = crowd_of(Bucket.of(address, 9), 4)
    desk.hear(second, Nodes(asked.request, saying(*fit)))
    assert desk.courier.known(address) == []
    desk.hear(first, Tags(1, bytes(8), 0, b"", caught_up=True))
    assert first in desk.circuits.closed
    assert not desk.patron.got


def test_a_lying_directory_fills_only_so_much() -> None:
    desk, address = searching()
    crowd = crowd_of(Bucket.of(address, 9), 3 * MAX_NODES_PER_ANSWER)
    for start, (circuit, message) in zip((0, MAX_NODES_PER_ANSWER), desk.lookups(), strict=True):
        desk.hear(circuit, Nodes(message.request, saying(*crowd[start : start + MAX_NODES_PER_ANSWER])))
    before = set(desk.courier.known(address))
    assert len(before) == MAX_FOUND
    while len(desk.lookups()) == ASKED:
        desk.wait(10.0)
    for circuit, message in desk.lookups()[ASKED:]:
        desk.hear(circuit, Nodes(message.request, saying(*crowd[2 * MAX_NODES_PER_ANSWER :])))
    assert set(desk.courier.known(address)) == before


def test_custodians_found_by_directories_stay_known_as_long_as_they_are_asked() -> None:
    desk, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 2)
    answered = 0
    while desk.now.mono < NOW.mono + 3 * SEARCH_PERIOD:
        for circuit, message in desk.lookups()[answered:]:
            desk.hear(circuit, Nodes(message.request, saying(*fit)))
        answered = len(desk.lookups())
        desk.courier.ask(node_of(fit[0]), Purpose.FOLLOW, FOLLOW, desk.now)
        desk.wait(10.0)
    assert 2 * ASKED <= answered <= 5 * ASKED


def test_one_network_fills_only_a_few_places() -> None:
    desk, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 12)
    crowded = {number: relay(number, f"8.8.1.{at_}") for at_, number in enumerate(fit, start=1)}
    desk.courier = OnionCourier(
        desk.overlay, lambda data, now: crowded[int(data[6:].rstrip(b"\0"))], FarCalls(Random(7)), Random(7)
    )
    desk.courier.serve(desk.patron, desk.onion)
    desk.courier.handle_timeout(NOW)
    desk.courier.known(address)
    desk.wait(0.0)
    circuit, message = desk.lookups()[-1]
    desk.hear(circuit, Nodes(message.request, saying(*fit)))
    assert len(desk.courier.known(address)) == MAX_PER_NETWORK


def test_searches_and_buckets_are_bounded() -> None:
    desk = Desk(relays=20, bits=16, size=1e6)
    for number in range(2 * MAX_BUCKETS):
        desk.courier.known(number << 16)
    desk.wait(5.0)
    assert len(desk.lookups()) == MAX_SEARCHES * ASKED
    desk.wait(60.0)
    assert len(desk.circuits.alive()) <= MAX_OWN_CIRCUITS
