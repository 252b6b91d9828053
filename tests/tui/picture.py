"""A picture of a terminal, painted cell by cell from what the screen sends, as a camera would see it.

Letters are left out: only grounds, block glyphs and the hash matter to whoever reads a code. Terminals draw blocks by their
font, so they rarely meet at the edges of cells: ``Face`` says how much is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple, cast

import zxingcpp
from PIL import Image, ImageDraw
from rich.color import Color
from rich.segment import Segment
from textual.app import App
from textual.geometry import Size


class Face(NamedTuple):
    """A font at one size: the pixels of a cell, the row at which its lower half block begins, and how much ink its blocks
    leave in the first and the last row.
    """

    wide: int
    high: int
    middle: float
    first: float = 1.0
    last: float = 1.0


# Blocks that meet; cells are about twice as high as wide.
FULL: Final = Face(8, 16, 8)
# As xterm draws DejaVu Sans Mono at 8, 9, 10, 11, 12, 13, 14 and 16 points, measured pixel by pixel.
XTERM: Final = (
    Face(7, 14, 7.04, 0.56, 0.66), Face(8, 15, 7.69, 0.96, 1.0), Face(8, 17, 8.04, 1.0, 0.31), Face(9, 19, 9.86, 0.14, 0.96),
    Face(10, 20, 10.14, 0.88, 1.0), Face(11, 22, 10.95, 0.97, 0.71), Face(12, 24, 12.37, 0.05, 0.96),
    Face(13, 27, 13.12, 0.96, 0.35),
)  # fmt: skip
# Bitmap fonts whose blocks end one row below the top.
BITMAP: Final = (Face(8, 16, 8, 0.0), Face(9, 18, 9, 0.0), Face(10, 20, 10, 0.0))
WHITE_ON_BLACK: Final = ((255, 255, 255), (0, 0, 0))
BLACK_ON_WHITE: Final = ((0, 0, 0), (255, 255, 255))
# Where the strokes of a hash are, in parts of a cell, and how thick.
_UPRIGHT, _LEVEL, _STROKE = (0.3, 0.65), (0.4, 0.6), 0.1

Rgb = tuple[int, int, int]


def photograph(app: App[Any], palette: tuple[Rgb, Rgb] = WHITE_ON_BLACK, face: Face = FULL) -> Image.Image:
    """Paint what ``app`` shows; ``palette`` is the terminal's own (ink, paper)."""
    return paint(cast("Any", app.screen)._compositor.render_strips(), app.size, palette, face)


def paint(rows: Iterable[Iterable[Segment]], size: Size, palette: tuple[Rgb, Rgb], face: Face) -> Image.Image:
    """Paint rows of text on a terminal of ``size``."""
    picture = Image.new("RGB", (size.width * face.wide, size.height * face.high), palette[1])
    draw = ImageDraw.Draw(picture)
    for y, row in enumerate(rows):
        x = 0
        for text, style, _ in row:
            ink, paper = palette
            if style is not None:
                ink, paper = _rgb(style.color, ink), _rgb(style.bgcolor, paper)
                if style.reverse:
                    ink, paper = paper, ink
            for glyph in text:
                _paint_cell(draw, (x * face.wide, y * face.high), glyph, (ink, paper), face)
                x += 1
    return picture


def codes_in(picture: Image.Image) -> list[str]:
    """Return the texts of the QR codes a camera would find."""
    return [code.text for code in zxingcpp.read_barcodes(picture, try_invert=False)]


def _rgb(colour: Color | None, default: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return default
    triplet = colour.get_truecolor()
    return (triplet.red, triplet.green, triplet.blue)


def _paint_cell(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], glyph: str, pen: tuple[Rgb, Rgb], face: Face
) -> None:
    left, top = corner
    right = left + face.wide - 1
    draw.rectangle((left, top, right, top + face.high - 1), fill=pen[1])
    if glyph == "#":
        _paint_hash(draw, corner, pen[0], face)
    elif glyph in "▀▄█":
        for row in range(face.high):
            if share := _share(glyph, row, face):
                draw.line((left, top + row, right, top + row), fill=_mixture(pen, share))


def _share(glyph: str, row: int, face: Face) -> float:
    """Return how much of a row of pixels a block fills; the one in which the halves meet is filled by both in part."""
    above = min(1.0, max(0.0, face.middle - row))
    share = {"▀": above, "▄": 1.0 - above, "█": 1.0}[glyph]
    return share * (face.first if row == 0 else face.last if row == face.high - 1 else 1.0)


def _mixture(pen: tuple[Rgb, Rgb], share: float) -> Rgb:
    return cast("Rgb", tuple(round(share * ink + (1 - share) * paper) for ink, paper in zip(*pen, strict=True)))


def _paint_hash(draw: ImageDraw.ImageDraw, corner: tuple[int, int], ink: Rgb, face: Face) -> None:
    left, top = corner
    width = max(1, round(_STROKE * face.wide))
    for part in _UPRIGHT:
        x = left + round(part * face.wide)
        draw.line((x, top + face.high // 5, x, top + 4 * face.high // 5), fill=ink, width=width)
    for part in _LEVEL:
        y = top + round(part * face.high)
        draw.line((left, y, left + face.wide - 1, y), fill=ink, width=width)
