"""What a node process takes from a link: datagrams received and answered, and boxes committed to SQLCipher, a second.

The datagrams are cells, decrypted, given back and sealed again; the boxes are deposits over links, each acknowledged
only after its commit. Proof of work costs nothing here, or the client could not pay for the flood. Both are also given
per second of the node's own processor time, for the machine is shared by both ends. Beside it: one ``sendto`` and one
``recvfrom`` a datagram between two plain sockets, there and back.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import AsyncExitStack

import trio

from benchmarks.support import report
from benchmarks.support.loopback_node import FREE, LOOPBACK
from benchmarks.support.near import link_to
from benchmarks.support.other_side import other_side
from benchmarks.support.processor import cpu_seconds
from benchmarks.support.stranger import Stranger
from core.node.options import JoinSpec
from net.ids import NodeId
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from net.link.events import LinkEvent
from net.numbers import LARGE_DATAGRAM_SIZE
from tests.support.parcels import box_bytes

CELLS, WINDOW = 30_000, 128
# Each client stays within what a custodian takes from one link at once.
CLIENTS, BOXES = 5, 800
# Deposits of one client without an answer, and seconds between two looks for answers.
UNDER_WAY, LOOK = 64, 0.002


async def _datagrams(spec: JoinSpec, pid: int, cells: int) -> report.Figures:
    async with link_to(spec) as near:
        before = cpu_seconds(pid)
        rate = await near.flood(cells, WINDOW)
        cpu = cpu_seconds(pid) - before
    return {"per_second": round(rate), "per_cpu_second": round(cells / cpu) if cpu else None}


async def _deposits(spec: JoinSpec, pid: int, clients: int, count: int) -> report.Figures:
    assert spec.node is not None
    strangers = [Stranger() for _ in range(clients)]
    async with AsyncExitStack() as stack:
        sockets = [stack.enter_context(Transport.open(*LOOPBACK)) for _ in strangers]
        nursery = await stack.enter_async_context(trio.open_nursery())
        drivers = [Driver[LinkEvent](each, socket, _ignore) for each, socket in zip(strangers, sockets, strict=True)]
        for stranger, driver in zip(strangers, drivers, strict=True):
            await nursery.start(driver.run)
            stranger.join(spec)
            driver.poke()
        while not all(each.is_linked(spec.node) for each in strangers):  # noqa: ASYNC110 - strangers set no event
            await trio.sleep(LOOK)
        hour = system_clock().hour() + 48
        boxes = [box_bytes(each, expiry_hour=hour, price=FREE) for each in range(clients * count)]
        before, began = cpu_seconds(pid), trio.current_time()
        for number, (stranger, driver) in enumerate(zip(strangers, drivers, strict=True)):
            nursery.start_soon(_deposit_all, stranger, driver, spec.node, boxes[number * count : (number + 1) * count])
        while sum(each.answers for each in strangers) < len(boxes):  # noqa: ASYNC110 - likewise
            await trio.sleep(LOOK)
        seconds, cpu = trio.current_time() - began, cpu_seconds(pid) - before
        nursery.cancel_scope.cancel()
    stored = sum(each.stored for each in strangers)
    return {
        "clients": clients,
        "stored": stored,
        "per_second": round(stored / seconds),
        "per_cpu_second": round(stored / cpu) if cpu else None,
    }


async def _deposit_all(stranger: Stranger, driver: Driver[LinkEvent], node: NodeId, boxes: list[bytes]) -> None:
    """Deposit boxes, a few of them at a time on the way."""
    for sent, box in enumerate(boxes):
        while sent - stranger.answers >= UNDER_WAY:  # noqa: ASYNC110 - likewise
            await trio.sleep(LOOK)
        stranger.deposit(node, box)
        driver.poke()


async def _ignore(_: LinkEvent) -> None:
    pass


def _plain_echo(count: int) -> float:
    """Return datagrams a second there and back between two plain sockets, a few under way."""
    ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for each in (ours, theirs):
        each.bind(("127.0.0.1", 0))
        each.settimeout(1.0)

    def answer() -> None:
        for _ in range(count):
            data, source = theirs.recvfrom(2048)
            theirs.sendto(data, source)

    thread = threading.Thread(target=answer)
    thread.start()
    datagram, window = os.urandom(LARGE_DATAGRAM_SIZE), 32
    began = time.perf_counter()
    for number in range(count + window):
        if number < count:
            ours.sendto(datagram, theirs.getsockname())
        if number >= window:
            ours.recvfrom(2048)
    rate = count / (time.perf_counter() - began)
    thread.join()
    ours.close()
    theirs.close()
    return rate


def measure(quick: bool) -> report.Figures:
    cells, clients, boxes = (200, 1, 20) if quick else (CELLS, CLIENTS, BOXES)
    with other_side("sink") as (spec, pid):
        datagrams = trio.run(_datagrams, spec, pid, cells)
    with other_side("custodian") as (spec, pid):
        deposits = trio.run(_deposits, spec, pid, clients, boxes)
    return {
        "datagrams": datagrams,
        "plain_sockets_per_second": round(_plain_echo(cells)),
        "deposits": deposits,
    }


if __name__ == "__main__":
    report.run("node_packets", measure)
