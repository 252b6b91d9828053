"""The search for texts. While the index is being built it takes several transactions, with other commands in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import BadIdentity, public_key_of
from core.people.work import Work
from core.session.checks import check_page, check_text, checked_time
from core.session.commands.describing import describe
from core.session.commands.lookup import conversation_of, message_of
from core.session.commands.registry import steps
from core.session.session import Session
from core.storage import conversations, messages
from core.storage.search_index import Only

# Longest query, in UTF-8 bytes.
MAX_QUERY_SIZE: Final = 200


@dataclass(slots=True)
class Searching:
    """A search under way."""

    command: api.MessageSearch
    found: list[api.Found] = field(default_factory=list[api.Found])
    before: int | None = None
    is_over: bool = False

    def go_on(self, work: Work) -> None:
        """Look through some more."""
        command = self.command
        check_page(command.limit)
        check_text(command.query, MAX_QUERY_SIZE)
        row = None if command.conversation is None else conversation_of(work, command.conversation)
        if self.before is None and command.before is not None:
            self.before = message_of(work, command.before).seq
        limit = command.limit - len(self.found)
        hits, self.before = messages.search_some(
            work.tx, command.query, None if row is None else row.id, limit, self.before, _only(work, command)
        )
        self.found += [
            api.Found(conversation=conversations.by_id(work.tx, hit.conversation).public_id, message=message)
            for hit, message in zip(hits, describe(work, hits), strict=True)
        ]
        self.is_over = self.before is None


def _only(work: Work, command: api.MessageSearch) -> Only:
    """Return which rows a search is about. Raises ``ApiError``."""
    author = None
    if command.sender is not None:
        try:
            author = work.me.identity if command.sender == "me" else public_key_of(command.sender)
        except BadIdentity as error:
            raise ApiError(Kind.BAD_REQUEST, 'from is "me" or an identity.') from error
    return Only(checked_time(command.since), checked_time(command.until), author, has_link=command.has == "link")


@steps(api.MessageSearch)
async def _search(session: Session, command: api.MessageSearch) -> list[api.Found]:
    service = session.account().service
    searching = Searching(command)
    while not searching.is_over:
        await service.act(searching.go_on)
    return searching.found
