"""Rows that no person wrote, each as one plain sentence: something is missing, a device is new, a name changed.

What can be done about it is in the sentence. Names are cleaned before they come here, or here.
"""

from __future__ import annotations

from core.api import Message
from tui.language import N_, tr
from tui.text.sanitize import clean_name

UNKNOWN_NOTE = N_("this needs a newer version of sottovoce to be shown")
NOTES = {
    "gap": N_("something is missing here; it will be added if it still comes"),
    "unknown": UNKNOWN_NOTE,
    "keep-asked": N_("{name} asks you to keep mail that waits in the network on your device too"),
    "keep-ended": N_("{name} no longer asks you to keep mail"),
    "device": N_("{name} has a device that was not seen before: look at it with /devices"),
    "both-alive": N_(
        "an unknown device of {name} is in use beside one you knew, and may be a thief's: ask {name} by another way, then "
        "see /devices"
    ),
    "newer-version": N_(
        "{name} uses a newer version of sottovoce, which this one cannot read: update to hear from them"
    ),
    "not-told": N_(
        "{name} has not heard where you read since you blocked or removed somebody: until then, what they write may not "
        "arrive"
    ),
}
ELSEWHERE_NOTES = {
    "removed": N_(
        "another device with your words removed {name}: blocked here, and what was said is kept; /unblock or /remove. If it "
        "was not yours, somebody has your words"
    ),
    "blocked": N_("another device with your words blocked {name}. If it was not yours, somebody has your words"),
    "unblocked": N_("another device with your words unblocked {name}. If it was not yours, somebody has your words"),
    "renamed": N_("another device with your words gave {name} this name. If it was not yours, somebody has your words"),
}
CHANGED_NOTE = N_(
    "another device with your words changed what is kept of {name}. If it was not yours, somebody has your words"
)
OWN_NOTES = {
    "keep-asked": N_("you asked for your mail to be kept on the other device too"),
    "keep-ended": N_("you no longer ask for your mail to be kept"),
}


def note_of(row: Message, name: str) -> str:
    """Return what to show for a row that is no text; ``name`` is what its sender is called here."""
    if row.sender == "me":
        return tr(OWN_NOTES.get(row.kind, UNKNOWN_NOTE))
    if row.kind == "renamed":
        return _renamed(clean_name(row.text), name)
    if row.kind == "elsewhere":
        return tr(ELSEWHERE_NOTES.get(row.text, CHANGED_NOTE)).format(name=name)
    return tr(NOTES.get(row.kind, UNKNOWN_NOTE)).format(name=name)


def _renamed(own_name: str, name: str) -> str:
    """Return both names, the other side's own last: whatever it is made of, no words of ours can follow it."""
    if own_name == name:
        return tr("they call themselves now: {own_name}").format(own_name=own_name)
    said = tr("you still call them {name} (/rename changes that); they call themselves now: {own_name}")
    return said.format(name=name, own_name=own_name)
