"""Turns set lines of a body into segments: bold, slanted, code, links and the words of a search, each over the last."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from rich.segment import Segment
from rich.style import Style

from tui.text.cells import visible
from tui.text.links import may_be_marked
from tui.text.markdown import Span
from tui.widgets.chat_log.rows import Look
from tui.widgets.chat_log.setting import SetLine, Setting

FOUND: Final = Style(bold=True, underline=True)
_BULLET: Final = re.compile(r"(\s{0,8})[-*+] (?=\S)")


@dataclasses.dataclass(frozen=True, slots=True)
class Inking:
    """How a body is inked: its ground, the ink of plain text, and the words sought in it."""

    setting: Setting
    look: Look
    on: str
    ink: str
    sought: re.Pattern[str] | None

    @property
    def code(self) -> str:
        """The ground of code: darker than a block's, and lighter where the message has no block."""
        return "theirs" if self.on == "ground" else "code"

    def line(self, line: SetLine) -> list[Segment]:
        """Return a line's segments, its blanks and margins included."""
        on = self.code if line.code else self.on
        base = self.look.pens.pen("ink" if line.code else self.ink, on)
        drawn = self._drawn(line)
        spans = self.setting.spans_in(line.start, line.end)
        cuts = self._cuts(line, spans)
        lead = " " * line.indent
        if line.code:  # where grounds do not differ a stroke says what it is
            lead += " " if self.look.pens.tinted else self.look.glyphs.rule
        segments = [Segment(lead, base)] if lead else []
        if len(cuts) == 2 and not _over(spans, *cuts):
            text = visible(drawn)
            return [Segment(segments[0].text + text, base)] if segments else [Segment(text, base)]
        for start, end in pairwise(cuts):
            style = self._style(spans, start, end, base)
            segments.append(Segment(visible(drawn[start - line.start : end - line.start]), style))
        return segments

    def _drawn(self, line: SetLine) -> str:
        """Return what is drawn of a line, a bullet for the sign of a list."""
        drawn = self.setting.drawn[line.start : line.end]
        if not line.code and not line.indent and (found := _BULLET.match(drawn)):
            at = len(found[1])
            bullet = self.look.glyphs.bullet
            drawn = f"{drawn[:at]}{bullet}{drawn[at + 1 :]}"
        return drawn

    def _cuts(self, line: SetLine, spans: Sequence[Span]) -> list[int]:
        """Return where something begins or ends in a line, its own ends included."""
        cuts = {line.start, line.end}
        for span in spans:
            cuts |= {max(span.start, line.start), min(span.end, line.end)}
        for first, last in self._found(line):
            cuts |= {first, last}
        return sorted(cuts)

    def _found(self, line: SetLine) -> list[tuple[int, int]]:
        if self.sought is None:
            return []
        part = self.setting.body.text[line.start : line.end]
        return [(line.start + each.start(), line.start + each.end()) for each in self.sought.finditer(part)]

    def _style(self, spans: Sequence[Span], start: int, end: int, base: Style) -> Style:
        style = base
        pens = self.look.pens
        for span in _over(spans, start, end):
            if span.kind == "bold":
                style += pens.pen("bright", self.on, bold=True)
            elif span.kind == "italic":
                style += Style(italic=True)
            elif span.kind == "struck":
                style += Style(strike=True)
            elif span.kind == "code":
                style += pens.pen(self.ink, self.code)
            else:
                told = self.look.links and may_be_marked(span.link)
                style += pens.pen("link", self.on, underline=True)
                style += Style(link=span.link) if told else Style.null()
        if self.sought is not None and self.sought.fullmatch(self.setting.body.text[start:end]):
            style += FOUND
        return style


def _over(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """Return the spans that lie over a part."""
    return [span for span in spans if span.start <= start and span.end >= end and start < end]
