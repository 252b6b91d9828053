"""Links and the records they lead to."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core.api import MAX_NAME_SIZE
from core.crypto import primitives
from core.crypto.ratchet import Receiver
from core.errors import Malformed, Newer, OpenFailed
from core.people.format.device import certify
from core.people.format.fragment import pad
from core.people.format.invitation import (
    BUNDLE_SEQUENCE,
    RECORD_SIZE,
    TOMBSTONE_SEQUENCES,
    Bundle,
    Link,
    bundle_hash,
    decode_link,
    encode_bundle,
    encode_link,
    new_bundle,
    new_tombstone,
    open_record,
    seal_record,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
IDENTITY_SEED = bytes(range(32))
IDENTITY = primitives.ed25519_public(IDENTITY_SEED)
EXPIRY = 500_000


def make_bundle(name: str = "alice") -> Bundle:
    receiver, key = Receiver.create()
    device = primitives.ed25519_public(b"d" * 32)
    _, xwing = primitives.xwing_generate()
    certificate = certify(IDENTITY_SEED, device, 5, b"v" * 32)
    return new_bundle(xwing, (receiver.identity_key, key), certificate, name)


def link_to(bundle: Bundle) -> Link:
    return Link(1_800_000_000, IDENTITY, b"s" * 16, bundle_hash(encode_bundle(bundle)))


LINK = Link(1_800_000_000, IDENTITY, b"s" * 16, b"h" * 16)
TEXT = encode_link(LINK)


@given(
    st.builds(
        Link,
        expires_at=st.integers(0, (1 << 32) - 1),
        identity=st.just(IDENTITY),
        secret=st.binary(min_size=16, max_size=16),
        bundle_hash=st.binary(min_size=16, max_size=16),
    )
)
def test_a_link_comes_back_however_it_is_pasted(link: Link) -> None:
    text = encode_link(link)
    assert decode_link(text) == link
    assert decode_link(text.lower()) == link
    assert decode_link("\n  " + " ".join(text[at : at + 20] for at in range(0, len(text), 20)) + "\t") == link
    assert decode_link(text.removeprefix("SOTTOVOCE:")) == link


@pytest.mark.parametrize("at", range(len("SOTTOVOCE:"), len(TEXT)))
def test_a_link_with_any_one_character_changed_is_refused(at: int) -> None:
    for character in ALPHABET + "01890=é":
        if character != TEXT[at]:
            with pytest.raises(Malformed):
                decode_link(TEXT[:at] + character + TEXT[at + 1 :])
    with pytest.raises(Malformed):
        decode_link(TEXT[:at] + TEXT[at + 1 :])


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_malformed(text: str) -> None:
    try:
        link = decode_link(text)
    except Malformed:
        return
    assert decode_link(encode_link(link)) == link


@given(st.text(alphabet=ALPHABET, min_size=119, max_size=119))
def test_any_text_of_the_right_shape_is_a_link_or_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decode_link(text)


def test_a_link_whose_identity_is_no_key_is_refused() -> None:
    with pytest.raises(Malformed):
        decode_link(encode_link(Link(1, b"\x02" * 32, bytes(16), bytes(16))))


def test_a_record_opens_with_its_link_only() -> None:
    bundle = make_bundle()
    link = link_to(bundle)
    sealed = seal_record(link, bundle, BUNDLE_SEQUENCE, EXPIRY)
    assert len(sealed) == RECORD_SIZE
    assert open_record(link, sealed, BUNDLE_SEQUENCE, EXPIRY) == bundle
    other = Link(link.expires_at, link.identity, b"t" * 16, link.bundle_hash)
    broken = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for holder, data, sequence, expiry in (
        (other, sealed, BUNDLE_SEQUENCE, EXPIRY),
        (link, sealed, BUNDLE_SEQUENCE + 1, EXPIRY),
        (link, sealed, BUNDLE_SEQUENCE, EXPIRY + 1),
        (link, broken, BUNDLE_SEQUENCE, EXPIRY),
    ):
        with pytest.raises(OpenFailed):
            open_record(holder, data, sequence, expiry)


def test_another_bundle_than_the_link_says_is_refused() -> None:
    link = link_to(make_bundle())
    with pytest.raises(OpenFailed):
        open_record(link, seal_record(link, make_bundle("mallory"), 1, EXPIRY), 1, EXPIRY)


def test_every_content_of_a_record_has_a_key_of_its_own() -> None:
    sequences = [BUNDLE_SEQUENCE, *TOMBSTONE_SEQUENCES.values()]
    assert len(set(sequences)) == len(sequences)
    assert max(sequences) == TOMBSTONE_SEQUENCES["revoked"]


def test_a_tombstone_is_not_told_by_its_size() -> None:
    assert len(seal_record(LINK, new_tombstone("used"), 2, EXPIRY)) == RECORD_SIZE


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_whatever_a_holder_of_the_link_wrote_is_a_value_or_a_typed_error(data: bytes) -> None:
    """Anybody with the link knows the record's key; only the signature keeps them from writing it."""
    key = primitives.hkdf(LINK.derive("record-key"), b"sottovoce/v1/invite/sequence" + (1).to_bytes(8, "big"))
    ad = LINK.record_id + (1).to_bytes(8, "big") + EXPIRY.to_bytes(4, "big")
    for padded in (pad(data, RECORD_SIZE - 16), data, pad(b"\x93\x01\x01" + data, RECORD_SIZE - 16)):
        with pytest.raises((Malformed, OpenFailed)):
            open_record(LINK, primitives.siv_seal(key, padded, ad), 1, EXPIRY)
    with pytest.raises((Malformed, OpenFailed)):
        open_record(LINK, data, 1, EXPIRY)


