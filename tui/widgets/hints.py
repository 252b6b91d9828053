"""The last line of a screen: which keys do what, here and now. ``Enter Continue  Esc Back``."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from tui.app_port import app_of

# Arrows for terminals that have none.
_SPELLED = (("↑↓", "Up/Down"), ("←→", "Left/Right"))
_KEY = Style(bold=True)


class Hints(Static):
    """Keys and what they do, as many as fit, the first ones first."""

    DEFAULT_CSS = """
    Hints { dock: bottom; width: 100%; height: 1; padding: 0 1; background: $panel; }
    Hints:ansi { background: ansi_default; }
    """

    def __init__(self, *hints: tuple[str, str], id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._hints = hints

    def show_keys(self, *hints: tuple[str, str]) -> None:
        """Replace the keys shown."""
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def render(self) -> Content:
        """Return what fits."""
        ascii_only = app_of(self).profile.glyphs == "ascii"
        parts: list[str | tuple[str, Style]] = []
        room = self.size.width
        for sign, does in self._hints:
            key = spelled(sign) if ascii_only else sign
            room -= len(key) + 1 + len(does)
            if room < 0:
                break
            parts += [(key, _KEY), f" {does}", "   " if room >= 3 else ""]
            room -= 3
        return Content.assemble(*parts)


def spelled(key: str) -> str:
    """Return a key's name without arrows."""
    for sign, words in _SPELLED:
        key = key.replace(sign, words)
    return key
