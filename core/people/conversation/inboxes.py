"""The inboxes of an account: where its mail lies, and how contacts learn of a new one.

An inbox is a secret from which the addresses of every day are derived (``core.people.format.address``). A contact that is
blocked or removed knows it; so another is drawn then, and told to all contacts that stay. The former one is followed until
all of them have acknowledged the new one, and for the mail under way; at most for as long as a contact may be away. A
further change waits until the former one is dropped, and several become one: an account does not read at more than two
inboxes for long.

An inbox's number is above that of every one before, with low bits at random: of two devices that draw one at the same time
one is the later, the same one everywhere, and the other a former one.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from core import api
from core.crypto import primitives
from core.crypto.primitives import KEY_SIZE
from core.crypto.seed import identity_of
from core.people.conversation import resets, sender, trust
from core.people.conversation.rows import insert_notice
from core.people.format.content import InboxNotice
from core.people.format.numbers import COPIES_GONE_MS, LONGEST_AWAY_MS
from core.people.mail.outcome import NO_END
from core.people.work import Me, Work
from core.storage import contact_inboxes, conversations, devices, inboxes as rows, lanes, postings
from core.storage.conversations import ConversationRow
from core.storage.database import Transaction
from core.storage.devices import DeviceRow
from core.storage.inboxes import InboxRow
from core.storage.messages import NOT_TOLD

# A contact that is away for this long is not waited for: four months, and what clocks differ.
FOLLOWED_MS: Final = LONGEST_AWAY_MS
# What was under way when the last one said that it knows: copies live for two days, clocks differ, and devices sleep.
UNDER_WAY_MS: Final = COPIES_GONE_MS
# Low bits of a number that are drawn; a number has 32 bits, so that a million inboxes can follow each other.
RANDOM_BITS: Final = 12
LAST_NUMBER: Final = (1 << 32) - 1
# Another device of ours drew at most so many more than we know of: each takes at least as long as mail is under way.
MOST_AHEAD: Final = 64
# Own inboxes followed at most: the present one, the former one, and what other devices drew meanwhile.
MAX_FOLLOWED: Final = 4


# --- our own ----------------------------------------------------------------------------------------------------------


def open_own(tx: Transaction, me: Me) -> Me:
    """Return the account with its present inbox; that of the seed, if it never had another."""
    if not rows.every(tx):
        rows.add(tx, InboxRow(0, me.inbox, 0, None))
    present = rows.every(tx)[0]
    return dataclasses.replace(me, inbox=present.secret, inbox_number=present.number)


def followed(work: Work) -> list[bytes]:
    """Return the secrets of all inboxes at which mail for us may lie."""
    return [row.secret for row in rows.every(work.tx)]


def renew(work: Work) -> None:
    """Replace our inbox, which a blocked or removed contact knows: now, or when the former one is dropped."""
    if len(rows.every(work.tx)) > 1:
        rows.set_owed(work.tx, owed=True)
        return
    rows.set_owed(work.tx, owed=False)
    bits = int.from_bytes(primitives.random_bytes(4), "big") % (1 << RANDOM_BITS)
    number = min(((work.me.inbox_number >> RANDOM_BITS) + 1 << RANDOM_BITS) | bits, LAST_NUMBER)
    _take(work, InboxRow(number, primitives.random_bytes(KEY_SIZE), work.now.network_ms, None))


def _take(work: Work, row: InboxRow) -> None:
    rows.add(work.tx, row)
    work.me = open_own(work.tx, work.me)


def restore(work: Work, found: dict[int, tuple[bytes, int]]) -> None:
    """Take over the inboxes that the account has elsewhere, number to (secret, when it was drawn), the latest first.

    A thief of the words can write this. So no inbox is dropped by it, which has its own time (``tend``), few are followed,
    and room is left for the numbers to come.
    """
    highest = min(work.me.inbox_number + (MOST_AHEAD << RANDOM_BITS), LAST_NUMBER)
    for number, (secret, made_at) in sorted(found.items(), reverse=True):
        if number <= highest and len(rows.every(work.tx)) < MAX_FOLLOWED:
            _take(work, InboxRow(number, secret, made_at, None))


def oldest_followed(work: Work) -> int:
    """Return the number of the inbox that a contact knows of at least."""
    return rows.every(work.tx)[-1].number


# --- telling it -------------------------------------------------------------------------------------------------------


def tend(work: Work, *, may_write: bool) -> None:
    """Tell the contacts that do not know our inbox; drop former inboxes when it is time to."""
    waiting = contact_inboxes.untold(work.tx, work.me.inbox_number)
    if may_write:
        for row in waiting:
            _tell(work, row)
    present, *former = rows.every(work.tx)
    left_at = present.made_at
    for inbox in former:
        if _is_let_go(work, inbox, left_at, waiting):
            rows.drop(work.tx, inbox.number)
        left_at = inbox.made_at
    if former and len(rows.every(work.tx)) == 1:
        for conversation in waiting:
            _show_not_told(work, conversation)
        if rows.is_owed(work.tx):
            renew(work)


def _is_let_go(work: Work, row: InboxRow, left_at: int, waiting: list[ConversationRow]) -> bool:
    if work.now.earliest_ms - left_at >= FOLLOWED_MS:
        return True
    if waiting or contact_inboxes.greeted_since(work.tx, work.me.inbox_number, work.now.own_ms - FOLLOWED_MS):
        rows.set_settled(work.tx, row.number, None)
        return False
    if row.settled_at is None:
        rows.set_settled(work.tx, row.number, work.now.network_ms)
        return False
    return work.now.earliest_ms - row.settled_at >= UNDER_WAY_MS


def _tell(work: Work, row: ConversationRow) -> None:
    """Tell a contact our present inbox; once in each lane, until it is acknowledged."""
    lane = lanes.writing(work.tx, row.id)
    if lane is not None and postings.has_notice(work.tx, lane.generation, work.me.inbox_number):
        return
    if row.inbox is None or not trust.audience(work, row.id):
        return
    if lane is None:
        resets.begin(work, row.id, is_last_known=False)
    notice = InboxNotice(work.me.inbox_number, work.me.inbox)
    sender.write_control(work, row.id, notice, until=NO_END)


def _show_not_told(work: Work, row: ConversationRow) -> None:
    about = b"not told" + work.me.inbox_number.to_bytes(4, "big")
    insert_notice(work, row.id, row.identity, NOT_TOLD, about)
    work.emit(api.ContactChanged(identity=identity_of(row.identity)))


# --- those of contacts ------------------------------------------------------------------------------------------------


def noticed(work: Work, device: DeviceRow, item: InboxNotice) -> None:
    """Take a contact's notice of its new inbox; of two notices the higher number counts.

    The inbox that an unknown device names is written to beside the old one.
    """
    row = conversations.by_id(work.tx, device.conversation)
    if device.identity != row.recipient:
        return  # it is no contact's address that is told here
    if not device.is_known:
        devices.set_inbox(work.tx, device.device, item.inbox if item.inbox != row.inbox else None, item.number)
    elif row.inbox is None or item.number > row.inbox_number:
        contact_inboxes.set_present(work.tx, row.id, item.inbox, item.number)
        devices.set_inbox(work.tx, device.device, None)
    elif item.inbox == row.inbox:
        devices.set_inbox(work.tx, device.device, None)
    trust.settle_beside(work, device.conversation)


def confirmed(work: Work, device: DeviceRow) -> None:
    """Take over the inbox that a device named before it became known, if it is later than the one we write to."""
    row = conversations.by_id(work.tx, device.conversation)
    if device.inbox is not None and device.inbox_number > row.inbox_number:
        contact_inboxes.set_present(work.tx, row.id, device.inbox, device.inbox_number)
        devices.set_inbox(work.tx, device.device, None)
    trust.settle_beside(work, device.conversation)
