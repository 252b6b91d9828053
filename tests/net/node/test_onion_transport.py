"""The transport: circuits by custodian and purpose, boxes as packets, custodians from the roster and from directories."""

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
from net.node.known_custodians import ENOUGH, MAX_LOOK
from net.node.onion_transport import OnionTransport
from net.node.sent_boxes import MAX_SENT_BOXES
from net.onion.circuits.admission import MAX_OWN_CIRCUITS
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.pool import LINGER, MAX_LASTING
from net.onion.circuits.requests import CircuitRequests
from net.onion.packet_sender import Kind
from net.onion.packets.cipher import Hop
from net.onion.paths.directory import ASKED, FEW, MAX_BUCKETS, MAX_FOUND, MAX_PER_NETWORK, MAX_SEARCHES, SEARCH_PERIOD
from net.onion.paths.paths import Path, Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor
from tests.support.fake_client import FakeClient, FakeOverlay
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
    """What the transport needs of ``net.onion.onion``."""

    def __init__(self, traveller: Traveller) -> None:
        self.paths: Paths = traveller.paths
        self.reputation: Reputation = traveller.reputation
        self.circuits = Builder()
        self.packet_sender = Outbox()
        self.send_packet = self.packet_sender.send


def said_by(data: bytes) -> Descriptor:
    """Return the relay that a fake descriptor, padded to its size, is of."""
    if not data.startswith(b"relay "):
        raise DecodeError("descriptor")
    return relay(int(data[6:].rstrip(b"\0")))


def saying(*numbers: int) -> list[bytes]:
    return [b"relay %d".ljust(8) % number + bytes(232 - len(b"relay %d".ljust(8) % number)) for number in numbers]


class Frontend:
    """A transport among fakes, and its clock."""

    def __init__(self, relays: int = 20, bits: int = 0, size: float = 0.0) -> None:
        self.roster = FakeRoster.of(*map(relay, range(relays)))
        self.traveller = Traveller(self.roster)
        self.overlay = FakeOverlay(self.roster, bits, size)
        self.client = FakeClient()
        self.onion = Onion(self.traveller)
        self.circuits = self.onion.circuits
        self.transport = OnionTransport(
            self.overlay, lambda data, now: said_by(data), CircuitRequests(Random(7)), Random(7)
        )
        onion = self.onion
        self.transport.serve(self.client, onion.paths, onion.reputation, onion.circuits, onion.send_packet)
        self.now = NOW
        self.transport.handle_timeout(NOW)

    def ask(self, number: int, purpose: Purpose = Purpose.FETCH, message: Message = FETCH) -> None:
        self.transport.ask(node_of(number), purpose, message, self.now)

    def hear(self, circuit: int, message: Message) -> None:
        self.transport.on_circuit_data(CircuitId(circuit), encode_message(message), self.now)

    def wait(self, seconds: float) -> None:
        end = self.now.mono + seconds
        while (due := self.transport.next_deadline()) <= end:
            self.now = at(max(due, self.now.mono) - NOW.mono)
            self.transport.handle_timeout(self.now)
        self.now = at(end - NOW.mono)

    def lookups(self) -> list[tuple[CircuitId, Lookup]]:
        return [
            (circuit, message)
            for circuit, messages in self.circuits.sent.items()
            for message in messages
            if isinstance(message, Lookup)
        ]


# --- circuits ---------------------------------------------------------------------------------------------------------


def test_every_custodian_and_every_purpose_has_a_circuit_of_its_own() -> None:
    frontend = Frontend()
    for _ in range(2):
        for number in (1, 2):
            frontend.ask(number, Purpose.FOLLOW, FOLLOW)
            frontend.ask(number, Purpose.FETCH, FETCH)
    assert [len(messages) for messages in frontend.circuits.sent.values()] == [2] * 4
    assert sorted(hops[-1] for hops in frontend.circuits.paths.values()) == sorted([node_of(1)[:8], node_of(2)[:8]] * 2)
    assert all(len(set(messages)) == 1 for messages in frontend.circuits.sent.values())


def test_every_record_is_asked_for_over_a_circuit_of_its_own_that_ends_with_the_answer() -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.ask(1, Purpose.RECORD, RECORD)
    assert [len(messages) for messages in frontend.circuits.sent.values()] == [1, 1]
    frontend.hear(1, FoundRecord(1, b""))
    frontend.hear(2, FoundRecord(1, b""))
    assert not frontend.circuits.alive()
    assert not frontend.client.lost_ways


