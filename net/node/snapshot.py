"""The network as one node sees it: for the network screen, ``sottovoce doctor`` and programs. Honest, not flattering."""

from __future__ import annotations

from dataclasses import dataclass, field

from net.client import BucketView
from net.cover_profile import CoverProfile
from net.custodian import CustodianStatus
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.network_time import Clocks
from net.node.wiring import Wiring
from net.numbers import SMALL_NETWORK


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """What there is to show. ``size``: estimated full nodes online; ``known``: of them usable for paths now.

    ``left_out``: linked nodes that are not used because they are of another time.
    """

    nat: str
    is_reachable: bool | None
    public: Endpoint | None
    size: int
    known: int
    hops: int
    cover_profile: CoverProfile
    guards: int
    guards_linked: int
    sources: dict[str, int]
    buckets: tuple[BucketView, ...] = ()
    loops_sent: int = 0
    loops_lost: int = 0
    custodian: CustodianStatus | None = None
    clocks: Clocks = field(default_factory=Clocks)
    left_out: tuple[NodeId, ...] = ()

    @property
    def is_small(self) -> bool:
        """Whether the network is too small to hide in."""
        return self.size < SMALL_NETWORK

    @property
    def copies_agree(self) -> bool | None:
        """Whether the custodians of our inboxes name the same boxes; None before they were compared."""
        said = [each.agree for each in self.buckets if each.agree is not None]
        return all(said) if said else None


def snapshot_of(parts: Wiring, now: Instant) -> NodeSnapshot:
    """Return what a node's parts know; the wall clock of ``now`` is network time."""
    onion, overlay = parts.onion, parts.overlay
    return NodeSnapshot(
        nat=parts.reach.nat,
        is_reachable=parts.reach.is_reachable,
        public=parts.reach.public,
        size=round(overlay.size()),
        known=len(overlay.roster.fresh()),
        hops=onion.paths.hops_possible(now),
        cover_profile=onion.paths.cover_profile,
        guards=len(onion.guards.contacts()),
        guards_linked=len(onion.guards.in_use(now)),
        sources=parts.dialer.sources(),
        buckets=tuple(parts.client.agreement(now)),
        loops_sent=onion.loops.counters.sent,
        loops_lost=onion.loops.counters.lost,
        custodian=parts.custodian.status(now) if parts.custodian else None,
        clocks=parts.time.clocks(),
        left_out=tuple(overlay.roster.left_out()),
    )
