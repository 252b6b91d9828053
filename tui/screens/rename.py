"""Asks what a contact shall be called here. Only this device knows it; left empty, the contact's own name is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from core.api import MAX_NAME_SIZE, Conversation
from tui.screens.content import NothingUnsaved
from tui.screens.page import Page
from tui.text.sanitize import clean_name, kept_name
from tui.widgets.flat_button import FlatButton
from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from core.api import Client


class RenameScreen(Page[str], NothingUnsaved):
    """Dismisses with the name, which may be empty, or None."""

    heading = "What you call them"
    hints = (("Enter", "keep"), ("Esc", "back"))

    def __init__(self, client: Client, contact: Conversation) -> None:
        super().__init__(client)
        self._called = kept_name(contact.name)
        self._own_name = clean_name(contact.own_name, "")

    def compose_body(self) -> ComposeResult:
        """Yield the field."""
        own = f"They call themselves {self._own_name}; left empty, so do you." if self._own_name else ""
        yield Static(Content(f"Nobody else sees what you call them. {own}"), classes="text")
        with Horizontal(classes="row gap"):
            yield Label("Name", classes="label")
            yield TextField(self._called, id="called")
        with Horizontal(classes="buttons"):
            yield FlatButton("Keep", id="keep")

    def on_mount(self) -> None:
        """Start in the field."""
        self.query_one(TextField).focus()

    @on(FlatButton.Pressed)
    @on(Input.Submitted)
    def _chosen(self) -> None:
        name = kept_name(self.query_one(TextField).value)
        if len(name.encode()) > MAX_NAME_SIZE:
            self.notice.say(f"The name is too long: at most {MAX_NAME_SIZE} bytes.", "bad")
        else:
            self.dismiss(name)

    def clear_caches(self) -> None:
        """Forget the names."""
        self._called = self._own_name = ""
        self.clear_fields()
