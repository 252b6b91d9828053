"""Moves the focus between secret fields without a gap, for people who type faster than the line carries.

Textual's own Tab and Enter travel to the focused field and bubble from there, and the keys behind them are handed to the
field that still has the focus: over a slow line a passcode could land in the name above it, in clear. Priority bindings
move the focus before the next key is looked at.
"""

from __future__ import annotations

from textual.actions import SkipAction
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input


class PromptWalk(Widget):
    """A part of a screen whose fields are walked at once. Enter walks from every field but the last.

    It stands last among the bases: Textual takes style sheets along the first only. A screen repeats ``BINDINGS``, or
    its own Tab comes first.
    """

    BINDINGS = [
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("enter", "walk_on", show=False, priority=True),
    ]

    def action_walk_on(self) -> None:
        """Go to the next field; the last one's Enter means what it says."""
        fields: list[Widget] = [field for field in self.query(Input) if field.focusable]
        focused = self.screen.focused
        if focused is None or focused not in fields[:-1]:
            raise SkipAction
        self.screen.set_focus(fields[fields.index(focused) + 1])
