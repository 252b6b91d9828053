"""The search screen shows what was searched by the definition that the search goes by."""

from __future__ import annotations

import pytest
from textual.content import Content

from tests.tui.demo import running
from tests.tui.until import until
from tui.screens.search import SearchScreen
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
