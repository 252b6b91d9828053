"""Throughput of one circuit: a reader fetches boxes from a custodian through a guard and two relays, each a real node.

Four processes serve, one reads, and every cell takes four links over UDP on loopback. A custodian reads every box out of
SQLCipher and gives a reader a few thousand at once, which is what is fetched here, over a new circuit each round. Beside
the rate stands what a cell costs the processor at each hop, the kernel's part and all acknowledgements included: that is
measured soundly even when the machine is shared by all of them, and the rate is not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack

import trio

from benchmarks.support import report
from benchmarks.support.processor import cpu_seconds
from benchmarks.support.stranger import Stranger
from benchmarks.support.watched_node import LOOPBACK, Watched, held_id, watched
from net.ids import tag_of
from net.io.driver import Driver
from net.io.udp import Transport
from net.link.events import LinkEvent
from net.messages import MAX_TAGS_PER_FETCH, Fetch
from net.onion.circuits.stream import DATA_SIZE
from net.parcel.box import BOX_SIZE

RELAYS = ("guard", "second relay", "third relay")
# Boxes fetched over one circuit: what a custodian gives at once.
BOXES = 4096
# Fetches under way, so that the custodian's disk and the circuit work at the same time; its buffer holds no third answer.
AHEAD = 2
ROUNDS = 3
# Seconds between two looks for what came, and for nodes to link with each other.
LOOK, SETTLING = 0.002, 3.0
PATIENCE = 120.0
MEGABYTE, MICROSECOND = 1e6, 1e6


async def _fetch(stranger: Stranger, driver: Driver[LinkEvent], path: Sequence[Watched], boxes: int) -> float:
    """Fetch so many boxes over a circuit of its own; return the seconds that took."""
    nodes = [each.spec.node for each in path]
    circuit = stranger.build(*(stranger.hop(node) for node in nodes if node is not None))
    tags = [tag_of(held_id(number)) for number in range(boxes)]
    fetches = [tags[at : at + MAX_TAGS_PER_FETCH] for at in range(0, boxes, MAX_TAGS_PER_FETCH)]
    left, had, got = list(range(len(fetches))), stranger.fetched, stranger.boxes
    began = trio.current_time()
    with trio.fail_after(PATIENCE):
        while (fetched := stranger.fetched - had) < len(fetches):
            left += stranger.refused
            stranger.refused.clear()
            while left and len(fetches) - len(left) < fetched + AHEAD:
                at = left.pop()
                assert stranger.ask(circuit, Fetch(at, b"".join(fetches[at])))
            driver.poke()
            await trio.sleep(LOOK)
    assert stranger.boxes - got == boxes
    return trio.current_time() - began


async def _read(path: Sequence[Watched], boxes: int, rounds: int) -> report.Figures:
    stranger = Stranger()
    with Transport.open(*LOOPBACK) as transport:
        async with trio.open_nursery() as nursery:
            driver = Driver[LinkEvent](stranger, transport, _ignore)
            await nursery.start(driver.run)
            for node in path:
                stranger.join(node.spec)
            driver.poke()
            await trio.sleep(SETTLING)
            while len(stranger.described) < len(path):  # noqa: ASYNC110 - a stranger sets no event
                await trio.sleep(SETTLING)
            before, own_before = [cpu_seconds(node.pid) for node in path], time.process_time()
            seconds = [await _fetch(stranger, driver, path, boxes) for _ in range(rounds)]
            own = time.process_time() - own_before
            costs = [cpu_seconds(node.pid) - began for node, began in zip(path, before, strict=True)]
            nursery.cancel_scope.cancel()
    return _figures(seconds, own, costs, boxes)


def _figures(seconds: Sequence[float], own: float, costs: Sequence[float], boxes: int) -> report.Figures:
    cells = boxes * BOX_SIZE / DATA_SIZE
    in_all = cells * len(seconds) / MICROSECOND
    return {
        "boxes": boxes,
        "mb_per_second": report.spread([boxes * BOX_SIZE / MEGABYTE / each for each in seconds], 2),
        "cells_per_second": report.spread([cells / each for each in seconds], 0),
        "cpu_us_per_cell": {
            **{name: round(cost / in_all, 1) for name, cost in zip((*RELAYS, "custodian"), costs, strict=True)},
            "reader": round(own / in_all, 1),
        },
        "cpu_us_per_cell_and_relay": round(sum(costs[: len(RELAYS)]) / len(RELAYS) / in_all, 1),
    }


async def _ignore(_: LinkEvent) -> None:
    pass


def measure(quick: bool) -> report.Figures:
    boxes, rounds = (128, 1) if quick else (BOXES, ROUNDS)
    with ExitStack() as stack:
        path: list[Watched] = []
        for _ in (*RELAYS, "custodian"):
            join = [path[0].spec] if path else []
            path.append(stack.enter_context(watched(boxes, 0, *join)))
        return trio.run(_read, path, boxes, rounds)


if __name__ == "__main__":
    report.run("circuit", measure)
