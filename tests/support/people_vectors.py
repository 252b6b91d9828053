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
from core.people import addressing, envelope, greeting, invitation, lane, lww, personal_record, posting, slot
from core.people.account_keys import keys_of_seed
from core.people.content import Ack, Block, LaneAck, Text, Unknown, encode_block
from core.people.device import certify
from core.people.fragment import CLASSES, cut, pad, padded_size
from core.people.invitation import Link, Tombstone
from core.people.lane import BoxSecrets
from core.people.lww import Entry
from net.ids import ParcelId
from net.parcel.box import signed_fields

VECTORS: Final = Path(__file__).parent.parent / "vectors" / "people.json"
DAYS: Final = (20_000, 20_001, 20_731)
EXPIRY_HOUR: Final = 480_049
TOMBSTONES: Final = ((Tombstone("used"), 2), (Tombstone("revoked"), 3))


def material(name: str, size: int = 32) -> bytes:
    """Return bytes that stand for random ones."""
    return primitives.hkdf(name.encode(), b"vectors of the people layer", size)


def _content_key(size: int) -> bytes:
    return material("content key", size)


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
        "days": {str(day): addressing.address_on(keys.inbox, day) for day in DAYS},
        "shown": {str(width): addressing.shown_prefix(keys.inbox, DAYS[0], width) for width in (0, 1, 9, 32)},
    }


def _personal() -> dict[str, Any]:
    keys, epoch, sequence = keys_of_seed(material("seed", 27)), 667, (1 << 16) | 7
    sealed = personal_record.seal(keys, epoch, sequence, EXPIRY_HOUR, b"what was compressed")
    state = {b"name": Entry(5, b"dev1", "grüße".encode()), b"gone": Entry(6, b"dev2", None)}
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
        sealed = primitives.siv_seal(key, plaintext, posting.box_ad(0, EXPIRY_HOUR, box_id))
        signed = signed_fields(0, EXPIRY_HOUR, ParcelId(box_id), sealed)
        signature = primitives.scalar_sign(lane.box_scalar(scalar, secrets, day), signed)
        days.append({"day": day, "id": box_id.hex(), "key": key.hex(), "signature": signature.hex()})
        days[-1]["sealed"] = primitives.sha256(sealed).hex()
    return {"blind": secrets.blind.hex(), "seal": secrets.seal.hex(), "days": days}


def _content() -> dict[str, Any]:
    block = Block(
        1_790_000_000_000,
        (
            Text(material("uid", 16), "grüße"),
            Ack([LaneAck(material("generation", 16), 7, 0b101, [(2, 1)])]),
            Unknown(77, msgspec.msgpack.encode(["from", "the", "future"])),
        ),
    )
    place = envelope.Place(material("author"), material("generation", 16), 42)
    encoded = encode_block(block)
    audience = [(b"dev1", cast("Session", OpenSession())), (b"dev2", cast("Session", OpenSession()))]
    with mock.patch.object(primitives, "random_bytes", _content_key):
        sealed = envelope.seal(encoded, place, material("device"), audience)
    certificate = certify(material("identity"), material("device key"), material("olm"), material("fallback"), 5)
    return {
        "block": encoded.hex(),
        "certificate": msgspec.msgpack.encode(certificate).hex(),
        "envelope": sealed.hex(),
        "envelope_size": len(sealed),
    }


def _greeting() -> dict[str, str]:
    root = material("root")
    return {
        "root": root.hex(),
        "acceptance_secret": greeting.acceptance_secret(root).hex(),
        "reset_secret": greeting.reset_secret(root).hex(),
        "reset_key": greeting.reset_key(root).hex(),
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
        "greeting": _greeting(),
        "classes": {"boxes": list(CLASSES), "padded": {str(size): padded_size(size) for size in sizes}},
    }


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(build(), indent=1) + "\n")
