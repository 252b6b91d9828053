"""Takes resets of the other side: reads the lane, answers, and finishes a reset of ours that was answered.

They may be found in any order, and copies of old ones at any time. A device that is not known is heard and not answered
until it is let in (``core.people.conversation.trust``); then it is handed the lane that is being written, where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.errors import Malformed, Newer, OpenFailed
from core.people.conversation import prekeys, trust
from core.people.conversation.lane_reading import end_older, start_reading
from core.people.conversation.reset_announcement import Answer, announce
from core.people.conversation.resets import add_root, begin, is_restless, say_again, watch
from core.people.conversation.rows import insert_notice
from core.people.format import greeting
from core.people.format.content import LaneAck
from core.people.format.prekey import decode_prekey
from core.people.format.reset import ANY, NOBODY, Between, Own, Reset, decode_way, open_reset, way_info
from core.people.mail.outcome import done
from core.people.work import Work
from core.storage import contact_inboxes, conversations, devices, lanes, messages, outgoing, postings, roots, sessions
from core.storage.devices import DeviceRow
from core.storage.messages import NEWER_VERSION
from core.storage.roots import RootRow
from net.instant import DAY_MS

# A device that is not known is answered so often at most.
UNKNOWN_INTERVAL_MS = DAY_MS
# What waits is encoded once more for such a device until it stands so often in the lane: all of it is deposited each day,
# for the known one that is to read the lane from where it left off.
MAX_SAID = 4


@dataclass(frozen=True, slots=True)
class _Found:
    """A reset that came, from whom, by which root."""

    device: DeviceRow
    root: RootRow
    reset: Reset


def received(work: Work, conversation: int, root_name: bytes, sealed: bytes) -> bool:
    """Act on what was found in a reset slot; False when it is not a reset of a device that may reset here."""
    root = roots.find(work.tx, conversation, root_name)
    owner = conversations.by_id(work.tx, conversation)
    if root is None or owner.blocked:
        return False
    writer = owner.recipient if root.device is None else _identity_of(work, conversation, root.device)
    try:
        reset = open_reset(Between(writer, work.me.identity), root.root, sealed)
    except Own:
        return True  # an announcement of ours, come back
    except Newer:
        insert_notice(work, conversation, owner.identity, NEWER_VERSION, b"newer" + root.name)
        return True
    except (OpenFailed, Malformed):
        return False
    device = reset.certificate.device
    if device == work.me.device:
        return True
    if root.device not in {None, device}:
        return False
    if reset.reader not in {ANY, work.me.certificate.tag}:
        return True  # for another device of ours
    known = devices.find(work.tx, conversation, device) or _meet(work, conversation, reset)
    if known is None or known.state == "refused":
        return False
    if known.is_known:
        roots.prove(work.tx, conversation, root.name)
    _follow(work, _Found(known, root, reset))
    return True


def _identity_of(work: Work, conversation: int, device: bytes) -> bytes:
    """Return whose a device is with which a root is shared."""
    known = devices.find(work.tx, conversation, device)
    return conversations.by_id(work.tx, conversation).recipient if known is None else known.identity


def _meet(work: Work, conversation: int, reset: Reset) -> DeviceRow | None:
    """Take up a further device of the other side: its account was restored from the words, or the words were stolen.

    Sealing a reset takes a root, and certifying the device the identity's key; with the words both can be had.
    """
    owner = conversations.by_id(work.tx, conversation)
    if not owner.is_direct or owner.state != "open" or trust.is_foreign(work, reset.certificate):
        return None
    return trust.meet(work, conversation, reset.certificate)


def _follow(work: Work, found: _Found) -> None:
    """Read the new lane; resets may come in any order, and copies of old ones at any time."""
    known, reset = found.device, found.reset
    if known.cleared_at is not None and reset.made_at <= known.cleared_at:
        return  # overtaken by one that left nothing to read in lanes before it
    if known.reset_at == reset.made_at:
        return  # a copy of the latest
    if not known.is_known:
        _follow_unknown(work, found)
        return
    if not reset.is_answer and is_restless(work, known.conversation):
        return  # heard again when it is announced again
    was_read = lanes.was_read(work.tx, known.conversation, known.device)
    heard = _read_lane(work, found)
    clears = reset.last_index >= 0 or reset.is_answer
    devices.note_reset(work.tx, known.conversation, known.device, reset.made_at, clears=clears)
    trust.heard(work, known, reset.made_at)
    if known.reset_at is not None and reset.made_at < known.reset_at:
        return  # overtaken by one that was answered; this lane is read beside its own
    _take_inbox(work, known.conversation, reset)
    if clears:
        end_older(work, known.conversation, known.device, reset.generation)
    if _must_begin(work, found, heard=heard) and not is_restless(work, known.conversation):
        sessions.retire(work.tx, known.conversation, known.device)
        devices.set_offered_key(work.tx, known.conversation, known.device, None)
        begin(work, known.conversation, is_last_known=True, answer=_answer(found, heard=heard))
        if not reset.is_answer and was_read:  # what was lost is said before what is new
            say_again(work, known, [LaneAck(reset.known, reset.known_next, 0)] if reset.known != NOBODY else [])
    elif reset.is_answer:
        _settled(work, found)


def _must_begin(work: Work, found: _Found, *, heard: bool) -> bool:
    """Tell whether a reset wants a new generation of ours: it asks, or it answers the present one without hearing it."""
    reset = found.reset
    if not reset.is_answer:
        return True
    current = lanes.writing(work.tx, found.device.conversation)
    is_present = current is not None and current.generation == reset.answers
    return is_present and not (reset.heard and heard)


def _answer(found: _Found, *, heard: bool) -> Answer:
    reset = found.reset
    return Answer(found.device.device, reset.generation, heard=heard, root=found.root, prekey=reset.prekey)


def _settled(work: Work, found: _Found) -> None:
    """Drop earlier lanes and every key that could still open them: both sides read each other's new lane."""
    known, reset = found.device, found.reset
    devices.set_offered_key(work.tx, known.conversation, known.device, msgspec.msgpack.encode(reset.prekey))
    sessions.drop_retired(work.tx, known.conversation, known.device)
    current = lanes.writing(work.tx, known.conversation)
    if current is not None and current.generation == reset.answers:
        lanes.make_rekeying_due(work.tx, current.generation)  # its way was sealed to a key that may be old
        for posting in postings.of_conversation(work.tx, known.conversation, "reset"):
            if posting.device == known.device:
                done(work, posting, None)


