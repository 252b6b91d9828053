"""Refuses an Enter right after a jump that was not asked for, and says why.

Keys that a slow line runs together can be read in two ways (``tui.keys.legacy_keys``), and a conversation can vanish
while a text is written in it. A person who types on does not look: for a moment the next Enter would send to another
contact, accept a stranger or open something unread. So it is refused until there was time to see the new
place, and so is a single letter where letters are commands. Any other key that goes somewhere shows that the person looked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

# Seconds in which an Enter is refused: longer than it takes to see that the screen changed, shorter than a text takes.
LOOK: Final = 1.0
# Keys that send, by whichever of them a person has Enter break the line; other keys of the person's own come with them.
_SENDING: Final = frozenset({"enter", "ctrl+j"})
# Keys that are part of typing, and so do not show that the person looked.
_TYPING: Final = frozenset({"backspace", "delete", "space"})

Place = tuple[object, ...]


class Addressed:
    """Mixed into a widget in which a text to a contact is written."""

    address: str | None = None
    """The conversation that the text is for."""


class Jumps:
    """Remembers the last jump, and refuses the keys that it must not get."""

    def __init__(self, app: App[Any], clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._until = 0.0
        self._from: Place = ()
        self._why = ""
        self._sending = _SENDING

    def learn(self, sending: str) -> None:
        """Take on the keys that send, separated by commas, beside those of every form."""
        self._sending = _SENDING | set(sending.split(","))

    def may_come(self, why: str) -> None:
        """Note the present place, before a key that may not have been meant leads elsewhere."""
        self._from, self._until, self._why = self._place(), self._clock() + LOOK, why

    def came(self, why: str) -> None:
        """Note that the place changed without a key."""
        self._from, self._until, self._why = (), self._clock() + LOOK, why

    def refusal(self, event: events.Event) -> str:
        """Return why a key is refused; nothing where it is not."""
        if not self._until or not isinstance(event, events.Key):
            return ""
        if self._clock() >= self._until:
            self._until = 0.0
            return ""
        typing = event.is_printable or event.key in _TYPING | self._sending
        if not typing:
            self._until = 0.0
            return ""
        if self._place() == self._from:
            return ""
        does_something = event.key in self._sending or not isinstance(self._app.focused, _fields())
        return self._why if does_something else ""

    def _place(self) -> Place:
        """Return what tells one place from another: the screen, the widget with the focus, the contact written to."""
        focused: Widget | None = self._app.focused
        return (self._app.screen, focused, focused.address if isinstance(focused, Addressed) else None)


def _fields() -> tuple[type[Widget], ...]:
    """Return what is typed into; their modules are imported with the first screen that has one."""
    from textual.widgets import Input, TextArea

    return Input, TextArea
