"""Progress of a start, a line for each step: what is waited for, and for how long already.

Where the terminal can move its cursor the line is written over; elsewhere only news are written, each on a line of its own.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

from tui.text.sanitize import fit

_TO_THE_START_AND_CLEAR: Final = "\r\x1b[K"


class Progress:
    """Shows one step after the other."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._clock = clock
        self._rewrites = os.environ.get("TERM", "dumb") != "dumb"
        self._step = self._waits_for = ""
        self._began = clock()
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.end()

    def show(self, step: str, waits_for: str) -> None:
        """Say what is going on; another step begins another line."""
        if step != self._step:
            self.end()
            self._step, self._began = step, self._clock()
        self._waits_for = waits_for
        self._write(f"{step}: {waits_for}" if waits_for else step)

    def tick(self) -> None:
        """Say how long the present step has taken."""
        if self._rewrites and self._step:
            said = f"{self._step}: {self._waits_for}" if self._waits_for else self._step
            self._write(f"{said}  {self._clock() - self._began:.0f} s")

    def end(self) -> None:
        """Leave the line as it is."""
        if self._shown and self._rewrites:
            self._out.write("\n")
            self._out.flush()
        self._step = self._shown = ""

    def _write(self, line: str) -> None:
        if line == self._shown:
            return
        self._shown = line
        if self._rewrites:
            width = shutil.get_terminal_size().columns - 1  # a full line would wrap, and then not be written over
            self._out.write(_TO_THE_START_AND_CLEAR + fit(line, width, ""))
        else:
            self._out.write(f"{line}\n")
        self._out.flush()
