"""A text too long for one message is cut where a reader would cut it, and nothing of it is lost."""

from __future__ import annotations

from hypothesis import given, strategies as st

from tui.text.parts import parts_of, size_of


def test_lines_stay_whole() -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    parts = parts_of(text, 120)
    assert "\n".join(parts) == text
    assert all(size_of(part) <= 120 for part in parts)


def test_paragraphs_are_kept_together_where_that_costs_little() -> None:
    assert parts_of("one two three\n\nfour\nfive six", 20) == ["one two three", "four\nfive six"]


def test_a_long_line_is_cut_between_words_and_a_long_word_between_pictures() -> None:
    assert parts_of("many words in a row", 10) == ["many words", "in a row"]
    family = "👩\u200d👩\u200d👧"
    assert parts_of(family * 3, size_of(family) * 2 - 1) == [family] * 3


def test_what_fits_is_one_part_and_nothing_is_none() -> None:
    assert parts_of("hello\n", 100) == ["hello"]
    assert parts_of("\n \n", 100) == []


@given(st.text(max_size=300), st.integers(4, 40))
def test_no_word_is_lost_and_no_part_is_too_long(text: str, limit: int) -> None:
    parts = parts_of(text, limit)
    assert all(size_of(part) <= limit and part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
