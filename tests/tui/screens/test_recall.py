"""What one sent comes back into a composer in which nothing else is written."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import FakeClient
from tests.tui.demo import Demo, running

pytestmark = pytest.mark.asyncio

OLDER, NEWER = "alt+p", "alt+n"


async def say(demo: Demo, *texts: str) -> None:
    for text in texts:
        await demo.write(text)
        await demo.press("enter")


async def test_older_and_newer_texts_of_ones_own_and_then_nothing() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "first", "second")
        seen: list[str] = []
        for key in (OLDER, OLDER, NEWER, NEWER, NEWER):
            await demo.press(key)
            seen.append(demo.composer.text)
        assert seen == ["second", "first", "second", "", ""]


async def test_what_is_written_stays() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "first")
        await demo.write("something")
        await demo.press(OLDER)
        assert demo.composer.text == "something"


async def test_an_edited_text_is_a_new_message_and_is_walked_over_no_more() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "first", "second")
        await demo.press(OLDER)
        await demo.write("!")
        await demo.press(OLDER)
        assert demo.composer.text == "second!"
        await demo.press("enter")
        sent = [call.text for call in demo.client.calls if isinstance(call, api.MessageSend)]
        assert sent == ["first", "second", "second!"]


async def test_only_this_conversations_own_texts() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "for Bob")
        await demo.press(OLDER)
        await demo.open("dave")
        await say(demo, "for Dave")
        seen: set[str] = set()
        for _ in range(6):
            await demo.press(OLDER)
            seen.add(demo.composer.text)
        theirs = {row.text for row in demo.client.room("dave").rows if row.sender == "me"}
        assert "for Dave" in seen
        assert seen <= theirs


async def test_pages_that_are_not_held_are_read() -> None:
    client = FakeClient()
    room = client.room("bob")
    room.say("me", "long ago", client.now)
    for number in range(600):
        room.say(room.identity, f"text {number}", client.now)
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.press(OLDER)
        assert demo.composer.text == "long ago"


async def test_a_text_that_begins_with_a_slash_is_sent_again_as_it_was() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "//me waves")
        await demo.press(OLDER)
        assert demo.composer.text == "//me waves"
        await demo.press("enter")
        sent = [call.text for call in demo.client.calls if isinstance(call, api.MessageSend)]
        assert sent == ["/me waves"] * 2


async def test_another_version_of_a_message_is_left_alone() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "first", "second")
        await demo.press("up", "e")
        await demo.press("ctrl+c", OLDER)
        assert demo.composer.text == ""
