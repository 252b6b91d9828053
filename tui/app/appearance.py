"""How the program looks: colours and signs, detected, stored, and drawn anew everywhere as soon as they change.

There is one truth, the stored settings; ``/theme``, the palette and the settings screen all change it. While the account is
locked nothing can be stored, and the choice is for this run.
"""

from __future__ import annotations

import msgspec
from textual.app import ReturnType

from core import api
from tui.app.faults import FaultsApp
from tui.app_port import app_of
from tui.keys.commands import AUTO, GLYPH_NAMES, THEME_NAMES
from tui.look.glyphs import Glyphs, glyphs_of
from tui.look.profile import TerminalProfile
from tui.look.themes import THEMES, THEMES_256, VARIABLE_DEFAULTS, theme_for
from tui.messages import SettingsChanged


class LooksApp(FaultsApp[ReturnType], inherit_bindings=False):
    """An app that is drawn by a profile of the terminal, with the stored settings laid over it."""

    client: api.Client
    settings: api.Settings
    profile: TerminalProfile
    _detected: TerminalProfile

    def begin_looks(self, profile: TerminalProfile) -> None:
        """Draw by what was detected, until the settings are read."""
        self._detected = profile
        for theme in (*THEMES.values(), *THEMES_256.values()):
            self.register_theme(theme)
        self._draw_by(profile)

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return glyphs_of(self.profile.glyphs)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give built-in themes the variables that only ours define."""
        return VARIABLE_DEFAULTS

    def _draw_by(self, profile: TerminalProfile) -> None:
        self.profile = profile
        self.animation_level = "full" if profile.animated else "none"
        self.theme = theme_for(profile).name
        self.set_class(profile.low_bandwidth, "low-bandwidth")
        self.set_class(profile.glyphs == "ascii", "ascii")

    def draw_by_settings(self, settings: api.Settings) -> None:
        """Draw by new settings, on every open screen."""
        self.settings = settings
        self._draw_by(
            self._detected.adapted(theme=settings.theme, glyphs=settings.glyphs, low_bandwidth=settings.low_bandwidth)
        )
        for screen in self.screen_stack:
            screen.post_message(SettingsChanged())
            for widget in screen.walk_children():  # each keeps what it drew until it is told
                widget.refresh(layout=True)

    async def action_use_theme(self, name: str = "") -> None:
        """Choose colours by name; without one say which there are."""
        await self._choose("theme", "Colours", name, THEME_NAMES)

    async def action_use_glyphs(self, name: str = "") -> None:
        """Choose the signs by name; without one say which there are."""
        await self._choose("glyphs", "Signs", name, GLYPH_NAMES)

    async def _choose(self, field: str, what: str, name: str, names: tuple[str, ...]) -> None:
        if name not in names:
            now = getattr(self.settings, field) or AUTO
            app_of(self).tell(f"{what} are one of {', '.join(names)}; now {now}.", "warning" if name else "information")
            return
        chosen = {field: "" if name == AUTO else name}
        settings = msgspec.structs.replace(self.settings, **chosen)
        await app_of(self).apply_settings(settings)
        try:
            await self.client.call(api.SettingsSet(settings=settings))
        except api.ApiError as error:
            if error.kind not in {api.Kind.LOCKED, api.Kind.NO_ACCOUNT}:
                app_of(self).tell_error(error)
