"""Proof of work for a text, its check, and what the screen's event loop feels of two solvers in threads.

Compared with solving the same puzzle by plain hashing in a Python loop, which is what most programs would do.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from benchmarks.support import report
from net.parcel.box import BOX_SIZE
from net.parcel.work import ITERATIONS, check, required_work, solve

HOURS = 48
SOLVES, CHECKS, TICKS = 200, 2000, 300
# Threads that the people layer solves in.
SOLVERS = 2
TICK = 0.010  # seconds


def _timed(solves: int, work: float) -> tuple[list[float], list[float]]:
    """Return the processor's milliseconds of each solve and of each check: others may be at work on this machine too."""
    solving: list[float] = []
    checking: list[float] = []
    for _ in range(solves):
        digest = os.urandom(32)
        began = time.thread_time()
        nonces = solve(digest, work)
        solved = time.thread_time()
        assert check(digest, nonces, work)
        solving.append((solved - began) * 1000)
        checking.append((time.thread_time() - solved) * 1000)
    return solving, checking


def _hash_rates(trials: int) -> tuple[float, float]:
    """Return million SHA-256 compressions a second: the way work is done here, and one call each from Python."""
    from hashlib import pbkdf2_hmac

    began = time.perf_counter()
    for number in range(trials):
        pbkdf2_hmac("sha256", b"x" * 33, number.to_bytes(4, "big"), ITERATIONS, 8)
    ours = trials * 2 * (ITERATIONS + 1) / (time.perf_counter() - began)
    began = time.perf_counter()
    for number in range(trials * ITERATIONS):
        sha256(b"x" * 33 + number.to_bytes(8, "big")).digest()
    plain = trials * ITERATIONS / (time.perf_counter() - began)
    return ours / 1e6, plain / 1e6


async def _tick(ticks: int) -> list[float]:
    """Return by how many milliseconds each tick of an event loop came late."""
    late: list[float] = []
    for _ in range(ticks):
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        late.append(max(0.0, time.perf_counter() - began - TICK) * 1000)
    return late


def _jitter(ticks: int, work: float) -> tuple[list[float], list[float]]:
    """Return how late ticks are while nothing happens, and while two threads solve."""
    quiet = asyncio.run(_tick(ticks))
    done = False

    def toil() -> None:
        while not done:
            solve(os.urandom(32), work)

    with ThreadPoolExecutor(SOLVERS) as pool:
        for _ in range(SOLVERS):
            pool.submit(toil)
        busy = asyncio.run(_tick(ticks))
        done = True
    return quiet, busy


def measure(quick: bool) -> report.Figures:
    work = required_work(BOX_SIZE, HOURS)
    solving, checking = _timed(3 if quick else SOLVES, work)
    ours, plain = _hash_rates(20 if quick else CHECKS)
    quiet, busy = _jitter(5 if quick else TICKS, work)
    return {
        "solve_cpu_ms": {"mean": round(sum(solving) / len(solving), 1), **report.spread(solving, 1)},
        "check_cpu_ms": report.spread(checking, 3),
        "million_compressions_per_second": {"ours": round(ours, 2), "plain": round(plain, 2)},
        "ratio_to_plain_hashing": round(ours / plain, 2),
        "late_ms_quiet": {**report.spread(quiet), "max": round(max(quiet), 2)},
        "late_ms_while_solving": {**report.spread(busy), "max": round(max(busy), 2)},
    }


if __name__ == "__main__":
    report.run("work", measure)
