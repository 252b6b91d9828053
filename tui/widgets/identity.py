"""An identity as people compare it: groups of four, as many to a line as fit, never one cut in two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui.words.format import grouped

if TYPE_CHECKING:
    from textual.geometry import Size

GROUP = 4
# Groups to a line where there is room: thirteen groups in two lines.
MAX_GROUPS = 7


def identity_lines(identity: str, width: int) -> list[str]:
    """Return the groups in lines of at most ``width`` cells."""
    groups = grouped(identity, GROUP).split(" ")
    to_a_line = max(1, min(MAX_GROUPS, (width + 1) // (GROUP + 1)))
    return [" ".join(groups[at : at + to_a_line]) for at in range(0, len(groups), to_a_line)]


class IdentityView(Widget):
    """Shows one identity; empty draws nothing."""

    # Some rules look at the screen or app around the widget.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    IdentityView { height: auto; width: 1fr; margin: 1 0 0 2; text-style: bold; }
    .-short IdentityView { margin: 0; }
    """

    def __init__(self, identity: str = "") -> None:
        super().__init__()
        self._identity = identity

    def show(self, identity: str) -> None:
        """Show another identity."""
        if identity != self._identity:
            self._identity = identity
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines needed."""
        return len(identity_lines(self._identity, width)) if self._identity else 0

    def render(self) -> Content:
        """Return the lines."""
        return Content("\n".join(identity_lines(self._identity, self.size.width)) if self._identity else "")
