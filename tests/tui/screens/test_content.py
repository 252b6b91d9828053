"""The two hooks of every screen that promise P6 needs: no screen lacks them, and each lock calls all of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from typing import Any

import pytest
from textual.content import Content
from textual.screen import Screen
from textual.worker import WorkerFailed

import tui.screens
from core import api
from tests.support.client import FakeClient
from tests.tui.demo import Demo, running
from tests.tui.until import until
from tui.screens.confirm import ConfirmScreen
from tui.screens.contact_page import ContactPage
from tui.screens.content import ContentScreen, PlainScreen, ShowsNotices
from tui.screens.lock import LockScreen
from tui.screens.page import Page
from tui.screens.picker import PickerScreen
from tui.screens.sheet import Sheet

HOOKS = ["clear_caches", "save_work"]
# Bases, which leave hooks to the screens made of them.
BASES = {ContactPage, Page, PickerScreen, Sheet}
# The screens of which it can be said at a glance that they show nothing of an account.
PLAIN = {"OpeningScreen", "LockScreen", "CrashedScreen"}


def screens() -> list[type[Screen[Any]]]:
    """Return every screen class that some module of ``tui.screens`` defines."""
    found: list[type[Screen[Any]]] = []
    for module in pkgutil.walk_packages(tui.screens.__path__, "tui.screens."):
        loaded = importlib.import_module(module.name)
        found += [
            each
            for each in vars(loaded).values()
            if isinstance(each, type) and issubclass(each, Screen) and each.__module__ == loaded.__name__
        ]
    return found


ALL = [screen for screen in screens() if screen not in BASES]
CONTENT = [screen for screen in ALL if issubclass(screen, ContentScreen)]


def test_the_search_finds_the_screens() -> None:
    assert len(ALL) > 15


@pytest.mark.parametrize("screen", ALL, ids=lambda screen: screen.__name__)
def test_every_screen_says_whether_it_may_show_content(screen: type[Screen[Any]]) -> None:
    assert issubclass(screen, ContentScreen) != issubclass(screen, PlainScreen)
    assert issubclass(screen, PlainScreen) == (screen.__name__ in PLAIN)
    assert not inspect.isabstract(screen)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("screen", CONTENT, ids=lambda screen: screen.__name__)
def test_a_screen_without_a_hook_cannot_be_made(screen: type[Screen[Any]], hook: str) -> None:
    forgetful = types.new_class(
        "Forgetful", (screen,), exec_body=lambda body: body.update({hook: getattr(ContentScreen, hook)})
    )
    with pytest.raises(TypeError, match=hook):
        forgetful()


@pytest.mark.parametrize("hook", ["show_notice", "clear_notice"])
def test_a_place_for_notices_can_be_emptied(hook: str) -> None:
    forgetful = types.new_class("Forgetful", (ConfirmScreen, ShowsNotices))
    with pytest.raises(TypeError, match=hook):
        forgetful("?")


class Probe(Screen[None], ContentScreen, ShowsNotices):
    """Tells in which order what is asked of it, and whether it is still shown then."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def _note(self, what: str) -> None:
        self.told.append(f"{what}, {'shown' if self in self.app.screen_stack else 'gone'}")

    def clear_caches(self) -> None:
        self._note("clear")

    async def save_work(self) -> None:
        if not isinstance(self.app.screen, Probe):
            assert isinstance(self.app.screen, LockScreen), "the lock is in front first"
        self._note("save")

    def show_notice(self, text: Content, severity: str) -> None:
        self.told.append(f"{severity}: {text.plain}")

    def clear_notice(self) -> None:
        self._note("notice")


AT_A_LOCK = ["clear, shown", "notice, shown", "save, gone"]


async def two_probes(demo: Demo) -> list[Probe]:
    probes = [Probe(), Probe()]
    for probe in probes:
        await demo.app.push_screen(probe)
    return probes


@pytest.mark.asyncio
async def test_a_lock_by_key_asks_it_of_every_screen_on_the_stack() -> None:
    async with running() as demo:
        probes = await two_probes(demo)
        await demo.press("alt+l")
        await until(demo.pilot, lambda: all(len(probe.told) == 3 for probe in probes))
        assert [probe.told for probe in probes] == [AT_A_LOCK, AT_A_LOCK]


@pytest.mark.asyncio
async def test_a_lock_by_the_core_asks_the_same() -> None:
    async with running() as demo:
        probes = await two_probes(demo)
        demo.client.locked = True
        demo.client.emit(api.AccountLocked(vault=True))
        await until(demo.pilot, lambda: all(len(probe.told) == 3 for probe in probes))
        assert [probe.told for probe in probes] == [AT_A_LOCK, AT_A_LOCK]


@pytest.mark.asyncio
async def test_the_end_of_the_program_saves_the_work_of_every_screen() -> None:
    async with running() as demo:
        probes = await two_probes(demo)
        demo.app.exit()
        await until(demo.pilot, lambda: all(probe.told for probe in probes))
    assert [probe.told[0] for probe in probes] == ["save, shown", "save, shown"]


@pytest.mark.asyncio
async def test_a_notice_goes_to_the_screen_on_top_that_has_a_place_for_it() -> None:
    async with running() as demo:
        lower, upper = await two_probes(demo)
        demo.app.tell("so it is", "warning")
        assert (lower.told, upper.told) == ([], ["warning: so it is"])
        await demo.app.push_screen(ConfirmScreen("Really?"))
        demo.app.tell("a toast")
        assert upper.told == ["warning: so it is"]


@pytest.mark.asyncio
async def test_behind_the_lock_no_notice_is_left() -> None:
    async with running() as demo:
        main = demo.main
        demo.app.tell("Bob has a device that nobody vouches for.")
        await until(demo.pilot, lambda: "vouches" in str(main.panes.status.render()))
        await demo.press("alt+l")
        await until(demo.pilot, lambda: isinstance(demo.app.screen, LockScreen) and demo.client.locked)
        assert main.panes.status.said == ""


class Faulty(Probe):
    """Raises in one of its hooks, once it has told of it."""

    def __init__(self, hook: str) -> None:
        super().__init__()
        self._hook = hook

    def _note(self, what: str) -> None:
        super()._note(what)
        if what == self._hook:
            raise LookupError(what)


async def lock_with(screens: list[Probe], client: FakeClient) -> None:
    async with running(client=client) as demo:
        for screen in screens:
            await demo.app.push_screen(screen)
        await demo.press("alt+l")


@pytest.mark.asyncio
@pytest.mark.parametrize("hook", ["clear", "notice", "save"])
async def test_a_fault_in_one_screen_leaves_no_other_in_view(hook: str) -> None:
    screens = [Probe(), Faulty(hook), Probe()]
    client = FakeClient()
    with pytest.raises(WorkerFailed, match=hook):
        await lock_with(screens, client)
    assert [screen.told for screen in screens] == [AT_A_LOCK] * 3
    assert client.locked
