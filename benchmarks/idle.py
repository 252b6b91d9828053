"""What a node and an account cost while nothing happens: share of one core, and memory, over twenty seconds.

Both are linked to another node and to each other, and the account is open and follows its custodians.
"""

from __future__ import annotations

import secrets

import psutil
import trio

from benchmarks.support import report
from benchmarks.support.household import places
from benchmarks.support.processor import cpu_seconds
from core import api
from tui.demo.children import open_nodes, open_rpc
from tui.demo.rpc_client import talk_to

SECONDS = 20.0
# Seconds for the excitement of starting, linking and comparing to be over.
SETTLING = 15.0


async def _measure(*, quick: bool) -> report.Figures:
    settling, seconds = (0.5, 0.5) if quick else (SETTLING, SECONDS)
    with places() as where:
        async with (
            open_nodes(where, 2) as specs,
            open_rpc(where, "account", specs) as rpc,
            talk_to(rpc) as client,
        ):
            await client.call(api.AccountCreate(passcode=secrets.token_urlsafe()))
            await trio.sleep(settling)
            nodes = [child for child in psutil.Process().children() if child.pid != rpc.pid]
            watched = {"node": nodes[0], "account": psutil.Process(rpc.pid)}
            before = {name: cpu_seconds(process.pid) for name, process in watched.items()}
            await trio.sleep(seconds)
            return {
                "seconds": seconds,
                **{
                    name: {
                        "cpu_percent": round((cpu_seconds(process.pid) - before[name]) / seconds * 100, 3),
                        "rss_mb": round(process.memory_info().rss / 1e6, 1),
                    }
                    for name, process in watched.items()
                },
            }


def measure(quick: bool) -> report.Figures:  # noqa: FBT001 - the one argument of every benchmark
    return trio.run(lambda: _measure(quick=quick))


if __name__ == "__main__":
    report.run("idle", measure)
