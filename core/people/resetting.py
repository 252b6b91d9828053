"""New generations: how a device whose state is old, or that cannot read on, starts afresh without losing or repeating.

A restored copy of a home would use indexes and ratchet keys a second time. It is noticed before anything is encrypted, by
the mark kept outside the database or by meeting ids of its own future in the network. Then the lane has ended, every
ratchet is retired for sending, and the next write begins a new generation. Its first block says what the device holds, so
that the other side says again what was lost. The other side answers with a new generation of its own, sealed to a key that
came with the question; where the question's own lane could not be opened, its writer begins once more under a key that
came with the answer. After that both lanes and both ratchets are fresh, and so is the root that the next reset goes by.
Texts keep their uid, so nothing comes twice.

A device that is not known is heard and not answered, until it is let in (``core.people.knowing``); then it is handed the
lane that is being written, where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.crypto import primitives
from core.errors import Malformed, Newer, OpenFailed
from core.people import greeting, knowing, lane, prekeys
from core.people.announcing import Answer, announce
from core.people.content import MAX_LANES, Ack, LaneAck
from core.people.lane import Offer
from core.people.moment import DAY_MS, HOUR_MS
from core.people.notices import insert_notice
from core.people.posting import done, withdraw_all
from core.people.reset import ANY, NOBODY, Between, Own, Reset, decode_way, open_reset, way_info
from core.people.slot import RESET_SLOTS
from core.people.watching import SlotWatch
from core.people.work import Work
from core.storage import conversations, devices, lanes, messages, postings
from core.storage.conversations import RootRow
from core.storage.devices import DeviceRow
from core.storage.lanes import ReadLane, WriteLane
from core.storage.messages import NEWER_VERSION

# A lane that cannot be read is reset once in this time at most, so that two broken devices do not flood each other.
MIN_INTERVAL_MS = HOUR_MS
# Resets of the other side are answered until so many of our generations have begun within an hour, and within a day. Each
# costs us a lane, an announcement, and the work for all that was not delivered; a sane device asks once, and again after a
# restore.
MAX_GENERATIONS_AN_HOUR = 8
MAX_GENERATIONS_A_DAY = 24
# A device that is not known is answered so often at most.
UNKNOWN_INTERVAL_MS = DAY_MS
# A device that wrote so long after our lane was announced, and does not know it, did not hear of it.
UNHEARD_MS = 48 * HOUR_MS
# A root whose place was taken is looked at for so long, for whoever was put back to before that.
FORMER_ROOT_MS = 130 * DAY_MS
# Of a lane whose writer began another, nothing is left in the network after so long.
OVERTAKEN_MS = 4 * DAY_MS


def watch_name(conversation: int, root: bytes) -> str:
    """Return the name of the watch on a root's reset slots."""
    return f"reset:{conversation}:{root.hex()}"


def watch(work: Work, conversation: int) -> None:
    """Look for resets of a conversation, at every root it has; of who is blocked nothing is looked for."""
    owner = conversations.by_id(work.tx, conversation)
    if owner.blocked:
        return
    beside = bool(owner.reads_beside)
    for row in conversations.roots(work.tx, conversation):
        name = watch_name(conversation, row.name)
        work.want(
            work.watches.watch_slots(SlotWatch(name, greeting.reset_secret(row.root), RESET_SLOTS, beside=beside))
        )


def trusts(counter: int | None, mark: int | None) -> bool:
    """Tell whether a database with this count is the latest, given the mark kept outside it.

    The mark is written after each commit that is shown, so a crash in between leaves it behind, never ahead. A missing
    mark means another machine, or a home put back: not to be trusted either. A fresh file has nothing to repeat.
    """
    return counter is None or counter == 0 or (mark is not None and mark <= counter)


def distrust_state(work: Work) -> None:
    """This database may be an old copy: never encrypt by its lanes and ratchets again."""
    for row in conversations.every(work.tx):
        messages.encode_lane_again(work.tx, row.id, again=False)
        conversations.set_ack_due(work.tx, row.id, due=row.state == "open")
    withdraw_all(work)
    lanes.end_writing(work.tx)
    devices.retire_sessions(work.tx)


def request(work: Work, conversation: int, *, is_last_known: bool = True, everywhere: bool = False) -> None:
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
    begin(work, conversation, is_last_known=is_last_known, everywhere=everywhere)


