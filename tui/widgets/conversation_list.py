"""The list of conversations: a badge in each contact's colour, name and hour, then the last words and what is unread.

::

    ▌ BO  Bob          14:26        what is open has its bar, the row under the cursor another ground
    ▌     Then bring th… [3]
    (DA)  Dave     ◌   09:30        hollow until two people are connected

One line each where rows are scarce, an empty one between them where there is room. As a rail, eight cells wide, badge and
count are all that there is. The last line says how many are archived; chosen, it shows them below itself, or hides them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.api import Conversation
from tui.app_port import app_of
from tui.language import tr, tr_n
from tui.text.cells import width_of
from tui.text.initials import initials
from tui.text.sanitize import clean_line, clean_name, fit
from tui.widgets.chat_log.rows import MESSAGES
from tui.widgets.person_colour import colour_of
from tui.words.contacts import own_part
from tui.words.format import count, when
from tui.words.previews import preview_of

# A list as narrow as this is a rail.
RAIL = 10
# Stands for the line of archived ones where rows are named by ids of conversations.
FOOT = "archived"


class ConversationList(ScrollView, can_focus=True):
    """Shows conversations; one is open, one is under the cursor."""

    ALLOW_SELECT = False
    # Lines take their styles from the pens; component classes would be matched anew at each move of the focus.
    DEFAULT_CSS = """
    ConversationList {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $panel;
        color: $ink;
        &.-rail { scrollbar-size-vertical: 0; }
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

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conversations: Sequence[Conversation] = ()  # those that are shown
        self._away: Sequence[Conversation] = ()  # archived ones
        self._ids: list[str] = []  # of the rows, the foot among them
        self._away_shown = False
        self._typing: frozenset[str] = frozenset()
        self._open_id: str | None = None
        self._cursor_id: str | None = None
        self._short = False

    @property
    def is_rail(self) -> bool:
        """Whether badges are all that there is room for."""
        return self.size.width <= RAIL

    @property
    def lines_each(self) -> int:
        """Lines a conversation takes, the empty one behind it included."""
        if self._short:
            return 1
        lines = 1 if self.is_rail else 2
        return lines + ((lines + 1) * len(self._conversations) <= self.size.height)

    def show(self, conversations: Sequence[Conversation], open_id: str | None) -> None:
        """Show these, one of them open."""
        if open_id != self._open_id and open_id is not None:
            self._cursor_id = open_id
        self._open_id = open_id
        self._arrange(conversations)

    def _arrange(self, conversations: Sequence[Conversation]) -> None:
        """Put archived ones behind their line, or leave them out."""
        listed = [each for each in conversations if not each.archived]
        self._away = [each for each in conversations if each.archived]
        shown = self._away if self._shows_away else []
        self._conversations = [*listed, *shown]
        foot = [FOOT] if self._away else []
        self._ids = [*(each.id for each in listed), *foot, *(each.id for each in shown)]
        if self._cursor_index() is None:
            self._cursor_id = self._ids[0] if self._ids else None
        self._measure()

    @property
    def _shows_away(self) -> bool:
        """Whether archived ones are in sight: where the person asked, and where one of them is open."""
        return self._away_shown or any(each.id == self._open_id for each in self._away)

    def show_typing(self, conversations: frozenset[str]) -> None:
        """Show in which conversations somebody types now."""
        if conversations != self._typing:
            self._typing = conversations
            self.refresh()

    def set_short(self, *, short: bool) -> None:
        """Use one line each."""
        if short != self._short:
            self._short = short
            self._measure()

    def clear_caches(self) -> None:
        """Forget all names and texts."""
        self._typing, self._away_shown = frozenset(), False
        self.show((), None)

    def _measure(self) -> None:
        self.set_class(self.is_rail, "-rail")
        size = Size(self.size.width, self._top(len(self._ids)))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def _cursor_index(self) -> int | None:
        return self._ids.index(self._cursor_id) if self._cursor_id in self._ids else None

    def _top(self, index: int) -> int:
        """Return the first line of a row: each takes as many as the others, but the foot takes one."""
        foot = self._ids.index(FOOT) if FOOT in self._ids else len(self._ids)
        each = self.lines_each
        return index * each if index <= foot else (index - 1) * each + 1

    def _row_at(self, y: int) -> tuple[int, int]:
        """Return the row that a line of the list is of, and which of its lines it is."""
        foot = self._top(self._ids.index(FOOT)) if FOOT in self._ids else None
        if foot is None or y < foot:
            return divmod(y, self.lines_each)
        if y == foot:
            return self._ids.index(FOOT), 0
        index, part = divmod(y - foot - 1, self.lines_each)
        return self._ids.index(FOOT) + 1 + index, part

    def action_cursor(self, step: int) -> None:
        """Move the cursor."""
        if not self._ids:
            return
        index = (self._cursor_index() or 0) + step
        index = max(0, min(index, len(self._ids) - 1))
        self._cursor_id = self._ids[index]
        top, bottom = self._top(index), self._top(index + 1)
        if top < self.scroll_y:
            self.scroll_to(y=top, animate=False)
        elif bottom > self.scroll_y + self.size.height:
            self.scroll_to(y=bottom - self.size.height, animate=False)
        self.refresh()

    def action_choose(self) -> None:
        """Open the one under the cursor; on the line of the archived ones, show or hide those."""
        if self._cursor_id == FOOT:
            self._away_shown = not self._shows_away
            self._arrange([*(each for each in self._conversations if not each.archived), *self._away])
        elif self._cursor_id is not None:
            self.post_message(self.Chosen(self._cursor_id))

    def on_click(self, event: events.Click) -> None:
        """Open the one that was clicked."""
        index, _ = self._row_at(event.y + round(self.scroll_y))
        if index < len(self._ids):
            self._cursor_id = self._ids[index]
            self.action_choose()

    def on_resize(self) -> None:
        """Fit the new width."""
        self._measure()

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width = self.scrollable_content_region.width
        index, part = self._row_at(y + round(self.scroll_y))
        pens = app_of(self).pens
        text_lines = 1 if self._short or self.is_rail else 2
        if index >= len(self._ids) or part >= text_lines:
            return Strip.blank(width, pens.pen("ink", "panel"))
        if self._ids[index] == FOOT:
            return self._foot(width)
        behind = FOOT in self._ids and index > self._ids.index(FOOT)
        conversation = self._conversations[index - behind]
        row = _Row(
            self, conversation, width, is_open=conversation.id == self._open_id, on=self._ground(conversation.id)
        )
        row.types = conversation.id in self._typing
        segments = row.rail() if self.is_rail else row.head(short=self._short) if part == 0 else row.tail()
        return Strip(segments).adjust_cell_length(width, pens.pen("ink", row.on))

    def _foot(self, width: int) -> Strip:
        """Return the line of the archived ones: how many there are, and how much is new in them."""
        app, on = app_of(self), self._ground(FOOT)
        unread = sum(each.unread for each in self._away)
        new = count(unread) if unread else ""
        number = len(self._away)
        words = count(number) if self.is_rail else tr_n("{count} archived", "{count} archived", number)
        left = fit(f" {app.glyphs.archive} {words}", max(0, width - width_of(new) - 2), app.glyphs.ellipsis)
        filling = " " * max(1, width - width_of(left) - width_of(new) - 1)
        pen = app.pens.pen("soft", on)
        return Strip([Segment(f"{left}{filling}{new} ", pen)]).adjust_cell_length(width, pen)

    def _ground(self, row: str) -> str:
        """Return the ground of a row: another for the one under the cursor, or the open one while keys go elsewhere."""
        marked = self._cursor_id if self.has_focus else self._open_id
        return "select" if row == marked else "panel"


class _Row:
    """One conversation's lines."""

    def __init__(
        self, widget: ConversationList, conversation: Conversation, width: int, *, is_open: bool, on: str
    ) -> None:
        self._app = app_of(widget)
        self.types = False
        self._conversation, self._width, self._is_open, self.on = conversation, width, is_open, on
        self._role = colour_of(conversation.identity)
        pens, glyphs = self._app.pens, self._app.glyphs
        self._bar = Segment(glyphs.selected if is_open else " ", pens.pen(self._role, on))
        hollow = conversation.state != "open"
        self._badge = Segment(*pens.badge(initials(conversation.name), self._role, on, hollow=hollow))

    def _segment(self, text: str, ink: str, *, bold: bool = False) -> Segment:
        return Segment(text, self._app.pens.pen(ink, self.on, bold=bold))

    def rail(self) -> list[Segment]:
        """Return the badge, and how much is new or what else is to be known."""
        conversation = self._conversation
        if conversation.unread:
            return [
                self._bar,
                self._badge,
                self._segment(
                    f" {_short_count(conversation.unread)}", "soft" if self._is_muted else "notice", bold=True
                ),
            ]
        glyphs = self._app.glyphs
        if self.types:
            return [self._bar, self._badge, self._segment(f" {glyphs.typing[:2]}", "notice", bold=True)]
        if conversation.marked_unread:
            return [self._bar, self._badge, self._segment(f" {glyphs.bullet}", "notice", bold=True)]
        if conversation.draft and not self._is_open:
            return [self._bar, self._badge, self._segment(f" {glyphs.draft}", "soft")]
        return [self._bar, self._badge, *self._signs()[:1]]

    def head(self, *, short: bool) -> list[Segment]:
        """Return badge, name and hour; where that is all, the count instead of the hour."""
        conversation, ellipsis = self._conversation, self._app.glyphs.ellipsis
        unread = conversation.unread > 0 and not self._is_muted
        hour = when(conversation.last_at, self._app.now(), self._app.calendar) if conversation.last_at else ""
        right = count(conversation.unread) if short and conversation.unread else hour
        if short and conversation.marked_unread and not conversation.unread:
            right, unread = self._app.glyphs.bullet, not self._is_muted
        if short and self.types:
            right, unread = self._app.glyphs.typing, True
        signs = self._signs()
        room = self._width - 8 - width_of(right) - sum(width_of(sign.text) for sign in signs)
        name = fit(clean_name(conversation.name), room, ellipsis)
        own = own_part(conversation, room - width_of(name), ellipsis)
        return [
            self._bar,
            self._badge,
            self._segment(" ", "ink"),
            self._segment(name, "bright" if self._is_open else self._role, bold=True),
            self._segment(own, "soft"),
            *signs,
            self._segment(" " * (1 + room - width_of(name) - width_of(own)), "ink"),
            self._segment(right, "notice" if unread else "soft", bold=unread),
            self._segment(" ", "ink"),
        ]

    def tail(self) -> list[Segment]:
        """Return the last words and the count of what is new."""
        conversation, pens = self._conversation, self._app.pens
        lead, text = self._last_words()
        badge = f" {count(conversation.unread)} " if conversation.unread else ""
        badge = badge or (f" {self._app.glyphs.bullet} " if conversation.marked_unread else "")
        if self.types:
            lead, text = self._segment(f"{tr('types')}{self._app.glyphs.ellipsis}", "notice", bold=True), ""
        room = self._width - 8 - width_of(lead.text) - width_of(badge)
        text = fit(text, room, self._app.glyphs.ellipsis)
        return [
            self._bar,
            self._segment("     ", "ink"),
            lead,
            self._segment(text, "ink" if conversation.unread else "soft"),
            self._segment(" " * (1 + room - width_of(text)), "ink"),
            Segment(badge, pens.filled("soft" if self._is_muted else "notice") if badge else pens.pen("ink", self.on)),
            self._segment(" ", "ink"),
        ]

    @property
    def _is_muted(self) -> bool:
        """Whether it makes no noise now: then what is new is said softly."""
        until = self._conversation.muted_until
        return until is not None and until > self._app.now()

    def _signs(self) -> list[Segment]:
        """Return what is to be known of a contact before its name is believed, or it is written to."""
        glyphs, conversation = self._app.glyphs, self._conversation
        signs: list[Segment] = []
        if conversation.warning:
            signs.append(self._segment(f" {glyphs.warning}", "bad", bold=True))
        shown = (
            (glyphs.waiting, conversation.state != "open"),
            (glyphs.blocked, conversation.blocked),
            (glyphs.pin, conversation.pinned),
            (glyphs.muted, self._is_muted),
            (glyphs.archive, conversation.archived),
        )
        return signs + [self._segment(f" {sign}", "soft") for sign, holds in shown if holds]

    def _last_words(self) -> tuple[Segment, str]:
        """Return a sign and the text: an unsent draft before anything else."""
        glyphs, conversation = self._app.glyphs, self._conversation
        if conversation.draft and not self._is_open:
            return self._segment(f"{glyphs.draft} ", "ink"), clean_line(conversation.draft[:200])
        text = preview_of(conversation)
        if conversation.last_sender != "me" or conversation.last_kind not in MESSAGES:
            return self._segment("", "soft"), text
        if conversation.last_state == "failed":
            return self._segment(f"{glyphs.warning} ", "bad", bold=True), text
        sign = f"{glyphs.held} " if conversation.last_state in {"queued", "sent", "stored"} else tr("you: ")
        return self._segment(sign, "soft"), text


def _short_count(number: int) -> str:
    """Return a count in two cells."""
    return str(number) if number < 100 else "++"
