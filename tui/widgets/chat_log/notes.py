"""Rows that no person wrote, each as one plain sentence: something is missing, a device is new, a name changed.

What can be done about it is in the sentence. Names are cleaned before they come here, or here.
"""

from __future__ import annotations

from core.api import Message
from tui.text.sanitize import clean_name

UNKNOWN_NOTE = "this needs a newer version of sottovoce to be shown"
NOTES = {
    "gap": "something is missing here; it will be added if it still comes",
    "unknown": UNKNOWN_NOTE,
    "keep-asked": "{name} asks you to keep mail that waits in the network on your device too",
    "keep-ended": "{name} no longer asks you to keep mail",
    "device": "{name} has a device that was not seen before: look at it with /devices",
    "both-alive": (
        "an unknown device of {name} is in use beside one you knew, and may be a thief's: ask {name} by another way, then "
        "see /devices"
    ),
    "newer-version": "{name} uses a newer version of sottovoce, which this one cannot read: update to hear from them",
    "not-told": (
        "{name} has not heard where you read since you blocked or removed somebody: until then, what they write may not "
        "arrive"
    ),
}
ELSEWHERE_NOTES = {
    "removed": "removed {name}: blocked here, and what was said is kept; /unblock or /remove",
    "blocked": "blocked {name}",
    "unblocked": "unblocked {name}",
    "renamed": "gave {name} this name",
}
OWN_NOTES = {
    "keep-asked": "you asked for your mail to be kept on the other device too",
    "keep-ended": "you no longer ask for your mail to be kept",
}


def note_of(row: Message, name: str) -> str:
    """Return what to show for a row that is no text; ``name`` is what its sender is called here."""
    if row.sender == "me":
        return OWN_NOTES.get(row.kind, UNKNOWN_NOTE)
    if row.kind == "renamed":
        return _renamed(clean_name(row.text), name)
    if row.kind == "elsewhere":
        done = ELSEWHERE_NOTES.get(row.text, "changed what is kept of {name}").replace("{name}", name)
        return f"another device with your words {done}. If it was not yours, somebody has your words"
    return NOTES.get(row.kind, UNKNOWN_NOTE).replace("{name}", name)


def _renamed(own_name: str, name: str) -> str:
    """Return both names, the other side's own last: whatever it is made of, no words of ours can follow it."""
    if own_name == name:
        return f"they call themselves now: {own_name}"
    return f"you still call them {name} (/rename changes that); they call themselves now: {own_name}"
