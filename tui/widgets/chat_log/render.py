"""Draws one row of the conversation as lines on the screen. Pure: a row, the one before it, and a look give strips.

::

    ──────────────────── Yesterday ────────────────────      date rule, where the local day changes
    ────────────────────── 3 new ──────────────────────      unread rule
     14:02   Bob │ a text that wraps to a column of          name and hour once for what was said in one go
                 │ its own
     14:07   you │ an answer                        ✓✓       where it is now

In a narrow chat the name and hour stand on a line of their own. Every strip is as wide as the look says.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from zlib import crc32

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from core.api import Message
from tui.look.glyphs import Glyphs
from tui.look.strip_style import laid_over
from tui.look.tones import CONTACTS as NAME_COLOURS
from tui.text.cells import clusters, shown, visible, width_of
from tui.text.sanitize import fit, kept_text, wrap
from tui.widgets.chat_log.linking import Links
from tui.widgets.chat_log.notes import note_of
from tui.words.format import Calendar, day_name

# Below this many cells the name goes onto a line of its own.
NARROW = 40
# Widest name column; longer names are cut there and shown in full in the header.
MAX_NAME = 12
# Widest text column: longer lines are hard to read.
MAX_TEXT = 100
# What one person says within this many ms of the previous row carries no new name…
GROUP_MS = 5 * 60 * 1000
# …unless that row was so long (in characters) that its name may be out of sight.
LONG_ROW = 480
HOUR_WIDTH = 5
STATE_WIDTH = 2

NOT_TEXT = -1
FOUND = Style(bold=True, underline=True)
LATE_NOTE = "came late"
UNKNOWN_DEVICE_NOTE = "from an unknown device"


@dataclasses.dataclass(frozen=True, slots=True)
class Styles:
    """The styles a row is drawn in."""

    text: Style
    quiet: Style
    faint: Style
    mine: Style
    failed: Style
    read: Style
    unread: Style
    selected: Style
    names: tuple[Style, ...]

    def of_name(self, sender: str) -> Style:
        """Return the style of a person's name: always the same for the same identity."""
        return self.mine if sender == "me" else self.names[crc32(sender.encode()) % NAME_COLOURS]

    def of_state(self, state: str) -> Style:
        """Return the style of a delivery state's sign."""
        return {"failed": self.failed, "read": self.read}.get(state, self.quiet)


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """All that drawing depends on besides the rows."""

    width: int
    glyphs: Glyphs
    calendar: Calendar
    today: int
    styles: Styles
    names: Mapping[str, str]  # sender -> cleaned name
    links: bool = True  # whether the terminal is told of links

    @property
    def narrow(self) -> bool:
        """Whether names get lines of their own."""
        return self.width < NARROW

    @property
    def name_width(self) -> int:
        """Cells of the name column."""
        widest = max((width_of(name) for name in self.names.values()), default=3)
        return min(MAX_NAME, widest)

    @property
    def indent(self) -> int:
        """Cells before the text column."""
        return 1 if self.narrow else 1 + HOUR_WIDTH + 1 + self.name_width + 3

    @property
    def text_width(self) -> int:
        """Cells of the text column."""
        return max(8, min(MAX_TEXT, self.width - self.indent - 2 - STATE_WIDTH))

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


# Kind of rows that an archive brought.
IMPORTED = "imported"


@dataclasses.dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row on the screen."""

    text: str  # as it is copied; lines are places in it
    lines: tuple[Line, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands among the others."""

    previous: Message | None
    unread: int = 0  # how many unread rows begin here; 0 = no rule
    selected: bool = False
    sought: re.Pattern[str] | None = None  # words to mark in the text


