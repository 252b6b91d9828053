"""A flat text field: one row, a bar at its left that grows when it has the focus.

No box is drawn around it: a box costs two rows of an 80×24 screen and some 600 bytes a keystroke over SSH. The bar and the
cursor show the focus without colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.app_port import app_of
from tui.widgets.editing import LineEditing

if TYPE_CHECKING:
    from textual.suggester import Suggester


class TextField(LineEditing):
    """One line of text."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    TextField {
        height: 1;
        width: 1fr;
        padding: 0 1 0 0;
        border: none;
        border-left: blank;
        background: $surface;
        &:focus { border: none; border-left: outer $self; background: $surface; background-tint: $foreground 5%; }
        &:ansi { background: ansi_default; border: none; border-left: vkey $quiet; }
        &:ansi:focus { border: none; border-left: outer $self; background: ansi_default; }
        &:ansi > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
        &.-invalid { border: none; border-left: wide $bad; }
        &.-invalid:focus { border: none; border-left: outer $bad; }
    }
    .ascii TextField { border: none; border-left: blank; }
    .ascii TextField:ansi { border: none; border-left: blank; }
    .ascii TextField:focus { border: none; border-left: ascii $self; }
    .ascii TextField:ansi:focus { border: none; border-left: ascii $self; }
    .ascii TextField.-invalid { border: none; border-left: ascii $bad; }
    """

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        max_length: int = 0,
        suggester: Suggester | None = None,
        password: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            max_length=max_length,
            suggester=suggester,
            password=password,
            select_on_focus=False,
            id=id,
        )

    def on_mount(self) -> None:
        """Keep the cursor still where blinking costs bytes."""
        self.cursor_blink = app_of(self).profile.blinking
