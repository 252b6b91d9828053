"""A button of one row: ``[ Continue ]``, filled while it has the focus.

Where several stand beside each other, Left and Right walk within the row, Up and Down leave it.
"""

from __future__ import annotations

from textual.actions import SkipAction
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
    BINDINGS = [
        Binding("enter,space", "press", "Press", show=False),
        Binding("left", "along(-1)", "Left", show=False),
        Binding("right", "along(1)", "Right", show=False),
        Binding("up", "across(-1)", "Up", show=False),
        Binding("down", "across(1)", "Down", show=False),
    ]

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

    def row(self) -> list[FlatButton]:
        """Return the buttons that stand beside this one, and itself; it alone where they stand below each other."""
        parent = self.parent
        beside = [
            each for each in (parent.children if parent else ()) if isinstance(each, FlatButton) and each.focusable
        ]
        return [each for each in beside if each is self or each.region.y == self.region.y]

    def action_along(self, by: int) -> None:
        """Go to the button beside this one, from the last to the first. A button alone leaves the key to its screen."""
        row = self.row()
        if row == [self]:
            raise SkipAction
        row[(row.index(self) + by) % len(row)].focus()

    def action_across(self, by: int) -> None:
        """Go to what stands above or below, in a row of buttons to the same place; along the row if it is all there is."""
        row, chain = self.row(), self.screen.focus_chain
        at = chain.index(row[-1 if by > 0 else 0]) + by
        found = chain[at % len(chain)]
        if found in row:
            self.action_along(by)
        elif isinstance(found, FlatButton):
            other = found.row()
            other[min(row.index(self), len(other) - 1)].focus()
        else:
            found.focus()

    def action_press(self) -> None:
        """Post ``Pressed``."""
        self.post_message(self.Pressed(self))

    def on_click(self) -> None:
        """Press by mouse."""
        self.action_press()
