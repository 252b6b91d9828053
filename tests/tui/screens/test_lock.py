"""The lock says nothing and opens by the passcode alone."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from core import api
from tests.support.client import PASSCODE, FakeClient
from tests.support.world import HOUR, NOW
from tests.tui.stage import NOTHING, Stage
from tests.tui.until import until, write
from tui.screens.lock import LockScreen
from tui.widgets.notice import Notice
from tui.widgets.secret_field import PasscodeField

pytestmark = pytest.mark.asyncio


def locked(client: FakeClient | None = None) -> Stage:
    return Stage(LockScreen, client or FakeClient(locked=True))


def said(app: Stage) -> str:
    return app.screen.query_one(Notice).said


async def test_the_passcode_opens_it() -> None:
    app = locked()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused)
        await write(pilot, PASSCODE)
        await pilot.press("enter")
        await until(pilot, lambda: app.result is True)


async def test_a_wrong_passcode_is_told_and_forgotten() -> None:
    app = locked()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused)
        await write(pilot, "wrong")
        await pilot.press("enter")
        await until(pilot, lambda: said(app) == "That is not the passcode. Try again.")
        field = app.screen.query_one(PasscodeField)
        assert field.value == ""
        assert app.focused is field
    assert app.result is NOTHING


async def test_an_empty_passcode_is_no_attempt() -> None:
    app = locked()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press("enter")
        await pilot.pause()
    assert not any(isinstance(call, api.AccountUnlock) for call in app.world.calls)


@pytest.mark.parametrize("key", ["escape", "q", "tab", "f10"])
async def test_no_key_leads_past_it(key: str) -> None:
    app = locked()
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused)
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, LockScreen)


async def test_slowing_down_counts_the_seconds_and_opens_the_field_again() -> None:
    moments = [1000.0]
    world = FakeClient(locked=True)
    world.refuse[api.AccountUnlock] = api.ApiError(api.Kind.SLOW_DOWN, "", seconds=3)
    app = Stage(lambda client: LockScreen(client, lambda: moments[-1]), world)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused)
        await write(pilot, "guess")
        await pilot.press("enter")
        await until(pilot, lambda: said(app) == "Too many attempts. Wait 3 s.")
        assert app.screen.query_one(PasscodeField).disabled
        for now, expected in ((1001.2, "Too many attempts. Wait 2 s."), (1003.1, "")):
            moments.append(now)
            app.screen._tick()  # type: ignore[attr-defined]  # the timer's own callback, without its second
            assert said(app) == expected
        assert not app.screen.query_one(PasscodeField).disabled


def mail(app: Stage) -> str:
    return str(app.screen.query_one("#mail", Static).render())


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (None, "Mail waits with its senders until you unlock."),
        (1, "Messages still come in until 15:30; after that they wait in the network."),
        (12, "Messages still come in until tomorrow 02:30; after that they wait in the network."),
    ],
)
async def test_it_says_until_when_mail_comes_in(hours: int | None, sentence: str) -> None:
    world = FakeClient(locked=True)
    world.locks_at = None if hours is None else NOW + hours * HOUR
    app = locked(world)
    async with app.run_test() as pilot:
        await until(pilot, lambda: mail(app) == sentence)


async def test_it_says_so_when_the_vault_locks_behind_it_and_when_it_is_opened_again() -> None:
    world = FakeClient(locked=True)
    world.locks_at = NOW + HOUR
    app = locked(world)
    async with app.run_test() as pilot:
        await until(pilot, lambda: mail(app).startswith("Messages still"))
        world.locks_at = None
        world.emit(api.AccountLocked(vault=True))
        await until(pilot, lambda: mail(app).startswith("Mail waits"))
        world.locks_at = NOW + HOUR
        world.emit(api.AccountOpened(locks_at=NOW + HOUR))
        await until(pilot, lambda: mail(app).startswith("Messages still"))


async def picture(world: FakeClient) -> str:
    """Return all that a lock shows."""
    app = locked(world)
    async with app.run_test() as pilot:
        await until(pilot, lambda: mail(app))
        return "\n".join(str(widget.render()) for widget in app.screen.query("Static"))


async def test_it_looks_the_same_whoever_is_locked_out() -> None:
    """No name, identity, count or state of the account is on it: two quite different worlds give one picture."""
    worlds = (FakeClient(locked=True), FakeClient([], locked=True, exists=False))
    assert len({await picture(world) for world in worlds}) == 1
    assert not any(isinstance(call, api.ConversationList) for world in worlds for call in world.calls)
