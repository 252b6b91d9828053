"""Noise_IK_25519_AESGCM_SHA256, the handshake and nothing else.

    <- s
    ...
    -> e, es, s, ss
    <- e, ee, se

The initiator knows the responder's static key beforehand and sends its own sealed in the first message. After the second
message both hold two keys, one per direction. What the payloads mean and how messages travel is not known here.

Reference: Perrin, "The Noise Protocol Framework", revision 34, sections 5 and 7.5. Checked against the public vectors
of cacophony and snow in ``tests/vectors/noise_ik.json``.
"""

from __future__ import annotations

from typing import NamedTuple

from net.errors import DecodeError
from net.primitives import HASH_SIZE, KEY_SIZE, TAG_SIZE, Aead, KeyPair, hkdf, sha256, x25519

PROTOCOL_NAME = b"Noise_IK_25519_AESGCM_SHA256"

# What the pattern adds to the payload of each message, bytes.
MESSAGE_1_OVERHEAD = KEY_SIZE + KEY_SIZE + TAG_SIZE + TAG_SIZE
MESSAGE_2_OVERHEAD = KEY_SIZE + TAG_SIZE


class TransportKeys(NamedTuple):
    """What ``Split()`` gives: 32 bytes per direction, and the hash of the whole transcript."""

    initiator_to_responder: bytes
    responder_to_initiator: bytes
    handshake_hash: bytes

    def __repr__(self) -> str:
        return "TransportKeys(…)"


class _SymmetricState:
    """Noise, 5.2: the chaining key, the transcript hash and the current cipher key."""

    def __init__(self, prologue: bytes, responder_static: bytes) -> None:
        self.hash = PROTOCOL_NAME.ljust(HASH_SIZE, b"\0")
        self._chaining_key = self.hash
        self._cipher: Aead | None = None
        self._nonce = 0
        self.mix_hash(prologue)
        self.mix_hash(responder_static)

    def mix_hash(self, data: bytes) -> None:
        self.hash = sha256(self.hash + data)

    def mix_key(self, secret: bytes) -> None:
        output = hkdf(secret, salt=self._chaining_key, label=b"", size=2 * HASH_SIZE)
        self._chaining_key = output[:HASH_SIZE]
        self._cipher = Aead(output[HASH_SIZE:])
        self._nonce = 0

    def encrypt_and_hash(self, plaintext: bytes) -> bytes:
        sealed = self._keyed().seal(self._next_nonce(), plaintext, self.hash)
        self.mix_hash(sealed)
        return sealed

    def decrypt_and_hash(self, sealed: bytes) -> bytes:
        plaintext = self._keyed().open(self._next_nonce(), sealed, self.hash)
        self.mix_hash(sealed)
        return plaintext

    def split(self) -> TransportKeys:
        output = hkdf(b"", salt=self._chaining_key, label=b"", size=2 * HASH_SIZE)
        return TransportKeys(output[:HASH_SIZE], output[HASH_SIZE:], self.hash)

    def _keyed(self) -> Aead:
        if self._cipher is None:
            raise AssertionError("IK never encrypts before its first DH")
        return self._cipher

    def _next_nonce(self) -> bytes:
        # Nonce rule: counts up from zero and restarts only with a new key (mix_key).
        nonce = bytes(4) + self._nonce.to_bytes(8, "big")
        self._nonce += 1
        return nonce


class Initiator:
    """Creates message 1, consumes message 2. Used once."""

    def __init__(self, prologue: bytes, our_static: KeyPair, our_ephemeral: KeyPair, their_static: bytes) -> None:
        self._static = our_static
        self._ephemeral = our_ephemeral
        self._their_static = their_static
        self._symmetric = _SymmetricState(prologue, their_static)

    def create_message_1(self, payload: bytes) -> bytes:
        """Return ``len(payload) + 96`` bytes; raise ``Unauthenticated`` when the static key has small order."""
        state = self._symmetric
        state.mix_hash(self._ephemeral.public)
        state.mix_key(x25519(self._ephemeral.secret, self._their_static))
        sealed_static = state.encrypt_and_hash(self._static.public)
        state.mix_key(x25519(self._static.secret, self._their_static))
        return self._ephemeral.public + sealed_static + state.encrypt_and_hash(payload)

    def consume_message_2(self, message: bytes) -> tuple[bytes, TransportKeys]:
        """Return the responder's payload and the keys.

        Raises:
            DecodeError: too short.
            Unauthenticated: not an answer by that static key to our message.
        """
        if len(message) < MESSAGE_2_OVERHEAD:
            raise DecodeError("noise message 2: too short")
        state = self._symmetric
        their_ephemeral = message[:KEY_SIZE]
        state.mix_hash(their_ephemeral)
        state.mix_key(x25519(self._ephemeral.secret, their_ephemeral))
        state.mix_key(x25519(self._static.secret, their_ephemeral))
        return state.decrypt_and_hash(message[KEY_SIZE:]), state.split()


class Responder:
    """Consumes message 1, creates message 2. Used once."""

    def __init__(self, prologue: bytes, our_static: KeyPair) -> None:
        self._static = our_static
        self._symmetric = _SymmetricState(prologue, our_static.public)
        self._their_ephemeral = b""
        self._their_static = b""

    def consume_message_1(self, message: bytes) -> tuple[bytes, bytes]:
        """Return the initiator's static key, proved, and its payload, which may be a replay.

        Raises:
            DecodeError: too short.
            Unauthenticated: altered, or not for our static key.
        """
        if len(message) < MESSAGE_1_OVERHEAD:
            raise DecodeError("noise message 1: too short")
        state = self._symmetric
        sealed_static_end = KEY_SIZE + KEY_SIZE + TAG_SIZE
        self._their_ephemeral = message[:KEY_SIZE]
        state.mix_hash(self._their_ephemeral)
        state.mix_key(x25519(self._static.secret, self._their_ephemeral))
        self._their_static = state.decrypt_and_hash(message[KEY_SIZE:sealed_static_end])
        state.mix_key(x25519(self._static.secret, self._their_static))
        return self._their_static, state.decrypt_and_hash(message[sealed_static_end:])

    def create_message_2(self, payload: bytes, our_ephemeral: KeyPair) -> tuple[bytes, TransportKeys]:
        """Return ``len(payload) + 48`` bytes and the keys; raise ``Unauthenticated`` for small-order keys."""
        state = self._symmetric
        state.mix_hash(our_ephemeral.public)
        state.mix_key(x25519(our_ephemeral.secret, self._their_ephemeral))
        state.mix_key(x25519(our_ephemeral.secret, self._their_static))
        return our_ephemeral.public + state.encrypt_and_hash(payload), state.split()
