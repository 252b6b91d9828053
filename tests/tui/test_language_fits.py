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
from tests.tui.until import until_still
from tui import language
from tui.language import LANGUAGES
from tui.text.cells import width_of
from tui.widgets.flat_button import FlatButton

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
    """Keys told in its lower edge."""
    too_wide: list[str]
    """Labels and buttons that have no room."""


async def looks_of(place: str) -> Looks:
    app, _, act = PLACES[place]()
    async with app.run_test(size=SIZE) as pilot:
        await act(pilot)
        await until_still(pilot)
        rows = drawn(app)
        bold = [each for strip in app.screen._compositor.render_strips()[-8:] for each in strip if _is_key(each)]
        return Looks(sum(row.count("…") for row in rows), len(bold), [*too_wide(app)])


def _is_key(segment: Any) -> bool:
    return bool(segment.style and segment.style.bold and segment.text.strip() in {"Esc", "Enter", "Tab", "Space"})


def too_wide(app: Any) -> Iterator[str]:
    for label in app.screen.query(".label").results(Static):
        text = str(label.render())
        if label.size.width and label.size.height == 1 and width_of(text) > label.size.width:
            yield text
    for button in app.screen.query(FlatButton):
        if button.size.width and button.size.width < width_of(str(button.render())):
            yield button.label


@pytest.mark.parametrize("code", TRANSLATED)
@pytest.mark.parametrize("place", PLACES)
async def test_a_screen_cuts_nothing_that_it_shows_whole_in_english(place: str, code: str) -> None:
    english = await looks_of(place)
    language.use(code)
    theirs = await looks_of(place)
    assert theirs.too_wide == []
    assert theirs.cut <= english.cut
    assert theirs.keys >= english.keys
