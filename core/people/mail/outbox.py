"""Deposits and their renewal: from a committed plaintext to copies in the network, and again each day until it is done.

A posting is given an id and a key for the day, sealed, signed and paid for once; the finished box is committed before
it leaves and repeated byte for byte for the rest of that day, whatever becomes of the network's width meanwhile. What was
acknowledged, or whose time is over, is forgotten with its keys.
"""

from __future__ import annotations

from core.crypto import primitives
from core.people.effects import BoxDraft, Solve
from core.people.format.lane import OwnId
from core.people.format.numbers import COPY_HOURS
from core.people.format.slot import SLOTS, slot_key, slot_secrets
from core.people.mail.boxes import address_of, draft_box
from core.people.mail.outcome import done, move_on
from core.people.work import Work
from core.storage import conversations, deposits, lanes, messages, outgoing, postings, receipts
from core.storage.deposits import DepositRow
from core.storage.postings import MAX_FRAGMENTS, Posting
from net.ids import NodeId, ParcelId
from net.instant import HOUR_MS
from net.numbers import COPIES
from net.parcel.box import (
    Box,
    decode_box,
    encode_box,
)
from net.requests import Deposit

# A copy is made anew when fewer hours than this are left, so that a node that is online now and then does not miss it.
REFRESH_HOURS = 6

# Slots looked at for a free one. A stranger who knows them could fill all of them, and must not starve a writer.
SLOT_DRAWS = 8

_STATES_BEFORE_STORED = ("queued", "sent")


def plan(work: Work, solving: set[tuple[int, int]]) -> list[OwnId]:
    """Draft what lacks a fresh copy, as far as there is room among ``solving`` (posting, fragment).

    Returns ids of lanes of ours that are said to be in the network before we used them: they are not drafted. A slot that
    is taken, by another posting of ours, a device or copy of ours, or another holder of its secret, is exchanged for a
    free one.
    """
    suspicious: list[OwnId] = []
    room = work.limits.solving - len(solving)
    if room <= 0:
        return suspicious
    if not work.now.custodians:  # no custodian to deposit at; until then a message can still be taken back
        return suspicious
    fresh = range(work.now.hour + REFRESH_HOURS + 1, work.now.hour + COPY_HOURS + 1)
    for posting, fragment in postings.due(work.tx, fresh, work.now.day, work.limits.solving):
        if (posting.id, fragment) in solving or len(solving) >= work.limits.solving:
            continue
        current = postings.find(work.tx, posting.id)  # with the slot it may have got in this very loop
        assert current is not None
        draft = draft_box(work, current, fragment)
        if posting.kind == "block":
            if posting.generation is not None and work.tag_index.was_seen(draft.box_id):
                suspicious.append(
                    OwnId(posting.generation, posting.first_index + fragment % MAX_FRAGMENTS, ParcelId(draft.box_id))
                )
                continue
        elif _gives_way(work, current, draft.box_id):
            solving -= {(posting.id, n) for n in range(2 * MAX_FRAGMENTS)}
            continue  # the next plan drafts it anew
        solving.add((posting.id, fragment))
        work.effects.append(Solve(draft))
    return suspicious


def _gives_way(work: Work, posting: Posting, box_id: bytes) -> bool:
    """Give a posting another slot if this one is taken; False when it is free, or none is: custodians keep some variants.

    Never false for a slot of ours: of two postings in one only the first has copies, and the other's would be made for ever.
    """
    is_ours = deposits.find(work.tx, box_id) is not None
    if not is_ours and not work.tag_index.was_seen(box_id):
        return False
    return _move_slot(work, posting, whatever_is_there=is_ours)


def _move_slot(work: Work, posting: Posting, *, whatever_is_there: bool = False) -> bool:
    """Draw another slot that seems free; False when there is none, unless it has to move."""
    secret, number = posting.secrets[:32], 0
    for _ in range(SLOT_DRAWS):
        number = primitives.random_bytes(1)[0] % SLOTS[posting.kind].numbers
        drawn = slot_key(secret, work.now.day, number, 0).box_id
        if not work.tag_index.was_seen(drawn) and deposits.find(work.tx, drawn) is None:
            break
    else:
        if not whatever_is_there:
            return False
    postings.move(work.tx, posting.id, slot_secrets(secret, number))
    return True


