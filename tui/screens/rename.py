"""Asks what a contact shall be called here. Only this device knows it; left empty, the contact's own name is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from core.api import MAX_NAME_SIZE, Conversation
from tui.language import N_, tr
from tui.screens.content import NothingUnsaved, ShowsNotices
from tui.screens.sheet import Sheet
from tui.text.sanitize import clean_name, kept_name
from tui.widgets.notice import Notice
from tui.widgets.text_field import TextField

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.app_port import Severity


class RenameScreen(Sheet[str], NothingUnsaved, ShowsNotices):
    """Dismisses with the name, which may be empty, or None."""

    heading = N_("What you call them")
    DEFAULT_CSS = """
    RenameScreen {
        & .text { width: 1fr; height: auto; margin-bottom: 1; color: $soft; }
        & #notice.-quiet { display: none; }
    }
    """
    BINDINGS = [Binding("escape", "dismiss(None)", "Back", show=False)]
    keys = (("Enter", N_("keep")), ("Esc", N_("back")))

    def __init__(self, contact: Conversation) -> None:
        super().__init__()
        self._called = kept_name(contact.name)
        self._own_name = clean_name(contact.own_name, "")

    def compose_sheet(self) -> ComposeResult:
        """Yield the field."""
        if self._own_name:
            said = tr("Nobody else sees what you call them. They call themselves {own_name}; left empty, so do you.")
        else:
            said = tr("Nobody else sees what you call them.")
        yield Static(Content(said.format(own_name=self._own_name)), classes="text")
        yield TextField(self._called, id="called")
        yield Notice(id="notice")

    def on_mount(self) -> None:
        """Start in the field."""
        self.query_one(TextField).focus()

    @on(Input.Submitted)
    def _chosen(self) -> None:
        name = kept_name(self.query_one(TextField).value)
        if len(name.encode()) > MAX_NAME_SIZE:
            self.query_one(Notice).say(
                tr("The name is too long: at most {most} bytes.").format(most=MAX_NAME_SIZE), "bad"
            )
        else:
            self.dismiss(name)

    def clear_caches(self) -> None:
        """Forget the names."""
        self._called = self._own_name = ""
        for field in self.query(TextField):
            with field.prevent(Input.Changed):
                field.clear()

    def show_notice(self, text: Content, severity: Severity) -> None:
        """Show what the app has to tell."""
        self.query_one(Notice).say(text.plain, "bad" if severity == "error" else "plain")

    def clear_notice(self) -> None:
        """Take it down."""
        for notice in self.query(Notice):
            notice.clear()
