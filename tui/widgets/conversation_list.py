"""The list of conversations: name and hour, then the last words and what is unread. One line each where rows are scarce."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.api import Conversation
from tui.app_port import app_of
from tui.look.strip_style import laid_over
from tui.text.cells import width_of
from tui.text.sanitize import clean_line, clean_name, fit
from tui.words.contacts import own_part
from tui.words.format import count, when
from tui.words.previews import preview_of


class ConversationList(ScrollView, can_focus=True):
    """Shows conversations; one is open, one is under the cursor."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "conversation-list--quiet",
        "conversation-list--unread",
        "conversation-list--draft",
        "conversation-list--failed",
        "conversation-list--warning",
        "conversation-list--open",
        "conversation-list--cursor",
    }
    DEFAULT_CSS = """
    ConversationList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $surface;
        color: $foreground;
        & .conversation-list--quiet { color: $quiet; }
        & .conversation-list--unread { color: $unread; text-style: bold; }
        & .conversation-list--draft { color: $accent; }
        & .conversation-list--failed { color: $error; }
        & .conversation-list--warning { color: $warning; text-style: bold; }
        & .conversation-list--open { background: $selected-row; }
        & .conversation-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        &:ansi .conversation-list--quiet { text-style: dim; }
        &:ansi .conversation-list--open { text-style: bold; }
        &:ansi .conversation-list--cursor { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar = [
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("down,j", "cursor(1)", "Down", show=False),
        Binding("home,g", "cursor(-9999)", "First", show=False),
        Binding("end,G", "cursor(9999)", "Last", show=False),
        Binding("enter,right,l", "choose", "Open", show=False),
    ]

    class Chosen(Message):
        """Open this conversation."""

        def __init__(self, conversation_id: str) -> None:
            super().__init__()
            self.conversation_id = conversation_id

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._conversations: Sequence[Conversation] = ()
        self._open_id: str | None = None
        self._cursor_id: str | None = None
        self._short = False

    @property
    def lines_each(self) -> int:
        """Lines a conversation takes."""
        return 1 if self._short else 2

    def show(self, conversations: Sequence[Conversation], open_id: str | None) -> None:
        """Show these, one of them open."""
        if open_id != self._open_id and open_id is not None:
            self._cursor_id = open_id
        self._conversations, self._open_id = conversations, open_id
        if self._cursor_index() is None:
            self._cursor_id = conversations[0].id if conversations else None
        self._measure()

    def set_short(self, *, short: bool) -> None:
        """Use one line each."""
        if short != self._short:
            self._short = short
            self._measure()

    def clear_caches(self) -> None:
        """Forget all names and texts."""
        self.show((), None)

    def _measure(self) -> None:
        size = Size(self.size.width, len(self._conversations) * self.lines_each)
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def _cursor_index(self) -> int | None:
        return next((at for at, shown in enumerate(self._conversations) if shown.id == self._cursor_id), None)

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        if not self._conversations:
            return
        index = (self._cursor_index() or 0) + step
        index = max(0, min(index, len(self._conversations) - 1))
        self._cursor_id = self._conversations[index].id
        top = index * self.lines_each
        if top < self.scroll_y:
            self.scroll_to(y=top, animate=False)
        elif top + self.lines_each > self.scroll_y + self.size.height:
            self.scroll_to(y=top + self.lines_each - self.size.height, animate=False)
        self.refresh()

    def action_choose(self) -> None:
        """Open the one under the cursor."""
        if self._cursor_id is not None:
            self.post_message(self.Chosen(self._cursor_id))

    def on_click(self, event: events.Click) -> None:
        """Open the one that was clicked."""
        index = (event.y + round(self.scroll_y)) // self.lines_each
        if index < len(self._conversations):
            self._cursor_id = self._conversations[index].id
            self.action_choose()

    def on_resize(self) -> None:
        """Fit the new width."""
        self._measure()

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width = self.scrollable_content_region.width
        index, part = divmod(y + round(self.scroll_y), self.lines_each)
        if index >= len(self._conversations):
            return Strip.blank(width, self.rich_style)
        conversation = self._conversations[index]
        segments = self._head(conversation, width) if part == 0 else self._tail(conversation, width)
        strip = Strip(segments, width)
        if self.has_focus and conversation.id == self._cursor_id:
            return laid_over(strip, self._style("cursor", partial=True))
        if conversation.id == self._open_id:
            return laid_over(strip, self._style("open", partial=True))
        return strip

    def _style(self, name: str, *, partial: bool = False) -> Style:
        return self.get_component_rich_style(f"conversation-list--{name}", partial=partial)

    def _head(self, conversation: Conversation, width: int) -> list[Segment]:
        app = app_of(self)
        glyphs, base = app.glyphs, self.rich_style
        unread = conversation.unread > 0 or conversation.marked_unread
        if self._short and unread:
            right = Segment(self._badge(conversation), self._style("unread"))
        else:
            hour = when(conversation.last_at, app.now(), app.calendar) if conversation.last_at else ""
            right = Segment(hour, self._style("unread") if unread else self._style("quiet"))
        signs = self._signs(conversation)
        room = width - 3 - width_of(right.text) - sum(width_of(sign.text) for sign in signs)
        name = fit(clean_name(conversation.name), room, glyphs.ellipsis)
        own = own_part(conversation, room - width_of(name), glyphs.ellipsis)
        name_style = base + Style(bold=True) if unread else base
        mark = glyphs.selected if conversation.id == self._open_id else " "
        return [
            Segment(mark, self._style("draft")),
            Segment(name, name_style),
            Segment(own, self._style("quiet")),
            *signs,
            Segment(" " * (1 + room - width_of(name) - width_of(own)), base),
            right,
            Segment(" ", base),
        ]

    def _badge(self, conversation: Conversation) -> str:
        if conversation.unread:
            return count(conversation.unread)
        return app_of(self).glyphs.bullet if conversation.marked_unread else ""

    def _signs(self, conversation: Conversation) -> list[Segment]:
        """Return what is to be known of a contact before its name is believed, or it is written to."""
        glyphs = app_of(self).glyphs
        signs: list[Segment] = []
        if conversation.state != "open":
            signs.append(Segment(f" {glyphs.waiting}", self._style("quiet")))
        for is_so, sign in (
            (conversation.pinned, glyphs.pin),
            (conversation.muted_until is not None, glyphs.muted),
            (conversation.archived, glyphs.archive),
        ):
            if is_so:
                signs.append(Segment(f" {sign}", self._style("quiet")))
        if conversation.blocked:
            signs.append(Segment(f" {glyphs.blocked}", self._style("quiet")))
        if conversation.warning:
            signs.append(Segment(f" {glyphs.warning}", self._style("warning")))
        return signs

    def _tail(self, conversation: Conversation, width: int) -> list[Segment]:
        glyphs, base = app_of(self).glyphs, self.rich_style
        lead, text = self._last_words(conversation)
        badge = self._badge(conversation)
        room = width - 3 - width_of(lead.text) - width_of(badge)
        text = fit(text, room, glyphs.ellipsis)
        filling = " " * (width - 2 - width_of(lead.text) - width_of(text) - width_of(badge))
        mark = glyphs.selected if conversation.id == self._open_id else " "
        return [
            Segment(mark, self._style("draft")),
            lead,
            Segment(text, self._style("quiet")),
            Segment(filling, base),
            Segment(badge, self._style("unread")),
            Segment(" ", base),
        ]

    def _last_words(self, conversation: Conversation) -> tuple[Segment, str]:
        """Return a sign and the text: an unsent draft before anything else."""
        glyphs = app_of(self).glyphs
        if conversation.draft and conversation.id != self._open_id:
            return Segment(f"{glyphs.draft} ", self._style("draft")), clean_line(conversation.draft[:200])
        text = preview_of(conversation)
        if conversation.last_sender == "me":
            failed = conversation.last_state == "failed"
            sign = glyphs.of_state(conversation.last_state)
            return Segment(f"{sign} " if sign else "", self._style("failed" if failed else "quiet")), text
        return Segment("", self.rich_style), text
