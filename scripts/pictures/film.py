"""What a terminal showed over a time, as one animated SVG.

It has no script, no fonts and nothing from elsewhere, so that it moves in a README.

All pictures stand below each other on a strip, and one CSS animation moves the strip by whole pictures. Rows are drawn once
however often they are shown. Letters are put where their cells are, whatever the reader's monospaced font is; boxes and
blocks are shapes. Who asked their system for less motion sees one picture, chosen by who made the film.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from scripts.pictures.cells import INK, PAPER, Cells, Look, Rgb, Row, Run, graphemes
from scripts.pictures.png import ARMS, block_of, is_emoji

WIDE: Final = 10
HIGH: Final = 20
BASELINE: Final = 15
FONT: Final = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace"
# Units: letters of this size are about a cell wide; around the terminal; the line of words below it.
LETTER: Final = 16.4
MARGIN: Final = 12
CAPTION: Final = 34
STROKE: Final = 1.4
DECIMALS: Final = 3


class Frame(NamedTuple):
    """What is shown, for how many seconds, and what is said about it."""

    cells: Cells
    seconds: float
    caption: str = ""


def merged(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames of which no two neighbours are the same."""
    kept: list[Frame] = []
    for frame in frames:
        if kept and kept[-1].cells == frame.cells and kept[-1].caption == frame.caption:
            kept[-1] = kept[-1]._replace(seconds=kept[-1].seconds + frame.seconds)
        else:
            kept.append(frame)
    return kept


def svg_of(frames: Sequence[Frame], title: str, still: int = -1) -> str:
    """Return the film; ``still`` is the number of the frame for who wants no motion."""
    shown = merged(frames)
    wide = shown[0].cells.columns * WIDE + 2 * MARGIN
    step = len(shown[0].cells.rows) * HIGH + CAPTION
    strip = _Strip(step)
    pictures = [strip.picture(frame, number) for number, frame in enumerate(shown)]
    high = step + 2 * MARGIN
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {wide} {high}"'
        f' width="{wide}" height="{high}" role="img"><title>{escape(title)}</title>',
        f"<style>{_motion(shown, step, shown.index(merged(frames)[still]))}{strip.styles()}</style>",
        f"<defs>{''.join(strip.rows())}</defs>",
        f'<rect width="{wide}" height="{high}" rx="8" fill="{_hex(PAPER)}"/>',
        f'<svg x="{MARGIN}" y="{MARGIN}" width="{wide - 2 * MARGIN}" height="{step}"><g class="strip">',
        *pictures,
        "</g></svg></svg>\n",
    ))  # fmt: skip


def _motion(frames: Sequence[Frame], step: int, still: int) -> str:
    """Return the animation: which part of the strip is seen from when on."""
    total = sum(frame.seconds for frame in frames)
    steps, at = list[str](), 0.0
    for number, frame in enumerate(frames):
        steps.append(f"{round(100 * at / total, DECIMALS):g}%{{transform:translateY({-number * step}px)}}")
        at += frame.seconds
    return (
        f"@keyframes k{{{''.join(steps)}}}"
        f".strip{{animation:k {total:.1f}s step-end infinite}}"
        f"@media(prefers-reduced-motion:reduce){{.strip{{animation:none;transform:translateY({-still * step}px)}}}}"
        f"text{{font:{LETTER}px {FONT};white-space:pre}}.b{{font-weight:bold}}"
    )


