"""A node of ``reach_world`` on a real socket: ``python -m tests.support.reach_program HOST SEED``.

Lines in: ``connect HOST PORT KEY``, ``introduce KEY VIA``. Lines out: ``key KEY`` at first, ``linked KEY``, ``nat CLASS``.
"""

from __future__ import annotations

import sys

import trio

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from tests.support.reach_world import PORT, Node


class Program:
    """The node as a machine, and what it says."""

    def __init__(self, host: str, seed: int) -> None:
        self.node = Node(host, None, seed)
        self.node.reach.set_own([Endpoint(host, PORT)])
        self._said: set[str] = set()
        self._say(f"key {self.node.node_id.hex()}")

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        self.node.layer.receive_datagram(data, source, now)
        self._settle(now)

    def handle_timeout(self, now: Instant) -> None:
        self.node.handle_timeout(now)
        self._settle(now)

    def next_deadline(self) -> float:
        return self.node.next_deadline()

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        return self.node.layer.datagrams_to_send(now)

    def next_event(self) -> None:
        return None

    def obey(self, line: str) -> None:
        now = system_clock()
        match line.split():
            case ["connect", host, port, key]:
                self.node.connect(Endpoint(host, int(port)), NodeId(bytes.fromhex(key)), now)
            case ["introduce", key, via]:
                self.node.reach.introduce(NodeId(bytes.fromhex(key)), NodeId(bytes.fromhex(via)), now)
            case words:
                raise ValueError(words)
        self._settle(now)

    def _settle(self, now: Instant) -> None:
        self.node.drain(now)
        for link in self.node.layer.links():
            self._say(f"linked {link.peer.hex()}")
        self._say(f"nat {self.node.reach.nat}")

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


async def main(host: str, seed: int) -> None:
    program = Program(host, seed)
    with Transport.open(host, PORT) as transport:
        driver = Driver[None](program, transport, _ignore)
        async with trio.open_nursery() as nursery:
            await nursery.start(driver.run)
            async for line in trio.wrap_file(sys.stdin):
                program.obey(line)
                driver.poke()


async def _ignore(event: None) -> None:
    await trio.lowlevel.checkpoint()


if __name__ == "__main__":
    trio.run(main, sys.argv[1], int(sys.argv[2]))
