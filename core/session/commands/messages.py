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
from core.session.checks import check_page, check_text
from core.session.commands.describing import describe
from core.session.commands.lookup import conversation_looked_at, message_of
from core.session.commands.registry import transaction
from core.session.open_account import OpenAccount
from core.storage import messages, search_index

# Characters of a uid that a program chooses.
MAX_UID_SIZE: Final = 256
# Rows that one ``message.delete`` names.
MAX_DELETED: Final = 10_000


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
    return describe(work, messages.page(work.tx, row.id, command.limit, before, after))


async def _forget(account: OpenAccount, deleted: api.Deleted) -> api.Deleted:
    await account.service.forget_deleted()
    return deleted


@transaction(api.MessageDelete, then=_forget)
def _delete(work: Work, command: api.MessageDelete) -> api.Deleted:
    if len(command.ids) > MAX_DELETED:
        raise ApiError(Kind.TOO_LONG, f"At most {MAX_DELETED} at a time.", limit=MAX_DELETED)
    rows = [message_of(work, message) for message in dict.fromkeys(command.ids)]
    with search_index.wholesale(work.tx, len(rows)):
        return deletion.delete(work, rows)
