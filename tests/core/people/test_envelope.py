"""Envelopes: one content, several devices, and nobody who can change or split it.

Who wrote it, and that it was not moved, is said inside: ``test_signing``.
"""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings, strategies as st

from core.crypto import primitives
from core.crypto.ratchet import Receiver, Session, open_session
from core.errors import Malformed, OpenFailed
from core.people.format.bounds import MAX_AUDIENCE
from core.people.format.envelope import Wrapped, decode, open_body, open_envelope, seal
from core.people.format.fragment import CLASSES, PIECE_SIZE, pad
from tests.support.people_vectors import OpenSession


def plain(tag: bytes = b"tag1") -> tuple[bytes, Session]:
    return tag, cast("Session", OpenSession())


def unwrap(wrapped: Wrapped) -> bytes:
    return wrapped.message.removeprefix(b"wrapped:")


@given(st.binary(max_size=4000), st.integers(1, 4))
def test_every_device_reads_the_same_block(block: bytes, devices: int) -> None:
    tags = [b"dev%d" % n for n in range(devices)]
    sealed = seal(block, [plain(tag) for tag in tags])
    assert len(sealed) in {count * PIECE_SIZE for count in CLASSES}
    assert [open_envelope(sealed, tag, unwrap) for tag in tags] == [block] * devices


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
    sealed = bytearray(seal(b"what is said", [plain()]))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    try:
        opened = open_envelope(bytes(sealed), b"tag1", unwrap)
    except (OpenFailed, Malformed):
        return
    assert at == 5, "only the ratchet message's type is not bound by the body; the ratchet binds it"
    assert opened == b"what is said"


def test_a_body_that_a_device_was_not_promised_is_refused() -> None:
    """AES-GCM does not commit to its key: the hash beside the key does."""
    sealed = seal(b"yes", [plain()])
    with pytest.raises(OpenFailed):
        open_envelope(sealed, b"tag1", lambda wrapped: unwrap(wrapped)[:32] + bytes(16))
    with pytest.raises(Malformed):
        open_envelope(sealed, b"tag1", lambda wrapped: unwrap(wrapped)[:40])


def test_whoever_is_not_in_the_audience_reads_nothing() -> None:
    with pytest.raises(OpenFailed):
        open_envelope(seal(b"yes", [plain()]), b"tag2", unwrap)


def test_an_audience_beyond_the_bound_is_malformed() -> None:
    with pytest.raises(Malformed):
        decode(bytes([MAX_AUDIENCE + 1]) + bytes(5000))


def test_it_fits_the_size_that_is_asked_for_or_is_our_own_mistake() -> None:
    assert len(seal(b"yes", [plain()], size=3068)) == 3068
    with pytest.raises(ValueError, match="no room"):
        seal(bytes(3068), [plain()], size=3068)


@given(st.data())
def test_one_body_cannot_say_different_things_to_two_devices(data: st.DataObject) -> None:
    """A body that opens under two keys can be made for AES-GCM; the hash is what each device was promised."""
    promised, said = data.draw(st.binary(max_size=50)), data.draw(st.binary(max_size=50))
    wrap = b"k" * 32 + primitives.sha256(promised)[:16]
    body = primitives.aead_seal(b"k" * 32, bytes(12), pad(said, 60), b"")
    if said == promised:
        assert open_body(wrap, body) == said
    else:
        with pytest.raises(OpenFailed):
            open_body(wrap, body)


def test_a_body_without_padding_is_malformed() -> None:
    body = primitives.aead_seal(b"k" * 32, bytes(12), b"no mark", b"")
    with pytest.raises(Malformed):
        open_body(b"k" * 32 + primitives.sha256(b"no mark")[:16], body)


@given(
    st.lists(
        st.tuples(st.binary(min_size=4, max_size=4), st.integers(0, 1), st.binary(max_size=300)), max_size=MAX_AUDIENCE
    )
)
def test_what_each_device_gets_comes_back(wraps: list[tuple[bytes, int, bytes]]) -> None:
    head = b"".join(tag + bytes([kind]) + len(message).to_bytes(2, "big") + message for tag, kind, message in wraps)
    found, body = decode(bytes([len(wraps)]) + head + b"the body")
    assert found == {tag: Wrapped(kind, message) for tag, kind, message in wraps}
    assert body == b"the body"


def test_with_a_real_ratchet_each_envelope_has_keys_of_its_own() -> None:
    bob, key = Receiver.create()
    session = open_session(bob.identity_key, key)
    first, second = (seal(b"the same", [(b"bob!", session)]) for _ in range(2))
    assert first != second
    theirs, content_key = bob.accept_session(decode(first)[0][b"bob!"].message)
    assert open_envelope(first, b"bob!", lambda _: content_key) == b"the same"
    assert open_envelope(second, b"bob!", lambda each: theirs.decrypt(each.kind, each.message)) == b"the same"
