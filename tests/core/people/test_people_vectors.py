"""The people layer byte for byte, and its signatures in libraries that know nothing of blinding."""

from __future__ import annotations

import hashlib
import hmac
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.signing import SigningKey, VerifyKey

from core.people.format import envelope, invitation
from core.people.format.block import decode_block
from core.people.format.content import encode_item
from core.people.format.invitation import decode_link
from net.ids import ParcelId
from net.parcel.box import signed_fields
from tests.support.people_vectors import EXPIRY_HOUR, TOMBSTONES, VECTORS, build, place

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
                label = (day["day"] + 2**31).to_bytes(4, "big")
                digest = hashlib.sha512(b"sottovoce/v1/lane/id" + blind + label).digest()
                assert public_of(int.from_bytes(digest, "little") % ORDER * scalar % ORDER) == day["beside"]
                assert expand(seal, b"sottovoce/v1/lane/box" + label).hex() == day["beside_key"]
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
    for tag in (b"dev1", b"dev2"):
        opened = envelope.open_envelope(
            bytes.fromhex(said["envelope"]), tag, lambda wrapped: wrapped.message.removeprefix(b"wrapped:")
        )
        assert opened.hex() == said["block"]
    block = decode_block(bytes.fromhex(said["block"]), place())
    assert block.made_at == said["made_at"] == 1_790_000_000_000
    assert [encode_item(item)[0] for item, _ in block.items] == [1, 2, 7, 8, 77, 200]


def test_each_item_is_signed_over_where_it_stands() -> None:
    said = FROZEN["content"]
    author, recipient, generation = (
        expand(name, b"vectors of the people layer", size)
        for name, size in ((b"author", 32), (b"recipient", 32), (b"generation", 16))
    )
    device = SigningKey(expand(b"device", b"vectors of the people layer"))
    conversation = hashlib.sha256(
        b"sottovoce/v1/conversation" + min(author, recipient) + max(author, recipient)
    ).digest()
    assert conversation.hex() == said["conversation"]
    made_at, wire = msgspec.msgpack.decode(bytes.fromhex(said["block"]), type=tuple[int, list[list[msgspec.Raw]]])
    assert len(wire) == len(said["items"])
    for number, (row, found) in enumerate(zip(said["items"], wire, strict=True)):
        kind, signature = msgspec.msgpack.decode(found[0]), msgspec.msgpack.decode(found[2])
        assert (kind, bytes(found[1]).hex()) == (row["kind"], row["item"])
        where = author + bytes(device.verify_key) + generation + (42).to_bytes(8, "big")
        what = bytes([number, len(wire), kind]) + made_at.to_bytes(8, "big") + hashlib.sha256(found[1]).digest()
        signed = b"sottovoce/v1/item" + conversation + recipient + where + what
        assert signed.hex() == row["signed"]
        device.verify_key.verify(signed, signature)


def test_a_certificate_is_signed_by_its_identity_and_by_who_vouches() -> None:
    said = FROZEN["devices"]
    identity, voucher = (SigningKey(expand(name, b"vectors of the people layer")) for name in (b"identity", b"voucher"))
    device = bytes(SigningKey(expand(b"device", b"vectors of the people layer")).verify_key)
    for name, vouched_by in (("alone", b""), ("vouched", bytes(voucher.verify_key))):
        fields = msgspec.msgpack.decode(bytes.fromhex(said[name]))
        assert fields[:7] == [1, bytes(identity.verify_key), device, 5, 1, 0, vouched_by]
        entry = (
            fields[1] + device + (5).to_bytes(8, "big") + (1).to_bytes(4, "big") + b"\0" + vouched_by.ljust(32, b"\0")
        )
        identity.verify_key.verify(b"sottovoce/v1/device" + entry, fields[8])
        if vouched_by:
            voucher.verify_key.verify(b"sottovoce/v1/vouch" + entry, fields[7])
            assert (fields[7].hex(), fields[8].hex()) == (said["vouch"], said["signature"])
        else:
            assert fields[7] == b""


def test_a_prekey_is_named_by_its_keys_and_not_by_its_time() -> None:
    said = FROZEN["prekeys"]
    xwing, olm_identity, olm_key = (
        expand(name, b"vectors of the people layer", size)
        for name, size in ((b"x-wing", 1216), (b"olm identity", 32), (b"olm key", 32))
    )
    for name, half in (("hybrid", xwing), ("olm_only", b"")):
        digest = hashlib.sha256(b"sottovoce/v1/prekey" + half + olm_identity + olm_key).digest()
        assert digest[:8].hex() == said[name]["id"]
    hybrid = [xwing, olm_identity, olm_key, 1_793_000_000_000]
    assert len(msgspec.msgpack.encode(hybrid)) == said["hybrid"]["size"]
    assert msgspec.msgpack.encode([b"", *hybrid[1:]]).hex() == said["olm_only"]["bytes"]
    assert hashlib.sha256(msgspec.msgpack.encode([b"dev1", hybrid])).hexdigest() == said["offer"]


def test_roots_are_steps_that_do_not_lead_back() -> None:
    said = FROZEN["greeting"]
    secret = bytes.fromhex(said["secret"])
    assert expand(secret, b"sottovoce/v1/accept").hex() == said["acceptance_secret"]
    root = expand(secret, b"sottovoce/v1/root/step")
    assert root.hex() == said["root"]
    assert expand(root, b"sottovoce/v1/root/name").hex() == said["root_name"]
    fresh = expand(b"fresh", b"vectors of the people layer")
    assert expand(root + fresh, b"sottovoce/v1/root/mix").hex() == said["mixed_root"]
    assert expand(root, b"sottovoce/v1/reset").hex() == said["reset_secret"]
    assert expand(root, b"sottovoce/v1/reset-seal").hex() == said["reset_key"]
    assert len(set(said.values())) == len(said)


def test_a_reset_is_signed_for_its_root_and_its_reader_and_sealed_under_the_root() -> None:
    said, content = FROZEN["reset"], FROZEN["content"]
    device = SigningKey(expand(b"device", b"vectors of the people layer"))
    unsigned = bytes.fromhex(said["unsigned"])
    assert unsigned.endswith(b"\xc4\x40" + bytes(64)), "the signature is the last field, signed as zeros"
    conversation, reader = bytes.fromhex(content["conversation"]), expand(b"recipient", b"vectors of the people layer")
    root_name, key = (bytes.fromhex(FROZEN["greeting"][name]) for name in ("root_name", "reset_key"))
    message = b"sottovoce/v1/reset-signature" + conversation + reader + root_name + unsigned
    whole = unsigned[:-64] + device.sign(message).signature
    padded = (whole + b"\x80").ljust(said["size"] - 12 - 16, b"\0")
    nonce = bytes.fromhex(said["nonce"])
    sealed = nonce + AESGCM(key).encrypt(nonce, padded, None)
    assert (len(sealed), hashlib.sha256(sealed).hexdigest()) == (4 * 767, said["sealed"])
    generation = expand(b"generation", b"vectors of the people layer", 16)
    info = b"sottovoce/v1/reset-way" + conversation + bytes(device.verify_key) + generation
    assert info.hex() == said["way_info"]
