"""The people layer byte for byte, and its signatures in libraries that know nothing of blinding."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.signing import SigningKey, VerifyKey

from core.people import envelope, invitation
from core.people.content import decode_block
from core.people.invitation import decode_link
from net.ids import ParcelId
from net.parcel.box import signed_fields
from tests.support.people_vectors import EXPIRY_HOUR, TOMBSTONES, VECTORS, build

FROZEN = json.loads(VECTORS.read_text())
ORDER = 2**252 + 27742317777372353535851937790883648493


def expand(secret: bytes, label: bytes, size: int = 32, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), size, salt, label).derive(secret)


def test_nothing_has_changed() -> None:
    assert json.loads(json.dumps(build())) == FROZEN


def test_a_link_is_74_bytes_of_base32() -> None:
    said = FROZEN["link"]
    link = decode_link(said["text"])
    assert (link.expires_at, link.identity.hex(), link.secret.hex()) == (
        said["expires_at"],
        said["identity"],
        said["secret"],
    )
    assert len(said["text"]) == len("SOTTOVOCE:") + 119
    assert expand(link.secret, b"sottovoce/v1/invite/greeting", salt=link.identity).hex() == said["greeting_secret"]
    address_secret = expand(link.secret, b"sottovoce/v1/invite/greeting-address", salt=link.identity)
    assert address_secret.hex() == said["address_secret"]


def test_an_address_is_the_head_of_an_hmac_and_a_box_shows_its_first_bits() -> None:
    said = FROZEN["addresses"]
    seed = expand(b"seed", b"vectors of the people layer", 27)
    inbox = expand(seed, b"sottovoce/v1/self/inbox" + bytes(4))
    assert inbox.hex() == said["inbox"]
    for day, address in said["days"].items():
        digest = hmac.digest(inbox, b"sottovoce/v1/inbox" + int(day).to_bytes(4, "big"), "sha256")
        assert int.from_bytes(digest[:4], "big") == address
    address = next(iter(said["days"].values()))
    for width, prefix in said["shown"].items():
        assert f"{prefix:032b}" == f"{address:032b}"[: int(width)].ljust(32, "0")


def test_a_slot_is_hkdf_of_its_secret_day_number_and_fragment() -> None:
    secret = expand(b"slot secret", b"vectors of the people layer")
    for row in FROZEN["slots"]:
        place = row["day"].to_bytes(4, "big") + row["number"].to_bytes(4, "big") + bytes([row["fragment"]])
        keys = expand(secret, b"sottovoce/v1/slot" + place, 64)
        assert bytes(SigningKey(keys[:32]).verify_key).hex() == row["id"]
        assert keys[32:].hex() == row["seal_key"]
    assert len({row["id"] for row in FROZEN["slots"]}) == len(FROZEN["slots"])


def test_a_personal_record_is_blinded_by_its_epoch_and_sealed_by_its_number() -> None:
    said = FROZEN["personal"]
    seed, epoch = expand(b"seed", b"vectors of the people layer", 27), (667).to_bytes(4, "big")
    write, read = (expand(seed, b"sottovoce/v1/self/" + label + bytes(4)) for label in (b"kv-write", b"kv-read"))

    def scalar(data: bytes) -> int:
        return int.from_bytes(hashlib.sha512(data).digest(), "little") % ORDER

    factor = scalar(b"sottovoce/v1/personal/factor" + write + epoch)
    assert public_of(factor * scalar(write) % ORDER) == said["id"]
    sequence, expiry = said["sequence"].to_bytes(8, "big"), EXPIRY_HOUR.to_bytes(4, "big")
    key = expand(read, b"sottovoce/v1/personal/seal" + epoch + sequence)
    padded = b"what was compressed\x80".ljust(16_384 - 16, b"\0")
    sealed = AESGCMSIV(key).encrypt(bytes(12), padded, bytes.fromhex(said["id"]) + sequence + expiry)
    assert hashlib.sha256(sealed).hexdigest() == said["sealed"]
    message = b"sottovoce/v1/record\x01" + bytes.fromhex(said["id"]) + sequence + expiry + sealed
    VerifyKey(bytes.fromhex(said["id"])).verify(message, bytes.fromhex(said["signature"]))


def test_a_lane_is_a_chain_of_hmacs_and_a_blinded_point() -> None:
    lane = FROZEN["lane"]
    chain, scalar = bytes.fromhex(lane["chain"]), int.from_bytes(bytes.fromhex(lane["scalar"]), "little")
    for index in range(50):
        blind, seal, following = (
            hmac.digest(chain, b"sottovoce/v1/lane/" + label, "sha256") for label in (b"blind", b"seal", b"next")
        )
        for row in (row for row in lane["indexes"] if row["index"] == index):
            assert (row["blind"], row["seal"], row["next_chain"]) == (blind.hex(), seal.hex(), following.hex())
            for day in row["days"]:
                label = day["day"].to_bytes(4, "big")
                digest = hashlib.sha512(b"sottovoce/v1/lane/id" + blind + label).digest()
                factor = int.from_bytes(digest, "little") % ORDER
                assert public_of(factor * scalar % ORDER) == day["id"]
                assert expand(seal, b"sottovoce/v1/lane/box" + label).hex() == day["key"]
        chain = following


def public_of(scalar: int) -> str:
    import nacl.bindings

    return nacl.bindings.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little")).hex()


@pytest.mark.parametrize("row", FROZEN["lane"]["indexes"], ids=lambda row: f"index {row['index']}")
def test_blinded_signatures_pass_two_stock_verifiers(row: dict[str, list[dict[str, str]]]) -> None:
    plaintext = b"\x00what is said\x80" + bytes(768 - 14)
    for day in row["days"]:
        box_id, signature = bytes.fromhex(day["id"]), bytes.fromhex(day["signature"])
        ad = b"sottovoce/v1/box" + b"\x01" + bytes(4) + EXPIRY_HOUR.to_bytes(4, "big") + box_id
        sealed = AESGCMSIV(bytes.fromhex(day["key"])).encrypt(bytes(12), plaintext, ad)
        assert hashlib.sha256(sealed).hexdigest() == day["sealed"]
        message = signed_fields(0, EXPIRY_HOUR, ParcelId(box_id), sealed)
        VerifyKey(box_id).verify(message, signature)
        Ed25519PublicKey.from_public_bytes(box_id).verify(signature, message)


def test_tombstones_open_with_the_link_and_each_has_a_key_of_its_own() -> None:
    link = decode_link(FROZEN["link"]["text"])
    for tombstone, sequence in TOMBSTONES:
        sealed = invitation.seal_record(link, tombstone, sequence, EXPIRY_HOUR)
        assert sealed.hex()[:64] == FROZEN["link"]["tombstones"][tombstone.reason]
        assert invitation.open_record(link, sealed, sequence, EXPIRY_HOUR) == tombstone
    assert len(set(FROZEN["link"]["tombstones"].values())) == 2


def test_an_envelope_opens_for_each_of_its_devices() -> None:
    said = FROZEN["content"]
    assert said["envelope_size"] == 767
    place = envelope.Place(
        expand(b"author", b"vectors of the people layer"),
        expand(b"generation", b"vectors of the people layer", 16),
        42,
    )
    device = bytes(SigningKey(expand(b"device", b"vectors of the people layer")).verify_key)
    for tag in (b"dev1", b"dev2"):
        opened = envelope.open_envelope(
            bytes.fromhex(said["envelope"]),
            tag,
            place,
            device,
            lambda wrapped: wrapped.message.removeprefix(b"wrapped:"),
        )
        assert opened.hex() == said["block"]
    assert decode_block(bytes.fromhex(said["block"])).made_at == 1_790_000_000_000
