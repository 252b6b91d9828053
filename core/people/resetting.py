"""New generations: how a device whose state is old, or that cannot read on, starts afresh without losing or repeating.

A restored copy of a home would use indexes and ratchet keys a second time. It is noticed before anything is encrypted, by
the mark kept outside the database or by meeting ids of its own future in the network. Then the lane has ended, every
ratchet is retired for sending, and the next write begins a new generation, announced with what the device holds, so that
the other side says again what was lost. The other side answers with a new generation of its own: after a reset both
lanes and both ratchets are fresh. Texts keep their uid, so nothing comes twice.
"""

from __future__ import annotations

import msgspec

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people import greeting, lane
from core.people.bounds import decode
from core.people.content import LaneAck, Reset, reset_message
from core.people.conversing import lane_acks, start_session
from core.people.device import check
from core.people.fragment import CLASSES, PIECE_SIZE, PLAINTEXT_SIZE, cut, pad, unpad
from core.people.knowing import know
from core.people.lane import Offer
from core.people.moment import HOUR_MS
from core.people.notices import insert_notice
from core.people.posting import TRY_MS, done, slot_secrets, withdraw_all
from core.people.slot import RESET_SLOTS
from core.people.watching import SlotWatch
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages, postings
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane, WriteLane
from core.storage.messages import NEW_DEVICE
from core.storage.postings import Posting

_NONCE_SIZE = 12
_FRAGMENTS = CLASSES[1]
_SIZE = _FRAGMENTS * PIECE_SIZE
NOBODY = bytes(16)  # "answers" of a reset that answers none
# A lane that cannot be read is reset once in this time at most, so that two broken devices do not flood each other.
MIN_INTERVAL_MS = HOUR_MS
# Resets of the other side are answered until this many of our generations have begun within an hour. Each costs us a
# lane, an announcement, and the work for all that was not delivered; a sane device asks once, and again after a restore.
MAX_GENERATIONS_AN_HOUR = 8


def watch_name(conversation: int, greeting_hash: bytes) -> str:
    """Return the name of the watch on a root's reset slots."""
    return f"reset:{conversation}:{greeting_hash.hex()}"


def watch(work: Work, conversation: int) -> None:
    """Look for resets of a conversation, at every root it has."""
    for greeting_hash, root in conversations.roots(work.tx, conversation):
        name = watch_name(conversation, greeting_hash)
        work.want(work.watches.watch_slots(SlotWatch(name, greeting.reset_secret(root), RESET_SLOTS)))


def trusts(counter: int | None, mark: int | None) -> bool:
    """Tell whether a database with this count is the latest, given the mark kept outside it.

    The mark is written after each commit that is shown, so a crash in between leaves it behind, never ahead. A missing
    mark means another machine, or a home put back: not to be trusted either. A fresh file has nothing to repeat.
    """
    return counter is None or counter == 0 or (mark is not None and mark <= counter)


def distrust_state(work: Work) -> None:
    """This database may be an old copy: never encrypt by its lanes and ratchets again."""
    for row in conversations.every(work.tx):
        messages.encode_lane_again(work.tx, row.id)
        conversations.set_ack_due(work.tx, row.id, due=row.state == "open")
    withdraw_all(work)
    lanes.end_writing(work.tx)
    devices.retire_sessions(work.tx)


def request(work: Work, conversation: int, *, is_last_known: bool = True) -> None:
    """A lane cannot be read on, or its reader holds what we never wrote: ask for a fresh start, by making one.

    Not while one is under way, nor soon after the last; ``repair`` comes back to it.
    """
    current = lanes.last_written(work.tx, conversation)
    if current is not None and not current.ended and work.now.network_ms - current.made_at < MIN_INTERVAL_MS:
        return
    if postings.of_conversation(work.tx, conversation, "reset"):
        return
    for device in devices.of_conversation(work.tx, conversation):
        devices.retire_sessions(work.tx, device.device)
    begin(work, conversation, is_last_known=is_last_known)


def repair(work: Work) -> None:
    """Ask again for a fresh start of every lane that cannot be read on."""
    for conversation in {row.conversation for row in lanes.every_reading(work.tx) if row.broken_at is not None}:
        request(work, conversation)


