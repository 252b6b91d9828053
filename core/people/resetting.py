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
from core.people.lane import Offer
from core.people.moment import HOUR_MS
from core.people.posting import TRY_MS, done, slot_secrets, withdraw_all
from core.people.slot import RESET_SLOTS
from core.people.watching import SlotWatch
from core.people.work import Work
from core.storage import accounts, conversations, devices, lanes, messages, postings
from core.storage.lanes import WriteLane
from core.storage.postings import Posting

_NONCE_SIZE = 12
_FRAGMENTS = CLASSES[1]
_SIZE = _FRAGMENTS * PIECE_SIZE
NOBODY = bytes(16)  # "answers" of a reset that answers none
# A lane that cannot be read is reset once in this time at most, so that two broken devices do not flood each other.
MIN_INTERVAL_MS = HOUR_MS


def watch_name(conversation: int, greeting_hash: bytes) -> str:
    """Return the name of the watch on a root's reset slots."""
    return f"reset:{conversation}:{greeting_hash.hex()}"


def watch(work: Work, conversation: int) -> None:
    """Look for resets of a conversation, at every root it has."""
    for greeting_hash, root in conversations.roots(work.tx, conversation):
        name = watch_name(conversation, greeting_hash)
        work.watches.watch_slots(SlotWatch(name, greeting.reset_secret(root), RESET_SLOTS))


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


def request(work: Work, conversation: int) -> None:
    """A block did not open: ask the other side to start afresh, by doing so."""
    current = lanes.last_written(work.tx, conversation)
    if current is not None and not current.ended and work.now.network_ms - current.rekeyed_at < MIN_INTERVAL_MS:
        return
    for device in devices.of_conversation(work.tx, conversation):
        devices.retire_sessions(work.tx, device.device)
    begin(work, conversation, is_last_known=True)


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


def begin(work: Work, conversation: int, *, is_last_known: bool, answers: bytes = NOBODY) -> None:
    """End our generation and begin another; announce it; let what is not known to be delivered be encoded anew."""
    old, offer = start_lane(work, conversation)
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
        answers=answers,
        signature=bytes(64),
    )
    signature = primitives.ed25519_sign(work.me.device_seed, reset_message(unsigned))
    _announce(work, conversation, msgspec.structs.replace(unsigned, signature=signature))
    accounts.advance(work.tx)


def _announce(work: Work, conversation: int, reset: Reset) -> None:
    for _, root in conversations.roots(work.tx, conversation):
        nonce = primitives.random_bytes(_NONCE_SIZE)
        padded = pad(msgspec.msgpack.encode(reset), _SIZE - _NONCE_SIZE - primitives.SEAL_OVERHEAD)
        sealed = nonce + primitives.aead_seal(greeting.reset_key(root), nonce, padded, b"")
        number = primitives.random_bytes(1)[0] % RESET_SLOTS
        posting = Posting(
            id=0,
            kind="reset",
            conversation=conversation,
            generation=reset.offer.generation,
            first_index=0,
            fragments=_FRAGMENTS,
            payload=b"".join(cut(sealed)),
            secrets=slot_secrets(greeting.reset_secret(root), number),
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
    known = devices.find(work.tx, certificate.device)
    if known is None or known.conversation != conversation:
        return False
    if not primitives.ed25519_verify(certificate.device, reset.signature, reset_message(reset)):
        return False
    _follow(work, conversation, certificate.device, reset)
    return True


def _follow(work: Work, conversation: int, device: bytes, reset: Reset) -> None:
    if not start_reading(work, conversation, device, reset.offer):
        return  # a copy of a reset we know
    answers_us = reset.answers != NOBODY
    if reset.last_index >= 0 or answers_us:
        _drop_older(work, conversation, device, reset.offer.generation)
    devices.retire_sessions(work.tx, device)
    devices.set_offered_key(work.tx, device, None)
    if not answers_us:
        begin(work, conversation, is_last_known=True, answers=reset.offer.generation)
    for held in reset.holds:
        _say_again(work, conversation, held)
    if answers_us:
        row = devices.find(work.tx, device)
        assert row is not None
        start_session(work, row)


def _say_again(work: Work, conversation: int, held: LaneAck) -> None:
    written = lanes.written(work.tx, held.generation)
    if written is not None and written.conversation == conversation and written.ended:
        messages.encode_again(work.tx, conversation, held.generation, held.next)


def start_reading(work: Work, conversation: int, device: bytes, offer: Offer) -> bool:
    """Begin to read a lane that its writer offered; False when it is known already."""
    if not lanes.start_reading(work.tx, offer.generation, conversation, device, offer.point, offer.chain):
        return False
    row = lanes.reading(work.tx, offer.generation)
    assert row is not None
    work.want(work.watches.watch_lane(row, ()))
    conversations.set_ack_due(work.tx, conversation, due=True)
    return True


def _drop_older(work: Work, conversation: int, device: bytes, keep: bytes) -> None:
    for row in lanes.reading_in(work.tx, conversation):
        if row.device == device and row.generation != keep:
            work.watches.forget_lane(row.generation)
            lanes.drop_reading(work.tx, row.generation)
