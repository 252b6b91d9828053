"""Filters are found among the words of a search, told in words, and completed; what is none of them is a word."""

from __future__ import annotations

import datetime as dt

import pytest

from tui.chat.search_query import Query, completed, understand
from tui.words.format import Calendar

ZONE = dt.timezone(dt.timedelta(hours=2))
CALENDAR = Calendar(ZONE)
NOW = int(dt.datetime(2026, 12, 1, 12, 0, tzinfo=ZONE).timestamp() * 1000)
PEOPLE = {"bob1": "Bob Smith", "bob2": "Bob", "eve1": "Eve"}
TODAY = "2026-12-01"


def asked(text: str) -> Query:
    return understand(text, PEOPLE, NOW, CALENDAR)


def midnight(year: int, month: int, day: int) -> int:
    return int(dt.datetime(year, month, day, tzinfo=ZONE).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "words", "sender"),
    [
        ("from:bob tea", "tea", "bob2"),
        ('tea from:"Bob Smith" time', "tea time", "bob1"),
        ('tea from:"Bob Sm', "tea", "bob1"),
        ("FROM:ME", "", "me"),
        ("from：smith", "", "bob1"),
        ("from:eve1", "", "eve1"),
        ("from: tea", "tea", None),
        ("to:bob re:tea", "to:bob re:tea", None),
        ("has:cake has:", "has:cake", None),
        ("xfrom:bob", "xfrom:bob", None),
    ],
)
def test_who_is_meant_and_what_stays_a_word(text: str, words: str, sender: str | None) -> None:
    query = asked(text)
    assert (query.words, query.sender, query.fault) == (words, sender, "")


def test_days_are_those_of_the_persons_zone() -> None:
    assert asked("before:2026-11-03").until == midnight(2026, 11, 3)
    assert asked("after:2026-11").since == midnight(2026, 11, 1)
    assert asked("after:2026").since == midnight(2026, 1, 1)
    assert asked("after:yesterday before:today").since == midnight(2026, 11, 30)
    assert asked("after:yesterday before:today").until == midnight(2026, 12, 1)


@pytest.mark.parametrize(
    "text", ["before:2026-02-30", "after:soon", "from:mallory", "before:0000-00-00", "before:1969"]
)
def test_a_filter_that_means_nothing_is_told_and_not_searched(text: str) -> None:
    query = asked(text)
    assert query.fault
    assert query.words == ""


def test_what_was_taken_is_told_in_words() -> None:
    said = asked("from:me after:2026-11-03 before:2026-12-01 has:link").said
    assert said == ("from you", "from 3 Nov 2026 on", "before 1 Dec 2026", "with a link")
    assert asked("has:link").command(None, 7).has == "link"
    assert asked("").is_empty
    assert not asked("has:link").is_empty


def test_tab_completes_a_filter_then_its_value_and_goes_on_to_the_next() -> None:
    assert completed("tea fr", PEOPLE, TODAY) == "tea from:"
    assert completed("from:", PEOPLE, TODAY) == "from:me"
    assert completed("from:me", PEOPLE, TODAY) == 'from:"Bob Smith"'
    assert completed('from:"Bob Smith"', PEOPLE, TODAY) == "from:Bob"
    assert completed("from:e", PEOPLE, TODAY) == "from:Eve"
    assert completed('from:"bob s', PEOPLE, TODAY) == 'from:"Bob Smith"'
    assert completed("has", PEOPLE, TODAY) == "has:link"
    assert completed("before:", PEOPLE, TODAY) == "before:2026-12-01"
    assert completed("", PEOPLE, TODAY) == "from:"
    assert completed("nothing", PEOPLE, TODAY) == "nothing"
