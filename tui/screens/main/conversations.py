"""Reads the list of conversations; opens one and leaves it."""

from __future__ import annotations

from core import api
from core.api import ApiError, Conversation, Kind, Message
from tui.app_port import AppPort
from tui.chat.chat import Chat
from tui.chat.navigation import Navigation, in_order
from tui.language import tr
from tui.screens.main.attempts import Attempts
from tui.screens.main.draft_keeper import DraftKeeper
from tui.screens.main.heads import Heads
from tui.screens.main.panes import Panes


class Conversations:
    """Reads them from the core, and turns panes, composer and message list to the one that is open."""

    def __init__(
        self,
        app: AppPort,
        panes: Panes,
        navigation: Navigation,
        chat: Chat,
        heads: Heads,
        drafts: DraftKeeper,
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._panes = panes
        self._navigation = navigation
        self._chat = chat
        self._heads = heads
        self._drafts = drafts
        self._attempts = attempts

    # --- what is read -------------------------------------------------------------------------------------------------

    async def read_greetings(self) -> None:
        """Count the strangers who wait; raises ``ApiError``."""
        self._heads.greetings = len(await self._app.client.call(api.GreetingList()))
        self._heads.show()

    async def read(self) -> None:
        """Read the list of conversations; raises ``ApiError``."""
        self._navigation.conversations = in_order(await self._app.client.call(api.ConversationList()))
        self._app.notices.show_unread(self._navigation.unread)
        if (here := self._navigation.here) is not None:
            self._chat.renew(here)
        elif self._navigation.current is not None:
            await self._miss()
        self._heads.show()

    async def _miss(self) -> None:
        """Leave the open conversation if a list that was read after it had been opened does not have it either."""
        self._navigation.conversations = in_order(await self._app.client.call(api.ConversationList()))
        if self._navigation.current is not None and self._navigation.here is None:
            self.forget()
            self._app.jumped(tr("Nothing done: that conversation is gone. Look, then press again."))
            self._app.tell(tr("That conversation is gone."), "warning")

    async def mark_read(self) -> None:
        """Tell the core what was seen; raises ``ApiError``."""
        if await self._chat.mark_read():
            await self.read()

    async def refresh(self) -> None:
        """Read what is new in the open conversation, then the list; raises ``ApiError``."""
        if self._navigation.current is not None and self._panes.log.model.at_end:
            try:
                await self._chat.catch_up()
            except ApiError as error:
                if error.kind is not Kind.UNKNOWN_CONVERSATION:  # the list tells, and then it is left
                    raise
        await self.read()

    # --- which is open ------------------------------------------------------------------------------------------------

    async def open(self, conversation_id: str, at: Message | None = None, sought: str = "") -> None:
        """Open a conversation, at a message if given, the words ``sought`` marked in it; raises ``ApiError``."""
        conversation = self._navigation.find(conversation_id)
        if conversation is None:
            await self.read()
            conversation = self._navigation.find(conversation_id)
        if conversation is None:
            raise ApiError(Kind.UNKNOWN_CONVERSATION, "no such conversation")
        self._enter(conversation)
        await self._drafts.save()
        try:
            await self._chat.open(conversation, at, sought=sought)
        except ApiError:
            self._chat.close()
            raise
        finally:
            self._heads.show()
        if at is not None:
            self._panes.log.focus()
        self._heads.hint()

    def go_to(self, conversation_id: str | None) -> None:
        """Open a conversation if there is one. What is typed from this moment on is for it."""
        if (conversation := self._navigation.find(conversation_id)) is not None:
            self._enter(conversation)
            self._panes.writing.composer.focus()  # the one that is open already may be chosen in the list
        if conversation_id is not None:
            self._attempts.begin(self.open(conversation_id), group="opening")

    def _enter(self, conversation: Conversation) -> None:
        """Turn the composer and the list to a conversation, at once; its header comes with its rows."""
        composer = self._panes.writing.composer
        if composer.address == conversation.id:
            return
        self._navigation.went_to(conversation.id)
        self._chat.expect(conversation.id)
        self._app.last_conversation = conversation.id
        self._panes.layout.set_class(True, "in-chat")  # noqa: FBT003 - as Textual has it
        self._drafts.turn_to(conversation)
        composer.focus()
        self._heads.show()

    def leave(self) -> None:
        """Back to the list, where one pane is all there is room for."""
        self._drafts.turn_to(None)
        self._attempts.begin(self._drafts.save())
        self._panes.layout.set_class(False, "in-chat")  # noqa: FBT003 - as Textual has it
        self._navigation.went_to(None)
        self._chat.close()
        self._panes.list.focus()
        self._heads.show()
        self._heads.hint()

    def forget(self) -> None:
        """Leave a conversation that is gone, with what was being written in it."""
        self._drafts.forget(self._navigation.current)
        self._app.last_conversation = None
        self.leave()
