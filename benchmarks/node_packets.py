"""What a node process takes from a link: datagrams received and answered, and boxes committed to SQLCipher, a second.

The datagrams are cells, decrypted, given back and sealed again; the boxes are deposits of one patron, each acknowledged
only after its commit. Proof of work costs nothing here, or the patron could not pay for the flood. Both are also given
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
from core.node_service import NodeService
from core.open_node import node_over
from core.options import JoinSpec, NetworkOptions
from net.events import CustodianUp, DepositAnswered, Verdict
from net.link.frames import LARGE_DATAGRAM_SIZE
from net.parts import Tuning
from tests.support.parcels import box_bytes

CELLS, WINDOW = 30_000, 128
# Each patron stays within what a custodian takes from one link at once.
PATRONS, BOXES = 5, 800


async def _datagrams(spec: JoinSpec, pid: int, cells: int) -> report.Figures:
    async with link_to(spec) as near:
        before = cpu_seconds(pid)
        rate = await near.flood(cells, WINDOW)
        cpu = cpu_seconds(pid) - before
    return {"per_second": round(rate), "per_cpu_second": round(cells / cpu) if cpu else None}


async def _deposits(spec: JoinSpec, pid: int, patrons: int, count: int) -> report.Figures:
    options = NetworkOptions(listen=LOOPBACK, join=(spec,), leaf=True)
    stored = 0

    async def deposit(patron: NodeService, boxes: list[bytes]) -> None:
        nonlocal stored
        mine = await _deposit_all(patron, boxes)
        stored += mine

    async with AsyncExitStack() as stack:
        all_of_them: list[tuple[NodeService, list[bytes]]] = []
        for number in range(patrons):
            patron = await stack.enter_async_context(
                node_over(None, node_secret=os.urandom(32), options=options, tuning=Tuning(price=FREE))
            )
            while not isinstance(await patron.events.receive(), CustodianUp):
                pass
            hour, first = patron.now().hour() + 48, number * count
            boxes = [box_bytes(each, expiry_hour=hour, price=FREE) for each in range(first, first + count)]
            all_of_them.append((patron, boxes))
        before, began = cpu_seconds(pid), trio.current_time()
        async with trio.open_nursery() as nursery:
            for patron, boxes in all_of_them:
                nursery.start_soon(deposit, patron, boxes)
        seconds, cpu = trio.current_time() - began, cpu_seconds(pid) - before
    return {
        "patrons": patrons,
        "stored": stored,
        "per_second": round(stored / seconds),
        "per_cpu_second": round(stored / cpu) if cpu else None,
    }


async def _deposit_all(patron: NodeService, boxes: list[bytes]) -> int:
    """Deposit boxes; return how many were stored."""
    for box in boxes:
        patron.deposit(box)
    answered = stored = 0
    while answered < len(boxes):
        event = await patron.events.receive()
        if isinstance(event, DepositAnswered):
            answered += 1
            stored += event.verdict is Verdict.STORED
            patron.withdraw(event.parcel_id)  # one copy is all there is to have
    return stored


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


def measure(quick: bool) -> report.Figures:  # noqa: FBT001 - the one argument of every benchmark
    cells, patrons, boxes = (200, 1, 20) if quick else (CELLS, PATRONS, BOXES)
    with other_side("sink") as (spec, pid):
        datagrams = trio.run(_datagrams, spec, pid, cells)
    with other_side("custodian") as (spec, pid):
        deposits = trio.run(_deposits, spec, pid, patrons, boxes)
    return {
        "datagrams": datagrams,
        "plain_sockets_per_second": round(_plain_echo(cells)),
        "deposits": deposits,
    }


if __name__ == "__main__":
    report.run("node_packets", measure)
