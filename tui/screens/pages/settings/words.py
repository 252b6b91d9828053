"""The page that shows the eighteen words again, to whoever gives the passcode: the account may have been left open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, Static

from core import api
from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.onboarding.words import WordTable
from tui.screens.once import once
from tui.screens.page import Page
from tui.widgets.flat_button import FlatButton
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult


class WordsScreen(Page[None], NothingUnsaved):
    """Asks for the passcode, then shows the words until it is left."""

    DEFAULT_CSS = """
    WordsScreen #asking { height: auto; width: 1fr; }
    """
    opened_by = CommandSpec(
        id="app.words", group=APP, scope=Scope.APP, title=N_("Show my words"),
        help=N_("The eighteen words that bring the account back on another device."),
        slash="words", after="app.settings",
        synonyms=N_("recover recovery restore seed phrase mnemonic secret backup account eighteen 18"),
    )  # fmt: skip
    heading = N_("Your eighteen words")
    hints = (("Enter", N_("show them")), ("Ctrl+T", N_("show the passcode")), ("Esc", N_("back")))

    def compose_body(self) -> ComposeResult:
        """Yield the question; the words take its place."""
        yield Static(
            tr(
                "These words are your account: whoever has them is you, on any device. Look at them where nobody else sees "
                "the screen."
            ),
            classes="text",
        )
        with Vertical(id="asking"):
            with Horizontal(classes="row gap"):
                yield Label(tr("Passcode"), classes="label")
                yield PasscodeField(id="passcode")
            with Horizontal(classes="buttons"):
                yield FlatButton(tr("Show them"), id="show")

    def on_mount(self) -> None:
        """Start in the field."""
        self.query_one(PasscodeField).focus()

    def clear_caches(self) -> None:
        """Forget the passcode and the words."""
        self.clear_fields()
        for table in self.query(WordTable):
            table.forget()

    @on(SecretField.Entered)
    @on(FlatButton.Pressed, "#show")
    def _asked(self) -> None:
        field = self.query_one(PasscodeField)
        if field.value:
            self._show(field.take())
        else:
            self.notice.say(tr("Please enter your passcode."), "bad", about=field)

    @once("words")
    async def _show(self, passcode: str) -> None:
        self.notice.say(tr("Opening; this takes a moment on purpose"), "working")
        try:
            phrase = await self.client.call(api.AccountWords(passcode=passcode))
        except api.ApiError as error:
            field = self.query_one(PasscodeField)
            self.notice.say(str(explain(error)), "bad", about=field)
            field.focus()
            return
        self.notice.clear()
        asking = self.query_one("#asking")
        with self.app.batch_update():
            await asking.remove_children()
            await asking.mount(WordTable(phrase.words))
        self.show_keys(("PgDn", N_("more words")), ("Esc", N_("back")))
