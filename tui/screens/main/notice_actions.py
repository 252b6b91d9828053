"""The command that says how the person is told of what comes in the open conversation."""

from __future__ import annotations

from typing import get_args

from core.api import Conversation, ConversationSet, NotifyRule
from tui.app_port import AppPort
from tui.chat.navigation import Navigation
from tui.keys.commands import NOTICE_RULES
from tui.keys.handlers import Handlers
from tui.language import N_, tr
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.words.contacts import short_name

SAID = {
    "always": N_("{name} is told of as the settings say."),
    "bell": N_("{name} rings the bell, and no more."),
    "never": N_("Nothing is told of {name}, and it is not counted."),
}


class NoticeActions:
    """Carries it out."""

    def __init__(self, app: AppPort, navigation: Navigation, conversations: Conversations, attempts: Attempts) -> None:
        self._app = app
        self._navigation = navigation
        self._conversations = conversations
        self._attempts = attempts

    def handlers(self) -> Handlers:
        """Return what is carried out here."""
        return Handlers(texts={"people.notices": self.choose})

    def choose(self, rule: str) -> None:
        """Choose a rule by name; without one say which there are."""
        here = self._navigation.here
        if here is None:
            return
        for known in get_args(NotifyRule):
            if known == rule:
                self._attempts.begin(self._store(here, known))
                return
        said = tr("Notices of a conversation are one of {rules}; now {rule}.")
        said = said.format(rules=", ".join(NOTICE_RULES), rule=here.notify)
        self._app.tell(said, "warning" if rule else "information")

    async def _store(self, here: Conversation, rule: NotifyRule) -> None:
        await self._app.client.call(ConversationSet(conversation=here.id, notify=rule))
        await self._conversations.read()
        self._app.tell(tr(SAID[rule]).format(name=short_name(here.name)))
