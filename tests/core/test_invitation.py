"""Links and the records they lead to."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.crypto.ratchet import Account
from core.errors import Malformed, OpenFailed
from core.people.device import certify
from core.people.fragment import pad
from core.people.invitation import (
    BUNDLE_SEQUENCE,
    RECORD_SIZE,
    TOMBSTONE_SEQUENCES,
    Bundle,
    Link,
    Tombstone,
    bundle_hash,
    decode_link,
    encode_bundle,
    encode_link,
    open_record,
    seal_record,
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
IDENTITY_SEED = bytes(range(32))
IDENTITY = primitives.ed25519_public(IDENTITY_SEED)
EXPIRY = 500_000


def make_bundle(name: str = "alice") -> Bundle:
    account, key = Account.create()
    device = primitives.ed25519_public(b"d" * 32)
    _, xwing = primitives.xwing_generate()
    certificate = certify(IDENTITY_SEED, device, account.identity_key, key, 5)
    return Bundle(xwing, account.identity_key, key, certificate, name)


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
    assert len(seal_record(LINK, Tombstone("used"), 2, EXPIRY)) == RECORD_SIZE


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_whatever_a_holder_of_the_link_wrote_is_a_value_or_a_typed_error(data: bytes) -> None:
    """Anybody with the link knows the record's key; only the signature keeps them from writing it."""
    key = primitives.hkdf(LINK.derive("record-key"), b"sottovoce/v1/invite/sequence" + (1).to_bytes(8, "big"))
    ad = LINK.record_id + (1).to_bytes(8, "big") + EXPIRY.to_bytes(4, "big")
    for padded in (pad(data, RECORD_SIZE - 16), data):
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
