"""Where text is typed: Textual's fields, drawn and walked by what a terminal draws as one.

Textual counts and moves by characters. Here a line is drawn in the form that all terminals agree on
(``tui.text.cells``), breaks between clusters only, and the cursor stands before or behind a flag, a family or a
syllable, never in it. Delete takes the whole; Backspace too, but of letters it takes the last mark, as a writer corrects it.
What is typed stays as it was typed.
"""

from __future__ import annotations

import asyncio
import unicodedata
from bisect import bisect_left
from typing import Final

from rich.segment import Segment
from rich.text import Text
from textual import _wrap
from textual.document import _wrapped_document
from textual.document._document import EditResult
from textual.document._edit import Edit
from textual.expand_tabs import get_tab_widths
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection as FieldSelection
from textual.widgets.text_area import Selection

from tui.text.cells import HOLE, ODD, before, behind, between, cell_of, clusters, shown, visible, width_of

Location = tuple[int, int]
# Lines inserted at once.
SLICE: Final = 100


def rubbed_out(text: str, at: int) -> int:
    """Return from where Backspace deletes: a picture goes whole, of letters the last character."""
    start = before(text, at)
    is_letter = start < at and unicodedata.category(text[start]).startswith("L")
    return at - 1 if is_letter else start


def wrap_offsets(
    text: str,
    width: int,
    tab_size: int,
    fold: bool = True,  # noqa: FBT001, FBT002 - Textual's signature
    precomputed_tab_sections: list[tuple[str, int]] | None = None,
) -> list[int]:
    """Return where a line of a ``TextArea`` breaks: between words, and in a word too long for a line between clusters."""
    if ODD.search(text) is None:
        if len(text) * (1 if text.isascii() else 2) <= width and "\t" not in text:
            return []  # most lines of a long paste
        return _wrap_plain(text, width, tab_size, fold, precomputed_tab_sections)
    tabs = iter([size for _, size in precomputed_tab_sections or get_tab_widths(text, min(tab_size, width)) if size])
    parts = [(start, next(tabs) if text[start] == "\t" else cells) for start, _, cells in clusters(text)]
    starts = [start for start, _ in parts]
    breaks = [0]
    used = 0
    for first, last, _ in _wrap.chunks(text):
        word = parts[bisect_left(starts, first) : bisect_left(starts, last)]
        if used + sum(cells for _, cells in word) > width and first > breaks[-1]:
            breaks.append(first)
            used = 0
        for start, cells in word:
            if used + cells > width and start > breaks[-1]:
                breaks.append(start)
                used = 0
            used += cells
    return breaks[1:]


_wrap_plain = _wrap.compute_wrap_offsets
# Textual has no other way to wrap differently; the wrapped document looks the name up whenever it wraps.
_wrapped_document.compute_wrap_offsets = wrap_offsets  # type: ignore[attr-defined]  # pyright: ignore[reportPrivateImportUsage]


def slices(text: str) -> list[str]:
    """Return a text in pieces of whole lines, each of which is inserted in a few milliseconds."""
    lines = text.splitlines(keepends=True)
    return ["".join(lines[first : first + SLICE]) for first in range(0, len(lines), SLICE)]


def _replaced(edit: Edit) -> str:
    result = edit._edit_result  # pyright: ignore[reportPrivateUsage]
    return "" if result is None else result.replaced_text


def without_holes(strip: Strip) -> Strip:
    """Return a drawn line for the terminal."""
    if not any(HOLE in segment.text for segment in strip):
        return strip
    return Strip([Segment(visible(text), style) for text, style, _ in strip], strip.cell_length)


