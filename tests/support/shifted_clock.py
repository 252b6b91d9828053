"""The product with another wall clock: ``python -m tests.support.shifted_clock FILE ARGUMENTS…``.

FILE holds eight bytes, nanoseconds that are added to ``time.time`` and ``time.time_ns``; writing to it moves the
clock of every process that runs on it, at once. Monotonic clocks stay as they are, so to the product this is a machine that
slept, or whose date was set. Nothing else of the product is changed but the price of passcodes, as in all stories.
"""

from __future__ import annotations

import mmap
import struct
import sys
import time
from pathlib import Path

_OFFSET = struct.Struct("<q")


class ShiftedClock:
    """The offset in a file, as the test moves it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set(0.0)

    def set(self, seconds: float) -> None:
        """Let the clock be this much ahead of the machine's."""
        data = _OFFSET.pack(round(seconds * 1e9))
        with self.path.open("r+b" if self.path.exists() else "w+b") as file:
            file.write(data)  # eight aligned bytes: a reader sees the old or the new ones


def _shift(path: Path) -> None:
    with path.open("rb") as file:
        offset = mmap.mmap(file.fileno(), _OFFSET.size, prot=mmap.PROT_READ)
    real, real_ns = time.time, time.time_ns

    def ahead_ns() -> int:
        return int(_OFFSET.unpack_from(offset)[0])

    time.time = lambda: real() + ahead_ns() / 1e9
    time.time_ns = lambda: real_ns() + ahead_ns()


if __name__ == "__main__":
    _shift(Path(sys.argv[1]))
    from tests.support.thrifty import lower

    lower()
    from tui.cli.arguments import main

    sys.exit(main(sys.argv[2:]))
