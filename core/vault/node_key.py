"""The key file of a node. It opens without a passcode: nodes serve strangers also while the account is locked.

``version 1 | day 4 | node secret 32 | database key 32``, random, 0600, the day being that on which the node secret was
drawn, counted from 1970. A thief of the file can act as this node and read the parcels it stores, which are sealed for
others anyway.

A person's node gets another secret after a month, so that a device cannot be tracked from network to network for longer; a
headless node keeps its own, since others name it when they join.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.crypto import primitives
from core.vault.durable import read_file, replace_file
from core.vault.errors import NodeKeyDamaged

_VERSION: Final = b"\x02"
_DAY_SIZE: Final = 4
_SIZE: Final = 1 + _DAY_SIZE + 2 * primitives.KEY_SIZE
# Days after which a person's node becomes another one: half of what guards are kept for.
LIFETIME_DAYS: Final = 30


@dataclass(frozen=True, repr=False)
class NodeKey:
    """``node_secret``: what the node's link key is made from; ``database_key``: for its parcels."""

    node_secret: bytes
    database_key: bytes

    def __repr__(self) -> str:
        return "NodeKey(…)"


def load_or_create(
    path: Path,
    draw: Callable[[int], bytes] = primitives.random_bytes,
    *,
    today: int = 0,
    lifetime_days: int | None = None,
) -> NodeKey:
    """Return the node's key, drawn and committed to the disk the first time.

    With ``lifetime_days`` a node secret that was drawn longer ago than that (``today``: days since 1970), or in the future,
    is replaced; the database key stays. Raises ``NodeKeyDamaged`` for a file that is none of ours, ``ReadOnlyHome``,
    ``DiskFull``, ``UnsafeHome``.
    """
    data = read_file(path, _SIZE + 1)
    if data is None:
        data = _written(path, today, draw(primitives.KEY_SIZE), draw(primitives.KEY_SIZE))
    if len(data) != _SIZE or data[:1] != _VERSION:
        raise NodeKeyDamaged("node key")
    if lifetime_days is not None and not 0 <= today - int.from_bytes(data[1 : 1 + _DAY_SIZE], "big") <= lifetime_days:
        data = _written(path, today, draw(primitives.KEY_SIZE), data[-primitives.KEY_SIZE :])
    return NodeKey(data[1 + _DAY_SIZE : -primitives.KEY_SIZE], data[-primitives.KEY_SIZE :])


def _written(path: Path, today: int, node_secret: bytes, database_key: bytes) -> bytes:
    data = _VERSION + today.to_bytes(_DAY_SIZE, "big") + node_secret + database_key
    replace_file(path, data)
    return data
