"""A node made to keep what it cannot use, over many links: what came ahead of what is missing.

The attacker seals frames of its own making, and looks into the link layer for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from itertools import islice
from typing import Final

from benchmarks.support.attacked_world import AttackedWorld
from benchmarks.support.guest import Guest, link_all, pump
from benchmarks.support.report import Figures
from core.node.options import JoinSpec, parse_join
from net.link import frames

_MEGABYTE: Final = 1e6


def _far_end(limit: int) -> Generator[tuple[int, bytes]]:
    """A hundred bytes at the end of the window."""
    yield limit - 100, b"x" * 100


def _all_but_the_first(limit: int) -> Generator[tuple[int, bytes]]:
    """The whole window but its first byte, so that none of it can be handed on."""
    size = frames.LARGE_ROOM - frames.STREAM_OVERHEAD
    for at in range(1, limit, size):
        yield at, b"x" * min(size, limit - at)


def _crumbs(limit: int) -> Generator[tuple[int, bytes]]:
    """A byte here and there, each a piece of its own."""
    for at in range(1, limit, max(limit // CRUMBS, 2)):
        yield at, b"x"


# Pieces of one byte that one link sends. Datagrams of one link in a row, of all links before a pause, and that in seconds:
# what the node does not read in time is lost.
CRUMBS: Final = 300
_OF_EACH: Final = 16
_IN_A_ROW: Final = 64
_PAUSE: Final = 0.005
SHAPES: Final = {"far_end": _far_end, "all_but_the_first": _all_but_the_first, "crumbs": _crumbs}


def fill_memory(world: AttackedWorld, shape: str, links: int, addresses: Sequence[str]) -> Figures:
    """Have a node keep what it cannot use, over many links; ``addresses`` are used in turns."""
    node = world.nodes[0]
    spec = parse_join(node.spec)
    before, cpu = node.memory(), time.process_time()
    guests: list[Guest] = []
    for number in range(links):
        guests.append(Guest(addresses[number % len(addresses)]))
        if number % _IN_A_ROW == _IN_A_ROW - 1:
            link_all(guests[-_IN_A_ROW:], [spec])
            pump(guests, 0.0)
    link_all(guests[-(links % _IN_A_ROW or 1) :], [spec])
    linked = node.memory()
    assert spec.node is not None
    pump(guests, 1.0)
    up = [each for each in guests if spec.node in each.link_of]
    peak = _send_shapes(up, spec, shape, node.memory)
    pump(guests, 2.0)
    after = node.memory()
    figures: Figures = {
        "attacker": {
            "addresses": len(set(addresses)),
            "links": len(up),
            "bytes_sent": sum(each.sent for each in guests),
            "cpu_seconds": round(time.process_time() - cpu, 1),
        },
        "rss_mb_before": round(before / _MEGABYTE, 1),
        "grown_by_links_mb": round((linked - before) / _MEGABYTE, 1),
        "grown_mb": round((after - before) / _MEGABYTE, 1),
        "grown_at_most_mb": round((max(peak, after) - before) / _MEGABYTE, 1),
        "links_left": sum(spec.node in each.link_of for each in guests),
    }
    for each in guests:
        each.close()
    return figures


def _send_shapes(up: Sequence[Guest], spec: JoinSpec, shape: str, memory: Callable[[], int]) -> int:
    """Send one shape over each link, all at the same time; return the most memory that was seen."""
    sessions = [next(iter(each.layer._sessions.values())) for each in up]
    pieces = [SHAPES[shape](session.outbound.stream._limit) for session in sessions]
    peak, sent, is_more = 0, 0, True
    while is_more:
        is_more = False
        for guest, session, left in zip(up, sessions, pieces, strict=True):
            for offset, data in islice(left, _OF_EACH):
                is_more = True
                datagram = session.outbound.seal(frames.encode_parts([frames.encode_stream(offset, data)]))
                guest.socket.sendto(datagram, tuple(spec.endpoint))
                guest.sent += len(datagram)
                sent += 1
                if sent % _IN_A_ROW == 0:
                    time.sleep(_PAUSE)
        peak = max(peak, memory())
        pump(up, 0.0)
    return peak
