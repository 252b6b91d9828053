"""A wide block cipher: any number of bytes is one block, and each bit of the result depends on each bit of the input.

A single altered bit gives noise of the whole length at the other end: no trace of its own that an accomplice could
recognise further along the path (a *tagging* attack), which is what a stream cipher would allow. There is no
authentication: the innermost plaintext begins with zeros, and noise does not.

The construction is HCTR. With a keyed hash H of tweak and body, one AES block E, and AES in counter mode:

    middle = head XOR H(tweak, body)        16 bytes, the head of the block
    mixed = E(middle)
    body' = body XOR CTR(start = middle XOR mixed)
    head' = mixed XOR H(tweak, body')

It is a strong pseudo-random permutation up to about 2^64 blocks when H is a universal hash; HMAC-SHA-256, cut to 16 bytes,
is more than that, and with the processor's SHA instructions it is as quick from Python as anything. E and CTR have keys
of their own. Two hashes and one pass of AES where LIONESS takes two and two, with all key schedules kept.

Reference: P. Wang, D. Feng, W. Wu, "HCTR: A Variable-Input-Length Enciphering Mode" (2005); D. Chakraborty, M. Nandi, "An
Improved Security Bound for HCTR" (2008).
"""

from __future__ import annotations

from typing import Final

from net.codec import uint
from net.primitives import BLOCK_SIZE, KEY_SIZE, AesBlock, AesStream, Mac, xor

# Block key ‖ stream key ‖ hash key.
WIDE_KEY_SIZE: Final = 3 * KEY_SIZE
TWEAK_SIZE: Final = 8


class WideBlock:
    """Seals and opens blocks of at least 17 bytes under one 96-byte key."""

    __slots__ = ("_block", "_hash", "_stream")

    def __init__(self, key: bytes) -> None:
        self._block = AesBlock(key[:KEY_SIZE])
        self._stream = AesStream(key[KEY_SIZE : 2 * KEY_SIZE])
        self._hash = Mac(key[2 * KEY_SIZE :])

    def seal(self, block: bytes, tweak: int = 0) -> bytes:
        """Return as many bytes. ``tweak`` is a u64; each value of it makes another permutation."""
        numbered = uint(tweak, TWEAK_SIZE)
        body = block[BLOCK_SIZE:]
        middle = xor(block[:BLOCK_SIZE], self._digest(numbered, body))
        mixed = self._block.encrypt(middle)
        body = self._stream.apply(xor(middle, mixed), body)  # the start is pseudo-random: AES of a masked block
        return xor(mixed, self._digest(numbered, body)) + body

    def open(self, block: bytes, tweak: int = 0) -> bytes:
        """Return what ``seal`` was given with the same tweak; noise for anything else."""
        numbered = uint(tweak, TWEAK_SIZE)
        body = block[BLOCK_SIZE:]
        mixed = xor(block[:BLOCK_SIZE], self._digest(numbered, body))
        middle = self._block.decrypt(mixed)
        body = self._stream.apply(xor(middle, mixed), body)
        return xor(middle, self._digest(numbered, body)) + body

    def _digest(self, tweak: bytes, body: bytes) -> bytes:
        return self._hash.digest(tweak, body)[:BLOCK_SIZE]
