"""Every cryptographic operation of ``core``, each with its nonce rule; the only file here that imports the libraries.

``cryptography`` does the symmetric work and HPKE, PyNaCl the Ed25519 group arithmetic (its ``noclamp`` multiplication
refuses points outside the prime-order subgroup), ``argon2`` the passcode. Double ratchets are in ``core.crypto.ratchet``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from functools import lru_cache

import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import CryptoError

from core.errors import Malformed, OpenFailed

KEY_SIZE = 32
SEAL_OVERHEAD = 16  # the tag of both AEADs
_ZERO_NONCE = bytes(12)

# HPKE with X-Wing (kem id 0x647a): draft-connolly-cfrg-xwing-kem, RFC 9180.
_XWING = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
XWING_PUBLIC_SIZE = 1184 + 32
XWING_PRIVATE_SIZE = 64 + 32  # ML-KEM seed ‖ X25519 secret
XWING_OVERHEAD = 1088 + 32 + SEAL_OVERHEAD


def random_bytes(size: int) -> bytes:
    """Return ``size`` bytes from the operating system."""
    return os.urandom(size)


def sha256(data: bytes) -> bytes:
    """Return SHA-256."""
    return hashlib.sha256(data).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SHA-256."""
    return hmac.digest(key, data, "sha256")


def equal(a: bytes, b: bytes) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(a, b)


def hkdf(secret: bytes, label: bytes, size: int = KEY_SIZE, salt: bytes = b"") -> bytes:
    """Return ``size`` bytes of HKDF-SHA-256 (RFC 5869). ``label`` is one label for one purpose."""
    return HKDF(SHA256(), size, salt or None, label).derive(secret)


# --- symmetric seals ----------------------------------------------------------------------------------------------


def aead_seal(key: bytes, nonce: bytes, plaintext: bytes, ad: bytes) -> bytes:
    """Seal by AES-256-GCM. The caller never uses (key, nonce) twice: a key used once, or a random 12-byte nonce."""
    return AESGCM(key).encrypt(nonce, plaintext, ad)


def aead_open(key: bytes, nonce: bytes, ciphertext: bytes, ad: bytes) -> bytes:
    """Open ``aead_seal``. Raises ``OpenFailed``."""
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, ad)
    except (InvalidTag, ValueError) as error:
        raise OpenFailed from error


def siv_seal(key: bytes, plaintext: bytes, ad: bytes) -> bytes:
    """Seal by AES-256-GCM-SIV with the zero nonce, for keys used once; equal content gives equal bytes."""
    return AESGCMSIV(key).encrypt(_ZERO_NONCE, plaintext, ad)


def siv_open(key: bytes, ciphertext: bytes, ad: bytes) -> bytes:
    """Open ``siv_seal``. Raises ``OpenFailed``."""
    try:
        return AESGCMSIV(key).decrypt(_ZERO_NONCE, ciphertext, ad)
    except (InvalidTag, ValueError) as error:
        raise OpenFailed from error


def chacha_seal(key: bytes, nonce: bytes, plaintext: bytes) -> bytes:
    """Seal by ChaCha20-Poly1305 (RFC 8439), for the age format: keys used once, nonces that count (``core.archive.age``)."""
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, None)


def chacha_open(key: bytes, nonce: bytes, ciphertext: bytes) -> bytes:
    """Open ``chacha_seal``. Raises ``OpenFailed``."""
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ciphertext, None)
    except (InvalidTag, ValueError) as error:
        raise OpenFailed from error


# --- hybrid public-key seals ----------------------------------------------------------------------------------------


def xwing_generate() -> tuple[bytes, bytes]:
    """Return (private 96 bytes, public 1216 bytes)."""
    kem, dh = mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    public = kem.public_key().public_bytes_raw() + dh.public_key().public_bytes_raw()
    return kem.private_bytes_raw() + dh.private_bytes_raw(), public


def xwing_seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal by HPKE base mode to an X-Wing key, freshly encapsulated; ``XWING_OVERHEAD`` longer than the plaintext.

    Raises ``Malformed`` when ``public`` is not a key.
    """
    if len(public) != XWING_PUBLIC_SIZE:
        raise Malformed("x-wing public key: length")
    try:
        key = MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184]),
            x25519.X25519PublicKey.from_public_bytes(public[1184:]),
        )
        return _XWING.encrypt(plaintext, key, info)
    except ValueError as error:
        raise Malformed("x-wing public key") from error


def is_xwing_public(public: bytes) -> bool:
    """Tell whether ``xwing_seal`` can seal to a key: 1216 bytes."""
    if len(public) != XWING_PUBLIC_SIZE:
        return False
    try:
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:1184])
    except ValueError:
        return False
    return is_x25519_public(public[1184:])


def is_x25519_public(public: bytes) -> bool:
    """Tell whether an X25519 key, 32 bytes, contributes to a Diffie-Hellman, as all but a few of small order do."""
    if len(public) != KEY_SIZE:  # the library does not look, and reads on behind a shorter one
        return False
    try:
        sodium.crypto_scalarmult(bytes(KEY_SIZE), public)  # clamping makes a valid scalar of zeros
    except (CryptoError, RuntimeError, TypeError, ValueError):
        return False
    return True


def xwing_open(private: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open ``xwing_seal``. Raises ``OpenFailed``."""
    try:
        key = MLKEM768X25519PrivateKey(
            mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:64]),
            x25519.X25519PrivateKey.from_private_bytes(private[64:]),
        )
        return _XWING.decrypt(sealed, key, info)
    except (InvalidTag, ValueError) as error:
        raise OpenFailed from error


