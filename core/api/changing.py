"""Commands that change a row that is there: reactions, edits, pins."""

from __future__ import annotations

from core.api.account import Done
from core.api.base import Command


class MessageReact(Command[Done], frozen=True, tag="message.react"):
    """Put one emoji to a text, in place of the one that you put to it before; or take it back (``remove``).

    An emoji is a single sign of at most ``MAX_EMOJI_SIZE`` bytes.
    """

    id: str
    emoji: str
    remove: bool = False


class MessageEdit(Command[Done], frozen=True, tag="message.edit"):
    """Say one of your own texts otherwise. One that has not left this device is replaced; else the others keep both."""

    id: str
    text: str

    def queue(self) -> str:
        """Return a queue for each text, so that its versions keep their order."""
        return self.id


class MessagePin(Command[Done], frozen=True, tag="message.pin"):
    """Pin a row, or let go of it. Pins are this account's own and told to no one."""

    id: str
    pinned: bool