def repair(work: Work) -> None:
    """Ask again for a fresh start of every lane that cannot be read on."""
    for conversation in {row.conversation for row in lanes.every_reading(work.tx) if row.broken_at is not None}:
        if not conversations.by_id(work.tx, conversation).blocked:
            request(work, conversation)


def start_lane(
    work: Work, conversation: int, *, again: bool = False, restarts: bool = False
) -> tuple[WriteLane | None, Offer]:
    """Begin a generation; what the one before it (returned first) did not deliver is to be encoded anew.

    ``again``: because the other side asked for it. A first secret is mixed in as soon as there is a key to seal it to.
    """
    old = lanes.last_written(work.tx, conversation)
    scalar, offer = lane.new_lane()
    now = work.now.network_ms
    lanes.start_writing(work.tx, offer.generation, conversation, scalar, offer.chain, now, restarts=restarts)
    if old is not None:
        messages.encode_lane_again(work.tx, conversation, again=again)
        for posting in postings.of_lane(work.tx, old.generation):
            done(work, posting, None)
    return old, offer


def introduce_lane(work: Work, conversation: int) -> Offer:
    """Return the offer of a lane to somebody who knows none of ours: the one that is empty still, or a new one."""
    row = lanes.writing(work.tx, conversation)
    if row is not None and row.next_index == 0:
        return Offer(row.generation, primitives.scalar_public(row.scalar), row.chain)
    _, offer = start_lane(work, conversation)
    lanes.make_rekeying_due(work.tx, offer.generation)
    return offer


def begin(
    work: Work, conversation: int, *, is_last_known: bool, answer: Answer | None = None, everywhere: bool = False
) -> Offer:
    """End our generation and begin another; announce it; let what is not known to be delivered be encoded anew.

    ``everywhere``: at every root, because the other side's state may be an old one, or ours is.
    """
    old, offer = start_lane(work, conversation, again=answer is not None, restarts=True)
    for posting in postings.of_conversation(work.tx, conversation, "reset"):
        done(work, posting, None)
    for device in devices.of_conversation(work.tx, conversation):
        devices.set_left_behind(work.tx, device.device, left=False)
    last_index = old.next_index - 1 if old is not None and is_last_known else -1
    former = NOBODY if old is None else old.generation
    announce(work, conversation, (former, last_index), answer=answer, everywhere=everywhere or not is_last_known)
    watch(work, conversation)
    conversations.set_ack_due(work.tx, conversation, due=True)  # the first block says what we hold
    return offer


# --- what comes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A reset that came, from whom, by which root."""

    device: DeviceRow
    root: RootRow
    reset: Reset


def received(work: Work, conversation: int, root_name: bytes, sealed: bytes) -> bool:
    """Act on what was found in a reset slot; False when it is not a reset of a device that may reset here."""
    root = conversations.root(work.tx, conversation, root_name)
    owner = conversations.by_id(work.tx, conversation)
    if root is None or owner.blocked:
        return False
    try:
        reset = open_reset(Between(owner.identity, work.me.identity), root.root, sealed)
    except Own:
        return True  # an announcement of ours, come back
    except Newer:
        insert_notice(work, conversation, owner.identity, NEWER_VERSION, b"newer" + root.name)
        return True
    except (OpenFailed, Malformed):
        return False
    device = reset.certificate.device
    if root.device not in {None, device}:
        return False
    if reset.reader not in {ANY, work.me.certificate.tag}:
        return True  # for another device of ours
    known = devices.find(work.tx, device) or _meet(work, conversation, reset)
    if known is None or known.conversation != conversation or known.state == "refused":
        return False
    conversations.prove_root(work.tx, conversation, root.name)
    _follow(work, _Found(known, root, reset))
    return True


