"""Devices and their certificates.

A device has a random signing key of its own; the account's identity signs it. What a device signs counts as the account's,
and the other side addresses each device by itself. A thief of the account's words can certify a device; so a certificate
alone makes a device *unknown*. It is known when a device that was known before vouches for it, or when the person says so
(``core.people.conversation.trust``).

A certificate is one entry of the account's list of devices: it says which list (``number``), whether the device is still
one of it (``state``), and who vouches. The list has one entry in this version.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from core.crypto import primitives
from core.crypto.primitives import KEY_SIZE
from core.errors import Malformed, Newer
from core.people.format.bounds import Key, Millis, Number, Signature

TAG_SIZE = 4  # how an envelope names a device among its audience
VERSION = 1
ACTIVE, REMOVED = 0, 1
FIRST_LIST = 1


def short_name(device: bytes) -> str:
    """Return the piece of a device's key that people and programs call it by: enough to tell a contact's few apart."""
    return device[:TAG_SIZE].hex()


class Certificate(msgspec.Struct, frozen=True, array_like=True):
    """A device's public key, signed by its account's identity. ``voucher`` and ``vouch`` are empty without one."""

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    identity: Key
    device: Key  # Ed25519, signs content
    created_at: Millis
    number: Number
    state: Annotated[int, msgspec.Meta(ge=0, lt=256)]
    voucher: Annotated[bytes, msgspec.Meta(max_length=32)]
    vouch: Annotated[bytes, msgspec.Meta(max_length=64)]
    signature: Signature

    @property
    def tag(self) -> bytes:
        """The device's short name inside envelopes."""
        return self.device[:TAG_SIZE]


def _entry(certificate: Certificate) -> bytes:
    return (
        certificate.identity
        + certificate.device
        + certificate.created_at.to_bytes(8, "big")
        + certificate.number.to_bytes(4, "big")
        + bytes([certificate.state])
        + certificate.voucher.ljust(32, b"\0")
    )


def _signed(certificate: Certificate) -> bytes:
    return b"sottovoce/v1/device" + _entry(certificate)


def _vouched(certificate: Certificate) -> bytes:
    return b"sottovoce/v1/vouch" + _entry(certificate)


def certify(identity_seed: bytes, device: bytes, now_ms: int, voucher_seed: bytes | None = None) -> Certificate:
    """Sign a device's key with the account's identity, and with the device that vouches for it if there is one."""
    voucher = b"" if voucher_seed is None else primitives.ed25519_public(voucher_seed)
    identity = primitives.ed25519_public(identity_seed)
    bare = Certificate(VERSION, identity, device, now_ms, FIRST_LIST, ACTIVE, voucher, b"", bytes(64))
    signature = primitives.ed25519_sign(identity_seed, _signed(bare))
    vouch = b"" if voucher_seed is None else primitives.ed25519_sign(voucher_seed, _vouched(bare))
    return msgspec.structs.replace(bare, vouch=vouch, signature=signature)


def _is_voucher(voucher: bytes) -> bool:
    return not voucher or (len(voucher) == KEY_SIZE and any(voucher))


def check(certificate: Certificate) -> Certificate:
    """Return the certificate if the identity signed it. Raises ``Newer`` or ``Malformed``.

    Its signer may lie about every field, so each is checked here: later code relies on them.
    """
    if certificate.version > VERSION:
        raise Newer("device certificate")
    if certificate.state != ACTIVE or not _is_voucher(certificate.voucher):
        raise Malformed("device certificate: state")
    if not primitives.ed25519_verify(certificate.identity, certificate.signature, _signed(certificate)):
        raise Malformed("device certificate")
    return certificate


def is_vouched_by(certificate: Certificate, device: bytes) -> bool:
    """Tell whether a device signed that this one is of the same account."""
    is_named = certificate.voucher == device != certificate.device
    return is_named and primitives.ed25519_verify(device, certificate.vouch, _vouched(certificate))
