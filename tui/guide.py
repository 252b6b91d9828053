"""The short guide inside the help: how a message travels, and what that protects from."""

from __future__ import annotations

from typing import Final, NamedTuple


class Chapter(NamedTuple):
    """A heading and its paragraphs."""

    title: str
    paragraphs: tuple[str, ...]


GUIDE: Final = (
    Chapter(
        "How a message travels",
        (
            "1. Enter commits it to the encrypted file on this device. It is safe from then on: 'queued'.",
            "2. It is sealed for the other person's device with a key used once, padded to one of three sizes, and some "
            "50 ms of proof of work are added, which keeps floods out.",
            "3. It goes over three strangers' devices, each of which knows only the one before and the one after: 'sent'.",
            "4. Several nodes keep it for up to 48 hours, under a name that leads to nobody: 'stored'.",
            "5. The other device fetches everything of a whole region of names and finds its own by a secret only you "
            "two share. It answers: 'delivered'. Until then your device tries again, for 30 days.",
        ),
    ),
    Chapter(
        "What it protects you from, and what not",
        (
            "Nobody but you two can read it, or learn that you two talk. There is no server to be seized or switched off, "
            "and neither of you sees the other's address. What is recorded today stays sealed against a quantum computer.",
            "A stolen, locked device shows nothing. How long that lasts depends on your passcode.",
            "It does not protect you from the person you write to: messages are signed and can be shown to others. Nor "
            "from someone who controls this machine while it is open, or looks over your shoulder.",
            "Whoever watches your line sees that you use sottovoce, but not with whom. A terminal cannot stop pictures "
            "of the screen.",
        ),
    ),
    Chapter(
        "Meeting people",
        (
            "Nobody can find you. You give somebody an invitation, as a link or a QR code; they greet you; you accept. "
            "Or the other way round. An invitation ends by itself and can be revoked.",
            "Compare identities, the 52 characters in groups of four, face to face or on the telephone: then you know that "
            "nobody stands between you.",
        ),
    ),
)
