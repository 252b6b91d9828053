"""Envelopes: one content, several devices, and nobody who can change, move or split it."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.crypto.ratchet import Account, Session
from core.errors import Malformed, OpenFailed
from core.people.bounds import MAX_AUDIENCE
from core.people.envelope import Place, Wrapped, decode, open_envelope, seal
from core.people.fragment import CLASSES, PIECE_SIZE, pad
from tests.support.people_vectors import OpenSession

SEED = b"d" * 32
DEVICE = primitives.ed25519_public(SEED)
PLACE = Place(b"a" * 32, b"g" * 16, 7)


def plain(tag: bytes = b"tag1") -> tuple[bytes, Session]:
    return tag, cast("Session", OpenSession())


def unwrap(wrapped: Wrapped) -> bytes:
    return wrapped.message.removeprefix(b"wrapped:")


@given(st.binary(max_size=4000), st.integers(1, 4))
def test_every_device_reads_the_same_block(block: bytes, devices: int) -> None:
    tags = [b"dev%d" % n for n in range(devices)]
    sealed = seal(block, PLACE, SEED, [plain(tag) for tag in tags])
    assert len(sealed) in {count * PIECE_SIZE for count in CLASSES}
    assert [open_envelope(sealed, tag, PLACE, DEVICE, unwrap) for tag in tags] == [block] * devices


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_malformed(data: bytes) -> None:
    try:
        wraps, _ = decode(data)
    except Malformed:
        return
    assert len(wraps) <= MAX_AUDIENCE


@given(st.data())
def test_an_envelope_with_any_byte_changed_does_not_open_as_something_else(data: st.DataObject) -> None:
    sealed = bytearray(seal(b"what is said", PLACE, SEED, [plain()]))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    try:
        opened = open_envelope(bytes(sealed), b"tag1", PLACE, DEVICE, unwrap)
    except (OpenFailed, Malformed):
        return
    assert at == 5, "only the ratchet message's type is not bound by the body; the ratchet binds it"
    assert opened == b"what is said"


@pytest.mark.parametrize(
    "place", [replace(PLACE, author=b"b" * 32), replace(PLACE, generation=b"h" * 16), replace(PLACE, index=8)]
)
def test_a_block_cannot_be_moved_to_another_place(place: Place) -> None:
    sealed = seal(b"yes", PLACE, SEED, [plain()])
    with pytest.raises(OpenFailed):
        open_envelope(sealed, b"tag1", place, DEVICE, unwrap)


def test_another_device_cannot_sign_for_it() -> None:
    sealed = seal(b"yes", PLACE, b"e" * 32, [plain()])
    with pytest.raises(OpenFailed):
        open_envelope(sealed, b"tag1", PLACE, DEVICE, unwrap)


def test_a_body_that_a_device_was_not_promised_is_refused() -> None:
    """AES-GCM does not commit to its key: the hash beside the key does."""
    sealed = seal(b"yes", PLACE, SEED, [plain()])
    with pytest.raises(OpenFailed):
        open_envelope(sealed, b"tag1", PLACE, DEVICE, lambda wrapped: unwrap(wrapped)[:32] + bytes(16))
    with pytest.raises(Malformed):
        open_envelope(sealed, b"tag1", PLACE, DEVICE, lambda wrapped: unwrap(wrapped)[:40])


def test_whoever_is_not_in_the_audience_reads_nothing() -> None:
    with pytest.raises(OpenFailed):
        open_envelope(seal(b"yes", PLACE, SEED, [plain()]), b"tag2", PLACE, DEVICE, unwrap)


def test_an_audience_beyond_the_bound_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode(bytes([MAX_AUDIENCE + 1]) + bytes(5000))


def test_it_fits_the_size_that_is_asked_for_or_is_our_own_mistake() -> None:
    assert len(seal(b"yes", PLACE, SEED, [plain()], size=3068)) == 3068
    with pytest.raises(ValueError, match="no room"):
        seal(bytes(3068), PLACE, SEED, [plain()], size=3068)


def test_a_body_without_room_for_a_signature_is_refused() -> None:
    key, signed = b"k" * 32, b"short"
    body = primitives.aead_seal(key, bytes(12), pad(signed, 50), b"")
    wrap = key + primitives.sha256(signed)[:16]
    sealed = b"\x01tag1\x01" + len(wrap).to_bytes(2, "big") + wrap + body
    with pytest.raises(OpenFailed):
        open_envelope(sealed, b"tag1", PLACE, DEVICE, lambda wrapped: wrapped.message)


def test_with_a_real_ratchet_each_envelope_has_keys_of_its_own() -> None:
    bob, key = Account.create()
    alice, _ = Account.create()
    session = alice.open_session(bob.identity_key, key)
    first, second = (seal(b"the same", PLACE, SEED, [(b"bob!", session)]) for _ in range(2))
    assert first != second
    wrapped = decode(first)[0][b"bob!"]
    theirs, content_key = bob.accept_session(alice.identity_key, wrapped.kind, wrapped.message)
    assert open_envelope(first, b"bob!", PLACE, DEVICE, lambda _: content_key) == b"the same"
    assert (
        open_envelope(second, b"bob!", PLACE, DEVICE, lambda each: theirs.decrypt(each.kind, each.message))
        == b"the same"
    )
