"""Keeps the program's colours and signs: detected, stored, and drawn anew everywhere as soon as they change.

The stored settings are what counts; ``/theme``, the palette and the settings screen all change it. While the account is
locked nothing can be stored, and the choice is for this run. A theme of the person's own is read from its file whenever it
is chosen or the settings are applied; one that cannot be drawn is told of, and the terminal's own choice is drawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from textual.app import App

from core import api
from tui.app_port import AppPort
from tui.config.spoken import SpokenLanguage
from tui.keys.commands import AUTO, GLYPH_NAMES, LANGUAGE_NAMES, LAYOUT_NAMES, THEME_NAMES
from tui.keys.handlers import Handlers
from tui.language import LANGUAGES, known_as, tr
from tui.look.glyphs import Glyphs, glyphs_of
from tui.look.palette256 import Exact
from tui.look.pens import Pens
from tui.look.profile import TerminalProfile
from tui.look.themes import THEMES, THEMES_256, drawing_for
from tui.look.tones import Tones
from tui.look.user_themes import WrongTheme, load, names_in
from tui.messages import SettingsChanged
from tui.words.format import listed


class Appearance:
    """Draws an app by a profile of the terminal, with the stored settings laid over it."""

    def __init__(self, app: App[Any], port: AppPort, detected: TerminalProfile, folder: Path | None = None) -> None:
        self._app = app
        self._port = port
        self._detected = detected
        self._folder = folder
        self._own: Tones | None = None  # the person's theme that was read last
        self.pens: Pens
        """What lines are drawn with."""
        self.exact: list[Exact] = []
        """The filter that writes colours of the palette as numbers, where there are 256."""
        self.settings = api.Settings()
        self._language = SpokenLanguage()
        for theme in (*THEMES.values(), *THEMES_256.values()):
            app.register_theme(theme)
        self._draw_by(detected)

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(
            texts={
                "view.theme": self.use_theme,
                "view.glyphs": self.use_glyphs,
                "view.layout": self.use_layout,
                "view.language": self.use_language,
            }
        )

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return glyphs_of(self.profile.glyphs)

    def _draw_by(self, profile: TerminalProfile) -> None:
        self.profile = profile
        app = self._app
        app.animation_level = "full" if profile.animated else "none"
        drawing = drawing_for(profile, self._own)
        if self._own is not None and profile.theme == self._own.name:
            app.register_theme(drawing.theme)
        self.pens = drawing.pens
        self.exact = [Exact()] if drawing.in_256 else []
        app.theme = drawing.theme.name
        app.set_class(profile.low_bandwidth, "low-bandwidth")
        app.set_class(profile.glyphs == "ascii", "ascii")

    def draw_by_settings(self, settings: api.Settings) -> None:
        """Draw by new settings, on every open screen."""
        self.settings = settings
        other_words = self._language.speak(settings.language)
        theme = settings.theme if self._is_known(settings.theme) else ""
        self._draw_by(self._detected.adapted(theme=theme, glyphs=settings.glyphs, low_bandwidth=settings.low_bandwidth))
        for screen in self._app.screen_stack:
            screen.post_message(SettingsChanged(language=other_words))
            for widget in screen.walk_children():  # each keeps what it drew until it is told
                widget.refresh(layout=True)

    @property
    def theme_names(self) -> tuple[str, ...]:
        """What themes can be chosen: ours, then the person's."""
        return (*THEME_NAMES, *names_in(self._folder))

    def _is_known(self, name: str) -> bool:
        """Whether a theme can be drawn; tell why not. One of the person's is read here."""
        if not name or name in THEMES:
            return True
        try:
            if self._folder is None:
                raise WrongTheme(tr("There is no theme {name} on this device.").format(name=name))
            self._own = load(self._folder, name)
        except WrongTheme as error:
            self._port.tell(str(error), "warning")
            return False
        return True

    async def use_theme(self, name: str = "") -> None:
        """Choose colours by name; without one say which there are."""
        said = tr("Colours are one of {names}; now {name}.")
        if self._knows(said, name, self.theme_names, self.settings.theme) and self._is_known(_stored(name)):
            await self._choose(theme=_stored(name))

    async def use_glyphs(self, name: str = "") -> None:
        """Choose the signs by name; without one say which there are."""
        said = tr("Signs are one of {names}; now {name}.")
        if self._knows(said, name, GLYPH_NAMES, self.settings.glyphs):
            await self._choose(glyphs=_stored(name))

    async def use_layout(self, name: str = "") -> None:
        """Choose the layout of messages by name; without one say which there are."""
        said = tr("Layouts are one of {names}; now {name}.")
        if self._knows(said, name, LAYOUT_NAMES, self.settings.layout):
            await self._choose(layout=name)

    async def use_language(self, name: str = "") -> None:
        """Choose the language by its own name or its code; without one say which there are."""
        names = {AUTO: "", **{own: code for code, own in LANGUAGES.items()}}
        code = names.get(name, known_as(name))
        said = tr("Languages are one of {names}; now {name}.")
        if code is not None:
            await self._choose(language=code)
        else:
            self._knows(said, name, LANGUAGE_NAMES, LANGUAGES.get(known_as(self.settings.language) or "", ""))

    def _knows(self, said: str, name: str, names: tuple[str, ...], now: str) -> bool:
        """Return whether ``name`` is one of ``names``; tell which there are if not, in the sentence ``said``."""
        if name not in names:
            told = said.format(names=listed(names), name=now or AUTO)
            self._port.tell(told, "warning" if name else "information")
        return name in names

    async def _choose(self, **changed: str) -> None:
        """Draw by changed settings, then store these."""
        await self._port.apply_settings(msgspec.structs.replace(self.settings, **changed))
        try:
            await self._port.client.call(api.SettingsSet(settings=dict(changed)))
        except api.ApiError as error:
            if error.kind not in {api.Kind.LOCKED, api.Kind.NO_ACCOUNT}:
                self._port.tell_error(error)


def _stored(name: str) -> str:
    """Return how the settings write what is called ``name``: what the terminal calls for is the empty string."""
    return "" if name == AUTO else name
