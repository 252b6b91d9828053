"""Typing in any script: the cursor stands between what is drawn as one, and what is sent is what was typed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from textual import events
from textual.app import App, ComposeResult

from tests.support.many_scripts import SAMPLES
from tests.tui.demo import running
from tui.screens.rename import RenameScreen
from tui.text.cells import between, clusters, width_of
from tui.widgets.editing import LineEditing, rubbed_out, wrap_offsets
from tui.widgets.text_field import TextField

FAMILY, FLAG, THUMB, SYLLABLE = "👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "क्षि"
samples = st.sampled_from([text.replace("\t", " ") for text in SAMPLES.values()])


@given(samples, st.integers(2, 60))
def test_a_line_in_the_composer_breaks_between_clusters_and_fits(text: str, width: int) -> None:
    bounds = [0, *wrap_offsets(text, width, 4), len(text)]
    assert bounds == sorted(set(bounds))
    assert all(between(text, at) == at for at in bounds)
    wide = max(cells for _, _, cells in clusters(text))
    lines = [text[start:end].rstrip() for start, end in pairwise(bounds)]
    assert all(width_of(line) <= max(width, wide) for line in lines)


def test_tabs_are_counted_where_they_stand() -> None:
    assert wrap_offsets("é\té\té", 9, 4) == []
    assert wrap_offsets("é\té\té", 8, 4) == [4]


@pytest.mark.parametrize("whole", [FAMILY, FLAG, THUMB, "1️⃣", "❤️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_backspace_takes_a_picture_whole(whole: str) -> None:
    assert rubbed_out(f"a{whole}", 1 + len(whole)) == 1


def test_backspace_takes_a_mark_of_a_letter() -> None:
    assert rubbed_out("e\u0301", 2) == 1
    assert rubbed_out(SYLLABLE, len(SYLLABLE)) == len(SYLLABLE) - 1
    assert rubbed_out("ab", 2) == 1


@pytest.mark.asyncio
async def test_in_the_composer() -> None:
    async with running(80, 24) as demo:
        await demo.open("bob")
        text = f"a{FAMILY}{FLAG}{SYLLABLE}"
        demo.app.post_message(events.Paste(text))
        await demo.calm()
        stops = []
        for _ in range(4):
            await demo.press("left")
            stops.append(demo.composer.cursor_location[1])
        assert stops == [1 + len(FAMILY + FLAG), 1 + len(FAMILY), 1, 0]
        await demo.press("right", "delete", "right", "backspace")
        assert demo.composer.text == f"a{SYLLABLE}"
        demo.composer.put(text)
        await demo.press("enter")
        assert demo.client.room("bob").rows[-1].text == text, "what is sent is what was typed"
        await demo.press("up", "y")
        assert demo.app.clipboard == text, "and what is copied too"


@pytest.mark.asyncio
async def test_up_and_down_never_lead_into_a_cluster() -> None:
    async with running(80, 24) as demo:
        await demo.open("bob")
        demo.composer.put(f"{FLAG * 9}\nabcdefghi\n{SYLLABLE * 9}")
        for key in ("up", "left", "up", "left", "up", "down", "down", "down"):
            await demo.press(key)
            row, column = demo.composer.cursor_location
            assert between(demo.composer.document.get_line(row), column) == column


class Fields(App[None]):
    """A field to type in."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield LineEditing(f"{FAMILY}{FLAG}x", select_on_focus=False)


@pytest.mark.asyncio
async def test_in_a_field() -> None:
    async with Fields().run_test() as pilot:
        field = pilot.app.query_one(LineEditing)
        await pilot.press("left", "left")
        assert field.cursor_position == len(FAMILY)
        assert field._position_to_cell(field.cursor_position) == 2
        await pilot.press("shift+left")
        assert field.selected_text == FAMILY
        await pilot.press("right", "delete")
        assert field.value == f"{FAMILY}x"
        await pilot.press("backspace")
        assert field.value == "x"
        field.value = "1️⃣日e\u0301b"
        assert [field._cell_offset_to_index(cell) for cell in range(6)] == [0, 3, 3, 4, 6, 7]


@pytest.mark.asyncio
async def test_a_name_is_stored_as_it_was_typed() -> None:
    async with running(80, 24) as demo:
        await demo.open("bob")
        await demo.press(*"/rename", "enter")
        assert isinstance(demo.app.screen, RenameScreen)
        demo.app.screen.query_one(TextField).value = f"\u202e Bob {THUMB}❤️ "
        await demo.press("enter")
        assert demo.client.room("bob").name == f"Bob {THUMB}❤️"
        assert "Bob 👍❤" in str(demo.main.panes.header.render())
