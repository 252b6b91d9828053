"""The outside of every handshake datagram: 256 bytes that look like noise without the recipient's key.

    nonce 12, top bit clear | AES-256-GCM(kind 1 ‖ content ‖ zeros, 212 bytes) | tag 16 | cookie mark 16

The key comes from the public key of the node it is for, or from nothing but the protocol's name where the sender does not
know that key yet. So the seal hides little from an observer who has the key; what it does is WireGuard's mac1 and more: junk
costs a microsecond and no Diffie-Hellman, the bytes show neither a kind nor a curve point, and an answer is bound to its
question (the question's tag is authenticated with it). The cookie mark is WireGuard's mac2: random until a cookie is held.

Nonce rule: 95 random bits each; a collision would reveal what anyone with the public key can read anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from net.errors import DecodeError, Unauthenticated
from net.link.keys import FRAME_BIT
from net.numbers import SMALL_DATAGRAM_SIZE
from net.primitives import KEY_SIZE, NONCE_SIZE, TAG_SIZE, Aead, hkdf, hmac

LABEL_ENVELOPE = b"sottovoce/v1/link/envelope"
COOKIE_SIZE: Final = 16  # bytes
MARK_SIZE: Final = 16  # bytes
CONTENT_SIZE: Final = SMALL_DATAGRAM_SIZE - NONCE_SIZE - TAG_SIZE - MARK_SIZE - 1
_SEALED_END: Final = SMALL_DATAGRAM_SIZE - MARK_SIZE
UNKNOWN_KEY: Final = bytes(KEY_SIZE)  # in place of a public key that is not known yet


class Kind(Enum):
    """What a handshake datagram is. ``value`` is the byte on the wire."""

    KEY_REQUEST = 1  # who are you?
    KEY_ANSWER = 2
    INITIATION = 3
    RESPONSE = 4
    COOKIE = 5  # show that you are where you say, then ask again


class Envelope:
    """Seals and opens datagrams for the node with one public key, or for ``UNKNOWN_KEY``."""

    __slots__ = ("_aead",)

    def __init__(self, recipient: bytes) -> None:
        self._aead = Aead(hkdf(recipient, salt=b"", label=LABEL_ENVELOPE, size=KEY_SIZE))

    def seal(self, kind: Kind, content: bytes, random: Callable[[int], bytes], question: bytes = b"") -> bytes:
        """Return a datagram; ``question`` is the tag of the datagram this answers."""
        drawn = random(NONCE_SIZE + MARK_SIZE)
        nonce = bytes([drawn[0] & ~FRAME_BIT]) + drawn[1:NONCE_SIZE]
        plaintext = bytes([kind.value]) + content.ljust(CONTENT_SIZE, b"\0")
        return nonce + self._aead.seal(nonce, plaintext, question) + drawn[NONCE_SIZE:]

    def open(self, datagram: bytes, question: bytes = b"") -> tuple[Kind, bytes]:
        """Return the kind and the content, padding included.

        Raises:
            Unauthenticated: not for this key, or no answer to that question.
            DecodeError: a kind we do not know.
        """
        plaintext = self._aead.open(datagram[:NONCE_SIZE], datagram[NONCE_SIZE:_SEALED_END], question)
        try:
            return Kind(plaintext[0]), plaintext[1:]
        except ValueError:
            raise DecodeError("envelope: unknown kind") from None


def try_open(envelope: Envelope, datagram: bytes, question: bytes = b"") -> tuple[Kind, bytes] | None:
    """Return what ``open`` does, or None where it would raise."""
    try:
        return envelope.open(datagram, question)
    except (Unauthenticated, DecodeError):
        return None


def tag_of(datagram: bytes) -> bytes:
    """Return the tag by which an answer names its question."""
    return datagram[_SEALED_END - TAG_SIZE : _SEALED_END]


def mark_with_cookie(datagram: bytes, cookie: bytes) -> bytes:
    """Return the datagram with a mark that proves the sender holds ``cookie``."""
    return datagram[:_SEALED_END] + cookie_mark(datagram, cookie)


def cookie_mark(datagram: bytes, cookie: bytes) -> bytes:
    """Return the mark, 16 bytes, that ``cookie`` gives to a datagram."""
    return hmac(cookie, datagram[:_SEALED_END])[:MARK_SIZE]


def mark_of(datagram: bytes) -> bytes:
    """Return the mark a datagram carries."""
    return datagram[_SEALED_END:]
