"""Fragments: blocks cut into box plaintexts of one size, and joined again.

A block is padded to one of four classes before it is cut, so that an observer of the network learns its class at most:
S for an acknowledgement or a short text, M for keys and long texts, L and X for very long ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Malformed

PLAINTEXT_SIZE = 768  # what one box seals
PIECE_SIZE = PLAINTEXT_SIZE - 1  # one byte says class and number
# Boxes per class S, M, L, X. X exists because 12 KiB of text with its keys and signature is more than L's 11.98 KiB.
CLASSES = (1, 4, 16, 32)
MAX_FRAGMENTS = CLASSES[-1]
MAX_BLOCK_SIZE = MAX_FRAGMENTS * PIECE_SIZE


def padded_size(size: int) -> int:
    """Return the smallest class's size in bytes that holds ``size`` bytes and the padding mark."""
    for count in CLASSES:
        if size < count * PIECE_SIZE:
            return count * PIECE_SIZE
    raise ValueError(f"a block of {size} bytes fits no class")


def pad(data: bytes, size: int) -> bytes:
    """Return ``data`` followed by 0x80 and zeros, ``size`` bytes in all."""
    if len(data) >= size:
        raise ValueError("no room for the padding mark")
    return data + b"\x80" + bytes(size - len(data) - 1)


def unpad(data: bytes) -> bytes:
    """Undo ``pad``. Raises ``Malformed``."""
    stripped = data.rstrip(b"\0")
    if not stripped.endswith(b"\x80"):
        raise Malformed("padding")
    return stripped[:-1]


def cut(block: bytes) -> list[bytes]:
    """Cut a block of exactly one class's size into box plaintexts of 768 bytes."""
    count = len(block) // PIECE_SIZE
    if count not in CLASSES or len(block) != count * PIECE_SIZE:
        raise ValueError(f"{len(block)} bytes are no class")
    head = CLASSES.index(count) << 6
    return [bytes([head | n]) + block[n * PIECE_SIZE : (n + 1) * PIECE_SIZE] for n in range(count)]


def joined(plaintexts: bytes) -> bytes:
    """Undo ``cut``, given all of its box plaintexts end to end."""
    starts = range(1, len(plaintexts), PLAINTEXT_SIZE)
    return b"".join(plaintexts[start : start + PIECE_SIZE] for start in starts)


@dataclass(frozen=True, slots=True)
class Piece:
    """One opened box: fragment ``number`` of ``count``, 767 bytes."""

    count: int
    number: int
    data: bytes


def decode_piece(plaintext: bytes) -> Piece:
    """Read a box plaintext. Raises ``Malformed``."""
    if len(plaintext) != PLAINTEXT_SIZE:
        raise Malformed("fragment: length")
    count, number = CLASSES[plaintext[0] >> 6], plaintext[0] & 0x3F
    if number >= count:
        raise Malformed("fragment: number")
    return Piece(count, number, plaintext[1:])
