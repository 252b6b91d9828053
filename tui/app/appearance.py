"""Keeps the program's colours and signs: detected, stored, and drawn anew everywhere as soon as they change.

The stored settings are what counts; ``/theme``, the palette and the settings screen all change it. While the account is
locked nothing can be stored, and the choice is for this run.
"""

from __future__ import annotations

from typing import Any

import msgspec
from textual.app import App

from core import api
from tui.app_port import AppPort
from tui.keys.commands import AUTO, GLYPH_NAMES, THEME_NAMES
from tui.keys.handlers import Handlers
from tui.look.glyphs import Glyphs, glyphs_of
from tui.look.profile import TerminalProfile
from tui.look.themes import THEMES, THEMES_256, theme_for
from tui.messages import SettingsChanged


class Appearance:
    """Draws an app by a profile of the terminal, with the stored settings laid over it."""

    def __init__(self, app: App[Any], port: AppPort, detected: TerminalProfile) -> None:
        self._app = app
        self._port = port
        self._detected = detected
        self.settings = api.Settings()
        for theme in (*THEMES.values(), *THEMES_256.values()):
            app.register_theme(theme)
        self._draw_by(detected)

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(texts={"view.theme": self.use_theme, "view.glyphs": self.use_glyphs})

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return glyphs_of(self.profile.glyphs)

    def _draw_by(self, profile: TerminalProfile) -> None:
        self.profile = profile
        app = self._app
        app.animation_level = "full" if profile.animated else "none"
        app.theme = theme_for(profile).name
        app.set_class(profile.low_bandwidth, "low-bandwidth")
        app.set_class(profile.glyphs == "ascii", "ascii")

    def draw_by_settings(self, settings: api.Settings) -> None:
        """Draw by new settings, on every open screen."""
        self.settings = settings
        self._draw_by(
            self._detected.adapted(theme=settings.theme, glyphs=settings.glyphs, low_bandwidth=settings.low_bandwidth)
        )
        for screen in self._app.screen_stack:
            screen.post_message(SettingsChanged())
            for widget in screen.walk_children():  # each keeps what it drew until it is told
                widget.refresh(layout=True)

    async def use_theme(self, name: str = "") -> None:
        """Choose colours by name; without one say which there are."""
        if self._knows("Colours", name, THEME_NAMES, self.settings.theme):
            await self._choose(msgspec.structs.replace(self.settings, theme=_stored(name)))

    async def use_glyphs(self, name: str = "") -> None:
        """Choose the signs by name; without one say which there are."""
        if self._knows("Signs", name, GLYPH_NAMES, self.settings.glyphs):
            await self._choose(msgspec.structs.replace(self.settings, glyphs=_stored(name)))

    def _knows(self, what: str, name: str, names: tuple[str, ...], now: str) -> bool:
        """Return whether ``name`` is one of ``names``; tell which there are if not."""
        if name not in names:
            said = f"{what} are one of {', '.join(names)}; now {now or AUTO}."
            self._port.tell(said, "warning" if name else "information")
        return name in names

    async def _choose(self, settings: api.Settings) -> None:
        """Draw by the settings, then store them."""
        await self._port.apply_settings(settings)
        try:
            await self._port.client.call(api.SettingsSet(settings=settings))
        except api.ApiError as error:
            if error.kind not in {api.Kind.LOCKED, api.Kind.NO_ACCOUNT}:
                self._port.tell_error(error)


def _stored(name: str) -> str:
    """Return how the settings write what is called ``name``: what the terminal calls for is the empty string."""
    return "" if name == AUTO else name