@pytest.mark.parametrize("field", ["olm_identity", "olm_key", "xwing"])
def test_a_bundle_with_a_key_that_contributes_nothing_is_refused(field: str) -> None:
    bundle = make_bundle()
    size = len(getattr(bundle, field))
    bundle = msgspec.structs.replace(bundle, **{field: b"\xff" * (size - 32) + bytes(32)})
    link = link_to(bundle)
    with pytest.raises(Malformed):
        open_record(link, seal_record(link, bundle, 1, EXPIRY), 1, EXPIRY)


@given(st.data())
@settings(max_examples=60)
def test_no_byte_of_a_bundle_can_be_changed_by_another_holder_of_the_link(data: st.DataObject) -> None:
    encoded = bytearray(encode_bundle(BUNDLE))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises((Malformed, OpenFailed)):
        open_record(BUNDLE_LINK, _sealed(BUNDLE_LINK, bytes(encoded)), 1, EXPIRY)


def test_a_bundle_whose_device_its_identity_did_not_certify_is_refused() -> None:
    """The link's maker alone can write that: a record that is its own, and a device that is not."""
    forged = msgspec.structs.replace(BUNDLE.certificate, device=primitives.ed25519_public(b"x" * 32))
    bundle = msgspec.structs.replace(BUNDLE, certificate=forged)
    with pytest.raises(Malformed):
        open_record(link_to(bundle), seal_record(link_to(bundle), bundle, 1, EXPIRY), 1, EXPIRY)


def test_a_bundle_of_another_identity_is_refused() -> None:
    other = certify(b"x" * 32, primitives.ed25519_public(b"d" * 32), 5)
    bundle = msgspec.structs.replace(BUNDLE, certificate=other)
    with pytest.raises(OpenFailed):
        open_record(link_to(bundle), seal_record(link_to(bundle), bundle, 1, EXPIRY), 1, EXPIRY)


# --- from the future --------------------------------------------------------------------------------------------------

BUNDLE = make_bundle()
BUNDLE_LINK = link_to(BUNDLE)


def _sealed(link: Link, encoded: bytes) -> bytes:
    """Seal what any holder of a link may seal, as the first content of its record."""
    key = primitives.hkdf(link.derive("record-key"), b"sottovoce/v1/invite/sequence" + (1).to_bytes(8, "big"))
    ad = link.record_id + (1).to_bytes(8, "big") + EXPIRY.to_bytes(4, "big")
    return primitives.siv_seal(key, pad(encoded, RECORD_SIZE - primitives.SEAL_OVERHEAD), ad)


