"""The outcome of a posting: moves its message on, and deletes the posting with its keys when it is done."""

from __future__ import annotations

from core import api
from core.people.work import Work
from core.storage import contact_inboxes, conversations, deposits, ledger, messages, postings, signs
from core.storage.messages import MessageRow
from core.storage.postings import MAX_FRAGMENTS, Posting
from net.ids import ParcelId
from net.instant import DAY_MS
from net.requests import Deposit, Withdraw

# A sender tries this long; the network itself forgets after 48 hours. Milliseconds.
TRY_MS = 30 * DAY_MS
# What must arrive however long a contact is away is deposited without an end, every second day: copies live for two.
NO_END = 1 << 62
NO_END_PAUSE = 2


def move_on(work: Work, row: MessageRow, state: api.State, copies: int | None = None, until: int | None = None) -> None:
    """Move a row of ours on, and say so."""
    messages.set_state(work.tx, row.seq, state, copies, until)
    ledger.note(work.tx, row.seq, state, work.now.own_ms)
    if not row.shown:
        return  # an edit or a reaction: ``message.details`` tells how far it got
    public_id = conversations.by_id(work.tx, row.conversation).public_id
    work.emit(api.MessageStateChanged(conversation=public_id, id=row.id, state=state, copies=copies, until=until))


def done(work: Work, posting: Posting, state: api.State | None) -> None:
    """Forget a posting; its message moves on to ``state``."""
    for parcel_id in postings.delete(work.tx, posting.id):
        work.effects.append(Withdraw(ParcelId(parcel_id)))
    if posting.tells and state == "delivered":
        contact_inboxes.note_told(work.tx, posting.conversation, posting.tells)
    row = None if posting.message is None or state is None else messages.by_seq(work.tx, posting.message)
    if row is not None and state is not None and row.state not in (state, "delivered", "read"):
        move_on(work, row, state)
        if state == "delivered" and _was_seen(work, row):
            move_on(work, row, "read")


def _was_seen(work: Work, row: MessageRow) -> bool:
    """Tell whether the other side said already that its person saw a row of ours."""
    return row.generation is not None and row.idx is not None and row.idx < signs.seen_of(work.tx, row.generation)


def mark_delivered(work: Work, seq: int) -> None:
    """Move a row on to *delivered*."""
    row = messages.by_seq(work.tx, seq)
    assert row is not None
    move_on(work, row, "delivered")


def repeat_missing(work: Work, generation: bytes, indexes: set[int]) -> None:
    """Deposit again the copies of indexes that the other side lacks though it holds later ones."""
    for posting in postings.of_lane(work.tx, generation):
        for row in deposits.current(work.tx, posting.id):
            is_lacking = posting.first_index + row.fragment % MAX_FRAGMENTS in indexes
            if is_lacking and row.box and row.expiry_hour > work.now.hour:
                work.effects.append(Deposit(row.box))
