"""Nodes that were linked, so that the next start finds the network without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.storage.database import Snapshot, Transaction
from net.ids import Endpoint, NodeId

# Nodes remembered. Addresses of people's machines go stale within weeks; the ones seen last are worth the most.
MAX_KNOWN_PEERS: Final = 256


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A node, where it was, and when it was last linked (Unix ms)."""

    node: NodeId
    endpoint: Endpoint
    seen_at: int


def remember_peers(tx: Transaction, peers: list[KnownPeer]) -> None:
    """Note nodes, each in place of what was known of it; those seen longest ago make room."""
    tx.run_many(
        "INSERT INTO known_peer (node, host, port, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT (node) DO UPDATE"
        " SET host = excluded.host, port = excluded.port, seen_at = excluded.seen_at",
        [(peer.node, peer.endpoint.host, peer.endpoint.port, peer.seen_at) for peer in peers],
    )
    tx.run(
        "DELETE FROM known_peer WHERE node NOT IN (SELECT node FROM known_peer ORDER BY seen_at DESC, node LIMIT ?)",
        MAX_KNOWN_PEERS,
    )


def known_peers(snapshot: Snapshot, limit: int) -> list[KnownPeer]:
    """Return the nodes seen last, the latest first."""
    rows = snapshot.rows("SELECT node, host, port, seen_at FROM known_peer ORDER BY seen_at DESC, node LIMIT ?", limit)
    return [KnownPeer(NodeId(node), Endpoint(host, port), seen_at) for node, host, port, seen_at in rows]
