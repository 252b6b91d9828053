"""In each language the screens have room for their words, on the smallest usual terminal.

What fits in English fits there too: no label is wider than its column, no hint falls off the edge that English has, and
nothing ends in an ellipsis that does not in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from textual.widgets import Static

from tests.tui.test_language_screens import PLACES, drawn
from tests.tui.until import until, until_still
from tui import language
from tui.language import LANGUAGES, tr
from tui.text.cells import width_of
from tui.widgets.edges import Edge
from tui.widgets.flat_button import FlatButton
from tui.widgets.hints import Hints

pytestmark = [pytest.mark.asyncio, pytest.mark.slow]

SIZE = (80, 24)
TRANSLATED = sorted(code for code in LANGUAGES if code != language.ENGLISH)


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    language.use(language.ENGLISH)


class Looks(NamedTuple):
    """What is seen of one screen."""

    cut: int
    """Ellipses on it."""
    keys: int
    """Keys told in its lower edges."""
    too_wide: list[str]
    """Labels, buttons and edges that have no room."""


async def looks_of(place: str) -> Looks:
    app, _, act = PLACES[place]()
    async with app.run_test(size=SIZE) as pilot:
        await act(pilot)
        await until(pilot, lambda: app.focused or app.screen.query(Hints) or place == "opening")
        await until_still(pilot)
        return Looks(sum(row.count("…") for row in drawn(app)), keys_told(app), [*too_wide(app)])


def keys_told(app: Any) -> int:
    edges = [(str(edge.render()), edge.hints) for edge in app.screen.query(Hints) if edge.size.width]
    return sum(f"{app.keys.label(key)} {tr(does)}" in said for said, hints in edges for key, does in hints)


def too_wide(app: Any) -> Iterator[str]:
    for widget in app.screen.query("*"):
        is_one_row = isinstance(widget, FlatButton | Edge) or (isinstance(widget, Static) and widget.has_class("label"))
        if is_one_row and widget.size.height == 1 and width_of(said := str(widget.render())) > widget.size.width:
            yield said


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("place", PLACES)
async def test_a_screen_cuts_nothing_that_it_shows_whole_in_english(place: str, code: str) -> None:
    english = await looks_of(place)
    language.use(code)
    theirs = await looks_of(place)
    assert theirs.too_wide == []
    assert theirs.cut <= english.cut
    assert theirs.keys >= english.keys
