"""What is done with several marked messages: a menu, one copy of all, forwarding in order, deletion after one question.

The marks are let go when something was done with them, so that the next key means one message again; they stay where a
person thinks better of it. What cannot be forwarded (a remark, an imported message) is left out, and it is said how many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from textual.widgets.option_list import Option

from core.api import ApiError, Kind, Message, MessageForward
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.language import N_, tr, tr_n
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.message_menu import MessageMenu
from tui.screens.switcher import ForwardScreen
from tui.text.sanitize import clean_line, clean_name, kept_text
from tui.widgets.chat_log import ChatLog
from tui.widgets.chat_log.notes import note_of
from tui.widgets.chat_log.rows import MESSAGES
from tui.words.contacts import deleted_words
from tui.words.errors import explain
from tui.words.format import Calendar

# What stands before each further line of a text in a copy: no line of it passes for another message.
_INDENT: Final = "    "
# Characters copied at most: terminals take a clipboard in one piece.
MOST_COPIED: Final = 1_000_000
# What can be done with several -> what it does, in the menu.
OF_MANY: Final = {
    "copy": N_("All of them in order, with who and when."),
    "forward": N_("All of them in order, to one conversation."),
    "delete": N_("All of them, from this device."),
}
_FORWARDED: Final = "text"


def wanted_of_many(messages: Sequence[Message]) -> dict[str, str]:
    """Return what can be done with several messages, each with what it does, as ``MessageMenu`` takes it."""
    can_forward = any(message.kind == _FORWARDED for message in messages)
    return {wanted: does for wanted, does in OF_MANY.items() if wanted != "forward" or can_forward}


def copied(messages: Sequence[Message], names: Mapping[str, str], calendar: Calendar) -> str:
    """Return messages as one text: ``2026-11-03 14:02  Bob: text``; a single one is its text alone."""
    if len(messages) == 1:
        return kept_text(messages[0].text)
    return "\n".join(_copied_entry(message, names, calendar) for message in messages)


def _copied_entry(message: Message, names: Mapping[str, str], calendar: Calendar) -> str:
    name = names.get(message.sender) or clean_name(message.sender[:8])
    day = dt.date.fromordinal(calendar.day(message.sent_at)).isoformat()
    said_at = f"{day} {calendar.clock(message.sent_at)}"
    if message.kind not in MESSAGES:
        return f"{said_at}  [{clean_line(note_of(message, name))}]"
    return f"{said_at}  {name}: " + kept_text(message.text).replace("\n", f"\n{_INDENT}")


def _forwarded_words(gone: int, name: str, left_out: int) -> str:
    messages = tr_n("{count} message", "{count} messages", gone)
    if not left_out:
        return tr("Forwarded to {name}: {messages}.").format(name=name, messages=messages)
    remarks = tr_n("{count} remark was left out", "{count} remarks were left out", left_out)
    return tr("Forwarded to {name}: {messages}; {remarks}.").format(name=name, messages=messages, remarks=remarks)


class ManyMenu(MessageMenu):
    """Dismisses with what is wanted of several messages, or None."""

    heading = N_("Marked messages")
    placeholder = N_("What shall be done with them?")

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__(messages[0], wanted_of_many(messages))
        self._count = len(messages)

    def count_of(self, found: Sequence[Option]) -> str:
        """Return how many are marked: of what can be done, all is in sight."""
        return str(self._count) if found else ""


class ManyActions:
    """Does it; ``copy`` hands a text to the clipboard and tells so."""

    def __init__(
        self,
        app: AppPort,
        log: ChatLog,
        chat: Chat,
        navigation: Navigation,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
        copy: Callable[[str], None],
    ) -> None:
        self._app = app
        self._log = log
        self._chat = chat
        self._navigation = navigation
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts
        self._copy = copy
        self._acts: Final[Mapping[str, Callable[[Sequence[Message]], None]]] = {
            "menu": self._show_menu,
            "copy": self._copy_all,
            "forward": self._ask_whom,
            "delete": self._ask_delete,
        }

    def act_on(self, what: str, messages: Sequence[Message]) -> None:
        """Do one of ``tui.widgets.chat_log.widget.WANTED`` with the marked messages, if it can be done with several."""
        if what != "menu" and what not in wanted_of_many(messages):
            if what == "forward":
                self._app.tell(tr("None of what is marked can be forwarded."), "warning")
                return
            self._app.tell(tr("With several: copy, forward, delete. Esc lets go."), "warning")
            return
        self._acts[what](messages)

    def _show_menu(self, messages: Sequence[Message]) -> None:
        """List what can be done with them, and do what is chosen."""

        def chosen(wanted: str | None) -> None:
            self._log.focus()
            if wanted is not None:
                self.act_on(wanted, messages)

        self._dialogs.show(ManyMenu(messages), chosen)

    def _copy_all(self, messages: Sequence[Message]) -> None:
        if sum(len(message.text) for message in messages) > MOST_COPIED:
            self._app.tell(tr("That is too much for a clipboard; /export writes a file."), "warning")
            return
        here = self._navigation.here
        names = self._chat.names(here) if here is not None else {}
        self._copy(copied(messages, names, self._app.calendar))
        self._log.let_go()

    def _ask_whom(self, messages: Sequence[Message]) -> None:
        """Send them to another conversation."""
        texts = [message for message in messages if message.kind == _FORWARDED]

        def chosen(conversation: str | None) -> None:
            self._log.focus()
            if conversation is not None:
                self._log.let_go()
                self._attempts.begin(self._forward(texts, conversation, left_out=len(messages) - len(texts)))

        switcher = ForwardScreen(self._navigation.conversations)
        switcher.heading = N_("Forward what is marked to")
        self._dialogs.show(switcher, chosen)

    async def _forward(self, texts: Sequence[Message], conversation: str, *, left_out: int) -> None:
        """Forward one after the other; where one is refused, those behind it stay, and it is said how many went."""
        listed = self._navigation.find(conversation)
        name = tr("them") if listed is None else clean_name(listed.name)
        gone = 0
        try:
            for message in texts:
                await self._app.client.call(MessageForward(id=message.id, conversation=conversation))
                gone += 1
        except ApiError as error:
            if not gone or error.kind is Kind.LOCKED:
                raise
            said = tr("Forwarded to {name}: {messages} of {count}. {why}")
            why = str(explain(error))
            self._app.tell(said.format(name=name, messages=gone, count=len(texts), why=why), "error")
        else:
            self._app.tell(_forwarded_words(gone, name, left_out))
        await self._chat.catch_up()
        await self._conversations.read()

    def _ask_delete(self, messages: Sequence[Message]) -> None:
        def answered(sure: bool | None) -> None:  # noqa: FBT001 - as the screen answers
            self._log.focus()
            if sure:
                self._log.let_go()
                self._attempts.begin(self._delete(messages))

        # While messages are selected, y copies: a person who meant that must not delete.
        question = ConfirmScreen(
            tr_n(
                "Delete {count} message from this device?", "Delete {count} messages from this device?", len(messages)
            ),
            yes=tr("Delete"),
            no=tr("Keep"),
            yes_key="x",
        )
        self._dialogs.show(question, answered)

    async def _delete(self, messages: Sequence[Message]) -> None:
        deleted = await self._chat.delete([message.id for message in messages])
        if self._log.has_focus and self._log.selected is None:
            self._log.begin_selecting()
        await self._conversations.read()
        self._app.tell(deleted_words(deleted))
