"""The responder's side of handshakes: answered, but the initiator has yet to use the keys.

Only a frame under the new keys shows that the initiator is alive and not a recording; until then nothing that exists is
touched. One half-open handshake per initiator, the latest. When there are too many, the network that has most
(``net.address_shares``) loses its oldest; of networks that have as many, the one that came first: who writes strangers'
addresses on what it sends has as many networks as it likes, and must not keep a newcomer out.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from net.address_shares import Shares, nested_networks
from net.ids import Endpoint, NodeId
from net.link.events import LinkId
from net.link.handshake import Initiation
from net.link.keys import FrameKeys

MAX_HALF_OPEN: Final = 256
HALF_OPEN_LIFE: Final = 10.0  # seconds: as long as an initiator tries


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """What a link needs once its initiator is heard under ``keys``; ``link`` is the link it renews, if any.

    ``endpoint`` is where the response went: who uses the keys has had it there.
    """

    peer: NodeId
    endpoint: Endpoint
    said: Initiation
    keys: FrameKeys
    link: LinkId | None
    expires_at: float


class HalfOpenTable:
    """Half-open handshakes by our index, the oldest first."""

    def __init__(self) -> None:
        self._by_index: OrderedDict[bytes, HalfOpen] = OrderedDict()
        self._index_of: dict[NodeId, bytes] = {}
        self._places: Shares[bytes] = Shares()

    def __len__(self) -> int:
        return len(self._by_index)

    def add(self, half: HalfOpen) -> None:
        """Keep a handshake in place of an earlier one by the same peer."""
        self.remove_of(half.peer)
        self._by_index[half.keys.our_index] = half
        self._index_of[half.peer] = half.keys.our_index
        self._places.add(half.keys.our_index, nested_networks(half.endpoint.host), 1)
        if len(self._by_index) > MAX_HALF_OPEN and (loser := self._places.heaviest()) is not None:
            self.remove(loser)

    def get(self, index: bytes) -> HalfOpen | None:
        """Return the handshake in which we drew ``index``."""
        return self._by_index.get(index)

    def remove(self, index: bytes) -> None:
        """Forget a handshake, if there."""
        half = self._by_index.pop(index, None)
        if half is not None:
            del self._index_of[half.peer]
            self._places.remove(index)

    def remove_of(self, peer: NodeId) -> None:
        """Forget the handshake of a peer, if there."""
        self.remove(self._index_of.get(peer, b""))

    def next_deadline(self) -> float:
        """Return when the oldest expires, ``inf`` for never."""
        return next((half.expires_at for half in self._by_index.values()), math.inf)

    def handle_timeout(self, now: float) -> None:
        """Forget what has expired."""
        while self.next_deadline() <= now:
            self.remove(next(iter(self._by_index)))