def test_whoever_reads_next_is_not_seen_on_the_circuits_of_the_one_before() -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.FOLLOW, FOLLOW)
    frontend.ask(1, Purpose.FETCH, FETCH)
    frontend.transport.hang_up(frontend.now)
    assert not frontend.circuits.alive()
    assert frontend.client.lost_ways == [(node_of(1), Purpose.FOLLOW), (node_of(1), Purpose.FETCH)]
    frontend.ask(1, Purpose.FOLLOW, FOLLOW)
    assert len(frontend.circuits.alive()) == 1


def test_answers_go_to_the_client() -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.transport.on_circuit_opened(CircuitId(1), frontend.now)
    answer = FoundRecord(1, b"")
    frontend.hear(1, answer)
    assert frontend.client.got == [(node_of(1), answer)]


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x90", encode_message(FOLLOW)])
def test_whoever_talks_nonsense_loses_circuit_and_trust(data: bytes) -> None:
    frontend = Frontend()
    frontend.ask(1)
    frontend.transport.on_circuit_data(CircuitId(1), data, frontend.now)
    assert frontend.circuits.closed == [CircuitId(1)]
    assert frontend.client.lost_ways == [(node_of(1), Purpose.FETCH)]
    assert node_of(1) not in frontend.transport.known(0)


UNKNOWN = [msgspec.msgpack.encode([kind, 1, b"news"]) for kind in (99, 127, 128, 255)]


@pytest.mark.parametrize("data", [*UNKNOWN, encode_message(Refused(1, 99))])
def test_what_is_not_known_is_passed_over_by_whoever_reads_and_is_not_the_answer(data: bytes) -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.ask(2, Purpose.FOLLOW, FOLLOW)
    for circuit in (1, 2):
        frontend.transport.on_circuit_opened(CircuitId(circuit), frontend.now)
        frontend.transport.on_circuit_data(CircuitId(circuit), data, frontend.now)
    assert (frontend.circuits.closed, frontend.client.got, frontend.client.lost_ways) == ([], [], [])
    assert [len(messages) for messages in frontend.circuits.sent.values()] == [1, 1], "and nothing is said to it"
    assert node_of(1) in frontend.transport.known(0)
    frontend.hear(1, FoundRecord(1, b""))
    assert frontend.client.got == [(node_of(1), FoundRecord(1, b""))]
    assert frontend.circuits.closed == [CircuitId(1)]


def test_a_refusal_of_what_was_asked_goes_to_the_client_and_is_an_answer() -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.hear(1, Refused(1, 8))
    assert frontend.client.got == [(node_of(1), Refused(1, 8))]
    assert frontend.circuits.closed == [CircuitId(1)]
    assert node_of(1) in frontend.transport.known(0)


def test_who_is_left_has_no_circuit_and_what_was_asked_there_is_given_up() -> None:
    frontend = Frontend()
    for number, purpose in ((1, Purpose.FETCH), (1, Purpose.FOLLOW), (2, Purpose.FETCH)):
        frontend.ask(number, purpose)
    frontend.transport.leave(node_of(1), frontend.now)
    assert set(frontend.circuits.closed) == {CircuitId(1), CircuitId(2)}
    assert {(node_of(1), Purpose.FETCH), (node_of(1), Purpose.FOLLOW)} <= set(frontend.client.lost_ways)
    assert not any(node == node_of(2) for node, _ in frontend.client.lost_ways)


def test_a_directory_of_a_later_version_is_waited_for_and_one_that_refuses_is_not() -> None:
    frontend = Frontend(relays=20, size=1000, bits=8)
    frontend.transport.known(0)
    frontend.wait(1.0)
    (first, lookup), (second, _) = frontend.lookups()
    for data in UNKNOWN:
        frontend.transport.on_circuit_data(first, data, frontend.now)
    assert frontend.circuits.closed == []
    frontend.hear(first, Nodes(lookup.request, []))
    frontend.hear(second, Refused(7, 20))
    assert frontend.circuits.closed == [first, second]
    asked = [frontend.circuits.paths[each][-1] for each in (first, second)]
    assert {node[:8] for node in frontend.transport.custodians()} >= set(asked)
    assert not any(frontend.traveller.reputation.is_suspect(node, frontend.now) for node in map(node_of, range(20)))


