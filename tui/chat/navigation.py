"""Which conversation comes next. Pure: computed from the core's list and the conversations visited before."""

from __future__ import annotations

from collections.abc import Sequence

from core.api import Conversation


def in_order(conversations: Sequence[Conversation]) -> list[Conversation]:
    """Return conversations as the list shows them: pinned ones, the others, archived ones, each the latest first."""
    return sorted(conversations, key=lambda listed: (listed.archived, not listed.pinned))


class Navigation:
    """Remembers the conversations that were open before."""

    def __init__(self) -> None:
        self.conversations: Sequence[Conversation] = ()
        self.current: str | None = None
        self._last: str | None = None
        self._origin: str | None = None  # where the round through unread ones began

    def find(self, conversation_id: str | None) -> Conversation | None:
        """Return a conversation of the list."""
        return next((listed for listed in self.conversations if listed.id == conversation_id), None)

    @property
    def here(self) -> Conversation | None:
        """The open conversation, as the list has it."""
        return self.find(self.current)

    def clear(self) -> None:
        """Forget all conversations, and which were open before."""
        self.conversations = ()
        self.current = self._last = self._origin = None

    def went_to(self, conversation_id: str | None) -> None:
        """Note which conversation is open now."""
        if conversation_id != self.current:
            self._last, self.current = self.current, conversation_id

    @property
    def last(self) -> str | None:
        """The conversation open before this one, if it still exists."""
        return self._last if self.find(self._last) is not None else None

    def by_step(self, step: int) -> str | None:
        """Return the neighbour in the list, going round at its ends."""
        ids = [listed.id for listed in self.conversations]
        if not ids:
            return None
        if self.current not in ids:
            return ids[0 if step > 0 else -1]
        return ids[(ids.index(self.current) + step) % len(ids)]

    def by_number(self, number: int) -> str | None:
        """Return the conversation at a place of the list, counted from one."""
        return self.conversations[number - 1].id if 0 < number <= len(self.conversations) else None

    def next_unread(self) -> str | None:
        """Return the next one with unread messages; when there are no more, where the round began."""
        unread = [listed.id for listed in self.conversations if listed.unread and listed.id != self.current]
        if unread:
            if self._origin is None:
                self._origin = self.current
            return unread[0]
        origin, self._origin = self._origin, None
        return origin if origin != self.current and self.find(origin) is not None else None

    @property
    def unread(self) -> int:
        """How many messages are unread where the person wants to be told of them."""
        return sum(
            listed.unread for listed in self.conversations if listed.notify != "never" and not listed.muted_until
        )

    def unread_elsewhere(self) -> int:
        """Return how many messages are unread outside the open conversation."""
        return sum(listed.unread for listed in self.conversations if listed.id != self.current)
