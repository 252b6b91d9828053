"""Counts of what is new: messages that nobody has seen, never rows that were merely read from the file."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, MINUTE, NOW, Room
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.chat.chat import PAGE

pytestmark = pytest.mark.asyncio
LONG_TALK = 5 * PAGE


def a_long_talk(unread: int = 0) -> FakeClient:
    room = Room("bob", BOB, "Bob")
    for number in range(LONG_TALK):
        room.say(BOB, f"number {number}", NOW - (LONG_TALK - number) * MINUTE)
    room.read_upto = LONG_TALK - unread
    return FakeClient([room])


def below(demo: Demo) -> str:
    return demo.main.panes.writing.below


async def test_rows_that_are_paged_in_are_no_news() -> None:
    async with running(client=a_long_talk()) as demo:
        await demo.open("bob")
        await demo.press("alt+home")
        for _ in range(30):
            await demo.press("pagedown")
            assert below(demo) == ""
        assert not demo.log.is_at_end


async def test_from_far_back_only_what_came_meanwhile_is_new() -> None:
    async with running(client=a_long_talk()) as demo:
        await demo.open("bob")
        await demo.press("alt+home")
        for number in (1, 2, 3):
            demo.client.receive("bob", f"news {number}")
            await until(demo.pilot, lambda: f"{number} new below" in below(demo))  # noqa: B023 - at once
        await demo.press("pagedown", "pagedown")
        assert "3 new below" in below(demo)
        demo.client.room("bob").say("me", "from another device of mine", NOW)
        demo.client.emit(api.MessageReceived(conversation="bob", id="x", sender="me", text=""))
        await demo.calm()
        assert "3 new below" in below(demo)
        await demo.press("alt+end")
        assert below(demo) == ""
        await until(demo.pilot, lambda: demo.client.room("bob").read_upto == len(demo.client.room("bob").rows))


async def test_unread_messages_count_down_as_the_view_comes_to_them() -> None:
    async with running(client=a_long_talk(unread=100)) as demo:
        await demo.open("bob")
        counts = [int(below(demo).split()[1])]
        assert 0 < counts[0] < 100
        assert "100 new" in "\n".join(demo.lines())
        while below(demo):
            await demo.press("pagedown")
            counts.append(int(below(demo).split()[1]) if below(demo) else 0)
        assert counts == sorted(counts, reverse=True)
        assert demo.log.is_at_end
        await demo.press("pageup")
        assert below(demo) == ""


async def test_the_rule_says_how_many_are_new_now() -> None:
    async with running(client=a_long_talk(unread=60)) as demo:
        await demo.open("bob")
        demo.client.receive("bob", "one more")
        await until(demo.pilot, lambda: "61 new" in "\n".join(demo.lines()))
        assert "61 new" in str(demo.main.query_one("#side-title").render())


async def test_what_is_deleted_is_no_longer_counted() -> None:
    async with running(client=a_long_talk(unread=60)) as demo:
        await demo.open("bob")
        before = int(below(demo).split()[1])
        doomed = demo.client.room("bob").rows.pop()
        demo.log.remove_rows([doomed.id])
        await demo.main.conversations.read()
        await demo.calm()
        assert int(below(demo).split()[1]) == before - 1
