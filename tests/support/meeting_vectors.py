"""A frozen meeting: a link, its record, a greeting and its acceptance as they lie in the network, with what opens them.

``python -m tests.support.meeting_vectors`` draws another one and writes ``tests/vectors/meeting.json`` anew. That is needed
only when the protocol itself changes: what was drawn once has to open (``tests/core/people/test_meeting_vectors.py``).
Private keys of Olm are there bare, for programs without vodozemac, and as vodozemac's pickle under a key of zeros.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Receiver, open_session
from core.people.format import greeting as greetings
from core.people.format.address import shown_prefix
from core.people.format.block import Block, encode_block
from core.people.format.content import Acceptance
from core.people.format.device import TAG_SIZE, certify
from core.people.format.envelope import seal as seal_envelope
from core.people.format.fragment import cut
from core.people.format.greeting import Greeting
from core.people.format.invitation import (
    BUNDLE_SEQUENCE,
    Bundle,
    Link,
    bundle_hash,
    encode_bundle,
    encode_link,
    new_bundle,
    seal_record,
)
from core.people.format.lane import new_lane
from core.people.format.prekey import Made, make_prekey, open_session_to
from core.people.format.signing import Place
from core.people.format.slot import SLOT_SIZE, slot_key
from core.people.mail.boxes import box_ad
from net.ids import ParcelId
from net.instant import DAY_MS, HOUR_MS
from net.parcel import box as boxes, record as records, work
from tests.support.olm_writer import unseal

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "meeting.json"
DAY: Final = 20_731
NOW_MS: Final = DAY * DAY_MS
EXPIRY_HOUR: Final = NOW_MS // HOUR_MS + 49  # of the boxes
WIDTH: Final = 9  # bits of an address that are shown
ALICE, BOB, ALICES_DEVICE, BOBS_DEVICE = (bytes([number]) * 32 for number in range(1, 5))  # seeds
ZERO_KEY: Final = bytes(32)


def olm_keys(receiver: Receiver) -> dict[str, str]:
    """Return the private halves of an Olm account with one one-time key."""
    pickle = receiver.pickle(ZERO_KEY)
    state = msgspec.json.decode(unseal(pickle, ZERO_KEY), type=dict[str, Any])
    (key,) = state["one_time_keys"]["private_keys"].values()
    return {"pickle": pickle, "identity": bytes(state["diffie_hellman_key"]).hex(), "one_time": bytes(key).hex()}


def _slot(secret: bytes, number: int, address_secret: bytes, content: bytes, factor: int = 1) -> list[str]:
    found = list[str]()
    for fragment, plaintext in enumerate(cut(content)):
        key, prefix = slot_key(secret, DAY, number, fragment), shown_prefix(address_secret, DAY, WIDTH)
        box_id = ParcelId(key.box_id)
        sealed = primitives.siv_seal(key.seal_key, plaintext, box_ad(prefix, EXPIRY_HOUR, key.box_id))
        signature = primitives.ed25519_sign(key.seed, boxes.signed_fields(prefix, EXPIRY_HOUR, box_id, sealed))
        nonces = work.solve(
            boxes.box_digest(prefix, EXPIRY_HOUR, box_id, sealed), factor * boxes.yardstick(work.FULL_PRICE)
        )
        found.append(boxes.encode_box(boxes.Box(prefix, EXPIRY_HOUR, box_id, nonces, sealed, signature)).hex())
    return found


def _record(link: Link, bundle: Bundle) -> str:
    expiry, record_id = -(-link.expires_at // 3600), ParcelId(link.record_id)
    sealed = seal_record(link, bundle, BUNDLE_SEQUENCE, expiry)
    scalar = primitives.scalar_multiply(link.record_factor, primitives.scalar_of_seed(ALICE))
    signed = records.signed_fields(record_id, BUNDLE_SEQUENCE, expiry, sealed)
    signature = primitives.scalar_sign(scalar, signed)
    asked = work.required_work(records.record_size(len(sealed)), expiry - NOW_MS // HOUR_MS)
    nonces = work.solve(records.record_digest(record_id, BUNDLE_SEQUENCE, expiry, sealed), asked)
    return records.encode_record(records.Record(record_id, BUNDLE_SEQUENCE, expiry, nonces, sealed, signature)).hex()


def _greeting(bundle: Bundle, secret: bytes, prekey: Made) -> Greeting:
    _, olm = open_session(bundle.olm_identity, bundle.olm_key).encrypt(secret)
    return Greeting(
        version=greetings.VERSION,
        certificate=certify(BOB, primitives.ed25519_public(BOBS_DEVICE), NOW_MS),
        olm=olm,
        offer=new_lane()[1],
        inbox=bytes([5]) * 32,
        inbox_number=0,
        prekey=prekey.public,
        name="bob",
        uid=bytes([6]) * 16,
        text="grüße",
        text_signature=bytes(64),
        made_at=NOW_MS,
        signature=bytes(64),
    )


def _acceptance(root: bytes, prekey: Made) -> bytes:
    alice, bob = primitives.ed25519_public(ALICE), primitives.ed25519_public(BOB)
    device = primitives.ed25519_public(ALICES_DEVICE)
    said = Acceptance(
        1, certify(ALICE, device, NOW_MS), new_lane()[1], bytes([7]) * 32, 0, "alice", make_prekey(NOW_MS).public
    )
    place = Place(alice, bob, device, greetings.root_name(root)[:16], 0)
    block = encode_block(Block(NOW_MS, (said,)), place, ALICES_DEVICE)
    to = primitives.ed25519_public(BOBS_DEVICE)[:TAG_SIZE]
    return seal_envelope(block, [(to, open_session_to(prekey.public))], size=SLOT_SIZE)


def build() -> dict[str, Any]:
    """Draw a meeting: another one each time."""
    receiver, one_time = Receiver.create()
    xwing_private, xwing = primitives.xwing_generate()
    certificate = certify(ALICE, primitives.ed25519_public(ALICES_DEVICE), NOW_MS)
    bundle = new_bundle(xwing, (receiver.identity_key, one_time), certificate, "alice")
    alice, hashed = primitives.ed25519_public(ALICE), bundle_hash(encode_bundle(bundle))
    link = Link(NOW_MS // 1000 + 86_400, alice, primitives.random_bytes(16), hashed)
    secret, prekey = primitives.random_bytes(32), make_prekey(NOW_MS, hybrid=False)
    greeting = greetings.seal(link, bundle, _greeting(bundle, secret, prekey), BOBS_DEVICE)
    acceptance = _acceptance(greetings.root_of(secret), prekey)
    return {
        "about": "seeds of identities and devices are 32 bytes of 1 (alice), 2 (bob), 3 and 4 (their devices)",
        "link": encode_link(link),
        "record": _record(link, bundle),
        "invitation_keys": {"xwing": xwing_private.hex(), "olm": olm_keys(receiver)},
        "day": DAY,
        "greeting": {
            "number": 77,
            "boxes": _slot(link.greeting_secret, 77, link.address_secret, greeting, work.GREETING_FACTOR),
            "name": "bob",
            "text": "gr\u00fc\u00dfe",
            "secret": secret.hex(),
        },
        "prekey": olm_keys(prekey.receiver),
        "acceptance": {
            "number": 3,
            "boxes": _slot(greetings.acceptance_secret(secret), 3, bytes([5]) * 32, acceptance),
            "name": "alice",
        },
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(build(), indent=1) + "\n", encoding="ascii")
