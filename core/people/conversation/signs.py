"""Signs of the other person: what was read, who types, who is there. Each has a switch, and works both ways or not at all.

What a side has switched on it says in the blocks that go anyway; nothing is told to a contact that has it off, and nothing
that comes is shown while it is off here. What was read is told like an acknowledgement, of all at once, in a block that
goes anyway or after the acknowledgement's own random delay (``ack_timing``). Typing and presence are blocks of their own
(``sign_sender``); in a lane nothing may be lost, so they are repeated like acknowledgements until something acknowledges
them, cause no acknowledgement themselves, and are dropped by a reader for whom they come too late.

Only known devices are believed: a thief of the contact's words reads nothing in its name.
"""

from __future__ import annotations

from typing import Final

import msgspec

from core import api
from core.crypto.seed import identity_of
from core.people.conversation.rows import Origin
from core.people.format.content import MAX_LANES, NOTHING, Here, Signs, Tells
from core.people.mail.outcome import move_on
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages, signs as rows
from core.storage.conversations import ConversationRow
from net.instant import MINUTE_MS

# Longest text beside which signs travel, characters: with a longer one they could make another box of the block.
MAX_BESIDE: Final = 256
# A notice of typing is shown for so long after it was made, and dropped when it comes later. Milliseconds.
TYPING_MS: Final = 30_000
# How far a contact's clock may be ahead of ours.
CLOCK_SLACK_MS: Final = MINUTE_MS
# When a person was there is kept no finer than this, and they are shown as there for so long: the longest pause between
# two notices, and one step. Milliseconds.
STEP_MS: Final = 10 * MINUTE_MS
HERE_MS: Final = 15 * MINUTE_MS + STEP_MS


def shared(work: Work) -> Tells:
    """Return what this account lets its contacts know."""
    row = accounts.load(work.tx)
    assert row is not None
    if row.settings != work.presence.shared[0]:  # it is asked for each block
        work.presence.shared = (row.settings, int(_switched_on(row.settings)))
    return Tells(work.presence.shared[1])


def _switched_on(stored: bytes) -> Tells:
    settings = msgspec.msgpack.decode(stored, type=api.Settings)
    switches = (
        (settings.read_receipts, Tells.READ),
        (settings.typing, Tells.TYPING),
        (settings.presence, Tells.PRESENCE),
    )
    return Tells(sum(bit for is_on, bit in switches if is_on))


def exchanged(work: Work, row: ConversationRow) -> Tells:
    """Return what both sides let each other know."""
    return shared(work) & Tells(row.tells)


# --- ours -------------------------------------------------------------------------------------------------------------


def owed(work: Work, conversation: int, now: Here = NOTHING, beside: str = "") -> tuple[Signs, ...]:
    """Return what is to be told with a block that is being written ``beside`` a text, and note that it is told."""
    row = conversations.by_id(work.tx, conversation)
    if not row.is_direct or len(beside) > MAX_BESIDE:
        return ()
    ours = shared(work)
    both = ours & Tells(row.tells)
    seen = rows.untold(work.tx, conversation, MAX_LANES) if both & Tells.READ else []
    if both & Tells.PRESENCE and work.now.attention.present and work.presence.is_here_due(conversation, work.now.mono):
        now |= Here.THERE
    if ours == row.told and not seen and not now:
        return ()
    rows.set_told(work.tx, conversation, ours)
    rows.set_seen_told(work.tx, seen)
    if now & Here.THERE:
        work.presence.told_here(conversation, work.now.mono)
    return (Signs(int(ours), seen, int(now)),)


def saw(work: Work, row: ConversationRow, upto: int) -> None:
    """Note that the person has seen a conversation up to a row, beyond what was seen of it before."""
    if not row.is_direct or not shared(work) & Tells.READ:
        return
    if rows.see(work.tx, row.id, row.read_upto, upto) and row.tells & Tells.READ:
        conversations.set_receipt_due(work.tx, row.id)


# --- theirs -----------------------------------------------------------------------------------------------------------


def take(work: Work, origin: Origin, item: Signs) -> None:
    """Take what the other side lets us know, as far as we let it know the same."""
    device = devices.find(work.tx, origin.conversation, origin.device)
    owner = conversations.by_id(work.tx, origin.conversation)
    if device is None or not device.is_known or not owner.is_direct or device.identity != owner.recipient:
        return
    # What comes late is older than what is known, unless nothing is: then it was kept until this version could read it.
    if owner.tells != item.tells and not (origin.late and owner.tells):
        rows.set_tells(work.tx, owner.id, item.tells)
        work.emit(api.ContactChanged(identity=identity_of(owner.identity)))
    ours = shared(work)
    if ours & Tells.READ:
        for generation, below in item.seen:
            _take_seen(work, owner, generation, below)
    if item.now & Here.TYPING and ours & Tells.TYPING:
        _take_typing(work, owner, origin.made_at)
    if item.now & Here.THERE and ours & Tells.PRESENCE:
        _take_there(work, owner, origin.made_at)


def _take_seen(work: Work, owner: ConversationRow, generation: bytes, below: int) -> None:
    """Note what was seen of a lane of ours: what is delivered of it is read."""
    written = lanes.written(work.tx, generation)
    if written is None or written.conversation != owner.id:
        return
    first, below = rows.seen_of(work.tx, generation), min(below, written.next_index)
    if below <= first:
        return
    rows.set_seen(work.tx, generation, below)
    for seq in rows.delivered_in(work.tx, generation, first, below):
        row = messages.by_seq(work.tx, seq)
        assert row is not None
        move_on(work, row, "read")


def _take_typing(work: Work, owner: ConversationRow, made_at: int) -> None:
    if -CLOCK_SLACK_MS <= work.now.own_ms - made_at <= TYPING_MS:
        until = min(made_at, work.now.own_ms) + TYPING_MS
        work.emit(api.ContactTyping(conversation=owner.public_id, identity=identity_of(owner.identity), until=until))


def _take_there(work: Work, owner: ConversationRow, made_at: int) -> None:
    at = min(made_at, work.now.own_ms) // STEP_MS * STEP_MS
    if at <= owner.here_at:
        return
    rows.set_here(work.tx, owner.id, at)
    if is_here(work, at):
        work.presence.here_until[owner.id] = at + HERE_MS
    work.emit(api.ContactPresence(identity=identity_of(owner.identity), online=is_here(work, at), last_seen=at))


def is_here(work: Work, here_at: int) -> bool:
    """Tell whether a person who was last there at a time is shown as there."""
    return here_at + HERE_MS > work.now.own_ms
