"""One screen on a stage: the real app with its themes and style sheet, but this screen in place of its opening."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.screen import Screen

import tui.app.app
from core import api
from tests.support.client import FakeClient
from tests.support.world import NOW
from tui.app.app import SottovoceApp
from tui.look.profile import STILL, GlyphSet, TerminalProfile, ThemeName
from tui.words.format import Calendar

NOTHING = object()


class Stage(SottovoceApp):
    """Shows one screen; ``result`` is what it was dismissed with, ``NOTHING`` until then."""

    CSS_PATH = str(Path(tui.app.app.__file__).with_name("app.tcss"))

    def __init__(
        self,
        make: Callable[[api.Client], Screen[Any]],
        client: FakeClient | None = None,
        profile: TerminalProfile = STILL,
    ) -> None:
        self.world = client or FakeClient()
        super().__init__(self.world, profile, clock=lambda: NOW, calendar=Calendar(dt.UTC))
        self._make_screen = make
        self.result: object = NOTHING
        self.copied: list[str] = []
        self.was_locked = False
        self.removed: list[str] = []

    def _begin(self) -> None:
        """Show the screen in place of what the account calls for."""

        def dismissed(result: object) -> None:
            self.result = result

        self.world.start(self._wake, self._core_crashed)
        self.run_worker(self._show(dismissed))

    async def _show(self, dismissed: Callable[[object], None]) -> None:
        await self._commands.load_pages()
        await self.push_screen(self._make_screen(self.world), dismissed)

    def copy_to_clipboard(self, text: str) -> None:
        """Note what would go to the terminal's clipboard."""
        self.copied.append(text)

    def account_removed(self, said: str) -> None:
        """Note that the screen removed the account."""
        self.removed.append(said)

    def lock_now(self) -> None:
        """Note that the screen asked for it."""
        self.was_locked = True


def look(theme: ThemeName = "dark", glyphs: GlyphSet = "unicode", *, no_color: bool = False) -> TerminalProfile:
    """Return a still terminal of one look."""
    return dataclasses.replace(STILL, theme=theme, glyphs=glyphs, no_color=no_color)
