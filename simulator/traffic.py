"""What a plain town's datagrams are for, and how many bytes they would be on real links.

A real frame is 1232 bytes or 256, whichever holds the message; acknowledgements and pings, which stand-in links do not send,
are left out.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from net.errors import DecodeError
from net.ids import Endpoint
from net.messages import (
    Cell,
    Compare,
    Compared,
    Describe,
    Destroy,
    FindNodes,
    Keeps,
    Lookup,
    Message,
    Nodes,
    Push,
    Setup,
    Want,
    decode_message,
)
from net.numbers import LARGE_DATAGRAM_SIZE, SMALL_DATAGRAM_SIZE
from simulator.plain_links import FRAME_ROOM, Sort, message_of

# What fits into a small frame beside its header and tag.
_SMALL_ROOM: Final = SMALL_DATAGRAM_SIZE - (LARGE_DATAGRAM_SIZE - FRAME_ROOM)
_CUSTODY: Final = (Push, Keeps, Compare, Compared, Want)
_OVERLAY: Final = (Describe, FindNodes, Nodes, Lookup)
_CIRCUITS: Final = (Setup, Cell, Destroy)


class Traffic:
    """Counts datagrams and bytes by purpose; a tap of a world."""

    def __init__(self) -> None:
        self.datagrams: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def __call__(self, now: float, source: Endpoint, destination: Endpoint, data: bytes) -> None:
        """Count what is being sent."""
        purpose, frames, size = _measured(data)
        self.datagrams[purpose] += frames
        self.bytes[purpose] += size


def _measured(data: bytes) -> tuple[str, int, int]:
    sort, message = message_of(data)
    if sort is Sort.CELL:
        return "packets", 1, LARGE_DATAGRAM_SIZE
    if sort is not Sort.MESSAGE:
        return "handshakes", 1, SMALL_DATAGRAM_SIZE
    if len(message) <= _SMALL_ROOM:
        return _purpose(message), 1, SMALL_DATAGRAM_SIZE
    frames = -(-len(message) // FRAME_ROOM)
    return _purpose(message), frames, frames * LARGE_DATAGRAM_SIZE


def _purpose(data: bytes) -> str:
    try:
        message: Message = decode_message(data)
    except DecodeError:
        return "other"
    if isinstance(message, _CUSTODY):
        return "custody"
    if isinstance(message, _CIRCUITS):
        return "circuits"
    return "overlay" if isinstance(message, _OVERLAY) else "other"
