"""A picture of a terminal, painted cell by cell from what the screen sends, as a camera would see it.

Letters are left out: only backgrounds and block glyphs matter to whoever reads a code.
"""

from __future__ import annotations

from typing import Any, cast

import zxingcpp
from PIL import Image, ImageDraw
from rich.color import Color
from textual.app import App

# Pixels of a cell; terminals' cells are about twice as high as wide.
CELL = (8, 16)
WHITE_ON_BLACK = ((255, 255, 255), (0, 0, 0))
BLACK_ON_WHITE = ((0, 0, 0), (255, 255, 255))

Rgb = tuple[int, int, int]


def photograph(app: App[Any], palette: tuple[Rgb, Rgb] = WHITE_ON_BLACK) -> Image.Image:
    """Paint what ``app`` shows; ``palette`` is the terminal's own (ink, paper)."""
    wide, high = CELL
    picture = Image.new("RGB", (app.size.width * wide, app.size.height * high), palette[1])
    draw = ImageDraw.Draw(picture)
    for y, strip in enumerate(cast("Any", app.screen)._compositor.render_strips()):
        x = 0
        for text, style, _ in strip:
            ink, paper = palette
            if style is not None:
                ink, paper = _rgb(style.color, ink), _rgb(style.bgcolor, paper)
                if style.reverse:
                    ink, paper = paper, ink
            for glyph in text:
                _paint(draw, (x * wide, y * high), glyph, ink, paper)
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


def _paint(draw: ImageDraw.ImageDraw, corner: tuple[int, int], glyph: str, ink: Rgb, paper: Rgb) -> None:
    wide, high = CELL
    left, top = corner
    middle, bottom, right = top + high // 2, top + high - 1, left + wide - 1
    upper = ink if glyph in "▀█#" else paper
    lower = ink if glyph in "▄█#" else paper
    draw.rectangle((left, top, right, middle - 1), fill=upper)
    draw.rectangle((left, middle, right, bottom), fill=lower)
