"""The network as one node sees it: for the network screen, ``sottovoce doctor`` and programs. Honest, not flattering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from net.ids import Endpoint
from net.patron import BucketView

# Below this many full nodes somebody who watches a part of them can tell who talks to whom (``docs/THREATS.md``).
SMALL_NETWORK: Final = 100


@dataclass(frozen=True, slots=True)
class CustodianView:
    """What we keep for others: the part of the address space as (prefix, width), and how the swarm does."""

    parcels: int = 0
    size: int = 0  # bytes
    prefix: int = 0
    width: int = 0
    mates: int = 0
    price_factor: int = 1


@dataclass(frozen=True, slots=True)
class NodeView:
    """What there is to show. ``size``: estimated full nodes online; ``known``: of them usable for paths now."""

    nat: str
    is_reachable: bool | None
    public: Endpoint | None
    size: int
    known: int
    hops: int
    guards: int
    guards_linked: int
    sources: dict[str, int]
    buckets: tuple[BucketView, ...] = ()
    cover_bytes_per_day: int = 0
    loops_sent: int = 0
    loops_lost: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    custodian: CustodianView = field(default_factory=CustodianView)

    @property
    def is_small(self) -> bool:
        """Whether the network is too small to hide in."""
        return self.size < SMALL_NETWORK

    @property
    def copies_agree(self) -> bool | None:
        """Whether the custodians of our inboxes name the same boxes; None before they were compared."""
        said = [each.agree for each in self.buckets if each.agree is not None]
        return all(said) if said else None
