"""What stands below a name in a list: the last words, or in a few words what happened where nobody wrote any."""

from __future__ import annotations

from typing import Final

from core.api import Conversation
from tui.language import N_, tr
from tui.text.sanitize import clean_line

# Characters of a text that are looked at; a list shows some thirty.
_LOOKED_AT: Final = 200
UNKNOWN: Final = N_("needs a newer version")
# Kind of a row that no person wrote -> what it says, in the fewest words.
HAPPENED: Final = {
    "gap": N_("something is missing"),
    "keep-asked": N_("asks to keep mail"),
    "keep-ended": N_("no longer asks to keep mail"),
    "device": N_("has a new device"),
    "both-alive": N_("has an unknown device"),
    "renamed": N_("has another name"),
    "newer-version": UNKNOWN,
    "not-told": N_("has not heard where you read"),
    "elsewhere": N_("changed by another device"),
}
OWN: Final = {"keep-asked": N_("you asked to keep mail"), "keep-ended": N_("you no longer ask to keep mail")}


def preview_of(conversation: Conversation) -> str:
    """Return one clean line; empty where there is no row yet."""
    if text := clean_line(conversation.last_text[:_LOOKED_AT]):
        return text
    if conversation.last_kind in {"text", "imported"}:
        return ""
    own = OWN.get(conversation.last_kind) if conversation.last_sender == "me" else None
    return tr(own or HAPPENED.get(conversation.last_kind, UNKNOWN))
