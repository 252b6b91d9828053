"""Times and counts as words."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from tui.words.format import Calendar, count, day_name, grouped, moment, state_sentence, when

NOON = int(dt.datetime(2025, 11, 18, 12, 0, tzinfo=dt.UTC).timestamp() * 1000)
HOUR, DAY = 3_600_000, 86_400_000
UTC = Calendar(dt.UTC)
ZONES = [dt.UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/St_Johns")]


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(ZONES))
def test_the_calendar_agrees_with_the_time_zone(at: int, zone: dt.tzinfo) -> None:
    local = dt.datetime.fromtimestamp(at / 1000, zone)
    calendar = Calendar(zone)
    assert calendar.day(at) == local.toordinal()
    assert calendar.clock(at) == f"{local.hour:02}:{local.minute:02}"


@pytest.mark.parametrize(
    ("ago", "words"),
    [(0, "Today"), (DAY, "Yesterday"), (4 * DAY, "Friday 14 Nov"), (365 * DAY, "Monday 18 Nov 2024")],
)
def test_days_are_named_as_people_name_them(ago: int, words: str) -> None:
    assert day_name(UTC.day(NOON - ago), UTC.day(NOON)) == words


@pytest.mark.parametrize(
    ("ago", "words"), [(HOUR, "11:00"), (2 * DAY, "Sun"), (10 * DAY, "8 Nov"), (400 * DAY, "2024-10")]
)
def test_a_list_shows_as_much_of_a_time_as_matters(ago: int, words: str) -> None:
    assert when(NOON - ago, NOON, UTC) == words


def test_a_clock_ahead_of_ours_still_gives_an_hour() -> None:
    assert when(NOON + DAY, NOON, UTC) == "12:00"


def test_where_a_message_is_reads_as_a_sentence() -> None:
    sentence = state_sentence("stored", 3, NOON + 2 * HOUR, NOON, UTC)
    assert sentence == "held for them by 3 nodes until Today 14:00"


def test_small_words() -> None:
    assert moment(NOON, NOON, UTC) == "Today 12:00"
    assert (count(7), count(12_000)) == ("7", "999+")
    assert grouped("abcdefgh") == "abcd efgh"
