"""The cryptographic primitives of ``net``; the only file of this package that imports a cryptographic library.

Nothing here decides anything: a function names the primitive, its sizes and its nonce rule, and turns what the libraries
raise into ``Unauthenticated``. Which library for what is a matter of measured cost: AES-GCM of ``cryptography`` seals a
datagram ten times faster than PyNaCl's, PyNaCl checks an Ed25519 signature twice as fast as ``cryptography``.
"""

from __future__ import annotations

import hashlib
import hmac as _hmac
from collections.abc import Callable
from typing import NamedTuple

import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError

from net.errors import Unauthenticated

KEY_SIZE = 32  # bytes: X25519 keys, AES-256 keys
HASH_SIZE = 32  # bytes: SHA-256
TAG_SIZE = 16  # bytes: what a seal adds
NONCE_SIZE = 12  # bytes
SIGNATURE_SIZE = 64  # bytes: Ed25519
MASK_SAMPLE_SIZE = 16  # bytes: one AES block


class Aead:
    """AES-256-GCM under one key, with the key schedule kept.

    Nonce rule: 12 bytes, never twice under one key; every caller says beside its call why that holds.
    """

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
        """Return ciphertext ‖ tag, 16 bytes longer than ``plaintext``."""
        return self._cipher.encrypt(nonce, plaintext, associated)

    def open(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """Return the plaintext, or raise ``Unauthenticated``."""
        try:
            return self._cipher.decrypt(nonce, sealed, associated)
        except InvalidTag:
            raise Unauthenticated("seal") from None


class HeaderMask:
    """QUIC's header protection (RFC 9001, 5.4.3): AES of a sample of the ciphertext masks a counter.

    One block in, one block out, so AES-ECB is a pseudo-random function here; there is no nonce. The sample is never
    the same twice in practice: it is a GCM tag.
    """

    __slots__ = ("_block",)

    def __init__(self, key: bytes) -> None:
        # ECB keeps no state between blocks, so one context serves for good and costs no setup per datagram.
        self._block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 -- one block: a PRF, not a mode

    def mask(self, sample: bytes) -> int:
        """Return 32 pseudo-random bits for a 16-byte ``sample``."""
        return int.from_bytes(self._block.update(sample)[:4], "big")


class KeyPair(NamedTuple):
    """An X25519 key pair, 32 bytes each."""

    secret: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public.hex()[:8]}…)"  # a secret never reaches a log


def x25519_keypair(random: Callable[[int], bytes]) -> KeyPair:
    """Draw a key pair."""
    return x25519_pair_of(random(KEY_SIZE))


def x25519_pair_of(secret: bytes) -> KeyPair:
    """Return the pair of a 32-byte secret key."""
    return KeyPair(secret, sodium.crypto_scalarmult_base(secret))


def x25519(secret: bytes, public: bytes) -> bytes:
    """Return the shared secret, 32 bytes.

    Raises:
        Unauthenticated: ``public`` has small order, so the result would be all zero and known to everybody.
    """
    try:
        return sodium.crypto_scalarmult(secret, public)
    except (CryptoError, RuntimeError):  # libsodium refuses the all-zero result with a bare RuntimeError
        raise Unauthenticated("small-order public key") from None


def verify_signature(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether ``signature`` (64 bytes) is Ed25519 by ``public_key`` (32 bytes) over ``message``."""
    if len(public_key) != KEY_SIZE or len(signature) != SIGNATURE_SIZE:
        return False
    try:
        sodium.crypto_sign_open(signature + message, public_key)
    except CryptoError:
        return False
    return True


def sha256(data: bytes) -> bytes:
    """Return SHA-256, 32 bytes."""
    return hashlib.sha256(data).digest()


def hmac(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA-256, 32 bytes."""
    return _hmac.digest(key, message, "sha256")


def equal(ours: bytes, theirs: bytes) -> bool:
    """Compare in constant time."""
    return _hmac.compare_digest(ours, theirs)


def hkdf(secret: bytes, *, salt: bytes, label: bytes, size: int) -> bytes:
    """Return ``size`` bytes of HKDF-SHA-256 (RFC 5869), at most 255 · 32."""
    pseudo_random_key = hmac(salt or bytes(HASH_SIZE), secret)
    output = block = b""
    for counter in range(1, -(-size // HASH_SIZE) + 1):
        block = hmac(pseudo_random_key, block + label + bytes([counter]))
        output += block
    return output[:size]


def sign_by_seed(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Return (public key, Ed25519 signature) of a 32-byte seed: for descriptors, and for parcels in simulations."""
    public, secret = sodium.crypto_sign_seed_keypair(seed)
    return public, sodium.crypto_sign(message, secret)[:SIGNATURE_SIZE]
