"""The line of a screen that says how things stand: working, done, wrong. The sign before the words carries the kind."""

from __future__ import annotations

from typing import Literal

from textual.content import Content
from textual.widgets import Static

Kind = Literal["plain", "working", "good", "bad"]

_SIGNS: dict[Kind, str] = {"plain": "", "working": "... ", "good": "OK: ", "bad": "! "}


class Notice(Static):
    """A sentence or nothing; ``-quiet`` while it is nothing, so that a low screen can save the row."""

    DEFAULT_CSS = """
    Notice {
        height: auto; width: 1fr;
        &.-bad { color: $text-error; text-style: bold; }
        &.-good { color: $text-success; }
        &.-working { color: $quiet; }
        &:ansi { color: ansi_default; }
    }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(Content(text), id=id, classes="" if text else "-quiet")
        self._said: tuple[Kind, str] = ("plain", text)

    @property
    def said(self) -> str:
        """The sentence now shown, without its sign."""
        return self._said[1]

    def say(self, text: str, kind: Kind = "plain") -> None:
        """Show one sentence; the empty one clears."""
        if self._said == (kind, text):
            return
        self._said = (kind, text)
        self.set_class(not text, "-quiet")
        for each in ("working", "good", "bad"):
            self.set_class(each == kind, f"-{each}")
        self.update(Content(_SIGNS[kind] + text if text else ""))

    def clear(self) -> None:
        """Say nothing."""
        self.say("")
