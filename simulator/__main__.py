"""The demonstration of ``python -m simulator``: custodians, leaves that write and read, and one that dies.

Prints one line of JSON. Only its times, in seconds of processor time, depend on the machine it runs on.
"""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Final

from net.events import CustodianUp, TagsArrived
from net.ids import Endpoint, Tag
from net.instant import Instant
from net.requests import Deposit, Follow, Read
from simulator import Host, Machine, Path, World
from simulator.nodes import full_node, leaf_node
from simulator.people import free_box

# All leaves read one inbox.
ADDRESS: Final = 0
FULL_NODES: Final = 12
LEAVES: Final = 24
SECONDS: Final = 60.0
# Seconds between two boxes of one leaf.
WRITE_EVERY: Final = 2.0
# Datagrams in the measurement of the bare loop.
BARE_DELIVERIES: Final = 200_000


class Writer:
    """An actor that writes a box now and then and reads the tags of all."""

    def __init__(self, host: Host) -> None:
        self.tags: set[Tag] = set()
        self._host = host
        host.on_event = self._on_event
        host.after(WRITE_EVERY * (1 + host.rng.random()), self._write)

    def _write(self, now: Instant) -> None:
        self._host.node().request(Read(frozenset({ADDRESS})), now)
        self._host.node().request(Deposit(free_box(self._host.rng.randbytes(32), now)), now)
        self._host.after(WRITE_EVERY, self._write)

    def _on_event(self, event: object, now: Instant) -> None:
        if isinstance(event, CustodianUp):
            self._host.node().request(Follow(event.custodian, event.bucket, None), now)
        elif isinstance(event, TagsArrived):
            self.tags.update(event.tags)


class Echo:
    """The least machine: sends back what it gets. Measures the loop alone."""

    def __init__(self) -> None:
        self._out: list[tuple[bytes, Endpoint]] = []

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Send it back."""
        self._out.append((data, source))

    def handle_timeout(self, now: Instant) -> None:
        """Nothing is ever due."""

    def next_deadline(self) -> float:
        """Nothing is ever due."""
        return math.inf

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Give what is to be sent back."""
        out, self._out = self._out, []
        return out

    def next_event(self) -> None:
        """Nothing ever happens."""
        return


def bare_rate() -> float:
    """Return deliveries per second of the loop with machines that do nothing."""
    world = World(seed=1)
    hosts = [world.add(lambda _host: Echo()) for _ in range(1000)]
    for one, other in zip(hosts, hosts[1:] + hosts[:1], strict=True):
        world.send(one.endpoint, other.endpoint, b"ball")
    began = time.process_time()
    while world.totals.delivered < BARE_DELIVERIES:
        world.run_for(0.1)
    return world.totals.delivered / (time.process_time() - began)


def village() -> dict[str, object]:
    """Run custodians and leaves for a minute of their time and tell what came of it."""
    world = World(seed=7, path=Path(loss=0.01))
    first = world.add(full_node())
    fulls = [first] + [world.add(full_node(first.endpoint)) for _ in range(FULL_NODES - 1)]
    writers: list[Writer] = []

    def build(host: Host) -> Machine:
        writers.append(Writer(host))
        return leaf_node(fulls[len(writers) % FULL_NODES].endpoint)(host)

    for _ in range(LEAVES):
        world.add(build)
    world.at(SECONDS / 2, fulls[1].kill)
    began = time.process_time()
    world.run_for(SECONDS)
    took = time.process_time() - began
    held = [parcels_at(host) for host in fulls if host.is_up]
    return {
        "full_nodes": FULL_NODES,
        "leaves": LEAVES,
        "virtual_seconds": SECONDS,
        "seconds": round(took, 2),
        "datagrams": world.totals.delivered,
        "deliveries_per_second": round(world.totals.delivered / took),
        "parcels": [min(held), max(held)],
        "tags_read": [min(len(each.tags) for each in writers), max(len(each.tags) for each in writers)],
    }


def parcels_at(host: Host) -> int:
    """Return how many parcels a full node holds."""
    custodian = host.node().view().custodian
    return custodian.parcels if custodian else 0


def main() -> None:
    """Print the figures."""
    figures = {**village(), "bare_deliveries_per_second": round(bare_rate())}
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
