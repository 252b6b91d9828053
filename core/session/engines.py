"""Several people engines over one node, with trio: gives each engine the node's events that are for it.

The product opens exactly one, its account's (``core.session.gate``). How the requests of several engines are merged is
``core.session.node_share``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence

import trio

from core.session.node_share import NodePort, NodeShares, Share
from net.events import NodeEvent

Feed = Callable[[Sequence[NodeEvent]], Awaitable[None]]


class Engines:
    """See the module. An engine that is slow to take its events keeps the node's other events waiting."""

    def __init__(self, node: NodePort) -> None:
        self._owing = trio.Event()
        self._shares = NodeShares(node, self._wake)
        self._feeds: dict[Share, Feed] = {}

    def open(self, feed: Feed) -> Share:
        """Return a share of the node for one more engine, until its ``close``; ``feed`` takes what is for it.

        Raises ``Overloaded``.
        """
        share = self._shares.open()
        self._feeds = {each: feed for each, feed in self._feeds.items() if each.is_open} | {share: feed}
        return share

    async def feed(self, events: Iterable[NodeEvent]) -> None:
        """Give each engine those of the node's events that are for it."""
        await self._feed(self._shares.sort(events))

    async def run(self) -> None:
        """Give engines events that they missed because the node reported them earlier; until cancelled."""
        while True:
            await self._owing.wait()
            self._owing = trio.Event()
            await self._feed(self._shares.owed())

    def _wake(self) -> None:
        self._owing.set()

    async def _feed(self, sorted_out: list[tuple[Share, list[NodeEvent]]]) -> None:
        for share, events in sorted_out:
            if share.is_open:
                await self._feeds[share](events)
