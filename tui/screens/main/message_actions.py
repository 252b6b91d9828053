"""Commands about the selected message: its menu, copies, deletion, the page about it; others' are found here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from core.api import Message
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.language import tr
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.message_menu import MessageMenu, why_not
from tui.screens.message_details.page import MessageDetailsScreen
from tui.text.sanitize import clean_line, clean_name, fit, kept_text
from tui.widgets.chat_log import ChatLog
from tui.words.contacts import deleted_words

# Cells of a message's text within a question.
_QUOTED = 40


Act = Callable[[Message], None]


class MessageActions:
    """Does it; ``others`` do what is not done here, ``copy`` hands a text to the clipboard and tells so."""

    def __init__(
        self,
        app: AppPort,
        log: ChatLog,
        chat: Chat,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
        others: Mapping[str, Act],
        copy: Callable[[str], None],
    ) -> None:
        self._app = app
        self._log = log
        self._chat = chat
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts
        self._copy = copy
        self._acts: Final[Mapping[str, Act]] = {
            **others,
            "menu": self._show_menu,
            "copy": lambda message: self._copy(kept_text(message.text)),
            "delete": self._ask_delete,
            "info": self._show_details,
        }

    def act_on(self, what: str, message: Message) -> None:
        """Do one of ``tui.widgets.chat_log.widget.WANTED`` with a message, if it can be done with it."""
        if what != "menu" and (reason := why_not(what, message)):
            self._app.tell(reason, "warning")
            return
        self._acts[what](message)

    def _show_menu(self, message: Message) -> None:
        """List what can be done with a message, and do what is chosen."""

        def chosen(wanted: str | None) -> None:
            self._log.focus()
            if wanted is not None:
                self._log.select(message.id)
                self.act_on(wanted, message)

        menu = MessageMenu(message)
        menu.lit = partial(self._log.region_of, message.id)
        self._dialogs.show(menu, chosen)

    def _show_details(self, message: Message) -> None:
        """Show all that is known of a message."""

        def left(_: None) -> None:
            self._log.focus()
            self._log.select(message.id)

        here = self._chat.conversation
        name = "" if here is None else clean_name(here.name)
        self._dialogs.show(MessageDetailsScreen(self._app.client, message.id, name), left)

    def _ask_delete(self, message: Message) -> None:
        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            if sure:
                self._attempts.begin(self._delete(message))
            self._log.focus()

        # While a message is selected, y copies: a person who meant that must not delete.
        question = ConfirmScreen(
            tr("Delete {what} from this device?").format(what=self._what_of(message)),
            yes=tr("Delete"),
            no=tr("Keep"),
            yes_key="x",
        )
        self._dialogs.show(question, answered)

    @staticmethod
    def _what_of(message: Message) -> str:
        if message.kind not in {"text", "imported"}:
            return tr("this remark")
        text = clean_line(message.text).strip('“”"')  # quotes within quotes are hard to read
        return tr("“{text}”").format(text=fit(text, _QUOTED))

    async def _delete(self, message: Message) -> None:
        deleted = await self._chat.delete([message.id])
        await self._conversations.read()
        self._app.tell(deleted_words(deleted))
