"""What is looked for in the network, against a model that derives everything anew."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.people.format import lane
from core.people.format.lane import new_lane, step
from core.people.format.slot import slot_key
from core.people.format.watch import GreetingWatch, ResetWatch
from core.people.tag_index import GIVEN_UP_SIZE, LaneTarget, TagIndex, WatchedSlots, given_up_entry, given_up_indexes
from core.storage.lanes import ReadLane
from net.ids import ParcelId, Tag, tag_of

TODAY = 20_000
_, OFFER = new_lane()
GREETINGS = GreetingWatch("x")
RESETS = ResetWatch(1, b"root")


@functools.cache
def chain_at(index: int) -> bytes:
    return OFFER.chain if index == 0 else step(chain_at(index - 1))[1]


@functools.cache
def id_of(index: int, day: int) -> ParcelId:
    return ParcelId(lane.box_id(OFFER.point, step(chain_at(index))[0], day))


def tag(index: int, day: int = TODAY) -> Tag:
    return tag_of(id_of(index, day))


def read_lane(next_index: int = 0, given_up: tuple[int, ...] = ()) -> ReadLane:
    kept = b"".join(given_up_entry(index, step(chain_at(index))[0], 5) for index in given_up)
    return ReadLane(OFFER.generation, 1, b"d" * 32, OFFER.point, chain_at(next_index), next_index, 1, None, None, kept)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "box_id", functools.lru_cache(maxsize=None)(lane.box_id))


def test_what_arrived_before_a_lane_was_known_is_found() -> None:
    tag_index = TagIndex(TODAY)
    assert tag_index.see([tag(0), tag(3, TODAY - 1), tag(5, TODAY - 3)]) == (
        [tag(0), tag(3, TODAY - 1), tag(5, TODAY - 3)],
        [],
    )
    assert set(tag_index.watch_lane(read_lane(), ())) == {tag(0), tag(3, TODAY - 1)}
    assert set(tag_index.wanted()) == {tag(0), tag(3, TODAY - 1)}


def test_what_is_seen_twice_is_new_once_and_ours_each_time() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.watch_lane(read_lane(), ())
    assert tag_index.see([tag(0)]) == ([tag(0)], [tag(0)])
    assert tag_index.see([tag(0)]) == ([], [tag(0)])
    tag_index.got_index(OFFER.generation, 0)
    assert tag_index.see([tag(0)]) == ([], [])


moves = st.lists(st.integers(1, lane.WINDOW), min_size=1, max_size=4)


@settings(max_examples=25, deadline=None)
@given(moves, st.sets(st.integers(0, 3), max_size=2))
def test_a_window_that_moves_by_any_steps_is_where_a_fresh_one_would_be(steps: list[int], given_up: set[int]) -> None:
    tag_index = TagIndex(TODAY)
    first = max(given_up, default=-1) + 1
    tag_index.watch_lane(read_lane(first, tuple(given_up)), ())
    for by in steps:
        first += by
        tag_index.move_lane(OFFER.generation, first)
    for index in (first, first + 1, first + lane.WINDOW - 1):
        (target,) = tag_index.targets(id_of(index, TODAY))
        assert isinstance(target, LaneTarget)
        assert (target.index, target.late) == (index, False)
    assert tag_index.targets(id_of(first + lane.WINDOW, TODAY)) == []
    for index in range(first):
        late = [target.late for target in tag_index.targets(id_of(index, TODAY)) if isinstance(target, LaneTarget)]
        assert late == ([True] if index in given_up else [])


def test_each_day_forgets_the_oldest_and_finds_what_came_early() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.watch_lane(read_lane(), ())
    tag_index.see([tag(2, TODAY + 1), tag(2, TODAY - 2)])
    assert tag_index.turn_day(TODAY + 1) == [tag(2, TODAY + 1)]
    assert tag_index.targets(id_of(2, TODAY - 2)) == []
    assert tag_index.turn_day(TODAY + 1) == []
    assert tag_index.turn_day(TODAY) == [tag(2, TODAY - 2)], "and back, when the clock was wrong"


def test_a_lane_that_is_forgotten_leaves_nothing() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.watch_lane(read_lane(4, (1, 2)), (6,))
    tag_index.turn_day(TODAY + 1)
    tag_index.forget_lane(OFFER.generation)
    tag_index.see([tag(index, day) for index in range(50) for day in range(TODAY - 2, TODAY + 2)])
    assert tag_index.wanted() == []


def test_slots_are_looked_into_for_three_days_until_they_are_forgotten() -> None:
    tag_index = TagIndex(TODAY)
    secret = b"s" * 32
    early = tag_of(ParcelId(slot_key(secret, TODAY, 1, 0).box_id))
    tag_index.see([early])
    assert tag_index.watch_slots(WatchedSlots(GREETINGS, secret)) == [early]
    assert tag_index.watch_slots(WatchedSlots(GREETINGS, secret)) == []
    for day in range(TODAY - 2, TODAY + 1):
        key = slot_key(secret, day, 1, 3)
        (target,) = tag_index.targets(ParcelId(key.box_id))
        assert target.day == day
    tag_index.forget_slots(GREETINGS)
    assert tag_index.wanted() == []


def test_indexes_given_up_are_read_back() -> None:
    row = read_lane(9, (3, 7))
    assert len(row.given_up) == 2 * GIVEN_UP_SIZE
    assert given_up_indexes(row.given_up) == [3, 7]
    assert primitives.sha256(row.given_up[8:72]) == primitives.sha256(step(chain_at(3))[0].pack())


# --- copies beside ----------------------------------------------------------------------------------------------------


def beside(index: int, day: int = TODAY) -> Tag:
    return tag(index, lane.beside(day))


def test_a_copy_beside_is_found_only_while_it_is_looked_for() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.see([beside(0), beside(1, TODAY - 2), beside(2, TODAY - 3)])
    assert tag_index.watch_lane(read_lane(), ()) == []
    assert set(tag_index.watch_lane(read_lane(), (), beside=True)) == {beside(0), beside(1, TODAY - 2)}
    (target,) = tag_index.targets(id_of(0, lane.beside(TODAY)))
    assert isinstance(target, LaneTarget)
    assert (target.index, target.day) == (0, lane.beside(TODAY)), "its day says which key opens it"
    assert tag_index.watch_lane(read_lane(), ()) == []
    assert tag_index.wanted() == [], "and no longer afterwards"


def test_an_index_that_came_is_looked_for_neither_at_its_place_nor_beside() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.watch_lane(read_lane(), (), beside=True)
    tag_index.see([tag(0), beside(0), beside(1)])
    tag_index.got_index(OFFER.generation, 0)
    assert tag_index.wanted() == [beside(1)]
    tag_index.forget_lane(OFFER.generation)
    assert tag_index.wanted() == []


def test_a_window_and_a_day_that_move_take_the_copies_beside_along() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.watch_lane(read_lane(0), (), beside=True)
    tag_index.see([beside(lane.WINDOW), beside(2, TODAY + 1), beside(2, TODAY - 2)])
    assert tag_index.move_lane(OFFER.generation, 1) == [beside(lane.WINDOW)]
    assert tag_index.turn_day(TODAY + 1) == [beside(2, TODAY + 1)]
    assert tag_index.targets(id_of(2, lane.beside(TODAY - 2))) == []
    assert tag_index.targets(id_of(2, lane.beside(TODAY - 1))) != []
    assert tag_index.turn_day(TODAY) == [beside(2, TODAY - 2)]


def test_an_index_given_up_is_looked_for_beside_as_well() -> None:
    tag_index = TagIndex(TODAY)
    tag_index.see([beside(1)])
    assert tag_index.watch_lane(read_lane(4, (1,)), (), beside=True) == [beside(1)]
    (target,) = tag_index.targets(id_of(1, lane.beside(TODAY)))
    assert isinstance(target, LaneTarget)
    assert target.late


def test_slots_have_copies_beside_too() -> None:
    secret = b"s" * 32
    there = tag_of(ParcelId(slot_key(secret, lane.beside(TODAY), 1, 0).box_id))
    later = tag_of(ParcelId(slot_key(secret, lane.beside(TODAY + 1), 0, 0).box_id))
    for is_wanted in (False, True):
        tag_index = TagIndex(TODAY)
        tag_index.see([there, later])
        assert tag_index.watch_slots(WatchedSlots(RESETS, secret, beside=is_wanted)) == ([there] if is_wanted else [])
        assert tag_index.turn_day(TODAY + 1) == ([later] if is_wanted else [])
        tag_index.forget_slots(RESETS)
        assert tag_index.wanted() == []
