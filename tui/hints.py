"""What the status line teaches, by what one is doing; and what stands in the empty room."""

from __future__ import annotations

from textual.content import Content

CHAT_HINTS = (
    ("Enter", "send"),
    ("Ctrl+K", "go to"),
    ("Up", "select"),
    ("Alt+L", "lock"),
    ("F1", "help"),
    ("Ctrl+P", "all"),
)
LIST_HINTS = (
    ("Enter", "open"),
    ("Ctrl+K", "find"),
    ("Ctrl+P", "everything"),
    ("Alt+L", "lock"),
    ("F1", "help"),
    ("Ctrl+Q", "quit"),
)
SELECT_HINTS = (("y", "copy"), ("d", "delete"), ("i", "details"), ("j k", "move"), ("Esc", "back to writing"))

_WAYS_IN = (
    ("Up Down Enter", "open a conversation"),
    ("Ctrl+K", "go to a name"),
    ("Ctrl+P", "everything one can do"),
    ("F1", "help"),
)
_KEY_WIDTH = 15


def welcome(*, has_conversations: bool, offered: str = "") -> Content:
    """Return the text of the room no conversation is open in; ``offered``: whose invitation is there to be used."""
    ways = _WAYS_IN if has_conversations else (("Ctrl+P", "invite someone, or use an invitation"), ("F1", "help"))
    if offered and not has_conversations:
        ways = (("Enter", f"greet {offered}, whose invitation is ready"), *ways)
    title = "Choose a conversation" if has_conversations else "Nobody here yet"
    lines = [Content.assemble((title, "bold")), Content("")]
    lines += [Content.assemble((key.ljust(_KEY_WIDTH), "$primary"), what) for key, what in ways]
    return Content("\n").join(lines)
