"""A stand-in for the onion's cryptography that hides nothing: for simulations of thousands of nodes.

The same packet and the same code as the real cipher, with arithmetic in place of its primitives: the "group" is
multiplication modulo a prime, where division is easy; the key stream is zeros; a block adds a checksum to its head. So
sizes, order of checks and failures are those of the real one (a wrong key, an altered header, an altered payload, a
replay, a cell out of order) at a small part of the cost. Never use it where bytes leave a process.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Final
from zlib import crc32

from net.codec import uint
from net.errors import Unauthenticated
from net.onion.packets.cipher import INTEGRITY_SIZE, SphinxCipher
from net.onion.packets.sphinx import SHAPE, Shape
from net.primitives import KEY_SIZE

_PRIME: Final = 2**255 - 19
_HEAD_BITS: Final = 8 * INTEGRITY_SIZE


class PlainSuite:
    """A header's suite in which every secret is for all to see."""

    shape: Shape = SHAPE

    def draw(self, random: Callable[[int], bytes]) -> bytes:
        """Return a random exponent."""
        return uint(1 + int.from_bytes(random(KEY_SIZE), "big") % (_PRIME - 1), KEY_SIZE)

    def public(self, exponent: bytes) -> bytes:
        """Return the exponent itself, times one."""
        return exponent

    def power(self, exponent: bytes, element: bytes) -> bytes:
        """Return the product. Raises ``Unauthenticated`` outside 1 … p - 1."""
        if not 0 < int.from_bytes(element, "big") < _PRIME:
            raise Unauthenticated("element")
        return uint(int.from_bytes(exponent, "big") * int.from_bytes(element, "big") % _PRIME, KEY_SIZE)

    def secret(self, alpha: bytes, shared: bytes) -> bytes:
        """Return a hash of both."""
        return blake2b(alpha + shared, digest_size=KEY_SIZE).digest()

    def blinding(self, alpha: bytes, secret: bytes) -> bytes:
        """Return the secret as an exponent."""
        del alpha
        return uint(int.from_bytes(secret, "big") % _PRIME or 1, KEY_SIZE)

    def stream(self, secret: bytes, size: int) -> bytes:
        """Return zeros."""
        del secret
        return bytes(size)

    def mac(self, secret: bytes, beta: bytes) -> bytes:
        """Return a short hash."""
        return blake2b(beta, key=secret, digest_size=SHAPE.mac_size).digest()


class PlainBlock:
    """Adds to the head of a block a product of the key with the checksum of the rest and the tweak.

    A product, because checksums are linear: added as they are, those of two layers would cancel.
    """

    __slots__ = ("_factor",)

    def __init__(self, secret: bytes, label: bytes) -> None:
        self._factor = int.from_bytes(blake2b(label, key=secret, digest_size=INTEGRITY_SIZE).digest(), "big") | 1

    def seal(self, block: bytes, tweak: int = 0) -> bytes:
        """Add."""
        return self._shifted(block, tweak, 1)

    def open(self, block: bytes, tweak: int = 0) -> bytes:
        """Subtract."""
        return self._shifted(block, tweak, -1)

    def _shifted(self, block: bytes, tweak: int, sign: int) -> bytes:
        body = block[INTEGRITY_SIZE:]
        head = int.from_bytes(block[:INTEGRITY_SIZE], "big") + sign * self._factor * (1 + tweak + (crc32(body) << 32))
        return uint(head % (1 << _HEAD_BITS), INTEGRITY_SIZE) + body


class PlainOnionCipher(SphinxCipher):
    """The simulations'."""

    def __init__(self) -> None:
        super().__init__(PlainSuite(), PlainBlock)
