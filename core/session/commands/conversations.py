"""Conversations as a whole: their list, read marks, drafts, deletion (``core.api.talking``)."""

from __future__ import annotations

from typing import Any, Final, cast

import msgspec

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.people.contact import removal
from core.people.contact.names import LookAlikes, unknown_devices, warning_of
from core.people.conversation import sign_sender, signs, views
from core.people.conversation.rows import words_of
from core.people.format.content import Tells
from core.people.record import account_state
from core.people.work import Work
from core.session.checks import check_text
from core.session.commands.describing import sender_of
from core.session.commands.lookup import (
    conversation_looked_at,
    conversation_of,
    message_of,
    muted_until,
    rekeys_overdue,
)
from core.session.commands.registry import transaction
from core.storage import conversations
from core.storage.conversations import ConversationRow

# Kinds of rows whose text is what a person wrote.
_OF_WORDS: Final = frozenset({"text", "imported"})


@transaction(api.ConversationList)
def _list(work: Work, _: api.ConversationList) -> list[api.Conversation]:
    rows = conversations.every_direct(work.tx)
    known = _Known(work, rows)
    found = [_describe(work, row, known) for row in rows]
    return sorted(found, key=lambda conversation: (-conversation.last_at, conversation.id))


class _Known:
    """What the list tells beside the conversations themselves, read at once for all of them."""

    def __init__(self, work: Work, rows: list[ConversationRow]) -> None:
        self.alike, self.unknown = LookAlikes(rows), unknown_devices(work, rows)
        self.overviews, self.overdue = conversations.overviews(work.tx), rekeys_overdue(work)


def _describe(work: Work, row: ConversationRow, known: _Known) -> api.Conversation:
    last = known.overviews[row.id]
    warning, text = warning_of(known.alike, row, known.unknown[row.id])
    identity = identity_of(row.identity)
    # Most contacts were never seen: for those nothing more is read.
    sees = bool(row.here_at) and bool(signs.exchanged(work, row) & Tells.PRESENCE)
    kind, words = ("text", "") if last.last_kind is None else words_of(last.last_kind, last.last_text)
    return api.Conversation(
        id=row.public_id,
        identity=identity,
        name=row.name,
        state=cast("Any", row.state),  # the schema's CHECK lists the same three
        unread=last.unread,
        last_at=last.last_at,
        last_kind=kind,
        last_text=words if kind in _OF_WORDS else "",
        last_sender=identity if last.last_author == row.identity else sender_of(work, last.last_author),
        last_state=last.last_state,
        first_unread=last.first_unread,
        draft=row.draft,
        keep_asked=bool(row.keep_asked),
        keep_wanted=bool(row.keep_wanted),
        keeping=bool(row.keeping),
        own_name=row.own_name,
        blocked=bool(row.blocked),
        warning=warning,
        warning_text=str(text),
        warning_said=text if text.values else None,
        rekey_overdue=row.id in known.overdue,
        muted_until=muted_until(work, row),
        pinned=bool(row.pinned),
        archived=bool(row.archived),
        marked_unread=bool(row.marked_unread),
        notify=row.notify,
        verified=bool(row.verified),
        online=sees and signs.is_here(work, row.here_at),
        last_seen=row.here_at if sees else None,
    )


@transaction(api.ConversationRead)
def _read(work: Work, command: api.ConversationRead) -> api.Done:
    row = conversation_looked_at(work, command.conversation)
    upto = message_of(work, command.upto, row).seq
    signs.saw(work, row, upto)
    conversations.set_read(work.tx, row.id, upto)
    views.was_read(work, row)
    return api.Done()


@transaction(api.ConversationSet)
def _set(work: Work, command: api.ConversationSet) -> api.Done:
    if command.muted_until is not None and not 0 <= command.muted_until < api.END_OF_TIME_MS:
        raise ApiError(Kind.BAD_REQUEST, "muted_until is a time in milliseconds, or 0.")
    row = conversation_of(work, command.conversation)
    given = {
        "muted_until": command.muted_until,
        "pinned": command.pinned,
        "archived": command.archived,
        "unread": command.unread,
        "notify": command.notify,
    }
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    views.change(work, row, msgspec.structs.replace(views.of(row), **chosen))
    return api.Done()


@transaction(api.ConversationTyping)
def _typing(work: Work, command: api.ConversationTyping) -> api.Done:
    sign_sender.types(work, conversation_looked_at(work, command.conversation))
    return api.Done()


@transaction(api.DraftSet)
def _set_draft(work: Work, command: api.DraftSet) -> api.Done:
    check_text(command.text, api.MAX_DRAFT_SIZE)
    conversations.set_draft(work.tx, conversation_of(work, command.conversation).id, command.text)
    return api.Done()


@transaction(api.ConversationDelete)
def _delete(work: Work, command: api.ConversationDelete) -> api.Deleted:
    deleted = removal.delete_conversation(work, conversation_of(work, command.conversation))
    account_state.capture(work)
    return deleted
