"""Maps rows of the conversation to lines of the scrolled area, and back.

Heights are kept one per row and summed in blocks, so that changing a height costs one addition, and finding a line one
bisection over some hundred block sums and a walk through one block. Each height is an estimate until it is ``set``.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate

# Rows a block: the walk inside one block then costs about what the sums of 100 000 rows cost.
BLOCK = 256


class RowHeights:
    """Heights in lines, indexed by row."""

    def __init__(self) -> None:
        self._heights: array[int] = array("I")
        self._exact = bytearray()
        self._sums: list[int] = []
        self._ends: list[int] | None = None  # running totals of the sums, made when needed

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def total(self) -> int:
        """Lines of all rows together."""
        ends = self._running()
        return ends[-1] if ends else 0

    def is_exact(self, index: int) -> bool:
        """Whether a row was measured."""
        return bool(self._exact[index])

    def height(self, index: int) -> int:
        """Return a row's height, measured or not."""
        return self._heights[index]

    def reset(self, estimates: Iterable[int]) -> None:
        """Start over with estimates."""
        self._heights = array("I", estimates)
        self._exact = bytearray(len(self._heights))
        self._sum_up()

    def set(self, index: int, height: int) -> bool:
        """Note a measured height; returns whether it differs from what was assumed."""
        self._exact[index] = 1
        difference = height - self._heights[index]
        if difference:
            self._heights[index] = height
            self._sums[index // BLOCK] += difference
            self._ends = None
        return bool(difference)

    def forget(self, index: int) -> None:
        """Treat a row's height as an estimate again."""
        if 0 <= index < len(self._exact):
            self._exact[index] = 0

    def extend(self, estimates: Iterable[int]) -> None:
        """Add rows at the end."""
        for height in estimates:
            if len(self._heights) % BLOCK == 0:
                self._sums.append(0)
            self._heights.append(height)
            self._exact.append(0)
            self._sums[-1] += height
        self._ends = None

    def insert_front(self, estimates: Iterable[int]) -> None:
        """Add rows in front."""
        added = array("I", estimates)
        self._heights = added + self._heights
        self._exact = bytearray(len(added)) + self._exact
        self._sum_up()

    def insert(self, index: int, estimate: int) -> None:
        """Add a row among the others."""
        self._heights.insert(index, estimate)
        self._exact.insert(index, 0)
        self._sum_up()

    def delete(self, start: int, stop: int) -> None:
        """Drop the rows of a range."""
        del self._heights[start:stop]
        del self._exact[start:stop]
        self._sum_up()

    def top(self, index: int) -> int:
        """Return the line where a row begins; ``len(self)`` gives the total."""
        block, within = divmod(index, BLOCK)
        before = self._running()[block - 1] if block else 0
        start = block * BLOCK
        return before + sum(self._heights[start : start + within])

    def locate(self, line: int) -> tuple[int, int]:
        """Return the row at a line and the line within that row; lines beyond the ends give the first or last one."""
        if not self._heights:
            return 0, 0
        if line < 0:
            return 0, 0
        ends = self._running()
        block = bisect_right(ends, line)
        if block == len(ends):
            return len(self._heights) - 1, self._heights[-1] - 1
        rest = line - (ends[block - 1] if block else 0)
        index = block * BLOCK
        while rest >= self._heights[index]:
            rest -= self._heights[index]
            index += 1
        return index, rest

    def _sum_up(self) -> None:
        heights = self._heights
        self._sums = [sum(heights[start : start + BLOCK]) for start in range(0, len(heights), BLOCK)]
        self._ends = None

    def _running(self) -> list[int]:
        if self._ends is None:
            self._ends = list(accumulate(self._sums))
        return self._ends
