"""The line above the messages: with whom one talks, and what else waits."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from core.api import Conversation
from tui.format import count
from tui.frame import frame_of
from tui.text import clean_name, fit

# Cells of the name that stay even where the note does not fit beside them.
SHORTEST_NAME = 8
STATE_NOTES = {"waiting": "waits for an answer", "unanswered": "not answered", "open": ""}


class ChatHeader(Widget):
    """One line."""

    DEFAULT_CSS = """
    ChatHeader { height: 1; padding: 0 1; background: $surface; color: $foreground; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._conversation: Conversation | None = None
        self._elsewhere = 0
        self._narrow = False

    def show(self, conversation: Conversation | None, elsewhere: int, *, narrow: bool) -> None:
        """Show a conversation, and how many unread messages are in others."""
        shown = (conversation, elsewhere, narrow)
        if shown != (self._conversation, self._elsewhere, self._narrow):
            self._conversation, self._elsewhere, self._narrow = shown
            self.refresh()

    def render(self) -> RenderResult:
        """Return name at the left, the rest at the right."""
        conversation = self._conversation
        if conversation is None:
            return Content("")
        glyphs = frame_of(self).glyphs
        note = STATE_NOTES[conversation.state]
        right: list[tuple[str, str]] = []
        if self._elsewhere and self._narrow:
            right.append((f"{count(self._elsewhere)} new elsewhere", "bold $unread"))
        right_side = Content.assemble(*right)
        room = self.size.width - right_side.cell_length - 1
        noted = f"  {glyphs.waiting} {note}" if note else ""
        name = fit(clean_name(conversation.name), max(SHORTEST_NAME, room - len(noted)), glyphs.ellipsis)
        left = Content.assemble((name, "bold"), (noted, "$warning"))
        filling = max(1, self.size.width - left.cell_length - right_side.cell_length)
        return Content.assemble(left, " " * filling, right_side)
