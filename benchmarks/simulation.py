"""Simulates towns of people: which letters arrive, what they cost the nodes that carry them, what those nodes could learn.

Real protocol objects; links, ciphers, proof of work and the signatures of descriptors are stand-ins with the same sizes and
failures (``simulator``). No loops of cover traffic: they are a constant (``net.cover_profile``) and would be half of
the events.

    delivery   people who are up a quarter to a third of the time write to each other, one town for each uptime; and what an
               attacker learns there who runs a tenth or a fifth of the nodes (``simulator.observer``)
    load       towns of a hundred, a thousand and ten thousand people that were there for long: traffic of each node, lookups
    partition  two halves of a town that do not hear each other for a while
    eclipse    who settles in one inbox's bucket: drawn places, no messages

A letter counts from when it is sent, by a person online, until its reader has it. ``--only`` chooses parts, ``--table``
prints Markdown instead of JSON, ``--from FILE`` the table of what ``--keep FILE`` kept of earlier runs. ``--full`` is what
the README's table is made of: hours of one core and some gigabytes; without it towns are smaller. Rates of a short window
are given as such: nothing is extrapolated but the unit.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import NamedTuple

from benchmarks.support.report import Figures
from benchmarks.support.simulation_eclipse import eclipse
from benchmarks.support.simulation_table import table
from benchmarks.support.simulation_towns import Correspondence, delivery, load, partition


class Extent(Enum):
    """How much is measured."""

    QUICK = auto()
    USUAL = auto()
    FULL = auto()


class _Load(NamedTuple):
    """People; seconds before the window and in it; lookups after it."""

    people: int
    settling: float
    window: float
    lookups: int


DELIVERIES = {
    Extent.QUICK: (Correspondence(people=20, letters=10, hours=0.1, up=2.5, down=2.5, patience=0.1),),
    Extent.USUAL: (Correspondence(people=60, letters=400, hours=4.0, up=2.5, down=6.0, patience=48.0),),
    Extent.FULL: (
        Correspondence(people=100, letters=600, hours=4.0, up=2.5, down=6.0, patience=48.0),
        Correspondence(people=100, letters=600, hours=4.0, up=2.5, down=7.5, patience=48.0),
    ),
}
LOADS = {
    Extent.QUICK: (_Load(30, 60.0, 60.0, 10),),
    Extent.USUAL: (_Load(100, 300.0, 1800.0, 100), _Load(1_000, 300.0, 600.0, 100)),
    Extent.FULL: (_Load(100, 300.0, 1800.0, 100), _Load(1_000, 300.0, 900.0, 100), _Load(10_000, 300.0, 240.0, 100)),
}
# Nodes, and seconds that their halves are apart.
PARTITIONS = {Extent.QUICK: (8, 120.0), Extent.USUAL: (40, 3600.0), Extent.FULL: (40, 3600.0)}
# Draws of an attacker's places.
ECLIPSES = {Extent.QUICK: 50, Extent.USUAL: 5000, Extent.FULL: 5000}


def _deliveries(extent: Extent) -> Iterator[Figures]:
    for seed, correspondence in enumerate(DELIVERIES[extent]):
        yield delivery(correspondence, seed)


def _loads(extent: Extent) -> Iterator[Figures]:
    for people, settling, window, lookups in LOADS[extent]:
        yield load(people, settling, window, seed=people, lookups=lookups)


def _partitions(extent: Extent) -> Iterator[Figures]:
    people, apart = PARTITIONS[extent]
    yield partition(people, apart=apart, seed=3)


def _eclipses(extent: Extent) -> Iterator[Figures]:
    yield eclipse(draws=ECLIPSES[extent], seed=4)


PARTS: dict[str, Callable[[Extent], Iterator[Figures]]] = {
    "delivery": _deliveries,
    "load": _loads,
    "partition": _partitions,
    "eclipse": _eclipses,
}


def _measured(parts: list[str], extent: Extent) -> Iterator[Figures]:
    for name in parts:
        began, cpu = time.monotonic(), time.process_time()
        for figures in PARTS[name](extent):
            cost = {
                "cpu_seconds": round(time.process_time() - cpu),
                "seconds": round(time.monotonic() - began),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            yield {"part": name, **figures, "cost": cost}
            began, cpu = time.monotonic(), time.process_time()


def _measure(parts: list[str], extent: Extent, keep: Path | None) -> Figures:
    found: list[Figures] = []
    for figures in _measured(parts, extent):
        found.append(figures)
        if keep is not None:
            with keep.open("a") as file:
                file.write(json.dumps(figures) + "\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    return {"benchmark": "simulation", "quick": extent is Extent.QUICK, "machine": machine, "parts": found}


def main() -> None:
    """Print one JSON object, or all as a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation")
    parser.add_argument("--quick", action="store_true", help="as little as shows that it works; no figures to quote")
    parser.add_argument("--full", action="store_true", help="what the README tells; hours")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="this part; may be repeated")
    parser.add_argument("--keep", type=Path, help="add a line to this file for each town that is done")
    parser.add_argument("--table", action="store_true", help="Markdown")
    parser.add_argument(
        "--from", dest="kept", type=Path, action="append", help="tabulate what was kept; measure nothing"
    )
    arguments = parser.parse_args()
    if arguments.kept:
        lines = [json.loads(line) for file in arguments.kept for line in file.read_text().splitlines() if line]
        sys.stdout.write(table(lines))
        return
    extent = Extent.QUICK if arguments.quick else Extent.FULL if arguments.full else Extent.USUAL
    figures = _measure(arguments.only or list(PARTS), extent, arguments.keep)
    sys.stdout.write(table([figures]) if arguments.table else json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
