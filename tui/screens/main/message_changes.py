"""Puts an emoji to a message, pins it and lists what is pinned, forwards it, goes to the one that it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from core.api import Command, Conversation, Done, Message, MessageForward, MessageList, MessagePin, MessageReact
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation
from tui.keys.handlers import Handlers
from tui.language import tr, tr_in
from tui.screens.emoji import EmojiScreen
from tui.screens.main.attempts import Attempts
from tui.screens.main.conversations import Conversations
from tui.screens.main.dialogs import Dialogs
from tui.screens.switcher import ForwardScreen
from tui.text.sanitize import clean_name
from tui.widgets.chat_log import ChatLog

# What the core pins at most in one conversation.
MOST_PINNED: Final = 100


class MessageChanges:
    """Does it; what changed is shown when the core tells."""

    def __init__(
        self,
        app: AppPort,
        log: ChatLog,
        chat: Chat,
        navigation: Navigation,
        conversations: Conversations,
        dialogs: Dialogs,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._log = log
        self._chat = chat
        self._navigation = navigation
        self._conversations = conversations
        self._dialogs = dialogs
        self._attempts = attempts

    def acts(self) -> Mapping[str, Callable[[Message], None]]:
        """Return what is done here, by the names of ``tui.widgets.chat_log.widget.WANTED``."""
        return {
            "react": self._ask_emoji,
            "pin": self._pin,
            "forward": self._ask_whom,
            "quoted": self._go_to_quoted,
        }

    def handlers(self) -> Handlers:
        """Return what is carried out here without a message."""
        return Handlers({"go.pins": self.show_pins})

    def _ask_emoji(self, message: Message) -> None:
        """Put an emoji to a message, or take back the one that is there."""
        put = next((each.emoji for each in message.reactions if "me" in each.senders), "")

        def chosen(emoji: str | None) -> None:
            self._log.focus()
            self._log.select(message.id)
            if emoji is not None:
                self._attempts.begin(self._give(MessageReact(id=message.id, emoji=emoji, remove=emoji == put)))

        emoji_screen = EmojiScreen(put)
        emoji_screen.lit = partial(self._log.region_of, message.id)
        self._dialogs.show(emoji_screen, chosen)

    def _pin(self, message: Message) -> None:
        """Pin a message, or let go of it."""
        self._attempts.begin(self._set_pin(message))

    async def _set_pin(self, message: Message) -> None:
        await self._give(MessagePin(id=message.id, pinned=not message.pinned))
        gone, put = tr_in("a message", "Pinned no longer."), tr("Pinned: /pins lists them.")
        self._app.tell(gone if message.pinned else put)

    def show_pins(self) -> None:
        """List what is pinned in the open conversation."""
        if (here := self._navigation.here) is not None:
            self._attempts.begin(self._list_pins(here))

    async def _list_pins(self, here: Conversation) -> None:
        from tui.screens.pins import PinsScreen

        pinned = await self._app.client.call(MessageList(conversation=here.id, limit=MOST_PINNED, pinned=True))
        if not pinned:
            self._app.tell(tr("Nothing is pinned here: p on a selected message pins it."))
            return

        def chosen(message: Message | None) -> None:
            if message is not None:
                self._attempts.begin(self._conversations.open(here.id, message), group="opening")

        self._dialogs.show(PinsScreen(pinned, self._chat.names(here)), chosen)

    async def _give(self, command: Command[Done]) -> None:
        await self._app.client.call(command)

    def _go_to_quoted(self, message: Message) -> None:
        """Show the message that this one answers."""
        here = self._navigation.here
        if message.reply_to is None or here is None:
            self._app.tell(tr("It answers no message that is here."), "warning")
            return
        self._attempts.begin(self._open_at(here, message.reply_to), group="opening")

    async def _open_at(self, here: Conversation, message_id: str) -> None:
        if (held := self._chat.message(message_id)) is not None:
            self._log.select(held.id)
            return
        for row in await self._app.client.call(MessageList(conversation=here.id, around=message_id, limit=1)):
            await self._conversations.open(here.id, row)

    def _ask_whom(self, message: Message) -> None:
        """Send a message to another conversation."""

        def chosen(conversation: str | None) -> None:
            self._log.focus()
            if conversation is not None:
                self._attempts.begin(self._forward(message, conversation))

        self._dialogs.show(ForwardScreen(self._navigation.conversations), chosen)

    async def _forward(self, message: Message, conversation: str) -> None:
        await self._app.client.call(MessageForward(id=message.id, conversation=conversation))
        listed = self._navigation.find(conversation)
        if listed is None:
            self._app.tell(tr("Forwarded."))
        else:
            self._app.tell(tr("Forwarded to {name}.").format(name=clean_name(listed.name)))
        await self._chat.catch_up()
        await self._conversations.read()
