"""Public vectors for what the people layer is built of, and the edges at which strangers push."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import nacl.bindings
import pytest
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, strategies as st
from nacl.signing import VerifyKey

from core.crypto import primitives
from core.errors import Malformed, OpenFailed

PUBLIC = json.loads((Path(__file__).parents[2] / "vectors" / "people_public.json").read_text())
X25519 = {name: value for name, value in PUBLIC["x25519"].items() if name != "source"}


@pytest.mark.parametrize("case", PUBLIC["ed25519"]["cases"], ids=["RFC 8032 test 1", "RFC 8032 test 2"])
def test_ed25519_signs_as_rfc_8032_does(case: dict[str, str]) -> None:
    seed, public, message, signature = (
        bytes.fromhex(case[name]) for name in ("seed", "public", "message", "signature")
    )
    assert primitives.ed25519_public(seed) == public
    assert primitives.ed25519_sign(seed, message) == signature
    assert primitives.ed25519_verify(public, signature, message)
    assert not primitives.ed25519_verify(public, signature, message + b"!")
    assert not primitives.ed25519_verify(public, signature[:63], message)
    assert not primitives.ed25519_verify(public[:31], signature, message)


def test_x25519_agrees_as_rfc_7748_does() -> None:
    ours = x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(X25519["private"]))
    theirs = x25519.X25519PublicKey.from_public_bytes(bytes.fromhex(X25519["their_public"]))
    assert ours.public_key().public_bytes_raw().hex() == X25519["public"]
    assert ours.exchange(theirs).hex() == X25519["shared"]
    assert (
        nacl.bindings.crypto_scalarmult(ours.private_bytes_raw(), theirs.public_bytes_raw()).hex() == X25519["shared"]
    )
    assert primitives.is_x25519_public(theirs.public_bytes_raw())
    assert not primitives.is_x25519_public(bytes(32))
    assert not primitives.is_x25519_public(b"\x01" + bytes(31))


# --- X-Wing -----------------------------------------------------------------------------------------------------------


def hpke_key_and_nonce(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """Return the key and first nonce of RFC 9180, base mode, for X-Wing, HKDF-SHA256, AES-256-GCM."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")

    def expand(secret: bytes, label: bytes, context: bytes, size: int) -> bytes:
        labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(secret, labelled + b"\x01", "sha256")[:size]

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


@pytest.mark.parametrize("case", PUBLIC["xwing"]["cases"], ids=["X-Wing 1", "X-Wing 2"])
def test_xwing_opens_what_the_draft_encapsulates(case: dict[str, str]) -> None:
    sk, pk, ct, shared = (bytes.fromhex(case[name]) for name in ("sk", "pk", "ct", "ss"))
    private = hashlib.shake_256(sk).digest(96)
    public = mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64]).public_key().public_bytes_raw()
    public += x25519.X25519PrivateKey.from_private_bytes(private[64:]).public_key().public_bytes_raw()
    assert public == pk
    assert primitives.is_xwing_public(pk)
    key, nonce = hpke_key_and_nonce(shared, b"what for")
    sealed = ct + AESGCM(key).encrypt(nonce, b"recorded today", b"")
    assert primitives.xwing_open(private, sealed, b"what for") == b"recorded today"
    with pytest.raises(OpenFailed):
        primitives.xwing_open(private, sealed, b"something else")


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_for_one_purpose_opens_for_it_alone(plaintext: bytes, info: bytes) -> None:
    private, public = primitives.xwing_generate()
    sealed = primitives.xwing_seal(public, plaintext, info)
    assert len(sealed) == len(plaintext) + primitives.XWING_OVERHEAD
    assert primitives.xwing_open(private, sealed, info) == plaintext
    with pytest.raises(OpenFailed):
        primitives.xwing_open(private, sealed, info + b"!")
    with pytest.raises(OpenFailed):
        primitives.xwing_open(private, sealed[:-1] + bytes([sealed[-1] ^ 1]), info)


@given(st.binary(max_size=1400))
def test_any_bytes_open_as_nothing(data: bytes) -> None:
    private = bytes(range(96))
    with pytest.raises(OpenFailed):
        primitives.xwing_open(private, data, b"")
    with pytest.raises(OpenFailed):
        primitives.aead_open(bytes(32), bytes(12), data, b"")
    with pytest.raises(OpenFailed):
        primitives.siv_open(bytes(32), data, b"")


@given(st.one_of(st.binary(max_size=40), st.binary(min_size=32, max_size=32)))
def test_any_bytes_are_a_group_element_or_malformed(data: bytes) -> None:
    one = (1).to_bytes(32, "little")
    try:
        assert primitives.point_multiply(one, data) == data
    except Malformed:
        return


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xff" * 32])
def test_points_of_small_order_and_of_no_curve_are_malformed(point: bytes) -> None:
    with pytest.raises(Malformed):
        primitives.point_multiply((1).to_bytes(32, "little"), point)


# --- blinding ---------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=64), st.binary(min_size=1, max_size=64), st.binary(max_size=100))
def test_a_blinded_key_signs_and_only_its_owner_can_blind_it_for_signing(a: bytes, k: bytes, message: bytes) -> None:
    scalar, factor = primitives.scalar_from(a), primitives.scalar_from(k)
    public = primitives.point_multiply(factor, primitives.scalar_public(scalar))
    blinded = primitives.scalar_multiply(factor, scalar)
    assert primitives.scalar_public(blinded) == public
    signature = primitives.scalar_sign(blinded, message)
    assert primitives.scalar_sign(blinded, message) == signature
    assert primitives.ed25519_verify(public, signature, message)
    VerifyKey(public).verify(message, signature)
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=50))
def test_an_identity_can_be_blinded_too(seed: bytes, message: bytes) -> None:
    scalar = primitives.scalar_of_seed(seed)
    assert primitives.scalar_public(scalar) == primitives.ed25519_public(seed)
    assert primitives.ed25519_verify(primitives.ed25519_public(seed), primitives.scalar_sign(scalar, message), message)


def test_no_seed_is_kept_when_it_has_signed() -> None:
    """A cache of the process would keep it beyond the vault lock."""
    seed = bytes(range(32))
    primitives.ed25519_sign(seed, b"hello")
    primitives.ed25519_public(seed)
    assert primitives._expanded.cache_info().currsize == 0
