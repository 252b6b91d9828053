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
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError

from net.errors import Unauthenticated

KEY_SIZE = 32  # bytes: X25519 keys, AES-256 keys
HASH_SIZE = 32  # bytes: SHA-256
TAG_SIZE = 16  # bytes: what a seal adds
NONCE_SIZE = 12  # bytes
SIGNATURE_SIZE = 64  # bytes: Ed25519
MASK_SAMPLE_SIZE = 16  # bytes: one AES block
BLOCK_SIZE = 16  # bytes: one AES block


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


class AesBlock:
    """AES-256 on single blocks of 16 bytes under one key: a pseudo-random permutation, and so without a nonce."""

    __slots__ = ("_cipher", "_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 -- single blocks: a permutation, not a mode
        # A key is mostly used in one direction, and each direction's schedule costs as much as seven calls.
        self._encrypt: CipherContext | None = None
        self._decrypt: CipherContext | None = None

    def encrypt(self, block: bytes) -> bytes:
        """Return the image of 16 bytes."""
        if self._encrypt is None:
            self._encrypt = self._cipher.encryptor()
        return self._encrypt.update(block)

    def decrypt(self, block: bytes) -> bytes:
        """Return what has this image."""
        if self._decrypt is None:
            self._decrypt = self._cipher.decryptor()
        return self._decrypt.update(block)


class AesStream:
    """AES-256-CTR under one key, with the key schedule kept.

    Nonce rule: the 16-byte start of the counter must not come twice under one key, nor within a message's length of an
    earlier one; callers use a key once, or a pseudo-random start.
    """

    __slots__ = ("_context",)

    def __init__(self, key: bytes) -> None:
        self._context = Cipher(algorithms.AES(key), modes.CTR(bytes(BLOCK_SIZE))).encryptor()

    def apply(self, start: bytes, data: bytes) -> bytes:
        """Return ``data`` XOR the key stream that begins at counter ``start``; applied twice it gives ``data`` again."""
        self._context.reset_nonce(start)
        return self._context.update(data)


class Mac:
    """HMAC-SHA-256 under one key, with the key's blocks already hashed."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        self._keyed = _hmac.new(key, digestmod="sha256")

    def digest(self, *parts: bytes) -> bytes:
        """Return the MAC, 32 bytes, of the parts end to end; only one of them may vary in length."""
        state = self._keyed.copy()
        for part in parts:
            state.update(part)
        return state.digest()


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
    """Return the shared secret, 32 bytes: the u-coordinate of ``public`` times ``secret``, which is clamped first.

    Raises:
        Unauthenticated: ``public`` has small order, so the result would be all zero and no secret.
        ValueError: wrong length.
    """
    if len(secret) != KEY_SIZE or len(public) != KEY_SIZE:
        raise ValueError("x25519: 32 bytes each")  # the binding does not look, and would read beyond
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


def xor(ours: bytes, theirs: bytes) -> bytes:
    """Return the XOR of two byte strings of one length."""
    return (int.from_bytes(ours, "big") ^ int.from_bytes(theirs, "big")).to_bytes(len(ours), "big")


def equal(ours: bytes, theirs: bytes) -> bool:
    """Compare in constant time."""
    return _hmac.compare_digest(ours, theirs)


def hkdf(secret: bytes, *, salt: bytes, label: bytes, size: int) -> bytes:
    """Return ``size`` bytes of HKDF-SHA-256 (RFC 5869), at most 255 · 32."""
    return HKDF(SHA256(), size, salt or None, label).derive(secret)


def expand(secret: bytes, label: bytes, size: int) -> bytes:
    """Return ``size`` bytes of SHAKE-256(secret ‖ label): a pseudo-random function of any length.

    HKDF's job at a tenth of its cost, where keys are made for every packet. The secrets of one label have one length.
    """
    return hashlib.shake_256(secret + label).digest(size)


def sign_by_seed(seed: bytes, message: bytes) -> tuple[bytes, bytes]:
    """Return (public key, Ed25519 signature) of a 32-byte seed: for descriptors, and for parcels in simulations."""
    public, secret = sodium.crypto_sign_seed_keypair(seed)
    return public, sodium.crypto_sign(message, secret)[:SIGNATURE_SIZE]
