"""Brings back what one sent in a conversation, into a composer in which nothing else is written.

The texts are those of the rows that the message list holds, older pages read as they are wanted: nothing is kept for it. A
recalled text that is not touched gives way to the next one; once it is edited it is a text like any other, and what is sent
is a new message.
"""

from __future__ import annotations

from core.api import Message
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.chat.purposes import Purposes
from tui.screens.main.panes import Panes
from tui.text.sanitize import kept_text


class Recall:
    """Walks one's own texts for the composer."""

    def __init__(self, panes: Panes, navigation: Navigation, chat: Chat, purposes: Purposes) -> None:
        self._panes, self._navigation, self._chat, self._purposes = panes, navigation, chat, purposes
        self._address: str | None = None
        self._at: str | None = None
        self._text = ""

    def forget(self) -> None:
        """Begin at the newest again."""
        self._at, self._text = None, ""

    async def step(self, step: int) -> None:
        """Show the text before (-1) or behind (1) the one that is recalled; raises ``ApiError``."""
        composer = self._panes.writing.composer
        address = composer.address
        if address is None or self._purposes.is_editing(address):
            return
        if composer.text != self._text or not composer.text or address != self._address:
            self.forget()
            self._address = address
        if composer.text and not self._text:
            return  # something else is written
        before = composer.text
        if self._at is None and step < 0 and not self._panes.log.model.at_end:
            await self._chat.go_to_end()
        found = await self._older() if step < 0 else self._newer()
        if composer.address != address or composer.text != before or (found is None and step < 0):
            return  # gone on in the meantime, or there is none
        self._at, self._text = (found.id, kept_text(found.text)) if found is not None else (None, "")
        composer.put(_as_written(self._text))
        self._text = composer.text

    async def _older(self) -> Message | None:
        while True:
            model = self._panes.log.model
            index = len(model.rows) if self._at is None else model.index_of(self._at)
            found = next((row for row in reversed(model.rows[:index]) if _is_own(row)), None)
            if found is not None or model.at_start or self._navigation.current is None:
                return found
            held = len(model.rows)
            await self._chat.load_older()
            if len(self._panes.log.model.rows) <= held:
                return None

    def _newer(self) -> Message | None:
        model = self._panes.log.model
        index = None if self._at is None else model.index_of(self._at)
        return None if index is None else next((row for row in model.rows[index + 1 :] if _is_own(row)), None)


def _is_own(row: Message) -> bool:
    return row.sender == "me" and row.kind == "text" and bool(row.text)


def _as_written(text: str) -> str:
    """Return a text as it is typed: one that begins with a slash is no command."""
    return f"/{text}" if text.startswith("/") else text
