"""What a frame of a link carries: its body as bytes and back.

A body fills its frame exactly: 1208 bytes in a datagram of 1232, 232 in one of 256. Its first byte says what it is:

    cell    0x01 ‖ 1207 bytes                         a packet; large frames only
            0x80 ‖ 1207 bytes                         a datagram of a circuit; large frames only
    parts   0x02 ‖ part ‖ part ‖ … ‖ zeros            a zero byte where a part would begin ends the list

    part    ack     0x01 | largest u32 | delay u16 (16 µs) | first u32 | count u8 | count × (gap u16 | length u16)
            stream  0x02 | offset u64 | length u16 | data
            window  0x03 | limit u64
            ping    0x04
            close   0x05
            128 …   type u8 | length u16 | data
              192   challenge: the data are a token of 8 bytes (``net.link.paths``)
              193   answer to one: its token

Types of the *upper half*, from 128 on, are of later versions, and passed over: parts, which say how long they are, and whole
bodies. Below 192 they ask for an acknowledgement, from there on they do not. Of the lower half only what stands here may be
sent, and more to those alone who say in the handshake that they know it.

An ack names the frames ``largest - first + 1 … largest``, then, going down, ``gap`` frames that did not come and
``length`` that did. A window allows stream bytes below ``limit``. The zeros are sealed: on the wire they are noise.

``struct`` rather than ``net.codec``: this runs for every datagram.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

from net.errors import DecodeError
from net.numbers import LARGE_DATAGRAM_SIZE, SMALL_DATAGRAM_SIZE, UPPER_HALF
from net.primitives import TAG_SIZE

HEADER_SIZE: Final = 8  # bytes: index, masked number
LARGE_BODY_SIZE: Final = LARGE_DATAGRAM_SIZE - HEADER_SIZE - TAG_SIZE
SMALL_BODY_SIZE: Final = SMALL_DATAGRAM_SIZE - HEADER_SIZE - TAG_SIZE
CELL_SIZE: Final = LARGE_BODY_SIZE - 1
LARGE_ROOM: Final = LARGE_BODY_SIZE - 1  # bytes for parts in a large frame
SMALL_ROOM: Final = SMALL_BODY_SIZE - 1

TOKEN_SIZE: Final = 8  # bytes of a challenge


class CellKind(IntEnum):
    """What a cell is; the value is the first byte of its body. Who does not know datagrams of circuits passes over them."""

    PACKET = 1  # a one-shot packet
    DATAGRAM = 128  # of a circuit


PARTS: Final = b"\x02"
UNACKNOWLEDGED: Final = 192

# Ranges below the newest this many are forgotten: with so many holes the sender does better to send again.
MAX_ACK_RANGES: Final = 32
ACK_DELAY_UNIT: Final = 16e-6  # seconds; 16 bits of it reach past one second
MAX_ACK_SIZE: Final = 12 + 4 * (MAX_ACK_RANGES - 1)
STREAM_OVERHEAD: Final = 11  # bytes
WINDOW_SIZE: Final = 9  # bytes

_END, _ACK, _STREAM, _WINDOW, _PING, _CLOSE = range(6)
_CHALLENGE, _ANSWER = UNACKNOWLEDGED, UNACKNOWLEDGED + 1
_ACK_HEAD = struct.Struct(">BIHIB")
_ACK_RANGE = struct.Struct(">HH")
_STREAM_HEAD = struct.Struct(">BQH")
_WINDOW_PART = struct.Struct(">BQ")
_EXTRA_HEAD = struct.Struct(">BH")
_MAX_U16 = 0xFFFF
MAX_OFFSET: Final = 1 << 62  # bytes of one stream; far beyond what a link's frame numbers allow


class Ack(NamedTuple):
    """Frames that came, newest first, as half-open ranges; ``delay`` is how long the newest waited for this, seconds."""

    ranges: tuple[tuple[int, int], ...]
    delay: float


class StreamData(NamedTuple):
    """``data`` belongs at byte ``offset`` of the stream."""

    offset: int
    data: bytes


class Window(NamedTuple):
    """Stream bytes below ``limit`` may be sent."""

    limit: int


class Ping(NamedTuple):
    """Asks for an acknowledgement."""


class Close(NamedTuple):
    """The peer ended the link."""


class Challenge(NamedTuple):
    """Asks whether the peer is where this was sent."""

    token: bytes


class Answer(NamedTuple):
    """A challenge came."""

    token: bytes


class Extra(NamedTuple):
    """A part of a later version. ``is_eliciting``: it asks for an acknowledgement."""

    is_eliciting: bool


Part = Ack | StreamData | Window | Ping | Close | Challenge | Answer | Extra

PING = bytes([_PING])
CLOSE = bytes([_CLOSE])


def encode_ack(ack: Ack) -> bytes:
    """Return an ack of at most ``MAX_ACK_SIZE`` bytes; ranges that no longer fit are left out, lowest first."""
    start, end = ack.ranges[0]
    delay = min(int(ack.delay / ACK_DELAY_UNIT), _MAX_U16)
    encoded: list[bytes] = []
    for low, high in ack.ranges[1:MAX_ACK_RANGES]:
        gap, length = start - high, high - low
        if gap > _MAX_U16 or length > _MAX_U16:
            break
        encoded.append(_ACK_RANGE.pack(gap, length))
        start = low
    first = end - ack.ranges[0][0]
    return _ACK_HEAD.pack(_ACK, end - 1, delay, first, len(encoded)) + b"".join(encoded)


def encode_stream(offset: int, data: bytes) -> bytes:
    """Return ``len(data) + STREAM_OVERHEAD`` bytes."""
    return _STREAM_HEAD.pack(_STREAM, offset, len(data)) + data


def encode_window(limit: int) -> bytes:
    """Return ``WINDOW_SIZE`` bytes."""
    return _WINDOW_PART.pack(_WINDOW, limit)


def encode_challenge(token: bytes, *, is_answer: bool) -> bytes:
    """Return a small body with a challenge, or the answer to one, and nothing else."""
    return encode_parts([_EXTRA_HEAD.pack(_ANSWER if is_answer else _CHALLENGE, len(token)) + token])


def encode_parts(parts: list[bytes]) -> bytes:
    """Return a body of the smaller of the two sizes that holds the parts."""
    body = PARTS + b"".join(parts)
    return body.ljust(SMALL_BODY_SIZE if len(body) <= SMALL_BODY_SIZE else LARGE_BODY_SIZE, b"\0")


def decode_parts(body: bytes) -> list[Part]:
    """Return the parts of a body that begins with ``PARTS``, or raise ``DecodeError``."""
    parts: list[Part] = []
    at, end = 1, len(body)
    try:
        while at < end and (kind := body[at]) != _END:
            if kind == _STREAM:
                _, offset, size = _STREAM_HEAD.unpack_from(body, at)
                at += STREAM_OVERHEAD + size
                if at > end or offset > MAX_OFFSET or size == 0:
                    raise DecodeError("stream part: out of bounds")
                parts.append(StreamData(offset, body[at - size : at]))
            elif kind == _ACK:
                ack, at = _decode_ack(body, at)
                parts.append(ack)
            elif kind == _WINDOW:
                parts.append(Window(min(_WINDOW_PART.unpack_from(body, at)[1], MAX_OFFSET)))
                at += WINDOW_SIZE
            elif kind in {_PING, _CLOSE}:
                parts.append(Ping() if kind == _PING else Close())
                at += 1
            elif kind >= UPPER_HALF:
                size = _EXTRA_HEAD.unpack_from(body, at)[1]
                at += _EXTRA_HEAD.size + size
                if at > end:
                    raise DecodeError("part: out of bounds")
                parts.append(_extra(kind, body[at - size : at]))
            else:
                raise DecodeError("part: unknown kind")
    except struct.error:
        raise DecodeError("part: cut short") from None
    return parts


def _extra(kind: int, data: bytes) -> Part:
    if kind == _CHALLENGE and len(data) == TOKEN_SIZE:
        return Challenge(data)
    if kind == _ANSWER and len(data) == TOKEN_SIZE:
        return Answer(data)
    return Extra(asks_for_ack(kind))


def asks_for_ack(kind: int) -> bool:
    """Say whether a part or body of the upper half asks for an acknowledgement."""
    return kind < UNACKNOWLEDGED


def _decode_ack(body: bytes, at: int) -> tuple[Ack, int]:
    _, largest, delay, first, count = _ACK_HEAD.unpack_from(body, at)
    at += _ACK_HEAD.size
    start = largest + 1 - first
    ranges = [(start, largest + 1)]
    for _ in range(count):
        gap, length = _ACK_RANGE.unpack_from(body, at)
        at += _ACK_RANGE.size
        ranges.append((start - gap - length, start - gap))
        start -= gap + length
        if not gap or not length:
            raise DecodeError("ack: empty range")
    if not first or start < 0 or count >= MAX_ACK_RANGES:
        raise DecodeError("ack: out of bounds")
    return Ack(tuple(ranges), delay * ACK_DELAY_UNIT), at
