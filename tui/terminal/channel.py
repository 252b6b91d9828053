"""Chooses how a terminal shows notices, by what it says of itself in the environment; or as the person's file says.

What a terminal sets survives into tmux, and over SSH little of it does: ``TERM`` and, from iTerm2, ``LC_TERMINAL``. One that
says nothing of itself gets the bell alone, for a wrong guess would be seen as rubbish on some old terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tui.terminal.sequences import Multiplexer, NoticeForm, notice

# By the beginning of TERM.
_BY_TERM: Final[tuple[tuple[str, NoticeForm], ...]] = (
    ("xterm-kitty", "osc99"), ("foot", "osc777"), ("xterm-ghostty", "osc777"), ("rxvt-unicode", "osc777"),
    ("wezterm", "osc777"), ("contour", "osc777"),
)  # fmt: skip
# By TERM_PROGRAM, which some set and tmux overwrites.
_BY_PROGRAM: Final[Mapping[str, NoticeForm]] = {
    "iterm.app": "osc9", "iterm2": "osc9", "wezterm": "osc777", "ghostty": "osc777", "kitty": "osc99",
}  # fmt: skip
# By a variable that only this terminal sets.
_BY_SIGN: Final[tuple[tuple[str, NoticeForm], ...]] = (
    ("KITTY_WINDOW_ID", "osc99"), ("GHOSTTY_RESOURCES_DIR", "osc777"), ("WEZTERM_PANE", "osc777"), ("WT_SESSION", "osc9"),
    ("ITERM_SESSION_ID", "osc9"), ("VTE_VERSION", "osc777"),
)  # fmt: skip
# Terminals that would show a sequence as text.
_BELL_ONLY: Final = frozenset({"", "dumb", "linux", "vt100", "vt102", "vt220", "vt320", "unknown"})


class Channel(NamedTuple):
    """How this terminal shows notices. ``through``: what stands between it and the program."""

    form: NoticeForm = "bell"
    through: Multiplexer = ""

    def notice(self, text: str) -> str:
        """Return what is written to show a notice; nothing where there is only the bell."""
        return notice(self.form, text, self.through)


def detect(environ: Mapping[str, str], chosen: str = "auto") -> Channel:
    """Return the channel of the terminal that ``environ`` tells of; ``chosen`` is the form that the person's file names."""
    through = multiplexer_of(environ)
    if chosen != "auto":
        return Channel(chosen, through)  # type: ignore[arg-type]  # checked by tui.config
    return Channel(form_of(environ), through)


def multiplexer_of(environ: Mapping[str, str]) -> Multiplexer:
    """Return what stands between program and terminal."""
    return "tmux" if environ.get("TMUX") else "screen" if environ.get("STY") else ""


def form_of(environ: Mapping[str, str]) -> NoticeForm:
    """Return the form of notices that the terminal is known to take."""
    term = environ.get("TERM", "").lower()
    if term in _BELL_ONLY:
        return "bell"
    for beginning, form in _BY_TERM:
        if term.startswith(beginning):
            return form
    for name in ("TERM_PROGRAM", "LC_TERMINAL"):
        if (program := environ.get(name, "").lower()) in _BY_PROGRAM:
            return _BY_PROGRAM[program]
    for sign, form in _BY_SIGN:
        if environ.get(sign):
            return form
    return "bell"
