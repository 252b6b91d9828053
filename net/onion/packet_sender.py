"""One-shot packets on their way out: wrapped here, given to the link of their guard.

What the last hop finds inside is the same size whatever it is: a kind and its body, the rest zeros. Boxes, loops and drops
therefore leave alike, and only the hop that peels the last layer can tell them apart.

Wrapping costs about a millisecond, so packets wait in a queue and a few of them are wrapped at a time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from net.errors import DecodeError, Overloaded, Unauthenticated
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import SendCell
from net.onion.packets.cipher import PAYLOAD_SIZE, OnionCipher
from net.onion.paths.paths import Path
from net.parcel.box import BOX_SIZE
from net.peers.link_pool import OnLink, Reach

NONCE_SIZE: Final = 16
# Packets that wait to be wrapped: what one long text and a night's queue need at a time; half a second of work.
MAX_WAITING: Final = 512
# Packets wrapped at one go: at most 8 ms.
_SLICE: Final = 8


class Kind(IntEnum):
    """What a payload is. The value is its first byte."""

    DROP = 0  # nothing, to be thrown away
    BOX = 1  # a box to keep
    LOOP = 2  # the sender's own, come back: a nonce


_SIZES: Final = {Kind.DROP: 0, Kind.BOX: BOX_SIZE, Kind.LOOP: NONCE_SIZE}


# Sends one packet along a path: ``PacketSender.send``. Raises ``Overloaded``.
SendPacket = Callable[[Path, Kind, bytes], None]


def encode_payload(kind: Kind, body: bytes) -> bytes:
    """Return a payload, ``PAYLOAD_SIZE`` bytes; a body of a wrong size is our own bug: ``ValueError``."""
    if len(body) != _SIZES[kind]:
        raise ValueError("payload: size of the body")
    return (bytes([kind]) + body).ljust(PAYLOAD_SIZE, b"\0")


def decode_payload(payload: bytes) -> tuple[Kind, bytes]:
    """Take a payload apart; what fills it up is not looked at. Raises ``DecodeError``."""
    if len(payload) != PAYLOAD_SIZE:
        raise DecodeError("payload: length")
    try:
        kind = Kind(payload[0])
    except ValueError:
        raise DecodeError("payload: kind") from None
    return kind, payload[1 : 1 + _SIZES[kind]]


class PacketSender:
    """Wraps packets and gives them to the guard.

    ``send_cell`` puts one on a link, at most once. ``failed`` hears of a path that names a key which is none.
    """

    def __init__(
        self,
        cipher: OnionCipher,
        link_pool: Reach,
        send_cell: SendCell,
        failed: Callable[[Path, Instant], None],
        random: Callable[[int], bytes],
    ) -> None:
        self.sent = 0
        self._cipher = cipher
        self._link_pool = link_pool
        self._send_cell = send_cell
        self._failed = failed
        self._random = random
        self._waiting: deque[tuple[Path, bytes]] = deque()

    def send(self, path: Path, kind: Kind, body: bytes) -> None:
        """Send one packet with the next timeout, which is due now. It is not answered, and may be lost.

        Raises ``Overloaded`` when too many wait.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise Overloaded("packets")
        self._waiting.append((path, encode_payload(kind, body)))

    def handle_timeout(self, now: Instant) -> None:
        """Wrap and send the next few."""
        for _ in range(min(_SLICE, len(self._waiting))):
            path, payload = self._waiting.popleft()
            try:
                packet, _ = self._cipher.create(path.hops, payload, self._random)
            except Unauthenticated:
                self._failed(path, now)  # a descriptor names a key that is none
                continue
            self.sent += 1
            self._link_pool.reach(path.first, now, self._sender_of(packet))

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due: in the past while packets wait."""
        return 0.0 if self._waiting else math.inf

    def _sender_of(self, packet: bytes) -> OnLink:
        def linked(link: LinkId | None, now: Instant) -> None:
            if link is not None:
                self._send_cell(link, packet, now)

        return linked