def _link_text(body: bytes) -> str:
    """Write a link of any version: whatever it says, its checksum is behind it."""
    checksum = primitives.sha256(b"sottovoce/v1/link-check" + body)[:4]
    return "SOTTOVOCE:" + base64.b32encode(body + checksum).decode().rstrip("=")


def test_a_link_written_by_hand_here_is_read() -> None:
    """Or the next tests would be about nothing."""
    body = bytes([1, 0]) + LINK.expires_at.to_bytes(4, "big") + LINK.identity + LINK.secret + LINK.bundle_hash
    assert decode_link(_link_text(body)) == LINK


@given(st.integers(2, 255), st.binary(min_size=69, max_size=500))
def test_a_link_of_a_later_version_asks_for_a_newer_program_whatever_it_says(version: int, said: bytes) -> None:
    with pytest.raises(Newer):
        decode_link(_link_text(bytes([version]) + said))


@pytest.mark.parametrize("head", [b"\x00\x00", b"\x01\x01", b"\x01\xff"], ids=bytes.hex)
def test_a_link_of_an_unknown_flag_or_no_version_is_malformed(head: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        decode_link(_link_text(head + bytes(68)))
    assert not isinstance(refused.value, Newer)


def test_a_link_of_this_version_has_one_length() -> None:
    body = bytes([1, 0]) + LINK.expires_at.to_bytes(4, "big") + LINK.identity + LINK.secret + LINK.bundle_hash
    with pytest.raises(Malformed) as refused:
        decode_link(_link_text(body + b"more"))
    assert not isinstance(refused.value, Newer)


@given(st.integers(1, 2), st.integers(2, 1 << 20), st.lists(st.binary(max_size=40), max_size=4))
def test_a_record_of_a_later_version_asks_for_a_newer_program(tag: int, version: int, said: list[bytes]) -> None:
    with pytest.raises(Newer):
        open_record(LINK, _sealed(LINK, msgspec.msgpack.encode([tag, version, *said])), 1, EXPIRY)


@given(st.integers(3, 1 << 20), st.lists(st.binary(max_size=40), max_size=4))
def test_a_record_that_holds_something_new_asks_for_a_newer_program(tag: int, said: list[bytes]) -> None:
    with pytest.raises(Newer):
        open_record(LINK, _sealed(LINK, msgspec.msgpack.encode([tag, 1, *said])), 1, EXPIRY)


@pytest.mark.parametrize("head", [[0, 1], [1, 0], [2, 0], [-1, 1], [1, -1], ["1", 1], [1], []], ids=str)
def test_a_record_of_no_kind_or_version_is_malformed(head: list[object]) -> None:
    with pytest.raises(Malformed) as refused:
        open_record(LINK, _sealed(LINK, msgspec.msgpack.encode([*head, "revoked"])), 1, EXPIRY)
    assert not isinstance(refused.value, Newer)


def test_a_longer_bundle_or_tombstone_of_the_same_version_is_accepted() -> None:
    """A bundle's link speaks for all of its bytes, those of the future too."""
    fields = [*msgspec.msgpack.decode(encode_bundle(BUNDLE), type=list[msgspec.Raw]), "from the future"]
    encoded = msgspec.msgpack.encode(fields)
    link = Link(LINK.expires_at, IDENTITY, LINK.secret, bundle_hash(encoded))
    assert open_record(link, _sealed(link, encoded), 1, EXPIRY) == BUNDLE
    tombstone = msgspec.msgpack.encode([2, 1, "revoked", "and why"])
    assert open_record(LINK, _sealed(LINK, tombstone), 1, EXPIRY) == new_tombstone("revoked")


def test_a_certificate_of_a_later_version_in_a_bundle_asks_for_a_newer_program() -> None:
    bundle = msgspec.structs.replace(BUNDLE, certificate=msgspec.structs.replace(BUNDLE.certificate, version=2))
    with pytest.raises(Newer):
        open_record(link_to(bundle), seal_record(link_to(bundle), bundle, 1, EXPIRY), 1, EXPIRY)


def test_the_largest_bundle_fits_its_record() -> None:
    bundle = make_bundle("ü" * (MAX_NAME_SIZE // 2))
    assert open_record(link_to(bundle), seal_record(link_to(bundle), bundle, 1, EXPIRY), 1, EXPIRY) == bundle
