"""A QR code in the terminal: black on white whatever the theme, two modules to a cell.

Every cell carries its own foreground and background, so that no theme, tint or transparent terminal gets between the
code and a phone. Where colours are forbidden altogether (``NO_COLOR`` on the terminal's own palette), light modules are
drawn as ink, which is right on a dark terminal; ``invert`` swaps them for a light one. With the ascii glyphs a module
is two characters wide and one row high.
"""

from __future__ import annotations

from itertools import groupby

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.qr import Matrix, matrix_of

# (top is dark, bottom is dark) -> colours of "▀": its ink is the upper half.
_BLACK, _WHITE = "#000000", "#ffffff"
_PAINTED = {
    (top, bottom): (
        "▀" if top != bottom else " ",
        Style(color=_BLACK if top else _WHITE, bgcolor=_BLACK if bottom else _WHITE),
    )
    for top in (False, True)
    for bottom in (False, True)
}
# (top is light, bottom is light) -> a glyph whose ink alone tells the modules.
_INKED = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def strips_of(matrix: Matrix) -> list[Strip]:
    """Return half-block rows with explicit black and white, one cell per column, half a row per module."""
    return [
        Strip([_painted_run(pair, len(list(run))) for pair, run in groupby(zip(upper, lower, strict=True))], len(upper))
        for upper, lower in _row_pairs(matrix)
    ]


def _painted_run(pair: tuple[bool, bool], length: int) -> Segment:
    """Return equal cells as one segment: each segment costs some 40 bytes of colour on the wire."""
    glyph, style = _PAINTED[pair]
    return Segment(glyph * length, style)


def inked_strips_of(matrix: Matrix, *, invert: bool) -> list[Strip]:
    """Return half-block rows without any colour; light modules are ink unless ``invert``."""
    return [
        Strip(
            [Segment("".join(_INKED[up is invert, low is invert] for up, low in zip(*rows, strict=True)))], len(rows[0])
        )
        for rows in _row_pairs(matrix)
    ]


def ascii_strips_of(matrix: Matrix) -> list[Strip]:
    """Return one row of double-width cells per row of modules: ``##`` is light, so that it reads without colours too."""
    light, dark = Segment("##", Style(color=_WHITE, bgcolor=_WHITE)), Segment("  ", Style(color=_BLACK, bgcolor=_BLACK))
    return [Strip([dark if module else light for module in row], 2 * len(row)) for row in matrix]


def _row_pairs(matrix: Matrix) -> list[tuple[tuple[bool, ...], tuple[bool, ...]]]:
    """Return the rows two by two; a last single row gets a light one below."""
    padded = matrix if len(matrix) % 2 == 0 else (*matrix, (False,) * len(matrix[0]))
    return [(padded[at], padded[at + 1]) for at in range(0, len(padded), 2)]


class QrView(Widget):
    """Draws the code of ``text``; as large as the code, never scaled, clipped or scrolled."""

    DEFAULT_CSS = """
    QrView { width: auto; height: auto; }
    """

    text = reactive("", layout=True)
    """What the code says; empty draws nothing."""
    inverted: reactive[bool] = reactive(default=False)
    """Without colours only: ink is dark, for a light terminal."""
    ascii_only: reactive[bool] = reactive(default=False, layout=True)
    """Draw with ``##``, twice as wide and twice as high."""

    def __init__(self, text: str = "", *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's name
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
        matrix = matrix_of(self.text)
        if self.ascii_only:
            self._strips = ascii_strips_of(matrix)
        elif self.app.no_color and self.app.native_ansi_color:
            self._strips = inked_strips_of(matrix, invert=self.inverted)
        else:
            self._strips = strips_of(matrix)
        self.refresh(layout=True)
