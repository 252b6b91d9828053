"""Announces a generation of our lane: one reset for each device that is to read it, at roots that it knows.

Each is sealed to a key that this device gave us, if we have one, and starts a ratchet to the same key where none can be
trusted. A root that the other side is not known to have is never the only one that is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.crypto import primitives
from core.people.conversation import prekeys, trust
from core.people.conversation.ratchets import has_ratchet, start_session, usable_key
from core.people.format import greeting
from core.people.format.fragment import cut
from core.people.format.prekey import Prekey, make_prekey
from core.people.format.reset import ANY, NO_KEY, NOBODY, VERSION, Between, Reset, Way, seal, seal_way
from core.people.format.slot import FRAGMENTS, SLOTS, slot_secrets
from core.people.mail.outcome import NO_END, NO_END_PAUSE
from core.people.work import Work
from core.storage import accounts, contact_inboxes, conversations, devices, lanes, postings, roots
from core.storage.devices import DeviceRow
from core.storage.lanes import WriteLane
from core.storage.postings import Posting
from core.storage.roots import RootRow

# Of the eight slots of a side, how far apart those of two readers of one generation are: the next is used by the next one.
_STRIDE = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """The reset that one of ours answers: its device and generation, whether its lane opened, its root, and its key."""

    device: bytes
    generation: bytes
    heard: bool
    root: RootRow
    prekey: Prekey


def announce(
    work: Work,
    conversation: int,
    former: tuple[bytes, int],
    *,
    answer: Answer | None = None,
    everywhere: bool = False,
    only: bytes | None = None,
) -> None:
    """Announce the lane that is being written to every device that is served, or to ``only`` one.

    ``former`` is the generation before it and its last index, −1 when that is not known. What answers one of many devices
    asks nothing of the others: each that is read well is told that it is heard, else every answer would be answered by all.
    """
    row = lanes.writing(work.tx, conversation)
    assert row is not None
    owner = conversations.by_id(work.tx, conversation)
    if owner.inbox is None:
        return  # no device there knows us yet: what introduces us will carry the offer
    readers = trust.served(work, conversation)
    if not readers:
        _announce_to_any(work, row, former)
    for device in readers:
        if only in {None, device.device}:
            to_this = answer if answer is not None and answer.device == device.device else None
            if to_this is None and answer is not None and not owner.is_direct:
                to_this = _as_heard(work, device)
            _announce_to(work, row, device, former, answer=to_this, everywhere=everywhere)
    accounts.advance(work.tx)


def _as_heard(work: Work, device: DeviceRow) -> Answer | None:
    """Return what tells a device that its lane is read, with the key it offered used up; None where it has to be asked."""
    lane = next((each for each in lanes.reading_in(work.tx, device.conversation) if each.device == device.device), None)
    root = next(_roots_for(work, device, everywhere=False), None)
    prekey = usable_key(work, device)
    if lane is None or lane.broken_at is not None or root is None or prekey is None:
        return None
    devices.set_offered_key(work.tx, device.conversation, device.device, None)
    return Answer(device.device, lane.generation, heard=True, root=root, prekey=prekey)


def _announce_to(
    work: Work,
    row: WriteLane,
    device: DeviceRow,
    former: tuple[bytes, int],
    *,
    answer: Answer | None,
    everywhere: bool,
) -> None:
    to = answer.prekey if answer is not None else _take_key(work, device)
    if to is not None and not has_ratchet(work, device):
        start_session(work, device, to)
    unsealed = _unsealed(work, row, device.device, former, answer)
    # A device that is not known gets no root of its own: it would put one in the place of the one its owner's words give.
    fresh = primitives.random_bytes(32) if answer is not None and device.is_known else b""
    between = Between(work.me.identity, device.identity)
    reset = unsealed
    if to is not None:
        way = Way(primitives.scalar_public(row.scalar), row.chain, row.next_index, fresh)
        reset = seal_way(between, unsealed, way, to)
    chosen = [answer.root] if answer is not None else list(_roots_for(work, device, everywhere=everywhere))
    for root in chosen:
        _post(work, row, device.device, root, seal(between, root.root, reset, work.me.device_seed))
    if fresh and answer is not None:
        mixed = greeting.mixed_root(answer.root.root, fresh)
        new = RootRow(greeting.root_name(mixed), mixed, 0, None, None, device.device, row.generation)
        roots.add(work.tx, row.conversation, new, work.now.network_ms)


def _announce_to_any(work: Work, row: WriteLane, former: tuple[bytes, int]) -> None:
    """Announce to all devices of the other side, none of which is known: any that has a root may answer."""
    reset = _unsealed(work, row, prekeys.ANYBODY, former, None)
    between = Between(work.me.identity, conversations.by_id(work.tx, row.conversation).recipient)
    for root in roots.of_conversation(work.tx, row.conversation):
        sealed = seal(between, root.root, reset, work.me.device_seed)
        _post(work, row, prekeys.ANYBODY, root, sealed)


def _unsealed(work: Work, row: WriteLane, device: bytes, former: tuple[bytes, int], answer: Answer | None) -> Reset:
    """Return a reset without the way into its lane, with a key for its answer."""
    made = make_prekey(work.now.network_ms)
    prekeys.keep(work, row.conversation, device, made)
    read = next((each for each in lanes.ever_read_in(work.tx, row.conversation) if each.device == device), None)
    return Reset(
        version=VERSION,
        certificate=work.me.certificate,
        reader=device[: len(ANY)] or ANY,
        generation=row.generation,
        old_generation=former[0],
        last_index=former[1],
        known=NOBODY if read is None else read.generation,
        known_next=0 if read is None else read.next_index if read.broken_at is None else read.broken_at,
        made_at=row.made_at if answer is None else max(row.made_at, work.now.network_ms),
        answers=NOBODY if answer is None else answer.generation,
        heard=answer is not None and answer.heard,
        inbox=work.me.inbox,
        inbox_number=work.me.inbox_number,
        prekey=made.public,
        to=NO_KEY,
        sealed=b"",
        signature=bytes(64),
    )


def _take_key(work: Work, device: DeviceRow) -> Prekey | None:
    """Return the key that a device offered, used up by this."""
    offered = usable_key(work, device)
    devices.set_offered_key(work.tx, device.conversation, device.device, None)
    return offered


def _roots_for(work: Work, device: DeviceRow, *, everywhere: bool) -> Iterator[RootRow]:
    """Yield the newest root that a device is known to have, and all that it may not have; or all there are."""
    rows = [row for row in roots.of_conversation(work.tx, device.conversation) if row.device in {None, device.device}]
    if everywhere or not device.is_known:
        yield from rows
        return
    yield from (row for row in rows if row.proof is not None)
    own = [row for row in rows if row.proof is None and row.device is not None]
    shared = [row for row in rows if row.proof is None and row.device is None]
    yield from (own or shared)[:1]


def _slot_number(work: Work, row: WriteLane, device: bytes) -> int:
    """Return a slot that the other side does not use, nor we for another device, nor lately."""
    readers = {each.device: each.identity for each in devices.of_conversation(work.tx, row.conversation)}
    rank = list(readers).index(device) if device in readers else 0
    identity = readers.get(device) or conversations.by_id(work.tx, row.conversation).recipient
    # Two devices of one's own are told by their keys.
    is_second = (work.me.identity, work.me.device) > (identity, device)
    return (2 * (row.born + _STRIDE * rank) + is_second) % SLOTS["reset"].numbers


def _post(work: Work, row: WriteLane, device: bytes, root: RootRow, sealed: bytes) -> None:
    posting = Posting(
        id=0,
        kind="reset",
        conversation=row.conversation,
        generation=row.generation,
        first_index=0,
        fragments=FRAGMENTS,
        payload=b"".join(cut(sealed)),
        secrets=slot_secrets(greeting.reset_secret(root.root), _slot_number(work, row, device)),
        inbox=contact_inboxes.written_to(conversations.by_id(work.tx, row.conversation)),
        message=None,
        made_at=work.now.network_ms,
        until=NO_END,
        pause=NO_END_PAUSE,
        device=device,
    )
    postings.insert(work.tx, posting)
