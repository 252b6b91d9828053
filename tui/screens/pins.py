"""The pinned messages of a conversation, the newest first; the one that is chosen is gone to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from core.api import Message
from tui.app_port import app_of
from tui.keys.matching import score
from tui.language import N_
from tui.screens.picker import PickerScreen
from tui.text.sanitize import clean_line, fit, pad
from tui.widgets.chat_log.notes import note_of
from tui.widgets.chat_log.rows import MESSAGES
from tui.words.format import when, when_width

# Cells of the column with names, and of border, padding and scroll bar.
_NAME, _FRAME = 14, 5


class PinsScreen(PickerScreen[Message]):
    """Dismisses with the message that is to be shown, or None."""

    heading = N_("Pinned messages")
    keys = (("↑↓", N_("choose")), ("Enter", N_("go to")), ("Esc", N_("back")))
    placeholder = N_("Words of the message")
    nothing = N_("nothing with these words is pinned here")

    def __init__(self, pinned: Sequence[Message], names: Mapping[str, str]) -> None:
        super().__init__()
        self._pinned = list(reversed(pinned))
        self._names = dict(names)

    def options(self, query: str) -> list[Option]:
        """Return those that have each typed word."""
        return [
            Option(self._line(each), id=each.id)
            for each in self._pinned
            if not query.strip() or score(query, [(self._said(each), 1), (self._called(each), 1)])
        ]

    def result_of(self, option: Option) -> Message:
        """Return the message of a line."""
        return next(each for each in self._pinned if each.id == option.id)

    def _called(self, message: Message) -> str:
        return self._names.get(message.sender, "")

    def _said(self, message: Message) -> str:
        return clean_line(message.text if message.kind in MESSAGES else note_of(message, self._called(message)))

    def _line(self, message: Message) -> Content:
        app, hours = app_of(self), when_width()
        ellipsis = app.glyphs.ellipsis
        room = self.sheet.size.width - _FRAME - hours - _NAME - 2
        return Content.assemble(
            (f"{pad(when(message.sent_at, app.now(), app.calendar), hours, ellipsis)} ", "$soft"),
            (f"{pad(self._called(message), _NAME, ellipsis)} ", "bold"),
            fit(self._said(message), max(1, room), ellipsis),
        )

    def clear_caches(self) -> None:
        """Forget all that is pinned."""
        self._pinned, self._names = [], {}
        super().clear_caches()
