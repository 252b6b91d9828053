"""A few lines of text with a count of what is left, for a greeting. Tab and Enter leave it, Ctrl+J breaks the line.

For people who chose that Enter breaks the line in messages, Enter and Ctrl+J change places here as well.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding

from tui.app_port import app_of
from tui.language import tr
from tui.widgets.editing import Editing


class SmallEditor(Editing):
    """Three rows, growing to five; the limit is in bytes of UTF-8, since that is what is sent."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    SmallEditor {
        height: auto; min-height: 3; max-height: 5; width: 1fr;
        padding: 0; border: none; border-left: blank; background: $surface; scrollbar-size-vertical: 1;
        &:focus { border: none; border-left: outer $self; background-tint: $foreground 5%; }
        & .text-area--cursor-line { background: transparent; }
        &:ansi { background: ansi_default; border: none; border-left: vkey $quiet; }
        &:ansi:focus { border: none; border-left: outer $self; }
        &:ansi .text-area--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    }
    .ascii SmallEditor:ansi { border: none; border-left: blank; }
    .ascii SmallEditor:ansi:focus { border: none; border-left: ascii $self; }
    .ascii SmallEditor:focus { border: none; border-left: ascii $self; }
    .-short SmallEditor { min-height: 2; max-height: 3; }
    """

    BINDINGS: ClassVar = [
        Binding("enter", "go_on", "Go on", id="write.send", show=False),
        Binding("ctrl+j,alt+enter,shift+enter", "newline", "New line", id="write.newline", show=False),
    ]

    def __init__(self, *, limit: int, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(id=id, soft_wrap=True, tab_behavior="focus", show_line_numbers=False, placeholder=placeholder)
        self.limit = limit

    def on_mount(self) -> None:
        """Keep the cursor still where blinking costs bytes."""
        self.cursor_blink = app_of(self).profile.blinking

    async def _on_key(self, event: events.Key) -> None:
        """Leave Enter to its binding, whose meaning can be changed."""
        if event.key == "enter":
            event.prevent_default()

    def action_go_on(self) -> None:
        """Go to what comes after it."""
        self.screen.focus_next()

    def action_newline(self) -> None:
        """Break the line."""
        self.insert("\n")

    @property
    def size_in_bytes(self) -> int:
        """Bytes of what is written."""
        return len(self.text.encode(errors="replace"))

    @property
    def count(self) -> str:
        """What is used of the room: ``12 of 600``, or how much too long it is; an accented letter counts as two."""
        over = self.size_in_bytes - self.limit
        if over > 0:
            return tr("{count} too long").format(count=over)
        return tr("{count} of {most}").format(count=self.size_in_bytes, most=self.limit)
