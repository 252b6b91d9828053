"""What an idle program sends and receives, by kind: a leaf, a full node with an account, one without; normal and strong.

A calm network of real processes for each setting, in a namespace where every datagram is seen; the strong setting is that
of the two accounts, all others have the normal one. Bytes are those on the wire, headers of IPv4 and UDP among them,
counted by the kernel's tap and projected from the window to a day: megabytes of 10^6. What they were for is counted inside
the programs that are watched (``benchmarks.support.counted_program``); ``unaccounted`` is what of the wire's bytes that
leaves open. A new account writes its records in its first minutes: only after ``USUAL.settling`` is it idle, and
``--quick`` shows both.

    cell            one-shot packets: own loops, boxes and drops; loops and boxes that end here; and what is only passed on
    circuit         cells of circuits: our own, of those we serve as their end, and passed on; by the messages they carry
    ack, ping, …    frames for nothing else; an acknowledgement that rides with something is free
    handshake       of links, new and renewed; everything else is a message of that name
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from benchmarks.support.busy_network import BusyNetwork, Watched, Wire, busy_network
from benchmarks.support.report import Figures

PACES: Final = ("normal", "strong")
_DAY: Final = 86_400.0
# A cell on the wire: its datagram, and the headers of IPv4 and UDP.
_CELL: Final = 1232 + 28
_MEGABYTE: Final = 1e6
# What comes to less, in MB a day, goes into ``rest``.
_LEAST: Final = 0.005

# What the program itself says of that.
_SHOWN: Final = ("pace", "hour_out", "hour_in", "hour_seconds", "uptime", "hops", "peers", "loops_sent", "loops_lost")

Counts = dict[str, dict[str, float]]


class Extent(NamedTuple):
    """How many full nodes, and seconds before the window and in it."""

    nodes: int
    settling: float
    window: float


QUICK = Extent(nodes=6, settling=60.0, window=120.0)
USUAL = Extent(nodes=10, settling=300.0, window=600.0)
FULL = Extent(nodes=10, settling=900.0, window=3600.0)


def _difference(before: Counts, after: Counts) -> Counts:
    return {
        what: {key: value - before.get(what, {}).get(key, 0.0) for key, value in found.items()}
        for what, found in after.items()
    }


def _kinds(way: str, counts: Counts) -> dict[str, float]:
    """Return bytes by kind in one direction; together they are all that was counted."""
    size, count = counts["bytes"], counts["count"]
    kinds = {key.removeprefix(f"{way}."): value for key, value in size.items() if key.startswith(f"{way}.")}
    kinds = {key: value for key, value in kinds.items() if key != "all" and not key.startswith("circuit.")}
    cells = kinds.pop("cell", 0.0)
    for key, number in count.items():
        if key.startswith(f"{way}.cell."):
            kinds[key.removeprefix(f"{way}.")] = number * _CELL
            cells -= number * _CELL
    kinds["cell.passed_on"] = max(0.0, cells)
    return _with_circuits(way, kinds, counts)


def _with_circuits(way: str, kinds: dict[str, float], counts: Counts) -> dict[str, float]:
    """Take apart the messages that are cells of circuits, by what a cell cost on average."""
    size, count = counts["bytes"], counts["count"]
    passed = kinds.pop("message.Cell", 0.0)
    for whose in ("own", "served"):
        prefix = f"{way}.circuit.{whose}"
        for key, number in [*size.items(), *count.items()]:
            if key.startswith(f"{prefix}.") and number:
                kinds[key.removeprefix(f"{way}.")] = number * _CELL
        passed -= count.get(prefix, 0.0) * _CELL
    kinds["circuit.passed_on"] = max(0.0, passed)
    if way == "sent":  # those that are received do not say yet whether they end here
        setups, own = kinds.pop("message.Setup", 0.0), count.get("sent.setup.own", 0.0) * _CELL
        kinds |= {"setup.own": min(own, setups), "setup.passed_on": max(0.0, setups - own)}
    return {key.removeprefix("message."): value for key, value in kinds.items()}


def _direction(way: str, counts: Counts, wire: Wire, seconds: float) -> Figures:
    on_wire, datagrams = (wire.sent, wire.datagrams_sent) if way == "sent" else (wire.received, wire.datagrams_received)

    def a_day(size: float) -> float:
        return round(size / seconds * _DAY / _MEGABYTE, 2)

    kinds = _kinds(way, counts)
    told = {key: value for key, value in kinds.items() if a_day(value) > _LEAST}
    rest = sum(kinds.values()) - sum(told.values())
    ordered = sorted(told.items(), key=lambda item: -item[1])
    return {
        "mb_per_day": a_day(on_wire),
        "datagrams_per_day": round(datagrams / seconds * _DAY),
        "kinds_mb_per_day": {**{key: a_day(value) for key, value in ordered}, "rest": a_day(rest)},
        "unaccounted": round(1 - sum(kinds.values()) / on_wire, 4) + 0.0 if on_wire else None,
    }


def _figures(each: Watched, counts: Counts, wire: Wire, seconds: float) -> Figures:
    status = each.status()
    shown = {key: status[key] for key in _SHOWN if status}
    return {
        "sent": _direction("sent", counts, wire, seconds),
        "received": _direction("received", counts, wire, seconds),
        "counted_of_wire": round(counts["bytes"]["sent.all"] / wire.sent, 4) if wire.sent else None,
        "shown": shown,
    }


def _watch(network: BusyNetwork, extent: Extent) -> Figures:
    time.sleep(extent.settling)
    start, began = network.mark(), time.monotonic()
    before = [each.ask() for each in network.watched]
    time.sleep(extent.window)
    end, seconds = network.mark(), time.monotonic() - began
    after = [each.ask() for each in network.watched]
    wires = network.between(start, end)
    return {
        each.name: _figures(each, _difference(first, last), wires[each.port], seconds)
        for each, first, last in zip(network.watched, before, after, strict=True)
    }


def measure(extent: Extent) -> Figures:
    """Watch a network for each setting, both at the same time."""
    with tempfile.TemporaryDirectory(prefix="sottovoce-bench-") as folder:

        def of_pace(pace: str) -> Figures:
            with busy_network(Path(folder) / pace, extent.nodes, pace) as network:
                return _watch(network, extent)

        with ThreadPoolExecutor(len(PACES)) as pool:
            found = dict(zip(PACES, pool.map(of_pace, PACES), strict=True))
    return {"full_nodes": extent.nodes, "settling": extent.settling, "window": extent.window, "paces": found}


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    sys.exit(f"ended by signal {number}")


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.traffic")
    parser.add_argument("--quick", action="store_true", help="six full nodes, three minutes")
    parser.add_argument("--full", action="store_true", help="an hour after a quarter of one")
    arguments = parser.parse_args()
    extent = QUICK if arguments.quick else FULL if arguments.full else USUAL
    signal.signal(signal.SIGTERM, _end)  # so that nothing is left running
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    figures = measure(extent)
    print(json.dumps({"benchmark": "traffic", "quick": arguments.quick, "machine": machine, **figures}), flush=True)


if __name__ == "__main__":
    main()