def test_follow_circuits_are_replaced_after_about_ten_minutes_by_another_path() -> None:
    frontend = Frontend()
    ends: list[float] = []
    for _ in range(20):
        frontend.ask(1, Purpose.FOLLOW, FOLLOW)
        began, lost = frontend.now.mono, len(frontend.client.lost_ways)
        while len(frontend.client.lost_ways) == lost:
            frontend.wait(5.0)
        ends.append(frontend.now.mono - began)
        frontend.now = NOW if len(ends) % 8 == 0 else frontend.now  # stay within the keys of the fake relays
    assert all(470 <= end <= 730 for end in ends)
    assert len(set(ends)) > 5
    assert len({tuple(hops) for hops in frontend.circuits.paths.values()}) > 10
    assert frontend.client.lost_ways == [(node_of(1), Purpose.FOLLOW)] * 20
    assert not frontend.circuits.alive()


def test_fetch_circuits_serve_eight_questions_and_stay_a_while_for_answers() -> None:
    frontend = Frontend()
    for _ in range(9):
        frontend.ask(1)
    assert [len(messages) for messages in frontend.circuits.sent.values()] == [8, 1]
    assert len(frontend.circuits.alive()) == 2
    frontend.wait(LINGER + 1)
    assert frontend.circuits.alive() == [CircuitId(2)]
    frontend.wait(60.0)
    assert not frontend.circuits.alive()
    assert not frontend.client.lost_ways


def test_fetch_circuits_serve_about_a_minute() -> None:
    frontend = Frontend()
    for _ in range(4):
        frontend.ask(1)
        frontend.wait(30.0)
    assert len(frontend.circuits.paths) == 2


def test_record_circuits_end_when_they_are_idle() -> None:
    frontend = Frontend()
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.wait(59.0)
    frontend.ask(1, Purpose.RECORD, RECORD)
    frontend.wait(59.0)
    assert len(frontend.circuits.alive()) == 1
    frontend.wait(2.0)
    assert not frontend.circuits.alive()


def test_a_circuit_that_fails_is_told_and_held_against_its_path() -> None:
    frontend = Frontend()
    frontend.ask(1)
    frontend.transport.on_circuit_closed(CircuitId(1), frontend.now, is_silent=True)
    assert frontend.client.lost_ways == [(node_of(1), Purpose.FETCH)]
    assert len(frontend.traveller.reputation) == 4
    frontend.ask(1)
    assert len(frontend.circuits.paths) == 2


def test_circuits_are_bounded_and_the_one_idle_for_longest_makes_room() -> None:
    frontend = Frontend(relays=100)
    for number in range(MAX_OWN_CIRCUITS):
        frontend.ask(number)
        frontend.wait(0.1)
    with pytest.raises(Overloaded):
        frontend.ask(99)
    frontend.wait(LINGER)
    frontend.ask(0)
    frontend.ask(99)
    assert frontend.circuits.closed == [CircuitId(2)]
    assert len(frontend.circuits.alive()) == MAX_OWN_CIRCUITS


def test_streams_leave_room_for_questions() -> None:
    frontend = Frontend(relays=100)
    for number in range(MAX_LASTING):
        frontend.ask(number, Purpose.FOLLOW, FOLLOW)
    with pytest.raises(Overloaded):
        frontend.ask(99, Purpose.FOLLOW, FOLLOW)
    frontend.ask(99)


def test_who_is_not_known_cannot_be_asked() -> None:
    frontend = Frontend()
    with pytest.raises(Unreachable):
        frontend.ask(999)
    with pytest.raises(Unreachable):
        frontend.transport.send_box(node_of(999), box_bytes(1), frontend.now)


def test_a_custodian_in_use_is_looked_up_before_the_roster_forgets_it() -> None:
    frontend = Frontend(relays=200, bits=1, size=5000.0)
    frontend.ask(1, Purpose.FOLLOW, FOLLOW)
    frontend.wait(1.0)
    assert not frontend.lookups()
    frontend.wait(2.0 * 3600)  # the next epoch
    for number in range(200):
        frontend.roster.nodes[node_of(number)] = relay(number, now=NOW if number == 1 else frontend.now)
    frontend.ask(1, Purpose.FOLLOW, FOLLOW)
    frontend.wait(1.0)
    bucket = Bucket.of(address_of(relay(1).overlay_id), 1)
    assert [bucket.covers(address_of(message.target)) for _, message in frontend.lookups()] == [True] * ASKED


# --- boxes ------------------------------------------------------------------------------------------------------------