# --- Ed25519 ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=0)
def _expanded(seed: bytes) -> tuple[bytes, bytes]:
    """Return (public key, private key) of a seed, made anew each time: a cache would keep seeds beyond the vault lock.

    It costs 40 µs, as much as signing does; of 4000 calls in a conversation 30 would have found theirs in a cache of 16.
    The wrapper counts calls and keeps nothing, which tests ask it about.
    """
    return sodium.crypto_sign_seed_keypair(seed)


def ed25519_public(seed: bytes) -> bytes:
    """Return the public key of a 32-byte seed."""
    return _expanded(seed)[0]


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64-byte signature (RFC 8032)."""
    return sodium.crypto_sign(message, _expanded(seed)[1])[:64]


def ed25519_verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether ``signature`` is right."""
    if len(public) != KEY_SIZE or len(signature) != 64:
        return False
    try:
        sodium.crypto_sign_open(signature + message, public)
    except CryptoError:
        return False
    return True


def scalar_of_seed(seed: bytes) -> bytes:
    """Return the secret scalar of an Ed25519 seed, reduced, so that it can be multiplied by blinding factors."""
    digest = bytearray(hashlib.sha512(seed).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 127 | 64
    return sodium.crypto_core_ed25519_scalar_reduce(bytes(digest) + bytes(32))


def scalar_from(data: bytes) -> bytes:
    """Return a scalar uniformly derived from ``data`` (SHA-512 reduced by the group order)."""
    return sodium.crypto_core_ed25519_scalar_reduce(hashlib.sha512(data).digest())


def scalar_public(scalar: bytes) -> bytes:
    """Return scalar · B."""
    return sodium.crypto_scalarmult_ed25519_base_noclamp(scalar)


def scalar_multiply(a: bytes, b: bytes) -> bytes:
    """Return a · b modulo the group order."""
    return sodium.crypto_core_ed25519_scalar_mul(a, b)


def point_multiply(scalar: bytes, point: bytes) -> bytes:
    """Return scalar · point. Raises ``Malformed`` for anything but a point of the prime-order group."""
    try:
        return sodium.crypto_scalarmult_ed25519_noclamp(scalar, point)
    except (CryptoError, RuntimeError, TypeError, ValueError) as error:
        raise Malformed("group element") from error


def scalar_sign(scalar: bytes, message: bytes) -> bytes:
    """Return an Ed25519 signature by a bare (blinded) scalar; it verifies under stock Ed25519 for scalar · B.

    The nonce is derived from scalar and message as in RFC 8032, so equal input gives equal bytes and unequal
    messages never share a nonce.
    """
    public = scalar_public(scalar)
    nonce = scalar_from(b"sottovoce/v1/scalar-nonce" + scalar + message)
    commitment = scalar_public(nonce)
    challenge = sodium.crypto_core_ed25519_scalar_reduce(hashlib.sha512(commitment + public + message).digest())
    return commitment + sodium.crypto_core_ed25519_scalar_add(
        nonce, sodium.crypto_core_ed25519_scalar_mul(challenge, scalar)
    )


# --- passcodes --------------------------------------------------------------------------------------------------------


def argon2id(passcode: bytes, salt: bytes, time_cost: int, memory_kib: int, lanes: int, size: int) -> bytes:
    """Return ``size`` bytes of Argon2id version 1.3 (RFC 9106). Raises ``MemoryError`` when that much is not free."""
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    try:
        return hash_secret_raw(passcode, salt, time_cost, memory_kib, lanes, size, Type.ID)
    except HashingError as error:  # with arguments in range, which the caller checks, memory is all that can lack
        raise MemoryError(str(error)) from error


def scrypt(password: bytes, salt: bytes, log_n: int) -> bytes:
    """Return 32 bytes of scrypt (RFC 7914) with N = 2^``log_n``, r = 8, p = 1: N KiB of memory, ``log_n`` at most 20.

    For the age format alone. Raises ``MemoryError`` when that much is not free.
    """
    try:
        return hashlib.scrypt(
            password, salt=salt, n=1 << log_n, r=8, p=1, maxmem=(1 << log_n + 10) + (1 << 20), dklen=32
        )
    except ValueError as error:  # with arguments in range, which the caller checks, memory is all that can lack
        raise MemoryError(str(error)) from error
