"""Asks where a picture of the code or the link itself goes, and writes it there, readable by its owner only."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.once import once
from tui.screens.page import Page
from tui.text.qr_code import save_picture
from tui.widgets.flat_button import FlatButton
from tui.widgets.path_field import PathField

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core.api import Client


class SavePictureScreen(Page[Path], NothingUnsaved):
    """Dismisses with the path written, or None."""

    heading = N_("Save the code as a picture")
    about = N_("Whoever gets the picture can write to you until the invitation ends.")
    suffix = ".png"
    hints = (("Enter", N_("save")), ("Tab", N_("complete")), ("Esc", N_("back")))

    def __init__(self, client: Client, link: str) -> None:
        super().__init__(client)
        self._link = link

    def compose_body(self) -> ComposeResult:
        """Yield the field."""
        yield Static(tr(self.about), classes="text")
        with Horizontal(classes="row gap"):
            yield Label(tr("File"), classes="label")
            yield PathField(f"~/invitation{self.suffix}", suffixes=(self.suffix,), id="path")
        with Horizontal(classes="buttons"):
            yield FlatButton(tr("Save"), id="save")

    def on_mount(self) -> None:
        """Start in the field."""
        self.query_one(PathField).focus()

    def clear_caches(self) -> None:
        """Forget the link and the path."""
        self._link = ""
        self.clear_fields()

    @staticmethod
    def write(link: str, path: Path) -> None:
        """Write the file; raises ``OSError``, ``FileExistsError`` rather than replace one."""
        save_picture(link, path)

    @on(FlatButton.Pressed)
    @on(Input.Submitted)
    def _asked(self) -> None:
        self._save(self.query_one(PathField).path)

    @once("save")
    async def _save(self, path: Path) -> None:
        if path.suffix.lower() != self.suffix:
            path = path.with_name(path.name + self.suffix) if path.name else path / f"invitation{self.suffix}"
        field = self.query_one(PathField)
        try:
            await asyncio.to_thread(self.write, self._link, path)
        except FileExistsError:
            self.notice.say(tr("There is a file of that name already. Choose another."), "bad", about=field)
        except OSError as error:
            self.notice.say(
                tr("It could not be saved: {why}.").format(why=os.strerror(error.errno or 0)), "bad", about=field
            )
        else:
            self.dismiss(path)


class SaveTextScreen(SavePictureScreen):
    """The same for the link as a line of text."""

    heading = N_("Save the link as text")
    about = N_("Whoever gets the file can write to you until the invitation ends.")
    suffix = ".txt"

    @staticmethod
    def write(link: str, path: Path) -> None:
        """Write the file; raises ``OSError``, ``FileExistsError`` rather than replace one."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{link}\n")
