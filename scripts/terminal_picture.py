"""A terminal as a picture, cell by cell: letters by a font, boxes and blocks as shapes that meet at the cells' edges."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from PIL import Image, ImageDraw, ImageFont
from rich.cells import split_graphemes
from rich.color import Color
from rich.style import Style
from textual.app import App

FONT, BOLD_FONT = "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"
# At this size a letter is 12 pixels wide, and a cell twice as high.
FONT_SIZE = 20
WIDE, HIGH = 12, 24
# Pixels from a cell's top to the foot of its letters.
BASELINE = 18
# Pixels around the terminal.
MARGIN = 12
# A terminal's own colours, where a theme leaves them to it.
INK, PAPER = (215, 221, 229), (17, 21, 27)
# What a dim letter keeps of its ink.
DIM = 0.6
# Colours in the file: a screen has some twenty, and the edges of letters their mixtures.
PALETTE = 128
STROKE = 2

Rgb = tuple[int, int, int]
Box = tuple[int, int, int, int]

# Arms of box-drawing characters: left, right, up, down.
ARMS = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
    "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud", "━": "lr", "┃": "ud",
}  # fmt: skip


def paint(app: App[Any]) -> Image.Image:
    """Paint what ``app`` shows."""
    picture = Image.new("RGB", (app.size.width * WIDE + 2 * MARGIN, app.size.height * HIGH + 2 * MARGIN), PAPER)
    canvas = ImageDraw.Draw(picture)
    shown, behind = cast("Any", app.screen)._compositor, cast("Any", app)._background_screens
    update = shown.render_update(full=True, screen_stack=behind, simplify=True)
    for row, strips in enumerate(update.strips):
        column = 0
        for text, style, _ in (segment for strip in strips for segment in strip):
            column = _paint_text(canvas, column, row, text, style or Style())
    return picture.quantize(PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def _paint_text(canvas: ImageDraw.ImageDraw, column: int, row: int, text: str, style: Style) -> int:
    """Paint one run of cells; returns the column behind it."""
    ink, paper = _colours(style)
    for start, end, cells in split_graphemes(text)[0]:
        left, top = MARGIN + column * WIDE, MARGIN + row * HIGH
        cell = (left, top, left + cells * WIDE - 1, top + HIGH - 1)
        canvas.rectangle(cell, fill=paper)
        if (glyph := text[start:end]) != " ":
            _paint_glyph(canvas, cell, glyph, ink, bold=bool(style.bold))
        if style.underline:
            canvas.rectangle((left, top + BASELINE + 2, cell[2], top + BASELINE + 3), fill=ink)
        column += cells
    return column


def _colours(style: Style) -> tuple[Rgb, Rgb]:
    ink, paper = _rgb(style.color, INK), _rgb(style.bgcolor, PAPER)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = cast("Rgb", tuple(round(DIM * own + (1 - DIM) * ground) for own, ground in zip(ink, paper, strict=True)))
    return ink, paper


def _rgb(colour: Color | None, default: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return default
    triplet = colour.get_truecolor()
    return (triplet.red, triplet.green, triplet.blue)


def _paint_glyph(canvas: ImageDraw.ImageDraw, cell: Box, glyph: str, ink: Rgb, *, bold: bool) -> None:
    left, top, _, _ = cell
    if glyph in ARMS:
        for arm in ARMS[glyph]:
            canvas.rectangle(_arm(cell, arm), fill=ink)
    elif (block := _block(cell, glyph)) is not None:
        canvas.rectangle(block, fill=ink)
    else:
        canvas.text((left, top + BASELINE), glyph, fill=ink, font=_font(BOLD_FONT if bold else FONT), anchor="ls")


def _arm(cell: Box, arm: str) -> Box:
    """Return the stroke from a cell's middle to one of its edges."""
    left, top, right, bottom = cell
    x, y = (left + right) // 2, (top + bottom) // 2
    ends = {
        "l": (left, y, x + STROKE - 1, y + STROKE - 1),
        "r": (x, y, right, y + STROKE - 1),
        "u": (x, top, x + STROKE - 1, y + STROKE - 1),
        "d": (x, y, x + STROKE - 1, bottom),
    }
    return ends[arm]


def _block(cell: Box, glyph: str) -> Box | None:
    """Return the part of a cell that a block element fills."""
    left, top, right, bottom = cell
    if "▁" <= glyph <= "█":  # one to eight eighths from below
        return (left, bottom + 1 - HIGH * (ord(glyph) - ord("▁") + 1) // 8, right, bottom)
    if "▉" <= glyph <= "▏":  # seven eighths to one from the left
        return (left, top, left + round(WIDE * (ord("▏") - ord(glyph) + 1) / 8) - 1, bottom)
    parts: dict[str, Box] = {
        "▀": (left, top, right, top + HIGH // 2 - 1),
        "▔": (left, top, right, top + HIGH // 8 - 1),
        "▐": (left + WIDE // 2, top, right, bottom),
        "▕": (right - 1, top, right, bottom),
    }
    return parts.get(glyph)


@lru_cache
def _font(name: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(name, FONT_SIZE)
