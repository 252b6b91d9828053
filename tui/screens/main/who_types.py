"""Who types, as long as that was told: in the list, and for the open conversation in the composer's upper edge.

Where there is no frame the header says it; where there is no header either, a line above the composer.
"""

from __future__ import annotations

from textual.message_pump import MessagePump

from core import api
from tui.app_port import AppPort
from tui.chat.navigation import Navigation
from tui.language import tr
from tui.screens.main.panes import Panes
from tui.words.contacts import short_name


class WhoTypes:
    """Knows until when. ``owner`` has the timers."""

    def __init__(self, owner: MessagePump, app: AppPort, panes: Panes, navigation: Navigation) -> None:
        self._owner = owner
        self._app = app
        self._panes = panes
        self._navigation = navigation
        self._until: dict[str, int] = {}  # conversation -> milliseconds

    def begins(self, event: api.ContactTyping) -> None:
        """Show that somebody types."""
        self._until[event.conversation] = event.until
        self.show()
        self._owner.set_timer(max(0, event.until - self._app.now()) / 1000 + 0.1, self.show)

    def ends(self, conversation: str) -> None:
        """Show it no longer: what was typed is there."""
        if self._until.pop(conversation, None) is not None:
            self.show()

    def forget(self) -> None:
        """Forget all of them."""
        self._until.clear()
        self.show()

    def show(self) -> None:
        """Draw what holds now."""
        now, panes = self._app.now(), self._panes
        self._until = {conversation: until for conversation, until in self._until.items() if until > now}
        panes.list.show_typing(frozenset(self._until))
        here = self._navigation.here
        until = 0 if here is None else self._until.get(here.id, 0)
        in_header = not panes.writing.framed and bool(panes.header.display)
        panes.header.types(until if in_header else 0)
        said = ""
        if here is not None and until and not in_header:
            said = tr("{name} types").format(name=short_name(here.name)) + self._app.glyphs.ellipsis
        panes.writing.show_types(said)
