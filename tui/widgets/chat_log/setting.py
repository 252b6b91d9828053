"""Sets a body into lines of at most so many cells: lists hang, code keeps its blanks, links stay whole where they can.

A block is *balanced*: the narrowest that has as few lines as the widest would. So its last line is not one word, and its
edge is where the eye is. A link that fits a line is on one, since lines are broken at blanks. A longer one gets lines of its
own, broken behind one of its own signs where there is one near the end; each of its lines tells the terminal the whole, so
that a click on any opens it, and what the terminal copies as a link is not a part.

A text is another person's: it may be twelve thousand line ends, or one link after the other. So what is looked up for each
line (its width, its spans, its links) is found by bisection in what was counted once for the whole text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from tui.text.cells import cell_of, clusters, shown
from tui.text.markdown import LIST, Body, Span as BodySpan
from tui.text.sanitize import Span, pieces, wrap

# No block is set narrower than this to be balanced.
LEAST: Final = 20
# Characters of a text beyond which its lines are so many that the last one does not matter.
MAX_BALANCED: Final = 2000
# Signs behind which a long link is broken rather than within a word.
_BREAKS: Final = "/?&=#-_.,;+%~:"
# A line is at least so full, as a part of its width, when it ends behind a sign.
_FULL: Final = 2 / 3


class SetLine(NamedTuple):
    """One line: offsets in the body, the blanks before it, and whether it is code."""

    start: int
    end: int
    indent: int = 0
    code: bool = False


class Setting:
    """A body, its drawn form, and how wide its parts are; ``lines(width)`` sets it."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.drawn = shown(body.text)
        # Cells before each character; none where every character of a line is one.
        self._cells = [] if self.drawn.isascii() else list(accumulate(map(cell_of, self.drawn), initial=0))
        self._starts = [span.start for span in body.spans]
        self._reach = list(accumulate((span.end for span in body.spans), max))
        links = [span for span in body.spans if span.kind == "link"]
        self._link_starts = [span.start for span in links]
        self._link_ends = [span.end for span in links]
        self._link_widths = [self._width(span.start, span.end) for span in links]

    def _width(self, start: int, end: int) -> int:
        """Return the cells of a part of one line."""
        return self._cells[end] - self._cells[start] if self._cells else end - start

    def spans_in(self, start: int, end: int) -> Sequence[BodySpan]:
        """Return the spans of the body that share something with a part of it, in its order."""
        first, last = bisect_right(self._reach, start), bisect_left(self._starts, end)
        return [span for span in self.body.spans[first:last] if span.end > start]

    def balanced(self, width: int, tail: int = 0) -> list[SetLine]:
        """Return the lines of the narrowest block that has as many rows as at ``width``.

        ``tail``: cells that follow the last line, in a row of their own where it has no room for them.
        """
        lines = self.lines(width)
        if len(self.drawn) > MAX_BALANCED:
            return lines
        rows, high = self._measured(lines, width, tail)
        if rows < 2:
            return lines
        low = max([LEAST, *(each for each in self._link_widths if each <= width)])
        while low < high:
            middle = (low + high) // 2
            tried = self.lines(middle)
            tried_rows, wide = self._measured(tried, width, tail)
            if tried_rows == rows and wide <= middle:
                lines, high = tried, middle
            else:
                low = middle + 1
        return lines

    def _measured(self, lines: list[SetLine], width: int, tail: int) -> tuple[int, int]:
        """Return how many rows a block has with its tail, and how wide it is."""
        wide = max(self.width_of(line) for line in lines)
        last = self.width_of(lines[-1]) + tail
        fits = last <= width and not lines[-1].code
        return len(lines) + (not fits), max(wide, last) if fits else wide

    def width_of(self, line: SetLine) -> int:
        """Return the cells of a line, its blanks and the margin of code included."""
        return self.inked_width(line) + line.code

    def inked_width(self, line: SetLine) -> int:
        """Return the cells of a line without the margin that code has behind it."""
        return line.indent + self._width(line.start, line.end) + line.code

    def lines(self, width: int) -> list[SetLine]:
        """Return the lines at a width."""
        made: list[SetLine] = []
        at = 0
        for start, end in self.body.blocks:
            if at < start:
                made += self._text(at, start - 1, width)
            made += self._code(start, end, width)
            at = end + 1
        if at <= len(self.drawn):
            made += self._text(at, len(self.drawn), width)
        return made

    def _text(self, start: int, end: int, width: int) -> list[SetLine]:
        """Set whole lines of text."""
        made: list[SetLine] = []
        for line in self.drawn[start:end].split("\n"):
            stop = start + len(line)
            if self._width(start, stop) <= width:
                made.append(SetLine(start, stop))
                start = stop + 1
                continue
            found = LIST.match(line)
            hang = len(found[0]) if found else 0
            if hang and width - hang >= LEAST // 2 and found:
                first = start + found.end()
                for number, (begin, last) in enumerate(self._wrapped(first, stop, width - hang)):
                    made.append(SetLine(begin, last, hang) if number else SetLine(start, last))
            else:
                made += [SetLine(begin, last) for begin, last in self._wrapped(start, stop, width)]
            start = stop + 1
        return made

    def _code(self, start: int, end: int, width: int) -> list[SetLine]:
        """Set lines of code: cut where they must be, and nowhere else."""
        room = max(2, width - 2)
        made: list[SetLine] = []
        for line in self.drawn[start:end].split("\n"):
            first, used = start, 0
            fits = self._width(start, start + len(line)) <= room
            for begin, _, cells in () if fits else clusters(line):
                if used + cells > room:
                    made.append(SetLine(first, start + begin, code=True))
                    first, used = start + begin, 0
                used += cells
            made.append(SetLine(first, start + len(line), code=True))
            start += len(line) + 1
        return made

    def _wrapped(self, start: int, end: int, width: int) -> list[Span]:
        """Wrap one line of text, long links on lines of their own."""
        near = range(bisect_right(self._link_ends, start), bisect_left(self._link_starts, end))
        long = [
            (max(self._link_starts[at], start), min(self._link_ends[at], end))
            for at in near
            if self._link_widths[at] > width
        ]
        if not long:
            return [(start + first, start + last) for first, last in wrap(self.drawn[start:end], width)]
        made: list[Span] = []
        at = start
        for first, last in long:
            made += self._between(at, first, width)
            made += _broken(self.drawn, first, last, width)
            at = last
        return made + self._between(at, end, width)

    def _between(self, start: int, end: int, width: int) -> list[Span]:
        """Wrap what stands between long links; blanks beside them are theirs."""
        while start < end and self.drawn[start] == " ":
            start += 1
        while start < end and self.drawn[end - 1] == " ":
            end -= 1
        if start >= end:
            return []
        return [(start + first, start + last) for first, last in wrap(self.drawn[start:end], width)]


def _broken(text: str, start: int, end: int, width: int) -> list[Span]:
    """Return the lines of one long link."""
    lines: list[Span] = []
    first = used = 0
    parts = pieces(text[start:end], width)
    at = 0
    while at < len(parts):
        begin, _, cells = parts[at]
        if used + cells <= width:
            used += cells
            at += 1
            continue
        full = first + int((begin - first) * _FULL)
        stop = next((each for each in range(begin, full, -1) if text[start + each - 1] in _BREAKS), begin)
        lines.append((start + first, start + stop))
        while parts[at - 1][0] >= stop:
            at -= 1
        first, used = stop, 0
    lines.append((start + first, end))
    return lines
