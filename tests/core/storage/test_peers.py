"""Which nodes are remembered between runs."""

from __future__ import annotations

from pathlib import Path

from core.storage.database import Database
from core.storage.migrations import load_migrations
from core.storage.peers import MAX_KNOWN_PEERS, KnownPeer, known_peers, remember_peers
from net.ids import Endpoint, NodeId


def peer(number: int, host: str = "127.0.0.1") -> KnownPeer:
    return KnownPeer(NodeId(number.to_bytes(32, "big")), Endpoint(host, 4040), seen_at=number)


def test_the_latest_are_remembered_and_the_oldest_make_room(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "node.db", bytes(32), load_migrations("parcels"))
    with database.transaction() as tx:
        remember_peers(tx, [peer(number) for number in range(MAX_KNOWN_PEERS)])
        remember_peers(tx, [peer(MAX_KNOWN_PEERS + 1), peer(5, "::1")])
    with database.read() as snapshot:
        known = known_peers(snapshot, MAX_KNOWN_PEERS * 2)
    assert known[0] == peer(MAX_KNOWN_PEERS + 1)
    assert peer(5, "::1") in known
    assert peer(5) not in known
    assert len(known) == MAX_KNOWN_PEERS
    assert peer(0) not in known
    database.close()
