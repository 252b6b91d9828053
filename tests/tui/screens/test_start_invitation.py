"""An invitation that the client was started with: the empty room names it, Enter takes it up, and it is used once."""

from __future__ import annotations

import pytest

from core import api
from tests.support.client import LINK_TAIL, FakeClient
from tests.support.world import NOW
from tests.tui.until import until
from tui.app.app import SottovoceApp
from tui.screens.main import MainScreen
from tui.screens.pages.add_contact import AddContactScreen
from tui.start_invitation import StartInvitation
from tui.widgets.flat_button import FlatButton
from tui.widgets.link_field import LinkField
from tui.widgets.small_editor import SmallEditor

pytestmark = pytest.mark.asyncio

LINK = f"SOTTO:{LINK_TAIL[:120]}"


def newcomer(start_invitation: StartInvitation | None) -> tuple[SottovoceApp, FakeClient]:
    """Return the client of somebody who knows nobody yet."""
    world = FakeClient([], remembered=True)
    return SottovoceApp(world, clock=lambda: NOW, start_invitation=start_invitation), world


async def test_enter_in_the_empty_room_greets_whose_invitation_is_there() -> None:
    app, world = newcomer(StartInvitation("Echo", LINK))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: "greet Echo" in str(app.screen.query_one("#welcome-text").render()))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AddContactScreen) and app.screen.query_one(LinkField).link)
        assert app.screen.query_one(LinkField).link == LINK
        assert app.focused is app.screen.query_one(SmallEditor)
        app.screen.query_one("#send", FlatButton).action_press()
        await until(pilot, lambda: any(isinstance(call, api.ContactAdd) for call in world.calls))
        await until(pilot, lambda: app.start_invitation is None)


async def test_without_an_offer_the_empty_room_names_nobody_and_enter_does_nothing() -> None:
    app, _ = newcomer(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)
