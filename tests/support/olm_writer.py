"""The half of a stolen double ratchet that the library will not use: reading what its owner writes next.

A thief of a ratchet's state has the chain by which its owner seals its next messages, as far as the next turn of the
ratchet. vodozemac opens only what the other side wrote, so this opens the rest, from the pickle itself
(https://gitlab.matrix.org/matrix-org/olm/-/blob/master/docs/olm.md; pickles as vodozemac seals them).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from core.crypto import primitives
from core.crypto.ratchet import PREKEY

_MAC = 8
_BLOCK_BITS = 128
# How far a chain is followed: more than are written between two turns of a ratchet, or two re-keyings of a lane.
_MAX_AHEAD = 400
# A first message says three keys before the message it carries: version, then a tag and a length before each.
_PREKEY_HEAD = 1 + 3 * (2 + 32)


class _Chain(msgspec.Struct):
    key: list[int]
    index: int


class _Pair(msgspec.Struct):
    ratchet_key: list[int]


class _Ratchet(msgspec.Struct):
    type: str
    active_ratchet: _Pair | None = None
    symmetric_key_ratchet: _Chain | None = None


class _State(msgspec.Struct):
    sending_ratchet: _Ratchet


@dataclass(frozen=True, slots=True)
class Writer:
    """The chain that a ratchet's owner writes by."""

    ratchet_key: bytes
    chain: bytes
    index: int

    @staticmethod
    def of_pickle(pickle: str, key: bytes) -> Writer | None:
        """Return what a pickle holds of it; None where its owner turns the ratchet before it writes again."""
        state = msgspec.json.decode(unseal(pickle, key), type=_State)
        ratchet = state.sending_ratchet
        if ratchet.active_ratchet is None or ratchet.symmetric_key_ratchet is None:
            return None
        private = X25519PrivateKey.from_private_bytes(bytes(ratchet.active_ratchet.ratchet_key))
        public = private.public_key().public_bytes_raw()
        return Writer(public, bytes(ratchet.symmetric_key_ratchet.key), ratchet.symmetric_key_ratchet.index)

    def read(self, kind: int, message: bytes) -> bytes | None:
        """Open a message of this chain, None when it is none, or of before this state."""
        inner = _inner(kind, message)
        parts = None if inner is None else _parts(inner)
        if inner is None or parts is None:
            return None
        ratchet_key, index, sealed = parts
        if ratchet_key != self.ratchet_key or not 0 <= index - self.index < _MAX_AHEAD:
            return None
        chain = self.chain
        for _ in range(index - self.index):
            chain = primitives.hmac_sha256(chain, b"\2")
        keys = primitives.hkdf(primitives.hmac_sha256(chain, b"\1"), b"OLM_KEYS", 80)
        if primitives.hmac_sha256(keys[32:64], inner[:-_MAC])[:_MAC] != inner[-_MAC:]:
            return None
        return _cbc_open(keys[:32], keys[64:], sealed)


def unseal(pickle: str, key: bytes) -> bytes:
    raw = base64.b64decode(pickle + "=" * (-len(pickle) % 4))
    keys = primitives.hkdf(key, b"Pickle", 80)
    return _cbc_open(keys[:32], keys[64:], raw[:-_MAC])


def _cbc_open(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    return unpadder.update(cipher.update(sealed) + cipher.finalize()) + unpadder.finalize()


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not data[at - 1] & 0x80:
            return value, at


def _inner(kind: int, message: bytes) -> bytes | None:
    """Return the message inside a first message, or the message itself."""
    if kind != PREKEY:
        return message
    if message[_PREKEY_HEAD : _PREKEY_HEAD + 1] != b"\x22":
        return None
    size, at = _varint(message, _PREKEY_HEAD + 1)
    return message[at : at + size]


def _parts(inner: bytes) -> tuple[bytes, int, bytes] | None:
    """Return a message's ratchet key, its number in the chain and what is sealed."""
    if inner[:3] != b"\x03\x0a\x20" or inner[35:36] != b"\x10":
        return None
    index, at = _varint(inner, 36)
    if inner[at : at + 1] != b"\x22":
        return None
    size, at = _varint(inner, at + 1)
    return inner[3:35], index, inner[at : at + size]
