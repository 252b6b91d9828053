"""Processor time of another process, finer than the hundredths of a second that most systems count in."""

from __future__ import annotations

import platform
import time
from typing import Final

import psutil

# How Linux names the clock of a process by its number, as clock_getcpuclockid(3) does: what the scheduler gave it.
_OF_A_PROCESS: Final = 2


def cpu_seconds(pid: int) -> float:
    """Return the seconds that a process has run, all its threads together, those that ended among them.

    Linux's scheduler keeps them to the nanosecond; elsewhere short bursts between two ticks are missed.
    """
    if platform.system() == "Linux":
        return time.clock_gettime(~pid << 3 | _OF_A_PROCESS)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
