"""A QR code in the terminal: dark on light whatever the theme, two modules to a cell.

A cell is drawn by its ground and by one glyph, the lower half block, where its two modules differ. Never the upper one:
fonts' blocks often end short of a cell's top, and the ground that shows there, a line through every row, keeps cameras
from reading. Where only ascii is drawn a module is two blank cells in a row of its own, all ground.

With colours the two pens are black on white and white on black, so that no theme, tint or transparent terminal gets
between the code and a phone. Without (``NO_COLOR``) they are the terminal's own pen and its reverse: right on a dark
terminal, and ``inverted`` on a light one.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.text.qr_code import LEAST_QUIET, Matrix, Quiet, matrix_of

if TYPE_CHECKING:
    from collections.abc import Iterable


class Pens(NamedTuple):
    """How a cell is drawn by its ground."""

    on_light: Style
    on_dark: Style


_BLACK, _WHITE = "#000000", "#ffffff"
PAINTED: Final = Pens(Style(color=_BLACK, bgcolor=_WHITE), Style(color=_WHITE, bgcolor=_BLACK))
# Of a terminal that writes light on dark, and of one that writes dark on light.
_OF_DARK: Final = Pens(Style(reverse=True), Style())
_OF_LIGHT: Final = Pens(Style(), Style(reverse=True))

# A glyph, and whether its ground is dark.
_Cell = tuple[str, bool]


def strips_of(matrix: Matrix, pens: Pens = PAINTED, *, ascii_only: bool = False) -> list[Strip]:
    """Return the rows of cells: half a row and one column per module, in ascii a row and two columns."""
    rows = _wide_cells(matrix) if ascii_only else _half_cells(matrix)
    return [_strip(row, pens) for row in rows]


def _half_cells(matrix: Matrix) -> Iterable[list[_Cell]]:
    """Yield the rows two by two; a last single row gets a light one below."""
    padded = matrix if len(matrix) % 2 == 0 else (*matrix, (False,) * len(matrix[0]))
    for upper, lower in zip(padded[::2], padded[1::2], strict=True):
        yield [(" " if above == below else "▄", above) for above, below in zip(upper, lower, strict=True)]


def _wide_cells(matrix: Matrix) -> Iterable[list[_Cell]]:
    for row in matrix:
        yield [("  ", dark) for dark in row]


def _strip(row: list[_Cell], pens: Pens) -> Strip:
    """Return a row, equal cells as one segment: each segment costs some 40 bytes of colour on the wire."""
    return Strip(
        Segment(glyph * len(list(run)), pens.on_dark if dark else pens.on_light) for (glyph, dark), run in groupby(row)
    )


class QrView(Widget):
    """Draws the code of ``text``; as large as the code, never scaled, clipped or scrolled."""

    DEFAULT_CSS = """
    QrView { width: auto; height: auto; }
    """

    text = reactive("", layout=True)
    """What the code says; empty draws nothing."""
    inverted: reactive[bool] = reactive(default=False)
    """Without colours only: the terminal writes dark on light."""
    ascii_only: reactive[bool] = reactive(default=False, layout=True)
    """Draw without half blocks, twice as wide and twice as high."""
    quiet: reactive[Quiet] = reactive(LEAST_QUIET, layout=True)
    """White around the code."""

    def __init__(self, text: str = "", *, ascii_only: bool = False, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []
        self.set_reactive(QrView.text, text)
        self.set_reactive(QrView.ascii_only, ascii_only)

    def on_mount(self) -> None:
        """Draw what was given."""
        self._draw()

    def watch_text(self) -> None:
        """Draw anew."""
        self._draw()

    def watch_inverted(self) -> None:
        """Draw anew."""
        self._draw()

    def watch_ascii_only(self) -> None:
        """Draw anew."""
        self._draw()

    def watch_quiet(self) -> None:
        """Draw anew."""
        self._draw()

    def size_with(self, quiet: Quiet) -> Size:
        """Return the cells that the whole code needs with so much white around it."""
        if not self.text:
            return Size(0, 0)
        rows = matrix_of(self.text, quiet)
        return Size(2 * len(rows[0]), len(rows)) if self.ascii_only else Size(len(rows[0]), -(-len(rows) // 2))

    @property
    def code_size(self) -> Size:
        """Cells the whole code needs."""
        return Size(self._strips[0].cell_length, len(self._strips)) if self._strips else Size(0, 0)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the code's width."""
        return self.code_size.width

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the code's height."""
        return self.code_size.height

    def render_line(self, y: int) -> Strip:
        """Return one row of cells."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width)

    def _draw(self) -> None:
        if not self.text:
            self._strips = []
            return
        pens = PAINTED if not self.app.no_color else _OF_LIGHT if self.inverted else _OF_DARK
        self._strips = strips_of(matrix_of(self.text, self.quiet), pens, ascii_only=self.ascii_only)
        self.refresh(layout=True)
