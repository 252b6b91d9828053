"""The page that writes chats, contacts and settings into a file, encrypted or not, after the passcode."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from core import api
from tui.app_port import app_of
from tui.keys.commands import APP
from tui.keys.registry import CommandSpec, Scope
from tui.language import N_, told, tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.text.sanitize import clean_line
from tui.widgets.choice import Choice
from tui.widgets.flat_button import FlatButton
from tui.widgets.path_field import PathField
from tui.widgets.path_walk import PathWalk
from tui.widgets.secret_field import PasscodeField, SecretField
from tui.words.archives import ENCRYPTED, progress_words, written_words
from tui.words.contacts import short_name
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.messages import CoreEvent

SUFFIXES = (".zip", ".age")


class ExportScreen(Page[None], NothingUnsaved, PathWalk):  # pyright: ignore[reportIncompatibleMethodOverride] # Textual's own
    """Exports all, or one conversation where it is opened for one; it stays, to say what was written."""

    BINDINGS = PathWalk.BINDINGS
    opened_by = CommandSpec(
        id="app.export", group=APP, scope=Scope.APP, title=N_("Export"),
        help=N_("Write chats, contacts and settings into a file, encrypted if you wish."),
        slash="export-all", after="app.settings",
        synonyms=N_("backup archive save download dump copy history file json text age encrypt takeout"),
    )  # fmt: skip
    heading = N_("Export")
    hints = (("Tab", N_("next")), ("Enter", N_("go on")), ("Esc", N_("back")))

    def __init__(self, client: api.Client, contact: api.Conversation | None = None) -> None:
        super().__init__(client)
        self._contact = contact
        self._is_writing = False

    def compose_body(self) -> ComposeResult:
        """Yield what, where, and the two secrets."""
        yield Static(
            tr(
                "Text to read and JSON for programs, in one file. No key is in it: your account comes back by its words "
                "alone."
            ),
            classes="text faint",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("What"), classes="label")
            yield Choice(self._choices(), "all" if self._contact is None else "this", id="what")
        with Horizontal(classes="row"):
            yield Label(tr("File"), classes="label")
            yield PathField(suffixes=SUFFIXES, id="path")
        with Horizontal(classes="row gap"):
            yield Label(tr("Encrypt by"), classes="label")
            yield PasscodeField(placeholder=tr("a password for this file; Ctrl+T shows it"), id="password")
        yield Static(tr(api.LIES_OPEN), id="warning", classes="text")
        with Horizontal(classes="row gap"):
            yield Label(tr("Passcode"), classes="label")
            yield PasscodeField(placeholder=tr("yours, to make sure that it is you"), id="passcode")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Write the file"), id="write")

    def _choices(self) -> list[tuple[str, str]]:
        everything = [
            (tr("everything"), "all"), (tr("chats"), "chats"), (tr("contacts"), "contacts"), (tr("settings"), "settings"),
        ]  # fmt: skip
        if self._contact is None:
            return everything
        return [(tr("with {name}").format(name=short_name(self._contact.name)), "this"), *everything]

    def on_mount(self) -> None:
        """Start with what; the file is called by the day."""
        today = time.strftime("%Y-%m-%d", time.gmtime(app_of(self).now() / 1000))
        self.query_one(PathField).value = f"~/sottovoce-{today}.zip"
        self.query_one("#what").focus()

    def clear_caches(self) -> None:
        """Forget the conversation, the path and both secrets."""
        self._contact = None
        self.clear_fields()

    # --- walking ------------------------------------------------------------------------------------------------------

    @on(Choice.Submitted)
    @on(Input.Submitted)
    @on(SecretField.Entered, "#password")
    def _next(self) -> None:
        self.focus_next()

    @on(SecretField.Edited, "#password")
    def _heed_password(self) -> None:
        """Warn as long as nothing encrypts it."""
        is_open = not self.query_one("#password", PasscodeField).value
        self.query_one("#warning", Static).update(Content(tr(api.LIES_OPEN if is_open else ENCRYPTED)))

    # --- writing ------------------------------------------------------------------------------------------------------

    @on(SecretField.Entered, "#passcode")
    @on(FlatButton.Pressed)
    @once("write")
    async def _write(self) -> None:
        passcode = self.query_one("#passcode", PasscodeField)
        if not passcode.value:
            self.notice.say(tr("Please enter your passcode: an open screen may be anybody's."), "bad", about=passcode)
            passcode.focus()
            return
        password = self.query_one("#password", PasscodeField).value
        if not password and not await self.app.push_screen_wait(
            ConfirmScreen(tr("Write it without a password?"), tr(api.LIES_OPEN), yes=tr("Write it"), no=tr("Not so"))
        ):
            return
        await self._export(password or None, passcode.take())

    async def _export(self, password: str | None, passcode: str) -> None:
        what, contact = self.query_one("#what", Choice).value, self._contact
        command = api.ArchiveExport(
            path=str(self.query_one(PathField).path),
            what="chats" if what == "this" else what,
            conversation=contact.id if what == "this" and contact is not None else None,
            password=password,
            passcode=passcode,
        )
        try:
            written = await self._written(command)
        except api.ApiError as error:
            self._explain(error)
        else:
            self.query_one("#password", PasscodeField).clear()
            self.notice.say(written_words(written), "good")

    async def _written(self, command: api.ArchiveExport) -> api.Archive:
        """Write; over a file that is there only if the person says so. Raises ``ApiError``."""
        self.notice.say(tr("Writing; the passcode takes a moment on purpose"), "working")
        self._is_writing = True
        try:
            return await self.client.call(command)
        except api.ApiError as error:
            if error.kind is not api.Kind.FILE_EXISTS or command.overwrite:
                raise
            detail = tr("{path} is there already. What it holds now is gone then.").format(
                path=clean_line(command.path)
            )
            question = ConfirmScreen(tr("Write over that file?"), detail, yes=tr("Write over it"), no=tr("Keep it"))
            if not await self.app.push_screen_wait(question):
                raise
        finally:
            self._is_writing = False
        return await self._written(msgspec.structs.replace(command, overwrite=True))

    def _explain(self, error: api.ApiError) -> None:
        wrong = {
            api.Kind.WRONG_PASSCODE: "#passcode", api.Kind.SLOW_DOWN: "#passcode", api.Kind.WEAK_PASSCODE: "#password",
        }.get(error.kind, "#path")  # fmt: skip
        said = told(error.said) if error.kind is api.Kind.BAD_REQUEST else str(explain(error))
        self.notice.say(said, "bad", about=self.query_one(wrong))
        self.query_one(wrong).focus()

    def on_core_event(self, message: CoreEvent) -> None:
        """Say how far it is."""
        if self._is_writing and isinstance(message.event, api.ArchiveProgress):
            self.notice.say(progress_words(message.event), "working")