def _meet(work: Work, conversation: int, reset: Reset) -> DeviceRow | None:
    """Hear of a further device of the other side: somebody restored an account by its words, or has them.

    Only who knows a root can seal a reset, and the identity certified the device; whoever has the words can do both.
    """
    owner = conversations.by_id(work.tx, conversation)
    if owner.state != "open" or knowing.is_foreign(work, reset.certificate):
        return None
    return knowing.meet(work, conversation, reset.certificate)


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
    was_read = lanes.was_read(work.tx, known.device)
    heard = _read_lane(work, found)
    clears = reset.last_index >= 0 or reset.is_answer
    devices.note_reset(work.tx, known.device, reset.made_at, clears=clears)
    knowing.heard(work, known, reset.made_at)
    if known.reset_at is not None and reset.made_at < known.reset_at:
        return  # overtaken by one that was answered; this lane is read beside its own
    _take_inbox(work, known.conversation, reset)
    if clears:
        _end_older(work, known.conversation, known.device, reset.generation)
    if _must_begin(work, found, heard=heard) and not is_restless(work, known.conversation):
        devices.retire_sessions(work.tx, known.device)
        devices.set_offered_key(work.tx, known.device, None)
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
    return Answer(found.device.device, reset.generation, heard, found.root, reset.prekey)


def _settled(work: Work, found: _Found) -> None:
    """Both sides read each other's new lane: what was before is over, with every key that could still open it."""
    known, reset = found.device, found.reset
    devices.set_offered_key(work.tx, known.device, msgspec.msgpack.encode(reset.prekey))
    devices.drop_sessions(work.tx, known.device)
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


def add_root(
    work: Work,
    conversation: int,
    root: bytes,
    *,
    device: bytes | None = None,
    proof: bytes | None = None,
    acceptance: bytes | None = None,
) -> None:
    """Know a root from now on, and look for resets at it."""
    row = RootRow(greeting.root_name(root), root, 0, acceptance, None, device, proof)
    conversations.add_root(work.tx, conversation, row, work.now.network_ms)
    watch(work, conversation)


def _take_inbox(work: Work, conversation: int, reset: Reset) -> None:
    """A known device says where its account reads: of two numbers the higher counts."""
    owner = conversations.by_id(work.tx, conversation)
    if owner.inbox is None or reset.inbox_number > owner.inbox_number:
        conversations.set_inbox(work.tx, conversation, reset.inbox, reset.inbox_number)


def is_restless(work: Work, conversation: int) -> bool:
    """Tell whether so many generations began lately that the other side can only mean to keep us busy."""
    rows = lanes.written_in(work.tx, conversation)
    now = work.now.network_ms
    lately = [sum(row.made_at > now - span for row in rows) for span in (HOUR_MS, DAY_MS)]
    return lately[0] >= MAX_GENERATIONS_AN_HOUR or lately[1] >= MAX_GENERATIONS_A_DAY


def forget_former_roots(work: Work) -> None:
    """Look no longer at roots whose place was taken long ago: who was put back further than that greets again."""
    for conversation, name in conversations.former_roots(work.tx, work.now.sure_ms - FORMER_ROOT_MS):
        if conversations.drop_root(work.tx, conversation, name):
            work.watches.forget_slots(watch_name(conversation, name))


# --- devices that are not known -------------------------------------------------------------------------------------------


def _follow_unknown(work: Work, found: _Found) -> None:
    """Remember what an unknown device asks for; read it, once it was let in and answered."""
    known, reset = found.device, found.reset
    if known.reset_at is not None and reset.made_at < known.reset_at:
        return
    devices.note_reset(work.tx, known.device, reset.made_at, clears=False)
    owner = conversations.by_id(work.tx, known.conversation)
    named = reset.inbox if reset.inbox != owner.inbox else None
    devices.set_inbox(work.tx, known.device, named, reset.inbox_number)
    is_read = known.let_in is not None and reset.is_answer and _read_lane(work, found)
    if is_read:
        devices.set_offered_key(work.tx, known.device, msgspec.msgpack.encode(reset.prekey))
        if reset.heard:
            return
    devices.set_asked(work.tx, known.device, reset.generation, found.root.name)
    devices.set_offered_key(work.tx, known.device, msgspec.msgpack.encode(reset.prekey))


def let_in_who_waited(work: Work) -> None:
    """Let in the unknown devices whose time has come, and answer those let in whose question waits."""
    for row in devices.every_asking(work.tx):
        may = row.let_in is not None or knowing.is_ripe(work, row)
        is_early = not row.is_known and work.now.network_ms - row.answered_at < UNKNOWN_INTERVAL_MS
        if may and not is_early and not conversations.by_id(work.tx, row.conversation).blocked:
            hand_over(work, row)


