"""Whom to route through: a fair sample that nobody fills alone."""

from __future__ import annotations

from random import Random

import pytest

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.overlay.delegated_lookups import merged
from net.overlay.descriptor import Descriptor, encode_descriptor, epoch_of, place_of
from net.overlay.identity import Identity
from net.overlay.roster import MAX_PER_LOOKUP, MAX_PER_PREFIX, MAX_PER_TELLER, MAX_ROSTER, Roster
from net.overlay.routing_table import K, nearest
from tests.support.overlay_world import EPOCH_MS, identity, public_host, unchecked

NOW = Instant(0.0, EPOCH_MS)
EPOCH = epoch_of(NOW)
VERIFIER = unchecked()
LIAR, HELPER = NodeId(b"\x01" * 32), NodeId(b"\x02" * 32)


def described(who: Identity, host: str, *, epoch: int = EPOCH, stamp: int = 0, is_reachable: bool = True) -> Descriptor:
    keys = (b"\x01" * 32, b"\x02" * 32)
    return VERIFIER.check(encode_descriptor(who, Endpoint(host, 1), epoch, keys, stamp, is_reachable=is_reachable), NOW)


def crowd(count: int, seed: int = 1) -> list[Descriptor]:
    rng = Random(seed)
    return [described(identity(rng), public_host(seed * 400 + number)) for number in range(count)]


def roster() -> Roster:
    empty = Roster(Random(1))
    empty.turn(EPOCH)
    return empty


def test_a_lookup_brings_eight_and_says_how_many_are_news() -> None:
    known, found = roster(), crowd(K)
    assert known.hear_lookup(found) == MAX_PER_LOOKUP
    assert known.hear_lookup(found) == 0
    assert known.fresh() == found[:MAX_PER_LOOKUP]


def test_one_liars_word_fills_a_quarter_and_no_more() -> None:
    known = roster()
    honest = crowd(40)
    for start in range(0, 40, 8):
        known.hear_lookup(honest[start : start + 8])
    for each in crowd(300, seed=2):
        known.hear(each, LIAR)
    assert len(known) == 40 + MAX_PER_TELLER
    assert {each.node for each in honest} <= {each.node for each in known.fresh()}


def test_words_never_push_out_what_we_found() -> None:
    known = roster()
    honest = crowd(MAX_ROSTER)
    for each in honest:
        known.hear(each)
    assert known.is_full
    for each in crowd(50, seed=2):
        assert not known.hear(each, LIAR)
    assert set(known.fresh()) == set(honest)


def test_what_we_find_pushes_out_the_longest_tale_first() -> None:
    known = roster()
    tellers = [NodeId(bytes([number]) * 32) for number in range(5)]
    for teller, seed in zip(tellers, range(2, 7), strict=True):
        for each in crowd(MAX_PER_TELLER if teller != tellers[4] else 10, seed=seed):
            known.hear(each, teller)
    assert len(known) == MAX_ROSTER
    found = crowd(30, seed=9)
    for each in found:
        assert known.hear(each)
    assert set(found) <= set(known.fresh())
    assert len(known) == MAX_ROSTER


def test_a_full_roster_of_our_own_goes_on_changing() -> None:
    known = roster()
    for each in crowd(MAX_ROSTER):
        known.hear(each)
    (new,) = crowd(1, seed=2)
    assert known.hear(new)
    assert known.get(new.node) == new
    assert len(known) == MAX_ROSTER


def test_one_prefix_fills_a_thirty_second() -> None:
    known, rng = roster(), Random(1)
    for number in range(100):
        known.hear(described(identity(rng), f"11.1.{number}.1"))
    assert len(known) == MAX_PER_PREFIX
    for number in range(20):
        known.hear(described(identity(rng), f"10.1.{number}.1"))
    assert len(known) == MAX_PER_PREFIX + 20


def test_keys_are_told_for_two_epochs_and_then_forgotten() -> None:
    known, rng = roster(), Random(1)
    present, coming = identity(rng), identity(rng)
    known.hear(described(present, "11.1.1.1"))
    known.hear(described(coming, "11.2.1.1", epoch=EPOCH + 1))
    known.turn(EPOCH + 1)
    assert {each.node for each in known.fresh()} == {present.node, coming.node}
    descriptor = known.get(present.node)
    assert descriptor is not None
    assert known.key_of(descriptor, EPOCH + 1) == b"\x02" * 32
    known.turn(EPOCH + 2)
    assert [each.node for each in known.fresh()] == [coming.node]
    assert known.get(present.node) is None


def test_whose_clock_is_a_little_ahead_is_used_by_the_key_of_the_epoch_that_it_is_in() -> None:
    known, ahead = roster(), identity(Random(1))
    known.turn(EPOCH)
    known.hear(described(ahead, "11.1.1.1", epoch=EPOCH + 1))
    [descriptor] = known.fresh()
    assert descriptor.key_of(EPOCH) == descriptor.key_of(EPOCH + 1) == descriptor.sphinx_keys[0]


def test_after_a_jump_all_stay_for_the_clock_may_be_set_back() -> None:
    known, who = roster(), identity(Random(1))
    known.turn(EPOCH)
    known.hear(described(who, "11.1.1.1"))
    known.turn(EPOCH + 30)
    assert known.fresh() == []
    known.turn(EPOCH)
    assert [each.node for each in known.fresh()] == [who.node]


