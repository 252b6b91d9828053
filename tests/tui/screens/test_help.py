"""Help is written by the registry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from textual.app import App

from tests.tui.demo import running
from tests.tui.stage import Stage
from tests.tui.until import until, write
from tui.keys.keymap import key_names
from tui.keys.registry import Context
from tui.look.glyphs import ASCII, UNICODE
from tui.screens.catalogue import whole_registry
from tui.screens.help import HelpScreen, help_text, matching, merged
from tui.words.guide import GUIDE
from tui.words.legend import legend

REGISTRY = whole_registry()

EVERYWHERE = Context(locked=False, in_chat=True)
WIDE = 76


def helping(context: Context = EVERYWHERE) -> Stage:
    return Stage(lambda _: HelpScreen(REGISTRY, context))


def shown(app: App[Any]) -> str:
    return str(app.screen.query_one("#help").render())


def test_signs_are_explained_and_found_by_themselves() -> None:
    signs = legend(UNICODE)
    assert "arrived on their device" in help_text([], "✓", 80, signs).plain
    assert "Signs" not in help_text([], "zzz", 80, signs).plain
    assert all(sign and meaning for sign, meaning in legend(ASCII))


def test_every_key_and_slash_command_is_in_it() -> None:
    text = help_text(REGISTRY, "", WIDE).plain
    for spec in REGISTRY:
        assert not spec.slash or f"/{spec.slash}" in text
    for spec in REGISTRY:
        if not spec.id.startswith("go.") and spec.keys:
            assert key_names(spec)[0] in text
    assert "Alt+1 to Alt+9" in text
    assert all(title in text for title, _ in GUIDE)


def test_neighbours_by_place_become_one_line() -> None:
    assert sum("place" in spec.help for _, spec in merged(REGISTRY)) == 1


@given(st.integers(20, 140), st.text(max_size=12))
def test_no_line_is_wider_than_the_screen(width: int, words: str) -> None:
    lines = help_text(REGISTRY, words, width).plain.splitlines()
    headings = {spec.group for spec in REGISTRY} | {title for title, _ in GUIDE}
    assert all(len(line.rstrip()) <= max(width, 40) or line in headings for line in lines)


def test_the_filter_wants_every_word_anywhere() -> None:
    found = {spec.id for spec in matching(REGISTRY, "alt+l LOCK")}
    assert found == {"app.lock"}
    assert matching(REGISTRY, "nothing has this") == []
    assert help_text(REGISTRY, "zzzz", WIDE).plain == "Nothing here has these words in it."


def test_what_cannot_be_done_is_left_out() -> None:
    locked = help_text(REGISTRY.available(Context(locked=True, in_chat=False)), "", WIDE).plain
    assert "/invite" not in locked
    assert "/quit" in locked


@pytest.mark.asyncio
async def test_typing_filters_and_esc_clears_and_then_leaves() -> None:
    app = helping()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Ctrl+K" in shown(app))
        await write(pilot, "travels")
        await until(pilot, lambda: shown(app).startswith("How a message travels"))
        await pilot.press("escape")
        await until(pilot, lambda: "Ctrl+K" in shown(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


@pytest.mark.asyncio
async def test_arrows_scroll_while_the_filter_listens() -> None:
    app = helping()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Ctrl+K" in shown(app))
        scroller = app.screen.query_one("#help-scroll")
        await pilot.press("down", "pagedown")
        await until(pilot, lambda: scroller.scroll_y > 1)
        await pilot.press("pageup", "up")
        await until(pilot, lambda: scroller.scroll_y == 0)


@pytest.mark.asyncio
async def test_slash_help_shows_its_topic_and_esc_shows_the_rest() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("/help /block")
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, HelpScreen))
        await until(demo.pilot, lambda: "/block" in shown(demo.app))
        assert "/rename" not in shown(demo.app)
        await demo.press("escape")
        await until(demo.pilot, lambda: "Ctrl+K" in shown(demo.app))


@pytest.mark.parametrize(
    ("words", "question"),
    [
        ("typing off", "Why are 'read', 'typing' and 'online' off?"),
        ("tmux passthrough", "Why did no notice come, or none over SSH?"),
        ("forgot", "I forgot my passcode. I lost my device."),
        ("group", "Can I use it on two devices, or in a group?"),
    ],
)
def test_a_newcomers_question_is_found_by_its_words(words: str, question: str) -> None:
    assert question in help_text(REGISTRY, words, WIDE).plain
