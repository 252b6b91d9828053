"""A field for an invitation, whatever it was pasted with: the link in it is found, and only the link stays.

A terminal without bracketed paste types what is pasted, line ends as Enter. So Enter counts once nothing follows it, and
only when there is a whole link; else it is one of the breaks that the link came with.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.message import Message

from core.pictures.reader import PICTURE_SUFFIXES
from core.session.invitation_lookup import is_whole, shown_links
from tui.widgets.path_field import dragged_path
from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual import events
    from textual.timer import Timer

# Characters kept of what is typed or pasted without a link in it: a mail, typed by a terminal.
MAX_TYPED: Final = 8192
# Characters looked at of what is pasted.
MAX_PASTED: Final = 256 * 1024
# Seconds without a key after Enter until it counts: terminals type a paste without pauses, people make longer ones.
LULL: Final = 0.1


def joined(text: str) -> str:
    """Return the links in what was pasted, else what was meant, in one printable line."""
    return shown_links(text)


class LinkField(TextField):
    """One line, whatever is pasted."""

    BINDINGS = [Binding("ctrl+j", "submit", "Submit", show=False)]  # a line end that no terminal made an Enter of

    class Unfinished(Message):
        """Enter was pressed, and there is no whole link yet."""

    class PictureGiven(Message):
        """The path of a picture was pasted here."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, max_length=MAX_TYPED, id=id)
        self._ending: Timer | None = None

    @property
    def link(self) -> str:
        """The link as it is sent to the core."""
        return joined(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.take(event.text)

    def take(self, text: str) -> None:
        """Take a text as if it had been pasted here."""
        text = text[:MAX_PASTED]
        pasted = joined(text)
        if is_whole(pasted):
            self._show(pasted)
            return
        path = dragged_path(text)
        if PurePath(path).suffix.lower() in PICTURE_SUFFIXES:
            self.post_message(self.PictureGiven(path))
            return
        self.insert_text_at_cursor(pasted)
        if is_whole(whole := self.link):  # the rest of one
            self._show(whole)

    async def _on_key(self, event: events.Key) -> None:
        if self._ending is not None and event.is_printable:
            self._break_line()
        await super()._on_key(event)

    async def action_submit(self) -> None:
        """Go on if nothing follows."""
        if self._ending is not None:
            self._break_line()
        self._ending = self.set_timer(LULL, self._look_whether_over)

    def _break_line(self) -> None:
        """Take the last Enter for a part of what is being typed."""
        if self._ending is not None:
            self._ending.stop()
            self._ending = None
        self.insert_text_at_cursor(" ")

    def _look_whether_over(self) -> None:
        """Let keys that are on their way already go first: through the app's queue, and then through our own."""
        ending = self._ending
        self.app.call_later(lambda: self.call_later(self._end, ending))

    async def _end(self, ending: Timer | None) -> None:
        if ending is None or self._ending is not ending:
            return  # a key followed
        self._ending = None
        shown = self.link
        if not self.value.strip() or is_whole(shown):
            self._show(shown)
            await super().action_submit()
        else:
            self.insert_text_at_cursor(" ")
            self.post_message(self.Unfinished())

    def _show(self, shown: str) -> None:
        """Put what was found in place of what it was found in."""
        if self.value != shown:
            self.value = shown
            self.cursor_position = len(shown)
