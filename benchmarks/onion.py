"""What the onion costs one core: packets peeled, refused and made, cells passed; and what a relay makes of all that.

Peeling is measured as a relay does it, keys of three epochs and the list of packets seen included. Beside it stands what no
Sphinx relay over this group can do without, two multiplications of a point; the ratio says what all the rest adds.

Then one relay between sixteen neighbours and four, on real links in one process, without sockets: all that it does for a
packet from the frame that brings it to the frame that takes it away, acknowledgements both ways included; and the same for
the cells of circuits, to the end and back, and their datagrams.

Processor time, for others may be at work on this machine. What others do slows memory and caches, too: of the relay's rounds
the best is given beside the median.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks.support import report
from benchmarks.support.onion_hosts import EPOCH, LATENCY, OnionHost, Wire
from net.errors import Unauthenticated
from net.messages import CELL_BODY_SIZE
from net.onion.circuits.datagrams import MAX_DATAGRAM_SIZE, DatagramCell, DatagramEnd, HopDatagrams, decode_cell
from net.onion.circuits.stream import DATA_SIZE
from net.onion.packets.cipher import MAX_HOPS, Direction, Hop, OnionCipher, RealOnionCipher
from net.onion.packets.keyring import Keyring
from net.primitives import x25519, x25519_pair_of
from simulator.plain_cipher import PlainOnionCipher

T = TypeVar("T")

PACKETS, CELLS, BATCH = 3000, 30_000, 50
# Neighbours that bring packets and neighbours that they go on to; each of the former stays well within its rate.
SOURCES, SINKS = 16, 4
# Packets that come at every turn of the relay, a source's turn after the other: 2000 a second.
PER_TURN = 10
# Seconds: the mean that senders choose in the normal setting.
HOP_DELAY = 0.1
# Seconds that circuits and cells take at most to the end and back.
SETTLING = 0.1
ROUNDS = 5
# Turns of a round.
TURNS = 200
MILLISECOND, MICROSECOND = 1e3, 1e6


def _each(work: Callable[[T], object], on: Sequence[T], unit: float) -> list[float]:
    """Return what one call costs the processor, by batches."""
    costs: list[float] = []
    for at in range(0, len(on), BATCH):
        batch = on[at : at + BATCH]
        began = time.thread_time()
        for item in batch:
            work(item)
        costs.append((time.thread_time() - began) / len(batch) * unit)
    return costs


def _path(cipher: OnionCipher, first: bytes) -> list[Hop]:
    keys = [first, *(cipher.keypair(os.urandom).public for _ in range(MAX_HOPS - 1))]
    return [Hop(key, bytes(10) + b"\xff\xff\x7f\0\0\1", 40_000, key[:8], 100) for key in keys]


def _refused(keyring: Keyring, packet: bytes) -> None:
    try:
        keyring.peel(packet, EPOCH)
    except Unauthenticated:
        return
    raise AssertionError("a forged packet was taken")


def _packets(cipher: OnionCipher, count: int) -> dict[str, list[float]]:
    """Return the milliseconds of making a packet for four hops, of peeling one, and of refusing a forged one."""
    keyring = Keyring(cipher, os.urandom)
    keyring.turn(EPOCH - 1)
    keyring.turn(EPOCH)
    hops = _path(cipher, keyring.publics(EPOCH)[0])
    packets: list[bytes] = []
    payload = os.urandom(921)
    create = _each(lambda _: packets.append(cipher.create(hops, payload, os.urandom)[0]), range(count), MILLISECOND)
    peel = _each(lambda packet: keyring.peel(packet, EPOCH), packets, MILLISECOND)
    # A replayed alpha with another MAC is tried under all three keys.
    forged = [packet[:32] + bytes(16) + packet[48:] for packet in packets]
    refuse = _each(lambda packet: _refused(keyring, packet), forged, MILLISECOND)
    return {"create_ms": create, "peel_ms": peel, "refuse_forged_ms": refuse}


def _cells(cipher: OnionCipher, count: int) -> dict[str, list[float]]:
    """Return the microseconds of one hop's layer on one cell, put on and taken off."""
    secret, bodies = os.urandom(32), [os.urandom(CELL_BODY_SIZE)] * count
    seal, unseal = cipher.layer(secret, Direction.BACKWARD).seal, cipher.layer(secret, Direction.FORWARD).open
    return {"seal_us": _each(seal, bodies, MICROSECOND), "open_us": _each(unseal, bodies, MICROSECOND)}


