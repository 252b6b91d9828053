"""The frozen vectors of the people layer: what ``docs/PROTOCOL.md`` 5 to 7 say, as bytes.

``python -m tests.support.people_vectors`` writes ``tests/vectors/people.json`` anew; a change there is a change of the
protocol, and old and new versions no longer understand each other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, cast
from unittest import mock

import msgspec

from core.crypto import primitives
from core.crypto.ratchet import Session
from core.people.format import address, envelope, greeting, invitation, lane, lww, personal_record, reset, signing, slot
from core.people.format.account_keys import keys_of_seed
from core.people.format.block import Block, encode_block
from core.people.format.content import Ack, InboxNotice, Item, LaneAck, Restart, Text, Unknown, encode_item
from core.people.format.device import certify
from core.people.format.fragment import CLASSES, cut, pad, padded_size
from core.people.format.invitation import Link, new_tombstone
from core.people.format.lane import BoxSecrets
from core.people.format.lww import Entry as Written
from core.people.format.prekey import KeyOffer, Prekey
from core.people.format.reset import Between, Reset
from core.people.format.signing import Entry, Place
from core.people.mail import boxes
from net.ids import ParcelId
from net.parcel.box import signed_fields

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "people.json"
DAYS: Final = (20_000, 20_001, 20_731)
EXPIRY_HOUR: Final = 480_049
TOMBSTONES: Final = ((new_tombstone("used"), 2), (new_tombstone("revoked"), 3))


def material(name: str, size: int = 32) -> bytes:
    """Return bytes that stand for random ones."""
    return primitives.hkdf(name.encode(), b"vectors of the people layer", size)


def _content_key(size: int) -> bytes:
    return material("content key", size)


def _nonce(size: int) -> bytes:
    return material("nonce", size)


class OpenSession:
    """A ratchet that hides nothing, for envelopes that come out the same each time."""

    def encrypt(self, plaintext: bytes) -> tuple[int, bytes]:
        """Return the plaintext as a message of type 1."""
        return 1, b"wrapped:" + plaintext


def _link() -> dict[str, Any]:
    identity = primitives.ed25519_public(material("identity"))
    link = Link(1_800_000_000, identity, material("link secret", 16), material("bundle hash", 16))
    return {
        "expires_at": link.expires_at,
        "identity": identity.hex(),
        "secret": link.secret.hex(),
        "bundle_hash": link.bundle_hash.hex(),
        "text": invitation.encode_link(link),
        "record_id": link.record_id.hex(),
        "greeting_secret": link.greeting_secret.hex(),
        "address_secret": link.address_secret.hex(),
        "tombstones": {
            tombstone.reason: invitation.seal_record(link, tombstone, sequence, EXPIRY_HOUR).hex()[:64]
            for tombstone, sequence in TOMBSTONES
        },
    }


def _slots() -> list[dict[str, Any]]:
    secret = material("slot secret")
    rows: list[dict[str, Any]] = []
    for day in DAYS:
        for number, fragment in ((0, 0), (0, 3), (255, 1)):
            key = slot.slot_key(secret, day, number, fragment)
            rows.append({"day": day, "number": number, "fragment": fragment, "id": key.box_id.hex()})
            rows[-1]["seal_key"] = key.seal_key.hex()
    return rows


def _addresses() -> dict[str, Any]:
    keys = keys_of_seed(material("seed", 27))
    return {
        "inbox": keys.inbox.hex(),
        "days": {str(day): address.address_on(keys.inbox, day) for day in DAYS},
        "shown": {str(width): address.shown_prefix(keys.inbox, DAYS[0], width) for width in (0, 1, 9, 32)},
    }


def _personal() -> dict[str, Any]:
    keys, epoch, sequence = keys_of_seed(material("seed", 27)), 667, (1 << 16) | 7
    sealed = personal_record.seal(keys, epoch, sequence, EXPIRY_HOUR, b"what was compressed")
    state = {b"name": Written(5, b"dev1", "grüße".encode()), b"gone": Written(6, b"dev2", None)}
    return {
        "id": personal_record.record_id(keys, epoch).hex(),
        "sequence": sequence,
        "sealed": primitives.sha256(sealed).hex(),
        "signature": personal_record.sign(keys, epoch, sequence, EXPIRY_HOUR, sealed).hex(),
        "state": lww.encode(state).hex(),
    }


def _lane() -> dict[str, Any]:
    scalar, chain = primitives.scalar_from(material("lane scalar")), material("lane chain")
    point = primitives.scalar_public(scalar)
    indexes: list[dict[str, Any]] = []
    at = chain
    for index in range(50):
        secrets, following = lane.step(at)
        if index in {0, 1, 49}:
            indexes.append({"index": index, **_index(point, scalar, secrets), "next_chain": following.hex()})
        at = following
    rekeyed = lane.rekey(chain, material("rekey secret"))
    return {
        "scalar": scalar.hex(),
        "point": point.hex(),
        "chain": chain.hex(),
        "indexes": indexes,
        "rekeyed": rekeyed.hex(),
    }


def _index(point: bytes, scalar: bytes, secrets: BoxSecrets) -> dict[str, Any]:
    plaintext = cut(pad(b"what is said", padded_size(12)))[0]
    days: list[dict[str, Any]] = []
    for day in DAYS:
        box_id, key = lane.box_id(point, secrets, day), lane.box_key(secrets, day)
        sealed = primitives.siv_seal(key, plaintext, boxes.box_ad(0, EXPIRY_HOUR, box_id))
        signed = signed_fields(0, EXPIRY_HOUR, ParcelId(box_id), sealed)
        signature = primitives.scalar_sign(lane.box_scalar(scalar, secrets, day), signed)
        days.append({"day": day, "id": box_id.hex(), "key": key.hex(), "signature": signature.hex()})
        days[-1]["sealed"] = primitives.sha256(sealed).hex()
        beside = lane.beside(day)  # the copy of that day that lies at another address of the same reader
        days[-1]["beside"] = lane.box_id(point, secrets, beside).hex()
        days[-1]["beside_key"] = lane.box_key(secrets, beside).hex()
    return {"blind": secrets.blind.hex(), "seal": secrets.seal.hex(), "days": days}


def place() -> Place:
    """Return where the block of the vectors stands."""
    device = primitives.ed25519_public(material("device"))
    return Place(material("author"), material("recipient"), device, material("generation", 16), 42)


def _prekey() -> Prekey:
    """Return public halves; what stands for an X-Wing key is none, and nothing is sealed to it."""
    return Prekey(material("x-wing", 1216), material("olm identity"), material("olm key"), 1_793_000_000_000)


def _content() -> dict[str, Any]:
    lane_ack = LaneAck(material("generation", 16), 7, 0b101, [(2, 1)])
    items: tuple[Item, ...] = (
        Text(material("uid", 16), "grüße"),
        Ack([lane_ack]),
        Restart([lane_ack]),
        InboxNotice(3, material("inbox")),
        Unknown(77, msgspec.msgpack.encode(["from", "the", "future"])),
        Unknown(200, msgspec.msgpack.encode({"kept": "silently"})),
    )
    made_at = 1_790_000_000_000
    encoded = encode_block(Block(made_at, items), place(), material("device"))
    audience = [(b"dev1", cast("Session", OpenSession())), (b"dev2", cast("Session", OpenSession()))]
    with mock.patch.object(primitives, "random_bytes", _content_key):
        sealed = envelope.seal(encoded, audience)
    entries = [Entry(number, len(items), *encode_item(item)) for number, item in enumerate(items)]
    return {
        "made_at": made_at,
        "conversation": signing.conversation_hash(place().author, place().recipient).hex(),
        "items": [
            {"kind": entry.kind, "item": entry.item.hex(), "signed": signing.message(place(), made_at, entry).hex()}
            for entry in entries
        ],
        "block": encoded.hex(),
        "envelope": sealed.hex(),
        "envelope_size": len(sealed),
    }


def _devices() -> dict[str, Any]:
    device = primitives.ed25519_public(material("device"))
    alone = certify(material("identity"), device, 5)
    vouched = certify(material("identity"), device, 5, material("voucher"))
    return {
        "alone": msgspec.msgpack.encode(alone).hex(),
        "vouched": msgspec.msgpack.encode(vouched).hex(),
        "signature": vouched.signature.hex(),
        "vouch": vouched.vouch.hex(),
    }


def _prekeys() -> dict[str, Any]:
    hybrid = _prekey()
    olm_only = msgspec.structs.replace(hybrid, xwing=b"")
    return {
        "hybrid": {"id": hybrid.key_id.hex(), "size": len(msgspec.msgpack.encode(hybrid))},
        "olm_only": {"id": olm_only.key_id.hex(), "bytes": msgspec.msgpack.encode(olm_only).hex()},
        "offer": primitives.sha256(encode_item(KeyOffer(b"dev1", hybrid))[1]).hex(),
    }


def _greeting() -> dict[str, str]:
    secret = material("root")
    root = greeting.root_of(secret)
    return {
        "secret": secret.hex(),
        "acceptance_secret": greeting.acceptance_secret(secret).hex(),
        "root": root.hex(),
        "root_name": greeting.root_name(root).hex(),
        "mixed_root": greeting.mixed_root(root, material("fresh")).hex(),
        "reset_secret": greeting.reset_secret(root).hex(),
        "reset_key": greeting.reset_key(root).hex(),
    }


def _reset() -> dict[str, Any]:
    """A reset without a way: what a way is sealed by draws its own randomness."""
    between = Between(place().author, place().recipient)
    unsigned = Reset(
        version=reset.VERSION,
        certificate=certify(material("identity"), primitives.ed25519_public(material("device")), 5),
        reader=b"dev1",
        generation=material("generation", 16),
        old_generation=material("old generation", 16),
        last_index=41,
        known=material("known", 16),
        known_next=9,
        made_at=1_790_000_000_000,
        answers=reset.NOBODY,
        heard=False,
        inbox=material("inbox"),
        inbox_number=3,
        prekey=_prekey(),
        to=reset.NO_KEY,
        sealed=b"",
        signature=bytes(64),
    )
    root = greeting.root_of(material("root"))
    with mock.patch.object(primitives, "random_bytes", _nonce):
        sealed = reset.seal(between, root, unsigned, material("device"))
    return {
        "unsigned": msgspec.msgpack.encode(unsigned).hex(),
        "way_info": reset.way_info(between, unsigned).hex(),
        "nonce": sealed[:12].hex(),
        "sealed": primitives.sha256(sealed).hex(),
        "size": len(sealed),
    }


def build() -> dict[str, Any]:
    """Return all vectors."""
    sizes = (0, 766, 767, 3067, 3068, 12_271, 12_272, 24_543)
    return {
        "link": _link(),
        "slots": _slots(),
        "addresses": _addresses(),
        "personal": _personal(),
        "lane": _lane(),
        "content": _content(),
        "devices": _devices(),
        "prekeys": _prekeys(),
        "reset": _reset(),
        "greeting": _greeting(),
        "classes": {"boxes": list(CLASSES), "padded": {str(size): padded_size(size) for size in sizes}},
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(build(), indent=1) + "\n")
