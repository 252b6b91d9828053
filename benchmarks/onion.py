"""What the onion's cryptography costs one core: packets peeled at a relay, forged ones refused, packets made, cells passed.

Peeling is measured as a relay does it, keys of three epochs and the list of packets seen included. Beside it stands what no
Sphinx relay over this group can do without, two multiplications of a point; the ratio says what all the rest adds.
Processor time, for others may be at work on this machine.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks.support import report
from net.errors import Unauthenticated
from net.messages import CELL_BODY_SIZE
from net.onion.cipher import MAX_HOPS, Direction, Hop, OnionCipher, RealOnionCipher
from net.onion.keyring import Keyring
from net.onion.plain_cipher import PlainOnionCipher
from net.primitives import point_of, point_times, scalar_of

T = TypeVar("T")

EPOCH = 231_000
PACKETS, CELLS, BATCH = 3000, 30_000, 50
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
    # A replayed point with another MAC: it passes for a point and is tried under all three keys, which is the worst case.
    forged = [packet[:32] + bytes(16) + packet[48:] for packet in packets]
    refuse = _each(lambda packet: _refused(keyring, packet), forged, MILLISECOND)
    return {"create_ms": create, "peel_ms": peel, "refuse_forged_ms": refuse}


def _cells(cipher: OnionCipher, count: int) -> dict[str, list[float]]:
    """Return the microseconds of one hop's layer on one cell, put on and taken off."""
    secret, bodies = os.urandom(32), [os.urandom(CELL_BODY_SIZE)] * count
    seal, unseal = cipher.layer(secret, Direction.BACKWARD).seal, cipher.layer(secret, Direction.FORWARD).open
    return {"seal_us": _each(seal, bodies, MICROSECOND), "open_us": _each(unseal, bodies, MICROSECOND)}


def _two_multiplications(count: int) -> list[float]:
    scalar = scalar_of(os.urandom(64))
    points = [point_of(scalar_of(os.urandom(64))) for _ in range(count)]
    return _each(lambda point: point_times(scalar, point_times(scalar, point)), points, MILLISECOND)


def measure(quick: bool) -> report.Figures:  # noqa: FBT001 - the one argument of every benchmark
    packets, cells = (BATCH, BATCH) if quick else (PACKETS, CELLS)
    real, plain = _packets(RealOnionCipher(), packets), _packets(PlainOnionCipher(), packets)
    layers, least = _cells(RealOnionCipher(), cells), _two_multiplications(packets)
    peel, unseal = report.spread(real["peel_ms"], 3), report.spread(layers["open_us"], 1)
    return {
        **{name: report.spread(each, 3) for name, each in real.items()},
        "peels_per_second": _rate(peel, MILLISECOND),
        "two_multiplications_ms": report.spread(least, 3),
        "ratio_to_two_multiplications": report.ratio(real["peel_ms"], least),
        "layer": {name: report.spread(each, 1) for name, each in layers.items()},
        "layers_per_second": _rate(unseal, MICROSECOND),
        "stand_in": {name: report.spread(each, 3) for name, each in plain.items()},
    }


def _rate(cost: report.Figures, unit: float) -> int:
    median = cost["median"]
    assert isinstance(median, float)
    return round(unit / median)


if __name__ == "__main__":
    report.run("onion", measure)
