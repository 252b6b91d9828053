"""Greetings and acceptances in their slots: how they are posted, and where an acceptance is looked for."""

from __future__ import annotations

from typing import NamedTuple

from core.crypto import primitives
from core.crypto.primitives import KEY_SIZE
from core.people.conversation import resets
from core.people.format.fragment import cut
from core.people.format.numbers import COPIES_GONE_MS
from core.people.format.signing import Place
from core.people.format.slot import SLOTS, slot_secrets
from core.people.format.watch import AcceptanceWatch
from core.people.tag_index import WatchedSlots
from core.people.work import Work
from core.storage import conversations, postings, roots
from core.storage.postings import Posting

# So long after a conversation opened its acceptance may come once more: from an inviter that was restored to a state
# before it and found the greeting again, whose boxes live for 49 hours. Milliseconds.
ACCEPTED_AGAIN_MS = COPIES_GONE_MS
# An acceptance stands outside any lane: it is signed at this place.
_ACCEPTANCE_INDEX = 0


class Whereto(NamedTuple):
    """The secrets of the slots to write into and of the address they lie at."""

    slots: bytes
    inbox: bytes


def post_to_slots(
    work: Work,
    conversation: int,
    kind: str,
    sealed: bytes,
    whereto: Whereto,
    until: int,
    *,
    message: int | None = None,
    generation: bytes | None = None,
) -> None:
    """Post a sealed greeting or acceptance in pieces, in slots of its reader, until a network time."""
    pieces = cut(sealed)
    number = primitives.random_bytes(1)[0] % SLOTS[kind].numbers
    postings.insert(
        work.tx,
        Posting(
            id=0,
            kind=kind,
            conversation=conversation,
            generation=generation,
            first_index=0,
            fragments=len(pieces),
            payload=b"".join(pieces),
            secrets=slot_secrets(whereto.slots, number),
            inbox=whereto.inbox,
            message=message,
            made_at=work.now.network_ms,
            until=until,
        ),
    )


def watch_conversation(work: Work, conversation: int) -> None:
    """Look for resets, and for the acceptance of our greetings while one may still come."""
    row = conversations.by_id(work.tx, conversation)
    if row.blocked:
        return
    may_come = (
        row.opened_at is None
        or work.now.network_ms - row.opened_at < ACCEPTED_AGAIN_MS
        or bool(postings.of_conversation(work.tx, conversation, "greeting"))
    )
    for root in roots.of_conversation(work.tx, conversation):
        watch = AcceptanceWatch(conversation, root.name)
        if root.acceptance is None:
            continue
        if may_come:
            work.want(work.tag_index.watch_slots(WatchedSlots(watch, root.acceptance[:KEY_SIZE])))
        else:
            work.tag_index.forget_slots(watch)
            roots.forget_acceptance(work.tx, conversation, root.name)
    resets.watch(work, conversation)


# --- being greeted --------------------------------------------------------------------------------------------------


def acceptance_place(author: bytes, recipient: bytes, device: bytes, root_name: bytes) -> Place:
    """Return the place at which an acceptance is signed, which stands outside any lane."""
    return Place(author, recipient, device, root_name[:16], _ACCEPTANCE_INDEX)
