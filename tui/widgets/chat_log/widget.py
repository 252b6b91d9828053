"""The message list with a mark on one message, moved by keys; the screen carries out what is wanted of that message."""

from __future__ import annotations

import re
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.message import Message as TextualMessage

from core.api import Message
from tui.app_port import app_of
from tui.keys.commands import REGISTRY
from tui.keys.handlers import CarriesCommands, Handlers
from tui.keys.keymap import bindings
from tui.keys.registry import Scope
from tui.language import tr
from tui.widgets.chat_log.picked import MAX_PICKED
from tui.widgets.chat_log.scroll import ChatScroll

# What may be wanted of the marked message, by its name behind ``select.`` in the registry.
WANTED: Final = (
    "menu", "answer", "react", "edit", "quoted", "copy", "link", "open", "forward", "pin", "delete", "info",
)  # fmt: skip


class ChatLog(ChatScroll, CarriesCommands, can_focus=True):
    """Has the focus only while a message is selected."""

    BINDINGS: ClassVar = bindings(REGISTRY.of_scope(Scope.SELECT))
    FOCUS_ON_CLICK = False  # a press begins to mark text; letters typed after it are a message, not commands

    class Left(TextualMessage):
        """Selecting is over; ``typed`` is the character that ended it, if one did."""

        def __init__(self, typed: str = "") -> None:
            super().__init__()
            self.typed = typed

    class Chosen(TextualMessage):
        """The mark is on another message."""

    class HitWanted(TextualMessage):
        """Go so many hits of the last search on."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Wanted(TextualMessage):
        """Do something with the selected message: one of ``WANTED``."""

        def __init__(self, what: str, message: Message) -> None:
            super().__init__()
            self.what = what
            self.message = message

    class WantedOfMany(TextualMessage):
        """Do something with the marked messages, which are in order: one of ``WANTED``."""

        def __init__(self, what: str, messages: list[Message]) -> None:
            super().__init__()
            self.what = what
            self.messages = messages

    class MarksChanged(TextualMessage):
        """Other messages are marked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._step = -1  # the way of the last move, which Space goes on in
        self.handlers = Handlers(
            {
                "select.up": partial(self._select_by, -1),
                "select.down": partial(self._select_by, 1),
                "select.first": self._select_first,
                "select.last": self._select_last,
                "select.mark": self._mark,
                "select.extend-up": partial(self._extend, -1),
                "select.extend-down": partial(self._extend, 1),
                **{f"select.{what}": partial(self._want, what) for what in WANTED},
                "select.next-hit": partial(self._want_hit, 1),
                "select.previous-hit": partial(self._want_hit, -1),
                "select.leave": self._leave_selection,
            }
        )

    @property
    def selected(self) -> Message | None:
        """The marked message."""
        index = None if self.selected_id is None else self.model.index_of(self.selected_id)
        return None if index is None else self.model.rows[index]

    def begin_selecting(self) -> None:
        """Mark the newest message in view and take the focus."""
        if not self.model.rows:
            return
        bottom = round(self.scroll_y) + self.view_height - 1
        self.select(self.model.rows[self.row_at(bottom)].id)
        self.focus()

    def on_blur(self) -> None:
        """The selection goes with the focus; while another window is in front, marks stay for when one is back."""
        if self.picked and not self.app.app_focus:
            return
        self.let_go()
        self.select(None)

    def on_focus(self) -> None:
        """Come here by Tab: something must be marked for the keys to act on."""
        if self.selected is None:
            self.begin_selecting()

    def on_key(self, event: events.Key) -> None:
        """Typing anything that is no key of this list goes on writing."""
        if event.is_printable and event.character and event.key not in self._bindings.key_to_bindings:
            event.stop()
            self.post_message(self.Left(event.character))

    def select(self, message_id: str | None, *, sought: str = "") -> None:
        """Mark a row, and in it the words ``sought``, and bring it into view; None marks none."""
        words = [re.escape(word) for word in sought.split()]
        self._sought = re.compile("|".join(words), re.IGNORECASE) if words else None
        previous, self.selected_id = self.selected_id, message_id
        for changed in (previous, message_id):
            index = None if changed is None else self.model.index_of(changed)
            if changed is not None and index is not None:
                self._forget(changed)
                self._measure(index)
                self.refresh_lines(self._heights.top(index), self._heights.height(index))
        if message_id is not None:
            self._bring_into_view(message_id)
        self.post_message(self.Chosen())

    def _select_by(self, step: int) -> None:
        """Select another one; past the last row selecting is over, unless marks would be lost."""
        self._step = step
        index = None if self.selected_id is None else self.model.index_of(self.selected_id)
        if index is None:
            index = len(self.model)
        index += step
        if index >= len(self.model) or not self.model.rows:
            if not self.picked:
                self.post_message(self.Left())
            return
        self.select(self.model.rows[max(0, index)].id)

    def _bring_into_view(self, message_id: str) -> None:
        index = self.model.index_of(message_id)
        if index is None:
            return
        self._measure_around(index)
        top, height, view = self._heights.top(index), self._heights.height(index), self.view_height
        scroll = round(self.scroll_y)
        if top < scroll:
            self.scroll_to(y=top, animate=False)
        elif top + height > scroll + view:
            self.scroll_to(y=min(top, top + height - view), animate=False)

    def _select_first(self) -> None:
        """Mark the oldest row held."""
        if self.model.rows:
            self.select(self.model.rows[0].id)

    def _select_last(self) -> None:
        """Mark the newest row held."""
        if self.model.rows:
            self.select(self.model.rows[-1].id)

    def _leave_selection(self) -> None:
        """Let go of the marks first; without any, back to writing."""
        if not self.let_go():
            self.post_message(self.Left())

    # --- several at once ----------------------------------------------------------------------------------------------

    @property
    def marked(self) -> list[Message]:
        """The marked messages in order."""
        return self.picked.rows(self.model)

    def let_go(self) -> bool:
        """Take all marks away; returns whether there were any."""
        if not self.picked:
            return False
        before = self.picked.ids
        self.picked.clear()
        self._redraw_marks(before)
        return True

    def _mark(self) -> None:
        """Mark the selected message, or take its mark away, and go on the way that was gone last."""
        if (message := self.selected) is None:
            return
        before = self.picked.ids
        if not self.picked.toggle(message.id):
            self._tell_full()
            return
        self._redraw_marks(before)
        if (following := self._beside(self._step)) is not None:
            self.select(following)

    def _extend(self, step: int) -> None:
        """Let the range of marks follow the selection to the next message."""
        if (message := self.selected) is None:
            return
        self._step = step
        before, to = self.picked.ids, self._beside(step) or message.id
        if not self.picked.extend(self.model, message.id, to):
            self._tell_full()
            return
        self._redraw_marks(before)
        self.select(to)

    def _beside(self, step: int) -> str | None:
        """Return the row so many after the selected one, None beyond the first and the last."""
        index = None if self.selected_id is None else self.model.index_of(self.selected_id)
        if index is None or not 0 <= index + step < len(self.model):
            return None
        return self.model.rows[index + step].id

    def _redraw_marks(self, before: frozenset[str]) -> None:
        """Draw what has a mark now, or had one."""
        for changed in before ^ self.picked.ids:
            self._drawn.drop(changed)
            if (index := self.model.index_of(changed)) is not None:
                self.refresh_lines(self._heights.top(index), self._heights.height(index))
        self.post_message(self.MarksChanged())

    def _tell_full(self) -> None:
        app_of(self).tell(tr("No more than {count} can be marked at once.").format(count=MAX_PICKED), "warning")

    def _want_hit(self, step: int) -> None:
        """Go to another hit of the last search."""
        self.post_message(self.HitWanted(step))

    def _want(self, what: str) -> None:
        if marked := self.marked:
            self.post_message(self.WantedOfMany(what, marked))
        elif (message := self.selected) is not None:
            self.post_message(self.Wanted(what, message))
