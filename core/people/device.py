"""Devices and their certificates.

A device has random keys of its own; the account's identity signs them. What a device says is the account's word, and the
other side addresses each device by itself.
"""

from __future__ import annotations

import msgspec

from core.crypto import primitives
from core.errors import Malformed
from core.people.bounds import Key, Millis, Signature

TAG_SIZE = 4  # how an envelope names a device among its audience


class Certificate(msgspec.Struct, frozen=True, array_like=True):
    """A device's public keys, signed by its account's identity."""

    identity: Key
    device: Key  # Ed25519, signs content
    olm_identity: Key  # Curve25519
    olm_fallback: Key  # Curve25519; a session to it can be started at any time
    created_at: Millis
    signature: Signature

    @property
    def tag(self) -> bytes:
        """The device's short name inside envelopes."""
        return self.device[:TAG_SIZE]


def _signed(device: bytes, olm_identity: bytes, olm_fallback: bytes, created_at: int) -> bytes:
    return b"sottovoce/v1/device" + device + olm_identity + olm_fallback + created_at.to_bytes(8, "big")


def certify(identity_seed: bytes, device: bytes, olm_identity: bytes, olm_fallback: bytes, now_ms: int) -> Certificate:
    """Sign a device's keys with the account's identity."""
    signature = primitives.ed25519_sign(identity_seed, _signed(device, olm_identity, olm_fallback, now_ms))
    identity = primitives.ed25519_public(identity_seed)
    return Certificate(identity, device, olm_identity, olm_fallback, now_ms, signature)


def check(certificate: Certificate) -> Certificate:
    """Return the certificate if the identity signed it and its keys can be used. Raises ``Malformed``.

    Whoever signs it may lie about every key in it: nothing later may stumble over one.
    """
    message = _signed(certificate.device, certificate.olm_identity, certificate.olm_fallback, certificate.created_at)
    if not primitives.ed25519_verify(certificate.identity, certificate.signature, message):
        raise Malformed("device certificate")
    if not all(map(primitives.is_x25519_public, (certificate.olm_identity, certificate.olm_fallback))):
        raise Malformed("device certificate: keys")
    return certificate
