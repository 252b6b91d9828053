"""Checks what an eavesdropper could read: secrets in any spelling, headers that repeat, sizes that tell."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence

from tests.support.packet_tap import Packet

SIZES = {1232, 256}
# Random bytes grow by 0.03 % under zlib; a fixed header of 12 bytes in each datagram would gain 1 %.
MAX_GAIN = 0.02
SHORTEST_SECRET = 6  # bytes; what is shorter turns up in random bytes by chance
_HEAD = 64  # bytes of each datagram that are compared place by place


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as careless programs write it; what depends on neighbours is tried at each offset."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for pad in range(3):
        whole = base64.b64encode(bytes(pad) + secret)[4 if pad else 0 :].rstrip(b"=")[:-2]
        yield whole
        yield whole.replace(b"+", b"-").replace(b"/", b"_")
    for pad in range(5):
        whole = base64.b32encode(bytes(pad) + secret)[8 if pad else 0 :].rstrip(b"=")[:-2]
        yield whole
        yield whole.lower()
    try:
        yield secret.decode().encode("utf-16-le")
        yield secret.decode().encode("utf-16-be")
    except UnicodeDecodeError:
        return


def leaks(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    """Return what is told by ``data``, in whatever spelling."""
    return [
        f"{name} as {spelling[:40]!r}"
        for name, secret in secrets.items()
        for spelling in spellings(secret)
        if len(spelling) >= SHORTEST_SECRET and spelling in data
    ]


def judge_overlay(packets: Sequence[Packet]) -> None:
    """Check that datagrams have two sizes only and look like noise, as a whole and place by place."""
    assert {len(packet.payload) for packet in packets} == SIZES
    everything = b"".join(packet.payload for packet in packets)
    gain = 1 - len(zlib.compress(everything, 6)) / len(everything)
    assert gain < MAX_GAIN, f"the wire shrinks by {gain:.1%}"
    by_position = b"".join(bytes(column) for column in zip(*(p.payload[:_HEAD] for p in packets), strict=True))
    gain = 1 - len(zlib.compress(by_position, 6)) / len(by_position)
    assert gain < MAX_GAIN, f"the beginnings of datagrams shrink by {gain:.1%}"
