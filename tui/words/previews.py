"""What stands below a name in a list: the last words, or in a few words what happened where nobody wrote any."""

from __future__ import annotations

from typing import Final

from core.api import Conversation
from tui.text.sanitize import clean_line

# Characters of a text that are looked at; a list shows some thirty.
_LOOKED_AT: Final = 200
UNKNOWN: Final = "needs a newer version"
# Kind of a row that no person wrote -> what it says, in the fewest words.
HAPPENED: Final = {
    "gap": "something is missing",
    "keep-asked": "asks to keep mail",
    "keep-ended": "no longer asks to keep mail",
    "device": "has a new device",
    "both-alive": "has an unknown device",
    "renamed": "has another name",
    "newer-version": UNKNOWN,
    "not-told": "has not heard where you read",
    "elsewhere": "changed by another device",
}
OWN: Final = {"keep-asked": "you asked to keep mail", "keep-ended": "you no longer ask to keep mail"}


def preview_of(conversation: Conversation) -> str:
    """Return one clean line; empty where there is no row yet."""
    if text := clean_line(conversation.last_text[:_LOOKED_AT]):
        return text
    if conversation.last_kind in {"text", "imported"}:
        return ""
    own = OWN.get(conversation.last_kind) if conversation.last_sender == "me" else None
    return own or HAPPENED.get(conversation.last_kind, UNKNOWN)
