"""Only what differs is written, and the terminal shows the same as if all were."""

from __future__ import annotations

import random

import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.damage import Damage, differing

RED, BLUE = Style(color="red"), Style(color="blue")
CONSOLE = Console(color_system="256", force_terminal=True)
WIDTH = 12


def strip(*parts: tuple[str, Style]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts])


def line_update(y: int, shown: Strip, width: int = WIDTH) -> ChopsUpdate:
    chops: list[dict[int, Strip | None]] = [{0: None}, {0: None}]
    chops[y] = {0: shown}
    return ChopsUpdate(chops, [(y, 0, width)], [[width], [width]])


def whole(*shown: Strip) -> LayoutUpdate:
    return LayoutUpdate([[each] for each in shown], Region(0, 0, WIDTH, len(shown)))


def test_a_character_more_is_one_cell() -> None:
    old, new = strip(("hello       ", RED)), strip(("hello,      ", RED))
    assert differing(old, new) == (5, 6)
    assert differing(new, new) == (0, 0)


def test_another_style_is_written_whole_with_its_text() -> None:
    old = strip(("one ", RED), ("two ", RED), ("four", BLUE))
    new = strip(("one ", RED), ("two ", BLUE), ("four", BLUE))
    assert differing(old, new) == (4, 8)


def test_characters_whose_cells_terminals_dispute_are_never_parted() -> None:
    old, new = strip(("漢字 a", RED), ("b", RED)), strip(("漢字 c", RED), ("b", RED))
    assert differing(old, new) == (0, 6)


def test_another_width_is_written_whole() -> None:
    assert differing(strip(("abc", RED)), strip(("abcd", RED))) == (0, 4)


def test_the_same_again_is_nothing_until_a_whole_screen_another_one_or_a_wish() -> None:
    damage, front, other = Damage(), object(), object()
    shown, blank = strip(("a secret    ", RED)), strip((" " * WIDTH, RED))
    damage.write(front, whole(shown, blank), CONSOLE)
    assert not damage.write(front, line_update(0, shown), CONSOLE)
    damage.forget()
    assert "a secret" in damage.write(front, line_update(0, shown), CONSOLE)
    assert "a secret" in damage.write(other, line_update(0, shown), CONSOLE)
    damage.write(front, whole(blank, blank), CONSOLE)
    assert "a secret" not in repr(vars(damage)), "a text that is covered is kept nowhere"


def test_other_stretches_of_a_line_are_written_whole() -> None:
    damage, front = Damage(), object()
    damage.write(front, whole(strip((" " * WIDTH, RED)), strip((" " * WIDTH, RED))), CONSOLE)
    halves: list[dict[int, Strip | None]] = [{0: strip((" " * 6, RED)), 6: None}, {0: None}]
    written = damage.write(front, ChopsUpdate(halves, [(0, 0, 6)], [[6, WIDTH], [WIDTH]]), CONSOLE)
    assert " " * 6 in written


def test_what_lies_behind_the_last_column_is_neither_written_nor_kept() -> None:
    """There it is what is under a widget that was not drawn: a list is drawn, and beside it a blank screen, not the log."""
    damage, front = Damage(), object()
    halves = strip(("list  ", RED)), strip(("a text", BLUE))
    damage.write(front, LayoutUpdate([halves], Region(0, 0, WIDTH, 1)), CONSOLE)
    for last in (6, 9):
        chops: list[dict[int, Strip | None]] = [{0: strip(("List  ", RED)), 6: strip(("a " + " " * 4, BLUE))}]
        written = damage.write(front, ChopsUpdate(chops, [(0, 0, last)], [[6, WIDTH]]), CONSOLE)
        assert "  " not in written
    again: list[dict[int, Strip | None]] = [{0: None, 6: halves[1]}]
    written = damage.write(front, ChopsUpdate(again, [(0, 6, WIDTH)], [[6, WIDTH]]), CONSOLE)
    assert "t" in written
    assert "ext" not in written, "those stand there still"


def test_random_changes_leave_the_terminal_as_whole_lines_would() -> None:
    rng = random.Random(7)
    damage, front = Damage(), object()
    narrow, full = pyte.Screen(WIDTH, 2), pyte.Screen(WIDTH, 2)
    ours, theirs = pyte.Stream(narrow), pyte.Stream(full)
    first = whole(strip((" " * WIDTH, RED)), strip((" " * WIDTH, RED)))
    ours.feed(damage.write(front, first, CONSOLE))
    theirs.feed(first.render_segments(CONSOLE))
    for _ in range(600):
        cut, y = rng.randrange(1, WIDTH), rng.randrange(2)
        text = "".join(rng.choice("ab ") for _ in range(WIDTH))
        line = strip((text[:cut], rng.choice([RED, BLUE])), (text[cut:], RED))
        parted = rng.choice([WIDTH, WIDTH, 5])
        first_column = rng.choice([0, 0, 5]) if parted == 5 else 0
        chops: list[dict[int, Strip | None]] = [{0: None}, {0: None}]
        chops[y] = {0: line} if parted == WIDTH else {0: line.crop(0, 5), 5: line.crop(5)}
        ends = [[WIDTH], [WIDTH]] if parted == WIDTH else [[5, WIDTH], [5, WIDTH]]
        update = ChopsUpdate(chops, [(y, first_column, rng.randrange(first_column + 1, WIDTH + 1))], ends)
        ours.feed(damage.write(front, update, CONSOLE))
        theirs.feed(update.render_segments(CONSOLE))
        assert narrow.display == full.display
        assert [dict(row) for row in narrow.buffer.values()] == [dict(row) for row in full.buffer.values()]
