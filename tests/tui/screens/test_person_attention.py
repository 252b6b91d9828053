"""What the main screen tells of its person, what it shows of a contact's, and where pinned and muted conversations are."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, DAY, NOW
from tests.tui.demo import running
from tests.tui.until import until
from tui.chat.navigation import in_order
from tui.widgets.chat_header import ChatHeader

pytestmark = pytest.mark.asyncio


def given(client: FakeClient, kind: type[api.Command[api.Done]]) -> int:
    return sum(isinstance(call, kind) for call in client.calls)


@pytest.mark.parametrize("typing", [True, False])
async def test_typing_is_told_where_it_is_on_and_seldom(*, typing: bool) -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(typing=typing)
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write("hello there")
        await until(demo.pilot, lambda: given(client, api.ConversationFocus))
        assert given(client, api.ConversationTyping) == int(typing)
        assert given(client, api.ConversationFocus) == 1


async def test_a_contact_that_types_is_shown_so_until_it_wrote() -> None:
    client = FakeClient()
    async with running(client=client) as demo:
        await demo.open("bob")
        client.emit(api.ContactTyping(conversation="bob", identity=BOB, until=NOW + 30_000))
        frame = demo.main.panes.writing.query_one("#line")
        await until(demo.pilot, lambda: "Bob types" in str(frame.border_title))
        assert "types" not in str(demo.app.screen.query_one(ChatHeader).render())
        client.receive("bob", "there")
        await until(demo.pilot, lambda: "types" not in str(frame.border_title))


async def test_without_a_frame_the_header_says_who_types_and_without_a_header_a_line() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(low_bandwidth="on")
    async with running(client=client) as demo:
        await demo.open("bob")
        client.emit(api.ContactTyping(conversation="bob", identity=BOB, until=NOW + 30_000))
        header = demo.app.screen.query_one(ChatHeader)
        below = demo.main.panes.writing.query_one("#below", Static)
        await until(demo.pilot, lambda: "types" in str(header.render()))
        assert not below.display
        await demo.pilot.resize_terminal(80, 15)
        await until(demo.pilot, lambda: below.display and "Bob types" in str(below.render()))


async def test_pinned_ones_come_first_and_archived_ones_last() -> None:
    client = FakeClient()
    client.rooms[2].view = {"pinned": True}
    client.rooms[0].view = {"archived": True}
    client.rooms[1].view = {"muted_until": NOW + DAY}
    listed = in_order(await client.call(api.ConversationList()))
    assert listed[0].id == client.rooms[2].id
    assert listed[-1].id == client.rooms[0].id
