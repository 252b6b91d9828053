"""Acknowledgements: which indexes of the other side's lanes a device holds.

Cumulative, never acknowledged themselves, so any one of them may be lost. They speak of box indexes, and say that a
device has committed them, not that a person has read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.people.format.content import MAX_LACKS, LaneAck

BITMAP_BITS = 64

# Alone, an acknowledgement waits this long for a message to ride in: short while the person looks at the chat, else long
# and random, so that it does not tell an observer when the device came online (``docs/TRAPS.md``). Seconds.
OPEN_DELAY = 2.0
IDLE_DELAY = (3.0, 30.0)
# A device that acknowledged none of so many gets one now and then only: each is deposited daily for 30 days.
MAX_UNHEARD = 128
UNHEARD_DELAY = 3600.0


def describe(generation: bytes, contiguous: int, held: Iterable[int], given_up: Iterable[int] = ()) -> LaneAck:
    """Say what is held of a lane: all below ``contiguous`` but what was ``given_up``, and the indexes in ``held``."""
    bitmap = 0
    for index in held:
        bit = index - contiguous - 1
        if 0 <= bit < BITMAP_BITS:
            bitmap |= 1 << bit
    runs = _runs(index for index in given_up if index < contiguous)
    return LaneAck(generation, contiguous, bitmap, runs[-MAX_LACKS:])


def _runs(indexes: Iterable[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for index in sorted(indexes):
        if runs and sum(runs[-1]) == index:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((index, 1))
    return runs


def covers(ack: LaneAck, first: int, count: int) -> bool:
    """Tell whether every index of a block is held."""
    held = all(index < ack.next or _has(ack, index) for index in range(first, first + count))
    return held and not lacks(ack, first, count)


def lacks(ack: LaneAck, first: int, count: int) -> bool:
    """Tell whether the other side gave up waiting for any index of a block."""
    return any(start < first + count and first < start + run for start, run in ack.lacks)


def end(ack: LaneAck) -> int:
    """Return the index after the highest that the other side says to hold."""
    return ack.next + 1 + ack.bitmap.bit_length() if ack.bitmap else ack.next


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