class Editing(TextArea):
    """A text area."""

    class Take(Message):
        """Insert a long text: keys that come after this message wait until it is there."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def replace_all(self, text: str) -> None:
        """Hold another text; one undo brings back what stood there."""
        self.edit(Edit(text, (0, 0), self.document.end, maintain_selection_offset=False))

    async def on_editing_take(self, event: Take) -> None:
        """Insert it at the cursor slice by slice, the rest of the program going on in between; one undo takes it back."""
        event.stop()
        undoable = self.history._undo_stack  # pyright: ignore[reportPrivateUsage]  # it has no door to join edits
        whole: Edit | None = None
        for piece in slices(event.text):
            edit = Edit(piece, *self.selection, maintain_selection_offset=False)
            result = self.edit(edit)
            if whole is None:
                whole = edit
            else:
                undoable.pop()
                whole.text += piece
                whole._edit_result = EditResult(result.end_location, _replaced(whole))  # pyright: ignore[reportPrivateUsage]
                whole._updated_selection = Selection.cursor(result.end_location)  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(0)

    def scroll_cursor_visible(
        self,
        center: bool = False,  # noqa: FBT001, FBT002 - Textual's signature
        animate: bool = False,  # noqa: FBT001, FBT002
    ) -> Offset:
        """Scroll to the cursor; not while an undo has taken its line away and not moved it yet."""
        row, _ = self.cursor_location
        return super().scroll_cursor_visible(center, animate) if row < self.document.line_count else Offset()

    def get_line(self, line_index: int) -> Text:
        """Return what is drawn of a line, character for character."""
        return Text(shown(self.document.get_line(line_index)), end="", no_wrap=True)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        return without_holes(super().render_line(y))

    def _validate_selection(self, selection: Selection) -> Selection:
        """Keep the cursor out of clusters, wherever a click, an arrow or an edit would put it."""
        start, end = super()._validate_selection(selection)
        return Selection(self._between(start), self._between(end))

    def _between(self, location: Location) -> Location:
        row, column = location
        return row, between(self.document.get_line(row), column)

    def get_cursor_left_location(self) -> Location:
        """Return the place before the cluster at the left."""
        row, column = self.cursor_location
        return (row, before(self.document.get_line(row), column)) if column else super().get_cursor_left_location()

    def get_cursor_right_location(self) -> Location:
        """Return the place behind the cluster at the right."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        return (row, behind(line, column)) if column < len(line) else super().get_cursor_right_location()

    def action_delete_left(self) -> None:
        """Delete what is selected, or to the left."""
        row, column = self.cursor_location
        if self.read_only or not column or not self.selection.is_empty:
            super().action_delete_left()
            return
        start = (row, rubbed_out(self.document.get_line(row), column))
        self._delete_via_keyboard(start, (row, column))


class LineEditing(Input):
    """A field of one line."""

    @property
    def _value(self) -> Text:
        """What is drawn, character for character; a tab as a blank."""
        drawn = "•" * len(self.value) if self.password else shown(self.value).replace("\t", " ")
        return Text(drawn, no_wrap=True, overflow="ignore", end="")

    def render_line(self, y: int) -> Strip:
        """Return the line."""
        return without_holes(super().render_line(y))

    def _position_to_cell(self, position: int) -> int:
        """Return the cell of a place: each sign of a hidden text has one."""
        return position if self.password else width_of(self.value[:position].replace("\t", " "))

    def _cell_offset_to_index(self, offset: int) -> int:
        """Return the place that was clicked."""
        used = 0
        for at, character in enumerate(self._value.plain):
            used += cell_of(character)
            if used > offset + round(self.scroll_x):
                return at
        return len(self.value)

    def validate_selection(self, selection: FieldSelection) -> FieldSelection:
        """Keep the cursor out of clusters."""
        start, end = super().validate_selection(selection)
        if self.password:
            return FieldSelection(start, end)
        return FieldSelection(between(self.value, start), between(self.value, end))

    def action_cursor_left(self, select: bool = False) -> None:  # noqa: FBT001, FBT002 - Textual's signature
        """Go left by a cluster."""
        start, end = self.selection
        if self.password or not (select or self.selection.is_empty):
            super().action_cursor_left(select)
            return
        to = before(self.value, end)
        self.selection = FieldSelection(start if select else to, to)

    def action_delete_right(self) -> None:
        """Delete what is selected, or the cluster at the right."""
        if self.password or not self.selection.is_empty:
            super().action_delete_right()
        else:
            self.delete(self.cursor_position, behind(self.value, self.cursor_position))

    def action_delete_left(self) -> None:
        """Delete what is selected, or to the left."""
        if self.password or not self.selection.is_empty:
            super().action_delete_left()
        else:
            self.delete(rubbed_out(self.value, self.cursor_position), self.cursor_position)
