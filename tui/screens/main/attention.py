"""Tells the core what the person looks at, and that they type: seldom, and only where it matters to the core.

A screen tells of a key pressed, never of its own reading. Which conversation is shown is told when it changes, and with a
key now and then; typing only where it is switched on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from core import api
from tui.app_port import AppPort
from tui.screens.main.attempts import Attempts

# Milliseconds between two words to the core about the same: it takes the person for there for five minutes, and tells of
# typing every twenty seconds.
FOCUS_PAUSE: Final = 60_000
TYPING_PAUSE: Final = 10_000


class PersonAttention:
    """What was told last. ``shown`` returns the conversation that is shown, if any."""

    def __init__(self, app: AppPort, attempts: Attempts, shown: Callable[[], str | None]) -> None:
        self._app = app
        self._attempts = attempts
        self._shown = shown
        self._told: str | None = None
        self._told_at = self._typed_at = 0

    def look(self) -> None:
        """Tell which conversation is shown, if that is not known."""
        now, shown = self._app.now(), self._shown()
        if shown != self._told or now - self._told_at >= FOCUS_PAUSE:
            self._told, self._told_at = shown, now
            self._attempts.begin(self._call(api.ConversationFocus(conversation=shown)), group="focus")

    def typed(self, address: str | None, text: str) -> None:
        """Note that the person changed what they write; a command is none of the contact's business."""
        if not text:
            return
        self.look()
        now = self._app.now()
        is_told = self._app.settings.typing and address is not None and not text.startswith("/")
        if is_told and now - self._typed_at >= TYPING_PAUSE:
            self._typed_at = now
            self._attempts.begin(self._call(api.ConversationTyping(conversation=address or "")), group="typing")

    def forget(self) -> None:
        """Forget what was told: the screen was locked."""
        self._told, self._told_at = None, 0

    async def _call(self, command: api.Command[api.Done]) -> None:
        try:
            await self._app.client.call(command)
        except api.ApiError as error:
            if error.kind is not api.Kind.UNKNOWN_CONVERSATION:  # it went in this moment
                raise
