"""Walks a form that asks for a path and for secrets: Tab takes what is proposed for the path, else goes on at once."""

from __future__ import annotations

from textual.binding import Binding

from tui.widgets.path_field import PathField
from tui.widgets.prompt_walk import PromptWalk


class PathWalk(PromptWalk):
    """See ``PromptWalk``, of which it is one that does not take Tab from the path."""

    BINDINGS = [
        Binding("tab", "complete_or_next", show=False, priority=True),
        *(each for each in PromptWalk.BINDINGS if isinstance(each, Binding) and each.key != "tab"),
    ]

    def action_complete_or_next(self) -> None:
        """Complete the path, or go to the next field."""
        focused = self.screen.focused
        if isinstance(focused, PathField):
            focused.action_complete()
        else:
            self.screen.focus_next()
