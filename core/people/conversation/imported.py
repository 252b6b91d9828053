"""Rows that come from an archive: texts that a file says were said once.

A file proves nothing: neither who wrote a text, nor that it arrived. So these rows are a kind of their own, which no rule of
delivery looks at: they have no device, no place in a lane and no signature, are in no state of delivery, are never encoded,
acknowledged or proved, and count as read. They stand before everything that was said since, in order of their times.

What is still here is left out, by the id that programs know a row by; it names the row on the device that exported it. A row
that is taken a second time is known again by the same id, so taking an archive twice changes nothing. Its uid is longer
than any that travels, so that no message can take its place, nor it a message's.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.crypto import primitives
from core.people.conversation.rows import message_id
from core.people.work import Work
from core.storage import messages
from core.storage.conversations import ConversationRow
from core.storage.messages import IMPORTED, NewMessage


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row of an archive: its id there, the identity that the archive says wrote it, its text and its time."""

    id: str
    author: bytes
    text: str
    sent_at: int


def take(work: Work, owner: ConversationRow, row: OldRow, after: int) -> int | None:
    """Insert a row behind the imported row numbered ``after``; return its number, None when it is here already."""
    known = messages.by_id(work.tx, row.id)
    if known is not None and known.conversation == owner.id:
        return None
    uid = b"imported" + primitives.sha256(row.id.encode("utf-8", "surrogatepass"))[:16]
    new = NewMessage(
        id=message_id(owner.public_id, row.author, uid),
        conversation=owner.id,
        uid=uid,
        author=row.author,
        device=b"",
        kind=IMPORTED,
        text=row.text,
        sent_at=row.sent_at,
        state="received",
    )
    return messages.insert_imported(work.tx, new, after)
