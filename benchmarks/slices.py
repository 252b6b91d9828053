"""How long a busy node keeps its event loop: the milliseconds of every step of every task, under everything at once.

One real node with a full index is watched for some seconds while strangers have it relay a thousand packets a second,
build circuits that end at it and pass through it, ask over them, and deposit boxes whose work it checks; while another
custodian, watched as well, compares its parcels with it, takes what it lacks and pushes what it has; and at last a link
goes that carries many circuits. Nothing should take more than ten milliseconds, or packets and screens wait.
"""

from __future__ import annotations

import os
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass

import trio

from benchmarks.support import report
from benchmarks.support.stranger import CIPHER, Stranger
from benchmarks.support.watched_node import LOOPBACK, Watched, paid_box, watched
from net.ids import TAG_SIZE, NodeId
from net.io.driver import Driver
from net.io.udp import Transport
from net.link.events import LinkEvent
from net.messages import Fetch, FindNodes

STRANGERS = 6
# Seconds between two rounds, and what each stranger does in one: 167 packets a second, within what a link may bring.
ROUND, PACKETS = 0.03, 5
# Rounds between two deposits, and between two circuits, of one stranger.
PER_DEPOSIT, PER_CIRCUIT = 2, 8
# Mean milliseconds that a packet is to wait at the node.
HOP_DELAY_MS = 100
# Seconds between two looks whether all are linked and know of each other, and for what is under way at the end.
SETTLING = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """How much: boxes on the disk of the node and of its mate, and rounds of each stranger."""

    held: int
    paid: int
    rounds: int


FULL, QUICK = Load(60_000, 3_000, 400), Load(500, 50, 20)


class _Customer:
    """A stranger with all that it will send made beforehand, so that sending costs little."""

    def __init__(self, stranger: Stranger, number: int, rounds: int) -> None:
        self._stranger = stranger
        self._rounds = rounds
        self._boxes = [paid_box(number * rounds + at) for at in range(rounds // PER_DEPOSIT)]
        self._packets: list[bytes] = []

    def make_packets(self, node: NodeId, sink: Stranger, rng: random.Random) -> None:
        """Make packets that go through the node to another stranger."""
        for _ in range(self._rounds * PACKETS):
            path = [self._stranger.hop(node, round(rng.expovariate(1 / HOP_DELAY_MS))), sink.home()]
            self._packets.append(CIPHER.create(path, b"", os.urandom)[0])

    def act(self, at: int, node: NodeId, mate: NodeId) -> None:
        """Do one round."""
        stranger = self._stranger
        for packet in self._packets[at * PACKETS : (at + 1) * PACKETS]:
            stranger.send_packet(node, packet)
        if at % PER_DEPOSIT == 0:
            stranger.deposit(node, self._boxes[at // PER_DEPOSIT])
        if at % PER_CIRCUIT == 0:
            ends_there = at % (2 * PER_CIRCUIT) == 0
            ahead = [] if ends_there else [stranger.hop(mate)]
            circuit = stranger.build(stranger.hop(node), *ahead)
            for message in (FindNodes(at, os.urandom(32)), Fetch(at, os.urandom(16 * TAG_SIZE))):
                stranger.ask(circuit, message)


async def _crowd(node: Watched, mate: Watched, rounds: int) -> report.Figures:
    """Be the strangers; return what came back."""
    assert node.spec.node is not None
    assert mate.spec.node is not None
    strangers = [Stranger() for _ in range(STRANGERS)]
    customers = [_Customer(each, number, rounds) for number, each in enumerate(strangers)]
    async with AsyncExitStack() as stack:
        sockets = [stack.enter_context(Transport.open(*LOOPBACK)) for _ in strangers]
        nursery = await stack.enter_async_context(trio.open_nursery())
        drivers = [Driver[LinkEvent](each, socket, _ignore) for each, socket in zip(strangers, sockets, strict=True)]
        for stranger, driver in zip(strangers, drivers, strict=True):
            await nursery.start(driver.run)
            stranger.join(node.spec)
            stranger.join(mate.spec)
            driver.poke()
        while any(len(each.described) < 2 for each in strangers):  # noqa: ASYNC110 - strangers set no event
            await trio.sleep(SETTLING)
        for number, customer in enumerate(customers):
            customer.make_packets(node.spec.node, strangers[number - 1], random.Random(number))
            await trio.lowlevel.checkpoint()
        node.restart()
        mate.restart()
        began = trio.current_time()
        for at in range(rounds):
            for customer, driver in zip(customers, drivers, strict=True):
                customer.act(at, node.spec.node, mate.spec.node)
                driver.poke()
            await trio.sleep_until(began + (at + 1) * ROUND)
        seconds = trio.current_time() - began
        strangers[0].leave()
        drivers[0].poke()
        await trio.sleep(SETTLING)
        nursery.cancel_scope.cancel()
    return {
        "packets_per_second": round(rounds * PACKETS * STRANGERS / seconds),
        "packets_relayed": round(sum(each.packets for each in strangers) / (rounds * PACKETS * STRANGERS), 3),
        "circuits": sum(each.opened_circuits for each in strangers),
        "circuits_lost": sum(each.closed_circuits for each in strangers),
        "answers_over_circuits": sum(each.messages for each in strangers),
        "deposits_answered": sum(each.answers for each in strangers),
    }


async def _ignore(_: LinkEvent) -> None:
    pass


def measure(quick: bool) -> report.Figures:
    load = QUICK if quick else FULL
    with watched(load.held, 0) as node, watched(load.held // 2, load.paid, node.spec) as mate:
        crowd = trio.run(_crowd, node, mate, load.rounds)
        return {"load": crowd, "node": node.end(), "mate": mate.end()}


if __name__ == "__main__":
    report.run("slices", measure)
