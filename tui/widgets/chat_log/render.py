"""Draws one row of the conversation as lines on the screen. Pure: a row, the one before it, and a look give strips.

*Dialogue*: theirs left, one's own right, each a block that hugs its text, with a bar in its writer's colour at its outer
edge and the time at its end, which is where a message ends::

                              Today                          a day begins
    ▌ a text that wraps to lines of its                      a run begins: an empty line before it
    ▌ own                        14:02
    ▖ and goes on  14:03                                     a run goes on: no empty line, the bar is notched
    ───────────────── 3 new ──────────────────               unread from here on; text is brighter below
                          ▎Bob  a text that wraps… ▐         a quote
                          an answer        14:07 ✓ ▐         delivered, and all before it too

*Letter*: one edge; a run has a line with name and time, further messages of it carry their time at the right.

Every strip is as wide as the look says. A block is balanced (``setting``), so that its edge is its text's.
"""

from __future__ import annotations

from typing import NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from core.api import Message
from tui.language import tr
from tui.text.cells import width_of
from tui.text.markdown import body_of
from tui.text.sanitize import fit, kept_text, wrap
from tui.widgets.chat_log.inking import Inking
from tui.widgets.chat_log.notes import note_of
from tui.widgets.chat_log.parts import Part, meta, notes, quote, reactions, width
from tui.widgets.chat_log.rows import (
    IMPORTED,
    MAX_LETTER,
    MESSAGES,
    MIN_TEXT,
    NOT_TEXT,
    DrawnRow,
    Line,
    Lines,
    Look,
    Place,
    goes_on,
)
from tui.widgets.chat_log.setting import SetLine, Setting
from tui.widgets.person_colour import colour_of
from tui.words.format import day_name

# Cells between the last words of a message and its time.
GAP = 2


def draw(row: Message, place: Place, look: Look) -> DrawnRow:
    """Return the lines of ``row``."""
    lines = _rules(row, place, look)
    if row.kind not in MESSAGES:
        return _drawn_note(row, place, look, lines)
    text = kept_text(row.text)
    setting = Setting(body_of(text, tinted=look.pens.tinted))
    block = _Block(row, place, look, setting)
    follows = goes_on(row, place, look.calendar)
    parted = block.letter(follows=follows) if look.layout == "letter" else block.dialogue(follows=follows)
    lines += [_blank(look)] * parted
    return DrawnRow(setting.body.text, Lines(lines, len(block.rows), block.line))


# --- between messages -----------------------------------------------------------------------------------------------------


def _rules(row: Message, place: Place, look: Look) -> list[Line]:
    """Return the heading of a new day, and the rule above what is unread."""
    lines: list[Line] = []
    day = look.calendar.day(row.sent_at)
    if place.previous is None or look.calendar.day(place.previous.sent_at) != day:
        name = day_name(day, look.today)
        lines += [_blank(look)] if place.previous is not None else []
        lines.append(_lane([Segment(_centred(name, look.lane), look.pens.pen("soft", bold=True))], look))
    if _turns(row, place.previous):
        label = tr("imported from a file") if row.kind == IMPORTED else tr("said here since")
        lines += [_blank(look), _lane([Segment(_centred(label, look.lane), look.pens.pen("soft"))], look)]
    if place.unread:
        pen = look.pens.pen("notice")
        words = f" {tr('{count} new').format(count=place.unread)} "
        left = (look.lane - width_of(words)) // 2
        right = look.lane - left - width_of(words)
        rule = look.glyphs.line
        parts = [(rule * left, pen), (words, look.pens.pen("notice", bold=True)), (rule * right, pen)]
        lines += [_blank(look), _lane([Segment(*part) for part in parts], look)]
    return lines


def _turns(row: Message, previous: Message | None) -> bool:
    """Whether rows from an archive begin or end here: those prove nothing, and it has to be seen which they are."""
    before = previous is not None and previous.kind == IMPORTED
    return (row.kind == IMPORTED) is not before


