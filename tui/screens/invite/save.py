"""Ask where a picture of the code goes, and write it there, readable by its owner only."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from tui.qr import save_picture
from tui.screens.page import Page
from tui.widgets.flat_button import FlatButton
from tui.widgets.path_field import PathField

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core.api import Client

DEFAULT_PATH = "~/invitation.png"


class SavePictureScreen(Page[Path]):
    """Dismisses with the path written, or None."""

    heading = "Save the code as a picture"
    hints = (("Enter", "save"), ("Tab", "complete"), ("Esc", "back"))

    def __init__(self, client: Client, link: str) -> None:
        super().__init__(client)
        self._link = link

    def compose_body(self) -> ComposeResult:
        """Yield the field."""
        yield Static("Whoever gets the picture can write to you until the invitation ends.", classes="text")
        with Horizontal(classes="row gap"):
            yield Label("File", classes="label")
            yield PathField(DEFAULT_PATH, suffixes=(".png",), id="path")
        with Horizontal(classes="buttons"):
            yield FlatButton("Save", id="save")

    def on_mount(self) -> None:
        """Start in the field."""
        self.query_one(PathField).focus()

    @on(FlatButton.Pressed)
    @on(Input.Submitted)
    def _asked(self) -> None:
        self._save(self.query_one(PathField).path)

    @work(exclusive=True)
    async def _save(self, path: Path) -> None:
        if path.suffix.lower() != ".png":
            path = path.with_name(path.name + ".png") if path.name else path / "invitation.png"
        try:
            await asyncio.to_thread(save_picture, self._link, path)
        except FileExistsError:
            self.notice.say("There is a file of that name already. Choose another.", "bad")
        except OSError as error:
            self.notice.say(f"It could not be saved: {os.strerror(error.errno or 0)}.", "bad")
        else:
            self.dismiss(path)
