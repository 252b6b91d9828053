"""A button of one row: ``[ Continue ]``, filled while it has the focus."""

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
        color: $ink;
        &:focus { color: $ground; background: $self; text-style: bold; }
        &:ansi:focus { color: ansi_default; background: ansi_default; text-style: bold reverse; }
        &.-careful { color: $bad; }
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

    def __init__(self, label: str, *, id: str | None = None) -> None:
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
