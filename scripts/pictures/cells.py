"""What stands in a terminal's cells, whoever put it there.

That is an app that runs without a terminal, or an emulator that a program wrote to. Colours are as they are seen: reversed,
dimmed and default ones are already worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, cast

import pyte
from rich.cells import cell_len, split_graphemes
from rich.color import ANSI_COLOR_NAMES, Color, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.app import App

# A terminal's own colours, where a theme leaves them to it.
INK: Final = (215, 221, 229)
PAPER: Final = (17, 21, 27)
# What a dim letter keeps of its ink.
DIM: Final = 0.6

Rgb = tuple[int, int, int]

# The sixteen, which a terminal's owner chooses; here as a widely used editor's terminal has them.
SIXTEEN: Final[tuple[Rgb, ...]] = (
    (0, 0, 0), (205, 49, 49), (13, 188, 121), (229, 229, 16),
    (36, 114, 200), (188, 63, 188), (17, 168, 205), (229, 229, 229),
    (102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67),
    (59, 142, 234), (214, 112, 214), (41, 184, 219), (229, 229, 229),
)  # fmt: skip


class Look(NamedTuple):
    """How letters look."""

    ink: Rgb = INK
    paper: Rgb = PAPER
    bold: bool = False
    underline: bool = False


class Run(NamedTuple):
    """Cells side by side that look alike."""

    column: int
    width: int
    text: str
    look: Look


Row = tuple[Run, ...]


class Cells(NamedTuple):
    """A whole terminal."""

    columns: int
    rows: tuple[Row, ...]


def cells_of(app: App[Any]) -> Cells:
    """Return what ``app`` shows."""
    return Cells(app.size.width, tuple(_joined(_of_segments(row)) for row in segments_of(app)))


def segments_of(app: App[Any]) -> list[list[Segment]]:
    """Return the rows that ``app`` writes, those of screens beneath included."""
    shown, behind = cast("Any", app.screen)._compositor, cast("Any", app)._background_screens
    update = shown.render_update(full=True, screen_stack=behind, simplify=True)
    return [[segment for strip in strips for segment in strip] for strips in update.strips]


def cells_of_terminal(screen: pyte.Screen) -> Cells:
    """Return what stands on an emulator's screen, its cursor as a reversed cell."""
    return Cells(screen.columns, tuple(_joined(_of_buffer(screen, row)) for row in range(screen.lines)))


def graphemes(run: Run) -> Iterator[tuple[int, int, str]]:
    """Give each letter of a run with its column and width."""
    column = run.column
    for start, end, width in split_graphemes(run.text)[0]:
        yield column, width, run.text[start:end]
        column += width


def _joined(runs: Iterable[Run]) -> Row:
    """Return runs of which neighbours differ in look."""
    row: list[Run] = []
    for run in runs:
        if row and row[-1].look == run.look:
            last = row[-1]
            row[-1] = Run(last.column, last.width + run.width, last.text + run.text, last.look)
        elif run.width:
            row.append(run)
    return tuple(row)


# --- an app -----------------------------------------------------------------------------------------------------------


def _of_segments(segments: Iterable[Segment]) -> Iterator[Run]:
    column = 0
    for text, style, _ in segments:
        width = cell_len(text)
        yield Run(column, width, text, _look_of(style or Style()))
        column += width


def _look_of(style: Style) -> Look:
    ink, paper = _rgb(style.color, INK), _rgb(style.bgcolor, PAPER)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = cast("Rgb", tuple(round(DIM * own + (1 - DIM) * ground) for own, ground in zip(ink, paper, strict=True)))
    return Look(ink, paper, bool(style.bold), bool(style.underline))


def _rgb(colour: Color | None, default: Rgb) -> Rgb:
    if colour is None or colour.is_default:
        return default
    if colour.type is ColorType.STANDARD and colour.number is not None:
        return SIXTEEN[colour.number]
    triplet = colour.get_truecolor()
    return (triplet.red, triplet.green, triplet.blue)


# --- an emulator ------------------------------------------------------------------------------------------------------


def _of_buffer(screen: pyte.Screen, row: int) -> Iterator[Run]:
    for column in range(screen.columns):
        cell = screen.buffer[row][column]
        if not cell.data:  # the second half of a wide letter
            continue
        is_cursor = not screen.cursor.hidden and (screen.cursor.x, screen.cursor.y) == (column, row)
        ink, paper = _named(cell.fg, INK), _named(cell.bg, PAPER)
        if cell.reverse != is_cursor:
            ink, paper = paper, ink
        after = screen.buffer[row][column + 1].data if column + 1 < screen.columns else " "
        yield Run(column, 1 if after else 2, cell.data, Look(ink, paper, cell.bold, cell.underscore))


def _named(colour: str, default: Rgb) -> Rgb:
    """Return a colour as the emulator calls it: ``default``, six hexadecimal digits, or one of the sixteen names."""
    if colour == "default":
        return default
    if len(colour) == len("rrggbb") and not set(colour) - set("0123456789abcdef"):
        return (int(colour[:2], 16), int(colour[2:4], 16), int(colour[4:], 16))
    name = {"brown": "yellow", "brightbrown": "bright_yellow"}.get(colour, colour.replace("bright", "bright_"))
    return SIXTEEN[ANSI_COLOR_NAMES[name]]
