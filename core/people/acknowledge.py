"""Acknowledgements: what one side tells the other that it holds.

Cumulative, never acknowledged themselves, so any one of them may be lost. They speak of box indexes, and say that a
device has committed them, not that a person has read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.people.content import LaneAck

BITMAP_BITS = 64

# Alone, an acknowledgement waits this long for a message to ride in: short while somebody looks at the chat, else long
# and random, so that it does not tell an observer when the device came online (DESIGN 5.9). Seconds.
OPEN_DELAY = 2.0
IDLE_DELAY = (3.0, 30.0)


def describe(generation: bytes, contiguous: int, held: Iterable[int]) -> LaneAck:
    """Say what is held of a lane: all below ``contiguous``, and the indexes in ``held`` beyond it."""
    bitmap = 0
    for index in held:
        bit = index - contiguous - 1
        if 0 <= bit < BITMAP_BITS:
            bitmap |= 1 << bit
    return LaneAck(generation, contiguous, bitmap)


def covers(ack: LaneAck, first: int, count: int) -> bool:
    """Tell whether every index of a block is held."""
    return all(index < ack.next or _has(ack, index) for index in range(first, first + count))


def missing(ack: LaneAck) -> Iterator[int]:
    """Yield the indexes that the other side lacks though it holds a later one."""
    if not ack.bitmap:
        return
    yield ack.next
    for bit in range(min(ack.bitmap.bit_length(), BITMAP_BITS)):
        if not ack.bitmap >> bit & 1:
            yield ack.next + 1 + bit


def _has(ack: LaneAck, index: int) -> bool:
    bit = index - ack.next - 1
    return 0 <= bit < BITMAP_BITS and bool(ack.bitmap >> bit & 1)
