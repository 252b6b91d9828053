"""One of a few values, all of them in sight: ``1 hour  [1 day]  1 week``; left and right change it.

Where the row is too narrow for all, only the chosen one is shown between arrows. The brackets say which is chosen
without colour; while the row has the focus the chosen one is filled.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.text.cells import width_of

V = TypeVar("V")

_GAP = " "


class Choice(Widget, Generic[V], can_focus=True):
    """A row of named values, of which one is chosen."""

    DEFAULT_CSS = """
    Choice { width: 1fr; height: 1; }
    """
    BINDINGS = [
        Binding("left", "step(-1)", "Previous", show=False),
        Binding("right,space", "step(1)", "Next", show=False),
        Binding("enter", "submit", "Done", show=False),
    ]

    chosen: reactive[int] = reactive(0)
    """Index of the chosen value."""

    class Changed(Message):
        """Another value was chosen by the person."""

        def __init__(self, choice: Choice[Any]) -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> Choice[Any]:
            """The row."""
            return self.choice

    class Submitted(Message):
        """Enter was pressed: the values are as they should be."""

    def __init__(self, options: list[tuple[str, V]], value: V, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = options
        self.chosen = self._index_of(value)

    @property
    def value(self) -> V:
        """The chosen value."""
        return self._options[self.chosen][1]

    def choose(self, value: V) -> None:
        """Show ``value`` as chosen, without a message."""
        self.chosen = self._index_of(value)

    def _index_of(self, value: V) -> int:
        """Return where ``value`` stands; the first where it is not on offer (a setting of a newer version)."""
        return next((at for at, (_, offered) in enumerate(self._options) if offered == value), 0)

    def action_step(self, by: int) -> None:
        """Choose a neighbour; stops at both ends."""
        to = min(max(self.chosen + by, 0), len(self._options) - 1)
        if to != self.chosen:
            self.chosen = to
            self.post_message(self.Changed(self))

    def action_submit(self) -> None:
        """Post ``Submitted``."""
        self.post_message(self.Submitted())

    def watch_has_focus(self, _has_focus: bool) -> None:  # noqa: FBT001 - Textual's signature
        """Draw the focus."""
        super().watch_has_focus(_has_focus)
        self.refresh()

    def render(self) -> Content:
        """Return the row as it fits."""
        names = [name for name, _ in self._options]
        whole = sum(width_of(name) + 2 for name in names) + len(_GAP) * (len(names) - 1)
        chip = "bold reverse" if self.app.native_ansi_color else "bold $ground on $self"
        chosen = f"[{names[self.chosen]}]"
        if self.has_focus and not self.app.native_ansi_color:
            chosen = f" {names[self.chosen]} "
        style = chip if self.has_focus else "bold $bright"
        if whole > self.size.width:
            before = "< " if self.chosen > 0 else "  "
            after = " >" if self.chosen < len(names) - 1 else "  "
            return Content.assemble(before, (chosen, style), after)
        parts: list[str | tuple[str, str]] = []
        for at, name in enumerate(names):
            parts += [(chosen, style) if at == self.chosen else (f" {name} ", "$soft"), _GAP]
        return Content.assemble(*parts[:-1])
