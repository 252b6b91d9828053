"""Who made an invitation is shown before one greets."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import msgspec
import pytest

from core import api
from core.people.format.invitation import encode_link
from tests.core.people.test_link_search import OTHER, TEXT
from tests.support.client import FakeClient
from tests.tui.stage import Stage
from tests.tui.until import focus, paste, until, until_in
from tui.screens.inviter import Inviter
from tui.screens.page import Page
from tui.screens.pages.add_contact import AddContactScreen
from tui.start_invitation import StartInvitation
from tui.widgets.link_field import LinkField
from tui.words.format import grouped

pytestmark = pytest.mark.asyncio
R = TypeVar("R")


def said(app: Stage) -> str:
    """Return what is shown of the inviter."""
    inviter = app.screen.query_one(Inviter)
    return "\n".join(str(each.render()) for each in inviter.query("*") if inviter.display and each.display)


def previews(app: Stage) -> list[str]:
    return [call.link for call in app.world.calls if isinstance(call, api.ContactPreview)]


@pytest.mark.parametrize("way", ["{}", "Hello,\n\nuse this:\n{}\n\nUntil soon\nSam\n"])
async def test_a_pasted_invitation_says_who_invites_before_anything_is_sent(way: str) -> None:
    app = Stage(AddContactScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        assert said(app) == ""
        await paste(pilot, way.format(TEXT))
        await until_in(pilot, lambda: said(app), "This is Sam, " + grouped(app.world.inviter.identity[:16]))
        assert previews(app) == [TEXT]
        assert not any(isinstance(call, api.ContactAdd) for call in app.world.calls)
        inviter, field = app.screen.query_one(Inviter).region, app.screen.query_one(LinkField).region
        assert (inviter.y, inviter.x) == (field.bottom, field.x)


async def test_a_name_like_that_of_a_contact_is_warned_of_and_reaches_the_terminal_sanitised() -> None:
    app = Stage(AddContactScreen)
    app.world.inviter = msgspec.structs.replace(
        app.world.inviter, name="B\x1b[31mob\u202e", warning_text="You know another Bob."
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, TEXT)
        await until_in(pilot, lambda: said(app), "! You know another Bob. Compare the identity.")
        assert not {"\x1b", "\u202e"} & set(said(app))


@pytest.mark.parametrize(
    ("kind", "words"), [(api.Kind.NO_NETWORK, "No other node"), (api.Kind.INVITE_USED, "already used")]
)
async def test_what_keeps_the_inviter_from_being_shown_is_said_and_enter_asks_again(kind: api.Kind, words: str) -> None:
    app = Stage(AddContactScreen)
    app.world.refuse[api.ContactPreview] = api.ApiError(kind, "")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, TEXT)
        await until_in(pilot, lambda: said(app), words)
        del app.world.refuse[api.ContactPreview]
        await pilot.press("enter")
        await until_in(pilot, lambda: said(app), "This is Sam")


class Slow(FakeClient):
    """A network that does not say who invites."""

    async def call(self, command: api.Command[R]) -> R:
        if isinstance(command, api.ContactPreview):
            await asyncio.Event().wait()
            raise AssertionError  # noqa: TRY004 - it never comes to that
        return await super().call(command)


async def test_the_greeting_can_be_sent_while_the_network_is_asked() -> None:
    app = Stage(AddContactScreen, Slow())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, TEXT)
        await until_in(pilot, lambda: said(app), "asking the network who it is")
        await focus(pilot, "#send")
        await pilot.press("enter")
        await until(pilot, lambda: app.result == app.world.rooms[0].id)


@pytest.mark.parametrize(
    ("state", "words"), [("open", "You know Bob already."), ("waiting", "You greeted Bob already")]
)
async def test_an_invitation_of_a_contact_leads_to_the_conversation(state: str, words: str) -> None:
    app = Stage(AddContactScreen)
    app.world.room("bob").state = state
    app.world.inviter = msgspec.structs.replace(app.world.inviter, name="Robert", conversation="bob")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await paste(pilot, TEXT)
        await until_in(pilot, lambda: said(app), words)
        await focus(pilot, "#to-known")
        await pilot.press("enter")
        await until(pilot, lambda: app.result == "bob")


async def test_what_was_said_of_an_invitation_goes_when_it_is_changed() -> None:
    app = Stage(AddContactScreen)
    app.start_invitation = StartInvitation("Echo", TEXT)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        screen: Any = app.screen
        assert isinstance(screen, Page)
        await until_in(pilot, lambda: screen.notice.said, "Echo's invitation is in its place")
        await until_in(pilot, lambda: said(app), "This is Sam")
        await focus(pilot, "#link")
        await pilot.press("ctrl+u")
        await until(pilot, lambda: screen.notice.said == "" and said(app) == "")
        await paste(pilot, encode_link(OTHER))
        await until_in(pilot, lambda: said(app), "This is Sam")
        assert previews(app) == [TEXT, encode_link(OTHER)]
        app.screen.clear_caches()  # type: ignore[attr-defined]
        assert said(app) == ""
