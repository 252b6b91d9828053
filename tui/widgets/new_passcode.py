"""A new passcode: typed, judged while it is typed, typed again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Label, Static

from tui.language import tr
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.words.strength import judge

if TYPE_CHECKING:
    from textual.app import ComposeResult


class NewPasscode(Vertical):
    """Two fields and a bar. ``take`` empties both, ``put_back`` fills the first again."""

    DEFAULT_CSS = """
    NewPasscode { height: auto; width: 1fr; }
    NewPasscode #strength { width: 1fr; height: auto; min-height: 1; }
    """

    class Finished(Message):
        """Enter was pressed in the second field."""

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.own_words: tuple[str, ...] = ("sottovoce",)

    def compose(self) -> ComposeResult:
        """Build the rows."""
        with Horizontal(classes="row"):
            yield Label(tr("Passcode"), classes="label")
            yield PasscodeField(id="new")
        with Horizontal(classes="row"):
            yield Label("", classes="label")
            yield Static("", id="strength")
        with Horizontal(classes="row"):
            yield Label(tr("Again"), classes="label")
            yield PasscodeField(id="again")

    @property
    def _new(self) -> PasscodeField:
        return self.query_one("#new", PasscodeField)

    @property
    def first(self) -> PasscodeField:
        """The field of the new passcode."""
        return self._new

    @property
    def _again(self) -> PasscodeField:
        return self.query_one("#again", PasscodeField)

    def focus_first(self) -> None:
        """Start over in the first field."""
        self._new.focus()

    def complaint(self) -> str:
        """Return what keeps the passcode from being used, or nothing. What is typed stays, to be looked at and mended."""
        if not self._new.value:
            return tr("Please choose a passcode.")
        if not self._again.value:
            return tr("Please type the passcode once more.")
        if self._new.value != self._again.value:
            return tr("The two passcodes differ. Ctrl+T shows what is typed.")
        return ""

    @property
    def fault(self) -> PasscodeField:
        """The field that a complaint is about."""
        return self._again if self._new.value and self._again.value != self._new.value else self._new

    def put_back(self, passcode: str, *, twice: bool = False) -> None:
        """Hold a passcode that was refused, to be mended rather than typed anew; ``twice``: it is not what was wrong."""
        self._new.value = passcode
        self._again.value = passcode if twice else ""

    def take(self) -> str:
        """Return the passcode and empty both fields."""
        self._again.clear()
        return self._new.take()

    @on(SecretField.Edited, "#new")
    def _edited(self) -> None:
        if not self._new.value:
            self.workers.cancel_group(self, "judge")
            self._show("")
            return
        self._judge()

    @work(exclusive=True, group="judge")
    async def _judge(self) -> None:
        """Judge in a thread; a later keystroke makes this one moot."""
        strength = await asyncio.to_thread(judge, self._new.value, self.own_words)
        advice = f" - {strength.advice}" if strength.advice else ""
        self._show(f"{strength.bar} {strength.name}{advice}")

    def _show(self, text: str) -> None:
        self.query_one("#strength", Static).update(Content(text))  # advice may take a second row

    @on(SecretField.Entered, "#new")
    def _next(self) -> None:
        self._again.focus()

    @on(SecretField.Entered, "#again")
    def _finished(self) -> None:
        self.post_message(self.Finished())
