"""Where lines end in East Asian text: in our own wrapping, in Textual's texts and in its text areas."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from textual._wrap import compute_wrap_offsets
from textual.content import Content

from tui.text.breaks import CLOSING, OPENING, pieces
from tui.text.cells import width_of
from tui.text.sanitize import wrap

Lines = Callable[[str, int], list[str]]
MIXED = "阻止 Bob 之后，你不会再收到对方的任何消息。别人不会得知（Bob 也不会），/unblock 可以解除：「好」。"
ENGLISH = "You hear nothing of them any more, and they hear nothing of you; (/unblock) ends it."


def ours(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


def of_content(text: str, width: int) -> list[str]:
    return [line.plain.strip() for line in Content(text).wrap(width)]


def of_text_area(text: str, width: int) -> list[str]:
    bounds = [0, *compute_wrap_offsets(text, width, tab_size=4), len(text)]
    return [text[start:end].strip() for start, end in pairwise(bounds)]


@pytest.mark.parametrize("lines", [ours, of_content, of_text_area])
@pytest.mark.parametrize("width", [12, 17, 24, 40])
def test_lines_of_chinese_are_filled_and_no_sign_stands_where_it_must_not(lines: Lines, width: int) -> None:
    made = lines(MIXED, width)
    assert "".join("".join(made).split()) == "".join(MIXED.split())
    for line in made:
        assert width_of(line) <= width
        assert line[0] not in CLOSING
        assert line[-1] not in OPENING
    assert sum("Bob" in line for line in made) == 2, "a name is not cut"
    assert any("/unblock" in line for line in made)
    assert all(width_of(line) > width - 12 for line in made[:-1]), (
        "a line is left before its end for a word or a sign only"
    )


@pytest.mark.parametrize("lines", [ours, of_content, of_text_area])
def test_lines_of_english_end_at_blanks(lines: Lines) -> None:
    assert lines(ENGLISH, 31) == [
        "You hear nothing of them any",
        "more, and they hear nothing of",
        "you; (/unblock) ends it.",
    ]


def test_what_hangs_together_stays_together() -> None:
    assert [piece for _, _, piece in pieces("好👍🏽👨‍👩‍👧é")] == ["好", "👍🏽", "👨‍👩‍👧", "é"]
    assert [piece for _, _, piece in pieces("école")] == ["école"]
    assert list(pieces("你好", 7)) == [(7, 8, "你"), (8, 9, "好")]


def test_signs_alone_that_no_line_begins_with_are_cut_all_the_same() -> None:
    assert ours("，，，，，", 4) == ["，，", "，，", "，"]
