"""What was pinned is found again."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from core import api
from tests.support.client import FakeClient
from tests.tui.demo import running
from tests.tui.until import until
from tui.screens.contact import ContactScreen
from tui.screens.main import MainScreen
from tui.screens.pins import PinsScreen

pytestmark = pytest.mark.asyncio


async def test_a_message_is_pinned_listed_and_gone_to() -> None:
    client = FakeClient()
    old = client.room("bob").rows[1]
    await client.call(api.MessagePin(id=old.id, pinned=True))
    async with running(client=client) as demo:
        await demo.open("bob")
        demo.log.focus()
        near = demo.log.model.rows[-1]
        assert old.id not in {row.id for row in demo.log.model.rows}, "it is far back"
        demo.log.select(near.id)
        await demo.press("p")
        await until(demo.pilot, lambda: demo.main.panes.status.said == "Pinned: /pins lists them.")
        await demo.press("escape")
        await demo.write("/pins")
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, PinsScreen))
        screen = demo.app.screen
        assert isinstance(screen, PinsScreen)
        assert [each.id for each in screen.options("")] == [near.id, old.id], "the newest first"
        assert screen.options("nosuchword") == []
        await demo.press("down", "enter")
        await until(demo.pilot, lambda: demo.log.selected_id == old.id)
        await demo.press("p")
        await until(demo.pilot, lambda: demo.main.panes.status.said == "Pinned no longer.")


async def test_where_nothing_is_pinned_it_is_said_how_to_pin() -> None:
    async with running() as demo:
        await demo.open("bob")
        for row in demo.client.room("bob").rows:
            assert not row.pinned
        await demo.write("/pins")
        await demo.press("enter")
        await until(demo.pilot, lambda: "Nothing is pinned here" in demo.main.panes.status.said)
        assert isinstance(demo.app.screen, MainScreen)


async def test_the_page_about_a_contact_says_how_many_are_pinned() -> None:
    client = FakeClient()
    for row in client.room("bob").rows[1:3]:
        await client.call(api.MessagePin(id=row.id, pinned=True))
    async with running(client=client) as demo:
        await demo.open("bob")
        await demo.write("/contact")
        await demo.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, ContactScreen))
        facts = demo.app.screen.query_one("#facts", Static)
        await until(demo.pilot, lambda: "2 pinned messages: /pins lists them." in str(facts.render()))
