"""What lies beneath a sheet steps back, and edges say what fits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from tui.screens.sheet import Ghost
from tui.widgets.hints import fitting, keys_row, spelled

GHOST, LOUD = Style(color="#4a5461"), Style(color="#ffffff", bgcolor="#203040", bold=True, link="https://example.org")

NOTHING = Region()


def beneath(lit: Region = NOTHING) -> list[list[Segment]]:
    strips = [Strip([Segment("over ", LOUD), Segment("there", GHOST)]), Strip([Segment("chosen", LOUD)])]
    screen = SimpleNamespace(_compositor=SimpleNamespace(render_strips=lambda: strips))
    ghost = Ghost(cast("Any", screen), GHOST, lit)
    console = Console(width=20)
    return list(Segment.split_lines(ghost.__rich_console__(console, console.options)))  # type: ignore[arg-type]


def test_everything_beneath_is_in_one_ink_without_its_grounds_and_links() -> None:
    assert [[(text, style) for text, style, _ in line] for line in beneath()] == [
        [("over there", GHOST)], [("chosen", GHOST)],
    ]  # fmt: skip


def test_what_a_menu_is_about_stays_lit_and_leads_nowhere_and_nothing_beside_it() -> None:
    (first,), second = beneath(Region(2, 1, 3, 1))
    assert first.style == GHOST
    assert [text for text, _, _ in second] == ["ch", "ose", "n"]
    before, lit, after = (style for _, style, _ in second)
    assert (before, after) == (GHOST, GHOST)
    assert lit is not None
    assert (lit.color, lit.bold, lit.link) == (LOUD.color, True, None)


def test_of_keys_the_first_that_fit_are_told() -> None:
    hints = (("Enter", "go on"), ("Tab", "next field"), ("F1", "help"))
    assert fitting(hints, 11) == [("Enter", "go on")]
    assert fitting(hints, 100) == list(hints)
    assert keys_row(fitting(hints, 40)).plain == "Enter go on  Tab next field  F1 help"
    assert spelled("\u2191\u2193 PgUp") == "Up/Down PgUp"
