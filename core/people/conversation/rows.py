"""Rows of a conversation, made in one place: the person's own, the other side's, and notices.

A row keeps an item of a kind that is shown (``core.people.format.content``), or one of a kind from the future as it came,
or a notice, which no one wrote: a message is missing here, a contact has a new device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

from core import api
from core.api import ApiError, Kind
from core.crypto import primitives
from core.people.format.content import Change, Item, Shown, Text, Unknown, kind_numbered, kind_of, uid_of
from core.people.format.kept import Kept, Reference
from core.people.work import Work
from core.sentence import N_
from core.storage import conversations, devices, ledger, messages
from core.storage.conversations import ConversationRow
from core.storage.messages import (
    BOTH_ALIVE,
    ELSEWHERE,
    GAP,
    IMPORTED,
    NEW_DEVICE,
    NEWER_VERSION,
    NOT_TOLD,
    RENAMED,
    MessageRow,
    NewMessage,
)

# Of what travels. Notices have longer ones, so that nothing that travels names them.
UID_SIZE: Final = 16

# What programs call notices.
_NOTICES: Final[dict[int, api.RowKind]] = {
    GAP: "gap",
    NEW_DEVICE: "device",
    BOTH_ALIVE: "both-alive",
    RENAMED: "renamed",
    NEWER_VERSION: "newer-version",
    NOT_TOLD: "not-told",
    ELSEWHERE: "elsewhere",
    IMPORTED: "imported",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item of the other side stood, and when it was said by its device's clock, milliseconds.

    ``generation`` is None for what a greeting says, outside any lane. ``number`` is its place in its block. ``late`` when
    the index had been given up.
    """

    conversation: int
    device: bytes
    made_at: int
    generation: bytes | None = None
    index: int = 0
    number: int = 0
    late: bool = False


class _Content(TypedDict):
    kind: int
    text: str
    shown: bool
    about_author: bytes | None
    about_uid: bytes | None
    rank: int
    version: int
    forwarded: bool


# --- making them ------------------------------------------------------------------------------------------------------


def message_id(conversation: str, author: bytes, uid: bytes) -> str:
    """Return the id under which programs know a row."""
    return primitives.sha256(conversation.encode() + author + uid)[:16].hex()


def insert_own(
    work: Work, owner: ConversationRow, item: Shown | Change, *, pending: bool = True
) -> tuple[str, int | None]:
    """Insert what the person says; return its id and its number, None when this uid is there already.

    ``pending``: it is to be encoded into the lane.
    """
    uid = uid_of(item)
    new = NewMessage(
        id=message_id(owner.public_id, work.me.identity, uid),
        conversation=owner.id,
        uid=uid,
        author=work.me.identity,
        device=work.me.device,
        sent_at=work.now.own_ms,
        state="queued",
        pending=pending,
        **_content(item, work.me.identity),
    )
    seq = messages.insert(work.tx, new)
    if seq is not None:
        ledger.note(work.tx, seq, "queued", work.now.own_ms)
    return new.id, seq


def insert_received(
    work: Work, origin: Origin, item: Shown | Change | Unknown, signed: bytes | None
) -> NewMessage | None:
    """Insert an item of the other side, once; None when it is there already. ``signed``: what its device signed of it."""
    owner = conversations.by_id(work.tx, origin.conversation)
    author = author_of(work, origin)
    uid = _unknown_uid(origin) if isinstance(item, Unknown) else uid_of(item)
    new = NewMessage(
        id=message_id(owner.public_id, author, uid),
        conversation=origin.conversation,
        uid=uid,
        author=author,
        device=origin.device,
        sent_at=origin.made_at,
        state="received",
        generation=origin.generation,
        idx=None if origin.generation is None else origin.index,
        raw=item.raw if isinstance(item, Unknown) else None,
        late=origin.late,
        signed=signed,
        **_content(item, author),
    )
    seq = messages.insert(work.tx, new)
    if seq is None:
        return None
    ledger.note(work.tx, seq, "received", work.now.own_ms)
    return new


