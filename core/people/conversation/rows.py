"""Rows of a conversation, made in one place: the person's own, the other side's, and notices.

A row keeps an item of a kind that is shown (``core.people.format.content``), or one of a kind from the future as it came,
or a notice, which no one wrote: a message is missing here, a contact has a new device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core import api
from core.crypto import primitives
from core.people.format.content import Item, Shown, Text, Unknown, kind_numbered, kind_of
from core.people.work import Work
from core.storage import conversations, devices, messages
from core.storage.conversations import ConversationRow
from core.storage.messages import (
    BOTH_ALIVE,
    ELSEWHERE,
    GAP,
    NEW_DEVICE,
    NEWER_VERSION,
    NOT_TOLD,
    RENAMED,
    MessageRow,
    NewMessage,
)

# What programs call notices.
_NOTICES: Final[dict[int, api.RowKind]] = {
    GAP: "gap",
    NEW_DEVICE: "device",
    BOTH_ALIVE: "both-alive",
    RENAMED: "renamed",
    NEWER_VERSION: "newer-version",
    NOT_TOLD: "not-told",
    ELSEWHERE: "elsewhere",
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


# --- making them ------------------------------------------------------------------------------------------------------


def message_id(conversation: str, author: bytes, uid: bytes) -> str:
    """Return the id under which programs know a row."""
    return primitives.sha256(conversation.encode() + author + uid)[:16].hex()


def insert_own(work: Work, owner: ConversationRow, item: Shown, *, pending: bool = True) -> tuple[str, int | None]:
    """Insert what the person says; return its id and its number, None when this uid is there already.

    ``pending``: it is to be encoded into the lane.
    """
    kind = kind_of(type(item))
    assert kind.row is not None
    new = NewMessage(
        id=message_id(owner.public_id, work.me.identity, item.uid),
        conversation=owner.id,
        uid=item.uid,
        author=work.me.identity,
        device=work.me.device,
        kind=kind.number,
        text=kind.row.text(item),
        sent_at=work.now.own_ms,
        state="queued",
        pending=pending,
    )
    return new.id, messages.insert(work.tx, new)


def insert_received(work: Work, origin: Origin, item: Shown | Unknown, signed: bytes | None) -> NewMessage | None:
    """Insert an item of the other side, once; None when it is there already. ``signed``: what its device signed of it."""
    owner = conversations.by_id(work.tx, origin.conversation)
    author = _identity_of(work, owner, origin.device)
    if isinstance(item, Unknown):
        uid, number, text = _unknown_uid(origin), item.kind, ""
    else:
        kind = kind_of(type(item))
        assert kind.row is not None
        uid, number, text = item.uid, kind.number, kind.row.text(item)
    new = NewMessage(
        id=message_id(owner.public_id, author, uid),
        conversation=origin.conversation,
        uid=uid,
        author=author,
        device=origin.device,
        kind=number,
        text=text,
        sent_at=origin.made_at,
        state="received",
        generation=origin.generation,
        idx=None if origin.generation is None else origin.index,
        raw=item.raw if isinstance(item, Unknown) else None,
        late=origin.late,
        signed=signed,
    )
    return None if messages.insert(work.tx, new) is None else new


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


def own_item(row: MessageRow) -> Item:
    """Return what a row of ours says, as it travels."""
    kind = kind_numbered(row.kind)
    if kind is None or kind.row is None:
        return Text(row.uid, row.text)
    item: Item = kind.row.item(row.uid, row.text)
    return item


def describe(row: MessageRow) -> tuple[api.RowKind, str]:
    """Return what programs call a row, and the words that it shows."""
    if row.kind in _NOTICES:
        return _NOTICES[row.kind], row.text
    kind = kind_numbered(row.kind)
    if kind is None or kind.row is None:
        return "unknown", row.text
    name = kind.row.name
    if isinstance(name, str):
        return name, row.text
    return name.get(row.text, "unknown"), ""  # unknown: it came before this version could read it
