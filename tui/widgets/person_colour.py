"""Each person has a colour: in the list, the header, beside what they say, round what one writes to them."""

from __future__ import annotations

from zlib import crc32

from tui.look.tones import CONTACT_ROLES


def colour_of(sender: str) -> str:
    """Return the role of a person's colour, always the same for the same identity; ``me`` has its own."""
    return "self" if sender == "me" else CONTACT_ROLES[crc32(sender.encode()) % len(CONTACT_ROLES)]