def start_lane(work: Work, conversation: int) -> tuple[WriteLane | None, Offer]:
    """Begin a generation; what the one before it (returned first) did not deliver is to be encoded anew."""
    old = lanes.last_written(work.tx, conversation)
    scalar, offer = lane.new_lane()
    lanes.start_writing(work.tx, offer.generation, conversation, scalar, offer.chain, work.now.network_ms)
    if old is not None:
        messages.encode_lane_again(work.tx, conversation)
        for posting in postings.of_lane(work.tx, old.generation):
            done(work, posting, None)
    return old, offer


def introduce_lane(work: Work, conversation: int) -> Offer:
    """Return the offer of a lane to somebody who knows none of ours: the one that is empty still, or a new one."""
    row = lanes.writing(work.tx, conversation)
    if row is not None and row.next_index == 0:
        return Offer(row.generation, primitives.scalar_public(row.scalar), row.chain)
    return start_lane(work, conversation)[1]


def begin(work: Work, conversation: int, *, is_last_known: bool, answers: bytes = NOBODY) -> Offer:
    """End our generation and begin another; announce it; let what is not known to be delivered be encoded anew."""
    old, offer = start_lane(work, conversation)
    fresh = lanes.writing(work.tx, conversation)
    assert fresh is not None
    devices.drop_offers(work.tx, conversation)
    for device in devices.of_conversation(work.tx, conversation):
        start_session(work, device)
    for posting in postings.of_conversation(work.tx, conversation, "reset"):
        done(work, posting, None)
    last_index = old.next_index - 1 if old is not None and is_last_known else -1
    unsigned = Reset(
        certificate=work.me.certificate,
        old_generation=NOBODY if old is None else old.generation,
        last_index=last_index,
        offer=offer,
        holds=lane_acks(work, conversation),
        made_at=fresh.made_at,
        answers=answers,
        inbox=work.me.inbox,
        signature=bytes(64),
    )
    signature = primitives.ed25519_sign(work.me.device_seed, reset_message(unsigned))
    _announce(work, conversation, msgspec.structs.replace(unsigned, signature=signature), fresh.born)
    accounts.advance(work.tx)
    return offer


def _slot_number(work: Work, conversation: int, born: int) -> int:
    """Return a slot that the other side does not use, and we not for the eight generations before this one."""
    is_second = work.me.identity > conversations.by_id(work.tx, conversation).identity
    return (2 * born + is_second) % RESET_SLOTS


def _announce(work: Work, conversation: int, reset: Reset, born: int) -> None:
    inbox = conversations.by_id(work.tx, conversation).inbox
    if inbox is None:
        return  # nobody there knows us yet: what introduces us will carry the offer
    for _, root in conversations.roots(work.tx, conversation):
        nonce = primitives.random_bytes(_NONCE_SIZE)
        padded = pad(msgspec.msgpack.encode(reset), _SIZE - _NONCE_SIZE - primitives.SEAL_OVERHEAD)
        sealed = nonce + primitives.aead_seal(greeting.reset_key(root), nonce, padded, b"")
        number = _slot_number(work, conversation, born)
        posting = Posting(
            id=0,
            kind="reset",
            conversation=conversation,
            generation=reset.offer.generation,
            first_index=0,
            fragments=_FRAGMENTS,
            payload=b"".join(cut(sealed)),
            secrets=slot_secrets(greeting.reset_secret(root), number),
            inbox=inbox,
            message=None,
            made_at=work.now.network_ms,
            until=work.now.network_ms + TRY_MS,
        )
        assert len(posting.payload) == _FRAGMENTS * PLAINTEXT_SIZE
        postings.insert(work.tx, posting)


def received(work: Work, conversation: int, greeting_hash: bytes, sealed: bytes) -> bool:
    """Act on what was found in a reset slot; False when it is not a reset of a device we know."""
    root = dict(conversations.roots(work.tx, conversation)).get(greeting_hash)
    if root is None:
        return False
    try:
        padded = primitives.aead_open(greeting.reset_key(root), sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], b"")
        reset = decode(Reset, unpad(padded), "reset")
        certificate = check(reset.certificate)
        lane.check_offer(reset.offer)
    except (OpenFailed, Malformed):
        return False
    if certificate.device == work.me.device:
        return True  # our own announcement, come back
    if not primitives.ed25519_verify(certificate.device, reset.signature, reset_message(reset)):
        return False
    known = devices.find(work.tx, certificate.device) or _meet(work, conversation, reset)
    if known is None or known.conversation != conversation:
        return False
    _follow(work, conversation, known, reset)
    return True


