"""The name, said more and more quietly: ``s o t t o v o c e``. Where the line is fast it is said letter by letter."""

from __future__ import annotations

from typing import Final

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tui.app_port import app_of

_NAME: Final = "sottovoce"
# Seconds for a letter.
PACE: Final = 0.045
# The ink of each letter, from the loudest; without colours the first are bold and the last dim.
_INKS: Final = ("bold $bright",) * 2 + ("bold $ink",) * 2 + ("$ink",) + ("$soft",) * 3 + ("$soft dim",)


class Wordmark(Widget):
    """One row."""

    DEFAULT_CSS = "Wordmark { width: 1fr; height: 1; content-align: center middle; }"

    def __init__(self) -> None:
        super().__init__()
        self._said = len(_NAME)

    def on_mount(self) -> None:
        """Begin to say it."""
        if app_of(self).profile.animated:
            self._said = 1
            self._timer = self.set_interval(PACE, self._say_on)

    def _say_on(self) -> None:
        self._said += 1
        self.refresh()
        if self._said >= len(_NAME):
            self._timer.stop()

    def render(self) -> RenderResult:
        """Return the name, spaced."""
        letters = [
            (letter if at < self._said else " ", ink) for at, (letter, ink) in enumerate(zip(_NAME, _INKS, strict=True))
        ]
        return Content.assemble(*(part for letter in letters for part in (letter, " ")))