class _Strip:
    """Collects rows and colours while pictures are laid out."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._numbers: dict[Row, int] = {}
        self._colours: dict[Rgb, str] = {}

    def picture(self, frame: Frame, number: int) -> str:
        """Return one picture: references to its rows."""
        uses = []
        for y, row in enumerate(frame.cells.rows):
            if _is_blank(row):
                continue
            of_row = self._numbers.setdefault(row, len(self._numbers))
            uses.append(f'<use xlink:href="#r{of_row}"{_attribute("y", number * self._step + y * HIGH)}/>')
        if frame.caption:
            foot = number * self._step + len(frame.cells.rows) * HIGH + CAPTION - 8
            middle = frame.cells.columns * WIDE // 2
            style = f'class="{self._colour(INK)}" text-anchor="middle"'
            uses.append(f'<text x="{middle}" y="{foot}" {style}>{escape(frame.caption)}</text>')
        return "".join(uses)

    def rows(self) -> Iterator[str]:
        """Give what each row looks like."""
        for row, number in self._numbers.items():
            papers = "".join(self._paper(run) for run in row if run.look.paper != PAPER)
            yield f'<g id="r{number}">{papers}{"".join(self._letters(row))}</g>'

    def styles(self) -> str:
        """Return the colours as classes."""
        for row in self._numbers:
            for run in row:
                self._colour(run.look.ink)
                self._colour(run.look.paper)
        return "".join(f".{name}{{fill:{_hex(colour)}}}" for colour, name in self._colours.items())

    def _colour(self, colour: Rgb) -> str:
        return self._colours.setdefault(colour, f"c{len(self._colours)}")

    def _paper(self, run: Run) -> str:
        place = f'{_attribute("x", run.column * WIDE)} width="{run.width * WIDE}"'
        return f'<rect{place} height="{HIGH}" class="{self._colour(run.look.paper)}"/>'

    def _letters(self, row: Row) -> Iterator[str]:
        for run in row:
            shapes, words = list[str](), _Words(self._colour(run.look.ink), run.look)
            for column, width, glyph in graphemes(run):
                cell = (column * WIDE, 0, (column + width) * WIDE - 1, HIGH - 1)
                if glyph in ARMS:
                    shapes.append(_arms(column * WIDE, ARMS[glyph]))
                    words.end()
                elif (block := block_of(cell, glyph)) is not None:
                    left, top, right, bottom = block
                    shapes.append(f"M{left} {top}h{right + 1 - left}v{bottom + 1 - top}h{left - right - 1}z")
                    words.end()
                else:
                    words.take(column, width, glyph)
            words.end()
            if shapes:
                yield f'<path class="{self._colour(run.look.ink)}" d="{"".join(shapes)}"/>'
            yield from words.done


class _Words:
    """Words, each at its own place and as wide as its cells, whatever the font."""

    def __init__(self, colour: str, look: Look) -> None:
        self._class = f'class="{colour}{" b" if look.bold else ""}"'
        self._more = ' text-decoration="underline"' if look.underline else ""
        self._column = self._width = 0
        self._text = ""
        self.done: list[str] = []

    def take(self, column: int, width: int, glyph: str) -> None:
        """Take a letter in."""
        if is_emoji(glyph):
            self.end()
        if glyph == " ":
            self.end()
            return
        if not self._text:
            self._column = column
        self._text += glyph
        self._width = column + width - self._column
        if is_emoji(glyph):
            self.end()

    def end(self) -> None:
        """End a piece."""
        if self._text:
            place = f'{_attribute("x", self._column * WIDE)} y="{BASELINE}" textLength="{self._width * WIDE}"'
            adjust = ' lengthAdjust="spacingAndGlyphs"' if self._width > 1 else ""
            self.done.append(f"<text{place}{adjust} {self._class}{self._more}>{escape(self._text)}</text>")
        self._text = ""


def _arms(left: int, arms: str) -> str:
    """Return the strokes of a box-drawing character as a path."""
    x, y, half = left + WIDE / 2, HIGH / 2, STROKE / 2
    parts = {
        "l": (left, y - half, WIDE / 2 + half, STROKE),
        "r": (x - half, y - half, WIDE / 2 + half, STROKE),
        "u": (x - half, 0, STROKE, HIGH / 2 + half),
        "d": (x - half, y - half, STROKE, HIGH / 2 + half),
    }
    if {"l", "r"} <= set(arms):
        return _box(left, y - half, WIDE, STROKE) + "".join(_box(*parts[arm]) for arm in arms if arm in "ud")
    return "".join(_box(*parts[arm]) for arm in arms)


def _box(x: float, y: float, wide: float, high: float) -> str:
    return f"M{x:g} {y:g}h{wide:g}v{high:g}h{-wide:g}z"


def _is_blank(row: Row) -> bool:
    return all(not run.text.strip() and run.look.paper == PAPER for run in row)


def _attribute(name: str, value: int) -> str:
    return f' {name}="{value}"' if value else ""


def _hex(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
