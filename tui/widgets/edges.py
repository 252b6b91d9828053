"""The edges of a frame: its title in the upper one, its keys in the lower one, so that both cost no row of their own.

    ╭ Settings ─────────────────── 2 of 3 ╮
    ╰ ↑↓ move  ←→ change ─────── Esc back ╯

A page or a sheet stacks upper edge, body and lower edge; the body's sides are borders of its style sheet. Where a terminal
is too narrow for sides (``BARE``), the edges are plain rows, without corners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.widget import Widget

from tui.app_port import app_of
from tui.text.cells import width_of
from tui.text.sanitize import fit

if TYPE_CHECKING:
    from textual.app import RenderResult

# Columns below which frames have no sides.
BARE: Final = 44
# Cells of a title that a note leaves.
SHORTEST_TITLE: Final = 12


class Edge(Widget):
    """One edge of a frame. ``framed`` is whether it has corners."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Edge { height: 1; width: 1fr; color: $self; text-wrap: nowrap; }
    .-bare Edge { background: $panel; }
    """
    corners = (0, 1)

    @property
    def framed(self) -> bool:
        """Whether the frame has sides here."""
        return not self.screen.has_class("-bare")

    def between(self, left: Content, right: Content) -> Content:
        """Return both ends with the line between them."""
        if not self.framed:
            filling = " " * max(1, self.size.width - 2 - left.cell_length - right.cell_length)
            return Content.assemble(" ", left, filling, right)
        signs = app_of(self).glyphs.corners
        start, end, line = signs[self.corners[0]], signs[self.corners[1]], signs[4]
        left = Content.assemble(start, " ", left, " ") if left else Content(start + line)
        right = Content.assemble(" ", right, " ", end) if right else Content(line + end)
        return Content.assemble(left, line * max(0, self.size.width - left.cell_length - right.cell_length), right)

    @property
    def room(self) -> int:
        """Cells for words."""
        return self.size.width - (6 if self.framed else 3)


class UpperEdge(Edge):
    """A title, and at the right how far one is, or how much there is."""

    def __init__(self, title: str = "", note: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title, self._note = title, note

    def say(self, title: str, note: str = "") -> None:
        """Show another title."""
        if (title, note) != (self._title, self._note):
            self._title, self._note = title, note
            self.refresh()

    def note(self, note: str) -> None:
        """Show another note beside the same title."""
        self.say(self._title, note)

    def render(self) -> RenderResult:
        """Return the row."""
        note = self._note if width_of(self._note) + SHORTEST_TITLE <= self.room else ""
        title = fit(self._title, self.room - width_of(note), app_of(self).glyphs.ellipsis)
        return self.between(
            Content.styled(title, "bold $bright") if title else Content(""),
            Content.styled(note, "$soft") if note else Content(""),
        )
