"""The page of keys: what counts is listed, changed by pressing a key, written into the file, and works at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui import screens
from tui.config.local import Local, load
from tui.screens.pages.keys import KeysScreen
from tui.screens.pages.keys.fixed import FIXED
from tui.screens.pages.keys.press import PressScreen
from tui.screens.switcher import SwitcherScreen
from tui.widgets.menu import Menu

pytestmark = pytest.mark.asyncio


def menu(demo: Demo) -> Menu:
    return demo.app.screen.query_one(Menu)


async def choose(demo: Demo, command_id: str) -> None:
    """Open the page at a command."""
    demo.app.open_page("keys")
    await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen) and menu(demo).option_count > 20)
    shown = menu(demo)
    shown.highlighted = shown.get_option_index(command_id)
    await demo.calm()


async def take(demo: Demo, *keys: str) -> None:
    """Press Enter, and then the keys at the question."""
    await demo.pilot.press("enter")
    await until(demo.pilot, lambda: isinstance(demo.app.screen, PressScreen))
    for key in keys:
        await demo.pilot.press(key)
        await demo.pilot.pause()


def said(demo: Demo) -> str:
    screen = demo.app.screen
    assert isinstance(screen, KeysScreen)
    return screen.notice.said


async def test_a_key_is_changed_by_pressing_another_and_written(tmp_path: Path) -> None:
    folder = tmp_path / "sottovoce"
    async with running(local=Local(folder=folder)) as demo:
        await choose(demo, "go.switcher")
        await take(demo, "f9")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))
        await until(demo.pilot, lambda: said(demo) == "Go to a conversation: F9.")
        await demo.press("escape", "ctrl+k")
        assert not isinstance(demo.app.screen, SwitcherScreen)
        await demo.press("f9")
        assert isinstance(demo.app.screen, SwitcherScreen)
    assert load(folder).keys.understood({"go.switcher"}) == ({"go.switcher": ("f9",)}, [])
    async with running(local=load(folder)) as demo:
        await demo.press("f9")
        assert isinstance(demo.app.screen, SwitcherScreen)


async def test_a_key_that_means_something_is_pressed_twice_and_the_loss_is_told(tmp_path: Path) -> None:
    async with running(local=Local(folder=tmp_path)) as demo:
        await choose(demo, "people.block")
        await take(demo, "alt+a")
        assert isinstance(demo.app.screen, PressScreen)
        snag = str(demo.app.screen.query_one("#snag").render())
        assert "Alt+A is Next unread now" in snag
        await take_more(demo, "a", "ctrl+i")
        assert "cannot be told from Tab" in str(demo.app.screen.query_one("#snag").render())
        await take_more(demo, "alt+a", "alt+a")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))
        await until(demo.pilot, lambda: said(demo) == "Block: Alt+A. Alt+A is Block and so not Next unread.")
        await demo.press("ctrl+r")
        await until(demo.pilot, lambda: said(demo) == "Block: no key.")
        assert demo.app.registry.get("go.next-unread").keys == "alt+a"


async def take_more(demo: Demo, *keys: str) -> None:
    for key in keys:
        await demo.pilot.press(key)
        await demo.pilot.pause()


async def test_esc_takes_nothing_and_keys_mean_again_what_they_did() -> None:
    async with running() as demo:
        await choose(demo, "go.next-unread")
        await take(demo, "escape")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))
        assert demo.app.keys.own() == {}
        await demo.press("ctrl+x")
        await until(demo.pilot, lambda: "for this run" in said(demo))
        assert demo.app.keys.own() == {"go.next-unread": ()}


async def test_a_lock_gives_the_keys_back() -> None:
    async with running() as demo:
        await choose(demo, "people.block")
        await take(demo)
        demo.app.lock_now()
        await until(demo.pilot, lambda: type(demo.app.screen).__name__ == "LockScreen")
        assert demo.app._keys.capture is None


@pytest.mark.parametrize(("preset", "keys"), [("vim", ("escape", "i")), ("emacs", ("up", "ctrl+g"))])
async def test_a_preset_leads_to_the_messages_and_back(preset: str, keys: tuple[str, str]) -> None:
    world = FakeClient()
    world.stored_settings = type(world.stored_settings)(keys=preset)  # type: ignore[arg-type]
    async with running(client=world) as demo:
        await demo.open("bob")
        for key, place in zip(keys, (demo.log, demo.composer), strict=True):
            await demo.press(key)
            assert demo.app.focused is place
        assert demo.composer.text == ""


async def test_the_hints_of_a_selected_message_name_the_keys_that_count() -> None:
    world = FakeClient()
    world.stored_settings = type(world.stored_settings)(keys="vim")
    async with running(120, 30, client=world) as demo:
        await demo.open("bob")
        await demo.press("escape")
        assert "i back" in demo.status()
        assert "y copy" in demo.status()


async def test_hints_and_palette_name_the_keys_that_count() -> None:
    world = FakeClient()
    world.stored_settings = type(world.stored_settings)(keys="emacs")
    async with running(client=world) as demo:
        await demo.open("bob")
        assert "Alt+J go to" in demo.status()
        assert demo.app.keys.label("Ctrl+P") == "Alt+X"
        await demo.press("ctrl+p")
        assert demo.app.focused is demo.composer


async def test_each_command_has_one_row_on_a_narrow_terminal() -> None:
    async with running(50, 20) as demo:
        await choose(demo, "write.newline")
        rows = [strip.text for strip in menu(demo).render_lines(menu(demo).size.region)]
        assert sum("Ctrl+J" in row for row in rows) == 1
        assert not [row for row in rows if row.startswith(("Alt", "Ctrl", "Shift"))]


async def test_sentences_name_the_keys_that_count() -> None:
    async with running(120, 30) as demo:
        keys = demo.app.keys
        keys.choose("people.greetings", ("f7",))
        keys.choose("go.search", ())
        keys.choose("write.undo", ("f9",))
        assert keys.within("Ann greets you: Alt+G answers.") == "Ann greets you: F7 answers."
        assert keys.within("按 Alt+G回答。") == "按 F7回答。"
        assert keys.within("Nothing was searched yet: Ctrl+F searches.").endswith("/search searches.")
        assert keys.within("Ctrl+I is Tab, Ctrl+M is Enter.") == "Ctrl+I is Tab, Ctrl+M is Enter."
        await demo.press("f1")
        await until(demo.pilot, lambda: "F9 brings it back" in str(demo.app.screen.query_one("#help").render()))


async def test_keys_that_cannot_be_changed_come_last_and_are_said_to_be_so() -> None:
    async with running() as demo:
        await choose(demo, "fixed 0")
        row = menu(demo).get_option("fixed 0")
        assert str(row.prompt).split() == ["Back", "Esc"]
        assert "same for everybody" in str(demo.app.screen.query_one("#about").render())
        await demo.press("enter")
        await until(demo.pilot, lambda: said(demo) == "This key cannot be changed.")
        await demo.press("ctrl+x", "ctrl+r", *["pagedown"] * 4)
        assert menu(demo).chosen_id == f"fixed {len(FIXED) - 1}"
        assert demo.app.keys.own() == {}


def letters_of_screens() -> set[str]:
    used: set[str] = set()
    for path in sorted(Path(screens.__path__[0]).rglob("*.py")):
        for keys in re.findall(r'Binding\(\s*"([^"]+)"', path.read_text(encoding="utf-8")):
            used |= {key for key in keys.split(",") if len(key) == 1}
    return used


async def test_each_letter_of_a_page_or_sheet_is_listed() -> None:
    listed = {key.strip() for _, keys, _ in FIXED for key in keys.split(",")}
    assert "y" in letters_of_screens()
    assert letters_of_screens() <= listed


async def test_what_is_typed_filters_and_no_letter_is_a_command() -> None:
    async with running() as demo:
        await choose(demo, "people.block")
        await demo.write("unread")
        listed = [option.id for option in menu(demo).options if not option.disabled]
        assert "go.next-unread" in listed
        assert "people.block" not in listed
        await demo.pilot.press("enter")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, PressScreen))
        await demo.pilot.press("escape")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))
        await demo.press("escape")
        assert menu(demo).option_count > 20
        await demo.press("escape")
        await until(demo.pilot, lambda: not isinstance(demo.app.screen, KeysScreen))
        assert demo.app.keys.own() == {}


async def test_the_key_that_it_has_already_is_no_change() -> None:
    async with running() as demo:
        await choose(demo, "go.next-unread")
        await take(demo, "alt+a")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, KeysScreen))
        await until(demo.pilot, lambda: "Next unread: Alt+A." in said(demo) or "for this run" in said(demo))
        assert demo.app.keys.own() == {}


async def test_a_key_that_another_took_comes_back_by_being_chosen_again() -> None:
    async with running() as demo:
        demo.app.keys.choose("people.block", ("alt+a",))
        demo.app.keys.choose("go.next-unread", ("alt+a",))
        assert demo.app.keys.own()["go.next-unread"] == ("alt+a",)
