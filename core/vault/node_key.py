"""The key file of a headless node, which has no account and nobody to type a passcode.

``version 1 | node secret 32 | database key 32``, random, 0600. Whoever reads the file can be this node and read the
parcels it stores, which are sealed for others anyway. It belongs to no person, and a client never has one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.crypto import primitives
from core.vault.durable import read_file, replace_file
from core.vault.errors import VaultDamaged

_VERSION: Final = b"\x01"
_SIZE: Final = 1 + 2 * primitives.KEY_SIZE


@dataclass(frozen=True, repr=False)
class NodeKey:
    """``node_secret``: what the node's link key is made from; ``database_key``: for its parcels."""

    node_secret: bytes
    database_key: bytes

    def __repr__(self) -> str:
        return "NodeKey(…)"


def load_or_create(path: Path, draw: Callable[[int], bytes] = primitives.random_bytes) -> NodeKey:
    """Return the node's key, drawn and committed to the disk the first time.

    Raises ``VaultDamaged`` for a file that is none of ours, ``ReadOnlyHome``, ``DiskFull``, ``UnsafeHome``.
    """
    data = read_file(path, _SIZE + 1)
    if data is None:
        data = _VERSION + draw(2 * primitives.KEY_SIZE)
        replace_file(path, data)
    if len(data) != _SIZE or data[:1] != _VERSION:
        raise VaultDamaged("node key")
    return NodeKey(data[1 : 1 + primitives.KEY_SIZE], data[1 + primitives.KEY_SIZE :])