def estimates(rows: Iterable[Message], text_width: int) -> list[int]:
    """Return about how many lines each row takes; cheap enough for a hundred thousand rows."""
    return [1 + len(row.text) // text_width + row.text.count("\n") for row in rows]


def draw(row: Message, place: Place, look: Look) -> DrawnRow:
    """Return the lines of ``row``."""
    lines: list[Line] = []
    day = look.calendar.day(row.sent_at)
    new_day = place.previous is None or look.calendar.day(place.previous.sent_at) != day
    if new_day:
        lines.append(Line(_rule(day_name(day, look.today), look.styles.quiet, look)))
    if place.unread:
        lines.append(Line(_rule(f"{place.unread} new", look.styles.unread, look)))
    if _turns(row, place.previous):
        label = "imported from a file" if row.kind == IMPORTED else "said here since"
        lines.append(Line(_rule(label, look.styles.quiet, look)))
    if row.kind not in {"text", IMPORTED}:
        note = note_of(row, look.name_of(row.sender))
        lines.extend(Line(strip) for strip in _notes(note, look))
        return DrawnRow(note, tuple(_highlighted(lines, look)) if place.selected else tuple(lines))
    text = kept_text(row.text)
    named = bool(lines) or _begins_group(row, place.previous)
    body = _narrow_body(row, place, text, named, look) if look.narrow else _wide_body(row, place, text, named, look)
    if place.selected:
        body = _highlighted(body, look)
    return DrawnRow(text, (*lines, *body))


def _turns(row: Message, previous: Message | None) -> bool:
    """Whether rows from an archive begin or end here: those prove nothing, and it has to be seen which they are."""
    before = previous is not None and previous.kind == IMPORTED
    return (row.kind == IMPORTED) is not before


def _begins_group(row: Message, previous: Message | None) -> bool:
    """Whether a row carries its sender's name."""
    return (
        previous is None
        or previous.kind != row.kind
        or previous.sender != row.sender
        or row.late
        or (previous.device, previous.known) != (row.device, row.known)
        or abs(row.sent_at - previous.sent_at) > GROUP_MS
        or len(previous.text) > LONG_ROW
    )


def _rule(label: str, style: Style, look: Look) -> Strip:
    """Return a labelled rule across the row."""
    glyphs, width = look.glyphs, min(look.width, look.indent + look.text_width + 1 + STATE_WIDTH)
    label = f" {fit(label, width - 4, glyphs.ellipsis)} "
    left = (width - width_of(label)) // 2
    right = width - width_of(label) - left
    rule_style = look.styles.faint if style is look.styles.quiet else style
    segments = [
        Segment(" " + glyphs.line * (left - 1), rule_style),
        Segment(label, style),
        Segment(glyphs.line * (right - 1) + " ", rule_style),
    ]
    return Strip(segments, width).extend_cell_length(look.width, look.styles.text)


def _notes(note: str, look: Look) -> list[Strip]:
    """Return a remark of ours in the text column."""
    styles = look.styles
    indent = " " * (look.indent - 2) + ("" if look.narrow else f"{look.glyphs.rule} ")
    indent = indent if not look.narrow else " "
    return [
        Strip([Segment(indent, styles.faint), Segment(note[start:end], styles.quiet)]).extend_cell_length(
            look.width, styles.text
        )
        for start, end in wrap(note, look.text_width)
    ]


def _wide_body(row: Message, place: Place, text: str, named: bool, look: Look) -> list[Line]:  # noqa: FBT001 - see below
    """Return the lines with hour, name and rule in front. ``named`` as ``_begins_group`` says."""
    styles, glyphs, calendar = look.styles, look.glyphs, look.calendar
    name_width = look.name_width
    previous = place.previous
    new_minute = named or previous is None or calendar.minute(previous.sent_at) != calendar.minute(row.sent_at)
    hour = calendar.clock(row.sent_at) if new_minute else " " * HOUR_WIDTH
    name = fit(look.name_of(row.sender), name_width, glyphs.ellipsis) if named else ""
    name = " " * (name_width - width_of(name)) + name
    first = [
        Segment(f" {hour} ", styles.quiet),
        Segment(name, styles.of_name(row.sender)),
        Segment(f" {glyphs.rule} ", styles.faint),
    ]
    later = [Segment(" " * (HOUR_WIDTH + name_width + 3) + f"{glyphs.rule} ", styles.faint)]
    return _body(row, place, text, look, first, later)


def _narrow_body(row: Message, place: Place, text: str, named: bool, look: Look) -> list[Line]:  # noqa: FBT001 - private, one caller
    """Return the lines, the name and hour on one of their own."""
    styles = look.styles
    lines: list[Line] = []
    if named:
        name = fit(look.name_of(row.sender), look.width - HOUR_WIDTH - 3, look.glyphs.ellipsis)
        head = [
            Segment(" " + name, styles.of_name(row.sender)),
            Segment(f" {look.calendar.clock(row.sent_at)}", styles.quiet),
        ]
        lines.append(Line(Strip(head).extend_cell_length(look.width, styles.text)))
    margin = [Segment(" ", styles.text)]
    return lines + _body(row, place, text, look, margin, margin)


def _body(row: Message, place: Place, text: str, look: Look, first: list[Segment], later: list[Segment]) -> list[Line]:
    """Return the text's lines behind their margins, the last one with the state's sign."""
    styles = look.styles
    drawn = shown(text)
    links = Links(text, drawn, look.text_width, styles.text, marked=look.links)
    spans = links.lines
    sign = look.glyphs.of_state(row.state)
    lines: list[Line] = []
    for number, (start, end) in enumerate(spans):
        margin = first if number == 0 else _without_rule(later) if links.goes_on(start) else later
        segments = list(margin)
        for begin, stop, style in links.styled(start, end):
            segments += _marked(text[begin:stop], drawn[begin:stop], place.sought, style)
        if number == len(spans) - 1 and (sign or row.late):
            filling = look.text_width - width_of(drawn[start:end]) + 1
            segments.append(Segment(" " * filling, styles.text))
            segments.append(Segment(sign, styles.of_state(row.state)))
        lines.append(Line(Strip(segments).extend_cell_length(look.width, styles.text), start, end, look.indent))
    if not row.known:
        lines.extend(Line(strip) for strip in _notes(UNKNOWN_DEVICE_NOTE, look))
    if row.late:
        lines.extend(Line(strip) for strip in _notes(LATE_NOTE, look))
    if row.state == "failed":
        failed = "not delivered: nobody fetched it in time"
        lines.extend(Line(strip) for strip in _notes(failed, look))
    return lines


def _without_rule(margin: list[Segment]) -> list[Segment]:
    """Return a margin of nothing but blanks: a link that is longer than a line is not to be cut by a sign."""
    return [Segment(" " * width_of(text), style) for text, style, _ in margin]


def _marked(part: str, drawn: str, sought: re.Pattern[str] | None, style: Style) -> list[Segment]:
    """Return a drawn text with the words of a search underlined."""
    segments: list[Segment] = []
    done = 0
    for found in sought.finditer(part) if sought is not None else ():
        before, words = drawn[done : found.start()], drawn[found.start() : found.end()]
        segments += [Segment(visible(before), style), Segment(visible(words), style + FOUND)]
        done = found.end()
    return [*segments, Segment(visible(drawn[done:]), style)]


def _highlighted(lines: list[Line], look: Look) -> list[Line]:
    """Return the lines of a selected row: a mark in front and another ground, never the ground alone."""
    marked: list[Line] = []
    for line in lines:
        rest = laid_over(line.strip.crop(1, look.width), look.styles.selected)
        mark = Strip([Segment(look.glyphs.selected, look.styles.unread + look.styles.selected)], 1)
        marked.append(dataclasses.replace(line, strip=Strip.join([mark, rest])))
    return marked


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
