"""What drawing a row depends on, what comes out, and where a row stands among the others."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, overload

from textual.strip import Strip

from core.api import Message
from tui.look.glyphs import Glyphs
from tui.look.pens import STANDARD, Pens
from tui.text.cells import clusters, shown
from tui.words.format import Calendar

Layout = Literal["dialogue", "letter"]
# What one person says within this many ms of the row before belongs to the same run.
RUN_MS = 5 * 60 * 1000
# Kind of rows that an archive brought, and the kinds that are drawn as messages.
IMPORTED = "imported"
MESSAGES = ("text", IMPORTED)
NOT_TEXT = -1
# The widest a conversation gets: beyond it the two sides lose sight of each other.
MAX_LANE = 104
# Longest lines that are still pleasant to read, on two sides and from one edge.
MAX_DIALOGUE, MAX_LETTER = 76, 84
# Cells of a line of text in the narrowest of views.
MIN_TEXT = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """All that drawing depends on besides the rows."""

    width: int  # of the lines; the view has one more cell at the right, for the scroll bar
    glyphs: Glyphs
    calendar: Calendar
    today: int
    names: Mapping[str, str]  # sender -> cleaned name
    pens: Pens = STANDARD
    links: bool = True  # whether the terminal is told of links
    layout: Layout = "dialogue"

    @property
    def lane(self) -> int:
        """Cells that the conversation takes; in the middle of the view."""
        return max(MIN_TEXT + 4, min(MAX_LANE, self.width - 1))

    @property
    def margin(self) -> int:
        """Cells before the lane."""
        return max(0, (self.width + 1 - self.lane) // 2)

    @property
    def text_width(self) -> int:
        """Most cells of a line of text."""
        if self.layout == "letter":
            return max(MIN_TEXT, min(MAX_LETTER, self.lane - 3))
        return max(MIN_TEXT, min(MAX_DIALOGUE, self.lane - 3 - self.lane // 8))

    @property
    def is_group(self) -> bool:
        """Whether more than two speak, so that runs carry names."""
        return len(self.names) > 2

    def name_of(self, sender: str) -> str:
        """Return the name shown for a sender."""
        return self.names.get(sender, sender[:8])


@dataclasses.dataclass(frozen=True, slots=True)
class Line:
    """One line: its strip, and which part of the row's text begins at which column of it."""

    strip: Strip
    start: int = NOT_TEXT
    end: int = NOT_TEXT
    column: int = 0


class Lines(Sequence[Line]):
    """The lines of a row: those above it, and ``count`` of its own, made when they are first looked at.

    A text of twelve thousand line ends so costs what is seen of it.
    """

    def __init__(self, above: Sequence[Line], count: int, make: Callable[[int], Line]) -> None:
        self._above, self._count, self._make = above, count, make
        self._made: dict[int, Line] = {}

    def __len__(self) -> int:
        return len(self._above) + self._count

    @overload
    def __getitem__(self, index: int) -> Line: ...

    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...

    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index] - len(self._above)
        if at < 0:
            return self._above[at]
        made = self._made.get(at)
        if made is None:
            made = self._made[at] = self._make(at)
        return made


@dataclasses.dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row on the screen."""

    text: str  # as the mouse copies it; lines are places in it
    lines: Sequence[Line]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands among the others."""

    previous: Message | None
    unread: int = 0  # how many unread rows begin here; 0 = no rule
    selected: bool = False
    sought: re.Pattern[str] | None = None  # words to mark in the text
    fresh: bool = False  # the unread rule is above
    marked: bool = False  # the last of one's own that was delivered: it has the sign
    newest: bool = False  # the last of one's own: it says in words what its sign means
    picked: bool = False  # one of several with which something is to be done


def goes_on(row: Message, place: Place, calendar: Calendar) -> bool:
    """Whether a row belongs to the run of the row before it."""
    previous = place.previous
    return (
        previous is not None
        and not place.unread
        and previous.kind == row.kind
        and row.kind in MESSAGES
        and previous.sender == row.sender
        and not row.late
        and (previous.device, previous.known) == (row.device, row.known)
        and abs(row.sent_at - previous.sent_at) <= RUN_MS
        and calendar.day(previous.sent_at) == calendar.day(row.sent_at)
    )


def estimates(rows: Iterable[Message], text_width: int) -> list[int]:
    """Return about how many lines each row takes; cheap enough for a hundred thousand rows."""
    return [2 + (len(text := row.text) + 6) // text_width + (text.count("\n") if "\n" in text else 0) for row in rows]


def offset_at(text: str, line: Line, cells: int) -> int:
    """Return the offset in ``text`` that lies ``cells`` cells into the text part of a line."""
    if cells <= 0:
        return line.start
    used = 0
    for first, _, width in clusters(shown(text)[line.start : line.end]):
        if used + width > cells:
            return line.start + first
        used += width
    return line.end
