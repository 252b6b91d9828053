"""Device certificates."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from core.crypto import primitives
from core.crypto.ratchet import Account
from core.errors import Malformed
from core.people.bounds import decode
from core.people.device import Certificate, certify, check

SEED = b"i" * 32
ACCOUNT, FALLBACK = Account.create()
CERTIFICATE = certify(SEED, primitives.ed25519_public(b"d" * 32), ACCOUNT.identity_key, FALLBACK, 12_345)


def test_a_certificate_is_the_word_of_its_identity() -> None:
    assert check(CERTIFICATE) == CERTIFICATE
    assert CERTIFICATE.identity == primitives.ed25519_public(SEED)
    assert CERTIFICATE.tag == CERTIFICATE.device[:4]
    assert decode(Certificate, msgspec.msgpack.encode(CERTIFICATE), "certificate") == CERTIFICATE


@pytest.mark.parametrize("field", ["identity", "device", "olm_identity", "olm_fallback", "signature"])
def test_a_certificate_with_anything_changed_is_refused(field: str) -> None:
    value = bytearray(getattr(CERTIFICATE, field))
    value[7] ^= 1
    with pytest.raises(Malformed):
        check(msgspec.structs.replace(CERTIFICATE, **{field: bytes(value)}))


def test_a_certificate_with_another_date_is_refused() -> None:
    with pytest.raises(Malformed):
        check(msgspec.structs.replace(CERTIFICATE, created_at=CERTIFICATE.created_at + 1))


@pytest.mark.parametrize("keys", [(bytes(32), FALLBACK), (ACCOUNT.identity_key, bytes(32))])
def test_signed_keys_that_contribute_nothing_are_refused(keys: tuple[bytes, bytes]) -> None:
    with pytest.raises(Malformed):
        check(certify(SEED, primitives.ed25519_public(b"d" * 32), *keys, 1))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_malformed(data: bytes) -> None:
    try:
        decode(Certificate, data, "certificate")
    except Malformed:
        return
