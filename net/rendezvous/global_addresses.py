"""Where strangers see our socket, as the BitTorrent DHT tells: what two newcomers behind NATs need to meet.

A node that announces itself in the DHT has to name the port by which others can reach it. Behind a NAT that is not the port
it listens at, and as long as no node of ours is linked, none can tell (``net.reach.reflection``). But every node of the DHT
says in its answers from where it was asked (BEP 42, key ``ip``). So the socket of our own pings two well-known ones of them:
where they see the same, the NAT maps it alike for every destination (a cone), and that port is announced.

A ping and its answer are all that is spoken of the DHT's language here; nothing of it fits a size of ours.

References: BEP 5 (ping), BEP 42 (external address in responses).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Final

from net.ids import Endpoint

# Who must agree: one may lie, and a symmetric NAT shows each a port of its own.
MIN_WITNESSES: Final = 2
# Nodes asked at a time.
MAX_ASKED: Final = 8
# Seconds after which an answer does not count any more: NATs forget.
FRESH: Final = 90.0
# Bytes of an answer that are looked at; a true one has about a hundred.
MAX_SIZE: Final = 512
_ID_SIZE: Final = 20
_TOKEN_SIZE: Final = 4
_PORT_SIZE: Final = 2

Bencode = Callable[[Any], bytes]
Bdecode = Callable[[bytes], object]


class Outside:
    """Questions and answers about our place. The coding is libtorrent's: it reads what strangers send."""

    def __init__(self, encode: Bencode, decode: Bdecode, random: Callable[[int], bytes]) -> None:
        self._encode, self._decode, self._random = encode, decode, random
        self._asked: dict[Endpoint, bytes] = {}
        self._seen: dict[Endpoint, tuple[Endpoint, float]] = {}  # by who said so: what, and when

    def questions(self, nodes: Sequence[Endpoint]) -> list[tuple[bytes, Endpoint]]:
        """Return pings for DHT nodes, to be sent by the socket whose place is sought."""
        self._asked = {node: self._random(_TOKEN_SIZE) for node in nodes[:MAX_ASKED]}
        return [
            (self._encode({b"a": {b"id": self._random(_ID_SIZE)}, b"q": b"ping", b"t": token, b"y": b"q"}), node)
            for node, token in self._asked.items()
        ]

    def receive(self, data: bytes, source: Endpoint, now: float) -> None:
        """Take a datagram that is none of ours; what is no answer to a question is passed over."""
        token = self._asked.get(source)
        if token is None or len(data) > MAX_SIZE:
            return
        try:
            answer = self._decode(data)
        except (RuntimeError, ValueError):
            return
        if not isinstance(answer, dict) or answer.get(b"y") != b"r" or answer.get(b"t") != token:
            return
        del self._asked[source]
        place = _unpack(answer.get(b"ip"))
        if place is not None:
            self._seen[source] = (place, now)
            while len(self._seen) > MAX_ASKED:
                del self._seen[next(iter(self._seen))]

    def is_heard(self, now: float) -> bool:
        """Say whether any of them answered of late."""
        return any(now - at <= FRESH for _, at in self._seen.values())

    def place(self, now: float) -> Endpoint | None:
        """Return where at least two see us alike; None where they do not."""
        fresh = [place for place, at in self._seen.values() if now - at <= FRESH]
        agreed = [each for each in fresh if fresh.count(each) >= MIN_WITNESSES]
        return agreed[0] if agreed else None


def _unpack(packed: object) -> Endpoint | None:
    if not isinstance(packed, bytes) or len(packed) not in {4 + _PORT_SIZE, 16 + _PORT_SIZE}:
        return None
    port = int.from_bytes(packed[-_PORT_SIZE:], "big")
    return Endpoint(str(ip_address(packed[:-_PORT_SIZE])), port) if port else None
