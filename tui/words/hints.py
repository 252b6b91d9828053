"""The status line's hints, by what the person is doing; and the welcome while no conversation is open.

One word for one thing, everywhere: Ctrl+K *goes to* a conversation, Ctrl+P lists the *commands*, Esc goes *back*.
"""

from __future__ import annotations

from textual.content import Content

from tui.words.format import plural

# In front of these stands the key that sends.
CHAT_HINTS = (
    ("Ctrl+K", "go to"),
    ("Up", "select"),
    ("Alt+L", "lock"),
    ("F1", "help"),
    ("Ctrl+P", "commands"),
)
BLOCKED_HINTS = (
    ("/unblock", "hear them"),
    ("/remove", "forget them"),
    ("Ctrl+K", "go to"),
    ("Up", "select"),
    ("F1", "help"),
)
LIST_HINTS = (
    ("Enter", "open"),
    ("Ctrl+K", "go to"),
    ("Alt+L", "lock"),
    ("F1", "help"),
    ("Ctrl+P", "commands"),
    ("Ctrl+Q", "quit"),
)
EMPTY_HINTS = (("Alt+L", "lock"), ("F1", "help"), ("Ctrl+P", "commands"), ("Ctrl+Q", "quit"))
SELECT_HINTS = (
    ("Enter", "menu"),
    ("r", "answer"),
    ("+", "react"),
    ("e", "edit"),
    ("y", "copy"),
    ("d", "delete"),
    ("Esc", "back"),
)
HIT_HINTS = (("n", "next hit"), ("N", "previous"), ("y", "copy"), ("Ctrl+F", "search"), ("Esc", "back"))


def chat_hints(*, completing: bool, blocked: bool, enter_sends: bool) -> tuple[tuple[str, str], ...]:
    """Return what the keys do while a text is written. The same with a text and without: a change costs a line over SSH."""
    sends = "Enter" if enter_sends else "Ctrl+J"
    if completing:
        return (("Tab", "complete"), (sends, "do"), ("↑↓", "choose"), ("Esc", "close"))
    return BLOCKED_HINTS if blocked else ((sends, "send"), *CHAT_HINTS)


NOBODY = "Nobody here yet"
SOMEBODY = "Somebody would like to talk to you"
CHOOSE = "Choose a conversation"
_KEYS_GAP = 2

Way = tuple[str, str]
"""A key and where it leads."""


def ways_in(*, has_conversations: bool, greetings: int = 0, offered: str = "") -> list[Way]:
    """Return what can be done while no conversation is open; ``offered``: whose invitation is there to be used."""
    ways: list[Way] = []
    if greetings:
        ways.append(("Alt+G", f"answer {plural(greetings, 'greeting')}"))
    if has_conversations:
        ways += [("Enter", "open a conversation"), ("Ctrl+K", "go to a name"), ("Ctrl+P", "all commands")]
    else:
        if offered:
            ways.append(("Enter", f"greet {offered}, whose invitation is ready"))
        ways.append(("Ctrl+P", "invite someone, or use an invitation"))
    return [*ways, ("F1", "help")]


def title_of(*, has_conversations: bool, greetings: int = 0) -> str:
    """Return the words above the ways in: nobody is not here while a stranger waits for an answer."""
    return CHOOSE if has_conversations else SOMEBODY if greetings else NOBODY


def welcome(title: str, ways: list[Way]) -> Content:
    """Return what stands where no conversation is open."""
    width = max(len(key) for key, _ in ways) + _KEYS_GAP
    lines = [Content.assemble((title, "bold")), Content("")]
    lines += [Content.assemble((key.ljust(width), "$primary"), what) for key, what in ways]
    return Content("\n").join(lines)
