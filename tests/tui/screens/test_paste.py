"""A paste of thousands of lines is asked about before it is anywhere, and holds no key up."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from textual.events import Key, Paste

from core import api
from core.api import MAX_DRAFT_SIZE
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.main import MainScreen
from tui.screens.paste import PasteScreen
from tui.text.parts import size_of

pytestmark = pytest.mark.asyncio

LINES = 5000
LONG = "\n".join(f"line {number} of what somebody pasted here, and some words" for number in range(LINES))
# Seconds that a key may be held; a machine that runs other tests is slower than one where somebody writes.
HELD, SLOW_MACHINE = 0.05, 6


def sent(demo: Demo) -> list[str]:
    return [command.text for command in demo.client.calls if isinstance(command, api.MessageSend)]


async def paste(demo: Demo, text: str) -> None:
    demo.app.post_message(Paste(text))
    await until(demo.pilot, lambda: isinstance(demo.app.screen, PasteScreen))
    await demo.calm()


async def back(demo: Demo) -> None:
    await until(demo.pilot, lambda: isinstance(demo.app.screen, MainScreen))
    await demo.calm()


async def test_it_can_be_kept_as_text_and_one_undo_takes_it_back() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("ab")
        await demo.press("left")
        composer = demo.composer
        await paste(demo, LONG)
        assert composer.text == "ab"
        demo.app.post_message(Key("k", "k"))
        demo.app.post_message(Key("x", "x"))  # typed before it is there, and so behind it
        await back(demo)
        await until(demo.pilot, lambda: demo.composer.text == f"a{LONG}xb")
        assert not sent(demo)
        await demo.press("ctrl+underscore", "ctrl+underscore")
        assert demo.composer.text == "ab"


async def test_undoing_a_paste_that_filled_the_composer_ends_nothing() -> None:
    async with running() as demo:
        await demo.open("bob")
        demo.app.post_message(Paste("\n".join("abcdefghijklmnopqrst")))
        await demo.calm()
        await demo.press("ctrl+underscore")
        assert demo.composer.text == ""


async def test_it_can_be_sent_in_parts() -> None:
    async with running() as demo:
        await demo.open("bob")
        await paste(demo, LONG)
        await demo.press("s")
        await back(demo)
        assert "\n".join(sent(demo)) == LONG
        assert all(size_of(text) <= api.MAX_TEXT_SIZE for text in sent(demo))
        assert demo.composer.text == ""


@pytest.mark.parametrize("key", ["escape", "d"])
async def test_it_can_be_dropped(key: str) -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("mine")
        await paste(demo, LONG)
        await demo.press(key)
        await back(demo)
        assert (demo.composer.text, sent(demo)) == ("mine", [])


async def test_enter_out_of_habit_sends_nothing() -> None:
    async with running() as demo:
        await demo.open("bob")
        await paste(demo, LONG)
        await demo.press("enter")
        await back(demo)
        assert not sent(demo)
        await until(demo.pilot, lambda: demo.composer.text == LONG)


async def test_more_than_goes_at_once_is_said_and_is_nowhere() -> None:
    async with running(columns=160) as demo:
        await demo.open("bob")
        demo.app.post_message(Paste("x" * (MAX_DRAFT_SIZE + 1)))
        await until(demo.pilot, lambda: "at most 50 go at once" in demo.status())
        assert demo.composer.text == ""


async def test_another_version_of_a_message_is_not_sent_in_parts() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("first")
        await demo.press("enter", "up", "e")
        await paste(demo, LONG)
        assert not demo.app.screen.query("#send")
        await demo.press("s")
        assert isinstance(demo.app.screen, PasteScreen)


async def test_a_lock_meanwhile_takes_it_away() -> None:
    async with running() as demo:
        await demo.open("bob")
        await paste(demo, LONG)
        demo.app.lock_now()
        await until(demo.pilot, lambda: demo.client.locked)
        await demo.calm()
        assert not any(isinstance(screen, PasteScreen | MainScreen) for screen in demo.app.screen_stack)


async def test_the_program_goes_on_while_it_is_put_in_and_keys_are_quick_behind_it() -> None:
    async with running() as demo:
        await demo.open("bob")
        await paste(demo, LONG)
        worst = 0.0

        async def watch() -> None:
            nonlocal worst
            before = time.perf_counter()
            while True:
                await asyncio.sleep(0.001)
                now = time.perf_counter()
                worst, before = max(worst, now - before), now

        watching = asyncio.create_task(watch())
        await demo.press("k")
        await until(demo.pilot, lambda: demo.composer.text == LONG)
        await demo.press("x")
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        assert worst < HELD * SLOW_MACHINE, worst
