"""What the text in the composer is for, of each conversation: a message, an answer to one, or another version of one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to the row ``to``; ``words`` say whose and what."""

    to: str
    words: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Another version of one's own row ``of``; ``draft`` was being written before, and is again afterwards."""

    of: str
    words: str
    draft: str


Purpose = Answer | Edit


class Purposes:
    """Keeps them in memory: what is answered is not stored, and an edit that is left is not either."""

    def __init__(self) -> None:
        self._by_conversation: dict[str, Purpose] = {}

    def of(self, conversation: str | None) -> Purpose | None:
        """Return what is written for; None: a message of its own."""
        return None if conversation is None else self._by_conversation.get(conversation)

    def is_editing(self, conversation: str | None) -> bool:
        """Tell whether what is written is another version of a row, and so no draft."""
        return isinstance(self.of(conversation), Edit)

    def begin(self, conversation: str, purpose: Purpose) -> None:
        """Write for ``purpose`` from now on."""
        self._by_conversation[conversation] = purpose

    def end(self, conversation: str | None) -> Purpose | None:
        """Write messages again; returns what was written for before."""
        return None if conversation is None else self._by_conversation.pop(conversation, None)

    def leave(self, conversation: str | None) -> None:
        """Turn to another conversation: an answer waits, an edit is over."""
        if self.is_editing(conversation):
            self.end(conversation)

    def clear(self) -> None:
        """Forget all."""
        self._by_conversation.clear()
