"""Pictures of the client on the tests' demo world, into ``screenshots/``: ``.venv/bin/python -m scripts.make_screenshots``.

Each scene is drawn twice: by Textual as SVG, and cell by cell as PNG, so that boxes, blocks and letters stand exactly where
a terminal puts them. Clock, world and terminal stand still: running it again gives the same bytes.

The PNG need DejaVu Sans Mono (Debian: fonts-dejavu-core); boxes and blocks are painted as shapes. No test needs a font.
"""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

from textual.pilot import Pilot

from core import api
from core.crypto import words
from core.crypto.seed import SEED_SIZE
from scripts.terminal_picture import paint
from tests.support import client as support
from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.support.world import NOW, demo_rooms
from tests.tui.until import paste, until
from tui.app.app import SottovoceApp
from tui.look.profile import STILL, TerminalProfile
from tui.screens.main import MainScreen
from tui.screens.onboarding.check import CheckWords
from tui.screens.onboarding.passcode import ChoosePasscode
from tui.screens.onboarding.welcome import Welcome
from tui.screens.onboarding.words import ShowWords
from tui.screens.pages.invite.code import InviteCodeScreen

FOLDER = Path(__file__).parent.parent / "screenshots"
SIZES = ((80, 24), (120, 40))
# Conversations that show what a terminal may be sent, not what a reader wants to see; and letters that need further fonts.
NOT_FOR_SHOW = {"mallory", "yuki"}
INVITE = api.Invite(
    id="i", link="SOTTOVOCE:" + "K3QZV7XW2P5NJD6RM4TFA8HCY9BSGEU3" * 4, created_at=NOW, expires_at=NOW + 7 * 86_400_000,
    state="open", uses=0, copies=3, max_uses=1, note="for Anna",
)  # fmt: skip
DARK = dataclasses.replace(STILL, theme="dark")
MONO = dataclasses.replace(STILL, theme="mono", no_color=True)
ASCII = dataclasses.replace(MONO, glyphs="ascii")

Act = Callable[[Pilot[Any]], Awaitable[None]]


class Scene(NamedTuple):
    """A picture to be made: what is shown, and the keys that lead there."""

    act: Act
    profile: TerminalProfile = DARK
    locked: bool = False
    exists: bool = True


def chat(*keys: str, at: str = "bob") -> Act:
    """Return: go to a conversation and press keys."""

    async def act(pilot: Pilot[Any]) -> None:
        main = await _main(pilot)
        main.conversations.go_to(at)
        await until(pilot, lambda: main.chat.conversation and main.panes.log.model.rows)
        await _calm(pilot)
        for key in keys:
            await pilot.press(key)
            await _calm(pilot)

    return act


def room(name: str, *keys: str) -> Act:
    """Return: open a screen by its short name and press keys."""

    async def act(pilot: Pilot[Any]) -> None:
        await _main(pilot)
        _app(pilot).open_page(name)
        await _calm(pilot)
        await pilot.press(*keys)
        await _calm(pilot)

    return act


async def code(pilot: Pilot[Any]) -> None:
    """Show an invitation."""
    await _main(pilot)
    await pilot.app.push_screen(InviteCodeScreen(_app(pilot).client, INVITE))
    await _calm(pilot)


async def newcomer(pilot: Pilot[Any]) -> None:
    """Go through the first steps to the eighteen words."""
    await until(pilot, lambda: pilot.app.screen.query(Welcome) and pilot.app.focused)
    await pilot.press("enter")
    await until(pilot, lambda: pilot.app.screen.query(ChoosePasscode) and pilot.app.focused)
    for text in ("Alice", "quiet river over stones", "quiet river over stones"):
        await paste(pilot, text)
        await pilot.press("enter")
    await until(pilot, lambda: pilot.app.screen.query(ShowWords) and not pilot.app.screen.query(CheckWords))
    await until(pilot, lambda: pilot.app.focused)
    await pilot.pause()


async def gate(pilot: Pilot[Any]) -> None:
    """Stand before the lock."""
    await until(pilot, lambda: pilot.app.focused)
    await pilot.pause()


SCENES: dict[str, Scene] = {
    "chat": Scene(chat()),
    "chat-mono": Scene(chat(), MONO),
    "chat-ascii": Scene(chat(at="echo"), ASCII),
    "words": Scene(newcomer, exists=False),
    "invite": Scene(code),
    "add": Scene(room("add")),
    "greetings": Scene(room("greetings")),
    "lock": Scene(gate, locked=True),
    "switcher": Scene(chat("ctrl+k")),
    "palette": Scene(chat("ctrl+p", *"mess")),
    "help": Scene(chat("f1")),
    "settings": Scene(room("settings")),
    "network": Scene(room("network")),
    "search": Scene(chat("ctrl+f", *"coat")),
    "hit": Scene(chat("ctrl+f", *"coat", "enter")),
}


def files_of(name: str) -> list[Path]:
    """Return the files that a scene is drawn into."""
    return [FOLDER / f"{name}-{wide}x{high}.{kind}" for wide, high in SIZES for kind in ("svg", "png")]


async def _main(pilot: Pilot[Any]) -> MainScreen:
    await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen) and pilot.app.screen.navigation.conversations)
    main = pilot.app.screen
    assert isinstance(main, MainScreen)
    return main


def _app(pilot: Pilot[Any]) -> SottovoceApp:
    assert isinstance(pilot.app, SottovoceApp)
    return pilot.app


async def _calm(pilot: Pilot[Any]) -> None:
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def _world(scene: Scene) -> FakeClient:
    world = FakeClient(
        [each for each in demo_rooms() if each.id not in NOT_FOR_SHOW], exists=scene.exists, locked=scene.locked
    )
    world.greetings = world.greetings[:1]
    return world


async def draw(name: str) -> None:
    """Draw a scene at all sizes."""
    scene = SCENES[name]
    for wide, high in SIZES:
        app = demo_app(_world(scene), scene.profile)
        async with app.run_test(size=(wide, high)) as pilot:
            await scene.act(pilot)
            app.screen.refresh()
            await pilot.pause()
            stem = FOLDER / f"{name}-{wide}x{high}"
            stem.with_suffix(".svg").write_text(app.export_screenshot(title="sottovoce", simplify=True), "utf-8")
            paint(app).save(stem.with_suffix(".png"), optimize=True)


def main(names: list[str]) -> None:
    """Draw the scenes of these names, or all."""
    support.WORDS[:] = words.words_of(bytes(range(SEED_SIZE)))
    FOLDER.mkdir(exist_ok=True)
    for name in names or SCENES:
        asyncio.run(draw(name))


if __name__ == "__main__":
    main(sys.argv[1:])
