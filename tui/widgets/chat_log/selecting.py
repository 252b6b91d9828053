"""Selecting text with the mouse: what is highlighted, and what is copied.

The copy comes from the rows' own texts, so that names, hours, rules and the breaks of wrapping are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.style import Style
from textual.selection import Selection
from textual.strip import Strip

from tui.look.strip_style import laid_over
from tui.widgets.chat_log.rows import NOT_TEXT, DrawnRow, offset_at


def with_selection(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """Return ``strip`` with the columns of ``span`` highlighted; an end of -1 is the strip's."""
    width = strip.cell_length
    start, end = span[0], width if span[1] == -1 else min(span[1], width)
    if start >= end:
        return strip
    chosen = laid_over(strip.crop(start, end), style)
    return Strip.join([strip.crop(0, start), chosen, strip.crop(end, width)])


def selected_text(rows: Iterable[tuple[int, DrawnRow]], selection: Selection) -> str:
    """Return the texts under ``selection``; ``rows`` are pairs of a row's first line and the row."""
    parts = (_part(top, row, selection) for top, row in rows)
    return "\n".join(part for part in parts if part)


def _part(top: int, row: DrawnRow, selection: Selection) -> str:
    """Return the part of one row's text that is selected."""
    first = last = None
    for number in range(len(row.lines)):
        span = selection.get_span(top + number)
        if span is None or (line := row.lines[number]).start == NOT_TEXT:
            continue
        start = offset_at(row.text, line, span[0] - line.column)
        end = line.end if span[1] == -1 else offset_at(row.text, line, span[1] - line.column)
        first = start if first is None else first
        last = end
    return "" if first is None or last is None else row.text[first:last]