def _datagrams(cipher: OnionCipher, count: int) -> dict[str, list[float]]:
    """Return the microseconds of one datagram: at a hop that passes it on, and at the ends of a circuit of four hops."""
    secrets = [os.urandom(32) for _ in range(MAX_HOPS)]
    builder = DatagramEnd(cipher, secrets, os.urandom, is_builder=True)
    hops = [HopDatagrams(cipher, secret, Direction.FORWARD) for secret in secrets[:-1]]
    end = DatagramEnd(cipher, secrets[-1:], os.urandom, is_builder=False)
    cells: list[DatagramCell] = []
    data = os.urandom(MAX_DATAGRAM_SIZE)
    costs = {"build_us": _each(lambda _: cells.append(builder.seal(b"name.", data)), range(count), MICROSECOND)}
    passed: list[DatagramCell] = []

    def pass_on(hop: HopDatagrams) -> Callable[[DatagramCell], None]:
        def step(cell: DatagramCell) -> None:
            cell = decode_cell(cell.encode())
            assert hop.is_new(cell)
            passed.append(hop.passed_on(cell, b"name."))

        return step

    costs["hop_us"] = []
    for hop in hops:
        costs["hop_us"] += _each(pass_on(hop), cells, MICROSECOND)
        cells[:], passed[:] = passed, []
    costs["end_us"] = _each(end.open, cells, MICROSECOND)
    return costs


def _two_multiplications(count: int) -> list[float]:
    secret = os.urandom(32)
    points = [x25519_pair_of(os.urandom(32)).public for _ in range(count)]
    return _each(lambda point: x25519(secret, x25519(secret, point)), points, MILLISECOND)


class _Crossing:
    """A relay between its neighbours, all linked."""

    def __init__(self) -> None:
        cipher = self.cipher = RealOnionCipher()
        hosts = [OnionHost(number + 1, cipher) for number in range(1 + SOURCES + SINKS)]
        self.relay, self.sources, self.sinks = hosts[0], hosts[1 : 1 + SOURCES], hosts[1 + SOURCES :]
        self.wire = Wire(hosts)
        for each in (*self.sources, *self.sinks):
            each.send_packet(self.relay, b"", self.wire.now)
        self.wire.run(1.0)

    def packets(self, turns: int) -> float:
        """Return the microseconds that the relay works for one packet."""
        before, began = self.relay.relay.counters.forwarded, self.relay.cost
        rng = random.Random(turns)
        count = turns * PER_TURN
        for turn in range(turns):
            for number in range(turn * PER_TURN, (turn + 1) * PER_TURN):
                delay_ms = round(1000 * rng.expovariate(1 / HOP_DELAY))
                path = [self.relay.hop(delay_ms), self.sinks[number % SINKS].hop()]
                packet, _ = self.cipher.create(path, b"", os.urandom)
                self.sources[number % SOURCES].send_packet(self.relay, packet, self.wire.now)
            self.wire.run(LATENCY)
        self.wire.run(10 * HOP_DELAY)
        forwarded = self.relay.relay.counters.forwarded - before
        assert forwarded > 0.99 * count, (forwarded, self.relay.relay.counters)
        return (self.relay.cost - began) / forwarded * MICROSECOND

    def setups(self) -> float:
        """Open all circuits; return the microseconds that the relay works for one."""
        began = self.relay.cost
        self._open = [
            (source, source.circuits.open([self.relay.hop(), sink.hop()], self.wire.now))
            for source in self.sources
            for sink in self.sinks
        ]
        self.wire.run(SETTLING)
        assert sum(source.builder.opened_circuits for source in self.sources) == len(self._open)
        return (self.relay.cost - began) / len(self._open) * MICROSECOND

    def cells(self, turns: int) -> float:
        """Send messages of one cell to the ends and back; return the microseconds that the relay works for a cell."""
        before, began = self.relay.circuit_relay.counters.cells, self.relay.cost
        sent, got = turns * PER_TURN, sum(source.builder.got for source in self.sources)
        for turn in range(turns):
            for number in range(turn * PER_TURN, (turn + 1) * PER_TURN):
                source, circuit = self._open[number % len(self._open)]
                source.circuits.send(circuit, bytes(DATA_SIZE - 3), self.wire.now)
            self.wire.run(LATENCY)
        self.wire.run(SETTLING)
        assert sum(source.builder.got for source in self.sources) - got == sent
        return (self.relay.cost - began) / (self.relay.circuit_relay.counters.cells - before) * MICROSECOND

    def datagrams(self, turns: int) -> float:
        """The same with datagrams; some may be lost."""
        counters = self.relay.circuit_relay.datagrams.counters
        before, began = counters.passed_on, self.relay.cost
        got = sum(source.builder.datagrams for source in self.sources)
        for turn in range(turns):
            for number in range(turn * PER_TURN, (turn + 1) * PER_TURN):
                source, circuit = self._open[number % len(self._open)]
                source.circuits.send_datagram(circuit, bytes(MAX_DATAGRAM_SIZE), self.wire.now)
            self.wire.run(LATENCY)
        self.wire.run(SETTLING)
        arrived = sum(source.builder.datagrams for source in self.sources) - got
        assert arrived > 0.95 * turns * PER_TURN, (arrived, counters)
        return (self.relay.cost - began) / (counters.passed_on - before) * MICROSECOND