def _read_lane(work: Work, found: _Found) -> bool:
    """Begin to read the lane of a reset if the way into it opens; tell whether it is read."""
    known, reset = found.device, found.reset
    if lanes.reading(work.tx, reset.generation) is not None:
        return True
    between = Between(reset.certificate.identity, work.me.identity)
    try:
        way = prekeys.open_sealed(work, known.device, reset.to, reset.sealed, way_info(between, reset))
        offer, fresh = decode_way(way, reset.generation)
    except (OpenFailed, Malformed):
        return False
    start_reading(work, known.conversation, known.device, offer)
    if fresh and reset.is_answer:
        mixed = greeting.mixed_root(found.root.root, fresh)
        add_root(work, known.conversation, mixed, device=known.device)
    return True


def _take_inbox(work: Work, conversation: int, reset: Reset) -> None:
    """Take the inbox that a known device of a contact names: of two numbers the higher counts."""
    owner = conversations.by_id(work.tx, conversation)
    if owner.recipient != reset.certificate.identity:
        return
    if owner.inbox is None or reset.inbox_number > owner.inbox_number:
        contact_inboxes.set_present(work.tx, conversation, reset.inbox, reset.inbox_number)


# --- devices that are not known -------------------------------------------------------------------------------------------


def _follow_unknown(work: Work, found: _Found) -> None:
    """Remember what an unknown device asks for; read it, once it was let in and answered."""
    known, reset = found.device, found.reset
    if known.reset_at is not None and reset.made_at < known.reset_at:
        return
    devices.note_reset(work.tx, known.conversation, known.device, reset.made_at, clears=False)
    owner = conversations.by_id(work.tx, known.conversation)
    named = reset.inbox if reset.inbox != owner.inbox else None
    devices.set_inbox(work.tx, known.device, named, reset.inbox_number)
    is_read = known.let_in is not None and reset.is_answer and _read_lane(work, found)
    if is_read:
        end_older(work, known.conversation, known.device, reset.generation)  # else many would push out those of others
        devices.set_offered_key(work.tx, known.conversation, known.device, msgspec.msgpack.encode(reset.prekey))
        if reset.heard:
            return
    devices.set_asked(work.tx, known.conversation, known.device, reset.generation, found.root.name)
    devices.set_offered_key(work.tx, known.conversation, known.device, msgspec.msgpack.encode(reset.prekey))


def let_in_who_waited(work: Work) -> None:
    """Let in the unknown devices whose time has come, and answer those let in whose question waits."""
    for row in devices.every_asking(work.tx):
        may = row.let_in is not None or trust.is_ripe(work, row)
        is_early = not row.is_known and work.now.network_ms - row.answered_at < UNKNOWN_INTERVAL_MS
        if may and not is_early and not conversations.by_id(work.tx, row.conversation).blocked:
            hand_over(work, row)


def hand_over(work: Work, row: DeviceRow) -> None:
    """Let a device read the lane that is being written, from where it stands; answers its reset.

    What no known device acknowledged is encoded once more for it; where it is read already it is not shown again. One that
    was handed this lane before, and was put out since, lost count of it: then another lane begins.
    """
    root = None if row.asked_root is None else roots.find(work.tx, row.conversation, row.asked_root)
    if root is None or row.asked is None or row.offered_key is None:
        return
    if row.let_in is None:
        devices.set_let_in(work.tx, row.conversation, row.device, messages.last_seq(work.tx))
    if row.inbox is not None:
        contact_inboxes.set_beside(work.tx, row.conversation, row.inbox)
    prekey = decode_prekey(row.offered_key)
    sessions.retire(work.tx, row.conversation, row.device)
    devices.set_offered_key(work.tx, row.conversation, row.device, None)
    devices.set_left_behind(work.tx, row.conversation, row.device, left=False)
    devices.set_answered(work.tx, row.conversation, row.device, work.now.network_ms)
    answer = Answer(row.device, row.asked, heard=False, root=root, prekey=prekey)
    current = lanes.writing(work.tx, row.conversation)
    is_new_here = row.is_known or row.let_in is None  # else it only asks again, and may not make lanes begin
    if current is None or (is_new_here and row.answered_at >= current.made_at):
        begin(work, row.conversation, is_last_known=True, answer=answer)
    else:
        for seq in postings.said_in(work.tx, current.generation, fewer_than=MAX_SAID):
            outgoing.set_pending(work.tx, seq, again=True)
        announce(work, row.conversation, (NOBODY, -1), answer=answer, only=row.device)
        watch(work, row.conversation)
    trust.tell(work, row)
