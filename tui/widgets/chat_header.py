"""The line above the messages: the contact's badge and name, what is odd about it, and what is on its way."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from core.api import Conversation
from tui.app_port import app_of
from tui.language import N_, tr
from tui.look.glyphs import Glyphs
from tui.text.cells import width_of
from tui.text.initials import initials
from tui.text.sanitize import clean_name, fit
from tui.widgets.chat_log.rows import MAX_LANE
from tui.widgets.person_colour import colour_of
from tui.words.contacts import own_part, warning_note, where_to_look
from tui.words.format import count, when

# Cells of the name that stay even where the note does not fit beside them.
SHORTEST_NAME = 8
# Cells of the badge and the blank behind it.
BADGE = 5
STATE_NOTES = {"waiting": N_("waits for an answer"), "unanswered": N_("not answered"), "open": ""}


class ChatHeader(Widget):
    """One line."""

    DEFAULT_CSS = """
    ChatHeader { height: 1; background: $panel; color: $ink; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._conversation: Conversation | None = None
        self._elsewhere = 0
        self._narrow = False
        self._types_until = 0  # the open conversation's contact, milliseconds

    def types(self, until: int) -> None:
        """Show that the contact types, until a time; 0: no longer."""
        if until != self._types_until:
            self._types_until = until
            self.refresh()

    def show(self, conversation: Conversation | None, elsewhere: int, *, narrow: bool) -> None:
        """Show a conversation, and how many unread messages are in others."""
        shown = (conversation, elsewhere, narrow)
        if shown != (self._conversation, self._elsewhere, self._narrow):
            if conversation is None or self._conversation is None or conversation.id != self._conversation.id:
                self._types_until = 0
            self._conversation, self._elsewhere, self._narrow = shown
            self.refresh()

    def render(self) -> RenderResult:
        """Return badge and name at the left, the rest at the right; below them a rule where there is room."""
        conversation = self._conversation
        if conversation is None:
            return Content("")
        width, glyphs = self.size.width, app_of(self).glyphs
        start = max(1, (width - min(MAX_LANE, width - 2)) // 2)
        role = colour_of(conversation.identity)
        right = self._right(conversation)
        room = width - right.cell_length - 2 - 2 * start - BADGE
        is_typing = self._types_until > app_of(self).now()
        beside = room - width_of(clean_name(conversation.name))
        compared = _compared(conversation, glyphs)
        beside -= width_of(compared)
        noted = f"  {tr('types')}{glyphs.ellipsis}" if is_typing else _note(conversation, beside, glyphs)
        noted = noted or self._there(conversation, beside)
        room = max(SHORTEST_NAME, room - width_of(noted) - width_of(compared))
        name = fit(clean_name(conversation.name), room, glyphs.ellipsis)
        own = own_part(conversation, room - width_of(name), glyphs.ellipsis)
        badge, _ = app_of(self).pens.badge(initials(conversation.name), role, hollow=conversation.state != "open")
        filled = app_of(self).pens.tinted and conversation.state == "open"
        left = Content.assemble(
            " " * start, (badge, f"bold $ground on ${role}" if filled else f"bold ${role}"),
            (f" {name}", f"bold ${role}"), (own, "$soft"), (compared, "$good" if conversation.verified else "$soft"),
            (noted, "$notice" if is_typing or _note(conversation, 0, glyphs) else "$soft"),
        )  # fmt: skip
        filling = max(1, width - left.cell_length - right.cell_length - start)
        line = Content.assemble(left, " " * filling, right, " " * start)
        if self.size.height < 2:
            return line
        rule = Content.assemble((glyphs.under * width, f"${role} on $ground"))
        return Content("\n").join([line, rule])

    def _there(self, conversation: Conversation, room: int) -> str:
        """Return whether the contact is there, or when it was, where both let each other know and there is room."""
        if conversation.online:
            there = f"  {app_of(self).glyphs.online_dot} {tr('there')}"
        elif conversation.last_seen is not None:
            at = when(conversation.last_seen, app_of(self).now(), app_of(self).calendar)
            there = "  " + tr("there {moment}").format(moment=at)
        else:
            return ""
        return there if width_of(there) <= room else ""

    def _right(self, conversation: Conversation) -> Content:
        """Return what is on its way, and what is new elsewhere where no list says it."""
        right: list[tuple[str, str]] = []
        if conversation.last_sender == "me" and conversation.last_state in {"queued", "sent", "stored"}:
            right.append((f"{app_of(self).glyphs.held} {tr('on its way')}", "$ink"))
        if self._elsewhere and self._narrow:
            new = tr("{count} new elsewhere").format(count=count(self._elsewhere))
            right.append(((" " if right else "") + new, "bold $notice"))
        return Content.assemble(*right)


def _compared(conversation: Conversation, glyphs: Glyphs) -> str:
    """Return the sign that says whether keys were compared; none before there is somebody to compare them with."""
    if conversation.state != "open":
        return ""
    return f" {glyphs.compared if conversation.verified else glyphs.unknown}"


def _note(conversation: Conversation, room: int, glyphs: Glyphs) -> str:
    """Return what is to be known before a text is written: a sign and a few words, in ``room`` cells if possible."""
    if conversation.blocked:
        return f"  {glyphs.blocked} {tr('blocked')}"
    if warning := warning_note(conversation):
        short = f"  {glyphs.warning} {warning}"
        long = short + where_to_look(conversation)
        return long if width_of(long) <= room else short
    note = tr(STATE_NOTES[conversation.state])
    return f"  {glyphs.waiting} {note}" if note else ""
