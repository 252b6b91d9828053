"""Nodes that were linked, so that the next start finds the network without discovery, and the guards among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.storage.database import Snapshot, Transaction
from net.ids import Endpoint, NodeId
from net.onion.paths.guards import Guard

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


def remember_guards(tx: Transaction, guards: list[Guard]) -> None:
    """Note our guards in their order, in place of those noted before."""
    tx.run("DELETE FROM guard")
    tx.run_many(
        "INSERT INTO guard VALUES (?, ?, ?, ?, ?, ?)",
        [
            (place, each.node, each.endpoint.host, each.endpoint.port, each.since_ms, each.until_ms)
            for place, each in enumerate(guards)
        ],
    )


def known_guards(snapshot: Snapshot) -> list[Guard]:
    """Return our guards in their order."""
    rows = snapshot.rows("SELECT node, host, port, since_ms, until_ms FROM guard ORDER BY place")
    return [Guard(Endpoint(host, port), NodeId(node), since, until) for node, host, port, since, until in rows]
