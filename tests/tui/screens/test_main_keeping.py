"""Friends' devices: asking contacts to keep mail, keeping theirs, and what the screen says of it."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tui.screens.confirm import ConfirmScreen
from tui.widgets.details import Details

pytestmark = pytest.mark.asyncio

WIDE = (120, 40)


async def say(demo: Demo, command: str) -> None:
    await demo.write(command)
    await demo.press("enter")


def details(demo: Demo) -> str:
    return str(demo.main.query_one(Details).render())


def kept(demo: Demo) -> list[bool]:
    return [call.keep for call in demo.client.calls if isinstance(call, api.ContactKeepMail)]


async def test_mail_is_kept_after_the_cost_was_told_and_until_it_is_said_again() -> None:
    async with running(*WIDE) as demo:
        await demo.open("bob")
        await say(demo, "/keep")
        assert isinstance(demo.app.screen, ConfirmScreen)
        shown = " ".join(str(each.render()) for each in demo.app.screen.query("#detail"))
        assert "5.2 MB of traffic a day" in shown
        assert kept(demo) == []
        await demo.press("y")
        assert kept(demo) == [True]
        assert "theirs is kept here" in details(demo)
        await say(demo, "/keep")
        assert kept(demo) == [True, False]
        assert "kept here" not in details(demo)
        assert "no longer kept" in demo.status()


async def test_an_offer_that_is_declined_changes_nothing() -> None:
    async with running() as demo:
        await demo.open("bob")
        await say(demo, "/keep")
        await demo.press("escape")
        assert kept(demo) == []
        assert demo.composer.has_focus


async def test_whoever_serves_nobody_is_told_that_it_can_keep_nothing() -> None:
    client = FakeClient()
    client.serves = False
    async with running(client=client) as demo:
        await demo.open("bob")
        await say(demo, "/keep")
        assert "--role leaf" in demo.status()
        assert kept(demo) == []


async def test_a_contact_is_asked_and_asked_no_longer() -> None:
    async with running(*WIDE) as demo:
        await demo.open("bob")
        await say(demo, "/ask-keep")
        assert "nobody is told" in demo.status()
        assert "you asked for your mail to be kept" in "\n".join(demo.lines())
        assert "you asked them" in details(demo)
        await say(demo, "/ask-keep")
        assert [call.ask for call in demo.client.calls if isinstance(call, api.ContactAskKeep)] == [True, False]
        assert "you asked them" not in details(demo)


async def test_a_contact_that_asks_is_shown_with_the_way_to_answer() -> None:
    client = FakeClient()
    client.room("bob").keep_wanted = True
    async with running(*WIDE, client=client) as demo:
        await demo.open("bob")
        assert "they ask you to keep theirs (/keep)" in details(demo).replace("\n", " ")
