"""Keeping the routing table true: buckets that no lookup came through are looked into, silent nodes are asked.

A node that does not answer counts as failed only while others answer: silence on all sides may be our own network's.
"""

from __future__ import annotations

from random import Random
from typing import Final

from net.ids import NodeId, OverlayId
from net.instant import Instant
from net.messages import FindNodes, Message, Nodes
from net.overlay.descriptor import Descriptor
from net.overlay.lookup_requests import contact_of
from net.overlay.lookups import LookUp
from net.overlay.routing_table import Entry, RoutingTable
from net.peers.requests import LinkRequests

# Seconds without a lookup through it after which a bucket is stale; without a word after which a node is asked.
STALE_BUCKET: Final = 3600.0
QUIET: Final = 900.0
# Seconds without any answer after which silence may be our own network's fault.
OUTAGE: Final = 60.0


class TableUpkeep:
    """What keeps one node's table true."""

    def __init__(self, own: OverlayId, table: RoutingTable, calls: LinkRequests, look_up: LookUp, rng: Random) -> None:
        self._own = own
        self._table = table
        self._calls = calls
        self._look_up = look_up
        self._rng = rng
        self._answered_at = 0.0

    def on_answered(self, node: NodeId, told: list[Descriptor], now: Instant) -> None:
        """A node answered and told of others."""
        self._answered_at = now.mono
        self._table.on_answered(node, now)
        for descriptor in told:
            self._table.refresh(descriptor)

    def on_failed(self, node: NodeId, now: Instant) -> None:
        """A node did not answer."""
        self._table.on_failed(node, is_counted=now.mono < self._answered_at + OUTAGE)

    def refresh(self, count: int, now: Instant) -> None:
        """Look for ``count`` nodes in a stale bucket; if there is none, ask the quietest node. Raises ``Overloaded``."""
        bucket = self._table.stale_bucket(now.mono - STALE_BUCKET)
        if bucket is not None:
            place = self._table.target_in(bucket, self._rng)
            self._look_up(place, count, now, lambda found, now: None, None)
            return
        quietest = self._table.quietest()
        if quietest is not None and quietest.heard_at < now.mono - QUIET:
            self._ask(quietest, now)

    def _ask(self, entry: Entry, now: Instant) -> None:
        node = entry.descriptor.node

        def answered(answer: Message | None, now: Instant) -> None:
            if isinstance(answer, Nodes):
                self.on_answered(node, [], now)
            else:
                self.on_failed(node, now)

        self._calls.call(contact_of(entry.descriptor), lambda request: FindNodes(request, self._own), now, answered)
