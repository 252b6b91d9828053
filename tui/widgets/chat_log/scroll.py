"""The scrolling message list.

The place of the view is an *anchor*: a row and a line within it, or the end. Rows may be added in front, measured or
changed; afterwards the same anchor is put at the top of the view again, so the text being read never jumps. Rows within one
screen of the view are always measured exactly, so that scrolling by up to a screen meets exact heights only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.geometry import Region, Size
from textual.message import Message as TextualMessage

from core.api import Message
from tui.app_port import app_of
from tui.widgets.bars import draw_bar
from tui.widgets.chat_log.lines import ChatLines

# Screens left before an edge of the window when more rows are asked for.
SCREENS_AHEAD = 2


class Anchor(NamedTuple):
    """A place that stays where it is: a line of a row, or so many lines above it when negative."""

    message_id: str
    line: int


class ChatScroll(ChatLines, can_focus=False):
    """Shows a window of one conversation and scrolls over it."""

    class OlderWanted(TextualMessage):
        """The view comes near the first row held."""

    class NewerWanted(TextualMessage):
        """The view comes near the last row held, and there are newer ones."""

    class Moved(TextualMessage):
        """The view moved, or rows came below it. ``below``: unread messages that it has not come to yet."""

        def __init__(self, below: int, *, at_end: bool) -> None:
            super().__init__()
            self.below = below
            self.at_end = at_end

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._news: tuple[str | None, int] = (None, 0)  # the first unread row of the conversation, and how many
        self._top: Anchor | None = None  # None: at the end
        self._placing = False
        self._bar_shown: bool | None = None  # None: as it was made
        self._asked = False  # for more rows, and not answered yet

    # --- what is shown ------------------------------------------------------------------------------------------------

    def show_rows(
        self,
        rows: Sequence[Message],
        names: Mapping[str, str],
        *,
        at_start: bool,
        at_end: bool = True,
        unread: tuple[str, int] | None = None,
        top: str | None = None,
    ) -> None:
        """Show other rows: their end, or the row ``top``. ``unread`` is the first unread row and how many there are."""
        self.model.reset(rows, at_start=at_start, at_end=at_end)
        self._names = names
        self._unread_id, self._unread_count = unread or (None, 0)
        self.selected_id = None
        if self.picked:
            self.picked.keep(row.id for row in rows)
        self._news = (self._unread_id, self._unread_count)
        self._asked = False
        self._set_marks()
        self._redraw_all()
        self._top = Anchor(top, 0) if top is not None else None
        self._place()

    def append_rows(self, rows: Sequence[Message]) -> None:
        """Add newer rows at the end."""
        added = self.model.append(rows)
        if not added:
            self._asked = False
            return
        self._heights.extend(self._estimates(self.model.rows[-added:]))
        self._set_marks()
        self._asked = False
        if surplus := self.model.surplus():
            self._trim_start(surplus)
        self._place()

    def prepend_rows(self, rows: Sequence[Message], *, at_start: bool) -> None:
        """Add older rows in front; the view stays where it is."""
        first = self.model.rows[0].id if self.model.rows else None
        added = self.model.prepend(rows)
        self.model.at_start = at_start
        self._heights.insert_front(self._estimates(self.model.rows[:added]))
        if first is not None:
            self._forget(first)  # it no longer needs a date rule, perhaps
        self._set_marks()
        self._asked = False
        if (surplus := self.model.surplus()) and self._top is not None:
            self.model.trim_end(surplus)
            self._heights.delete(len(self._heights) - surplus, len(self._heights))
        self._place()

    def insert_row(self, row: Message, after: str) -> None:
        """Put a late row behind the row ``after``, if that is held; the view stays where it is."""
        index = self.model.insert_after(after, row)
        if index is None:
            return
        self._heights.insert(index, self._estimates([row])[0])
        if index + 1 < len(self.model):
            self._forget(self.model.rows[index + 1].id)  # it may need its name again, or no date rule any more
        self._set_marks()
        if surplus := self.model.surplus():
            self._trim_start(surplus)
        self._place()

    def _trim_start(self, count: int) -> None:
        top = None if self._top is None else self.model.index_of(self._top.message_id)
        if top is not None and top < count:  # the view is there: let the new ones go, they can be read again
            self.model.trim_end(count)
            self._heights.delete(len(self._heights) - count, len(self._heights))
            return
        self.model.trim_start(count)
        self._heights.delete(0, count)
        if self.model.rows:
            self._forget(self.model.rows[0].id)

    def rows_answered(self) -> None:
        """Note that a request for more rows was answered or failed; the next move may ask again."""
        self._asked = False

    def change_row(self, message_id: str, change: Callable[[Message], Message]) -> None:
        """Replace a row; only its lines are drawn again."""
        index = self.model.change(message_id, change)
        if index is None:
            return
        line = self._heights.top(index)
        before = self._heights.height(index)
        self._forget(message_id)
        if self._set_marks() or self._measure(index):
            self._place()
        else:
            self.refresh_lines(line, before)

    def change_rows(self, changes: Mapping[str, Callable[[Message], Message]]) -> None:
        """Replace many rows, and draw once."""
        if len(changes) == 1:
            self.change_row(*next(iter(changes.items())))
            return
        changed = [
            message_id for message_id, change in changes.items() if self.model.change(message_id, change) is not None
        ]
        for message_id in changed:
            self._forget(message_id)
        if changed:
            self._set_marks()
            self._place()

    def remove_rows(self, message_ids: Iterable[str]) -> None:
        """Drop rows, and move on if the selected one is among them."""
        for index in self.model.remove(message_ids):
            self._heights.delete(index, index + 1)
            if index < len(self.model):
                follower = self.model.rows[index].id
                self._forget(follower)
        self._set_marks()
        if self._top is not None and self.model.index_of(self._top.message_id) is None:
            index = min(self._heights.locate(round(self.scroll_y))[0], len(self.model) - 1)
            self._top = Anchor(self.model.rows[index].id, 0) if self.model.rows else None
        self._place()

    def set_names(self, names: Mapping[str, str]) -> None:
        """Show other names."""
        if names != self._names:
            self._names = names
            self.redraw()

    def set_news(self, first: str | None, count: int) -> None:
        """Take what the core counts as unread. The rule stands before the first of it, unless that is being read now."""
        if (first, count) == self._news:
            return
        self._news = (first, count)
        if count and not self.is_at_end:
            before, self._unread_id, self._unread_count = self._unread_id, first, count
            self._drawn.clear()  # what is below the rule is brighter
            for changed in {before, first} - {None}:
                self._forget(str(changed))
        self._place()

    def clear_unread_rule(self) -> None:
        """Take the unread rule away."""
        if self._unread_id is not None:
            message_id, self._unread_id = self._unread_id, None
            self._drawn.clear()
            self._forget(message_id)
            self._place()

    def clear_caches(self) -> None:
        """Forget every text."""
        self._drawn.clear()
        self.model.reset((), at_start=True, at_end=True)
        self._heights.reset(())
        self._top = self.selected_id = self._unread_id = None
        self._news, self._marks = (None, 0), (None, None)
        self.picked.clear()
        self._names = {}
        self._place()

    # --- moving about -------------------------------------------------------------------------------------------------

    @property
    def is_at_end(self) -> bool:
        """Whether the newest row is in view."""
        return self._top is None and self.model.at_end

    def scroll_screens(self, screens: float) -> None:
        """Scroll by screens, keeping two lines in view."""
        lines = max(1, self.view_height - 2)
        self.scroll_to(y=round(self.scroll_y) + round(screens * lines), animate=False)

    def go_to_end(self) -> None:
        """Show the last row held."""
        self._top = None
        self._place()

    def go_to_unread(self) -> bool:
        """Show the unread rule; returns whether there is one."""
        return self._unread_id is not None and self.go_to_row(self._unread_id)

    def go_to_row(self, message_id: str, *, lines_above: int = 0) -> bool:
        """Show a row near the top of the view; returns whether it is held."""
        if self.model.index_of(message_id) is None:
            return False
        self._top = Anchor(message_id, -lines_above)
        self._place()
        return True

    def region_of(self, message_id: str) -> Region:
        """Return where a row stands on the screen, as far as it is in view; empty if it is not."""
        if (index := self.model.index_of(message_id)) is None:
            return Region()
        view = self.scrollable_content_region
        top = view.y + self._heights.top(index) - round(self.scroll_y)
        return Region(view.x, top, view.width, self._heights.height(index)).intersection(view)

    def row_at(self, line: int) -> int:
        """Return the index of the row at a line of the scrolled area."""
        return self._heights.locate(line)[0]

    # --- placing ------------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw all anew: colours, signs, names or the width changed."""
        self._bar_shown = None
        self._redraw_all()
        self._place()

    def _place(self) -> None:
        """Put the anchor at the top of the view again, or the end at its bottom."""
        if self._placing or self._current_look() is None:
            return
        self._placing = True
        if self._top is None or (index := self.model.index_of(self._top.message_id)) is None:
            self._top = None
            self._measure_around(len(self.model))
            line = self._heights.total
        else:
            self._measure_around(index)
            line = max(0, self._heights.top(index) + min(self._top.line, self._heights.height(index) - 1))
            if self._top.line < 0:
                index, within = self._heights.locate(line)
                self._top = Anchor(self.model.rows[index].id, within)
        self.virtual_size = Size(self.scrollable_content_region.width, self._heights.total)
        self.scroll_to(y=min(line, self._last_top()), animate=False, force=True)
        self._placing = False
        self.refresh()
        self._note_position()

    def _last_top(self) -> int:
        return max(0, self._heights.total - self.view_height)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the wheel, the bar and the keys: whatever line is now at the top becomes the anchor."""
        super().watch_scroll_y(old_value, new_value)
        if self._placing or round(old_value) == round(new_value) or not self.model.rows:
            return
        line = round(new_value)
        index, within = self._heights.locate(line)
        if line >= self._last_top():
            self._top = None
            self._measure_around(index)
            if line >= self._last_top():
                self._place()
                return
        self._top = Anchor(self.model.rows[index].id, within)
        self._place()

    def _note_position(self) -> None:
        """Tell where the view is, and ask for rows before an edge comes into it."""
        line, view = round(self.scroll_y), self.view_height
        if line >= self._last_top():
            self._top = None
        self._show_bar(shown=not self.is_at_end)
        self.post_message(self.Moved(self._unread_below(line + view - 1), at_end=self.is_at_end))
        if self._asked or not self.model.rows:
            return
        if not self.model.at_start and line < SCREENS_AHEAD * view:
            self._asked = True
            self.post_message(self.OlderWanted())
        elif not self.model.at_end and line > self._last_top() - SCREENS_AHEAD * view:
            self._asked = True
            self.post_message(self.NewerWanted())

    def _show_bar(self, *, shown: bool) -> None:
        """Hide the scroll bar at the end, where it would say nothing."""
        if shown != self._bar_shown:
            self._bar_shown = shown
            draw_bar(self, ascii_only=app_of(self).profile.glyphs == "ascii", shown=shown)

    def _unread_below(self, last_line: int) -> int:
        """Return how many unread messages lie below a line: counted where all of them are held, else all but those above.

        Rows that are merely read from the file during scrolling are no news, however many they are.
        """
        first, count = self._news
        if not count or self.is_at_end or not self.model.rows:
            return 0
        seen = self._heights.locate(last_line)[0] + 1
        if self.model.at_end:
            return min(count, sum(row.sender != "me" for row in self.model.rows[seen:]))
        begins = None if first is None else self.model.index_of(first)
        if begins is None:  # the view is far back, before all of them
            return count
        return max(0, count - sum(row.sender != "me" for row in self.model.rows[begins:seen]))

    def on_resize(self, _: events.Resize) -> None:
        """Wrap to the new width, keeping the anchor."""
        self._place()
