"""Topics of the day, hints and rounds: what is said in public, and what is believed of it."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, strategies as st

from net.ids import Endpoint
from net.instant import DAY_MS, HOUR_MS, Instant
from net.rendezvous.hints import DONE_FOR, LIFE, MAX_HINTS, MAX_PER_NETWORK, MAX_PER_REPLY, MAX_TRIES, Hints, Source
from net.rendezvous.rounds import CALM_PAUSE, LAST_PAUSE, Rounds
from net.rendezvous.topic import SHARDS, ShardChoice, days_at, topic_of

NOW = Instant(1000.0, 20_000 * DAY_MS + 12 * HOUR_MS)


def at(mono: float) -> Instant:
    return Instant(mono, NOW.wall_ms + round((mono - NOW.mono) * 1000))


def public(number: int, port: int = 4000) -> Endpoint:
    """An endpoint in a network of its own."""
    return Endpoint(f"5.{number}.0.1", port)


# --- topics -----------------------------------------------------------------------------------------------------------


def test_the_topic_is_pinned() -> None:
    assert topic_of(20_000, 3).hex() == "374f560778cede4f51f0937e037d7c2343400367"


def test_every_day_and_shard_has_its_topic() -> None:
    assert len({topic_of(day, shard) for day in range(20_000, 20_030) for shard in range(SHARDS)}) == 30 * SHARDS


@given(at_ms=st.integers(0, 40_000 * DAY_MS), error=st.integers(-4 * HOUR_MS + 1, 4 * HOUR_MS - 1))
def test_clocks_four_hours_apart_share_a_day(at_ms: int, error: int) -> None:
    assert set(days_at(at_ms)) & set(days_at(at_ms + error))
    assert len(days_at(at_ms)) <= 2


def test_a_node_stays_in_a_days_shard_and_moves_the_next() -> None:
    choice = ShardChoice(Random(5).randbytes)
    chosen = [[choice.on(day) for _ in range(5)] for day in range(64)]
    assert all(len(set(each)) == 1 for each in chosen)
    assert {each[0] for each in chosen} == set(range(SHARDS))


# --- hints ------------------------------------------------------------------------------------------------------------


def test_one_reply_brings_in_a_few() -> None:
    hints = Hints(Random(1))
    assert hints.hear([public(number) for number in range(100)], Source.MAINLINE, NOW) == MAX_PER_REPLY


def test_one_source_leaves_room_for_the_other_and_one_network_for_others() -> None:
    hints = Hints(Random(1))
    for number in range(200):
        hints.hear([public(number)], Source.MAINLINE, NOW)
    assert len(hints) < MAX_HINTS
    assert hints.hear([Endpoint("192.168.0.1", 4000)], Source.LAN, NOW) == 1
    crowded = Hints(Random(1))
    for number in range(100):
        crowded.hear([Endpoint("5.5.0.1", 4000 + number)], Source.MAINLINE, NOW)
    assert len(crowded) == MAX_PER_NETWORK


def test_a_flood_keeps_no_other_source_waiting() -> None:
    hints = Hints(Random(1))
    for number in range(200):
        hints.hear([public(number)], Source.MAINLINE, NOW)
    neighbour = Endpoint("192.168.0.1", 4000)
    hints.hear([neighbour], Source.LAN, NOW)
    assert neighbour in hints.take(2)


def test_a_hint_is_tried_a_few_times_and_a_repeated_lie_buys_nothing() -> None:
    hints = Hints(Random(1))
    hints.hear([public(1)], Source.MAINLINE, NOW)
    for _ in range(MAX_TRIES):
        assert hints.take(5) == [public(1)]
        assert hints.take(5) == []  # until its trial is over
        hints.on_failed(public(1))
    assert len(hints) == 0
    assert hints.hear([public(1)], Source.MAINLINE, at(1000 + DONE_FOR - 1)) == 0
    assert hints.hear([public(1)], Source.MAINLINE, at(1000 + DONE_FOR)) == 1


def test_what_worked_leaves() -> None:
    hints = Hints(Random(1))
    hints.hear([public(1)], Source.LAN, NOW)
    assert hints.source_of(public(1)) == "lan"
    hints.on_worked(public(1))
    assert (len(hints), hints.source_of(public(1))) == (0, None)
    assert hints.hear([public(1)], Source.LAN, NOW) == 0


def test_what_nobody_tries_grows_stale() -> None:
    hints = Hints(Random(1))
    hints.hear([public(1)], Source.MAINLINE, NOW)
    hints.hear([public(2)], Source.MAINLINE, at(1000 + LIFE))
    assert hints.take(5) == [public(2)]


def test_services_of_other_kinds_are_left_alone() -> None:
    hints = Hints(Random(1))
    assert hints.hear([public(1, 53), public(2, 123), public(3, 0), public(4, 70_000)], Source.MAINLINE, NOW) == 0


@given(
    st.lists(
        st.tuples(st.sampled_from(["hear", "take", "failed", "worked"]), st.integers(0, 300), st.sampled_from(Source)),
        max_size=300,
    )
)
def test_the_table_is_bounded_whatever_comes(steps: list[tuple[str, int, Source]]) -> None:
    hints = Hints(Random(1))
    for count, (what, number, source) in enumerate(steps):
        if what == "hear":
            hints.hear([public((number + each) % 256) for each in range(20)], source, at(1000.0 + count))
        elif what == "take":
            taken = hints.take(number % 9)
            assert len(set(taken)) == len(taken) <= number % 9
        else:
            (hints.on_failed if what == "failed" else hints.on_worked)(public(number % 256))
        assert len(hints) <= MAX_HINTS


# --- rounds -----------------------------------------------------------------------------------------------------------


def due(rounds: Rounds, *, is_serving: bool = True) -> tuple[float, bool, bool]:
    mono = max(rounds.next_deadline(), 1000.0)
    taken = rounds.take(at(mono), is_serving=is_serving)
    assert taken is not None
    assert rounds.take(at(mono), is_serving=is_serving) is None
    return mono, taken.announces, taken.looks_up


def test_who_lacks_links_comes_often_and_then_ever_more_rarely() -> None:
    rounds = Rounds(Random(1))
    times = [due(rounds)[0] for _ in range(20)]
    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] < 2
    assert 0.75 * LAST_PAUSE <= pauses[-1] <= 1.25 * LAST_PAUSE


def test_who_has_enough_is_still_found() -> None:
    rounds = Rounds(Random(1))
    rounds.set_lacking(NOW, is_lacking=False)
    seen = [due(rounds) for _ in range(10)]
    assert all(announces for _, announces, _ in seen)
    assert sum(looks_up for _, _, looks_up in seen) == 5
    assert all(after[0] - before[0] < 1.5 * CALM_PAUSE for before, after in pairwise(seen))  # 45 min
    rounds.set_lacking(at(seen[-1][0]), is_lacking=True)
    assert due(rounds)[0] < seen[-1][0] + 2


def test_who_cannot_be_reached_does_not_announce() -> None:
    assert due(Rounds(Random(1)), is_serving=False)[1:] == (False, True)
