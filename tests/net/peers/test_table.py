"""The table of known full nodes, and what a liar can do to it."""

from __future__ import annotations

from random import Random

from hypothesis import given, strategies as st

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.messages import MAX_PEERS_PER_ANSWER, Peer
from net.peers.table import MAX_FAILURES, MAX_KNOWN, MAX_PER_PREFIX, MAX_SHARE, PeerTable, unpacked
from tests.support.parcels import NOW

OWN, LIAR, FRIEND = (NodeId(bytes([n]) * 32) for n in (250, 251, 252))
PUBLIC = Endpoint("8.8.4.4", 4000)
LOOPBACK = Endpoint("127.0.0.1", 4000)
LATER = Instant(NOW.mono + 1, NOW.wall_ms + 1000)


def node(number: int) -> NodeId:
    return NodeId(number.to_bytes(32, "big"))


def public(number: int) -> Endpoint:
    """A public address, each under a /16 of its own for the first hundred and fifty thousand."""
    return Endpoint(f"{11 + number % 80}.{number // 80 % 250}.1.1", 4000)


def told(number: int, endpoint: Endpoint) -> Peer:
    host = bytes(int(part) for part in endpoint.host.split("."))
    return Peer(host, endpoint.port, node(number))


def table() -> PeerTable:
    return PeerTable(OWN, Random(5))


def test_whom_we_linked_with_is_passed_on_and_hearsay_is_not() -> None:
    known = table()
    known.on_seen(public(1), node(1), NOW)
    assert known.hear([told(2, public(2))], LIAR, PUBLIC) == 1
    assert [NodeId(peer.node) for peer in known.sample(FRIEND, PUBLIC)] == [node(1)]
    known.on_seen(public(2), node(2), NOW)
    assert len(known.sample(FRIEND, PUBLIC)) == 2


def test_nobody_is_told_of_itself_and_at_most_eight_of_others() -> None:
    known = table()
    for number in range(20):
        known.on_seen(public(number), node(number), NOW)
    sample = known.sample(node(3), PUBLIC)
    assert len(sample) == MAX_PEERS_PER_ANSWER
    assert node(3) not in {peer.node for peer in sample}


def test_a_liar_cannot_fill_the_table() -> None:
    known = table()
    for start in range(0, 10_000, 8):
        known.hear([told(number, public(number)) for number in range(start, start + 8)], LIAR, PUBLIC)
    assert len(known) == MAX_SHARE


def test_a_liar_cannot_push_out_what_was_probed() -> None:
    known = table()
    for number in range(MAX_KNOWN):
        known.on_seen(public(number), node(number), NOW)
    for liar in range(20):
        known.hear([told(10_000 + liar * 8 + n, public(n)) for n in range(8)], node(90_000 + liar), PUBLIC)
    assert len(known) == len(known.probed()) == MAX_KNOWN


def test_many_liars_fill_the_table_with_words_but_a_link_still_finds_room() -> None:
    known = table()
    for liar in range(20):
        for start in range(0, 80, 8):
            number = 1000 * liar + start
            known.hear([told(number + n, public(number + n)) for n in range(8)], node(10**6 + liar), PUBLIC)
    assert len(known) == MAX_KNOWN
    known.on_seen(PUBLIC, FRIEND, NOW)
    assert len(known) == MAX_KNOWN
    assert known.get(FRIEND) is not None


def test_one_network_gets_few_entries_and_loopback_as_many_as_it_likes() -> None:
    known, local = table(), table()
    for teller in range(10):
        for number in range(8):
            index = teller * 8 + number
            known.hear([told(index, Endpoint(f"11.1.{teller}.{number + 1}", 1))], node(1000 + teller), PUBLIC)
            local.hear([told(index, Endpoint("127.0.0.1", 1 + index))], node(1000 + teller), LOOPBACK)
    assert len(known) == MAX_PER_PREFIX
    assert len(local) == 80


def test_nobody_from_outside_can_point_us_at_our_own_network() -> None:
    known = table()
    assert known.hear([told(1, LOOPBACK), told(2, Endpoint("192.168.1.1", 1))], LIAR, PUBLIC) == 0
    assert known.hear([told(2, Endpoint("192.168.1.1", 1))], LIAR, Endpoint("192.168.1.7", 1)) == 1
    assert known.hear([told(3, LOOPBACK)], LIAR, Endpoint("192.168.1.7", 1)) == 0


def test_we_do_not_believe_in_ourselves() -> None:
    assert table().hear([Peer(bytes([9, 9, 9, 9]), 1, OWN)], LIAR, PUBLIC) == 0


def test_hearsay_that_does_not_answer_goes_at_once_and_an_old_friend_after_some_failures() -> None:
    known = table()
    known.hear([told(1, public(1))], LIAR, PUBLIC)
    known.on_seen(public(2), node(2), NOW)
    known.on_failed(node(1), 0.0, is_counted=True)
    assert known.get(node(1)) is None
    for _ in range(MAX_FAILURES - 1):
        known.on_failed(node(2), 0.0, is_counted=True)
    assert known.get(node(2)) is not None
    known.on_failed(node(2), 0.0, is_counted=True)
    assert known.get(node(2)) is None


def test_while_we_are_offline_nobody_is_forgotten() -> None:
    known = table()
    known.on_seen(public(2), node(2), NOW)
    for _ in range(100):
        known.on_failed(node(2), 0.0, is_counted=False)
    assert known.get(node(2)) is not None


def test_what_was_remembered_is_hearsay_until_it_answers() -> None:
    known = table()
    known.on_seen(public(1), node(1), NOW)
    known.on_seen(public(2), node(2), LATER)
    remembered = [(entry.endpoint, entry.node) for entry in known.probed()]
    assert remembered == [(public(2), node(2)), (public(1), node(1))]
    again = table()
    again.recall([*remembered, (PUBLIC, OWN)])
    assert len(again) == 2
    assert again.sample(FRIEND, PUBLIC) == []


@given(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16), st.integers(1, 65535))
def test_any_address_that_decodes_can_be_heard(host: bytes, port: int) -> None:
    known = table()
    known.hear([Peer(host, port, node(1))], LIAR, LOOPBACK)
    entry = known.get(node(1))
    assert entry is not None
    assert entry.endpoint == unpacked(Peer(host, port, node(1)))


def test_an_address_of_a_kind_that_is_not_known_is_passed_over_and_the_others_are_taken() -> None:
    known = table()
    later = [Peer(bytes(size), 4000, node(number)) for number, size in enumerate((0, 1, 5, 32, 64), start=10)]
    assert known.hear([*later, Peer(bytes([127, 0, 0, 9]), 0, node(9)), packed_of(1)], LIAR, LOOPBACK) == 1
    assert [entry.node for entry in known] == [node(1)]


def packed_of(number: int) -> Peer:
    return Peer(bytes([127, 0, 0, number]), 4000, node(number))
