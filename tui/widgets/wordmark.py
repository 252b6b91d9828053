"""The program's name, said more and more quietly: ``s o t t o v o c e``."""

from __future__ import annotations

from typing import Final

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

_NAME: Final = "sottovoce"
# The ink of each letter, from the loudest; without colours the first are bold and the last dim.
_INKS: Final = ("bold $bright",) * 2 + ("bold $ink",) * 2 + ("$ink",) + ("$soft",) * 3 + ("$soft dim",)


class Wordmark(Widget):
    """One row."""

    DEFAULT_CSS = "Wordmark { width: 1fr; height: 1; content-align: center middle; }"

    def render(self) -> RenderResult:
        """Return the name, spaced."""
        letters = [(letter, ink) for letter, ink in zip(_NAME, _INKS, strict=True)]
        return Content.assemble(*(part for letter in letters for part in (letter, " "))).rstrip()
