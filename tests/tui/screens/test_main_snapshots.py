"""How the main screen looks: compared with pictures that were looked at when they were made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest
from textual.pilot import Pilot

from tests.support.client import FakeClient
from tests.support.fake_app import demo_app
from tests.tui.stage import look
from tests.tui.until import until
from tui.app.app import SottovoceApp
from tui.look.profile import GlyphSet, ThemeName
from tui.screens.main import MainScreen

Act = Callable[[Pilot[Any]], Awaitable[None]]


class Compare(Protocol):
    """What ``snap_compare`` is."""

    def __call__(self, app: SottovoceApp, *, terminal_size: tuple[int, int], run_before: Act) -> bool:
        """Compare a picture of the app with the stored one."""
        ...


def doing(*keys: str, at: str = "bob") -> Act:
    """Return what is done before the picture: open a conversation, press keys, let everything end."""

    async def act(pilot: Pilot[Any]) -> None:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, MainScreen) and app.screen.navigation.conversations)
        main = app.screen
        assert isinstance(main, MainScreen)
        if at:
            main.conversations.go_to(at)
            await until(pilot, lambda: main.panes.log.model.rows)
        await app.workers.wait_for_complete()
        await pilot.press(*keys)
        await app.workers.wait_for_complete()
        await pilot.pause()

    return act


def app_with(theme: ThemeName = "dark", glyphs: GlyphSet = "unicode", **world: Any) -> SottovoceApp:
    return demo_app(FakeClient(**world), look(theme, glyphs, no_color=theme == "mono"))


@pytest.mark.parametrize("theme", ["dark", "mono"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_a_conversation(snap_compare: Compare, theme: ThemeName, size: tuple[int, int]) -> None:
    assert snap_compare(app_with(theme), terminal_size=size, run_before=doing())


def test_in_light_colours(snap_compare: Compare) -> None:
    assert snap_compare(app_with("light"), terminal_size=(80, 24), run_before=doing(at="carol"))


def test_in_ascii(snap_compare: Compare) -> None:
    assert snap_compare(app_with("terminal", "ascii"), terminal_size=(80, 24), run_before=doing(at="echo"))


def test_before_a_conversation_is_chosen(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing(at=""))


def test_a_small_terminal(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(60, 20), run_before=doing(at="carol"))


def test_a_tiny_terminal(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(40, 12), run_before=doing(at="carol"))


def test_many_scripts(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing(at="yuki"))


def test_hostile_text(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing(at="mallory"))


def test_a_selected_message(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing("up", "up"))


@pytest.mark.parametrize("theme", ["dark", "mono"])
def test_marked_messages(snap_compare: Compare, theme: ThemeName) -> None:
    keys = ("up", "up", "space", "space", "down")
    assert snap_compare(app_with(theme), terminal_size=(80, 24), run_before=doing(*keys))


def test_marked_messages_in_ascii(snap_compare: Compare) -> None:
    app = app_with("terminal", "ascii")
    assert snap_compare(app, terminal_size=(80, 24), run_before=doing("up", "up", "space", "shift+up", at="echo"))


def test_the_menu_of_marked_messages(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing("up", "space", "space", "enter"))


def test_completions(snap_compare: Compare) -> None:
    assert snap_compare(app_with(), terminal_size=(80, 24), run_before=doing("slash", "s"))


@pytest.mark.parametrize("theme", ["dark", "mono"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_switcher(snap_compare: Compare, theme: ThemeName, size: tuple[int, int]) -> None:
    assert snap_compare(app_with(theme), terminal_size=size, run_before=doing("ctrl+k"))


@pytest.mark.parametrize("theme", ["dark", "mono"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
def test_the_search(snap_compare: Compare, theme: ThemeName, size: tuple[int, int]) -> None:
    assert snap_compare(app_with(theme), terminal_size=size, run_before=doing("ctrl+f", *"coat"))
