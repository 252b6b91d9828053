"""What each command of ``core.api`` does to an open account: one transaction each, by a table.

Commands that open, lock or change the account itself, and those that wait for the network (``contact.add``,
``invite.create``), are finished in ``core.session.messenger``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.crypto.seed import identity_of
from core.people.contact import greeting_received, invitations, removal
from core.people.contact.names import LookAlikes, warning_of
from core.people.conversation import deletion, keep_request
from core.people.conversation.row_writers import Writers
from core.people.conversation.rows import message_id
from core.people.record import account_state
from core.people.work import Work
from core.session import contact_commands
from core.session.checks import check_name, check_page, check_text
from core.storage import accounts, conversations, meetings, messages, search_index
from core.storage.conversations import ConversationRow
from core.storage.meetings import GreetingRow
from core.storage.messages import (
    BOTH_ALIVE,
    ELSEWHERE,
    GAP,
    KEEP_REQUEST,
    NEW_DEVICE,
    NEWER_VERSION,
    NOT_TOLD,
    RENAMED,
    MessageRow,
    NewMessage,
)

TEXT_KIND = 1
_KINDS: Final[dict[int, api.RowKind]] = {
    TEXT_KIND: "text",
    GAP: "gap",
    NEW_DEVICE: "device",
    BOTH_ALIVE: "both-alive",
    RENAMED: "renamed",
    NEWER_VERSION: "newer-version",
    NOT_TOLD: "not-told",
    ELSEWHERE: "elsewhere",
}
MAX_UID_SIZE = 256  # characters of a uid that a program chooses
MAX_NOTE_SIZE = 200
MAX_QUERY_SIZE = 200
MAX_DELETED = 10_000  # rows one ``message.delete`` names


def conversation_of(work: Work, public_id: str) -> ConversationRow:
    """Return a conversation. Raises ``ApiError``."""
    row = conversations.by_public_id(work.tx, public_id)
    if row is None:
        raise ApiError(Kind.UNKNOWN_CONVERSATION, "There is no such conversation.")
    return row


def message_of(work: Work, message: str, conversation: ConversationRow | None = None) -> MessageRow:
    """Return a row. Raises ``ApiError``."""
    row = messages.by_id(work.tx, message)
    if row is None or (conversation is not None and row.conversation != conversation.id):
        raise ApiError(Kind.UNKNOWN_MESSAGE, "There is no such message.")
    return row


# --- account and settings -------------------------------------------------------------------------------------------


def _rename(work: Work, command: api.AccountRename) -> api.Done:
    check_name(command.name)
    accounts.rename(work.tx, command.name)
    return api.Done()


def _settings(work: Work, _: api.SettingsGet) -> api.Settings:
    row = accounts.load(work.tx)
    assert row is not None
    return msgspec.msgpack.decode(row.settings, type=api.Settings)


def _save_settings(work: Work, command: api.SettingsSet) -> api.Done:
    accounts.save_settings(work.tx, msgspec.msgpack.encode(command.settings))
    return api.Done()


# --- meeting ----------------------------------------------------------------------------------------------------------


def check_invite(command: api.InviteCreate) -> None:
    """Refuse an invitation with impossible terms. Raises ``ApiError``."""
    if not api.MIN_INVITE_LIFE <= command.expires_in <= api.MAX_INVITE_LIFE:
        raise ApiError(Kind.BAD_REQUEST, "An invitation lives between one second and 90 days.")
    if command.max_uses is not None and not 1 <= command.max_uses <= 1_000_000:
        raise ApiError(Kind.BAD_REQUEST, "An invitation has at least one use.")
    check_text(command.note, MAX_NOTE_SIZE)


def _invite_create(work: Work, command: api.InviteCreate) -> api.InviteCreated:
    check_invite(command)
    row = invitations.create(work, command)
    return api.InviteCreated(id=row.id, link=row.link, expires_at=row.expires_at, copies=0)


def _invite_list(work: Work, _: api.InviteList) -> list[api.Invite]:
    return [invitations.describe(work, row) for row in meetings.every(work.tx)]


def _invite_revoke(work: Work, command: api.InviteRevoke) -> api.Done:
    invitations.revoke(work, command.id)
    return api.Done()


def _greeting_list(work: Work, _: api.GreetingList) -> list[api.Greeting]:
    alike = LookAlikes(conversations.every(work.tx))
    return [
        greeting_received.describe(work, row, alike)
        for row in meetings.greetings(work.tx)
        if not _is_from_blocked(work, row)
    ]


def _is_from_blocked(work: Work, row: GreetingRow) -> bool:
    """Tell whether a greeting is of somebody who was blocked since it came: it waits unseen."""
    known = conversations.by_identity(work.tx, row.identity)
    return known is not None and bool(known.blocked)


def _greeting_accept(work: Work, command: api.GreetingAccept) -> api.ConversationRef:
    row = meetings.greeting(work.tx, command.id)
    if row is None or _is_from_blocked(work, row):
        raise ApiError(Kind.UNKNOWN_GREETING, "There is no such greeting.")
    return api.ConversationRef(conversation=greeting_received.accept(work, row).public_id)


def _greeting_reject(work: Work, command: api.GreetingReject) -> api.Done:
    greeting_received.reject(work, command.id)
    return api.Done()


# --- talking ----------------------------------------------------------------------------------------------------------


def _conversation_list(work: Work, _: api.ConversationList) -> list[api.Conversation]:
    rows = conversations.every(work.tx)
    alike = LookAlikes(rows)
    found = [_describe_conversation(work, row, alike) for row in rows]
    return sorted(found, key=lambda conversation: (-conversation.last_at, conversation.id))


def _describe_conversation(work: Work, row: ConversationRow, alike: LookAlikes) -> api.Conversation:
    last = conversations.overview(work.tx, row)
    warning, text = warning_of(work, alike, row)
    return api.Conversation(
        id=row.public_id,
        identity=identity_of(row.identity),
        name=row.name,
        state=cast("Any", row.state),  # the schema's CHECK lists the same three
        unread=last.unread,
        last_at=last.last_at,
        last_text=last.last_text,
        last_sender=_sender(work, last.last_author),
        last_state=last.last_state,
        first_unread=last.first_unread,
        draft=row.draft,
        keep_asked=bool(row.keep_asked),
        keep_wanted=bool(row.keep_wanted),
        keeping=bool(row.keeping),
        own_name=row.own_name,
        blocked=bool(row.blocked),
        warning=warning,
        warning_text=text,
        rekey_overdue=contact_commands.is_rekey_overdue(work, row),
    )


def _sender(work: Work, author: bytes) -> str:
    if not author:
        return ""
    return "me" if author == work.me.identity else identity_of(author)


def _conversation_read(work: Work, command: api.ConversationRead) -> api.Done:
    row = conversation_of(work, command.conversation)
    conversations.set_read(work.tx, row.id, message_of(work, command.upto, row).seq)
    return api.Done()


def _draft_set(work: Work, command: api.DraftSet) -> api.Done:
    check_text(command.text, api.MAX_TEXT_SIZE)
    conversations.set_draft(work.tx, conversation_of(work, command.conversation).id, command.text)
    return api.Done()


def _message_send(work: Work, command: api.MessageSend) -> api.MessageRef:
    if not command.text:
        raise ApiError(Kind.BAD_REQUEST, "An empty text is not sent.")
    check_text(command.text, api.MAX_TEXT_SIZE)
    row = conversation_of(work, command.conversation)
    removal.refuse_blocked(row)
    uid = primitives.random_bytes(16)
    if command.uid is not None:
        if not 1 <= len(command.uid) <= MAX_UID_SIZE:
            raise ApiError(Kind.BAD_REQUEST, f"A uid has 1 to {MAX_UID_SIZE} characters.")
        check_text(command.uid, 4 * MAX_UID_SIZE)
        uid = primitives.sha256(b"sottovoce/v1/uid" + row.public_id.encode() + command.uid.encode())[:16]
    new = NewMessage(
        id=message_id(row.public_id, work.me.identity, uid),
        conversation=row.id,
        uid=uid,
        author=work.me.identity,
        device=work.me.device,
        incoming=False,
        kind=TEXT_KIND,
        text=command.text,
        sent_at=work.now.own_ms,
        state="queued",
        pending=True,
    )
    messages.insert(work.tx, new)
    return api.MessageRef(id=new.id)


def _message_list(work: Work, command: api.MessageList) -> list[api.Message]:
    check_page(command.limit)
    row = conversation_of(work, command.conversation)
    before = None if command.before is None else message_of(work, command.before, row).seq
    after = None if command.after is None else message_of(work, command.after, row).seq
    writers = Writers(work.tx)
    return [_describe(work, found, writers) for found in messages.page(work.tx, row.id, command.limit, before, after)]


def _describe(work: Work, row: MessageRow, writers: Writers) -> api.Message:
    """Return a row as people see it."""
    is_request = row.kind == KEEP_REQUEST
    writer = writers.of_row(row)
    return api.Message(
        id=row.id,
        sender=_sender(work, row.author),
        text="" if is_request else row.text,
        sent_at=row.sent_at,
        state=cast("Any", row.state),
        copies=row.copies,
        until=row.until,
        late=bool(row.late),
        kind=keep_request.row_kind(row) if is_request else _KINDS.get(row.kind, "unknown"),
        device=writer.name,
        known=writer.is_known,
    )


def _message_delete(work: Work, command: api.MessageDelete) -> api.Deleted:
    if len(command.ids) > MAX_DELETED:
        raise ApiError(Kind.TOO_LONG, f"At most {MAX_DELETED} at a time.", limit=MAX_DELETED)
    rows = [message_of(work, message) for message in dict.fromkeys(command.ids)]
    with search_index.wholesale(work.tx, len(rows)):
        return deletion.delete(work, rows)


def _conversation_delete(work: Work, command: api.ConversationDelete) -> api.Deleted:
    deleted = removal.delete_conversation(work, conversation_of(work, command.conversation))
    account_state.capture(work)
    return deleted


@dataclass(slots=True)
class MessageSearching:
    """A search under way. While the index is in the making it takes several turns, and others theirs in between."""

    command: api.MessageSearch
    found: list[api.Found] = field(default_factory=list)
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
            work.tx, command.query, None if row is None else row.id, limit, self.before
        )
        writers = Writers(work.tx)
        self.found += [
            api.Found(
                conversation=conversations.by_id(work.tx, hit.conversation).public_id,
                message=_describe(work, hit, writers),
            )
            for hit in hits
        ]
        self.is_over = self.before is None


def _message_search(work: Work, command: api.MessageSearch) -> list[api.Found]:
    searching = MessageSearching(command)
    while not searching.is_over:
        searching.go_on(work)
    return searching.found


# --- friends' devices -------------------------------------------------------------------------------------------------


def _ask_keep(work: Work, command: api.ContactAskKeep) -> api.Done:
    row = conversation_of(work, command.conversation)
    removal.refuse_blocked(row)
    keep_request.ask(work, row, wanted=command.ask)
    return api.Done()


def _keep_mail(work: Work, command: api.ContactKeepMail) -> api.Done:
    keep_request.agree(work, conversation_of(work, command.conversation), keep=command.keep)
    return api.Done()


def kept_for(work: Work) -> int:
    """Return for how many contacts this device keeps mail."""
    return len(conversations.kept_inboxes(work.tx))


_ACTS: dict[type[api.Command[Any]], Callable[[Work, Any], Any]] = {
    api.AccountRename: _rename,
    api.SettingsGet: _settings,
    api.SettingsSet: _save_settings,
    api.InviteCreate: _invite_create,
    api.InviteList: _invite_list,
    api.InviteRevoke: _invite_revoke,
    api.GreetingList: _greeting_list,
    api.GreetingAccept: _greeting_accept,
    api.GreetingReject: _greeting_reject,
    api.ConversationList: _conversation_list,
    api.ConversationRead: _conversation_read,
    api.DraftSet: _draft_set,
    api.MessageSend: _message_send,
    api.MessageList: _message_list,
    api.MessageDelete: _message_delete,
    api.MessageSearch: _message_search,
    api.ContactAskKeep: _ask_keep,
    api.ContactKeepMail: _keep_mail,
    api.ConversationDelete: _conversation_delete,
    **contact_commands.ACTS,
}


def act_of(command: api.Command[api.R]) -> Callable[[Work], api.R]:
    """Return what a command does in its transaction."""
    act = _ACTS[type(command)]
    return lambda work: cast("api.R", act(work, command))
