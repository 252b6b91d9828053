"""Hops and questions of lookups in networks of a hundred, a thousand and ten thousand nodes, and what they find.

The lookups, tables and messages are the real ones, on a heap in place of links, without work and signatures; 40 ms each
way. Each table holds up to k nodes of every bucket, drawn at random, as if met in a long life. With *gone*, three nodes in
ten have left and no table has noticed: the worst moment after a night.
"""

from __future__ import annotations

import math
import time
from random import Random
from statistics import fmean

from benchmarks.support import report
from tests.support.overlay_world import OverlayWorld, at_home

SEED = 20
SIZES = (100, 1_000, 10_000)
LOOKUPS = 100
GONE = 0.3


def _lookups(size: int, count: int, gone: float) -> report.Figures:
    world = OverlayWorld(size, SEED, endpoint=at_home)
    world.fill_tables()
    rng = Random(SEED)
    for node in rng.sample(world.nodes, round(gone * size)):
        node.is_up = False
    up = [node for node in world.nodes if node.is_up]
    hops: list[float] = []
    questions: list[float] = []
    unanswered: list[float] = []
    seconds: list[float] = []
    closest = right = sought = 0
    began = time.process_time()
    for _ in range(count):
        asker, target, start = rng.choice(up), rng.randbytes(32), world.mono
        found = world.look_up(asker, target)
        names = [each.node for each in found.nodes]
        truth = world.closest(target, aside=asker)
        hops.append(found.hops)
        questions.append(found.questions)
        unanswered.append(found.unanswered)
        seconds.append(world.mono - start)
        closest += names[:1] == truth[:1]
        right += len(set(names) & set(truth))
        sought += len(truth)
    return {
        "hops": {"mean": round(fmean(hops), 2), "max": max(hops)},
        "questions": {"mean": round(fmean(questions), 1), "max": max(questions)},
        "unanswered": round(fmean(unanswered), 1),
        "seconds": report.spread(seconds),
        "found_the_closest": round(closest / count, 3),
        "found_of_the_closest_16": round(right / sought, 3),
        "cpu_ms": round((time.process_time() - began) / count * 1000, 1),
    }


def measure(quick: bool) -> report.Figures:
    sizes = SIZES[:-1] if quick else SIZES
    count = 20 if quick else LOOKUPS
    return {
        "seed": SEED,
        "lookups": count,
        "networks": {
            str(size): {
                "log2": round(math.log2(size), 1),
                "all_there": _lookups(size, count, 0.0),
                "gone": _lookups(size, count, GONE),
            }
            for size in sizes
        },
    }


if __name__ == "__main__":
    report.run("lookup_hops", measure)
