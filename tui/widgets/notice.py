"""The line of a screen that says how things stand: working, done, wrong. The sign before the words carries the kind.

What is wrong with a field is said right below its row, and not at the foot of the page.
"""

from __future__ import annotations

from typing import Literal

from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.language import N_, tr

Kind = Literal["plain", "working", "good", "bad"]

_SIGNS: dict[Kind, str] = {"plain": "", "working": "... ", "good": N_("OK: "), "bad": "! "}


class FieldNote(Static):
    """What a notice says, right below the row that it is about."""

    DEFAULT_CSS = """
    FieldNote { width: 1fr; height: auto; margin-left: 12; color: $bad; text-style: bold; }
    FieldNote:ansi { color: ansi_default; }
    """


class Notice(Static):
    """A sentence or nothing; ``-quiet`` while it is nothing, so that a low screen can save the row."""

    DEFAULT_CSS = """
    Notice {
        height: auto; width: 1fr;
        &.-bad { color: $text-error; text-style: bold; }
        &.-good { color: $text-success; }
        &.-working { color: $soft; }
        &.-elsewhere { display: none; }
        &:ansi { color: ansi_default; }
    }
    """

    class Resized(Message):
        """It takes more rows, or fewer."""

    def on_resize(self) -> None:
        """Tell the page, whose column has what is left."""
        self.post_message(self.Resized())

    def on_hide(self) -> None:
        """The same."""
        self.post_message(self.Resized())

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(Content(text), id=id, classes="" if text else "-quiet")
        self._said: tuple[Kind, str] = ("plain", text)

    @property
    def said(self) -> str:
        """The sentence now shown, without its sign."""
        return self._said[1]

    def say(self, text: str, kind: Kind = "plain", *, about: Widget | None = None) -> None:
        """Show one sentence, below the row of the field that it is ``about`` if there is one; the empty one clears."""
        if self._said == (kind, text) and about is None:
            return
        self._said = (kind, text)
        shown = tr(_SIGNS[kind]) + text
        self._move(shown, _row_of(about))
        self.set_class(not text, "-quiet")
        for each in ("working", "good", "bad"):
            self.set_class(each == kind, f"-{each}")
        self.update(Content(shown if text else ""))

    def _move(self, text: str, row: Widget | None) -> None:
        self.screen.query(FieldNote).remove()
        self.set_class(row is not None, "-elsewhere")
        if row is not None and isinstance(row.parent, Widget):
            row.parent.mount(FieldNote(Content(text)), after=row)

    def clear(self) -> None:
        """Say nothing."""
        self.say("")


def _row_of(field: Widget | None) -> Widget | None:
    """Return the row that a field stands in."""
    around = () if field is None else field.ancestors_with_self
    return next((node for node in around if isinstance(node, Widget) and node.has_class("row")), None)
