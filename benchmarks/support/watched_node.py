"""A full node in a process of its own whose steps are timed: ``python -m benchmarks.support.watched_node HELD PAID [SPEC]``.

It begins with so many boxes on its disk: ``HELD`` of no worth, which fill its index, and ``PAID`` that another custodian
would take, numbered from ``FIRST_PAID``. A box costs a thousandth of the usual work to make; to check it costs the same.
Says where it listens; a line on its input restarts the measurement, the end of the input ends it with the figures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Final

import trio

from benchmarks.support import report
from benchmarks.support.pty import ROOT
from benchmarks.support.step_times import StepTimes
from core.gc_freeze import set_apart
from core.node.opening import open_node
from core.node.options import JoinSpec, NetworkOptions, parse_join
from core.storage.database import Database
from core.storage.migrations import load_migrations
from core.storage.parcels import SqlParcelStore
from net.ids import Endpoint, ParcelId
from net.io.driver import system_clock
from net.node.wiring import Tuning
from net.parcel.box import BOX_SIZE, decode_box
from net.parcel.store import Kind, Stored
from net.parcel.work import FULL_PRICE, WorkPrice
from tests.support.parcels import box_bytes
from tui.host.standard_streams import StandardInput

PRICE: Final = WorkPrice(FULL_PRICE.per_byte_hour / 1000)
LOOPBACK: Final = Endpoint("127.0.0.1", 0)
FIRST_PAID: Final = 1_000_000
_PAGE: Final = 2048


def paid_box(number: int) -> bytes:
    """Return a box that a node at this price takes."""
    hour = system_clock().hour() + 48
    return box_bytes(number, expiry_hour=hour, prefix=number * 2654435761 % 2**32 & 0x80000000, price=PRICE)


def _fill(path: Path, key: bytes, held: int, paid: int) -> None:
    database = Database.open(path, key, load_migrations("parcels"))
    store = SqlParcelStore(database)
    hour = system_clock().hour() + 48
    for first in range(0, held, _PAGE):
        store.put([_worthless(number, hour) for number in range(first, min(first + _PAGE, held))])
    boxes = [paid_box(FIRST_PAID + number) for number in range(paid)]
    store.put([_stored(box) for box in boxes])
    database.close()


def held_id(number: int) -> ParcelId:
    """Return the id of the box without worth that has this number, the same for all nodes."""
    return ParcelId(sha256(b"held %d" % number).digest())


def _worthless(number: int, hour: int) -> Stored:
    name = held_id(number)
    return Stored(Kind.BOX, name, name[:16], name[0] >> 7 << 31, hour, 0, (name * BOX_SIZE)[:BOX_SIZE])


def _stored(data: bytes) -> Stored:
    box = decode_box(data)
    return Stored(Kind.BOX, box.box_id, box.variant(), box.prefix, box.expiry_hour, 0, data)


async def _serve(steps: StepTimes, held: int, paid: int, join: Sequence[JoinSpec]) -> None:
    key = os.urandom(32)
    with tempfile.TemporaryDirectory(prefix="sottovoce-bench-") as folder:
        path = Path(folder) / "parcels.db"
        _fill(path, key, held, paid)
        options = NetworkOptions(listen=LOOPBACK, join=tuple(join), mainline=False, lan=False)
        async with (
            open_node(
                path, database_key=key, node_secret=os.urandom(32), options=options, tuning=Tuning(price=PRICE)
            ) as node,
            trio.open_nursery() as nursery,
        ):

            async def ignore_events() -> None:
                async for _ in node.events:
                    pass

            nursery.start_soon(ignore_events)
            set_apart()
            print(node.spec, flush=True)
            async for _ in StandardInput():
                steps.restart()
            figures = {**steps.figures(), "relay": asdict(node._node._parts.onion.relay.counters)}
            nursery.cancel_scope.cancel()
    print(json.dumps(figures), flush=True)


class Watched:
    """The node seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        assert process.stdout is not None
        self.spec = parse_join(process.stdout.readline().strip())

    def restart(self) -> None:
        """Begin the measurement."""
        assert self._process.stdin is not None
        print("now", file=self._process.stdin, flush=True)

    def end(self) -> report.Figures:
        """End the node; return what was measured."""
        out, _ = self._process.communicate()
        figures: report.Figures = json.loads(out)
        return figures


@contextmanager
def watched(held: int, paid: int, *join: JoinSpec) -> Generator[Watched]:
    """Run a watched node for a block."""
    command = [sys.executable, "-m", "benchmarks.support.watched_node", str(held), str(paid), *map(str, join)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Watched(process)
        finally:
            process.terminate()


if __name__ == "__main__":
    times = StepTimes()
    counts, specs = sys.argv[1:3], sys.argv[3:]
    trio.run(_serve, times, int(counts[0]), int(counts[1]), [parse_join(each) for each in specs], instruments=[times])
