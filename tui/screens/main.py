"""Conversations and the chat."""

from __future__ import annotations

from textual.screen import Screen

from core.api import Client


class MainScreen(Screen[None]):
    """The conversations."""

    def __init__(self, client: Client) -> None:
        super().__init__(id="main")
        self.client = client
        self.conversation_id: str | None = None

    async def open_conversation(self, conversation: str) -> None:
        """Open a conversation."""
