"""What stands around the messages of the main screen: list, header, details, and a welcome while nothing is open."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from tui.app_port import app_of
from tui.screens.main_actions import MainActions
from tui.text.sanitize import clean_name
from tui.widgets.chat_header import ChatHeader
from tui.widgets.details import Details
from tui.widgets.status_line import StatusLine
from tui.words.format import count, plural
from tui.words.hints import EMPTY_HINTS, HIT_HINTS, LIST_HINTS, NOBODY, SELECT_HINTS, chat_hints, ways_in, welcome

# Rows looked through for one's own last message, which the details tell about.
RECENT = 20


class MainHeads(MainActions):
    """Draws everything but the messages from what was last read."""

    status: StatusLine
    greetings: int = 0
    """Strangers who wait for an answer."""

    def show_heads(self) -> None:
        """Draw the list, the header and the details."""
        conversations = self.navigation.conversations
        self.set_class(not conversations, "empty")
        self.list_view.show(conversations, self.navigation.current)
        self._show_side()
        self._show_welcome()
        current = self.navigation.find(self.navigation.current)
        if current is not None:
            name = clean_name(current.name)
            inviting = f"{name} is blocked: /unblock to write" if current.blocked else f"Write to {name}"
            self.writing.composer.placeholder = Content(inviting)
        if not self.chat.is_opening:  # a name never stands over the rows of somebody else
            elsewhere = self.navigation.unread_elsewhere()
            self.query_one(ChatHeader).show(current, elsewhere, narrow=self.has_class("-narrow"))
            self.show_details()
        self.hint()

    def _show_side(self) -> None:
        unread = sum(listed.unread for listed in self.navigation.conversations)
        note = f" {app_of(self).glyphs.separator} {count(unread)} new" if unread else ""
        self.query_one("#side-title", Static).update(Content.assemble("sottovoce", (note, "bold $unread")))
        waiting = self.query_one("#waiting", Static)
        waiting.display = bool(self.greetings)
        waiting.update(
            Content.assemble((plural(self.greetings, "greeting"), "bold $unread"), "  ", ("Alt+G", "$quiet"))
        )

    def _show_welcome(self) -> None:
        start_invitation = app_of(self).start_invitation
        there = bool(self.navigation.conversations)
        ways = ways_in(
            has_conversations=there, greetings=self.greetings, offered=start_invitation.name if start_invitation else ""
        )
        text = welcome("Choose a conversation" if there else NOBODY, ways)
        self.query_one("#welcome-text", Static).update(text)
        # Where there is room for both panes, the list only says that it is empty.
        alone = self.has_class("-narrow")
        self.query_one("#no-conversations", Static).update(text if alone else Content("no conversations yet"))

    def show_details(self) -> None:
        """Draw the pane at the right."""
        rows = self.log_view.model.rows
        own = next((row for row in reversed(rows[-RECENT:]) if row.sender == "me"), None)
        self.query_one(Details).show(self.navigation.find(self.navigation.current), self.log_view.selected or own)

    def hint(self) -> None:
        """Say what the keys do now."""
        if self.focused is self.log_view:
            self.status.show_hints(HIT_HINTS if self.hits is not None else SELECT_HINTS)
        elif not self.navigation.conversations:
            self.status.show_hints(EMPTY_HINTS)
        elif self.navigation.current is None or self.focused is self.list_view:
            self.status.show_hints(LIST_HINTS)
        else:
            current, composer = self.navigation.find(self.navigation.current), self.writing.composer
            self.status.show_hints(
                chat_hints(
                    completing=composer.completing,
                    blocked=current is not None and current.blocked,
                    enter_sends=app_of(self).settings.enter_sends,
                )
            )