def finish(work: Work, draft: BoxDraft, nonces: tuple[int, ...]) -> None:
    """Commit a box with its proof of work and deposit it. A draft whose posting was done meanwhile is dropped.

    The draft of a box that is out already differs from it only in the work, which custodians now ask for.
    """
    posting = postings.find(work.tx, draft.posting)
    if posting is None:
        return
    if conversations.by_id(work.tx, posting.conversation).blocked:
        return  # meanwhile
    if draft.fragment >= MAX_FRAGMENTS * posting.copies:
        return  # nothing goes beside any more
    if posting.kind != "block" and address_of(work, posting, draft.fragment, draft.day).box_id != draft.box_id:
        return  # the posting has another slot by now
    box_id = ParcelId(draft.box_id)
    paid = Box(draft.prefix, draft.expiry_hour, box_id, nonces, draft.ciphertext, draft.signature)
    box = encode_box(paid)
    before = deposits.on_day(work.tx, draft.posting, draft.fragment, draft.day)
    if before is not None:
        if before.box and before.box != box and decode_box(before.box).variant() == paid.variant():
            deposits.pay(work.tx, draft.box_id, box)
            work.effects.append(Deposit(box))
        return
    if deposits.find(work.tx, draft.box_id) is not None:
        return  # another posting of ours was quicker to take this slot
    row = DepositRow(draft.box_id, draft.posting, draft.fragment, draft.day, draft.expiry_hour, box, b"")
    deposits.add(work.tx, row)
    if posting.message is not None:
        outgoing.note_departed(work.tx, posting.message)
    _tell(work, posting)
    work.effects.append(Deposit(box))


def repeat_unconfirmed(work: Work, limit: int) -> None:
    """Deposit again what too few custodians confirmed: at the start, and when a link to a custodian comes up."""
    rows = deposits.unconfirmed(work.tx, work.now.hour, COPIES, limit)
    for number in dict.fromkeys(row.posting for row in rows):
        posting = postings.find(work.tx, number)
        if posting is not None:
            _tell(work, posting)
    work.effects += [Deposit(row.box) for row in rows]


def confirmed(work: Work, parcel_id: bytes, custodian: NodeId) -> None:
    """Note that a custodian holds a copy."""
    if not deposits.confirm(work.tx, parcel_id, custodian):
        return
    row = deposits.find(work.tx, parcel_id)
    posting = None if row is None else postings.find(work.tx, row.posting)
    if posting is not None:
        _tell(work, posting)


def _tell(work: Work, posting: Posting) -> None:
    """Move the message of a posting on to *sent* or *stored*, and say so when anything changed."""
    row = None if posting.message is None else messages.by_seq(work.tx, posting.message)
    if row is None or row.state not in (*_STATES_BEFORE_STORED, "stored"):
        return
    current = [each for each in deposits.current(work.tx, posting.id) if each.fragment < MAX_FRAGMENTS]
    copies = min((deposit.copies for deposit in current), default=0) if len(current) == posting.fragments else 0
    needed = COPIES if work.now.custodians != 1 else 1
    if copies >= needed:
        until = min(deposit.expiry_hour for deposit in current) * HOUR_MS
        if (row.state, row.copies, row.until) != ("stored", copies, until):
            move_on(work, row, "stored", copies, until)
    elif row.state == "queued" and work.now.custodians:  # without a custodian it goes on waiting
        move_on(work, row, "sent")


def give_up(work: Work) -> None:
    """Fail postings that were tried for 30 days (greetings: until their link was over).

    A lane of which a block is not deposited any more has ended: a reader that comes back later could not read past it.
    The next block begins another lane, which is announced until it is heard.
    """
    for posting in postings.over(work.tx, work.now.earliest_ms):
        is_held = receipts.is_held(work.tx, posting.id)
        done(work, posting, "delivered" if is_held else "failed")
        if posting.kind == "block" and posting.generation is not None:
            row = lanes.writing(work.tx, posting.conversation)
            if row is not None and row.generation == posting.generation:
                lanes.end_writing(work.tx, posting.conversation)
        if posting.kind == "greeting":
            conversation = conversations.by_id(work.tx, posting.conversation)
            greets_elsewhere = postings.of_conversation(work.tx, conversation.id, "greeting")
            if conversation.state == "waiting" and not greets_elsewhere:
                conversations.set_state(work.tx, conversation.id, "unanswered")


def forget_expired(work: Work) -> None:
    """Forget copies that are gone from the network."""
    deposits.expire(work.tx, work.now.sure_hour)


def withdraw_all(work: Work) -> None:
    """Withdraw all postings: this state may be an old copy, and no address that it would use may be used again.

    Blocks are dropped, their texts wait to be encoded anew; slots are drawn again. What waited in it may have left since.
    """
    outgoing.doubt_all(work.tx, work.me.device)
    for posting in postings.every(work.tx):
        if posting.kind == "block":
            done(work, posting, None)
        else:
            _move_slot(work, posting)
