"""How long texts take when something is wrong: nodes dead, frozen, slow or elsewhere, clients asleep or moved, clocks wrong.

Real processes: nodes, and alice and bob as leaves. Each scenario has a network of its own; a few are played at the same
time, and none begins while one of them is still starting. They wait far more than they compute; on a busy machine
``--at-once 1`` tells more. Of every text, first and later ones, the seconds until it is stored, received and known to be
delivered (``benchmarks.support.lively_scenarios``). Which nodes a client leans on is partly luck: ``--rounds`` plays
everything so many times.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from benchmarks.support.lively_scenarios import SCENARIOS, Extent, Stage
from benchmarks.support.lively_world import PEOPLE, LivelyWorld, cable_hosts, loopback_hosts, make_origin
from benchmarks.support.report import Figures
from tests.support.netlab import NetLab, why_not
from tests.support.processes import Refused

QUICK = Extent(texts=3, patience=75.0, asleep=40.0, settling=8.0)
USUAL = Extent(texts=5, patience=180.0, asleep=120.0, settling=15.0)
FULL = Extent(texts=6, patience=300.0, asleep=300.0, settling=20.0)
AT_ONCE = 3
_SHOWN_ERROR = 600  # characters


class Turn:
    """One scenario, played once; ``number`` tells its network from others."""

    def __init__(self, name: str, number: int, extent: Extent) -> None:
        self.name = name
        self._number = number
        self._scenario = SCENARIOS[name]
        self._extent = extent
        self._stack = ExitStack()
        self._stage: Stage | None = None

    def prepare(self, root: Path, origin: Path) -> None:
        """Start the network."""
        count = self._scenario.nodes + len(PEOPLE)
        if self._scenario.on_cable:
            hosts = cable_hosts(self._stack.enter_context(NetLab()).lan(count))
        else:
            hosts = loopback_hosts(self._number, count)
        world = LivelyWorld(root / str(self._number), hosts, own_clocks=self._scenario.own_clocks)
        self._stack.callback(world.close)
        world.begin(origin)
        self._stage = Stage(world, self._extent)

    def play(self) -> Figures:
        """Measure."""
        assert self._stage is not None
        before, began = self._stage.settle(), time.monotonic()
        figures = self._scenario.play(self._stage)
        seconds = round(time.monotonic() - began)
        return {"first_of_all": before, **figures, "came_twice": self._stage.twice(), "took": seconds}

    def close(self) -> None:
        """End it."""
        self._stack.close()


def _play(turn: Turn) -> Figures:
    """Measure; a failure in one network leaves the others' figures standing."""
    try:
        return turn.play()
    except (AssertionError, RuntimeError, Refused) as error:
        return {"failed": str(error)[:_SHOWN_ERROR]}


def _play_together(turns: Sequence[Turn], root: Path, origin: Path) -> list[Figures]:
    try:
        with ThreadPoolExecutor(len(turns)) as pool:
            for prepared in [pool.submit(turn.prepare, root, origin) for turn in turns]:
                prepared.result()
            return list(pool.map(_play, turns))
    finally:
        for turn in turns:
            turn.close()


def measure(extent: Extent, names: Sequence[str], rounds: int, at_once: int) -> Figures:
    """Play scenarios; a list of rounds for each."""
    obstacle = why_not() if any(SCENARIOS[name].on_cable for name in names) else None
    figures: dict[str, list[Figures]] = {}
    left = [name for name in names for _ in range(rounds)]
    if obstacle is not None:
        figures = {name: [{"left_out": obstacle}] for name in names if SCENARIOS[name].on_cable}
        left = [name for name in left if name not in figures]
    with tempfile.TemporaryDirectory(prefix="sottovoce-bench-") as folder:
        root = Path(folder)
        origin = make_origin(root / "origin")
        turns = [Turn(name, number, extent) for number, name in enumerate(left, start=1)]
        for first in range(0, len(turns), at_once):
            batch = turns[first : first + at_once]
            for turn, found in zip(batch, _play_together(batch, root, origin), strict=True):
                figures.setdefault(turn.name, []).append(found)
    return {"at_once": at_once, "patience": extent.patience, "scenarios": figures}


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(f"ended by signal {number}")


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.liveness")
    parser.add_argument("--quick", action="store_true", help="the essential scenarios, fewer texts, less patience")
    parser.add_argument("--full", action="store_true", help="longer sleep, more texts and more patience")
    parser.add_argument("--only", action="append", choices=list(SCENARIOS), help="this scenario; may be repeated")
    parser.add_argument("--rounds", type=int, default=1, help="play each so many times, in networks of their own")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="networks that run at the same time")
    arguments = parser.parse_args()
    extent = QUICK if arguments.quick else FULL if arguments.full else USUAL
    essential = [name for name, each in SCENARIOS.items() if each.is_essential or not arguments.quick]
    signal.signal(signal.SIGTERM, _end)  # so that nothing is left running
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    figures = measure(extent, arguments.only or essential, arguments.rounds, arguments.at_once)
    print(json.dumps({"benchmark": "liveness", "quick": arguments.quick, "machine": machine, **figures}), flush=True)


if __name__ == "__main__":
    main()
