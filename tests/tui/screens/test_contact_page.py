"""The page of a contact: what it says, what is done from it; the security code and how it is compared."""

from __future__ import annotations

from functools import partial

import pytest

from core import api
from tests.support.client import FakeClient
from tests.support.client_contacts import CODE
from tests.support.world import BOB, DAY, HOUR, NOW
from tests.tui.stage import Stage
from tests.tui.until import until
from tui.look.profile import STILL
from tui.screens.compare import CompareScreen
from tui.screens.contact import BEHIND, ContactScreen, acts_of
from tui.screens.mute import FOR_EVER, MuteScreen, muted_until
from tui.widgets.menu import Menu
from tui.widgets.qr_view import QrView
from tui.words.people import code_lines, sees_words, view_words

pytestmark = pytest.mark.asyncio

PHONE = api.ContactDevice(id="c0" * 32, name="phone", state="unknown", since=NOW - HOUR, served=False)
SMALL = [(80, 24), (50, 20), (120, 40)]


def page(client: FakeClient) -> Stage:
    return Stage(lambda world: ContactScreen(world, BOB), client, STILL)


def text(app: Stage) -> str:
    lines = [str(option.prompt) for menu in app.screen.query(Menu) for option in menu.options]
    widgets = [widget for widget in app.screen.query("Static, Notice") if widget.region.height]
    return "\n".join(lines + [str(widget.render()) for widget in widgets])


def contact(client: FakeClient) -> api.Contact:
    return client._contact(client.room("bob"))


@pytest.mark.parametrize("size", SMALL)
async def test_the_page_says_what_is_known_and_every_line_can_be_reached(size: tuple[int, int]) -> None:
    client = FakeClient()
    client.room("bob").devices = [PHONE]
    app = page(client)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen.query_one(Menu).option_count == len(acts_of(contact(client))))
        shown = text(app)
        assert "have not compared security codes" in shown
        assert "nobody vouches for" in shown
        await pilot.press("end")
        menu = app.screen.query_one(Menu)
        last = menu.highlighted
        assert last == len(acts_of(contact(client))) - 1
        bottom = app.screen.size.height - 1
        assert last is not None
        await until(pilot, lambda: 0 < menu.region.y + last - menu.scroll_offset.y < bottom)


async def test_what_is_chosen_is_done_and_shown() -> None:
    client = FakeClient()
    app = page(client)
    async with app.run_test(size=(80, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(Menu))
        menu = app.screen.query_one(Menu)
        await until(pilot, lambda: menu.option_count > 0)
        for act, field in (("pin", "pinned"), ("archive", "archived"), ("unread", "marked_unread")):
            menu.highlighted = menu.get_option_index(act)
            await pilot.press("enter")
            await until(pilot, partial(client.room("bob").view.get, field))
        menu.highlighted = menu.get_option_index("mute")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MuteScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: client.room("bob").view.get("muted_until") == NOW + 8 * HOUR)
        await until(pilot, lambda: "Muted until" in text(app))
        assert "pinned, archived, marked as unread" in text(app)


async def test_the_code_is_shown_and_compared_by_hand_and_by_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient()
    app = Stage(lambda world: CompareScreen(world, contact(client)), client, STILL)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: code_lines(CODE, 4)[0] in text(app))
        assert all(line in text(app) for line in code_lines(CODE, 4))
        await pilot.press("ctrl+r")
        assert app.screen.query_one(QrView).text.endswith(CODE)
        await pilot.press("ctrl+r")
        field = app.screen.query_one("#given")
        field.focus()
        await pilot.press(*"12345", "enter")
        await until(pilot, lambda: "another code" in text(app))
        assert not client.room("bob").verified
    again = Stage(lambda world: CompareScreen(world, contact(client)), client, STILL)
    async with again.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: code_lines(CODE, 4)[0] in text(again))
        told: list[str] = []
        monkeypatch.setattr(again, "tell", told.append)
        await pilot.press("right", "enter")
        await until(pilot, lambda: client.room("bob").verified and told)
        assert told == ["You compared Bob's code: it is them."]


async def test_a_first_enter_confirms_no_code() -> None:
    client = FakeClient()
    app = Stage(lambda world: CompareScreen(world, contact(client)), client, STILL)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: code_lines(CODE, 4)[0] in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, CompareScreen))
    assert not client.room("bob").verified
    assert not [call for call in client.calls if isinstance(call, api.ContactVerify)]


async def test_what_is_done_by_the_screen_behind_closes_the_page() -> None:
    client = FakeClient()
    app = page(client)
    async with app.run_test(size=(80, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(Menu).option_count > 0)
        menu = app.screen.query_one(Menu)
        menu.highlighted = menu.get_option_index("people.rename")
        await pilot.press("enter")
        await until(pilot, lambda: app.result == "people.rename")
    assert set(BEHIND) >= {"people.rename", "people.block", "people.remove"}


async def test_words() -> None:
    client = FakeClient()
    assert muted_until(None, NOW) == FOR_EVER
    client.room("bob").view = {"muted_until": FOR_EVER}
    calendar = page(client).calendar
    assert view_words(contact(client), NOW, calendar) == "Muted."
    client.room("bob").view = {"muted_until": NOW + DAY}
    assert view_words(contact(client), NOW, calendar).startswith("Muted until ")
    assert "what you read" in sees_words(contact(client), NOW, calendar)
    assert [len(line) for line in code_lines(CODE, 3)] == [19] * 4
