"""The page that removes the account from this machine, after the passcode and a typed word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core import api
from tui.app_port import app_of
from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.widgets.choice import Choice
from tui.widgets.flat_button import FlatButton
from tui.widgets.prompt_walk import PromptWalk
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.widgets.text_field import TextField
from tui.words.archives import removed_words
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

# What has to be typed: a word that no key types by itself.
WORD = "remove"


class WipeScreen(Page[None], NothingUnsaved, PromptWalk):  # pyright: ignore[reportIncompatibleMethodOverride] # Textual's own
    """Removes the account; the app shows the onboarding then."""

    BINDINGS = PromptWalk.BINDINGS
    opened_by = CommandSpec(
        id="app.wipe", group=APP, scope=Scope.APP, title=N_("Remove this account"),
        help=N_("Delete the account and all it left on this machine."),
        slash="wipe", after="app.import",
        synonyms=N_("delete account erase destroy reset forget uninstall burn panic"),
    )  # fmt: skip
    heading = N_("Remove this account")
    hints = (("Tab", N_("next")), ("Enter", N_("go on")), ("Esc", N_("back")))

    def compose_body(self) -> ComposeResult:
        """Yield what goes and what stays, and what has to be given."""
        yield Static(
            tr(
                "Everything that sottovoce keeps on this machine goes: all that was said, contacts, keys, and any second "
                "account behind another passcode. Only the eighteen words bring the account back, and never what was said. "
                "Contacts are not told: what they write finds nobody."
            ),
            classes="text",
        )
        yield Static(
            tr(
                "What cannot be deleted: copies and backups of this disk, and what an SSD keeps of overwritten files, which "
                "open by your passcode; and sealed parcels with strangers, which nobody can read and which end within days, "
                "your record within 90."
            ),
            classes="text faint gap",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("Contacts"), classes="label")
            yield Choice(
                [(tr("gone from the network too"), False), (tr("kept for my words"), True)], value=False, id="record"
            )
        with Horizontal(classes="row"):
            yield Label(tr("Passcode"), classes="label")
            yield PasscodeField(id="passcode")
        with Horizontal(classes="row"):
            yield Label(tr("To be sure"), classes="label")
            yield TextField(placeholder=tr("type the word {word}").format(word=WORD), id="word")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Remove it for good"), id="wipe")

    def on_mount(self) -> None:
        """Start with what can be taken back."""
        self.query_one("#record").focus()

    def clear_caches(self) -> None:
        """Forget the passcode."""
        self.clear_fields()

    @on(Choice.Submitted)
    @on(SecretField.Entered)
    def _next(self) -> None:
        self.focus_next()

    @on(Input.Submitted, "#word")
    @on(FlatButton.Pressed)
    @once("wipe")
    async def _wipe(self) -> None:
        passcode, word = self.query_one("#passcode", PasscodeField), self.query_one("#word", TextField)
        if not passcode.value:
            self.notice.say(tr("Please enter your passcode."), "bad", about=passcode)
            passcode.focus()
            return
        if word.value.strip().lower() != WORD:
            self.notice.say(tr("Type the word {word} if you mean it.").format(word=WORD), "bad", about=word)
            word.focus()
            return
        self.notice.say(tr("Emptying your record in the network, then removing: up to half a minute"), "working")
        command = api.AccountWipe(passcode=passcode.take(), only_here=self.query_one("#record", Choice).value)
        try:
            removed = await self.client.call(command)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad", about=passcode)
            passcode.focus()
        else:
            port = app_of(self)
            port.account_removed(removed_words(removed, port.now(), port.calendar))
