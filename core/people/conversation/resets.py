"""Resets: how a device with an old state, or one that cannot read on, begins a new generation without loss or repetition.

A restored copy of a home would use indexes and ratchet keys a second time. It is noticed before anything is encrypted, by
the mark kept outside the database or by finding ids of its own future in the network. Then the lane ends, every ratchet is
retired for sending, and the next write begins a new generation. Its first block says what the device holds, so that the
other side sends again what was lost. The other side answers with a new generation of its own, sealed to a key that came
with the reset; where the reset's own lane could not be opened, its writer begins once more under a key that came with the
answer. After that both lanes and both ratchets are fresh, and so is the root that the next reset uses. Texts keep their
uid, so none is shown twice.
"""

from __future__ import annotations

from core.crypto import primitives
from core.people.conversation.prekeys import ANYBODY
from core.people.conversation.reset_announcement import Answer, announce
from core.people.format import greeting, lane
from core.people.format.content import MAX_LANES, Ack, LaneAck
from core.people.format.lane import Offer
from core.people.format.numbers import LONGEST_AWAY_MS
from core.people.format.reset import NOBODY
from core.people.format.watch import ResetWatch
from core.people.mail.outbox import withdraw_all
from core.people.mail.outcome import done
from core.people.tag_index import WatchedSlots
from core.people.work import Work
from core.storage import conversations, devices, lanes, outgoing, postings, roots, sessions, signs
from core.storage.devices import DeviceRow
from core.storage.lanes import WriteLane
from core.storage.roots import RootRow
from net.instant import DAY_MS, HOUR_MS

# A lane that cannot be read is reset once in this time at most, so that two broken devices do not flood each other.
MIN_INTERVAL_MS = HOUR_MS
# Of our generations within a day (``core.people.limits`` has those within an hour): more than are kept could not be counted.
MAX_GENERATIONS_A_DAY = lanes.MAX_GENERATIONS
# A device that wrote so long after our lane was announced, and does not know it, did not hear of it.
UNHEARD_MS = 48 * HOUR_MS
# A root that was replaced is watched for so long, for a device that was restored to a state before that.
FORMER_ROOT_MS = LONGEST_AWAY_MS


def watch(work: Work, conversation: int) -> None:
    """Look for resets of a conversation, at every root it has; not for those of a blocked contact."""
    owner = conversations.by_id(work.tx, conversation)
    if owner.blocked:
        return
    beside = bool(owner.reads_beside)
    for row in roots.of_conversation(work.tx, conversation):
        slots = WatchedSlots(ResetWatch(conversation, row.name), greeting.reset_secret(row.root), beside=beside)
        work.want(work.tag_index.watch_slots(slots))


def trusts(counter: int | None, mark: int | None) -> bool:
    """Tell whether a database with this count is the latest, given the mark kept outside it.

    The mark is written after each commit that is shown, so a crash in between leaves it behind, never ahead. A missing
    mark means another machine, or a restored home: not to be trusted either. A fresh file has nothing to repeat.
    """
    return counter is None or counter == 0 or (mark is not None and mark <= counter)


def distrust_state(work: Work) -> None:
    """End all lanes and retire all ratchets for sending: this database may be an old copy."""
    for row in conversations.every(work.tx):
        outgoing.encode_lane_again(work.tx, row.id, work.me.device, again=False)
        conversations.set_ack_due(work.tx, row.id, due=row.state == "open")
    withdraw_all(work)
    lanes.end_writing(work.tx)
    sessions.retire_all(work.tx)


def request(work: Work, conversation: int, *, is_last_known: bool = True, everywhere: bool = False) -> None:
    """Begin a new generation and ask for one: a lane cannot be read on, or its reader holds what we never wrote.

    Not while a reset is under way, nor soon after the last, nor when there were many; ``repair`` tries again. What the
    other side lacks is encoded again as far as the day's budget goes: it may lie about what it lacks.
    """
    current = lanes.last_written(work.tx, conversation)
    if current is not None and not current.ended and work.now.network_ms - current.made_at < MIN_INTERVAL_MS:
        return
    if _is_asking(work, conversation) or is_restless(work, conversation):
        return
    for device in devices.of_conversation(work.tx, conversation):
        sessions.retire(work.tx, conversation, device.device)
    begin(work, conversation, is_last_known=is_last_known, everywhere=everywhere)


def _is_asking(work: Work, conversation: int) -> bool:
    """Tell whether a reset of ours is unanswered. A silent unknown device does not hold up the resets of others."""
    known = {device.device for device in devices.of_conversation(work.tx, conversation) if device.is_known}
    return any(row.device in {ANYBODY, *known} for row in postings.of_conversation(work.tx, conversation, "reset"))


def repair(work: Work) -> None:
    """Ask again for a fresh start of every lane of a known device that cannot be read on."""
    for row in lanes.every_reading(work.tx):
        device = None if row.broken_at is None else devices.find(work.tx, row.conversation, row.device)
        if device is not None and device.is_known and not conversations.by_id(work.tx, row.conversation).blocked:
            request(work, row.conversation)


