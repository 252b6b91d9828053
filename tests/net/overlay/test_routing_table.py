"""Kademlia's table: who gets in, who stays, and what one owner of many names can do to it."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings, strategies as st

from net.ids import Endpoint, OverlayId
from net.instant import Instant
from net.overlay.descriptor import Descriptor, encode_descriptor, epoch_of
from net.overlay.identity import Identity
from net.overlay.routing_table import (
    ID_BITS,
    MAX_FAILURES,
    MAX_PER_PREFIX_IN_BUCKET,
    MAX_PER_PREFIX_IN_TABLE,
    K,
    RoutingTable,
    nearest,
)
from tests.support.overlay_world import identity, public_host, unchecked
from tests.support.parcels import NOW

OWN = OverlayId(bytes(32))
VERIFIER = unchecked()
LATER = Instant(NOW.mono + 60, NOW.wall_ms + 60_000)


def somebody(rng: Random, host: str, *, bucket: int | None = None, is_reachable: bool = True) -> Descriptor:
    """Return a descriptor of somebody there, in a given bucket of the table at zero."""
    while True:
        who = identity(rng)
        if bucket is None or int.from_bytes(who.overlay_id, "big").bit_length() - 1 == bucket:
            return described(who, host, is_reachable=is_reachable)


def described(who: Identity, host: str, *, stamp: int = NOW.wall_ms, is_reachable: bool = True) -> Descriptor:
    keys = (bytes(32), bytes(32))
    data = encode_descriptor(
        who,
        Endpoint(host, 4000), epoch_of(NOW), keys, stamp, is_reachable=is_reachable,
    )  # fmt: skip
    return VERIFIER.check(data, NOW)


def crowd(count: int, *, bucket: int | None = None, seed: int = 1) -> list[Descriptor]:
    rng = Random(seed)
    return [somebody(rng, public_host(number), bucket=bucket) for number in range(count)]


def met(table: RoutingTable, descriptor: Descriptor, now: Instant = NOW) -> bool:
    return table.on_descriptor(descriptor, descriptor.endpoint, now)


def table_of(descriptors: list[Descriptor]) -> RoutingTable:
    table = RoutingTable(OWN)
    for each in descriptors:
        met(table, each)
    return table


def test_the_closest_are_told_closest_first() -> None:
    known = crowd(40)
    table = table_of(known)
    target = known[7].overlay_id
    assert table.closest(target)[0] == known[7]
    inside = [entry.descriptor for entry in table]
    assert table.closest(target) == nearest(inside, known[7].place, K)


def test_a_full_bucket_keeps_the_old() -> None:
    known = crowd(K + 5, bucket=255)
    table = table_of(known)
    assert {entry.descriptor for entry in table} == set(known[:K])
    assert not table.is_complete


def test_who_waits_takes_the_place_of_the_first_that_falls_silent() -> None:
    known = crowd(K + 2, bucket=255)
    table = table_of(known)
    table.on_failed(known[3].node, is_counted=True)
    assert table.get(known[3].node) is None
    assert table.get(known[K + 1].node) is not None


def test_nobody_is_struck_out_while_nobody_answers() -> None:
    known = crowd(K + 2, bucket=255)
    table = table_of(known)
    for _ in range(10):
        for each in known[:K]:
            table.on_failed(each.node, is_counted=False)
    assert {entry.descriptor for entry in table} == set(known[:K])
    assert len(table.closest(OWN)) == K
    assert not table.tell(OWN, epoch_of(NOW))
    table.on_answered(known[0].node, LATER)
    assert table.tell(OWN, epoch_of(NOW)) == [known[0]]


def test_without_a_replacement_a_node_goes_after_some_silence() -> None:
    known = crowd(3)
    table = table_of(known)
    for _ in range(MAX_FAILURES - 1):
        table.on_failed(known[0].node, is_counted=True)
    assert table.get(known[0].node)
    table.on_failed(known[0].node, is_counted=True)
    assert table.get(known[0].node) is None
    assert len(table) == 2


def test_a_newcomer_takes_the_place_of_one_who_is_silent() -> None:
    known = crowd(K + 1, bucket=255)
    table = table_of(known[:K])
    table.on_failed(known[5].node, is_counted=False)
    assert met(table, known[K])
    assert table.get(known[5].node) is None


def test_hearsay_does_not_enter_but_renews() -> None:
    rng = Random(3)
    who, stranger = identity(rng), identity(rng)
    table = RoutingTable(OWN)
    met(table, described(who, "11.0.0.1"))
    table.refresh(described(stranger, "11.1.0.1"))
    newer, older = (described(who, "11.0.0.1", stamp=NOW.wall_ms + change) for change in (1, -1))
    table.refresh(newer)
    table.refresh(older)
    assert [entry.descriptor for entry in table] == [newer]


def test_hearsay_does_not_move_a_node_to_another_place() -> None:
    """Anybody may describe a link key beside a signing key of his own."""
    rng = Random(3)
    who, liar = identity(rng), identity(rng)
    table = RoutingTable(OWN)
    met(table, described(who, "11.0.0.1"))
    stolen = VERIFIER.check(described(liar, "12.0.0.1", stamp=NOW.wall_ms + 5).data, NOW)
    forged = bytearray(stolen.data)
    forged[1:33] = who.node
    table.refresh(VERIFIER.check(bytes(forged), NOW))
    assert [entry.descriptor.endpoint.host for entry in table] == ["11.0.0.1"]


def test_one_prefix_gets_two_places_in_a_bucket_and_sixteen_in_all() -> None:
    rng = Random(4)
    table = RoutingTable(OWN)
    for number in range(600):
        met(table, somebody(rng, f"11.22.{number % 250}.{number // 250 + 1}"))
    assert len(table) <= MAX_PER_PREFIX_IN_TABLE
    buckets: dict[int, int] = {}
    for entry in table:
        index = entry.descriptor.place.bit_length()
        buckets[index] = buckets.get(index, 0) + 1
    assert max(buckets.values()) == MAX_PER_PREFIX_IN_BUCKET
    assert not table.is_complete  # so nobody takes its length for the size of the network


def test_replacements_of_one_prefix_are_capped_too() -> None:
    rng = Random(5)
    known = crowd(K, bucket=255)
    table = table_of(known)
    for number in range(200):
        met(table, somebody(rng, f"99.22.{number}.1", bucket=255))
    for each in known:
        table.on_failed(each.node, is_counted=True)
    assert sum(entry.descriptor.endpoint.host.startswith("99.22.") for entry in table) <= MAX_PER_PREFIX_IN_BUCKET


def test_private_and_loopback_addresses_are_not_capped() -> None:
    rng = Random(6)
    table = RoutingTable(OWN)
    for number in range(K):
        assert met(table, somebody(rng, "127.0.0.1" if number % 2 else "10.0.0.9", bucket=255))


def test_somebody_seen_elsewhere_than_he_says_is_not_taken() -> None:
    """Else many names on one machine would claim addresses all over the world."""
    liar = somebody(Random(7), "11.0.0.1")
    table = RoutingTable(OWN)
    assert not table.on_descriptor(liar, Endpoint("12.0.0.1", 4000), NOW)
    assert table.on_descriptor(liar, Endpoint("11.0.0.1", 999), NOW)


def test_who_cannot_be_reached_and_who_stands_where_we_stand_do_not_enter() -> None:
    rng = Random(8)
    who = identity(rng)
    table = RoutingTable(who.overlay_id)
    assert not met(table, described(who, "11.0.0.1"))
    assert not met(table, somebody(rng, "11.0.0.1", is_reachable=False))


def test_a_node_has_one_place() -> None:
    """The same link key under another signing key, told by the node itself: it moved."""
    rng = Random(9)
    who, other = identity(rng), identity(rng)
    table = RoutingTable(OWN)
    met(table, described(who, "11.0.0.1"))
    moved = bytearray(described(other, "11.0.0.1").data)
    moved[1:33] = who.node
    met(table, VERIFIER.check(bytes(moved), NOW))
    assert len(table) == 1
    assert next(iter(table)).descriptor.signing_key == other.signing_key


def test_old_news_is_not_told() -> None:
    table = table_of(crowd(5))
    assert len(table.tell(OWN, epoch_of(NOW) + 1)) == 5
    assert not table.tell(OWN, epoch_of(NOW) + 2)
    assert len(table.closest(OWN)) == 5  # but asked


def test_the_farthest_bucket_that_was_not_looked_into_is_due() -> None:
    table = table_of(crowd(60))
    now = Instant(5000.0, NOW.wall_ms)
    due: list[int] = []
    while (index := table.stale_bucket(now.mono - 3600)) is not None:
        due.append(index)
        target = table.target_in(index, Random(index))
        assert int.from_bytes(target, "big").bit_length() - 1 == index
        table.on_looked_up(target, now)
    assert due[0] == ID_BITS - 1
    assert due == sorted(due, reverse=True)


def test_the_quietest_is_whom_nothing_was_heard_of_for_longest() -> None:
    known = crowd(3)
    table = table_of(known)
    for each in (known[0], known[2]):
        table.on_answered(each.node, LATER)
    quietest = table.quietest()
    assert quietest is not None
    assert quietest.descriptor == known[1]


PEOPLE = [somebody(Random(number), f"{11 + number % 3}.7.0.{number % 200 + 1}") for number in range(120)]


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 119), st.integers(0, 3)), max_size=400))
def test_whatever_happens_the_bounds_hold(story: list[tuple[int, int]]) -> None:
    table = RoutingTable(OWN)
    for number, act in story:
        if act < 2:
            met(table, PEOPLE[number])
        else:
            table.on_failed(PEOPLE[number].node, is_counted=act == 2)
    prefixes = [entry.prefix for entry in table]
    assert len(table) == len(prefixes)
    assert all(prefixes.count(each) <= MAX_PER_PREFIX_IN_TABLE for each in prefixes)
    assert all(table.get(entry.descriptor.node) is entry for entry in table)
