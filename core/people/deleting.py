"""Deleting rows here: from the file for good, and from what was going to leave.

A text of which nothing was handed to the node is taken back, and never sent. One of which anything was may be on a
custodian's disk already: it counts as sent and stays deposited like any other, and whoever deletes it is told so.
"""

from __future__ import annotations

from collections.abc import Iterable

from core import api
from core.people import conversing
from core.people.work import Work
from core.storage import conversations, messages, postings
from core.storage.messages import MessageRow

_UNDELIVERED = ("queued", "sent", "stored")


def delete(work: Work, rows: Iterable[MessageRow]) -> api.Deleted:
    """Delete rows; tell what became of those of ours that were not delivered."""
    withdrawn = on_their_way = 0
    for row in rows:
        if not row.incoming and row.state in _UNDELIVERED:
            if _withdraw(work, row):
                withdrawn += 1
            else:
                on_their_way += 1
        messages.delete(work.tx, row, work.now.network_ms)
    return api.Deleted(withdrawn=withdrawn, on_their_way=on_their_way)


def _withdraw(work: Work, row: MessageRow) -> bool:
    """Take a text back from what is to be deposited; False when some of it may have left in any of its copies."""
    found = postings.of_message(work.tx, row.seq)
    kinds = {posting.kind for posting in found}
    is_back = all([conversing.withdraw(work, posting) for posting in found])
    if is_back and "greeting" in kinds and not postings.of_conversation(work.tx, row.conversation, "greeting"):
        if conversations.by_id(work.tx, row.conversation).state == "waiting":
            conversations.set_state(work.tx, row.conversation, "unanswered")
    return is_back and (row.pending or bool(found))
