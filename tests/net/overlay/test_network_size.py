"""How many nodes there are, told from how dense they lie, and how wide a bucket is in turn."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from net.bucket import ADDRESS_BITS, Bucket, common_bits, mask_of
from net.ids import Endpoint
from net.instant import Instant
from net.onion.paths.directory import FEW
from net.overlay.chores import FIRST_SAMPLES, SAMPLE_COUNT
from net.overlay.coverage import ENOUGH_SIBLINGS, FEW_SIBLINGS, MAX_COVER, NARROW_AFTER, Coverage, scope_width
from net.overlay.descriptor import Descriptor, place_of
from net.overlay.lookups import Found
from net.overlay.network_size import MAX_SWARM, MIN_SWARM, CoverageWidth, SizeEstimate, width_for
from net.overlay.routing_table import K, nearest
from net.parcel.box import check_box_terms, decode_box
from tests.support.overlay_world import EPOCH_MS, forged_descriptor, unchecked
from tests.support.parcels import HOUR, box_bytes

HERE = Endpoint("127.0.0.1", 1)
THEN = Instant(0.0, EPOCH_MS)
VERIFIER = unchecked()


def crowd(size: int, seed: int = 1) -> list[Descriptor]:
    rng = Random(seed)
    return [VERIFIER.check(forged_descriptor(rng, HERE, THEN), THEN) for _ in range(size)]


def lookup(nodes: list[Descriptor], target: bytes, wanted: int = SAMPLE_COUNT) -> Found:
    return Found(target, nearest(nodes, place_of(target), wanted), 1, wanted, 0)


def estimate_of(nodes: list[Descriptor], seed: int, liars: int = 0) -> float:
    """Return what a first round of lookups tells; some of them find only what crowds at their target."""
    rng, size = Random(seed), SizeEstimate()
    for number in range(FIRST_SAMPLES):
        target = rng.randbytes(32)
        found = lookup(nodes, target)
        if number < liars:
            target = nodes[0].overlay_id[:30] + rng.randbytes(2)
            found = Found(target, [nodes[0]] * SAMPLE_COUNT, 1, SAMPLE_COUNT, 0)
        size.observe(found, SAMPLE_COUNT)
    others = size.others()
    assert others is not None
    return others


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 1000, 3000])
def test_the_first_round_tells_the_size_within_a_third(size: int) -> None:
    nodes = crowd(size)
    estimates = [estimate_of(nodes, seed) for seed in range(12)]
    assert all(0.65 * size < each < 1.35 * size for each in estimates)
    assert 0.9 * size < sum(estimates) / len(estimates) < 1.1 * size


def test_a_few_are_counted() -> None:
    nodes = crowd(6)
    assert estimate_of(nodes, 1) == 6


def test_two_lookups_of_eight_that_lie_change_little() -> None:
    nodes = crowd(400)
    assert 250 < estimate_of(nodes, 1, liars=2) < 550


def test_nothing_is_known_before_a_lookup_nor_from_silence() -> None:
    size = SizeEstimate()
    assert size.others() is None
    size.observe(Found(bytes(32), [], 0, 0, 0), K)
    size.observe(Found(bytes(32), crowd(2), 1, 20, 18), K)
    assert size.others() is None


def test_a_network_that_shrank_is_seen_to_have_shrunk() -> None:
    nodes, rng, size = crowd(300), Random(3), SizeEstimate()
    for now in (nodes, nodes[:30]):
        for _ in range(16):
            size.observe(lookup(now, rng.randbytes(32)), SAMPLE_COUNT)
    others = size.others()
    assert others is not None
    assert 20 < others < 45


@pytest.mark.parametrize(
    ("nodes", "width"), [(0, 0), (1, 0), (15, 0), (16, 1), (31, 1), (32, 2), (1000, 6), (10_000, 10), (1e30, 32)]
)
def test_eight_to_sixteen_share_a_scope(nodes: float, width: int) -> None:
    assert width_for(nodes) == width


def test_the_first_bit_comes_with_eighteen_and_goes_below_fourteen() -> None:
    width = CoverageWidth()
    assert [width.follow(each) for each in (10, 17.9, 18, 15, 14, 13.9)] == [False, False, True, False, False, True]
    assert width.bits == 0


def test_a_size_that_wavers_about_a_threshold_does_not_move_the_width() -> None:
    width = CoverageWidth()
    width.follow(1000)
    for _ in range(20):
        assert not width.follow(1020)
        assert not width.follow(800)
    assert width.bits == 6


@given(st.lists(st.floats(1, 1e6)))
def test_a_scope_has_seven_to_eighteen_nodes_whatever_came_before(sizes: list[float]) -> None:
    width = CoverageWidth()
    for size in sizes:
        before = width.bits
        changed = width.follow(size)
        assert changed == (width.bits != before)
        swarm = size / 2**width.bits
        assert swarm < MAX_SWARM
        assert swarm >= MIN_SWARM or width.bits == 0
        assert not width.follow(size)


# --- scopes where neighbours are few ----------------------------------------------------------------------------------


def test_a_half_with_hardly_anybody_is_taken_in_and_given_back_late() -> None:
    others = [40, 20, FEW_SIBLINGS - 1]
    assert scope_width(3, 3, others.__getitem__) == 2
    others[2] = ENOUGH_SIBLINGS - 1
    assert scope_width(3, 2, others.__getitem__) == 2, "kept while they are not enough"
    assert scope_width(3, 3, others.__getitem__) == 3, "not taken in while they are not too few"
    others[2] = ENOUGH_SIBLINGS
    assert scope_width(3, 2, others.__getitem__) == 3


def test_what_a_young_table_does_not_know_of_the_far_means_nothing() -> None:
    assert scope_width(6, 6, [0, 0, 0, 0, 16, 9].__getitem__) == 6
    assert scope_width(6, 6, [16, 16, 16, 16, 1, 0].__getitem__) == 6 - MAX_COVER


def test_a_scope_widens_at_once_and_narrows_after_some_looks() -> None:
    covering, others = Coverage(), [40, 20, 0]
    covering.begin(3)
    covering.judge(3, others.__getitem__)
    assert covering.bits == 2
    others[2] = ENOUGH_SIBLINGS
    for _ in range(NARROW_AFTER - 1):
        covering.judge(3, others.__getitem__)
        assert covering.bits == 2
    others[2] = 0
    covering.judge(3, others.__getitem__)
    others[2] = ENOUGH_SIBLINGS
    for _ in range(NARROW_AFTER - 1):
        covering.judge(3, others.__getitem__)
        assert covering.bits == 2, "they are counted anew"
    covering.judge(3, others.__getitem__)
    assert covering.bits == 3


@given(st.lists(st.integers(0, 12), min_size=8, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_a_scope_is_settled_at_once(others: list[int], coverage: int, former: int) -> None:
    width = scope_width(coverage, former, others.__getitem__)
    assert coverage - MAX_COVER <= width <= coverage
    assert width == scope_width(coverage, width, others.__getitem__)


@given(st.integers(MIN_SWARM * 2, 300), st.integers(0, 2**32 - 1), st.booleans(), st.integers(0, 2**64))
def test_whoever_a_reader_takes_for_a_custodian_keeps_its_mail(
    count: int, address: int, is_young: bool, seed: int
) -> None:
    """Of an address at whose bucket there is nobody, too: its custodians are those of the narrowest bucket with two."""
    rng = Random(seed)
    nodes = [rng.getrandbits(ADDRESS_BITS) for _ in range(count)]
    coverage = width_for(count)
    shown = decode_box(box_bytes(1, prefix=address & mask_of(coverage + 1)))

    def scope_of(node: int) -> Bucket:
        def siblings(bits: int) -> int:
            return sum(common_bits(node, other) == bits for other in nodes)

        return Bucket.of(node, scope_width(coverage, 0 if is_young else coverage, siblings))

    bits, named = coverage, list[int]()
    while len(named) < FEW:
        named = [node for node in nodes if Bucket.of(address, bits).covers(node)]
        bits -= 1
    assert all(scope_of(node).covers(address) for node in named)
    assert not any(check_box_terms(shown, HOUR, scope_of(node), coverage) for node in named)


@given(st.floats(1, 1e5), st.floats(0.6, 1.7))
def test_honest_widths_differ_by_one_at_most(nodes: float, ratio: float) -> None:
    """One kept since the network was smaller or larger, the other fresh, of estimates that differ by two thirds."""
    kept = CoverageWidth()
    kept.follow(nodes)
    assert abs(width_for(nodes * ratio) - kept.bits) <= 1
    for wavering in (nodes * MAX_SWARM / MIN_SWARM, nodes / 2):
        kept.follow(wavering)
        assert abs(width_for(wavering * ratio) - kept.bits) <= 1
