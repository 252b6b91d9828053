"""Sends a text to the core; a text that the core refuses is put back where it was written.

A text that is too long for one message goes in parts, once asked: a paste of thousands of lines may not have been meant.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.api import MAX_DRAFT_SIZE, MAX_TEXT_SIZE, ApiError
from tui.chat.chat import Chat
from tui.chat.purposes import Answer, Edit, Purpose
from tui.keys.registry import message_text
from tui.language import tr, tr_n
from tui.screens.confirm import ConfirmScreen
from tui.screens.main.attempts import Attempts, Work
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.main.draft_keeper import DraftKeeper
from tui.screens.paste import PasteChoice, PasteScreen
from tui.text.parts import parts_of, size_of
from tui.widgets.composer import Composer

# Messages that one text may become; more is a file, and could not be kept as a draft.
MAX_PARTS = MAX_DRAFT_SIZE // MAX_TEXT_SIZE


class Sending:
    """Sends; ``offers_unblocking`` holds back what is written to a blocked contact."""

    def __init__(
        self,
        chat: Chat,
        drafts: DraftKeeper,
        conversations: Conversations,
        attempts: Attempts,
        offers_unblocking: Callable[[str | None], bool],
        dialogs: Dialogs,
        tell: Callable[[str], None],
    ) -> None:
        self._chat = chat
        self._drafts = drafts
        self._conversations = conversations
        self._attempts = attempts
        self._offers_unblocking = offers_unblocking
        self._dialogs = dialogs
        self._tell = tell

    def send(self, address: str | None, text: str) -> None:
        """Send a text to a conversation, and empty the composer."""
        if self._offers_unblocking(address):
            return  # the text stays where it is
        if size_of(message_text(text)) > MAX_TEXT_SIZE:
            self._ask_for_parts(address, message_text(text))
            return
        purpose = self._drafts.let_go(address)
        if address is not None:
            self._attempts.begin(self._commit(address, text, purpose), group="sending")

    def ask_about_paste(self, composer: Composer, event: Composer.PastedMuch) -> None:
        """Ask whether a long paste is sent, kept as text, or dropped; it is in no composer yet."""
        address, text = event.address, event.whole
        if address is None or self._is_too_much(text):
            return
        parts = parts_of(message_text(text), MAX_TEXT_SIZE)
        is_version = self._drafts.is_editing(address)

        def chosen(choice: PasteChoice | None) -> None:
            if composer.address != address:  # the account was locked, or the contact removed
                return
            if choice == "keep":
                composer.post_message(composer.Take(event.text))
            elif choice == "send" and not self._offers_unblocking(address):
                purpose = self._drafts.let_go(address)
                reply_to = purpose.to if isinstance(purpose, Answer) else None
                self._attempts.begin(self._commit_parts(address, text, parts, reply_to), group="sending")

        self._dialogs.show(PasteScreen(_measure(text), 0 if is_version else len(parts)), chosen)

    def _is_too_much(self, text: str) -> bool:
        """Tell whether a text is more than goes at once, and say so."""
        size = size_of(text)
        count = len(parts_of(text, MAX_TEXT_SIZE)) if size <= MAX_DRAFT_SIZE else -(-size // MAX_TEXT_SIZE)
        if count <= MAX_PARTS:
            return False
        said = tr("That has {size}: {count} messages, and at most {most} go at once.")
        self._tell(said.format(size=_measure(text), count=count, most=MAX_PARTS))
        return True

    def _ask_for_parts(self, address: str | None, text: str) -> None:
        if address is None:
            return
        if self._drafts.is_editing(address):
            self._tell(tr("A message has one part: this version is too long for it."))
            return
        if self._is_too_much(text):
            return
        parts, size = parts_of(text, MAX_TEXT_SIZE), _measure(text)
        question = ConfirmScreen(
            tr_n("Send it as {count} message?", "Send it as {count} messages?", len(parts)),
            tr("It has {size}, more than one message holds. It is cut between lines where that is possible.").format(
                size=size
            ),
            yes=tr("Send in parts"),
            no=tr("Go on writing"),
        )

        def send() -> Work:
            purpose = self._drafts.let_go(address)
            return self._commit_parts(address, text, parts, purpose.to if isinstance(purpose, Answer) else None)

        self._dialogs.ask(question, send)

    async def _commit_parts(self, address: str, text: str, parts: Sequence[str], reply_to: str | None) -> None:
        sent = 0
        try:
            for part in parts:
                await self._chat.send(address, part, reply_to=reply_to if not sent else None)
                sent += 1
        except ApiError:
            self._drafts.give_back(address, "\n".join(parts[sent:]) if sent else text)
            raise
        self._drafts.keep(address, "")
        await self._conversations.read()

    async def _commit(self, address: str, text: str, purpose: Purpose | None) -> None:
        try:
            if isinstance(purpose, Edit):
                await self._chat.edit(purpose.of, message_text(text))
            else:
                await self._chat.send(address, message_text(text), reply_to=purpose.to if purpose is not None else None)
        except ApiError:
            self._drafts.give_back(address, text)
            raise
        if not isinstance(purpose, Edit):
            self._drafts.keep(address, "")
        await self._conversations.read()


def _measure(text: str) -> str:
    lines = tr_n("{count} line", "{count} lines", len(text.splitlines()))
    characters = tr_n("{count} character", "{count} characters", len(text))
    return tr("{lines} and {characters}").format(lines=lines, characters=characters)
