"""Sends a text to the core; a text that the core refuses is put back where it was written."""

from __future__ import annotations

from collections.abc import Callable

from core.api import ApiError
from tui.chat.chat import Chat
from tui.keys.registry import message_text
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.draft_keeper import DraftKeeper
from tui.widgets.writing import WritingArea


class Sending:
    """Sends; ``offers_unblocking`` holds back what is written to a blocked contact."""

    def __init__(
        self,
        chat: Chat,
        writing: WritingArea,
        drafts: DraftKeeper,
        conversations: Conversations,
        attempts: Attempts,
        offers_unblocking: Callable[[str | None], bool],
    ) -> None:
        self._chat = chat
        self._writing = writing
        self._drafts = drafts
        self._conversations = conversations
        self._attempts = attempts
        self._offers_unblocking = offers_unblocking

    def send(self, address: str | None, text: str) -> None:
        """Send a text to a conversation, and empty the composer."""
        if self._offers_unblocking(address):
            return  # the text stays where it is
        self._writing.composer.put("")
        if address is not None:
            self._attempts.begin(self._commit(address, text), group="sending")

    async def _commit(self, address: str, text: str) -> None:
        try:
            await self._chat.send(address, message_text(text))
        except ApiError:
            self._drafts.give_back(address, text)
            raise
        self._drafts.keep(address, "")
        await self._conversations.read()
