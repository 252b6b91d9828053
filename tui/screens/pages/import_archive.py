"""The page that takes in a file that was exported: what comes, what does not, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core import api
from tui.app_port import app_of
from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, told, tr
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.screens.pages.export import SUFFIXES
from tui.widgets.flat_button import FlatButton
from tui.widgets.path_field import PathField
from tui.widgets.path_walk import PathWalk
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.words.archives import progress_words, taken_words
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.messages import CoreEvent


class ImportScreen(Page[None], NothingUnsaved, PathWalk):  # pyright: ignore[reportIncompatibleMethodOverride] # Textual's own
    """Takes in one file after the other; it stays, to say what was taken."""

    BINDINGS = PathWalk.BINDINGS
    opened_by = CommandSpec(
        id="app.import", group=APP, scope=Scope.APP, title=N_("Import"),
        help=N_("Take in a file that was exported: texts, names, settings."),
        slash="import", after="app.export",
        synonyms=N_("restore archive load open file history json age bring back"),
    )  # fmt: skip
    heading = N_("Import")
    hints = (("Tab", N_("next")), ("Enter", N_("go on")), ("Esc", N_("back")))

    def compose_body(self) -> ComposeResult:
        """Yield where, and the file's password."""
        yield Static(
            tr(
                "Takes in a file that sottovoce exported from this account. Texts go to the contacts that you have, "
                "before what was said since, marked as imported: a file proves nothing, and nothing of it is sent. "
                "Names that you gave and settings come with it."
            ),
            classes="text faint",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("File"), classes="label")
            yield PathField(suffixes=SUFFIXES, placeholder="~/sottovoce-2026-01-31.zip", id="path")
        with Horizontal(classes="row"):
            yield Label(tr("Password"), classes="label")
            yield PasscodeField(placeholder=tr("the file's, if it is encrypted"), id="password")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Take it in"), id="take")

    def on_mount(self) -> None:
        """Start with the file."""
        self.query_one(PathField).focus()

    def clear_caches(self) -> None:
        """Forget path and password."""
        self.clear_fields()

    @on(Input.Submitted)
    def _next(self) -> None:
        self.query_one("#password").focus()

    @on(SecretField.Entered)
    @on(FlatButton.Pressed)
    @once("take")
    async def _take(self) -> None:
        field, secret = self.query_one(PathField), self.query_one("#password", PasscodeField)
        if not field.value.strip():
            self.notice.say(tr("Which file? Tab completes its name."), "bad", about=field)
            field.focus()
            return
        self.notice.say(tr("Reading it"), "working")
        try:
            taken = await self.client.call(api.ArchiveImport(path=str(field.path), password=secret.value or None))
            settings = await self.client.call(api.SettingsGet())
        except api.ApiError as error:
            wrong = secret if error.kind is api.Kind.WRONG_PASSWORD else field
            said = (
                told(error.said)
                if error.kind in {api.Kind.BAD_REQUEST, api.Kind.WRONG_PASSWORD}
                else str(explain(error))
            )
            self.notice.say(said, "bad", about=wrong)
            wrong.focus()
            return
        secret.clear()
        if taken.settings:
            await app_of(self).apply_settings(settings)
        self.notice.say(taken_words(taken), "good")

    def on_core_event(self, message: CoreEvent) -> None:
        """Say how far it is."""
        if isinstance(message.event, api.ArchiveProgress):
            self.notice.say(progress_words(message.event), "working")
