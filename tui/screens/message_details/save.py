"""Asks where the proof of a text goes, and writes it there: readable by its owner only, over nothing without being asked."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from core import api
from tui.app_port import app_of
from tui.language import N_, tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.text.sanitize import clean_line
from tui.widgets.flat_button import FlatButton
from tui.widgets.path_field import PathField
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult

SUFFIX: Final = ".txt"
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class SaveProofScreen(Page[Path], NothingUnsaved):
    """Dismisses with the path written, or None."""

    heading = N_("Save a proof")
    hints = (("Enter", N_("save")), ("Tab", N_("complete")), ("Esc", N_("back")))

    def __init__(self, client: api.Client, message_id: str) -> None:
        super().__init__(client)
        self._message = message_id

    def compose_body(self) -> ComposeResult:
        """Yield what a proof shows, and the field."""
        yield Static(
            tr(
                "Whoever gets the file can check for ever who signed the latest version of this text: it shows both "
                "identities, the device, the time and the words, and nothing else that was said."
            ),
            classes="text",
        )
        with Horizontal(classes="row gap"):
            yield Label(tr("File"), classes="label")
            yield PathField(suffixes=(SUFFIX,), id="path")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Save"), id="save")

    def on_mount(self) -> None:
        """Start in the field; the file is called by the day."""
        today = time.strftime("%Y-%m-%d", time.gmtime(app_of(self).now() / 1000))
        field = self.query_one(PathField)
        field.value = f"~/sottovoce-proof-{today}{SUFFIX}"
        field.focus()

    def clear_caches(self) -> None:
        """Forget the message and the path."""
        self._message = ""
        self.clear_fields()

    @on(FlatButton.Pressed)
    @on(Input.Submitted)
    def _asked(self) -> None:
        self._save(self.query_one(PathField).path)

    @once("save")
    async def _save(self, path: Path) -> None:
        field = self.query_one(PathField)
        try:
            proof = (await self.client.call(api.MessageProof(id=self._message))).proof
            if await self._written(path, proof):
                self.dismiss(path)
        except api.ApiError as error:
            self.notice.say(str(explain(error)), "bad")
        except (OSError, ValueError) as error:  # ValueError: a name with a zero in it
            why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else tr("no such place")
            self.notice.say(tr("It could not be saved: {why}.").format(why=why), "bad", about=field)

    async def _written(self, path: Path, proof: str) -> bool:
        """Write the file, over another only if the person says so; returns whether it was written. Raises ``OSError``."""
        try:
            await asyncio.to_thread(write_new, path, proof)
        except FileExistsError:
            detail = tr("{path} is there already. What it holds now is gone then.").format(path=clean_line(str(path)))
            question = ConfirmScreen(tr("Write over that file?"), detail, yes=tr("Write over it"), no=tr("Keep it"))
            if not await self.app.push_screen_wait(question):
                return False
            await asyncio.to_thread(write_over, path, proof)
        return True


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises ``FileExistsError`` rather than replace one, and ``OSError``."""
    with os.fdopen(os.open(path, _NEW, 0o600), "w", encoding="utf-8") as file:
        file.write(text if text.endswith("\n") else f"{text}\n")
        file.flush()
        os.fsync(file.fileno())


def write_over(path: Path, text: str) -> None:
    """Put another file in a file's place, whole or not at all; of a link, the link is replaced. Raises ``OSError``."""
    beside = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        write_new(beside, text)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