def test_every_box_takes_a_fresh_path_with_delays() -> None:
    frontend = Frontend()
    for number in range(20):
        frontend.transport.send_box(node_of(1), box_bytes(number), frontend.now)
    sent = frontend.onion.packet_sender.sent
    assert [body for _, _, body in sent] == [box_bytes(number) for number in range(20)]
    assert {kind for _, kind, _ in sent} == {Kind.BOX}
    assert len({path.nodes for path, _, _ in sent}) > 15
    assert all(path.nodes[-1] == node_of(1) for path, _, _ in sent)
    assert any(hop.delay_ms for path, _, _ in sent for hop in path.hops)


def test_boxes_that_arrive_and_boxes_that_do_not_tell_about_their_paths() -> None:
    frontend = Frontend()
    box = box_bytes(1)
    box_id = ParcelId(box[9:41])
    for _ in range(2):
        frontend.transport.send_box(node_of(1), box, frontend.now)
    frontend.transport.on_missing(box_id, frontend.now)
    blamed = len(frontend.traveller.reputation)
    assert blamed >= 4
    frontend.transport.on_missing(box_id, frontend.now)
    frontend.transport.on_delivered(box_id, frontend.now)  # already told
    assert len(frontend.traveller.reputation) == blamed


def test_sent_boxes_are_forgotten_beyond_a_bound() -> None:
    frontend = Frontend()
    first = box_bytes(0)
    template = bytearray(first)
    for number in range(MAX_SENT_BOXES + 1):
        template[9:41] = number.to_bytes(32, "big")
        frontend.transport.send_box(node_of(1), bytes(template), frontend.now)
    frontend.transport.on_delivered(ParcelId(bytes(32)), frontend.now)
    assert len(frontend.traveller.reputation) == 0
    frontend.transport.on_delivered(ParcelId((1).to_bytes(32, "big")), frontend.now)
    assert len(frontend.traveller.reputation) == 4


# --- custodians -------------------------------------------------------------------------------------------------------


def shared(node: NodeId, address: int, frontend: Frontend) -> int:
    return frontend.transport.shares(node, address)


def test_custodians_of_a_bucket_are_named_those_sharing_most_bits_first() -> None:
    frontend = Frontend(relays=200, bits=3)
    address = 0xB6000000
    known = frontend.transport.known(address)
    bits = [min(4, shared(node, address, frontend)) for node in known]
    assert set(bits) == {3, 4}
    assert bits == sorted(bits, reverse=True)
    assert len(known) == sum(
        Bucket.of(address, 3).covers(address_of(each.overlay_id)) for each in frontend.roster.fresh()
    )
    assert OWN not in known
    assert frontend.transport.known(address) != known  # ties are shuffled


def test_a_bucket_with_hardly_anybody_is_covered_by_the_next_wider_one() -> None:
    frontend = Frontend(relays=20, bits=12, size=20.0)
    for address in (0, 0x12345678, 0xB6000000, 0xFFFFFFFF):
        known = frontend.transport.known(address)
        inside = [sum(shared(node, address, frontend) >= bits for node in known) for bits in range(13)]
        narrowest = max(bits for bits in range(13) if inside[bits] >= FEW)
        assert inside[narrowest] == len(known), "nobody of a wider bucket"
        everybody = sum(
            Bucket.of(address, narrowest).covers(address_of(each.overlay_id)) for each in frontend.roster.fresh()
        )
        assert len(known) == everybody
    assert not frontend.lookups()


def test_no_bit_of_an_address_counts_beyond_what_a_writer_shows() -> None:
    frontend = Frontend(relays=200, bits=1)
    address = address_of(relay(5).overlay_id)
    firsts = {frontend.transport.known(address)[0] for _ in range(200)}
    assert len(firsts) > 20


def test_suspects_are_named_only_when_hardly_anybody_else_is_left() -> None:
    frontend = Frontend(relays=4)
    frontend.transport.suspect(node_of(1), frontend.now)
    assert set(frontend.transport.known(0)) == {node_of(0), node_of(2), node_of(3)}
    frontend.transport.suspect(node_of(2), frontend.now)
    frontend.transport.suspect(node_of(3), frontend.now)
    known = frontend.transport.known(0)
    assert known[0] == node_of(0)
    assert set(known) == {node_of(number) for number in range(4)}


