"""Unsent texts, each kept with its conversation."""

from __future__ import annotations

from core import api


class Drafts:
    """What is written now, ahead of what the core has stored."""

    def __init__(self, client: api.Client) -> None:
        self._client = client
        self._texts: dict[str, str] = {}
        self._unsaved: set[str] = set()

    def text_for(self, conversation: api.Conversation) -> str:
        """Return what is written for a conversation."""
        return self._texts.get(conversation.id, conversation.draft)

    def keep(self, conversation_id: str, text: str, stored: str) -> bool:
        """Remember a text; ``stored`` is what the core has. Returns whether it is news that should be saved."""
        if self._texts.get(conversation_id, stored) == text:
            return False
        self._texts[conversation_id] = text
        self._unsaved.add(conversation_id)
        return True

    def forget(self, conversation_id: str) -> None:
        """Forget what was written for a conversation that is gone."""
        self._texts.pop(conversation_id, None)
        self._unsaved.discard(conversation_id)

    async def save(self) -> None:
        """Give the core what it does not have yet; raises ``ApiError``, and then tries that one again next time."""
        for conversation_id in tuple(self._unsaved):
            self._unsaved.discard(conversation_id)
            try:
                await self._client.call(
                    api.DraftSet(conversation=conversation_id, text=self._texts.get(conversation_id, ""))
                )
            except api.ApiError as error:
                if error.kind is not api.Kind.UNKNOWN_CONVERSATION:  # gone, and its draft with it
                    self._unsaved.add(conversation_id)
                raise
