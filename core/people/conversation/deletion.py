"""Deletes rows on this device: from the file for good, and from what waits to be sent.

A text of which no box was ever handed to the node is withdrawn, and never sent. One of which any box was, in any encoding,
may be on a custodian's disk already: it counts as sent, and the person is told so. Its copies there stay deposited like any
other's; further encodings are withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from core import api
from core.people.mail.outcome import done
from core.people.work import Work
from core.storage import changes, conversations, deposits, messages, postings, signs
from core.storage.messages import MessageRow
from core.storage.postings import Posting

_UNDELIVERED = ("queued", "sent", "stored")


def delete(work: Work, rows: Iterable[MessageRow]) -> api.Deleted:
    """Delete rows; tell how many of ours that were not delivered were withdrawn, and how many had left."""
    withdrawn = on_their_way = 0
    for row in rows:
        if row.author == work.me.identity:
            is_back = take_back(work, row)
            if row.shown and row.state in _UNDELIVERED:
                withdrawn, on_their_way = withdrawn + is_back, on_their_way + (not is_back)
        if row.shown:
            _delete_changes(work, row)
        messages.delete(work.tx, row, work.now.network_ms)
    return api.Deleted(withdrawn=withdrawn, on_their_way=on_their_way)


def _delete_changes(work: Work, row: MessageRow) -> None:
    """Delete the edits of a row and the reactions to it; those that come later find the row among the deleted."""
    for change in changes.of_row(work.tx, row.seq):
        if change.author == work.me.identity:
            take_back(work, change)
        changes.drop(work.tx, change.seq)


def take_back(work: Work, row: MessageRow) -> bool:
    """Take a row of ours back from what is to be deposited; False when some of it may have left, in any encoding."""
    found = postings.of_message(work.tx, row.seq)
    kinds = {posting.kind for posting in found}
    outcomes = [withdraw(work, posting) for posting in found]  # every one, not only up to the first that left
    is_back = all(outcomes)
    is_waiting = conversations.by_id(work.tx, row.conversation).state == "waiting"
    greets_on = bool(postings.of_conversation(work.tx, row.conversation, "greeting"))
    if is_back and "greeting" in kinds and is_waiting and not greets_on:
        conversations.set_state(work.tx, row.conversation, "unanswered")
    return is_back and not row.departed and (bool(row.pending) or bool(found))


def withdraw(work: Work, posting: Posting) -> bool:
    """Take back what a posting says, if none of it was handed to the node; tell whether that was so.

    Its indexes get an empty block, or what its row says now (``core.people.conversation.empty_blocks``).
    """
    if deposits.any_was_made(work.tx, posting.id):
        return False
    if posting.kind == "block":
        postings.empty(work.tx, posting.id)
        signs.tell_again(work.tx, posting.conversation)
    else:
        done(work, posting, None)
    return True
