"""A button of one row: ``[ Continue ]``, reversed while it has the focus."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class FlatButton(Widget, can_focus=True):
    """Something to do. Enter or Space presses it."""

    DEFAULT_CSS = """
    FlatButton {
        width: auto; height: 1; margin: 0 2 0 0;
        color: $foreground;
        &:focus { text-style: bold reverse; }
        &:disabled { text-style: dim; }
    }
    """
    BINDINGS = [Binding("enter,space", "press", "Press", show=False)]

    label = reactive("", layout=True)
    """What pressing does, a verb first."""

    class Pressed(Message):
        """The button was pressed."""

        def __init__(self, button: FlatButton) -> None:
            super().__init__()
            self.button = button

        @property
        def control(self) -> FlatButton:
            """The button."""
            return self.button

    def __init__(self, label: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.set_reactive(FlatButton.label, label)

    def render(self) -> Content:
        """Return the label in brackets."""
        return Content(f"[ {self.label} ]")

    def action_press(self) -> None:
        """Post ``Pressed``."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Press by mouse."""
        self.action_press()