def test_before_anything_can_be_sent_nobody_is_named_and_then_the_client_hears_of_it() -> None:
    frontend = Frontend(relays=9)
    frontend.roster.is_ready = False
    assert frontend.transport.known(0) == []
    assert frontend.transport.custodians() == []
    frontend.wait(60.0)
    assert frontend.client.news == 0
    frontend.roster.is_ready = True
    frontend.wait(2 * MAX_LOOK)
    assert frontend.client.news == 1
    assert len(frontend.transport.known(0)) == 9


def test_in_a_small_network_nobody_is_asked_for_custodians() -> None:
    frontend = Frontend(relays=3, size=4.0)
    assert len(frontend.transport.known(0)) == 3
    frontend.wait(600.0)
    assert not frontend.lookups()
    assert frontend.client.news == 0


def crowd_of(bucket: Bucket, count: int) -> list[int]:
    """Return numbers of relays in a bucket, none of which is in a frontend's roster."""
    fit = (number for number in range(1000, 99_999) if bucket.covers(address_of(relay(number).overlay_id)))
    return list(islice(fit, count))


def searching(bits: int = 9) -> tuple[Frontend, int]:
    frontend = Frontend(relays=20, bits=bits, size=5000.0)
    address = address_of(relay(1500).overlay_id)
    assert frontend.transport.known(address) == []
    frontend.wait(0.0)
    return frontend, address


def test_in_a_large_network_two_nodes_are_asked_for_a_random_place_of_the_bucket() -> None:
    frontend, address = searching()
    asked = frontend.lookups()
    assert len(asked) == ASKED
    assert len({frontend.circuits.paths[circuit][-1] for circuit, _ in asked}) == ASKED
    targets = {message.target for _, message in asked}
    assert len(targets) == ASKED
    assert all(Bucket.of(address, 9).covers(address_of(target)) for target in targets)
    assert len({message.request for _, message in asked}) == ASKED


def test_what_directories_find_is_checked_and_named() -> None:
    frontend, address = searching()
    bucket = Bucket.of(address, 9)
    fit = crowd_of(bucket, 6)
    for circuit, message in frontend.lookups():
        answer = Nodes(message.request, [*saying(*fit[:5], 0, 1), bytes(232)])
        frontend.hear(circuit, answer)
    assert frontend.client.news == 1
    assert set(frontend.transport.known(address)) == {node_of(number) for number in fit[:5]}
    assert sorted(frontend.circuits.closed) == [circuit for circuit, _ in frontend.lookups()]  # one question each
    frontend.transport.ask(node_of(fit[0]), Purpose.FOLLOW, FOLLOW, frontend.now)
    assert frontend.circuits.paths[frontend.circuits.alive()[-1]][-1] == node_of(fit[0])[:8]
    assert all(node_of(number) not in frontend.roster.nodes for number in fit)


def test_what_directories_know_to_be_empty_is_covered_by_the_next_wider_bucket() -> None:
    frontend, address = searching()
    wider = Bucket.of(address, 8)
    asked = frontend.lookups()
    assert frontend.transport.known(address) == []
    frontend.hear(asked[0][0], Nodes(asked[0][1].request, []))
    assert frontend.transport.known(address) == []
    frontend.wait(0.0)
    assert frontend.lookups() == asked, "the other one may know better"
    frontend.hear(asked[1][0], Nodes(asked[1][1].request, []))
    assert frontend.client.news == 1, "who does not look again by itself is told"
    assert frontend.transport.known(address) == []
    frontend.wait(0.0)
    again = frontend.lookups()[len(asked) :]
    assert len(again) == ASKED
    assert all(wider.covers(address_of(message.target)) for _, message in again)
    fit = crowd_of(wider, 4)
    frontend.hear(again[0][0], Nodes(again[0][1].request, saying(*fit)))
    assert set(frontend.transport.known(address)) == {node_of(number) for number in fit}


def test_a_found_bucket_is_searched_again_after_half_an_hour_while_it_is_wanted() -> None:
    frontend, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 2)
    for circuit, message in frontend.lookups():
        frontend.hear(circuit, Nodes(message.request, saying(*fit)))
    assert len(frontend.transport.known(address)) < ENOUGH
    frontend.wait(0.7 * SEARCH_PERIOD)
    assert len(frontend.lookups()) == ASKED
    frontend.wait(0.6 * SEARCH_PERIOD)
    assert len(frontend.lookups()) >= 2 * ASKED
    frontend.wait(2 * SEARCH_PERIOD)  # silent directories: a few more tries, ever more rarely, then it is forgotten
    tries = len(frontend.lookups())
    frontend.wait(2 * SEARCH_PERIOD)
    assert len(frontend.lookups()) == tries < 12 * ASKED


