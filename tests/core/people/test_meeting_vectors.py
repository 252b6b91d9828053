"""A meeting as it was drawn once: whatever changes, its link, record, greeting and acceptance have to open."""

from __future__ import annotations

import json

from core.crypto import primitives
from core.crypto.ratchet import Receiver
from core.people.format import greeting as greetings, invitation
from core.people.format.address import shown_prefix
from core.people.format.block import decode_block
from core.people.format.content import Acceptance
from core.people.format.device import TAG_SIZE
from core.people.format.envelope import open_envelope
from core.people.format.fragment import joined
from core.people.format.signing import Place
from core.people.format.slot import slot_key
from core.people.mail.boxes import is_paid, open_slot
from net.parcel.box import decode_box, is_signed
from net.parcel.record import appraise_record, decode_record
from net.parcel.work import FULL_PRICE, GREETING_FACTOR
from tests.support.meeting_vectors import ALICE, ALICES_DEVICE, BOB, BOBS_DEVICE, NOW_MS, VECTORS, WIDTH, ZERO_KEY

FROZEN = json.loads(VECTORS.read_text(encoding="ascii"))
DAY = FROZEN["day"]
LINK = invitation.decode_link(FROZEN["link"])
SECRET = bytes.fromhex(FROZEN["greeting"]["secret"])


def in_slot(said: dict[str, list[str]], secret: bytes, number: int, address_secret: bytes, factor: int = 1) -> bytes:
    """Open the boxes of a slot and put them together."""
    plaintexts = b""
    for fragment, data in enumerate(said["boxes"]):
        box, key = decode_box(bytes.fromhex(data)), slot_key(secret, DAY, number, fragment)
        assert (box.box_id, box.prefix) == (key.box_id, shown_prefix(address_secret, DAY, WIDTH))
        assert is_signed(box)
        assert is_paid(box, FULL_PRICE, factor)
        opened = open_slot(key, box)
        assert opened is not None
        plaintexts += opened
    return joined(plaintexts)


def test_the_link_leads_to_the_bundle() -> None:
    record = decode_record(bytes.fromhex(FROZEN["record"]))
    assert record.record_id == LINK.record_id
    assert isinstance(appraise_record(record, NOW_MS // 3_600_000), int), "signed and paid for"
    bundle = invitation.open_record(LINK, record.ciphertext, record.sequence, record.expiry_hour)
    assert isinstance(bundle, invitation.Bundle)
    assert (bundle.name, bundle.certificate.identity) == ("alice", primitives.ed25519_public(ALICE))


def test_the_greeting_opens_with_the_keys_of_the_invitation() -> None:
    said, keys = FROZEN["greeting"], FROZEN["invitation_keys"]
    sealed = in_slot(said, LINK.greeting_secret, said["number"], LINK.address_secret, GREETING_FACTOR)
    receiver = Receiver.restore(keys["olm"]["pickle"], ZERO_KEY)
    opened = greetings.open_greeting(sealed, LINK, bytes.fromhex(keys["xwing"]), receiver)
    assert (opened.greeting.name, opened.greeting.text, opened.secret) == (said["name"], said["text"], SECRET)


def test_the_acceptance_opens_with_the_prekey_of_the_greeting() -> None:
    said, device = FROZEN["acceptance"], primitives.ed25519_public(ALICES_DEVICE)
    sealed = in_slot(said, greetings.acceptance_secret(SECRET), said["number"], bytes([5]) * 32)
    receiver = Receiver.restore(FROZEN["prekey"]["pickle"], ZERO_KEY)
    tag = primitives.ed25519_public(BOBS_DEVICE)[:TAG_SIZE]
    block = open_envelope(sealed, tag, lambda wrapped: receiver.accept_session(wrapped.message)[1])
    generation = greetings.root_name(greetings.root_of(SECRET))[:16]
    place = Place(primitives.ed25519_public(ALICE), primitives.ed25519_public(BOB), device, generation, 0)
    ((item, _),) = decode_block(block, place).items
    assert isinstance(item, Acceptance)
    assert item.name == said["name"]
