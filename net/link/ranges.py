"""A small ordered set of integer ranges: which frames came, which bytes arrived or were confirmed.

Ranges are half-open, disjoint, never touching, in rising order. Links see few of them (a gap per loss), so a plain list
with a fast path for growth at the end beats anything cleverer.
"""

from __future__ import annotations

from bisect import bisect_left


class RangeSet:
    """Empty when made. ``starts`` and ``ends`` are parallel lists."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def __len__(self) -> int:
        return len(self.starts)

    def add(self, start: int, end: int) -> None:
        """Add ``start <= n < end``; an empty range changes nothing."""
        starts, ends = self.starts, self.ends
        if start >= end:
            return
        if ends and start == ends[-1]:  # nearly always: the next frame, the next bytes
            ends[-1] = end
            return
        first = bisect_left(ends, start)  # the first range that reaches ``start``
        last = first
        while last < len(starts) and starts[last] <= end:
            start, end = min(start, starts[last]), max(end, ends[last])
            last += 1
        starts[first:last] = [start]
        ends[first:last] = [end]

    def remove_below(self, limit: int) -> None:
        """Forget everything below ``limit``."""
        while self.starts and self.ends[0] <= limit:
            del self.starts[0], self.ends[0]
        if self.starts and self.starts[0] < limit:
            self.starts[0] = limit

    def keep_newest(self, count: int) -> None:
        """Forget the lowest ranges until ``count`` are left."""
        if len(self.starts) > count:
            del self.starts[:-count], self.ends[:-count]
