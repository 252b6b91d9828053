"""A terminal as a picture, cell by cell: letters by a font, boxes and blocks as shapes that meet at the cells' edges.

Several terminals side by side are a sheet, each with its name above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from unicodedata import category

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len

from scripts.pictures.cells import INK, PAPER, Cells, Look, graphemes

# Debian: fonts-dejavu-core, fonts-noto-cjk, fonts-noto-color-emoji. Emoji are bitmaps of one size.
FONT: Final = "DejaVuSansMono.ttf"
BOLD_FONT: Final = "DejaVuSansMono-Bold.ttf"
CJK_FONT: Final = "NotoSansCJK-Regular.ttc"
EMOJI_FONT: Final = "NotoColorEmoji.ttf"
EMOJI_SIZE: Final = 109
# At this size a letter is 12 pixels wide, and a cell twice as high.
FONT_SIZE: Final = 20
WIDE: Final = 12
HIGH: Final = 24
# Pixels from a cell's top to the foot of its letters.
BASELINE: Final = 18
# Pixels around the terminal.
MARGIN: Final = 12
# Colours in the file: those of the terminals first, and then the mixtures at the edges of letters. Left to itself a palette
# has neither amber nor red, which are rare and mean something.
PALETTE: Final = 256
FEWEST_MIXED: Final = 64
STROKE: Final = 2
# What makes a sign an emoji: it is asked for as one, or it is a symbol two cells wide.
VARIATION: Final = "\ufe0f"
# Sheets: pixels between terminals, for a name above each, and what is behind them.
GAP: Final = 16
CAPTION: Final = 26
CAPTION_SIZE: Final = 16
DESK: Final = (58, 64, 76)

Box = tuple[int, int, int, int]

# Arms of box-drawing characters: left, right, up, down.
ARMS = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
    "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru", "┼": "lrud", "━": "lr", "┃": "ud",
}  # fmt: skip


def paint(cells: Cells) -> Image.Image:
    """Paint a terminal."""
    picture = Image.new("RGB", (cells.columns * WIDE + 2 * MARGIN, len(cells.rows) * HIGH + 2 * MARGIN), PAPER)
    canvas = ImageDraw.Draw(picture)
    for number, row in enumerate(cells.rows):
        for run in row:
            for column, width, glyph in graphemes(run):
                left, top = MARGIN + column * WIDE, MARGIN + number * HIGH
                _paint_cell(picture, canvas, (left, top, left + width * WIDE - 1, top + HIGH - 1), glyph, run.look)
    return picture


def small(picture: Image.Image, *shown: Cells) -> Image.Image:
    """Return a picture with few enough colours for a small file: all of what is ``shown`` on it, and the rest as it fits."""
    looks = {run.look for cells in shown for row in cells.rows for run in row}
    first = sorted({look.ink for look in looks} | {look.paper for look in looks})[: PALETTE - FEWEST_MIXED]
    mixed = picture.quantize(PALETTE - len(first), method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in first for part in colour] + (mixed.getpalette() or []))
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


class Shown(NamedTuple):
    """A terminal on a sheet."""

    name: str
    cells: Cells
    scale: float = 0.5


def sheet(rows: Sequence[Sequence[Shown]]) -> Image.Image:
    """Return terminals in rows, each with its name above it."""
    scaled = [[_scaled(each) for each in row] for row in rows]
    wide = max(sum(each.width + GAP for each in row) for row in scaled) + GAP
    high = sum(max(each.height for each in row) + CAPTION + GAP for row in scaled) + GAP
    desk = Image.new("RGB", (wide, high), DESK)
    canvas = ImageDraw.Draw(desk)
    top = GAP
    for row, pictures in zip(rows, scaled, strict=True):
        left = GAP
        for shown, picture in zip(row, pictures, strict=True):
            canvas.text((left, top + CAPTION - 8), shown.name, fill=INK, font=_font(FONT, CAPTION_SIZE), anchor="ls")
            desk.paste(picture, (left, top + CAPTION))
            left += picture.width + GAP
        top += max(each.height for each in pictures) + CAPTION + GAP
    return small(desk, *(shown.cells for row in rows for shown in row))


def _scaled(shown: Shown) -> Image.Image:
    picture = paint(shown.cells)
    size = (round(picture.width * shown.scale), round(picture.height * shown.scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _paint_cell(picture: Image.Image, canvas: ImageDraw.ImageDraw, cell: Box, glyph: str, look: Look) -> None:
    left, top, right, _ = cell
    canvas.rectangle(cell, fill=look.paper)
    if glyph in ARMS:
        for arm in ARMS[glyph]:
            canvas.rectangle(_arm(cell, arm), fill=look.ink)
    elif (block := block_of(cell, glyph)) is not None:
        canvas.rectangle(block, fill=look.ink)
    elif is_emoji(glyph):
        _paint_emoji(picture, cell, glyph)
    elif glyph != " ":
        is_wide = cell_len(glyph) > 1
        font = _font(CJK_FONT if is_wide else BOLD_FONT if look.bold else FONT, FONT_SIZE)
        canvas.text((left, top + BASELINE), glyph, fill=look.ink, font=font, anchor="ls")
    if look.underline:
        canvas.rectangle((left, top + BASELINE + 2, right, top + BASELINE + 3), fill=look.ink)


def is_emoji(glyph: str) -> bool:
    """Whether a sign is a small picture and no letter."""
    return VARIATION in glyph or (cell_len(glyph) == 2 and category(glyph[0]) == "So")


def _paint_emoji(picture: Image.Image, cell: Box, glyph: str) -> None:
    left, top, right, _ = cell
    drawn = _emoji(glyph, right + 1 - left)
    picture.paste(drawn, (left, top + (HIGH - drawn.height) // 2), drawn)


@lru_cache
def _emoji(glyph: str, width: int) -> Image.Image:
    font = _font(EMOJI_FONT, EMOJI_SIZE)
    large = Image.new("RGBA", (136, 128), (0, 0, 0, 0))
    ImageDraw.Draw(large).text((0, 0), glyph, font=font, embedded_color=True)
    return large.resize((width, round(width * 128 / 136)), Image.Resampling.LANCZOS)


def _arm(cell: Box, arm: str) -> Box:
    """Return the stroke from a cell's middle to one of its edges."""
    left, top, right, bottom = cell
    x, y = left + WIDE // 2, top + HIGH // 2  # even, so that a picture of half the size has it sharp
    ends = {
        "l": (left, y, x + STROKE - 1, y + STROKE - 1),
        "r": (x, y, right, y + STROKE - 1),
        "u": (x, top, x + STROKE - 1, y + STROKE - 1),
        "d": (x, y, x + STROKE - 1, bottom),
    }
    return ends[arm]


def block_of(cell: Box, glyph: str) -> Box | None:
    """Return the part of a cell that a block element fills."""
    left, top, right, bottom = cell
    wide, high = right + 1 - left, bottom + 1 - top
    if "▁" <= glyph <= "█":  # one to eight eighths from below
        return (left, bottom + 1 - high * (ord(glyph) - ord("▁") + 1) // 8, right, bottom)
    if "▉" <= glyph <= "▏":  # seven eighths to one from the left
        return (left, top, left + round(wide * (ord("▏") - ord(glyph) + 1) / 8) - 1, bottom)
    parts: dict[str, Box] = {
        "▀": (left, top, right, top + high // 2 - 1),
        "▔": (left, top, right, top + high // 8 - 1),
        "▐": (left + wide // 2, top, right, bottom),
        "▕": (right - 1, top, right, bottom),
        "▖": (left, top + high // 2, left + wide // 2 - 1, bottom),
        "▗": (left + wide // 2, top + high // 2, right, bottom),
        "▘": (left, top, left + wide // 2 - 1, top + high // 2 - 1),
        "▝": (left + wide // 2, top, right, top + high // 2 - 1),
    }
    return parts.get(glyph)


@lru_cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(name, size)
