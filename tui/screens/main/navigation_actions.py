"""The commands that open another conversation, and those that scroll in the open one."""

from __future__ import annotations

from functools import partial

from core import api
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.keys.commands import NUMBERED
from tui.keys.handlers import Handlers
from tui.language import tr
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.panes import Panes
from tui.words.dates import day_of


class NavigationActions:
    """Carries them out."""

    def __init__(
        self,
        app: AppPort,
        panes: Panes,
        navigation: Navigation,
        chat: Chat,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._panes = panes
        self._navigation = navigation
        self._chat = chat
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(
            {
                "go.next-unread": self.next_unread,
                "go.previous": partial(self.by_step, -1),
                "go.following": partial(self.by_step, 1),
                "go.last": self.to_last,
                **{f"go.{number}": partial(self.by_number, number) for number in range(1, NUMBERED + 1)},
                "go.unread-line": self.to_unread_line,
                "go.page-up": partial(self._panes.log.scroll_screens, -1),
                "go.page-down": partial(self._panes.log.scroll_screens, 1),
                "go.oldest": self.to_start,
                "go.newest": self.to_end,
                "go.list": self.to_list,
            },
            {"go.switcher": self.switch, "go.date": self.to_date},
        )

    def switch(self, name: str = "") -> None:
        """Go to a conversation by part of its name."""
        from tui.screens.switcher import SwitcherScreen, matching

        if name and len(found := matching(name, self._navigation.conversations)) == 1:
            self._conversations.go_to(found[0].id)
            return
        self._dialogs.show(SwitcherScreen(self._navigation.conversations, name), self._conversations.go_to)

    def next_unread(self) -> None:
        """Go round the unread conversations."""
        following = self._navigation.next_unread()
        if following is None:
            self._app.tell(tr("Nothing unread."))
        self._conversations.go_to(following)

    def by_step(self, step: int) -> None:
        """Go up or down in the list."""
        self._conversations.go_to(self._navigation.by_step(step))

    def to_last(self) -> None:
        """Go back to the one before."""
        self._conversations.go_to(self._navigation.last)

    def by_number(self, number: int) -> None:
        """Go to a place of the list."""
        self._conversations.go_to(self._navigation.by_number(number))

    def to_list(self) -> None:
        """Go to the list."""
        if self._panes.layout.has_class("-narrow"):
            self._conversations.leave()
        else:
            self._panes.list.focus()

    def to_unread_line(self) -> None:
        """Scroll to the unread rule."""
        if not self._panes.log.go_to_unread():
            self._app.tell(tr("Nothing was unread here."))

    def to_start(self) -> None:
        """Scroll to the first message."""
        self._attempts.begin(self._chat.go_to_start(), group="pages")

    def to_end(self) -> None:
        """Scroll to the newest message."""
        self._attempts.begin(self._chat.go_to_end(), group="pages")

    def to_date(self, text: str = "") -> None:
        """Go to what was first said from a day on."""
        app = self._app
        day = day_of(text, app.now(), app.calendar)
        if day is None:
            app.tell(tr("Write a day as 2026-11-03, 3 nov or Monday."), "warning")
            return
        at = min(max(0, app.calendar.begins(day)), api.END_OF_TIME_MS - 1)
        self._attempts.begin(self._to_moment(at), group="opening")

    async def _to_moment(self, at: int) -> None:
        if not await self._chat.go_to_moment(at):
            self._app.tell(tr("Nothing was said from that day on."))
