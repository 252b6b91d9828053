"""What lies in slots: pieces of greetings, acceptances and resets, put together and given to whoever knows what they are."""

from __future__ import annotations

from core.people.contact import acceptance, greeting_received
from core.people.conversation import reset_answer
from core.people.format import lane
from core.people.format.greeting import WORK_FACTOR
from core.people.format.slot import whole_slots
from core.people.mail import outbox
from core.people.tag_index import SlotPlace
from core.people.work import Work
from core.storage import meetings
from core.storage.meetings import SlotPlace as StoredSlot
from net.parcel.box import decode_box
from net.parcel.work import WorkPrice

# Ways of putting a slot's pieces together that are tried in one transaction, 0.6 ms each: whoever knows a link can write
# four variants of each.
MAX_TRIES = 64


def is_for_later(work: Work) -> bool:
    """Tell whether so much was tried in this transaction that the next box of a slot has to wait for another."""
    return work.slot_tries >= MAX_TRIES


def take(work: Work, place: SlotPlace, data: bytes, price: WorkPrice) -> bool:
    """Take a box that lies in a slot; tell whether it was written by who may, and paid for."""
    box = decode_box(data)
    watch = work.watches.slot_watch(place.watch)
    plaintext = outbox.open_slot(place.key, box)
    if watch is None or plaintext is None:
        return False
    if place.watch.startswith("greeting:") and not outbox.is_paid(box, price, WORK_FACTOR):
        return False
    stored = StoredSlot(place.watch, lane.plain_day(place.day), place.number)
    if not meetings.add_piece(work.tx, stored, place.fragment, box.variant(), plaintext):
        return True
    for sealed in whole_slots(meetings.pieces(work.tx, stored), watch.fragments, (place.fragment, plaintext)):
        work.slot_tries += 1
        if _take_whole(work, place.watch, sealed):
            meetings.drop_pieces(work.tx, stored)
            return True
    return True


def _take_whole(work: Work, watch: str, sealed: bytes) -> bool:
    kind, *rest = watch.split(":")
    if kind == "greeting":
        return greeting_received.greeting_found(work, rest[0], sealed)
    conversation, root = int(rest[0]), bytes.fromhex(rest[1])
    if kind == "acceptance":
        return acceptance.acceptance_found(work, conversation, root, sealed)
    return reset_answer.received(work, conversation, root, sealed)
