"""The lower edge of a frame: which keys do what, here and now. ``Enter go on  ↑↓ move ────── Esc back``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from tui.app_port import app_of
from tui.language import tr
from tui.text.cells import width_of
from tui.widgets.edges import Edge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import RenderResult

# Cells between a hint and the next.
_GAP: Final = 2
# Arrows for terminals that have none.
_SPELLED: Final = (("↑↓", "Up/Down"), ("←→", "Left/Right"))

Hint = tuple[str, str]
"""A key and what it does, marked by ``N_``: it is translated where it is drawn."""


def spelled(key: str) -> str:
    """Return a key's name without arrows."""
    for sign, words in _SPELLED:
        key = key.replace(sign, words)
    return key


def fitting(hints: Sequence[Hint], room: int) -> list[Hint]:
    """Return the hints that fit into ``room`` cells, the first ones first."""
    kept: list[Hint] = []
    for key, does in hints:
        room -= width_of(key) + 1 + width_of(does)
        if room < 0:
            break
        kept.append((key, does))
        room -= _GAP
    return kept


def keys_row(hints: Sequence[Hint]) -> Content:
    """Return hints as words."""
    parts: list[Content] = []
    for key, does in hints:
        parts.append(Content.assemble((key, "bold $bright"), (f" {does}", "$soft")))
    return Content(" " * _GAP).join(parts)


class Hints(Edge):
    """Keys and what they do, as many as fit, the first ones first; Esc stands at the right."""

    corners = (2, 3)

    def __init__(self, *hints: Hint, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints = hints

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What is told."""
        return self._hints

    def show_keys(self, *hints: Hint) -> None:
        """Replace the keys shown."""
        if hints != self._hints:
            self._hints = hints
            self.refresh()

    def render(self) -> RenderResult:
        """Return what fits."""
        ascii_only = app_of(self).profile.glyphs == "ascii"
        counting = ((app_of(self).keys.label(key), tr(does)) for key, does in self._hints)
        hints = [(spelled(key) if ascii_only else key, does) for key, does in counting if key]
        way_back = [hint for hint in hints if hint[0] == "Esc"]
        rest = [hint for hint in hints if hint[0] != "Esc"]
        right = keys_row(fitting(way_back, self.room))
        left = keys_row(fitting(rest, self.room - right.cell_length - _GAP))
        return self.between(left, right)