def _centred(words: str, room: int) -> str:
    words = fit(words, room)
    return " " * ((room - width_of(words)) // 2) + words


def _drawn_note(row: Message, place: Place, look: Look, lines: list[Line]) -> DrawnRow:
    """Return a remark of ours, in the middle of the lane where it fits one line."""
    note = note_of(row, look.name_of(row.sender))
    on = "select" if place.selected else "ground"
    room = max(MIN_TEXT, min(MAX_LETTER, look.lane - 4))
    parts = [note[start:end] for start, end in wrap(note, room)]
    before = max(0, (look.lane - width_of(parts[0])) // 2) if len(parts) == 1 and look.layout == "dialogue" else 2
    mark = look.glyphs.picked if place.picked else look.glyphs.selected if place.selected else " "
    lines.append(_blank(look))
    for part in parts:
        lead = mark + " " * (before - 1)
        lines.append(_lane([Segment(lead, look.pens.pen("bright")), Segment(part, look.pens.pen("soft", on))], look))
    return DrawnRow(note, tuple(lines))


def _blank(look: Look) -> Line:
    return Line(Strip([Segment(" " * look.width, look.pens.pen())], look.width))


def _lane(segments: Part, look: Look, *, start: int = NOT_TEXT, end: int = NOT_TEXT, column: int = 0) -> Line:
    """Return a line of the lane, with blanks on both sides of it."""
    ground = look.pens.pen()
    lead = [Segment(" " * look.margin, ground)] if look.margin else []
    strip = Strip([*lead, *segments]).adjust_cell_length(look.width, ground)
    return Line(strip, start, end, look.margin + column)


# --- a message ------------------------------------------------------------------------------------------------------------


class _Row(NamedTuple):
    """A row of a block: its part, the ground it is filled with, where in the text it is, and its cells.

    A line of the text has no part until it is looked at.
    """

    part: Part | None
    on: str
    line: SetLine | None
    cells: int


class _Block:
    """One message, set into rows; each is inked and placed when it is looked at."""

    def __init__(self, row: Message, place: Place, look: Look, setting: Setting) -> None:
        self.row, self.place, self.look, self.setting = row, place, look, setting
        self.mine = row.sender == "me"
        self.colour = colour_of(row.sender)
        self.on = "select" if place.selected else "own" if self.mine else "theirs"
        if look.layout == "letter" and not self.mine and not place.selected:
            self.on = "ground"
        ink = "bright" if place.fresh and look.pens.tinted else "ink"
        self.inking = Inking(setting, look, self.on, ink, place.sought)
        self.rows: list[_Row] = []
        self._wide = look.text_width
        self._notched = False

    def dialogue(self, *, follows: bool) -> bool:
        """Set the rows of a block on its side; return whether an empty line is above it."""
        look, room = self.look, self.look.text_width
        tail = GAP + width(meta(self.row, self.place, look, self.on))
        text = self.setting.balanced(room, tail)
        first = follows and self.row.reply_to is None
        if look.is_group and not self.mine and not first:
            self._add(
                [Segment(fit(look.name_of(self.row.sender), room), look.pens.pen(self.colour, self.on, bold=True))]
            )
        self._head(room)
        self._text(text)
        self._foot(room)
        self._wide, self._notched = max(row.cells for row in self.rows), first
        return not first

    def letter(self, *, follows: bool) -> bool:
        """Set the rows of a block at the left edge; return whether an empty line is above it."""
        look, room = self.look, self.look.text_width
        pen = look.pens.pen
        text = self.setting.lines(room)
        if not follows:
            name = fit(look.name_of(self.row.sender), room - 18, look.glyphs.ellipsis)
            head = [Segment(name, pen(self.colour, self.on, bold=True)), Segment("  ", pen("soft", self.on))]
            self._add([*head, *meta(self.row, self.place, look, self.on)])
        self._head(room)
        self._text(text)
        self._foot(room, timed=follows, right=True)
        return not follows

    def line(self, number: int) -> Line:
        """Return a row on the screen."""
        row = self.rows[number]
        return self._placed(self._part(row), row, notched=self._notched and number == 0)

    def _part(self, row: _Row) -> Part:
        if row.part is not None:
            return row.part
        assert row.line is not None
        return self.inking.line(row.line)

    def _add(self, part: Part) -> None:
        self.rows.append(_Row(part, self.on, None, width(part)))

    def _head(self, room: int) -> None:
        """Add what stands above the text."""
        if self.row.forwarded:
            self._add([Segment(tr("passed on"), self.look.pens.pen("soft", self.on, italic=True))])
        if part := quote(self.row, self.look, self.on, room):
            self._add(part)

    def _text(self, text: list[SetLine]) -> None:
        code, cells_of = self.inking.code, self.setting.inked_width
        self.rows += [_Row(None, code if line.code else self.on, line, cells_of(line)) for line in text]

    def _foot(self, room: int, *, timed: bool = True, right: bool = False) -> None:
        """Add notes, reactions and the time: in the last row if they fit, else in one of their own."""
        look, pen = self.look, self.look.pens.pen
        for words, ink in notes(self.row, self.place, look):
            for start, end in wrap(words, room):
                self._add([Segment(words[start:end], pen(ink, self.on))])
        time = meta(self.row, self.place, look, self.on) if timed else []
        given = reactions(self.row, look, self.on, room - (GAP + width(time)) * bool(time))
        if given:
            self._add(given)
        if not time:
            return
        last, cells = self.rows[-1], width(time)
        if last.on != self.on or last.cells + GAP + cells > room:
            self._add([])
            last = self.rows[-1]
        wide = room if right else max(row.cells for row in self.rows)
        wide = max(wide, cells if not last.cells and len(self.rows) > 1 else last.cells + GAP + cells)
        filling = " " * (wide - last.cells - cells)
        part = [*self._part(last), Segment(filling, pen("soft", self.on)), *time]
        self.rows[-1] = last._replace(part=part, cells=wide)

    def _placed(self, part: Part, row: _Row, *, notched: bool) -> Line:
        """Return a row of the block between its bar and the edge of the lane."""
        on, line, wide = row.on, row.line, self._wide
        look, glyphs, pens = self.look, self.look.glyphs, self.look.pens
        blank = pens.pen("ink", self.on)
        right = self.mine and look.layout == "dialogue"
        sign = (glyphs.own_next if right else glyphs.bar_next) if notched else glyphs.own_bar if right else glyphs.bar
        stands_out = self.place.selected or self.place.picked
        if stands_out:  # a mark is seen by its sign, what is selected by its ground too
            sign = glyphs.picked if self.place.picked else glyphs.chosen
        bar_ground = self.on if pens.tinted else "ground"
        bar = Segment(sign, pens.pen("bright" if stands_out else self.colour, bar_ground, bold=not pens.tinted))
        filled = [*part, Segment(" " * (wide - width(part)), pens.pen("ink", on))]
        at = {} if line is None else {"start": line.start, "end": line.end}
        inner = 0 if line is None else line.indent + line.code
        if right:
            before = look.lane - wide - 3
            segments = [Segment(" " * before, pens.pen()), Segment(" ", blank), *filled, Segment(" ", blank), bar]
            return _lane(_merged(segments), look, column=before + 1 + inner, **at)
        segments = [bar, Segment(" ", blank), *filled, Segment(" ", blank)]
        return _lane(_merged(segments), look, column=2 + inner, **at)


def _merged(segments: Part) -> Part:
    """Return the segments with equal neighbours in one, blanks taking the ink of what is before them: fewer bytes."""
    made: Part = []
    for text, style, _ in segments:
        if not text:
            continue
        if made and style is not None and (before := made[-1].style) is not None:
            alike = style == before or (
                text.isspace() and before.bgcolor == style.bgcolor and not _marked(before) and not _marked(style)
            )
            if alike:
                made[-1] = Segment(made[-1].text + text, before)
                continue
        made.append(Segment(text, style))
    return made


def _marked(style: object) -> bool:
    return any(getattr(style, name) for name in ("underline", "reverse", "link", "strike"))