def relayed(turns: int, rounds: int) -> report.Figures:
    """Return what a packet and a cell cost a relay from link to link, and what setting up a circuit does."""
    crossing = _Crossing()
    packets = [crossing.packets(turns) for _ in range(rounds)]
    setup = crossing.setups()
    cells = [crossing.cells(turns) for _ in range(rounds)]
    datagrams = [crossing.datagrams(turns) for _ in range(rounds)]
    return {
        "packets": _best(packets),
        "cells": _best(cells),
        "datagrams": _best(datagrams),
        "setup_us": round(setup),
    }


def _best(costs: list[float]) -> report.Figures:
    spread = report.spread(costs, 1)
    return {
        "us": spread,
        "best_us": round(min(costs), 1),
        "per_second": _rate(spread, MICROSECOND),
        "best_per_second": round(MICROSECOND / min(costs)),
    }


def measure(quick: bool) -> report.Figures:
    packets, cells = (BATCH, BATCH) if quick else (PACKETS, CELLS)
    real, plain = _packets(RealOnionCipher(), packets), _packets(PlainOnionCipher(), packets)
    crossed = relayed(2, 1) if quick else relayed(TURNS, ROUNDS)
    datagrams = _datagrams(RealOnionCipher(), cells)
    layers, least = _cells(RealOnionCipher(), cells), _two_multiplications(packets)
    peel, unseal = report.spread(real["peel_ms"], 3), report.spread(layers["open_us"], 1)
    return {
        "relayed": crossed,
        **{name: report.spread(each, 3) for name, each in real.items()},
        "peels_per_second": _rate(peel, MILLISECOND),
        "two_multiplications_ms": report.spread(least, 3),
        "ratio_to_two_multiplications": report.ratio(real["peel_ms"], least),
        "layer": {name: report.spread(each, 1) for name, each in layers.items()},
        "datagram": {name: report.spread(each, 1) for name, each in datagrams.items()},
        "layers_per_second": _rate(unseal, MICROSECOND),
        "stand_in": {name: report.spread(each, 3) for name, each in plain.items()},
    }


def _rate(cost: report.Figures, unit: float) -> int:
    median = cost["median"]
    assert isinstance(median, float)
    return round(unit / median)


if __name__ == "__main__":
    report.run("onion", measure)
