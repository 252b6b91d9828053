"""What the message list holds and draws: rows, their heights, and which of them lies at which line of the view.

Heights are estimates until a row comes near the view; then it is drawn, kept, and counted exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from core.api import Message
from tui.app_port import app_of
from tui.language import tr
from tui.widgets.chat_log.cache import DrawnRows
from tui.widgets.chat_log.layout import RowHeights
from tui.widgets.chat_log.model import ChatModel
from tui.widgets.chat_log.picked import Picked
from tui.widgets.chat_log.render import draw
from tui.widgets.chat_log.rows import MAX_DIALOGUE, DrawnRow, Look, Place, estimates
from tui.widgets.chat_log.selecting import selected_text, with_selection


class ChatLines(ScrollView, can_focus=False):
    """A window of one conversation as lines; where the view stands is decided by its subclasses."""

    ALLOW_SELECT = True
    # Lines take their styles from the pens; component classes would be matched anew at each move of the focus.
    DEFAULT_CSS = """
    ChatLines {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        background: $ground;
        color: $ink;
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.model = ChatModel()
        self.selected_id: str | None = None
        self.picked = Picked()
        """The rows that are marked beside the selected one."""
        self._heights = RowHeights()
        self._drawn = DrawnRows()
        self._names: Mapping[str, str] = {"me": tr("you")}
        self._unread_id: str | None = None
        self._unread_count = 0
        self._marks: tuple[str | None, str | None] = (
            None,
            None,
        )  # the last of one's own that was delivered; the last at all
        self._sought: re.Pattern[str] | None = None  # words of a search, marked in the selected row
        self._look: Look | None = None
        self._estimated_for = 0  # the width that the heights are for

    # --- measuring ----------------------------------------------------------------------------------------------------

    @property
    def view_height(self) -> int:
        """Lines of the view."""
        return max(1, self.scrollable_content_region.height)

    def _current_look(self) -> Look | None:
        """Return how to draw now, None before the widget has a size. Another width makes all heights estimates again."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return None
        if self._look is None or self._look.width != width:
            app = app_of(self)
            self._drawn.clear()
            self._look = Look(
                width=width,
                glyphs=app.glyphs,
                calendar=app.calendar,
                today=app.calendar.day(app.now()),
                names=self._names,
                pens=app.pens,
                links=app.profile.links,
                layout=app.settings.layout,
            )
            if width != self._estimated_for:
                self._estimated_for = width
                self._heights.reset(self._estimates(self.model.rows))
        return self._look

    def _estimates(self, rows: Iterable[Message]) -> list[int]:
        width = self._look.text_width if self._look is not None else MAX_DIALOGUE
        return estimates(rows, width)

    def _redraw_all(self) -> None:
        self._look, self._estimated_for = None, 0
        if self._current_look() is None:  # no size yet: the first resize will see to it
            self._heights.reset(self._estimates(self.model.rows))

    def _forget(self, message_id: str) -> None:
        self._drawn.drop(message_id)
        index = self.model.index_of(message_id)
        if index is not None:
            self._heights.forget(index)

    def _row(self, index: int, look: Look) -> DrawnRow:
        row = self.model.rows[index]
        drawn = self._drawn.get(row.id)
        if drawn is None:
            place = Place(
                previous=self.model.rows[index - 1] if index else None,
                unread=self._unread_count if row.id == self._unread_id else 0,
                selected=row.id == self.selected_id,
                sought=self._sought if row.id == self.selected_id else None,
                fresh=self._first_fresh is not None and index >= self._first_fresh,
                marked=row.id == self._marks[0],
                newest=row.id == self._marks[1],
                picked=row.id in self.picked,
            )
            drawn = draw(row, place, look)
            self._drawn.put(row.id, drawn)
        return drawn

    @property
    def _first_fresh(self) -> int | None:
        """Where the unread rule stands."""
        return None if self._unread_id is None else self.model.index_of(self._unread_id)

    def _set_marks(self) -> bool:
        """Find the rows of one's own that carry a sign or words for the others; returns whether others do than before."""
        marks = self.model.last_own()
        if marks == self._marks:
            return False
        for message_id in {*marks, *self._marks} - {None}:
            self._forget(str(message_id))
        self._marks = marks
        return True

    def _measure(self, index: int) -> bool:
        """Make a row's height exact; returns whether it was assumed wrongly."""
        look = self._look or self._current_look()
        if look is None or self._heights.is_exact(index):
            return False
        return self._heights.set(index, len(self._row(index, look).lines))

    def _measure_around(self, index: int) -> None:
        """Make heights exact from a screen above a row to two screens below its top."""
        view = self.view_height
        lines = 0
        for below in range(index, len(self.model)):
            self._measure(below)
            lines += self._heights.height(below)
            if lines >= 2 * view:
                break
        above = view + max(0, 2 * view - lines)  # near the end the view reaches up further
        for earlier in range(index - 1, -1, -1):
            if above <= 0:
                break
            self._measure(earlier)
            above -= self._heights.height(earlier)

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._look = None

    # --- lines --------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Return one line of the view."""
        look = self._look or self._current_look()
        line = round(self.scroll_y) + y
        if look is None or line >= self._heights.total:
            return Strip.blank(self.size.width, app_of(self).pens.pen())
        index, within = self._heights.locate(line)
        lines = self._row(index, look).lines
        if within >= len(lines):
            return Strip.blank(look.width, look.pens.pen())
        strip = lines[within].strip
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(line)) is not None:
            strip = with_selection(strip, span, look.pens.pen("ink", "select"))
        return strip.apply_offsets(0, line)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines of the view that ``crop`` names.

        Textual's own way keeps styled lines by their place in the view, and so styles all of them anew at each scroll. Rows
        keep their strips, and strips keep what was done to them: going straight to them halves the cost of a scroll. It
        asks that this widget has neither border nor padding.
        """
        filters = self.app.get_line_filters()
        background = self.background_colors[1]
        strips: list[Strip] = []
        for y in crop.line_range:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, background)
            strips.append(strip)
        if crop.x or crop.width < self.size.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it was written: without names, hours and the breaks of wrapping."""
        look = self._current_look()
        if look is None or not self.model.rows:
            return None
        first = selection.start.y if selection.start is not None else 0
        last = selection.end.y if selection.end is not None else self._heights.total - 1
        start, stop = self._heights.locate(first)[0], self._heights.locate(last)[0]
        rows = ((self._heights.top(index), self._row(index, look)) for index in range(start, stop + 1))
        text = selected_text(rows, selection)
        return (text, "\n") if text else None
