"""Writes of each line only the columns that are other than what stands on the terminal already.

Textual draws a whole stretch of a line anew, from the left edge of a widget, when one cell of it changed: over a slow line
a typed character costs what stands before and behind it. So what was written last is kept here, stretch by stretch, and of a
stretch that is drawn again the cells before the first and behind the last that differ are left out.

What is kept is forgotten whenever a screen is drawn as a whole: at the start, when another screen comes in front (a lock
among them, so no text outlives it here), when the terminal tells its size, and when the person asks for it because something
else wrote on the terminal. Within a stretch only whole segments are skipped, and single characters of plain ASCII: of no
other text do all terminals agree where its cells are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate  # private: what is written has no door
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.segment import Segment

_NOTHING: Final = (0, 0)


class Damage:
    """Knows what stands on one terminal."""

    def __init__(self) -> None:
        self._screen: object = None
        self._lines: dict[int, tuple[list[int], dict[int, Strip]]] = {}  # the stretches' ends; what each shows

    def forget(self) -> None:
        """Let the next update write all that it has."""
        self._lines.clear()

    def narrowed(self, screen: object, update: RenderableType | None) -> RenderableType | None:
        """Return an update that writes only what differs; anything else than an update as it is."""
        return _Narrowed(self, screen, update) if isinstance(update, ChopsUpdate | LayoutUpdate) else update

    def write(self, screen: object, update: ChopsUpdate | LayoutUpdate, console: Console) -> str:
        """Return what brings the terminal there, and note that it is."""
        if isinstance(update, LayoutUpdate) or screen is not self._screen:
            self._screen = screen
            self._lines.clear()
        if isinstance(update, LayoutUpdate):
            self._note_all(update)
            return update.render_segments(console)
        parts: list[str] = []
        for y, first, last in update.spans:
            self._write_line(parts, y, (first, last), update.chops[y], update.chop_ends[y], console)
        return "".join(parts)

    def _note_all(self, update: LayoutUpdate) -> None:
        for y, strips in enumerate(update.strips, update.region.y):
            shown: dict[int, Strip] = {}
            ends: list[int] = []
            x = update.region.x
            for strip in strips:
                shown[x] = strip
                x += strip.cell_length
                ends.append(x)
            self._lines[y] = ends, shown

    def _write_line(
        self,
        parts: list[str],
        y: int,
        columns: tuple[int, int],
        chops: Mapping[int, Strip | None],
        ends: list[int],
        console: Console,
    ) -> None:
        known, shown = self._lines.get(y, ([], {}))
        if known != ends:
            known, shown = self._lines[y] = list(ends), {}
        for end, (x, strip) in zip(ends, chops.items(), strict=False):
            valid = min(end, columns[1]) - x
            if strip is None or valid <= 0 or end <= columns[0]:
                continue
            # Behind the last column a stretch may be what lies under a widget that was not drawn this time.
            drawn, before = strip.crop(0, valid), shown.pop(x, None)
            start, stop = (0, valid) if before is None else differing(before.crop(0, valid), drawn)
            if before is not None:
                shown[x] = Strip.join([drawn, before.crop(valid)])
            elif valid == strip.cell_length:
                shown[x] = strip
            if start < stop:
                parts += Control.move_to(x + start, y).segment.text, drawn.crop(start, stop).render(console)


class _Narrowed(CompositorUpdate):
    """An update on its way to the terminal: not all of them get there, so what is written is decided only then."""

    def __init__(self, damage: Damage, screen: object, update: ChopsUpdate | LayoutUpdate) -> None:
        self._damage, self._screen, self._update = damage, screen, update

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Return the whole update: what Rich would write."""
        yield self._update

    def render_segments(self, console: Console) -> str:
        """Return the bytes."""
        return self._damage.write(self._screen, self._update, console)


def differing(old: Strip, new: Strip) -> tuple[int, int]:
    """Return the columns in which a strip may look other than one before: from, and up to but without."""
    if old.cell_length != new.cell_length:
        return 0, new.cell_length
    before, after = list(old), list(new)
    left = _alike(before, after)
    if left == new.cell_length:
        return _NOTHING
    right = _alike(before[::-1], after[::-1], backwards=True)
    return left, max(left, new.cell_length - right)


def _alike(before: Sequence[Segment], after: Sequence[Segment], *, backwards: bool = False) -> int:
    """Return how many cells are the same at one end."""
    cells, short = 0, ("", "")
    for old, new in zip(before, after, strict=False):
        if old != new:
            if old.style == new.style:
                short = old.text, new.text
            break
        cells += new.cell_length
    one, other = short
    if not one.isascii() or not other.isascii():
        return cells
    if backwards:
        one, other = one[::-1], other[::-1]
    same = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return cells + same
