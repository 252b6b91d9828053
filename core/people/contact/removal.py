"""Blocking and removing contacts, and deleting conversations.

None of it is told to the contact. From a blocked contact nothing is read, acknowledged or answered, and nothing is
deposited for it; what was said stays readable, and unblocking undoes all of it. Of a removed contact nothing is kept, and it
can greet again as a stranger. Both know our inbox, so it is replaced (``core.people.conversation.inboxes``).
"""

from __future__ import annotations

from core import api
from core.api import ApiError, Kind
from core.crypto.seed import identity_of
from core.people.contact import slot_posts
from core.people.conversation import deletion, delivery, inboxes, lane_reading, reset_answer, trust
from core.people.format.watch import AcceptanceWatch, ResetWatch, stored_prefixes
from core.people.mail.outcome import done
from core.people.work import Work
from core.storage import (
    accounts,
    conversations,
    deposits,
    devices,
    lanes,
    later,
    meetings,
    messages,
    outgoing,
    postings,
    prekeys,
    roots,
    search_index,
)
from core.storage.conversations import ConversationRow
from net.ids import ParcelId
from net.requests import Withdraw

# Rows deleted with one look at the table: bounds memory.
BATCH = 1000


def refuse_blocked(row: ConversationRow) -> None:
    """Refuse to write to a blocked contact. Raises ``ApiError``."""
    if row.blocked:
        raise ApiError(Kind.BLOCKED, "This contact is blocked.")


# --- blocking ---------------------------------------------------------------------------------------------------------


def block(work: Work, row: ConversationRow) -> None:
    """Read nothing of a contact any more, and send it nothing."""
    if row.blocked:
        return
    stop(work, row)
    inboxes.renew(work)


def stop(work: Work, row: ConversationRow) -> None:
    """Stop looking for a contact's boxes and depositing boxes for it."""
    conversations.set_blocked(work.tx, row.id, blocked=True)
    _look_away(work, row)
    for posting in postings.every_of(work.tx, row.id):
        for deposit in deposits.current(work.tx, posting.id):
            work.effects.append(Withdraw(ParcelId(deposit.parcel_id)))
    _tell(work, row)


def unblock(work: Work, row: ConversationRow) -> None:
    """Read a contact again. What waited for it goes out, and it is told where we read (``inboxes.tend``)."""
    if not row.blocked:
        return
    conversations.set_blocked(work.tx, row.id, blocked=False)
    lanes.restart_holes(work.tx, row.id, accounts.add_online(work.tx, 0))  # they were not looked for meanwhile
    for lane in lanes.reading_in(work.tx, row.id):
        lane_reading.watch_lane(work, lane)
    slot_posts.watch_conversation(work, row.id)
    conversations.set_ack_due(work.tx, row.id, due=row.state == "open")
    _tell(work, row)


def _look_away(work: Work, row: ConversationRow) -> None:
    for lane in lanes.reading_in(work.tx, row.id):
        work.tag_index.forget_lane(lane.generation)
    for root in roots.of_conversation(work.tx, row.id):
        work.tag_index.forget_slots(ResetWatch(row.id, root.name))
        work.tag_index.forget_slots(AcceptanceWatch(row.id, root.name))


def _tell(work: Work, row: ConversationRow) -> None:
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


# --- removing ---------------------------------------------------------------------------------------------------------


def remove(work: Work, row: ConversationRow) -> None:
    """Forget a contact with everything that was said and every key."""
    forget(work, row)
    if not row.blocked:  # a blocked contact was left out when another inbox was told, or will be
        inboxes.renew(work)


def forget(work: Work, row: ConversationRow) -> None:
    """Delete all of a conversation, in the file and in its log."""
    _look_away(work, row)
    for posting in postings.every_of(work.tx, row.id):
        done(work, posting, None)
    lanes.forget_conversation(work.tx, row.id)
    for device in devices.of_conversation(work.tx, row.id):
        devices.forget(work.tx, row.id, device.device)
    prekeys.forget_conversation(work.tx, row.id)
    later.forget_conversation(work.tx, row.id)
    meetings.forget_pieces(work.tx, stored_prefixes(row.id))
    for greeting in meetings.greetings_from(work.tx, row.identity):
        meetings.drop_greeting(work.tx, greeting.id)
    with search_index.wholesale(work.tx, messages.count(work.tx, row.id)):
        messages.forget_conversation(work.tx, row.id)
    conversations.delete(work.tx, row.id)
    work.tx.forget()
    _tell(work, row)


# --- deleting what was said -------------------------------------------------------------------------------------------


def delete_conversation(work: Work, row: ConversationRow) -> api.Deleted:
    """Delete all rows; the contact stays. A conversation that was never answered is forgotten with its greeting.

    One with a blocked contact is not forgotten: the block would go with it.
    """
    deleted = delete_rows(work, row)
    conversations.set_draft(work.tx, row.id, "")
    if row.state != "open" and not row.blocked:
        forget(work, row)
    return deleted


def delete_rows(work: Work, row: ConversationRow) -> api.Deleted:
    """Delete all rows of a conversation, which stays."""
    withdrawn = on_their_way = 0
    with search_index.wholesale(work.tx, messages.count(work.tx, row.id)):
        while rows := outgoing.on_their_way(
            work.tx, row.id, BATCH
        ):  # one by one; of the others nothing is to be withdrawn
            deleted = deletion.delete(work, rows)
            withdrawn, on_their_way = withdrawn + deleted.withdrawn, on_their_way + deleted.on_their_way
        messages.delete_all(work.tx, row.id, work.now.network_ms)
    work.tx.forget()
    return api.Deleted(withdrawn=withdrawn, on_their_way=on_their_way)


# --- devices ----------------------------------------------------------------------------------------------------------


def confirm_device(work: Work, row: ConversationRow, device_id: str, *, accept: bool) -> None:
    """Accept or refuse an unknown device, as the person decided. Raises ``ApiError``."""
    try:
        device = devices.find(work.tx, row.id, bytes.fromhex(device_id))
    except ValueError:
        device = None
    if device is None or device.identity != row.identity or device.state == "refused":
        raise ApiError(Kind.NO_SUCH_DEVICE, "This contact has no such device.")
    if device.is_known:
        if not accept:
            raise ApiError(Kind.BAD_REQUEST, "This device is known already: only an unknown one can be refused.")
        return
    if not accept:
        trust.refuse(work, device)
        return
    trust.confirm(work, device)
    inboxes.confirmed(work, device)
    delivery.settle(work, row.id)
    fresh = devices.find(work.tx, row.id, device.device)
    if fresh is not None and fresh.asked is not None:
        reset_answer.hand_over(work, fresh)