def start_lane(
    work: Work, conversation: int, *, again: bool = True, restarts: bool = False
) -> tuple[WriteLane | None, Offer]:
    """Begin a generation; what the one before it (returned first) did not deliver is to be encoded anew.

    ``again``: at the expense of what the other side may have encoded again in a day. Not, when the cause is ours alone. A
    first secret is mixed in as soon as there is a key to seal it to.
    """
    old = lanes.last_written(work.tx, conversation)
    scalar, offer = lane.new_lane()
    now = work.now.network_ms
    lanes.start_writing(work.tx, offer.generation, conversation, scalar, offer.chain, now, restarts=restarts)
    signs.tell_again(work.tx, conversation)
    if old is not None:
        outgoing.encode_lane_again(work.tx, conversation, work.me.device, again=again)
        for posting in postings.of_lane(work.tx, old.generation):
            done(work, posting, None)
    return old, offer


def introduce_lane(work: Work, conversation: int) -> Offer:
    """Return the offer of a lane for a contact that knows none of ours: the one that is still empty, or a new one."""
    row = lanes.writing(work.tx, conversation)
    if row is not None and row.next_index == 0:
        return Offer(row.generation, primitives.scalar_public(row.scalar), row.chain)
    _, offer = start_lane(work, conversation)
    lanes.make_rekeying_due(work.tx, offer.generation)
    return offer


def begin(
    work: Work,
    conversation: int,
    *,
    is_last_known: bool,
    answer: Answer | None = None,
    everywhere: bool = False,
    again: bool = True,
) -> Offer:
    """End our generation and begin another; announce it; let what is not known to be delivered be encoded anew.

    ``everywhere``: at every root, because the other side's state may be an old one, or ours is. ``again``: see
    ``start_lane``.
    """
    old, offer = start_lane(work, conversation, again=again, restarts=True)
    for posting in postings.of_conversation(work.tx, conversation, "reset"):
        done(work, posting, None)
    for device in devices.of_conversation(work.tx, conversation):
        devices.set_left_behind(work.tx, conversation, device.device, left=False)
    last_index = old.next_index - 1 if old is not None and is_last_known else -1
    former = NOBODY if old is None else old.generation
    announce(work, conversation, (former, last_index), answer=answer, everywhere=everywhere or not is_last_known)
    watch(work, conversation)
    conversations.set_ack_due(work.tx, conversation, due=True)  # the first block says what we hold
    return offer


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
    roots.add(work.tx, conversation, row, work.now.network_ms)
    watch(work, conversation)


def is_restless(work: Work, conversation: int) -> bool:
    """Tell whether so many generations began lately that the other side must be faulty or hostile."""
    rows = lanes.written_in(work.tx, conversation)
    now = work.now.network_ms
    lately = [sum(row.made_at > now - span for row in rows) for span in (HOUR_MS, DAY_MS)]
    return lately[0] >= work.limits.generations_an_hour or lately[1] >= MAX_GENERATIONS_A_DAY


def forget_former_roots(work: Work) -> None:
    """Watch no longer the roots that were replaced long ago: a device restored to an earlier state greets again."""
    for conversation, name in roots.former(work.tx, work.now.earliest_ms - FORMER_ROOT_MS):
        if roots.drop(work.tx, conversation, name):
            work.tag_index.forget_slots(ResetWatch(conversation, name))


def notice_unheard(work: Work, conversation: int, device: bytes, made_at: int, ack: Ack) -> None:
    """Announce another lane to a known device that does not acknowledge the present one long after its announcement.

    An announcement can be lost when one side is restored to an old copy unnoticed. A device's time later than now is not
    believed: by a clock far ahead every lane of ours would be old at once.
    """
    current, known = lanes.writing(work.tx, conversation), devices.find(work.tx, conversation, device)
    if current is None or known is None or not known.is_known or len(ack.lanes) >= MAX_LANES:
        return
    is_named = any(each.generation == current.generation for each in ack.lanes)
    said_at = min(made_at, work.now.network_ms)
    is_long_ago = said_at - current.made_at > UNHEARD_MS and current.next_index > 0
    if not is_named and is_long_ago and not _is_asking(work, conversation):
        request(work, conversation, everywhere=True)


def say_all_again(work: Work, conversation: int, device: bytes) -> None:
    """Encode anew all that a device is served: it greets again, and lost what was said."""
    row = devices.find(work.tx, conversation, device)
    assert row is not None
    say_again(work, row, [])


def say_again(work: Work, device: DeviceRow, holds: list[LaneAck]) -> None:
    """Encode anew what a device lacks by its acknowledgement ``holds``, from where it is served.

    Generations that are not named are unknown there when they are later than the first of those named, else long done.
    """
    if not device.is_known:
        return  # it was sent what no known device had acknowledged when it was let in
    held = {each.generation: each for each in holds}
    written = lanes.written_in(work.tx, device.conversation)
    first = min((own.born for own in written if own.generation in held), default=0)
    for own in written:
        ack = held.get(own.generation)
        if not own.ended or own.born < first:
            continue
        spans = [(0 if ack is None else ack.next, 1 << 62)]
        spans += [(at, at + count) for at, count in ([] if ack is None else ack.lacks)]
        for span in spans:
            outgoing.encode_again(work.tx, device.conversation, own.generation, span, served_after=device.let_in)
