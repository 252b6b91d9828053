"""Every key that a footer names does something, on every screen; where it matters, what the footer says."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from core import api
from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.support.world import BOB
from tests.tui.demo import running
from tests.tui.screens.test_screens_snapshots import SCREENS, a_world
from tests.tui.stage import Stage
from tests.tui.until import focus, until
from tui.screens.devices import DevicesScreen
from tui.screens.main import MainScreen
from tui.screens.pages.add_contact import AddContactScreen
from tui.screens.pages.invite.code import InviteCodeScreen
from tui.screens.rename import RenameScreen
from tui.widgets.hints import Hints
from tui.widgets.small_editor import SmallEditor
from tui.widgets.status_line import StatusLine
from tui.words.hints import BLOCKED_HINTS, EMPTY_HINTS

NAMES = {
    "PgUp": "pageup", "PgDn": "pagedown", "Esc": "escape", "Del": "delete", "?": "question_mark", "N": "N",
    "Enter": "enter", "Tab": "tab", "Space": "space", "Up": "up", "type": "w",
}  # fmt: skip
# Places of a screen in which its footer may say something else: a widget to go to, or nothing.
PLACES: dict[str, tuple[str, ...]] = {
    "welcome": ("#create", "#restore"),
    "ready": ("#invite", "#add"),
    "passcode": ("#person",),
    "check": ("WordSlot Input",),
    "restore": ("WordSlot Input",),
    "words": ("#written",),
    "invite": ("#expiry", "#uses", "#note", "#create", "#invites"),
    "invitations": ("#invites",),
    "code": ("",),
    "save": ("#path",),
    "message": ("#save",),
    "link": ("#open",),
    "deceiving": ("#back",),
    "proof": ("#path",),
    "greetings": ("#greetings", "#accept"),
    "settings": ("#theme", "#pace", "#person", "#passcode"),
    "change-passcode": ("#old",),
    "own-words": ("#passcode",),
    "keys": ("#filter",),
    "export": ("#path", "#write"),
    "import": ("#password",),
    "wipe": ("#passcode",),
    "network": ("",),
    "help": ("#filter",),
    "add": ("#greeting", "#send"),
}
# Keys that can do nothing just there: the last one of its kind, or a field that waits for what one has to write.
NOTHING_TO_DO = {
    ("welcome", "#create", "escape"), ("passcode", "#person", "escape"), ("check", "WordSlot Input", "escape"),
    ("restore", "WordSlot Input", "escape"), ("check", "WordSlot Input", "space"),
    ("settings", "#person", "enter"),  # the name is kept as it is
    ("save", "#path", "tab"), ("proof", "#path", "tab"), ("change-passcode", "#old", "ctrl+t"),
    ("own-words", "#passcode", "ctrl+t"),
}  # fmt: skip


def keys_of(hint: str) -> list[str]:
    """Return Textual's names of the keys in a hint's first part."""
    keys: list[str] = []
    for part in hint.split():
        if part.startswith("/"):
            continue
        if arrows := re.findall("[↑↓←→]", part):
            keys += [{"↑": "up", "↓": "down", "←": "left", "→": "right"}[arrow] for arrow in arrows]
        elif "+" in part:
            keys.append(part.lower())
        else:
            keys.append(NAMES.get(part, part.lower() if part.startswith("F") else part))
    return keys


def footer(screen: Screen[Any]) -> tuple[tuple[str, str], ...]:
    for hints in screen.query(Hints):
        return hints._hints
    return tuple(screen.query_one(StatusLine)._hints) if screen.query(StatusLine) else ()


def answered(app: Any) -> bool:
    """Whether the step of the first run that is shown has its answer."""
    step = getattr(app.screen, "_step", None)
    return step is not None and step._answer.done()


def seen(app: Any) -> tuple[object, ...]:
    """Return all that a key may have changed."""
    drawn = tuple(
        (strip.text, tuple(segment.style for segment in strip)) for strip in app.screen._compositor.render_strips()
    )
    calls = [call for call in app.client.calls if not isinstance(call, (api.NetworkStatusGet, api.InviteList))]
    cursor = getattr(app.focused, "cursor_location", getattr(app.focused, "cursor_position", None))
    return (app.screen, app.focused, cursor, drawn, len(calls), len(app.copied), app.result, answered(app))


async def calm(pilot: Pilot[Any]) -> None:
    await pilot.pause()
    await pilot.pause()


LAST = ("enter", "escape", "ctrl+q")  # they may lead away, and then the place has to be made anew
OPPOSITES = {
    "up": "down", "down": "up", "left": "right", "right": "left", "pageup": "pagedown", "pagedown": "pageup",
}  # fmt: skip


@asynccontextmanager
async def standing(name: str) -> AsyncGenerator[tuple[Stage, Pilot[Any]]]:
    app = Stage(SCREENS[name], a_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused or name in {"network", "code"})
        await calm(pilot)
        yield app, pilot


async def dead_keys(name: str, place: str) -> list[str]:
    """Return the keys that a footer names and that do nothing; of two opposite ones, one may be at its end."""
    dead: list[str] = []
    left: list[str] | None = None
    while left is None or left:
        async with standing(name) as (app, pilot):
            screen = app.screen
            while app.screen is screen and not answered(app):
                if place:
                    await focus(pilot, place)
                    await calm(pilot)
                if left is None:
                    assert footer(screen), name
                    keys = [key for hint, _ in footer(screen) for key in keys_of(hint)]
                    left = sorted(keys, key=LAST.__contains__)
                if not left:
                    break
                key = left.pop(0)
                before = seen(app)
                await pilot.press(key)
                await calm(pilot)
                if seen(app) == before and (name, place, key) not in NOTHING_TO_DO:
                    dead.append(key)
    return [key for key in dead if OPPOSITES.get(key, key) in dead or key not in OPPOSITES]


# Much like another place of the same screen.
ALIKE = {("ready", "#add"), ("welcome", "#restore"), ("settings", "#pace"), ("invite", "#uses"), ("add", "#send")}


def walk(name: str, place: str) -> Any:
    return pytest.param(name, place, marks=pytest.mark.full if (name, place) in ALIKE else ())


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "place"), [walk(name, place) for name, places in PLACES.items() for place in places])
async def test_each_key_of_a_footer_does_something(name: str, place: str) -> None:
    assert await dead_keys(name, place) == []


def test_the_list_of_places_names_every_screen_with_a_footer() -> None:
    without = {"opening", "crashed", "lock", "confirm"}
    assert set(PLACES) | without == set(SCREENS)


@pytest.mark.asyncio
async def test_enter_makes_one_invitation_wherever_one_is_and_a_second_enter_no_other() -> None:
    for place in ("#expiry", "#uses", "#note", "#create"):
        app = Stage(SCREENS["invite"])
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.focused)  # noqa: B023 - at once
            await focus(pilot, place)
            await pilot.press("enter", "enter")
            await until(pilot, lambda: isinstance(app.screen, InviteCodeScreen))  # noqa: B023
            assert sum(isinstance(call, api.InviteCreate) for call in app.world.calls) == 1


@pytest.mark.asyncio
async def test_revoking_is_said_and_done_in_the_list_only() -> None:
    app = Stage(SCREENS["invite"], a_world())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        for place in ("#expiry", "#create", "#invites"):
            await focus(pilot, place)
            await calm(pilot)
            named = ("r", "revoke") in footer(app.screen)
            before = app.screen
            await pilot.press("r")
            await calm(pilot)
            assert named == (place == "#invites") == (app.screen is not before)


@pytest.mark.asyncio
async def test_a_greeting_accepted_twice_is_accepted_once() -> None:
    app = Stage(SCREENS["greetings"])
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: getattr(app.screen, "_chosen", None))
        screen: Any = app.screen
        screen.action_accept()
        screen.action_accept()
        screen.action_reject()
        await until(pilot, lambda: app.result == "from-g1")
        assert sum(isinstance(call, api.GreetingAccept) for call in app.world.calls) == 1


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("enter_sends", "going_on", "breaking"), [(True, "enter", "ctrl+j"), (False, "ctrl+j", "enter")]
)
async def test_enter_goes_on_from_a_greeting(enter_sends: bool, going_on: str, breaking: str) -> None:
    app = Stage(AddContactScreen)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await app.apply_settings(api.Settings(enter_sends=enter_sends))
        await focus(pilot, "#greeting")
        editor = app.screen.query_one(SmallEditor)
        await pilot.press("a", breaking, "b")
        assert editor.text == "a\nb"
        await pilot.press(going_on)
        assert editor.text == "a\nb"
        await until(pilot, lambda: app.focused is app.screen.query_one("#send"))


def devices_of_bob(client: api.Client) -> Screen[Any]:
    return DevicesScreen(client, BOB)


def renaming_bob(client: api.Client) -> Screen[Any]:
    assert isinstance(client, FakeClient)
    return RenameScreen(client._conversation_list(api.ConversationList())[0])


@pytest.mark.asyncio
@pytest.mark.parametrize("make", [devices_of_bob, renaming_bob])
async def test_what_is_about_a_contact_does_what_its_footer_says(make: Callable[[Any], Screen[Any]]) -> None:
    app = Stage(make)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused)
        await calm(pilot)
        assert footer(app.screen)[-1] == ("Esc", "back")
        await pilot.press("escape")
        await until(pilot, lambda: app.result is None)


# --- the main screen --------------------------------------------------------------------------------------------------


async def to_state(demo: Any, state: str) -> None:
    if state != "list":
        await demo.open("bob")
    if state == "writing":
        await demo.write("hello")
    if state == "completing":
        await demo.write("/re")
    if state == "selecting":
        await demo.press("up", "up")
    demo.app.copied, demo.app.result = [], None
    demo.app.copy_to_clipboard = demo.app.copied.append


@pytest.mark.slow
@pytest.mark.asyncio
@pytest.mark.parametrize("state", ["list", "chat", "writing", "completing", "selecting"])
async def test_each_key_of_the_main_footer_does_something(state: str) -> None:
    left: list[str] | None = None
    while left is None or left:
        async with running() as demo:
            await to_state(demo, state)
            main, place, said = demo.main, demo.app.focused, footer(demo.main)
            if left is None:
                keys = [key for hint, _ in said for key in keys_of(hint) if (state, key) != ("chat", "enter")]
                left = sorted(keys, key=LAST.__contains__)
            while left and demo.app.screen is main and demo.app.focused is place and footer(main) == said:
                before, key = seen(demo.app), left.pop(0)
                await demo.press(key)
                assert seen(demo.app) != before, (state, key, said)


@pytest.mark.asyncio
async def test_up_selects_from_a_text_too_and_leaves_it_alone() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.write("half a thought")
        await demo.press("up")
        assert demo.log.selected is not None
        assert demo.composer.text == "half a thought"


@pytest.mark.asyncio
async def test_what_is_selected_is_not_deleted_by_the_key_that_copies() -> None:
    async with running() as demo:
        await demo.open("bob")
        rows = len(demo.client.room("bob").rows)
        await demo.press("up", "d", "y", "y", "d")
        assert len(demo.client.room("bob").rows) == rows
        assert not isinstance(demo.app.screen, MainScreen)
        await demo.press("x")
        await until(demo.pilot, lambda: len(demo.client.room("bob").rows) == rows - 1)


@pytest.mark.asyncio
async def test_a_press_of_the_mouse_does_not_make_letters_commands() -> None:
    async with running() as demo:
        await demo.open("bob")
        await demo.pilot.click("#log", offset=(30, 5))
        await demo.press("d", "y")
        assert demo.composer.text == "dy"
        assert isinstance(demo.app.screen, MainScreen)


@pytest.mark.asyncio
async def test_whoever_has_enter_break_the_line_is_told_what_sends() -> None:
    client = FakeClient()
    client.stored_settings = api.Settings(enter_sends=False)
    async with running(client=client) as demo:
        await demo.open("bob")
        assert footer(demo.main)[0] == ("Ctrl+J", "send")
        await demo.write("hello")
        await demo.press("ctrl+j")
        assert client.room("bob").rows[-1].text == "hello"


@pytest.mark.asyncio
async def test_other_states_say_what_there_is() -> None:
    client = FakeClient([])
    async with running_empty(client) as screen:
        assert footer(screen) == EMPTY_HINTS
    client = FakeClient()
    client.room("bob").blocked = True
    async with running(client=client) as demo:
        await demo.open("bob")
        assert footer(demo.main) == BLOCKED_HINTS


@asynccontextmanager
async def running_empty(client: FakeClient) -> AsyncGenerator[Screen[Any]]:
    app = demo_app(client)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.query(StatusLine))
        await calm(pilot)
        yield app.screen
