"""Messages: sent, listed, deleted (``core.api.talking``)."""

from __future__ import annotations

from typing import Final

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.people.contact import removal
from core.people.conversation import changes, deletion
from core.people.conversation.rows import insert_own, reference_to
from core.people.format.content import Text
from core.people.work import Work
from core.sentence import N_
from core.session.checks import check_page, check_text, checked_time
from core.session.commands.describing import describe
from core.session.commands.lookup import conversation_looked_at, conversation_of, message_of
from core.session.commands.registry import transaction
from core.session.open_account import OpenAccount
from core.storage import conversations, messages, pages, search_index
from core.storage.conversations import ConversationRow

# Characters of a uid that a program chooses.
MAX_UID_SIZE: Final = 256
# Rows that one ``message.delete`` names.
MAX_DELETED: Final = 10_000
# Deleted rows that are told of one by one.
MAX_TOLD: Final = 20


@transaction(api.MessageSend)
def _send(work: Work, command: api.MessageSend) -> api.MessageRef:
    if not command.text:
        raise ApiError(Kind.BAD_REQUEST, "An empty text is not sent.")
    check_text(command.text, api.MAX_TEXT_SIZE)
    row = conversation_looked_at(work, command.conversation)
    removal.refuse_blocked(row)
    answered = None if command.reply_to is None else reference_to(message_of(work, command.reply_to, row))
    uid = _uid_of(command, row.public_id)
    message, seq = insert_own(work, row, Text(uid, command.text, answered))
    if seq is not None:
        changes.adopt(work, row.id, work.me.identity, uid)
    return api.MessageRef(id=message)


def _uid_of(command: api.MessageSend, conversation: str) -> bytes:
    """Return the 16 bytes by which a message is known again: chance, unless the program chose. Raises ``ApiError``."""
    if command.uid is None:
        return primitives.random_bytes(16)
    if not 1 <= len(command.uid) <= MAX_UID_SIZE:
        raise ApiError(Kind.BAD_REQUEST, f"A uid has 1 to {MAX_UID_SIZE} characters.")
    check_text(command.uid, 4 * MAX_UID_SIZE)
    return primitives.sha256(b"sottovoce/v1/uid" + conversation.encode() + command.uid.encode())[:16]


@transaction(api.MessageList)
def _list(work: Work, command: api.MessageList) -> list[api.Message]:
    check_page(command.limit)
    row = conversation_looked_at(work, command.conversation)
    before = None if command.before is None else message_of(work, command.before, row).seq
    after = None if command.after is None else message_of(work, command.after, row).seq
    middle = _middle(work, command, row)
    if middle is not None:
        return describe(work, pages.around(work.tx, row.id, command.limit, middle))
    page = pages.pinned if command.pinned else messages.page
    return describe(work, page(work.tx, row.id, command.limit, before, after))


def _middle(work: Work, command: api.MessageList, row: ConversationRow) -> int | None:
    """Return the row that is wanted in the middle, if any. Raises ``ApiError``."""
    if command.around is None and command.at is None:
        return None
    given = (command.around, command.at, command.before, command.after, command.pinned or None)
    if sum(each is not None for each in given) > 1:
        raise ApiError(Kind.BAD_REQUEST, "around and at stand alone: they take no before, after or pinned.")
    if command.around is not None:
        return message_of(work, command.around, row).seq
    at = checked_time(command.at)
    assert at is not None
    return pages.first_since(work.tx, row.id, at)


@transaction(api.MessageForward)
def _forward(work: Work, command: api.MessageForward) -> api.MessageRef:
    said = message_of(work, command.id)
    row = conversation_of(work, command.conversation)
    removal.refuse_blocked(row)
    if said.kind != changes.TEXT:
        raise ApiError(Kind.NOT_ALLOWED, N_("Only texts can be forwarded."))
    message, _ = insert_own(work, row, Text(primitives.random_bytes(16), said.text, forwarded=True))
    return api.MessageRef(id=message)


async def _forget(account: OpenAccount, deleted: api.Deleted) -> api.Deleted:
    await account.service.forget_deleted()
    return deleted


@transaction(api.MessageDelete, then=_forget)
def _delete(work: Work, command: api.MessageDelete) -> api.Deleted:
    if command.conversation is not None or command.all:
        return _delete_all(work, command)
    if len(command.ids) > MAX_DELETED:
        raise ApiError(Kind.TOO_LONG, f"At most {MAX_DELETED} at a time.", limit=MAX_DELETED)
    rows = [message_of(work, message) for message in dict.fromkeys(command.ids)]
    with search_index.wholesale(work.tx, len(rows)):
        deleted = deletion.delete(work, rows)
    for row in rows if len(rows) <= MAX_TOLD else ():
        _tell_deleted(work, row.conversation, row.id)
    for conversation in {row.conversation for row in rows} if len(rows) > MAX_TOLD else ():
        _tell_deleted(work, conversation, "")
    return deleted


def _delete_all(work: Work, command: api.MessageDelete) -> api.Deleted:
    if command.conversation is None or not command.all or command.ids:
        raise ApiError(Kind.BAD_REQUEST, "Give ids, or a conversation with all: true.")
    row = conversation_of(work, command.conversation)
    deleted = removal.delete_rows(work, row)
    _tell_deleted(work, row.id, "")
    return deleted


def _tell_deleted(work: Work, conversation: int, message: str) -> None:
    public_id = conversations.by_id(work.tx, conversation).public_id
    work.emit(api.MessageChanged(conversation=public_id, id=message, what="deleted"))
