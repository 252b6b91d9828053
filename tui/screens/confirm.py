"""A question with two answers. The careful one has the focus, so that a stray Enter does nothing that cannot be undone."""

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


class ConfirmScreen(Sheet[bool], NothingUnsaved):
    """Asks ``question``, explains with ``detail``; dismisses True for yes. ``careful`` puts the focus on no.

    ``yes_key``: what says yes, where "y" means something else on the screen that asks, and the key before may repeat.
    """

    DEFAULT_CSS = """
    ConfirmScreen {
        & #question { width: 1fr; height: auto; color: $bright; text-style: bold; }
        & #detail { width: 1fr; height: auto; margin-top: 1; color: $ink; }
        & #answers { height: 1; margin-top: 1; margin-bottom: 1; }
        &.-short #detail, &.-short #answers { margin: 0; }
    }
    """
    VERTICAL_BREAKPOINTS = [(0, "-short"), (14, "-tall")]
    keys = (("←→", N_("choose")), ("Enter", N_("do")), ("Esc", N_("back")))
    BINDINGS = [
        Binding("y", "say_yes('y')", "Yes", id="confirm.yes"),
        Binding("x", "say_yes('x')", "Yes", show=False),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
        Binding("left,right,up,down", "other", "Other answer", show=False),
    ]

    def __init__(
        self,
        question: str,
        detail: str = "",
        *,
        yes: str = "",
        no: str = "",
        careful: bool = True,
        yes_key: Literal["y", "x"] = "y",
    ) -> None:
        super().__init__()
        self._yes_key = yes_key
        self._question, self._detail = question, detail
        self._yes, self._no, self._careful = yes or tr("Yes"), no or tr("No"), careful

    def compose_sheet(self) -> ComposeResult:
        """Yield what is asked and explained, and the answers."""
        yield Static(Content(self._question), id="question")
        if self._detail:
            yield Static(Content(self._detail), id="detail")
        with Horizontal(id="answers"):
            yield FlatButton(f"{self._yes_key} {self._yes}", id="yes")
            yield FlatButton(f"n {self._no}", id="no")

    def on_mount(self) -> None:
        """Put the focus on the answer that is easier to take back."""
        self.query_one("#yes").set_class(self._careful, "-careful")
        self.query_one("#no" if self._careful else "#yes").focus()

    def clear_caches(self) -> None:
        """Forget what was asked: it may name a contact."""
        self._question = self._detail = ""
        for text in self.query(Static):
            text.update("")

    def action_other(self) -> None:
        """Move to the other answer."""
        self.focus_next()

    def action_say_yes(self, key: str) -> None:
        """Answer by the key that means yes here."""
        if key == self._yes_key:
            self.dismiss(True)  # noqa: FBT003 - the answer

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - from the key table
        """Answer by key."""
        self.dismiss(answer)

    @on(FlatButton.Pressed)
    def _pressed(self, message: FlatButton.Pressed) -> None:
        self.dismiss(message.button.id == "yes")