def _content(item: Shown | Change | Unknown, author: bytes) -> _Content:
    """Return the fields of a row that say what its item does."""
    if isinstance(item, Unknown):
        number, shown, kept = item.kind, True, Kept("")
    else:
        kind = kind_of(type(item))
        assert kind.row is not None
        number, shown, kept = kind.number, kind.row.name is not None, kind.row.kept(item, author)
    return _Content(
        kind=number,
        text=kept.text,
        shown=shown,
        about_author=None if kept.about is None else kept.about.author,
        about_uid=None if kept.about is None else kept.about.uid,
        rank=kept.rank,
        version=kept.version,
        forwarded=kept.forwarded,
    )


def author_of(work: Work, origin: Origin) -> bytes:
    """Return the identity that wrote what stood at ``origin``."""
    return _identity_of(work, conversations.by_id(work.tx, origin.conversation), origin.device)


def _identity_of(work: Work, owner: ConversationRow, device: bytes) -> bytes:
    """Return whose a device is; the contact's where it is not known, or no device but that identity itself."""
    standing = devices.standing(work.tx, device)
    return owner.recipient if standing is None else standing.identity


def _unknown_uid(origin: Origin) -> bytes:
    """Return the uid of a row that nothing but its index in a lane names: longer than any uid that travels."""
    assert origin.generation is not None
    where = origin.generation + origin.index.to_bytes(8, "big") + origin.number.to_bytes(1, "big")
    return b"unknown" + primitives.sha256(where)[:16]


def insert_notice(
    work: Work,
    conversation: int,
    device: bytes,
    kind: int,
    about: bytes,
    at: tuple[bytes, int] | None = None,
    *,
    text: str = "",
) -> None:
    """Insert a notice, once for what it is ``about``; ``at`` is its generation and index, if any.

    It is about a device and its identity, and about a contact where ``device`` is no device but the contact's identity. Its
    uid is longer than any that travels, so that no message can take it first.
    """
    owner = conversations.by_id(work.tx, conversation)
    author = _identity_of(work, owner, device)
    uid = b"notice" + primitives.sha256(about)[:16]
    notice = NewMessage(
        id=message_id(owner.public_id, author, uid),
        conversation=conversation,
        uid=uid,
        author=author,
        device=device,
        kind=kind,
        text=text,
        sent_at=work.now.own_ms,
        state="received",
        generation=at[0] if at else None,
        idx=at[1] if at else None,
    )
    messages.insert(work.tx, notice)


# --- reading them -----------------------------------------------------------------------------------------------------


def reference_to(row: MessageRow) -> Reference:
    """Return what a row is called in all places. Raises ``ApiError``: a notice, which is here alone."""
    if len(row.uid) != UID_SIZE:
        raise ApiError(
            Kind.NOT_ALLOWED, N_("This row was written by the program; only what a person said can be answered.")
        )
    return Reference(row.author, row.uid)


def own_item(row: MessageRow) -> Item:
    """Return what a row of ours says, as it travels: of a text that was edited, what it said at first."""
    kind = kind_numbered(row.kind)
    text = row.text if row.first_text is None else row.first_text
    if kind is None or kind.row is None:
        return Text(row.uid, text)
    about = None
    if row.about_author is not None and row.about_uid is not None:
        about = Reference(row.about_author, row.about_uid)
    item: Item = kind.row.item(row.uid, Kept(text, about, row.rank, row.version, bool(row.forwarded)))
    return item


def describe(row: MessageRow) -> tuple[api.RowKind, str]:
    """Return what programs call a row, and the words that it shows."""
    return words_of(row.kind, row.text)


def words_of(number: int, text: str) -> tuple[api.RowKind, str]:
    """Return what programs call a row of a kind that keeps ``text``, and the words that it shows."""
    if number in _NOTICES:
        return _NOTICES[number], text
    kind = kind_numbered(number)
    if kind is None or kind.row is None or kind.row.name is None:
        return "unknown", text
    name = kind.row.name
    if isinstance(name, str):
        return name, text
    return name.get(text, "unknown"), ""  # unknown: it came before this version could read it
