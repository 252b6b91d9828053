"""The scenes that are drawn: which keys lead there in the world of the pictures, and on what kind of terminal they are seen.

Clock, world and terminal stand still, so a scene drawn again is the same.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple
from unittest import mock

from textual.pilot import Pilot

from scripts.pictures.cells import Cells, cells_of
from scripts.pictures.world import INVITE, show_world
from tests.support.fake_app import demo_app
from tests.tui.until import paste, until, until_still
from tui.app.app import SottovoceApp
from tui.look.profile import STILL, TerminalProfile
from tui.screens.main import MainScreen
from tui.screens.onboarding.check import CheckWords
from tui.screens.onboarding.passcode import ChoosePasscode
from tui.screens.onboarding.ready import Ready
from tui.screens.onboarding.restore import EnterWords
from tui.screens.onboarding.screen import OnboardingScreen
from tui.screens.onboarding.welcome import Welcome
from tui.screens.onboarding.words import ShowWords
from tui.screens.open_link import OpenLinkScreen
from tui.screens.pages.invite.code import InviteCodeScreen
from tui.text.link_targets import target_of

Size = tuple[int, int]
Act = Callable[[Pilot[Any]], Awaitable[None]]

SIZES: Final[tuple[Size, ...]] = ((50, 20), (80, 24), (120, 40), (200, 50))
_DARK: Final = dataclasses.replace(STILL, theme="dark")
# What terminals can draw: all colours, the palette of 256, the sixteen of the terminal's owner, none.
MODES: Final = {
    "true": _DARK,
    "256": dataclasses.replace(_DARK, colours="256"),
    "16": dataclasses.replace(_DARK, colours="16"),
    "mono": dataclasses.replace(STILL, theme="mono", no_color=True),
}
# And what people choose.
CHOICES: Final = {
    "light": dataclasses.replace(STILL, theme="light"),
    "contrast": dataclasses.replace(STILL, theme="contrast"),
    "ascii": dataclasses.replace(MODES["mono"], glyphs="ascii"),
}
# Which of the words are asked for: elsewhere by chance.
_ASKED: Final = (1, 6, 16)


class Scene(NamedTuple):
    """A picture to be made: how one comes there, in which world."""

    act: Act
    locked: bool = False
    exists: bool = True
    layout: str = "dialogue"


def chat(*keys: str, at: str = "bob", typed: str = "") -> Act:
    """Return: go to a conversation, press keys, type."""

    async def act(pilot: Pilot[Any]) -> None:
        main = await _main(pilot)
        if at:
            main.conversations.go_to(at)
            await until(pilot, lambda: main.chat.conversation and main.panes.log.model.rows)
        await _calm(pilot)
        for key in (*keys, *typed):
            await pilot.press("space" if key == " " else key)
            await _calm(pilot)

    return act


def page(name: str, *keys: str) -> Act:
    """Return: open a page by its slash name and press keys."""

    async def act(pilot: Pilot[Any]) -> None:
        await _main(pilot)
        _app(pilot).open_page(name)
        await _calm(pilot)
        await pilot.press(*keys)

    return act


async def code(pilot: Pilot[Any]) -> None:
    """Show an invitation."""
    await _main(pilot)
    await pilot.app.push_screen(InviteCodeScreen(_app(pilot).client, INVITE))


def link(address: str, words: str = "") -> Act:
    """Return: show where a link leads."""

    async def act(pilot: Pilot[Any]) -> None:
        await chat()(pilot)
        await pilot.app.push_screen(OpenLinkScreen(target_of(address, words), can_open=True))

    return act


async def gate(pilot: Pilot[Any]) -> None:
    """Stand before the lock."""
    await until(pilot, lambda: pilot.app.focused)


def _pick(_: int) -> tuple[int, ...]:
    return _ASKED


def newcomer(last: type[Any]) -> Act:
    """Return: go through the first steps to one of them."""

    async def act(pilot: Pilot[Any]) -> None:
        with mock.patch.dict(OnboardingScreen.__init__.__kwdefaults__ or {}, pick=_pick):
            await _at(pilot, Welcome)
            if last is Welcome:
                return
            await pilot.press(*(["down"] if last is EnterWords else []), "enter")
            if last is EnterWords:
                await _at(pilot, EnterWords)
                return
            await _at(pilot, ChoosePasscode)
            for text in ("Alice", "quiet river over stones"):
                await paste(pilot, text)
                await pilot.press("enter")
            if last is ChoosePasscode:
                return
            await paste(pilot, "quiet river over stones")
            await pilot.press("enter")
            await _at(pilot, ShowWords)
            if last is ShowWords:
                return
            await pilot.press("enter")
            await _at(pilot, CheckWords)
            if last is CheckWords:
                return
            await _write_asked(pilot)
            await _at(pilot, Ready)

    return act


async def _write_asked(pilot: Pilot[Any]) -> None:
    from tests.support.client import WORDS

    for position in _ASKED:
        await paste(pilot, WORDS[position])
        await pilot.press("enter")


async def _at(pilot: Pilot[Any], step: type[Any]) -> None:
    await until(pilot, lambda: pilot.app.screen.query(step) and pilot.app.focused)
    await pilot.pause()


SCENES: Final[dict[str, Scene]] = {
    "chat": Scene(chat()),
    "letter": Scene(chat(), layout="letter"),
    "unread": Scene(chat(at="carol")),
    "empty": Scene(chat(at="")),
    "list": Scene(chat("alt+0")),
    "selected": Scene(chat("up", "up")),
    "message": Scene(chat("up", "up", "i")),
    "link": Scene(link("https://www.example.org/timetable?from=Lyon#today")),
    "deceiving": Scene(link("https://exаmple.org/login", "Log in at example.org")),
    "proof": Scene(chat("up", "up", "i", "s")),
    "menu": Scene(chat("up", "up", "enter")),
    "emoji": Scene(chat("up", "up", "plus")),
    "welcome": Scene(newcomer(Welcome), exists=False),
    "passcode": Scene(newcomer(ChoosePasscode), exists=False),
    "words": Scene(newcomer(ShowWords), exists=False),
    "check": Scene(newcomer(CheckWords), exists=False),
    "ready": Scene(newcomer(Ready), exists=False),
    "restore": Scene(newcomer(EnterWords), exists=False),
    "lock": Scene(gate, locked=True),
    "invite": Scene(page("invite")),
    "invitations": Scene(page("invitations")),
    "code": Scene(code),
    "add": Scene(page("add")),
    "greetings": Scene(page("greetings")),
    "contact": Scene(chat("slash", *"contact", "enter")),
    "compare": Scene(chat("slash", *"verify", "enter")),
    "devices": Scene(chat("slash", *"devices", "enter")),
    "switcher": Scene(chat("ctrl+k")),
    "palette": Scene(chat("ctrl+p", typed="mess")),
    "search": Scene(chat("ctrl+f", typed="coat")),
    "hit": Scene(chat("ctrl+f", *"coat", "enter")),
    "completion": Scene(chat("slash", "m")),
    "help": Scene(chat("f1")),
    "settings": Scene(page("settings")),
    "keys": Scene(page("keys")),
    "network": Scene(page("network")),
    "export-all": Scene(page("export-all")),
    "import": Scene(page("import")),
    "wipe": Scene(page("wipe")),
}


def draw(name: str, size: Size, profile: TerminalProfile = MODES["true"]) -> Cells:
    """Return what a scene shows on a terminal of ``size``."""

    async def shown() -> Cells:
        async with played(name, size, profile) as app:
            return cells_of(app)

    return asyncio.run(shown())


@asynccontextmanager
async def played(name: str, size: Size, profile: TerminalProfile) -> AsyncGenerator[SottovoceApp]:
    """Give the app in a scene, when all has come to rest."""
    scene = SCENES[name]
    app = demo_app(show_world(exists=scene.exists, locked=scene.locked, layout=scene.layout), profile)
    async with app.run_test(size=size) as pilot:
        await scene.act(pilot)
        await _calm(pilot)
        await until_still(pilot)
        yield app


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
    if not isinstance(pilot.app.screen, OnboardingScreen):  # its flow ends with the person's last answer
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()
