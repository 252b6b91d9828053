"""Reads slots: joins the pieces of greetings, acceptances and resets and gives them to the rule that takes them."""

from __future__ import annotations

from core.people.contact import acceptance, greeting_received
from core.people.conversation import reset_answer
from core.people.format import lane
from core.people.format.slot import FRAGMENTS, whole_slots
from core.people.format.watch import AcceptanceWatch, GreetingWatch, ResetWatch, Watch, stored_name
from core.people.mail import boxes
from core.people.tag_index import SlotTarget
from core.people.work import Work
from core.storage import meetings
from net.parcel.box import decode_box
from net.parcel.work import WorkPrice

# Ways of putting a slot's pieces together that are tried in one transaction, 0.6 ms each: a holder of a link can write
# four variants of each piece.
MAX_TRIES = 64


def is_for_later(work: Work) -> bool:
    """Tell whether so much was tried in this transaction that the next box of a slot has to wait for another."""
    return work.slot_tries >= MAX_TRIES


def take(work: Work, target: SlotTarget, data: bytes, price: WorkPrice) -> bool:
    """Take a box that lies in a slot; tell whether it opens with the slot's secret and carries its work."""
    box = decode_box(data)
    plaintext = boxes.open_slot(target.key, box)
    if plaintext is None or not work.tag_index.is_watched(target.watch):
        return False
    factor = target.watch.slots.work_factor
    if factor > 1 and not boxes.is_paid(box, price, factor):
        return False
    slot = meetings.Slot(stored_name(target.watch), lane.plain_day(target.day), target.number)
    if not meetings.add_piece(work.tx, slot, target.fragment, box.variant(), plaintext):
        return True
    for sealed in whole_slots(meetings.pieces(work.tx, slot), FRAGMENTS, (target.fragment, plaintext)):
        work.slot_tries += 1
        if _take_whole(work, target.watch, sealed):
            meetings.drop_pieces(work.tx, slot)
            return True
    return True


def _take_whole(work: Work, watch: Watch, sealed: bytes) -> bool:
    match watch:
        case GreetingWatch():
            return greeting_received.greeting_found(work, watch.invitation, sealed)
        case AcceptanceWatch():
            return acceptance.acceptance_found(work, watch.conversation, watch.root, sealed)
        case ResetWatch():
            return reset_answer.received(work, watch.conversation, watch.root, sealed)
