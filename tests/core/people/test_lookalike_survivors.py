"""Each way in which a stranger may call himself like a contact is seen."""

from __future__ import annotations

import pytest

from core.people.contact.lookalike import look_alike


@pytest.mark.parametrize(
    ("name", "other"),
    [("Bob", "bOB"), ("Bob", "Воb"), ("Alice", "A1ice"), ("Emma", "Ernma"), ("Will", "vvill"), ("Zoe", "Zoé")],
    ids=["case", "Cyrillic", "digit", "two letters for one", "two for another", "accent"],
)
def test_each_way_to_look_like_another_is_seen(name: str, other: str) -> None:
    assert look_alike(name, other)
    assert look_alike(other, name)
    assert not look_alike(name, other + "x")


def test_what_shows_nothing_looks_like_nothing() -> None:
    assert not look_alike("", "")
    assert not look_alike("\u200b", "\u2060")
