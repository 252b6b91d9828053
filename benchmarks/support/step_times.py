"""How long each step of each task holds trio's loop: from when a task is resumed until it waits again.

Two clocks are read for each step. Wall time is what the other tasks wait, but on a busy machine it holds other programs'
turns, too; processor time of the thread is what the step itself did, without what it waited for Python's lock. Garbage
collections happen within steps and are told beside them.
"""

from __future__ import annotations

import gc
import time
from array import array
from typing import Final

import trio

from benchmarks.support import report

# Milliseconds that no step should take.
LIMIT: Final = 10.0
# Tasks that are named as the slowest.
NAMED: Final = 5
_NANOSECONDS: Final = 1e6


class StepTimes(trio.abc.Instrument):
    """Keeps the milliseconds of every step, and of each task the longest."""

    def __init__(self) -> None:
        self._wall, self._own = array("d"), array("d")
        self._longest: dict[str, float] = {}
        self._began = self._began_own = 0
        self._collection = self._collection_began = 0.0  # the longest, milliseconds
        self._since = time.perf_counter()
        gc.callbacks.append(self._collecting)

    def restart(self) -> None:
        """Drop the times so far: the measurement begins."""
        del self._wall[:], self._own[:]
        self._longest.clear()
        self._collection = 0.0
        self._since = time.perf_counter()

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """A task is resumed."""
        self._began_own = time.thread_time_ns()
        self._began = time.perf_counter_ns()

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """A task waits again."""
        wall = (time.perf_counter_ns() - self._began) / _NANOSECONDS
        own = (time.thread_time_ns() - self._began_own) / _NANOSECONDS
        self._wall.append(wall)
        self._own.append(own)
        name = task.name.rpartition(".<locals>.")[2].removeprefix("net.").removeprefix("core.")
        self._longest[name] = max(self._longest.get(name, 0.0), own)

    def _collecting(self, phase: str, _: dict[str, int]) -> None:
        now = time.perf_counter()
        if phase == "stop":
            self._collection = max(self._collection, (now - self._collection_began) * 1000)
        self._collection_began = now

    def figures(self) -> report.Figures:
        """Return percentiles of all steps since the restart."""
        seconds = time.perf_counter() - self._since
        slowest = sorted(self._longest.items(), key=lambda item: -item[1])
        return {
            "seconds": round(seconds, 1),
            "steps": len(self._own),
            "busy": round(sum(self._own) / 1000 / seconds, 3),
            "own_ms": _tail(self._own),
            "wall_ms": _tail(self._wall),
            "longest_collection_ms": round(self._collection, 2),
            "longest_own_ms": {name: round(own, 2) for name, own in slowest[:NAMED]},
        }


def _tail(samples: array[float]) -> report.Figures:
    ordered = sorted(samples)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3) if ordered else 0.0

    return {
        "p50": at(0.5),
        "p99": at(0.99),
        "p99.9": at(0.999),
        "max": at(1.0),
        f"over_{LIMIT:.0f}_ms": sum(each > LIMIT for each in ordered),
    }
