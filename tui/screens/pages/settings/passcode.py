"""The page that changes the passcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Label, Static

from core import api
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.widgets.flat_button import FlatButton
from tui.widgets.new_passcode import NewPasscode
from tui.widgets.prompt_walk import PromptWalk
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult


class ChangePasscodeScreen(Page[bool], NothingUnsaved, PromptWalk):  # pyright: ignore[reportIncompatibleMethodOverride] # Textual's own
    """Dismisses True once changed."""

    BINDINGS = PromptWalk.BINDINGS

    heading = N_("Change the passcode")
    hints = (("Enter", N_("next")), ("Ctrl+T", N_("show the passcode")), ("Esc", N_("back")))

    def compose_body(self) -> ComposeResult:
        """Yield old and new."""
        with Horizontal(classes="row"):
            yield Label(tr("Old one"), classes="label")
            yield PasscodeField(id="old")
        yield NewPasscode(classes="gap")
        yield Static(
            tr("The words stay the same. Whoever forgets the passcode needs them: nobody can reset it."),
            classes="text faint gap",
        )
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Change it"), id="change")

    def on_mount(self) -> None:
        """Start with the old one."""
        self.query_one("#old").focus()

    def clear_caches(self) -> None:
        """Forget the passcodes that were typed."""
        self.clear_fields()

    @on(SecretField.Entered, "#old")
    def _next(self) -> None:
        self.query_one(NewPasscode).focus_first()

    @on(NewPasscode.Finished)
    @on(FlatButton.Pressed)
    def _finished(self) -> None:
        new, old = self.query_one(NewPasscode), self.query_one("#old", PasscodeField)
        if not old.value:
            self.notice.say(tr("Please enter the old passcode."), "bad", about=old)
            old.focus()
        elif complaint := new.complaint():
            self.notice.say(complaint, "bad", about=new.fault)
            new.fault.focus()
        else:
            self._change(api.AccountChangePasscode(old=old.take(), new=new.take()))

    @once("change")
    async def _change(self, command: api.AccountChangePasscode) -> None:
        self.notice.say(tr("Changing it; this takes a moment on purpose"), "working")
        try:
            await self.client.call(command)
        except api.ApiError as error:
            suggestions = error.data.get("suggestions")
            more = " ".join(tr(str(each)) for each in suggestions[:2]) if isinstance(suggestions, list) else ""
            field = self._mend(command, is_weak=error.kind is api.Kind.WEAK_PASSCODE)
            self.notice.say(f"{explain(error).sentence} {more or explain(error).hint}", "bad", about=field)
        else:
            self.dismiss(result=True)

    def _mend(self, command: api.AccountChangePasscode, *, is_weak: bool) -> PasscodeField:
        """Go back to the field of the passcode that was refused, and return it; the other one stays."""
        new, old = self.query_one(NewPasscode), self.query_one("#old", PasscodeField)
        new.put_back(command.new, twice=not is_weak)
        if is_weak:
            old.value = command.old
        field = new.first if is_weak else old
        field.focus()
        return field
