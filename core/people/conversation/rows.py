"""Rows that nobody wrote: something is missing here, somebody has a new device. And how any row is named."""

from __future__ import annotations

from core.crypto import primitives
from core.people.work import Work
from core.storage import conversations, messages
from core.storage.messages import NewMessage


def message_id(conversation: str, author: bytes, uid: bytes) -> str:
    """Return the id under which programs know a row."""
    return primitives.sha256(conversation.encode() + author + uid)[:16].hex()


def insert_notice(
    work: Work,
    conversation: int,
    device: bytes,
    kind: int,
    about: bytes,
    place: tuple[bytes, int] | None = None,
    *,
    text: str = "",
) -> None:
    """Insert a row that nobody wrote, once for what it is ``about``; ``place`` is its generation and index, if any.

    Its uid is longer than any that travels, so that nobody can take it first.
    """
    owner = conversations.by_id(work.tx, conversation)
    uid = b"notice" + primitives.sha256(about)[:16]
    notice = NewMessage(
        id=message_id(owner.public_id, owner.identity, uid),
        conversation=conversation,
        uid=uid,
        author=owner.identity,
        device=device,
        incoming=True,
        kind=kind,
        text=text,
        sent_at=work.now.own_ms,
        state="received",
        generation=place[0] if place else None,
        idx=place[1] if place else None,
    )
    messages.insert(work.tx, notice)