def test_what_was_heard_while_our_clock_was_ahead_gives_way() -> None:
    known, who = roster(), identity(Random(1))
    known.turn(EPOCH)
    known.hear(described(who, "11.1.1.1", stamp=2))
    known.turn(EPOCH - 2)
    known.hear(present := described(who, "11.1.1.1", epoch=EPOCH - 1, stamp=1))
    assert known.fresh() == [present]


def test_who_is_left_out_does_not_come_back_by_hearsay() -> None:
    known, who, teller = roster(), identity(Random(1)), identity(Random(2))
    said = described(who, "11.1.1.1")
    known.turn(EPOCH)
    known.hear(said)
    known.leave_out(who.node)
    assert not known.hear(said, teller.node)
    assert known.fresh() == []
    known.take_back(who.node, said)
    assert known.fresh() == [said]


def test_who_was_not_sampled_is_not_sampled_by_having_been_left_out() -> None:
    known, who = roster(), identity(Random(1))
    known.turn(EPOCH)
    known.leave_out(who.node)
    known.take_back(who.node, described(who, "11.1.1.1"))
    assert known.fresh() == []


def test_of_two_of_one_node_the_later_wins() -> None:
    known, who = roster(), identity(Random(1))
    later = described(who, "11.1.1.1", stamp=2)
    for each in (described(who, "11.1.1.1", stamp=1), later, described(who, "11.1.1.1", stamp=0)):
        known.hear(each)
    assert known.get(who.node) == later


def test_hearsay_does_not_give_a_node_other_keys() -> None:
    """A descriptor with this link key and a liar's signing key is another place."""
    known, rng = roster(), Random(1)
    who = identity(rng)
    ours = described(who, "11.1.1.1")
    other = identity(rng)
    forged = bytearray(described(other, "11.1.1.1", stamp=9).data)
    forged[1:33] = who.node
    lie = VERIFIER.check(bytes(forged), NOW)
    known.hear(ours)
    known.hear(lie, LIAR)
    assert known.get(who.node) == ours
    known.forget(who.node)
    known.hear(lie, LIAR)
    known.hear(ours)
    assert known.get(who.node) == ours


def test_who_cannot_be_reached_is_of_no_use() -> None:
    known = roster()
    assert not known.hear(described(identity(Random(1)), "11.1.1.1", is_reachable=False))


# --- what two tellers say of one target -------------------------------------------------------------------------------


def test_what_both_say_comes_first_and_a_liar_fills_at_most_half() -> None:
    target = bytes(32)
    everybody = nearest(crowd(400), 0, 400)
    honest, lies = everybody[100 : 100 + K], everybody[:K]  # the liar's are closer, every one
    result = merged([honest, lies], place_of(target))
    assert len(result) == K
    assert len(set(result) & set(lies)) == K // 2
    assert merged([honest, honest], 0) == honest
    both = honest[:10]
    assert set(both) <= set(merged([[*both, *lies[:6]], honest], 0))


@pytest.mark.parametrize("tales", [[], [[]], [[], []]])
def test_nothing_told_is_nothing_found(tales: list[list[Descriptor]]) -> None:
    assert merged(tales, 0) == []


def test_one_teller_is_taken_as_it_is() -> None:
    told = nearest(crowd(20), 0, K)
    assert merged([told], 0) == told
    assert merged([[], told], 0) == told


def told_near(target: bytes, nodes: list[Descriptor], count: int) -> list[Descriptor]:
    return nearest(nodes, place_of(target), count)


def test_whom_two_lookups_should_have_found_and_did_not_is_gone() -> None:
    known, nodes = roster(), crowd(12)
    for each in nodes:
        known.hear(each)
    alive = nodes[2:]
    for number in range(2):
        target = Random(number).randbytes(32)
        assert known.compare(target, [told_near(target, alive, K)], K) == 2
    assert {each.node for each in known.fresh()} == {each.node for each in alive}


def test_a_lookup_says_nothing_about_who_is_farther_than_it_reaches_or_crowded_out() -> None:
    known, nodes = roster(), crowd(40)
    twin = described(identity(Random(99)), nodes[0].endpoint.host)
    for each in [*nodes, twin]:
        known.hear(each)
    for number in range(6):
        target = Random(number).randbytes(32)
        assert known.compare(target, [told_near(target, nodes, 8)], 8) == 0
    assert len(known) == 41


def test_no_teller_alone_talks_us_out_of_a_node_nor_does_an_outage() -> None:
    known, nodes = roster(), crowd(12)
    for each in nodes:
        known.hear(each)
    for number in range(4):
        target = Random(number).randbytes(32)
        liar, honest = told_near(target, nodes[:3], K), told_near(target, nodes, K)
        assert known.compare(target, [liar, honest], K) == 0
        assert known.compare(target, [[], liar], K) == known.compare(target, [], K) == 0
    assert len(known) == 12


def test_one_lookup_that_lost_a_datagram_costs_nobody_its_place() -> None:
    known, nodes = roster(), crowd(12)
    for each in nodes:
        known.hear(each)
    for number in range(6):
        target = Random(number).randbytes(32)
        known.compare(target, [told_near(target, nodes[number % 2 :], K)], K)
    assert len(known) == 12
