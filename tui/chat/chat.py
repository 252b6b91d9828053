"""The open conversation: which of its rows are read from the core when, and what the core is told of it.

The message list is the truth and events are hints, so an event only makes this ask for what follows the last row held.
Requests for one conversation are answered after another may have been opened; each checks that before it shows anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

import msgspec

from core import api
from tui.language import tr
from tui.text.sanitize import clean_name
from tui.widgets.chat_log import ChatLog

# Rows read at once: a few screens, read from the file in about a millisecond.
PAGE = 200
# Rows between two that changed, up to which both are read at once.
NEAR = 20
# Rows shown above the unread rule or a search hit, for context.
CONTEXT_LINES = 3


class Chat:
    """Reads one conversation into a message list."""

    def __init__(self, client: api.Client, log: ChatLog) -> None:
        self._client = client
        self._log = log
        self._read_upto: str | None = None
        self._catching_up = asyncio.Lock()
        self.conversation: api.Conversation | None = None
        """The conversation whose rows are shown."""
        self._opening: str | None = None
        self._news_while_opening = False

    def _is_open(self, conversation: api.Conversation) -> bool:
        return self.conversation is not None and self.conversation.id == conversation.id

    @property
    def is_opening(self) -> bool:
        """Whether rows of another conversation than the one shown are awaited."""
        return self._opening is not None

    def expect(self, conversation_id: str) -> None:
        """Await a conversation's rows; until they are here, nothing may be added to those of the one before."""
        self._opening = conversation_id
        self.conversation = None
        self._read_upto = None

    async def open(self, conversation: api.Conversation, at: api.Message | None = None, *, sought: str = "") -> None:
        """Show a conversation: at its unread rule, its end, or around ``at`` with ``sought`` marked. Raises ``ApiError``."""
        self.expect(conversation.id)
        center = at.id if at is not None else conversation.first_unread if conversation.unread else None
        rows, at_start, at_end = await self._around(conversation.id, center)
        if self._opening != conversation.id:
            return
        self._opening, self.conversation = None, conversation
        unread = (conversation.first_unread, conversation.unread) if conversation.first_unread else None
        self._log.show_rows(
            rows, self.names(conversation), at_start=at_start, at_end=at_end,
            unread=unread if conversation.unread else None,
        )  # fmt: skip
        if center is not None:
            self._log.go_to_row(center, lines_above=CONTEXT_LINES)
        if at is not None:
            self._log.select(at.id, sought=sought)
        if self._news_while_opening:
            self._news_while_opening = False
            await self.catch_up()

    async def _around(self, conversation: str, center: str | None) -> tuple[list[api.Message], bool, bool]:
        """Return rows around ``center`` or the newest ones, and whether they reach the start and the end."""
        if center is None:
            rows = await self._page(conversation)
            return rows, len(rows) < PAGE, True
        before = await self._page(conversation, before=center)
        # The row itself is the first after its predecessor; without one the conversation begins with it.
        predecessor = before[-1].id if before else None
        if predecessor is not None:
            after = await self._page(conversation, after=predecessor)
        else:
            after = await self._page(conversation)
        return [*before, *after], len(before) < PAGE, len(after) < PAGE

    async def _page(
        self, conversation: str, *, before: str | None = None, after: str | None = None
    ) -> list[api.Message]:
        command = api.MessageList(conversation=conversation, limit=PAGE, before=before, after=after)
        return await self._client.call(command)

    def names(self, conversation: api.Conversation) -> dict[str, str]:
        """Return what each sender is called."""
        return {"me": tr("you"), conversation.identity: clean_name(conversation.name)}

    def renew(self, conversation: api.Conversation) -> None:
        """Take what the list says now of the open conversation: its name may have changed."""
        if self._is_open(conversation):
            self.conversation = conversation
            self._log.set_names(self.names(conversation))
            self._log.set_news(conversation.first_unread, conversation.unread)

    async def load_older(self) -> None:
        """Read the page before the first row held."""
        conversation, rows = self.conversation, self._log.model.rows
        if conversation is None or not rows:
            return
        try:
            older = await self._page(conversation.id, before=rows[0].id)
            if self._is_open(conversation):
                self._log.prepend_rows(older, at_start=len(older) < PAGE)
        finally:
            self._log.rows_answered()

    async def catch_up(self) -> None:
        """Read what follows the last row held, until there is no more or the view is elsewhere."""
        async with self._catching_up:
            conversation = self.conversation
            if conversation is None:
                self._news_while_opening = self._opening is not None
                return
            rows = self._log.model.rows
            last = rows[-1].id if rows else None
            try:
                newer = await self._page(conversation.id, after=last)
                if self._is_open(conversation):
                    self._log.model.at_end = len(newer) < PAGE
                    self._log.append_rows(newer)
            finally:
                self._log.rows_answered()

    async def reload(self) -> None:
        """Read the window again: a late row came into its middle, or events were lost."""
        conversation = self.conversation
        if conversation is None:
            return
        rows = await self._page(conversation.id)
        if self._is_open(conversation):
            log = self._log
            if log.is_at_end:
                log.show_rows(rows, self.names(conversation), at_start=len(rows) < PAGE)
            else:
                log.append_rows(rows)

    async def place_late(self, event: api.MessageReceived) -> None:
        """Put a row that came late into its place, which only the list knows."""
        conversation = self.conversation
        if conversation is None or conversation.id != event.conversation:
            return
        command = api.MessageList(conversation=conversation.id, limit=1, before=event.id)
        before = await self._client.call(command)
        if not before:
            await self.reload()
            return
        rows = await self._client.call(msgspec.structs.replace(command, before=None, after=before[-1].id))
        if self._is_open(conversation) and rows:
            self._log.insert_row(rows[0], before[-1].id)

    async def go_to_start(self) -> None:
        """Show the first row, reading page after page where the window begins after it."""
        conversation = self.conversation
        while conversation is not None and self._is_open(conversation) and not self._log.model.at_start:
            await self.load_older()
            self._log.go_to_row(self._log.model.rows[0].id)
        if self._log.model.rows:
            self._log.go_to_row(self._log.model.rows[0].id)

    async def go_to_moment(self, at: int) -> bool:
        """Show and select what was first said ``at`` a time or later; returns whether there is any. Raises ``ApiError``."""
        conversation = self.conversation
        if conversation is None:
            return False
        rows = await self._client.call(api.MessageList(conversation=conversation.id, limit=PAGE, at=at))
        first = next((row for row in rows if row.sent_at >= at), None)
        if first is not None and self._is_open(conversation):
            await self.open(conversation, first)
        return first is not None

    async def go_to_end(self) -> None:
        """Show the newest row, reading it first where the window ends before it."""
        if self.conversation is not None and not self._log.model.at_end:
            await self.reopen()
        else:
            self._log.go_to_end()

    async def send(self, conversation_id: str, text: str, *, reply_to: str | None = None) -> None:
        """Commit a text for a conversation, open or not any more; raises ``ApiError``."""
        await self._client.call(api.MessageSend(conversation=conversation_id, text=text, reply_to=reply_to))
        if self.conversation is not None and self.conversation.id == conversation_id:
            self._log.clear_unread_rule()
            await self.go_to_end()
            await self.catch_up()

    async def edit(self, message_id: str, text: str) -> None:
        """Say a text of one's own otherwise; raises ``ApiError``."""
        await self._client.call(api.MessageEdit(id=message_id, text=text))

    async def rows_changed(self, message_ids: Collection[str]) -> None:
        """Read rows anew that others changed, those that are held, with few questions; raises ``ApiError``."""
        conversation, rows = self.conversation, self._log.model.rows
        if conversation is None:
            return
        held = {index for each in message_ids if (index := self._log.model.index_of(each)) is not None}
        questions = [_rows_of(conversation.id, rows, first, last) for first, last in runs(held)]
        for question in questions:
            answer = {row.id: row for row in await self._client.call(question)}
            if not self._is_open(conversation):
                return
            self._log.change_rows({each: partial(_instead, row) for each, row in answer.items() if each in message_ids})

    async def rows_gone(self, event: api.MessageChanged) -> None:
        """Take a row away that was deleted, or read all anew where it is not said which; raises ``ApiError``."""
        if self.conversation is None or self.conversation.id != event.conversation:
            return
        if event.id:
            self._log.remove_rows([event.id])
        else:
            await self.reopen()

    async def mark_read(self) -> bool:
        """Tell the core that the newest row was seen; returns whether that was news."""
        rows = self._log.model.rows
        if self.conversation is None or not rows or not self._log.is_at_end or rows[-1].id == self._read_upto:
            return False
        self._read_upto = rows[-1].id
        if not self.conversation.unread and rows[-1].sender == "me":
            return False
        await self._client.call(api.ConversationRead(conversation=self.conversation.id, upto=rows[-1].id))
        return True

    async def delete(self, message_ids: Sequence[str]) -> api.Deleted:
        """Delete rows from this device; returns what became of those that were not delivered. Raises ``ApiError``."""
        deleted = await self._client.call(api.MessageDelete(ids=list(message_ids)))
        self._log.remove_rows(message_ids)
        return deleted

    async def reopen(self) -> None:
        """Read the newest rows anew; raises ``ApiError``."""
        if self.conversation is not None:
            await self.open(msgspec.structs.replace(self.conversation, unread=0, first_unread=None))

    def states_changed(self, changes: Collection[api.MessageStateChanged]) -> None:
        """Messages of ours moved on."""
        self._log.change_rows({each.id: partial(_moved, each) for each in changes})

    def device_changed(self, event: api.DeviceChanged) -> None:
        """A device was confirmed, or refused: what it wrote is shown as that."""
        if self.conversation is None or self.conversation.identity != event.identity:
            return
        known = event.state in {"vouched", "confirmed"}
        for row in list(self._log.model.rows):
            if row.device and row.known != known and event.device.startswith(row.device):
                self._log.change_row(row.id, lambda old: msgspec.structs.replace(old, known=known))

    def message(self, message_id: str | None) -> api.Message | None:
        """Return a row that is held."""
        index = None if message_id is None else self._log.model.index_of(message_id)
        return None if index is None else self._log.model.rows[index]

    def close(self) -> None:
        """Show nothing."""
        self.conversation = self._opening = None
        self._log.clear_caches()


def _moved(event: api.MessageStateChanged, row: api.Message) -> api.Message:
    return msgspec.structs.replace(row, state=event.state, copies=event.copies, until=event.until)


def _instead(row: api.Message, _: api.Message) -> api.Message:
    return row


def _rows_of(conversation: str, rows: Sequence[api.Message], first: int, last: int) -> api.MessageList:
    """Return what asks for the rows of a run, ``last`` among them."""
    command = api.MessageList(conversation=conversation, limit=last - first + 1)
    if first:
        return msgspec.structs.replace(command, after=rows[first - 1].id)
    return msgspec.structs.replace(command, before=rows[last + 1].id) if last + 1 < len(rows) else command


def runs(indexes: Collection[int]) -> list[tuple[int, int]]:
    """Return the first and the last of each run of rows to be read at once: near to each other, and a page at most."""
    found: list[tuple[int, int]] = []
    for index in sorted(indexes):
        if found and index - found[-1][1] <= NEAR and index - found[-1][0] < PAGE:
            found[-1] = found[-1][0], index
        else:
            found.append((index, index))
    return found
