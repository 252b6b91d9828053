"""Throughput of one link over loopback between two processes: messages of 64 KiB one way, and single cells there and back.

Beside it the same bytes over plain TCP between two threads, which is what the kernel alone can do.
"""

from __future__ import annotations

import os
import socket
import threading
import time

import trio

from benchmarks.support import report
from benchmarks.support.near import MESSAGE_SIZE, link_to
from benchmarks.support.other_side import other_side
from core.node.options import JoinSpec

SIZES = (10_000_000, 50_000_000)
CELLS = 2000
ROUNDS = 3


async def _link(spec: JoinSpec, sizes: tuple[int, ...], rounds: int, cells: int) -> report.Figures:
    async with link_to(spec) as near:
        latency = await near.echo(cells)
        rates = {size: [await near.stream(size) for _ in range(rounds)] for size in sizes}
    return {
        "one_way_ms": report.spread(latency, 3),
        "stream_mb_per_second": {f"{size // 1_000_000} MB": report.spread(each, 1) for size, each in rates.items()},
    }


def _tcp(size: int) -> float:
    """Return megabytes a second of plain TCP over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drain() -> None:
            taken, _ = server.accept()
            with taken:
                while taken.recv(1 << 16):
                    pass

        thread = threading.Thread(target=drain)
        thread.start()
        payload = os.urandom(MESSAGE_SIZE)
        began = time.perf_counter()
        with socket.create_connection(server.getsockname()) as sending:
            for _ in range(size // MESSAGE_SIZE):
                sending.sendall(payload)
        thread.join()
        return size / 1e6 / (time.perf_counter() - began)


def measure(quick: bool) -> report.Figures:
    sizes, rounds, cells = ((1_000_000,), 1, 5) if quick else (SIZES, ROUNDS, CELLS)
    with other_side("sink") as (spec, _):
        figures = trio.run(_link, spec, sizes, rounds, cells)
    return {**figures, "tcp_mb_per_second": round(_tcp(sizes[-1]), 0)}


if __name__ == "__main__":
    report.run("link_throughput", measure)
