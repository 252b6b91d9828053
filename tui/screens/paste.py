"""Asks what to do with a paste that is longer than a person would type: it may not have been meant, or not for here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import on
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.language import N_, tr
from tui.screens.content import NothingUnsaved
from tui.screens.sheet import Sheet
from tui.widgets.flat_button import FlatButton

if TYPE_CHECKING:
    from textual.app import ComposeResult

PasteChoice = Literal["send", "keep", "drop"]


class PasteScreen(Sheet[PasteChoice], NothingUnsaved):
    """Dismisses with the choice. ``size`` says how much it is; ``messages``: how many it becomes, 0: it cannot be sent."""

    DEFAULT_CSS = """
    PasteScreen {
        & #detail { width: 1fr; height: auto; color: $ink; }
        & #answers { height: 1; margin-top: 1; margin-bottom: 1; }
        &.-short #answers { margin: 0; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (14, "-tall")]
    heading = N_("A long paste")
    keys = (("←→", N_("choose")), ("Enter", N_("do")), ("Esc", N_("back")))
    BINDINGS = [
        Binding("s", "choose('send')", "Send", show=False),
        Binding("k", "choose('keep')", "Keep", show=False),
        Binding("d,n,escape", "choose('drop')", "Drop", show=False),
        Binding("left,up", "app.focus_previous", "Other answer", show=False),
        Binding("right,down", "app.focus_next", "Other answer", show=False),
    ]

    def __init__(self, size: str, messages: int) -> None:
        super().__init__()
        self._much, self._messages = size, messages

    def compose_sheet(self) -> ComposeResult:
        """Yield what it is, and the answers."""
        if self._messages > 1:
            said = tr("What you pasted makes {size}. It can go as {count} messages, cut between lines where possible.")
        elif self._messages:
            said = tr("What you pasted makes {size}. It can go as one message.")
        else:
            said = tr("What you pasted makes {size}. As another version of a message it may be too long.")
        yield Static(Content(said.format(size=self._much, count=self._messages)), id="detail")
        with Horizontal(id="answers"):
            if self._messages:
                yield FlatButton("s " + (tr("Send in parts") if self._messages > 1 else tr("Send")), id="send")
            yield FlatButton(f"k {tr('Keep as text')}", id="keep")
            yield FlatButton(f"d {tr('Drop it')}", id="drop")

    def on_mount(self) -> None:
        """Begin at the answer that sends nothing and loses nothing."""
        self.query_one("#keep").focus()

    def action_choose(self, choice: PasteChoice) -> None:
        """Answer by key."""
        if choice != "send" or self._messages:
            self.dismiss(choice)

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        match message.button.id:
            case "send" | "keep" as choice:
                self.dismiss(choice)
            case _:
                self.dismiss("drop")

    def clear_caches(self) -> None:
        """Forget how much it was."""
        self._much = ""
        for text in self.query(Static):
            text.update("")
