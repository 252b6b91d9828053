"""Watches: the slots that this account looks into, and what it expects there.

A watch is a value: it is the key of what ``core.people.tag_index`` looks for, and says by its type which rule takes what
is put together there (``core.people.slot_reader``). The database keeps pieces of slots that are not whole yet under a name;
``stored_name`` is the one place that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.people.format.slot import SLOTS, SlotKind


@dataclass(frozen=True, slots=True)
class GreetingWatch:
    """Greetings to an invitation of ours."""

    invitation: str

    @property
    def slots(self) -> SlotKind:
        """The parameters of these slots."""
        return SLOTS["greeting"]


@dataclass(frozen=True, slots=True)
class AcceptanceWatch:
    """The answer to a greeting of ours, by the name of the root that the greeting made."""

    conversation: int
    root: bytes

    @property
    def slots(self) -> SlotKind:
        """The parameters of these slots."""
        return SLOTS["acceptance"]


@dataclass(frozen=True, slots=True)
class ResetWatch:
    """Resets of the other side at a root of a conversation."""

    conversation: int
    root: bytes

    @property
    def slots(self) -> SlotKind:
        """The parameters of these slots."""
        return SLOTS["reset"]


Watch = GreetingWatch | AcceptanceWatch | ResetWatch


def stored_name(watch: Watch) -> str:
    """Return the name under which the pieces of a watch's slots are kept."""
    match watch:
        case GreetingWatch():
            return f"greeting:{watch.invitation}"
        case AcceptanceWatch():
            return f"acceptance:{watch.conversation}:{watch.root.hex()}"
        case ResetWatch():
            return f"reset:{watch.conversation}:{watch.root.hex()}"


def stored_prefixes(conversation: int) -> tuple[str, ...]:
    """Return how the names of all watches of a conversation begin, and no others."""
    no_root = b""
    return stored_name(AcceptanceWatch(conversation, no_root)), stored_name(ResetWatch(conversation, no_root))