def hand_over(work: Work, row: DeviceRow) -> None:
    """Let a device read the lane that is being written, from where it stands; answers its reset.

    What no known device acknowledged is encoded once more for it; where it is read already it is not shown again.
    """
    root = None if row.asked_root is None else conversations.root(work.tx, row.conversation, row.asked_root)
    if root is None or row.asked is None or row.offered_key is None:
        return
    if row.let_in is None:
        devices.set_let_in(work.tx, row.device, messages.last_seq(work.tx))
    if row.inbox is not None:
        conversations.set_inbox_beside(work.tx, row.conversation, row.inbox)
    prekey = prekeys.decode_public(row.offered_key)
    devices.retire_sessions(work.tx, row.device)
    devices.set_offered_key(work.tx, row.device, None)
    devices.set_left_behind(work.tx, row.device, left=False)
    devices.set_answered(work.tx, row.device, work.now.network_ms)
    answer = Answer(row.device, row.asked, False, root, prekey)
    current = lanes.writing(work.tx, row.conversation)
    if current is None:
        begin(work, row.conversation, is_last_known=True, answer=answer)
    else:
        messages.encode_lane_again(work.tx, row.conversation, again=True)
        announce(work, row.conversation, (NOBODY, -1), answer=answer, only=row.device)
        watch(work, row.conversation)
    knowing.tell(work, row)


def notice_unheard(work: Work, conversation: int, device: bytes, made_at: int, ack: Ack) -> None:
    """A known device does not speak of the lane we write, long after it was announced: announce another.

    An announcement can be lost to both sides, when one is put back to an old copy unnoticed.
    """
    current, known = lanes.writing(work.tx, conversation), devices.find(work.tx, device)
    if current is None or known is None or not known.is_known or len(ack.lanes) >= MAX_LANES:
        return
    is_named = any(each.generation == current.generation for each in ack.lanes)
    if not is_named and made_at - current.made_at > UNHEARD_MS and current.next_index > 0:
        if not postings.of_conversation(work.tx, conversation, "reset"):
            request(work, conversation, everywhere=True)


# --- saying again, reading ------------------------------------------------------------------------------------------------


def say_again(work: Work, device: DeviceRow, holds: list[LaneAck]) -> None:
    """Let be encoded anew what a device lacks that holds this much of our lanes, from where it is served.

    Generations not named are unknown there when they are later than those named, and else long done with.
    """
    if not device.is_known:
        return  # it was told what nobody had acknowledged when it was let in
    held = {each.generation: each for each in holds}
    is_later = True
    for own in lanes.written_in(work.tx, device.conversation):
        ack = held.get(own.generation)
        is_later = is_later and ack is None
        if not own.ended or (ack is None and not is_later):
            continue
        spans = [(0 if ack is None else ack.next, 1 << 62)]
        spans += [(first, first + count) for first, count in ([] if ack is None else ack.lacks)]
        for span in spans:
            messages.encode_again(
                work.tx, device.conversation, own.generation, span, served_after=device.let_in
            )


def watch_lane(work: Work, row: ReadLane) -> None:
    """Look for what comes next in a lane; not in one of who is blocked."""
    owner = conversations.by_id(work.tx, row.conversation)
    if owner.blocked:
        return
    beside = bool(owner.reads_beside)
    work.want(work.watches.watch_lane(row, lanes.held_indexes(work.tx, row.generation), beside=beside))


def end_overtaken(work: Work) -> None:
    """End lanes that were read beside a later one of the same device, once nothing of them can be in the network.

    With them go the ratchets that were retired: what they could still open was said again.
    """
    for device in devices.reset_before(work.tx, work.now.network_ms - OVERTAKEN_MS):
        read = [row for row in lanes.reading_in(work.tx, device.conversation) if row.device == device.device]
        for row in read[1:]:
            _end_reading(work, row)
        devices.drop_sessions(work.tx, device.device)


def start_reading(work: Work, conversation: int, device: bytes, offer: Offer) -> bool:
    """Begin to read a lane that its writer offered; False when it is known already."""
    if not lanes.start_reading(
        work.tx, offer.generation, conversation, device, offer.point, offer.chain, offer.first
    ):
        return False
    row = lanes.reading(work.tx, offer.generation)
    assert row is not None
    watch_lane(work, row)
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