def test_silent_directories_are_given_up_and_others_asked() -> None:
    frontend, _ = searching()
    frontend.wait(60.0)
    ends = [frontend.circuits.paths[circuit][-1] for circuit, _ in frontend.lookups()]
    assert len(ends) >= 2 * ASKED
    assert len(set(ends)) > ASKED
    assert not set(frontend.circuits.alive()) & {circuit for circuit, _ in frontend.lookups()[:ASKED]}


def test_a_directory_whose_circuit_fails_does_not_hold_the_search_up() -> None:
    frontend, _ = searching()
    for circuit, _ in frontend.lookups():
        frontend.transport.on_circuit_closed(circuit, frontend.now, is_silent=False)
    frontend.wait(15.0)
    assert len(frontend.lookups()) == 2 * ASKED
    assert not frontend.client.lost_ways


def test_answers_to_nothing_that_was_asked_there_are_nonsense() -> None:
    frontend, address = searching()
    (first, asked), (second, _) = frontend.lookups()
    fit = crowd_of(Bucket.of(address, 9), 4)
    frontend.hear(second, Nodes(asked.request, saying(*fit)))
    assert frontend.transport.known(address) == []
    frontend.hear(first, Tags(1, bytes(8), 0, b"", caught_up=True))
    assert first in frontend.circuits.closed
    assert not frontend.client.got


def test_a_lying_directory_fills_only_so_much() -> None:
    frontend, address = searching()
    crowd = crowd_of(Bucket.of(address, 9), 3 * MAX_NODES_PER_ANSWER)
    for start, (circuit, message) in zip((0, MAX_NODES_PER_ANSWER), frontend.lookups(), strict=True):
        frontend.hear(circuit, Nodes(message.request, saying(*crowd[start : start + MAX_NODES_PER_ANSWER])))
    before = set(frontend.transport.known(address))
    assert len(before) == MAX_FOUND
    while len(frontend.lookups()) == ASKED:
        frontend.wait(10.0)
    for circuit, message in frontend.lookups()[ASKED:]:
        frontend.hear(circuit, Nodes(message.request, saying(*crowd[2 * MAX_NODES_PER_ANSWER :])))
    assert set(frontend.transport.known(address)) == before


def test_custodians_found_by_directories_stay_known_as_long_as_they_are_asked() -> None:
    frontend, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 2)
    answered = 0
    while frontend.now.mono < NOW.mono + 3 * SEARCH_PERIOD:
        for circuit, message in frontend.lookups()[answered:]:
            frontend.hear(circuit, Nodes(message.request, saying(*fit)))
        answered = len(frontend.lookups())
        frontend.transport.ask(node_of(fit[0]), Purpose.FOLLOW, FOLLOW, frontend.now)
        frontend.wait(10.0)
    assert 2 * ASKED <= answered <= 5 * ASKED


def test_one_network_fills_only_a_few_places() -> None:
    frontend, address = searching()
    fit = crowd_of(Bucket.of(address, 9), 12)
    crowded = {number: relay(number, f"8.8.1.{at_}") for at_, number in enumerate(fit, start=1)}
    frontend.transport = OnionTransport(
        frontend.overlay, lambda data, now: crowded[int(data[6:].rstrip(b"\0"))], CircuitRequests(Random(7)), Random(7)
    )
    onion = frontend.onion
    frontend.transport.serve(frontend.client, onion.paths, onion.reputation, onion.circuits, onion.send_packet)
    frontend.transport.handle_timeout(NOW)
    frontend.transport.known(address)
    frontend.wait(0.0)
    circuit, message = frontend.lookups()[-1]
    frontend.hear(circuit, Nodes(message.request, saying(*fit)))
    assert len(frontend.transport.known(address)) == MAX_PER_NETWORK


def test_searches_and_buckets_are_bounded() -> None:
    frontend = Frontend(relays=20, bits=16, size=1e6)
    for number in range(2 * MAX_BUCKETS):
        frontend.transport.known(number << 16)
    frontend.wait(5.0)
    assert len(frontend.lookups()) == MAX_SEARCHES * ASKED
    frontend.wait(60.0)
    assert len(frontend.circuits.alive()) <= MAX_OWN_CIRCUITS
