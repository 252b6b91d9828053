"""The sheet of a contact's devices: what it shows, and that each answer is asked with what it means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from core import api
from tests.support.client import FakeClient
from tests.support.world import BOB, CAROL, DAY, MINUTE, NOW
from tests.tui.demo import running
from tests.tui.stage import Stage, look
from tests.tui.until import until
from tui.chat.contact_lookup import contact_of
from tui.look.profile import STILL, TerminalProfile
from tui.screens.confirm import ConfirmScreen
from tui.screens.devices import DevicesScreen
from tui.widgets.menu import Menu

pytestmark = pytest.mark.asyncio

SMALL = [(80, 24), (50, 20)]
LAPTOP = api.ContactDevice(id="a1" * 32, name="laptop", state="vouched", since=NOW - 40 * DAY, served=True)
PHONE = api.ContactDevice(id="c0" * 32, name="phone", state="unknown", since=NOW - 10 * MINUTE, served=False)


def a_world(*devices: api.ContactDevice, **fields: object) -> FakeClient:
    """Return a world in which Bob has devices, and ``fields`` of his room."""
    client = FakeClient()
    room = client.room("bob")
    room.devices = list(devices)
    for name, value in fields.items():
        setattr(room, name, value)
    return client


def sheet(client: FakeClient, profile: TerminalProfile = STILL) -> Stage:
    return Stage(lambda world: DevicesScreen(world, BOB), client, profile)


def shown(app: Stage) -> str:
    options = "\n".join(str(option.prompt) for option in app.screen.query_one(Menu).options)
    widgets = [widget for widget in app.screen.query("Static, IdentityView") if widget.region.height]
    return options + "\n" + "\n".join(str(widget.render()) for widget in widgets)


def hints(app: Stage) -> str:
    return str(app.screen.query_one("Hints").render())


def answers(client: FakeClient) -> list[tuple[str, bool]]:
    return [(call.device, call.accept) for call in client.calls if isinstance(call, api.ContactConfirmDevice)]


async def choose_phone(app: Stage, pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: app.screen.query_one(Menu).option_count == 2)
    await pilot.press("j")
    await until(pilot, lambda: "Nobody vouches" in shown(app))


@pytest.mark.parametrize("size", SMALL)
async def test_each_device_is_shown_with_what_is_known_of_it(size: tuple[int, int]) -> None:
    app = sheet(a_world(LAPTOP, PHONE, own_name="Robert", warning="unknown-device"))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "vouches for it" in shown(app))
        text = shown(app)
        assert "laptop" in text
        assert "known" in text
        assert "a1a1 a1a1 a1a1 a1a1" in text
        assert "They call themselves Robert." in text
        assert "! There is a device that nobody vouches for." in text
        assert "What you write goes to it." in text
        assert "confirm" not in hints(app)
        await choose_phone(app, pilot)
        assert "Today 14:20" in shown(app)
        assert "c confirm" in hints(app)
        assert "Whoever has the words of Bob can make a device." in shown(app)


@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize(
    ("key", "accept", "words"), [("c", True, "before you confirm"), ("r", False, "never heard again")]
)
async def test_an_answer_is_asked_with_what_it_means(
    size: tuple[int, int], key: str, words: str, *, accept: bool
) -> None:
    client = a_world(LAPTOP, PHONE)
    app = sheet(client)
    async with app.run_test(size=size) as pilot:
        await choose_phone(app, pilot)
        for answer, made in (("enter", []), ("y", [(PHONE.id, accept)])):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen) and app.screen.query("#no").first().region)
            detail = app.screen.query_one("#detail")
            assert "Whoever has the words of Bob can make a device. Ask Bob by another way" in str(detail.render())
            assert words in str(detail.render())
            assert max(each.region.bottom for each in app.screen.query("#answers *")) < size[1]
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, DevicesScreen))
            await pilot.pause()
            assert answers(client) == made
        if accept:
            await until(pilot, lambda: "You met them by it, or confirmed it." in shown(app))
        else:
            await until(pilot, lambda: app.screen.query_one(Menu).option_count == 1)


async def test_a_device_one_knows_can_be_neither_confirmed_nor_refused() -> None:
    client = a_world(LAPTOP)
    app = sheet(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "vouches for it" in shown(app))
        for key in ("c", "r", "enter"):
            await pilot.press(key)
            await pilot.pause(0.1)
            assert isinstance(app.screen, DevicesScreen)
        assert answers(client) == []
        assert not app.screen.query_one("#answers").display


async def test_by_the_buttons_too() -> None:
    client = a_world(LAPTOP, PHONE)
    app = sheet(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose_phone(app, pilot)
        await pilot.press("enter", "tab", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: answers(client) == [(PHONE.id, False)])


async def test_a_device_that_appears_meanwhile_is_shown() -> None:
    client = a_world(LAPTOP)
    app = sheet(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one(Menu).option_count == 1)
        client.add_device("carol", **msgspec.structs.asdict(PHONE))
        client.add_device("bob", **msgspec.structs.asdict(PHONE))
        await until(pilot, lambda: app.screen.query_one(Menu).option_count == 2)


async def test_a_contact_without_devices_and_one_that_is_gone() -> None:
    client = a_world(rekey_overdue=True)
    app = sheet(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "No device of theirs is known yet." in shown(app))
        assert "Keys are overdue" in shown(app)
        client.rooms.remove(client.room("bob"))
        client.emit(api.ContactChanged(identity=BOB))
        await until(pilot, lambda: "That contact is gone." in shown(app))
        await pilot.press("c")


async def test_a_refused_answer_is_explained() -> None:
    client = a_world(LAPTOP, PHONE)
    client.refuse[api.ContactConfirmDevice] = api.ApiError(api.Kind.NO_SUCH_DEVICE, "")
    app = sheet(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await choose_phone(app, pilot)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "That device is gone." in shown(app))


async def test_names_of_contacts_and_devices_reach_the_terminal_sanitised() -> None:
    hostile = "\x1b]0;x\x07\u202eeve\u200b\r"
    device = msgspec.structs.replace(PHONE, name=hostile)
    app = sheet(a_world(device, name=hostile, own_name=f"{hostile}[bold]"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Nobody vouches" in shown(app))
        assert "[bold]" in shown(app), "markup is a text like any other"
        assert not set(shown(app)) & set("\x1b\x07\u202e\u200b\r")
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        asked = "".join(str(each.render()) for each in app.screen.query("#question, #detail"))
        assert "eve" in asked
        assert not set(asked) & set("\x1b\x07\u202e\u200b\r")


async def test_in_ascii_all_of_it_is_ascii() -> None:
    app = sheet(a_world(LAPTOP, PHONE, warning="both-alive"), look("mono", "ascii"))
    async with app.run_test(size=(50, 20)) as pilot:
        await choose_phone(app, pilot)
        drawn: Any = app.screen
        text = "".join(strip.text for strip in drawn._compositor.render_strips())
        assert text.isascii(), [character for character in text if not character.isascii()]


async def test_the_command_opens_it_and_news_of_a_device_leads_there() -> None:
    client = a_world(LAPTOP)
    async with running(client=client) as demo:
        await demo.open("carol")
        client.add_device("bob", **msgspec.structs.asdict(PHONE))
        await until(demo.pilot, lambda: "Bob has a device that nobody vouches for: /devices." in demo.status())
        await demo.open("bob")
        await demo.write("/devices")
        await demo.press("enter")
        assert isinstance(demo.app.screen, DevicesScreen)
        await until(demo.pilot, lambda: demo.app.screen.query_one(Menu).option_count == 2)


async def test_a_contact_is_found_behind_the_first_page() -> None:
    client = FakeClient()
    for identity in (BOB, CAROL):
        found = await contact_of(client, identity, page_size=2)
        assert found is not None
        assert found.identity == identity
    assert await contact_of(client, "z" * 52, page_size=2) is None
