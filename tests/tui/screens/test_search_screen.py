"""The search screen shows what was searched by the definition that the search goes by."""

from __future__ import annotations

import pytest
from textual.content import Content
from textual.widgets import Input, Static

from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tests.tui.demo import running
from tests.tui.until import until
from tui.chat.search_hits import PAGE
from tui.screens.search import SearchScreen, _where
from tui.widgets.menu import PickList

pytestmark = pytest.mark.asyncio


async def test_one_character_is_searched_and_each_word_is_shown_in_the_hit() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("鍵はKüchentischの上 🎂")
        await demo.press("enter")
        await demo.press("ctrl+f")
        await demo.write("上")
        screen = demo.app.screen
        assert isinstance(screen, SearchScreen)
        await until(demo.pilot, lambda: "1 hit" in str(screen.query_one("#count").render()))
        await demo.press("backspace")
        await demo.write("tisch 🎂")
        await until(demo.pilot, lambda: "1 hit" in str(screen.query_one("#count").render()))
        prompt = screen.query_one(PickList).get_option_at_index(0).prompt
        assert isinstance(prompt, Content)
        assert [prompt.plain[span.start : span.end] for span in prompt.spans if "underline" in str(span.style)] == [
            "tisch",
            "🎂",
        ]


async def test_filters_are_said_completed_and_searched_here_and_everywhere() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        screen = demo.app.screen
        assert isinstance(screen, SearchScreen)
        said = screen.query_one("#asked", Static)
        assert "from:me" in str(said.render())
        await demo.write("river fro")
        await demo.press("tab")
        assert screen.query_one(Input).value == "river from:"
        await demo.press("tab")
        assert "from you" in str(said.render())
        command = [call for call in demo.client.calls if isinstance(call, api.MessageSearch)][-1]
        assert (command.query, command.sender, command.conversation) == ("river", "me", "bob")
        await demo.press("ctrl+f")
        assert [call for call in demo.client.calls if isinstance(call, api.MessageSearch)][-1].conversation is None
        searched = len(demo.client.calls)
        await demo.write(" before:soon")
        assert "Write a day as" in str(said.render())
        assert all("soon" not in str(call) for call in demo.client.calls[searched:])


@pytest.mark.parametrize(("columns", "rows"), [(50, 20), (80, 24)])
async def test_thousands_of_hits_are_read_page_by_page_as_the_cursor_goes(columns: int, rows: int) -> None:
    client = FakeClient()
    room = client.room("bob")
    for number in range(3000):
        room.say("me", f"needle {number}", NOW - number)
    async with running(columns, rows, client=client) as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        await demo.write("needle")
        options = demo.app.screen.query_one(PickList)
        assert options.option_count == PAGE
        assert f"{PAGE}+ hits" in str(demo.app.screen.query_one("#count").render())
        for _ in range(4):
            await demo.press("pagedown")
        assert options.option_count == 2 * PAGE
        assert options.highlighted == 40
        await demo.press("enter")
        assert demo.log.selected is not None
        assert demo.log.selected.text == "needle 40"


async def test_in_a_narrow_list_the_words_that_were_searched_are_seen() -> None:
    async with running(50, 20) as demo:
        await demo.open("bob")
        await demo.press("ctrl+f")
        await demo.write("stone")  # behind 22 characters of "I put the keys under the third stone."
        screen = demo.app.screen
        assert isinstance(screen, SearchScreen)
        await until(demo.pilot, lambda: screen.query_one(PickList).option_count > 1)
        prompt = screen.query_one(PickList).get_option_at_index(0).prompt
        assert isinstance(prompt, Content)
        assert prompt.cell_length <= screen.query_one(PickList).size.width
        assert any("underline" in str(span.style) for span in prompt.spans)
        assert "stone" in prompt.plain


async def test_words_are_found_wherever_in_a_long_text_they_are() -> None:
    for at in (0, 900, 1000, 1023, 1024, 1100, 2047, 5000):
        text = "x" * at + "needle" + "y" * 6000
        is_cut, part, spans = _where(text, ["needle"])
        (first, last) = spans[0]
        assert part[first:last] == "needle"
        assert is_cut == (not text.startswith(part))
        assert len(part) < 3000
    assert _where("x" * 5000, ["needle"])[2] == []
