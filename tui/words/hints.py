"""The status line's hints, by what the person is doing; and the welcome while no conversation is open.

One word for one thing, everywhere: Ctrl+K *goes to* a conversation, Ctrl+P lists the *commands*, Esc goes *back*.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from textual.content import Content

from tui.language import N_, tr, tr_n

# In front of these stands the key that sends.
CHAT_HINTS = (
    ("Ctrl+K", N_("go to")),
    ("Up", N_("select")),
    ("Alt+L", N_("lock")),
    ("F1", N_("help")),
    ("Ctrl+P", N_("commands")),
)
BLOCKED_HINTS = (
    ("/unblock", N_("hear them")),
    ("/remove", N_("forget them")),
    ("Ctrl+K", N_("go to")),
    ("Up", N_("select")),
    ("F1", N_("help")),
)
LIST_HINTS = (
    ("Enter", N_("open")),
    ("Ctrl+K", N_("go to")),
    ("Alt+L", N_("lock")),
    ("F1", N_("help")),
    ("Ctrl+P", N_("commands")),
    ("Ctrl+Q", N_("quit")),
)
EMPTY_HINTS = (("Alt+L", N_("lock")), ("F1", N_("help")), ("Ctrl+P", N_("commands")), ("Ctrl+Q", N_("quit")))
SELECT_HINTS = (
    ("Enter", N_("menu")),
    ("r", N_("answer")),
    ("Space", N_("mark")),
    ("+", N_("react")),
    ("e", N_("edit")),
    ("y", N_("copy")),
    ("d", N_("delete")),
    ("Esc", N_("back")),
)
# What those keys want of a message, by its name behind ``select.``, where not every message lets it be done.
NOT_WITH_ALL: Final = {"r": "answer", "+": "react", "e": "edit"}
# In front of these stands how many messages are marked.
MARKED = N_("marked")
MARK_HINTS = (
    ("Enter", N_("menu")),
    ("Esc", N_("let go")),
    ("y", N_("copy")),
    ("f", N_("forward")),
    ("d", N_("delete")),
)
HIT_HINTS = (
    ("n", N_("next hit")),
    ("N", N_("previous")),
    ("y", N_("copy")),
    ("Ctrl+F", N_("search")),
    ("Esc", N_("back")),
)


def chat_hints(*, completing: bool, blocked: bool, enter_sends: bool) -> tuple[tuple[str, str], ...]:
    """Return what the keys do while a text is written. The same with a text and without: a change costs a line over SSH."""
    sends = "Enter" if enter_sends else "Ctrl+J"
    if completing:
        return (("Tab", N_("complete")), (sends, N_("do")), ("↑↓", N_("choose")), ("Esc", N_("close")))
    return BLOCKED_HINTS if blocked else ((sends, N_("send")), *CHAT_HINTS)


def select_hints(wanted: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return what the keys do with a selected message of which ``wanted`` can be had."""
    return tuple(hint for hint in SELECT_HINTS if NOT_WITH_ALL.get(hint[0], "") in {"", *wanted})


NOBODY = N_("Nobody here yet")
SOMEBODY = N_("Somebody would like to talk to you")
CHOOSE = N_("Choose a conversation")
_KEYS_GAP = 2

Way = tuple[str, str]
"""A key and where it leads."""


def ways_in(*, has_conversations: bool, greetings: int = 0, offered: str = "") -> list[Way]:
    """Return what can be done while no conversation is open; ``offered``: whose invitation is there to be used."""
    ways: list[Way] = []
    if greetings:
        ways.append(("Alt+G", tr_n("answer {count} greeting", "answer {count} greetings", greetings)))
    if has_conversations:
        ways += [("Enter", tr("open a conversation")), ("Ctrl+K", tr("go to a name")), ("Ctrl+P", tr("all commands"))]
    else:
        if offered:
            ways.append(("Enter", tr("greet {name}, whose invitation is ready").format(name=offered)))
        ways.append(("Ctrl+P", tr("invite someone, or use an invitation")))
    return [*ways, ("F1", tr("help"))]


def title_of(*, has_conversations: bool, greetings: int = 0) -> str:
    """Return the words above the ways in: nobody is not here while a stranger waits for an answer."""
    return tr(CHOOSE if has_conversations else SOMEBODY if greetings else NOBODY)


def welcome(title: str, ways: list[Way]) -> Content:
    """Return what stands where no conversation is open."""
    width = max(len(key) for key, _ in ways) + _KEYS_GAP
    lines = [Content.assemble((title, "bold")), Content("")]
    lines += [Content.assemble((key.ljust(width), "$primary"), what) for key, what in ways]
    return Content("\n").join(lines)
