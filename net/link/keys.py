"""The keys of one epoch of a link: sealing and opening frames.

    frame   index u32 | number u32, masked | AES-256-GCM(body) | tag 16         1232 or 256 bytes

The index is drawn by the receiver and tells it which keys to take; its top bit is set in frames and clear in handshakes.
The number is masked with AES of the tag, so that an observer cannot count. Nonce rule: salt (4 bytes, from the handshake)
‖ number (8 bytes); a link never repeats a number, not even across epochs, and each direction has its own key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from net.link.noise import TransportKeys
from net.primitives import KEY_SIZE, MASK_SAMPLE_SIZE, Aead, HeaderMask, hkdf

LABEL_FRAMES = b"sottovoce/v1/link/frames"
INDEX_SIZE: Final = 4  # bytes
FRAME_BIT: Final = 0x80  # in the first byte: a frame, not a handshake
_SALT_SIZE: Final = 4  # bytes


class _Direction:
    """Key, mask and salt of one direction."""

    __slots__ = ("aead", "mask", "salt")

    def __init__(self, secret: bytes, handshake_hash: bytes) -> None:
        material = hkdf(secret, salt=handshake_hash, label=LABEL_FRAMES, size=2 * KEY_SIZE + _SALT_SIZE)
        self.aead = Aead(material[:KEY_SIZE])
        self.mask = HeaderMask(material[KEY_SIZE : 2 * KEY_SIZE])
        self.salt = material[2 * KEY_SIZE :]


class FrameKeys:
    """Both directions of one epoch. ``frames`` counts what was sealed and opened."""

    __slots__ = ("_receiving", "_sending", "created_at", "frames", "our_index", "their_index")

    def __init__(
        self, keys: TransportKeys, *, is_initiator: bool, our_index: bytes, their_index: bytes, now: float
    ) -> None:
        forth = _Direction(keys.initiator_to_responder, keys.handshake_hash)
        back = _Direction(keys.responder_to_initiator, keys.handshake_hash)
        self._sending, self._receiving = (forth, back) if is_initiator else (back, forth)
        self.their_index = their_index
        self.our_index = our_index
        self.created_at = now
        self.frames = 0

    def seal(self, number: int, body: bytes) -> bytes:
        """Return the datagram for ``body`` (1208 or 232 bytes) under a ``number`` never used before."""
        keys, index = self._sending, self.their_index
        sealed = keys.aead.seal(keys.salt + number.to_bytes(8, "big"), body, index)
        masked = number ^ keys.mask.mask(sealed[-MASK_SAMPLE_SIZE:])
        self.frames += 1
        return index + masked.to_bytes(4, "big") + sealed

    def number_of(self, datagram: bytes) -> int:
        """Return the number a datagram claims; nothing is authenticated yet."""
        mask = self._receiving.mask.mask(datagram[-MASK_SAMPLE_SIZE:])
        return int.from_bytes(datagram[INDEX_SIZE : INDEX_SIZE + 4], "big") ^ mask

    def open(self, number: int, datagram: bytes) -> bytes:
        """Return the body, or raise ``Unauthenticated``."""
        keys = self._receiving
        body = keys.aead.open(keys.salt + number.to_bytes(8, "big"), datagram[INDEX_SIZE + 4 :], datagram[:INDEX_SIZE])
        self.frames += 1
        return body


def draw_index(random: Callable[[int], bytes]) -> bytes:
    """Draw a random index with the frame bit set."""
    drawn = random(INDEX_SIZE)
    return bytes([drawn[0] | FRAME_BIT]) + drawn[1:]
