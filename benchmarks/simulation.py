"""Towns of simulated people: what arrives, what it costs those who carry it, and what they could learn.

Real protocol objects; links, ciphers, proof of work and the signatures of descriptors are stand-ins with the same sizes and
failures (``net.simulator``). No loops of cover traffic: they are a constant (``net.pace``) and would be half of the events.

    delivery   a hundred people who are up a quarter to a third of the time write to each other, one town for each uptime;
               and what an attacker learns there who runs a tenth or a fifth of the nodes (``net.simulator.observer``)
    load       towns of a hundred, a thousand and ten thousand people: traffic of each node in a short window, lookups
    partition  two halves of a town that do not hear each other for a while
    eclipse    who settles in one inbox's bucket: drawn places, no messages

A letter counts from when it is sent, by somebody online, until its reader has it. ``--only`` chooses parts, ``--table``
prints Markdown instead of JSON, ``--from FILE`` the table of lines kept before. A whole run takes two hours of one core and
two gigabytes; ``--quick`` a minute. Rates of a short window are given as such: nothing is extrapolated but the unit.
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
from pathlib import Path

from benchmarks.simulation_eclipse import eclipse
from benchmarks.simulation_table import table
from benchmarks.simulation_towns import delivery, load, partition
from benchmarks.support.report import Figures

# People, letters, hours in which they are written, mean hours up and down.
DELIVERY = ((100, 600, 4.0, 2.5, 6.0), (100, 600, 4.0, 2.5, 7.5))
QUICK_DELIVERY = ((30, 40, 0.5, 2.5, 6.0),)
# People, and seconds before and in the window.
LOAD = ((100, 900.0, 1800.0), (1_000, 900.0, 600.0), (10_000, 750.0, 240.0))
QUICK_LOAD = ((100, 400.0, 300.0),)

Part = Callable[[bool], Iterator[Figures]]


def _deliveries(quick: bool) -> Iterator[Figures]:  # noqa: FBT001 - as benchmarks go
    for seed, (people, letters, hours, up, down) in enumerate(QUICK_DELIVERY if quick else DELIVERY):
        yield delivery(people, letters, hours, up, down, seed=seed, patience=4.0 if quick else 48.0)


def _loads(quick: bool) -> Iterator[Figures]:  # noqa: FBT001
    for people, settling, window in QUICK_LOAD if quick else LOAD:
        yield load(people, settling, window, seed=people, lookups=20 if quick else 100)


def _partitions(quick: bool) -> Iterator[Figures]:  # noqa: FBT001
    yield partition(16 if quick else 40, apart=600.0 if quick else 3600.0, seed=3)


def _eclipses(quick: bool) -> Iterator[Figures]:  # noqa: FBT001
    yield eclipse(draws=200 if quick else 5000, seed=4)


PARTS: dict[str, Part] = {"delivery": _deliveries, "load": _loads, "partition": _partitions, "eclipse": _eclipses}


def _measured(parts: list[str], quick: bool) -> Iterator[Figures]:  # noqa: FBT001
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    for name in parts:
        began, cpu = time.monotonic(), time.process_time()
        for figures in PARTS[name](quick):
            cost = {
                "cpu_seconds": round(time.process_time() - cpu),
                "seconds": round(time.monotonic() - began),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            yield {"benchmark": "simulation", "part": name, "quick": quick, "machine": machine, **figures, "cost": cost}
            began, cpu = time.monotonic(), time.process_time()


def main() -> None:
    """Print one JSON object for each town, or all as a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as little as shows that it works; no figures to quote")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="this part; may be repeated")
    parser.add_argument("--table", action="store_true", help="Markdown")
    parser.add_argument("--from", dest="kept", type=Path, action="append", help="lines of an earlier run")
    arguments = parser.parse_args()
    if arguments.kept:
        lines = [json.loads(line) for file in arguments.kept for line in file.read_text().splitlines() if line]
        sys.stdout.write(table(lines))
        return
    found: list[Figures] = []
    for figures in _measured(arguments.only or list(PARTS), arguments.quick):
        found.append(figures)
        if not arguments.table:
            print(json.dumps(figures), flush=True)
    if arguments.table:
        sys.stdout.write(table(found))


if __name__ == "__main__":
    main()
