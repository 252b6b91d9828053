"""Making an invitation, showing it, taking it back."""

from __future__ import annotations

import stat
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tests.tui.stage import Stage
from tests.tui.until import until, until_equal, write
from tui.screens.confirm import ConfirmScreen
from tui.screens.page import Page
from tui.screens.pages.greetings import GreetingsScreen
from tui.screens.pages.invite import InviteScreen, YourInvitesScreen
from tui.screens.pages.invite.code import InviteCodeScreen
from tui.widgets.menu import Menu
from tui.widgets.path_field import PathField
from tui.words.durations import since, spoken, until as how_long

HOUR, DAY = 3600, 86400


def inviting(client: FakeClient | None = None) -> Stage:
    return Stage(InviteScreen, client)


def on(screen: type[Any], app: Stage) -> bool:
    return isinstance(app.screen, screen)


async def create(pilot: Pilot[Any], app: Stage) -> None:
    await pilot.press("tab", "tab", "tab", "enter")
    await until(pilot, lambda: on(InviteCodeScreen, app))
    await pilot.pause()


@pytest.mark.asyncio
async def test_expiry_uses_and_note_are_chosen_by_keys_alone() -> None:
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("right", "right", "tab", "right", "right", "tab")
        await write(pilot, "Anna")
        await pilot.press("enter")
        await until(pilot, lambda: on(InviteCodeScreen, app))
    assert api.InviteCreate(expires_in=90 * DAY, max_uses=None, note="Anna") in app.world.calls


@pytest.mark.asyncio
async def test_who_uses_the_invitation_is_named_on_its_page_and_enter_leads_there() -> None:
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        app._gate.locked = False  # a stage has no account to open
        await create(pilot, app)
        await pilot.press("enter")
        assert on(InviteCodeScreen, app)  # nobody there yet
        guest = msgspec.structs.replace(app.world.greetings[0], id="g3", name="Boris", invite=app.world.invites[0].id)
        app.world.greetings.append(guest)
        app.world.emit(api.GreetingReceived(id=guest.id, identity=guest.identity, name="Boris", text=""))
        await until(pilot, lambda: "Boris used it. Enter answers." in str(app.screen.query_one("#guests").render()))
        await pilot.press("enter")
        await until(pilot, lambda: on(GreetingsScreen, app))
        assert not any(isinstance(screen, InviteScreen) for screen in app.screen_stack)


@pytest.mark.asyncio
async def test_copies_are_told_of_an_invitation_that_can_still_be_used() -> None:
    invite = api.Invite(
        id="i",
        link="SOTTO:1",
        created_at=NOW,
        expires_at=NOW + 1000,
        state="open",
        uses=0,
        copies=3,
        max_uses=1,
        note="",
    )
    for state, is_told in (("open", True), ("used", False)):
        shown = msgspec.structs.replace(invite, state=state)
        app = Stage(partial(InviteCodeScreen, invite=shown))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "Uses" in str(app.screen.query_one("#facts").render()))  # noqa: B023 - at once
            assert ("Copies" in str(app.screen.query_one("#facts").render())) is is_told


@pytest.mark.asyncio
async def test_the_link_is_copied_to_the_terminals_clipboard() -> None:
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await create(pilot, app)
        await pilot.press("y")
        assert app.copied == [app.world.invites[0].link]


@pytest.mark.asyncio
async def test_the_picture_is_saved_where_one_says_for_ones_own_eyes(tmp_path: Path) -> None:
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await create(pilot, app)
        await pilot.press("s")
        await until(pilot, lambda: app.screen.query(PathField))
        app.screen.query_one(PathField).value = str(tmp_path / "anna")
        await pilot.press("enter")
        await until(pilot, lambda: on(InviteCodeScreen, app))
    assert stat.S_IMODE((tmp_path / "anna.png").stat().st_mode) == 0o600


@pytest.mark.asyncio
async def test_the_link_is_saved_as_text_for_ones_own_eyes_and_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("keep")
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await create(pilot, app)
        await pilot.press("t")
        await until(pilot, lambda: app.screen.query(PathField))
        app.screen.query_one(PathField).value = str(tmp_path / "there.txt")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "already" in app.screen.notice.said)
        app.screen.query_one(PathField).value = str(tmp_path / "anna")
        await pilot.press("enter")
        await until(pilot, lambda: on(InviteCodeScreen, app))
    assert (tmp_path / "there.txt").read_text() == "keep"
    assert (tmp_path / "anna.txt").read_text() == f"{app.world.invites[0].link}\n"
    assert stat.S_IMODE((tmp_path / "anna.txt").stat().st_mode) == 0o600


@pytest.mark.asyncio
async def test_a_picture_that_is_there_already_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "anna.png").write_bytes(b"keep")
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await create(pilot, app)
        await pilot.press("s")
        await until(pilot, lambda: app.screen.query(PathField))
        app.screen.query_one(PathField).value = str(tmp_path / "anna.png")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "already" in app.screen.notice.said)
    assert (tmp_path / "anna.png").read_bytes() == b"keep"


@pytest.mark.asyncio
async def test_an_invitation_is_revoked_from_the_list_once_confirmed() -> None:
    app = inviting()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await create(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: on(InviteScreen, app) and app.screen.query_one(Menu).option_count)
        app.screen.query_one(Menu).focus()
        for answer in ("n", "y"):
            await pilot.press("r")
            await until(pilot, lambda: not on(InviteScreen, app))
            await pilot.press(answer)
            await until(pilot, lambda: on(InviteScreen, app))
            expected = "open" if answer == "n" else "revoked"
            await until_equal(pilot, lambda: app.world.invites[0].state, expected)
        await until(pilot, lambda: "revoked" in str(app.screen.query_one(Menu).options[0].prompt))
        await pilot.press("enter")
        await pilot.pause()
        assert on(InviteScreen, app)


@pytest.mark.asyncio
async def test_your_invitations_open_at_the_list_where_one_is_revoked() -> None:
    world = FakeClient()
    await world.call(api.InviteCreate(expires_in=DAY, max_uses=1, note="Anna"))
    app = Stage(YourInvitesScreen, world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, Menu))
        await pilot.press("r")
        await until(pilot, lambda: on(ConfirmScreen, app))


@pytest.mark.asyncio
async def test_a_refusal_is_explained() -> None:
    world = FakeClient()
    world.refuse[api.InviteCreate] = api.ApiError(api.Kind.DISK_FULL, "")
    app = inviting(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("tab", "tab", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, Page) and "disk is full" in app.screen.notice.said)


@pytest.mark.asyncio
async def test_a_note_with_escape_sequences_is_harmless() -> None:
    world = FakeClient()
    await world.call(api.InviteCreate(expires_in=HOUR, note="\x1b[2Jx\u202e"))
    app = inviting(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one(Menu).option_count)
        row = str(app.screen.query_one(Menu).options[0].prompt)
        assert "\x1b" not in row
        assert "\u202e" not in row


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "now"), (1, "1 s"), (59, "59 s"), (61, "1 min"), (7200, "2 hours"), (DAY, "1 day"), (90 * DAY, "90 days")],
)
def test_spans_are_told_in_one_unit(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_the_past_is_over_and_the_present_is_just_now() -> None:
    assert how_long(NOW - 1, NOW) == "over"
    assert how_long(NOW + 3_600_000, NOW) == "in 1 hour"
    assert since(NOW, NOW) == "just now"
