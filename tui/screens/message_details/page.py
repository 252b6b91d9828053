"""All that is known of one message: each state and when, versions, reactions; and a proof of who signed it, as a file.

It is read again when the core tells of the message. A proof needs nothing but itself to be checked, so the page says how.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on, work
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Label, Static

from core import api
from tui.app_port import app_of
from tui.language import N_, tr
from tui.messages import CoreEvent, EventsMissed
from tui.screens.content import NothingUnsaved
from tui.screens.message_details.save import SaveProofScreen
from tui.screens.page import Column, Page
from tui.text.sanitize import clean_line, fit
from tui.widgets.flat_button import FlatButton
from tui.words.details import LABELS, facts_of
from tui.words.errors import explain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

# Cells of the text that stand above what is known of it.
_SHOWN = 200
# What tells of the states of a row, and of its versions and reactions.
_ABOUT_ROWS = (api.MessageChanged, api.MessageStateChanged)


class MessageDetailsScreen(Page[None], NothingUnsaved):
    """Shows one message; ``name`` is what its conversation's contact is called here."""

    DEFAULT_CSS = """
    MessageDetailsScreen {
        & #said { width: 1fr; height: auto; max-height: 4; color: $bright; margin-bottom: 1; }
        & .fact { width: 1fr; height: auto; }
        & #answers-row { height: 1; width: 1fr; padding: 0 2; margin-top: 1; }
        & #unproven { width: 1fr; height: auto; padding: 0 2; margin-top: 1; }
        &.-roomy .row { margin-bottom: 0; }
        &.-roomy #answers-row, &.-roomy #unproven { padding: 0 4; }
        &.-bare #answers-row, &.-bare #unproven, &.-narrow #answers-row, &.-narrow #unproven { padding: 0 1; }
        &.-short #said, &.-short #answers-row, &.-short #unproven { margin: 0; }
        &:ansi #said { color: ansi_default; text-style: bold; }
    }
    """
    BINDINGS = [
        Binding("up", "scroll(-1)", "Up", show=False),
        Binding("down", "scroll(1)", "Down", show=False),
        Binding("s", "save_proof", "Save proof", id="details.proof"),
    ]
    heading = N_("Details of a message")
    hints = (("↑↓", N_("scroll")), ("s", N_("save proof")), ("Esc", N_("back")))

    def __init__(self, client: api.Client, message_id: str, name: str) -> None:
        super().__init__(client)
        self._message, self._called = message_id, name
        self._provable = False

    def compose_body(self) -> ComposeResult:
        """Yield the text and a row for each fact."""
        yield Static("", id="said")
        for name, label in LABELS.items():
            with Horizontal(classes="row", id=f"row-{name}") as row:
                row.display = False
                yield Label(tr(label), classes="label")
                yield Static("", id=name, classes="fact")

    def compose_foot(self) -> ComposeResult:
        """Yield what can be done, or why it cannot."""
        with Horizontal(id="answers-row") as row:
            row.display = False
            yield FlatButton(tr("Save proof"), id="save")
        why = Static(tr("Nothing is kept that proves it: it was not sent yet, or came long ago."), id="unproven")
        why.display = False
        yield why

    def on_mount(self) -> None:
        """Read what is known."""
        self._hint()
        self._reload()

    def clear_caches(self) -> None:
        """Forget the message and what was said of it."""
        self._message = self._called = ""
        self._provable = False
        for text in self.query(Static):
            text.update("")
        self.clear_notice()

    # --- showing ------------------------------------------------------------------------------------------------------

    def on_core_event(self, message: CoreEvent) -> None:
        """Read it again when something became of it."""
        if isinstance(message.event, _ABOUT_ROWS) and message.event.id in {self._message, ""}:
            self._reload()

    def on_events_missed(self, _: EventsMissed) -> None:
        """Events alone no longer tell everything."""
        self._reload()

    @work(exclusive=True, group="reload")
    async def _reload(self) -> None:
        try:
            found = await self.client.call(api.MessageDetails(id=self._message))
            rows = await self.client.call(
                api.MessageList(conversation=found.conversation, around=self._message, limit=1)
            )
        except api.ApiError as error:
            self._show_provable(None)
            self.notice.say(str(explain(error)), "bad")
            return
        self._show(found, [reaction for row in rows if row.id == found.id for reaction in row.reactions])

    def _show(self, found: api.Details, reactions: list[api.Reaction]) -> None:
        app = app_of(self)
        self.query_one("#said", Static).update(Content(fit(clean_line(found.versions[-1].text), _SHOWN)))
        facts = facts_of(found, reactions, self._called, app.now(), app.calendar)
        for name in LABELS:
            self.query_one(f"#{name}", Static).update(Content(facts.get(name, "")))
            self.query_one(f"#row-{name}").display = name in facts
        self._show_provable(found)

    def _show_provable(self, found: api.Details | None) -> None:
        """Offer to save a proof, or say why there is none; of what is no text there is nothing to be said."""
        before, self._provable = self._provable, found is not None and found.provable
        self.query_one("#answers-row").display = self._provable
        self.query_one("#unproven").display = found is not None and found.kind == "text" and not found.provable
        if self._provable and not before:
            self.query_one("#save").focus()
        self.call_after_refresh(self._leave_room)
        self.call_after_refresh(self._hint)

    def _hint(self) -> None:
        """Name the keys that do something."""
        scroll, save, *rest = self.hints
        shown = [scroll] if self.query_one(Column).max_scroll_y else []
        self.show_keys(*shown, *([save] if self._provable else []), *rest)

    def on_resize(self, event: Resize) -> None:
        """Scrolling may begin or end."""
        super().on_resize(event)
        self.call_after_refresh(self.call_after_refresh, self._hint)  # once the column has its height

    def action_scroll(self, by: int) -> None:
        """Scroll by lines."""
        self.query_one(Column).scroll_relative(y=by, animate=False)

    # --- proving ------------------------------------------------------------------------------------------------------

    @on(FlatButton.Pressed)
    def _pressed(self) -> None:
        self.action_save_proof()

    def action_save_proof(self) -> None:
        """Ask where a proof goes, and say how anyone checks it."""
        if self._provable:
            self.app.push_screen(SaveProofScreen(self.client, self._message), self._saved)

    def _saved(self, path: Path | None) -> None:
        if path is not None:
            said = tr("Saved, for you alone to read. Anyone checks it by: sottovoce verify-proof {file}")
            self.notice.say(said.format(file=clean_line(shlex.quote(str(path)))), "good")
