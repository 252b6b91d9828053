"""Decides what is done when something comes in, by where the person looks, what was chosen and whether it may be told.

    seen            the conversation is in view, and so is the terminal       nothing
    elsewhere here  the terminal is in view, another conversation shown       bell, a sentence in the status line
    away            the terminal is not in view                               bell, a notice of the terminal's, the command

Nothing is told of what is muted or hidden, nor by a setting that says *off*; a rule of *bell* leaves only the bell. What a
notice says is "New message" unless the person chose more, and while the screen is locked it is never more.

Some terminals never tell whether they are looked at. There the person is taken to look for as long as keys are pressed now
and then (``LOOKING``): better a notice too many than none at all.
"""

from __future__ import annotations

import dataclasses
from typing import Final, Literal

from core.api import NotifyRule, Settings
from tui.language import N_, tr, tr_n
from tui.text.sanitize import clean_line, clean_name, fit

# Seconds after a key in which a person is taken to look at a terminal that does not tell.
LOOKING: Final = 60.0
# Cells of a notice's text: a line of a desktop's notice.
MAX_TEXT: Final = 120
NEW_MESSAGE: Final = N_("New message")
NEW_GREETING: Final = N_("New greeting")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What came in. ``conversation`` is empty where that is not told; ``name`` and ``text`` are foreign and not cleaned."""

    conversation: str = ""
    is_greeting: bool = False
    name: str = ""
    text: str = ""
    rule: NotifyRule = "always"
    hidden: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the person looks at. ``focused``: what the terminal tells of it, None where it never told.

    ``idle``: seconds since the last key; ``shown``: the conversation on the screen, if it is in front.
    """

    locked: bool = False
    focused: bool | None = None
    idle: float = 0.0
    shown: str | None = None

    @property
    def is_at_terminal(self) -> bool:
        """Whether the person looks at this terminal, as far as is known."""
        return self.idle < LOOKING if self.focused is None else self.focused

    def sees(self, incoming: Incoming) -> bool:
        """Whether what came is in view."""
        shown = bool(self.shown) and self.shown == incoming.conversation
        return shown and self.is_at_terminal and not self.locked


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """What is done: ``said`` in the status line, ``sent`` to the terminal, each nothing if empty."""

    bell: bool = False
    said: str = ""
    sent: str = ""
    command: bool = False

    def joined(self, later: Notice, text: str) -> Notice:
        """Return one notice in place of two, which says ``text`` wherever one of them says anything."""
        return Notice(
            bell=self.bell or later.bell,
            said=tr("{text}.").format(text=text) if self.said or later.said else "",
            sent=text if self.sent or later.sent else "",
            command=self.command or later.command,
        )


def decide(incoming: Incoming, sight: Sight, settings: Settings) -> Notice | None:
    """Return what is done about ``incoming``; None for nothing."""
    if settings.notify == "off" or incoming.rule == "never" or incoming.hidden or sight.sees(incoming):
        return None
    if incoming.rule == "bell":
        return Notice(bell=True)
    text = words_of(incoming, "off" if sight.locked else settings.notify_content)
    with_text = settings.notify == "bell+text"
    if sight.is_at_terminal:
        said = tr("{text}.").format(text=text)
        return Notice(bell=True, said=said if with_text and not sight.locked else "")
    return Notice(bell=True, sent=text if with_text else "", command=True)


def words_of(incoming: Incoming, content: Literal["off", "name", "text"]) -> str:
    """Return what a notice says, cleaned and short."""
    plain = tr(NEW_GREETING) if incoming.is_greeting else tr(NEW_MESSAGE)
    if content == "off" or not incoming.name:
        return plain
    name = clean_name(incoming.name)
    if content == "name" or not incoming.text:
        return fit(tr("{what}: {name}").format(what=plain, name=name), MAX_TEXT)
    return fit(tr("{name}: {text}").format(name=name, text=clean_line(incoming.text)), MAX_TEXT)


def several(count: int) -> str:
    """Return what is said of several that were not told one by one."""
    return tr_n("{count} new message", "{count} new messages", count)
