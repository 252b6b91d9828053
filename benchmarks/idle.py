"""What a node and an account cost while nothing happens: share of one core, and memory, over two minutes.

Ten nodes and the account's own: each is linked with the others, for in so small a network all are custodians of everything,
keeps those links alive, sends its loops, looks after its table and its roster; and the account is open and follows its
custodians. A new account writes its personal record within its first minutes, ten seconds of work: that is waited for.
The share is the scheduler's, to the nanosecond, so others at work on the machine disturb it little. ``node`` is the median
of the ten.
"""

from __future__ import annotations

import secrets
import statistics

import psutil
import trio

from benchmarks.support import report
from benchmarks.support.household import places
from benchmarks.support.processor import cpu_seconds
from core import api
from tui.demo.children import open_nodes, open_rpc
from tui.demo.rpc_client import RpcClient, talk_to

NODES = 10
SECONDS = 120.0
# Seconds for the excitement of starting, linking, sampling and comparing to be over; between two looks whether the account's
# record lies with its node, and for that in all.
SETTLING, LOOK, PATIENCE = 60.0, 1.0, 300.0


async def _watch(client: RpcClient, account: int, settling: float, seconds: float) -> report.Figures:
    await client.call(api.AccountCreate(passcode=secrets.token_urlsafe()))
    with trio.move_on_after(PATIENCE if settling >= SETTLING else 0):
        while not (await client.call(api.NetworkStatusGet())).parcels:  # noqa: ASYNC110 - no event tells
            await trio.sleep(LOOK)
    await trio.sleep(settling)
    pids = [child.pid for child in psutil.Process().children()]
    status = await client.call(api.NetworkStatusGet())
    before = {pid: cpu_seconds(pid) for pid in pids}
    await trio.sleep(seconds)
    shares = {pid: (cpu_seconds(pid) - before[pid]) / seconds * 100 for pid in pids}
    sizes = {pid: psutil.Process(pid).memory_info().rss / 1e6 for pid in pids}
    nodes = [pid for pid in pids if pid != account]
    return {
        "seconds": seconds,
        "nodes": len(nodes),
        "links": status.peers,
        "hops": status.hops,
        "node": {
            "cpu_percent": round(statistics.median(shares[pid] for pid in nodes), 3),
            "rss_mb": round(statistics.median(sizes[pid] for pid in nodes), 1),
        },
        "account": {"cpu_percent": round(shares[account], 3), "rss_mb": round(sizes[account], 1)},
    }


async def _measure(*, quick: bool) -> report.Figures:
    nodes, settling, seconds = (3, 0.5, 0.5) if quick else (NODES, SETTLING, SECONDS)
    with places() as where:
        async with (
            open_nodes(where, nodes) as specs,
            open_rpc(where, "account", specs) as rpc,
            talk_to(rpc) as client,
        ):
            return await _watch(client, rpc.pid, settling, seconds)


def measure(quick: bool) -> report.Figures:
    return trio.run(lambda: _measure(quick=quick))


if __name__ == "__main__":
    report.run("idle", measure)