def _meet(work: Work, conversation: int, reset: Reset) -> DeviceRow | None:
    """Know a further device of the other side: somebody restored an account by its words.

    Only the two sides know the root under which the reset is sealed, and the identity certified the device: who could
    do both could as well be the device we know. So this needs no second greeting; it is shown as a line of its own.
    """
    owner = conversations.by_id(work.tx, conversation)
    if owner.state != "open" or reset.certificate.identity != owner.identity:
        return None
    is_asked_for = lanes.written(work.tx, reset.answers) is not None
    if not is_asked_for and (reset.answers != NOBODY or _is_restless(work, conversation)):
        return None
    has_others = bool(devices.of_conversation(work.tx, conversation))
    know(work, conversation, reset.certificate)
    if has_others:
        device = reset.certificate.device
        insert_notice(work, conversation, device, NEW_DEVICE, b"device" + device)
    return devices.find(work.tx, reset.certificate.device)


def _follow(work: Work, conversation: int, known: DeviceRow, reset: Reset) -> None:
    """Read the new lane; resets may come in any order, and copies of old ones at any time."""
    if known.cleared_at is not None and reset.made_at <= known.cleared_at:
        return  # overtaken by one that left nothing to read in lanes before it
    if reset.answers == NOBODY and _is_restless(work, conversation):
        return  # heard again tomorrow, when it is announced again
    is_new = not lanes.was_read(work.tx, known.device)
    if not start_reading(work, conversation, known.device, reset.offer):
        return  # a copy of a reset we know
    conversations.set_inbox(work.tx, conversation, reset.inbox)
    answers_us = reset.answers != NOBODY
    clears = reset.last_index >= 0 or answers_us
    devices.note_reset(work.tx, known.device, reset.made_at, clears=clears)
    devices.hear(work.tx, known.device, work.now.network_ms)
    if known.reset_at is not None and reset.made_at <= known.reset_at:
        return  # overtaken by one that was answered; this lane is read beside its own
    if clears:
        _end_older(work, conversation, known.device, reset.offer.generation)
    devices.retire_sessions(work.tx, known.device)
    devices.set_offered_key(work.tx, known.device, None)
    if not answers_us:
        begin(work, conversation, is_last_known=True, answers=reset.offer.generation)
    if not is_new:  # else what others of its devices hold was said; what they do not is said anew with the generation
        say_again(work, conversation, reset.holds)
    if answers_us:
        start_session(work, known)


def _is_restless(work: Work, conversation: int) -> bool:
    """Tell whether so many generations began lately that the other side can only mean to keep us busy."""
    since = work.now.network_ms - HOUR_MS
    return sum(row.made_at > since for row in lanes.written_in(work.tx, conversation)) >= MAX_GENERATIONS_AN_HOUR


def say_again(work: Work, conversation: int, holds: list[LaneAck]) -> None:
    """Let be encoded anew what somebody lacks who holds this much of our lanes.

    Generations not named are unknown there when they are later than those named, and else long done with.
    """
    held = {each.generation: each for each in holds}
    is_later = True
    for own in lanes.written_in(work.tx, conversation):
        ack = held.get(own.generation)
        is_later = is_later and ack is None
        if not own.ended or (ack is None and not is_later):
            continue
        messages.encode_again(work.tx, conversation, own.generation, 0 if ack is None else ack.next)
        for first, count in [] if ack is None else ack.lacks:
            messages.encode_again(work.tx, conversation, own.generation, first, first + count)


def start_reading(work: Work, conversation: int, device: bytes, offer: Offer) -> bool:
    """Begin to read a lane that its writer offered; False when it is known already."""
    if not lanes.start_reading(work.tx, offer.generation, conversation, device, offer.point, offer.chain):
        return False
    row = lanes.reading(work.tx, offer.generation)
    assert row is not None
    work.want(work.watches.watch_lane(row, ()))
    conversations.set_ack_due(work.tx, conversation, due=True)
    for old in lanes.reading_in(work.tx, conversation)[lanes.MAX_GENERATIONS :]:
        _end_reading(work, old)
    return True


def _end_older(work: Work, conversation: int, device: bytes, keep: bytes) -> None:
    for row in lanes.reading_in(work.tx, conversation):
        if row.device == device and row.generation != keep:
            _end_reading(work, row)


def _end_reading(work: Work, row: ReadLane) -> None:
    work.watches.forget_lane(row.generation)
    lanes.end_reading(work.tx, row.generation, work.now.network_ms)
