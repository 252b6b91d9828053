"""Which full nodes are known, and who may be told about them.

Entries come from links (*probed*: the node answered there itself) and from other nodes' words (*heard*). Only probed
entries are passed on and remembered, so a lie travels one step. A teller's words may fill an eighth of the table and push
out only other words, never what was probed; entries of one address prefix are capped, since addresses are what a liar with
many names has few of. Leaves are never in the table.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.messages import MAX_PEERS_PER_ANSWER, Peer
from net.scope import Scope, network_of, scope_of

# Full nodes known. Two hundred suffice to come back into the network after months.
MAX_KNOWN: Final = 512
# One reply may replace, and one teller's unproven words may fill, at most this part of the table.
MAX_SHARE: Final = MAX_KNOWN // 8
# Entries under one /16 (IPv4) or /32 (IPv6); a whole network on one machine is exempt.
MAX_PER_PREFIX: Final = 32
# Connects in a row that may fail while others succeed, before an entry goes.
MAX_FAILURES: Final = 5
# Bytes of an address: IPv4, IPv6.
_HOST_SIZES: Final = (4, 16)


@dataclass(slots=True)
class KnownPeer:
    """A full node we know of. ``seen_ms`` is the wall clock at its last link, 0 before the first."""

    endpoint: Endpoint
    node: NodeId
    seen_ms: int = 0
    teller: NodeId | None = None
    failures: int = 0
    retry_at: float = 0.0  # monotonic seconds

    @property
    def is_probed(self) -> bool:
        """Whether this node itself has had a link with it since it started."""
        return self.seen_ms > 0


class PeerTable:
    """Known full nodes by node id."""

    def __init__(self, own: NodeId, rng: random.Random) -> None:
        self._own = own
        self._rng = rng
        self._known: dict[NodeId, KnownPeer] = {}
        self._probed: dict[NodeId, KnownPeer] = {}  # of these

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[KnownPeer]:
        return iter(self._known.values())

    def on_seen(self, endpoint: Endpoint, node: NodeId, now: Instant) -> None:
        """A full node is linked from ``endpoint``."""
        entry = self._known.get(node)
        if entry is None:
            self._evict_for(endpoint)
            entry = self._known[node] = KnownPeer(endpoint, node)
        self._probed[node] = entry
        entry.endpoint = endpoint
        entry.seen_ms = max(now.wall_ms, 1)
        entry.teller = None
        entry.failures = 0

    def hear(self, peers: Iterable[Peer], teller: NodeId, teller_endpoint: Endpoint) -> int:
        """Take what ``teller`` says; return how many entries are new."""
        reach = scope_of(teller_endpoint.host)
        told = sum(entry.teller == teller for entry in self._known.values() if not entry.is_probed)
        fresh = 0
        for peer in list(peers)[:MAX_PEERS_PER_ANSWER]:
            endpoint = unpacked(peer)
            node = NodeId(peer.node)
            if endpoint is None or node == self._own or node in self._known or scope_of(endpoint.host) < reach:
                continue
            if told + fresh < MAX_SHARE and self._has_room(endpoint):
                self._known[node] = KnownPeer(endpoint, node, teller=teller)
                fresh += 1
        return fresh

    def recall(self, peers: Iterable[tuple[Endpoint, NodeId]]) -> None:
        """Take entries of an earlier run; they count as hearsay until they answer."""
        for endpoint, node in peers:
            if node != self._own and node not in self._known and self._has_room(endpoint):
                self._known[node] = KnownPeer(endpoint, node)

    def on_failed(self, node: NodeId, retry_at: float, *, is_counted: bool) -> None:
        """A connect came to nothing; ``is_counted`` when it cannot have been our own network's fault."""
        entry = self._known.get(node)
        if entry is None:
            return
        entry.retry_at = retry_at
        entry.failures += 1
        if is_counted and (not entry.is_probed or entry.failures >= MAX_FAILURES):
            self.forget(node)

    def forget(self, node: NodeId) -> None:
        """This is no full node, or ourselves."""
        self._known.pop(node, None)
        self._probed.pop(node, None)

    def get(self, node: NodeId) -> KnownPeer | None:
        """Return what is known of a node."""
        return self._known.get(node)

    def sample(self, asker: NodeId, asker_endpoint: Endpoint) -> list[Peer]:
        """Choose what to tell ``asker``: probed entries that make sense from where it is."""
        reach = scope_of(asker_endpoint.host)
        fit = [
            entry for entry in self._probed.values() if entry.node != asker and scope_of(entry.endpoint.host) >= reach
        ]
        return [packed(entry) for entry in self._rng.sample(fit, min(MAX_PEERS_PER_ANSWER, len(fit)))]

    def probed(self) -> list[KnownPeer]:
        """Return the entries worth remembering, the latest first."""
        return sorted(self._probed.values(), key=lambda entry: -entry.seen_ms)

    def _has_room(self, endpoint: Endpoint) -> bool:
        if scope_of(endpoint.host) is not Scope.LOOPBACK:
            prefix = network_of(endpoint.host)
            if sum(network_of(entry.endpoint.host) == prefix for entry in self._known.values()) >= MAX_PER_PREFIX:
                return False
        if len(self._known) < MAX_KNOWN:
            return True
        heard = [entry for entry in self._known.values() if not entry.is_probed]
        if heard:
            del self._known[self._rng.choice(heard).node]
        return bool(heard)

    def _evict_for(self, endpoint: Endpoint) -> None:
        """Make room for a probed entry: at the cost of words if there are any, else of the entry seen longest ago."""
        if not self._has_room(endpoint) and len(self._known) >= MAX_KNOWN:
            self.forget(min(self._known.values(), key=lambda entry: entry.seen_ms).node)


def packed(entry: KnownPeer) -> Peer:
    """Return an entry as it is told."""
    return Peer(ip_address(entry.endpoint.host).packed, entry.endpoint.port, entry.node)


def unpacked(peer: Peer) -> Endpoint | None:
    """Return the endpoint of what was told; None for an address of a kind that this version does not know."""
    is_known = len(peer.host) in _HOST_SIZES and peer.port
    return Endpoint(str(ip_address(peer.host)), peer.port) if is_known else None
