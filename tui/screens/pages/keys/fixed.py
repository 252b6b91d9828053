"""Keys that are the same for everybody: of pages, sheets, lists and fields, and the pages' own letters.

They mean something only where the last line of a screen names them, so they need no command and take no key from one.
"""

from __future__ import annotations

from typing import Final

from tui.language import N_

Row = tuple[str, str, str]
"""What the key does, the key, and where; the first and the last marked by ``N_``."""

HEADING: Final = N_("Pages and sheets (fixed)")
_ANYWHERE: Final = N_("On every page and sheet.")
_PASSCODES: Final = N_("Where a passcode is asked.")
_KEYS: Final = N_("On this page.")
_INVITATIONS: Final = N_("Where an invitation is shown; r in their list, too.")
_QUESTIONS: Final = N_("In questions with two answers.")
_PASTES: Final = N_("Where a long paste is asked about.")
FIXED: Final[tuple[Row, ...]] = (
    (N_("Back"), "Esc", _ANYWHERE),
    (N_("Take, or go on"), "Enter", _ANYWHERE),
    (N_("Next field"), "Tab", _ANYWHERE),
    (N_("Field before"), "Shift+Tab", _ANYWHERE),
    (N_("Choose"), "Up, Down", N_("In lists and among fields; j and k in lists where nothing is typed.")),
    (N_("Change"), "Left, Right", N_("In a row of values, and between buttons.")),
    (N_("A page on"), "PgUp, PgDn", N_("Where there is more than fits.")),
    (N_("Next word"), "Space", N_("Where the eighteen words are typed.")),
    (N_("Show the passcode"), "Ctrl+T", _PASSCODES),
    (N_("Clipboard"), "Ctrl+V", N_("Where an invitation is added.")),
    (N_("QR code"), "Ctrl+R", N_("Where security codes are compared.")),
    (N_("Yes"), "y, x", _QUESTIONS),
    (N_("No"), "n", _QUESTIONS),
    (N_("Send it"), "s", _PASTES),
    (N_("Keep it"), "k", _PASTES),
    (N_("Drop it"), "d, n", _PASTES),
    (N_("Accept"), "a", N_("Among greetings.")),
    (N_("Reject"), "r", N_("Among greetings.")),
    (N_("Confirm a device"), "c", N_("Among devices.")),
    (N_("Refuse a device"), "r", N_("Among devices.")),
    (N_("Back from it"), "q", _INVITATIONS),
    (N_("Copy the link"), "y", _INVITATIONS),
    (N_("Save the picture"), "s", _INVITATIONS),
    (N_("Save the text"), "t", _INVITATIONS),
    (N_("Invert the code"), "i", _INVITATIONS),
    (N_("Revoke"), "r", _INVITATIONS),
    (N_("One more key"), "Ctrl+N", _KEYS),
    (N_("No key"), "Ctrl+X", _KEYS),
    (N_("As it was"), "Ctrl+R", _KEYS),
)
