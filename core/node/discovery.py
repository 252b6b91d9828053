"""Peer discovery of a running node: the BitTorrent DHT, broadcasts in the local network, a gateway's port mapping.

All of them give addresses and nothing more; the node dials these and believes only what links prove.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from core.node.options import NetworkOptions
from core.node.resolver import resolve_for
from core.node.traffic import NO_TIME, Hour, LastHour
from net.ids import Endpoint
from net.link.events import Role
from net.rendezvous.hints import Source
from net.rendezvous.interfaces import in_one_family, own_endpoints
from net.rendezvous.lan import LanStatus, LocalDiscovery
from net.rendezvous.mainline import Mainline, MainlineStatus
from net.requests import Request, SetOwnEndpoints, SetSeenOutside, TryHints
from net.scope import Scope, scope_of

# Seconds between two looks at how the node fares: a start is over in a few of them.
LOOK_PERIOD: Final = 2.0
# Links to full nodes below which others are looked for often; a leaf's guards are three.
FEW_LINKS: Final = 3
# Seconds between two questions about our place, which keep the way in open besides, and what an answer may take.
PLACE_PERIOD: Final = 20.0
ANSWER_TIME: Final = 1.0
# Why a node on loopback does not search the local network: no node there could reach it. Nodes of this machine could be
# found that way, but nodes on loopback are meant to be alone: demos, tests, several networks side by side.
ON_LOOPBACK: Final = "listens on loopback alone"


class Listener(Protocol):
    """What is needed of a running node."""

    @property
    def listen(self) -> Endpoint:
        """Return where its socket is bound."""
        ...

    @property
    def role(self) -> Role:
        """Return whether it serves others."""
        ...

    def request(self, request: Request) -> None:
        """Ask the node for something."""
        ...

    def hear_beside(self, beside: Callable[[bytes, Endpoint, float], None]) -> None:
        """Give datagrams that are not of nodes (the DHT's) to ``beside``."""
        ...

    async def send_beside(self, batch: list[tuple[bytes, Endpoint]]) -> None:
        """Send such datagrams from the node's socket."""
        ...

    def links_up(self) -> int:
        """Return how many links there are."""
        ...

    def is_reachable(self) -> bool | None:
        """Return whether strangers reach us; None while that is unknown."""
        ...


@dataclass(slots=True)
class FindingStatus:
    """The state of each way to find nodes; None for one that was declined."""

    mainline: MainlineStatus | None = None
    lan: LanStatus | None = None
    hour: Hour = NO_TIME  # of the DHT


class FindingNodes:
    """Finds nodes for one node. ``run`` until cancelled."""

    def __init__(self, node: Listener, options: NetworkOptions) -> None:
        self._node = node
        met = in_one_family(node.listen)
        self._mainline = Mainline(met, self._heard_in_mainline, _ignore, routers=options.routers)
        self._has_mainline = options.mainline
        self._hour = LastHour(trio.current_time())
        self._counted = (0, 0)  # bytes sent and received
        has_lan = options.lan and scope_of(met.host) is not Scope.LOOPBACK
        self._lan = LocalDiscovery(met, self._heard_nearby) if has_lan else None
        self._no_lan = LanStatus(reason=ON_LOOPBACK) if options.lan else None

    def status(self) -> FindingStatus:
        """Return how it goes."""
        return FindingStatus(
            mainline=self._mainline.status if self._has_mainline else None,
            lan=self._lan.status if self._lan else self._no_lan,
            hour=self._hour.look(trio.current_time()),
        )

    async def run(self) -> None:
        """Run until cancelled."""
        async with trio.open_nursery() as nursery:
            if self._has_mainline:
                nursery.start_soon(self._mainline.run)
                nursery.start_soon(self._seek_place)
            if self._lan:
                nursery.start_soon(self._lan.run)
            nursery.start_soon(self._look_regularly)

    async def _seek_place(self) -> None:
        """While links are lacking, let the DHT say where strangers see our socket, and announce that."""
        self._node.hear_beside(self._hear_beside)
        routers: list[Endpoint] = []
        while True:
            outside = self._mainline.outside
            if outside is not None and self._node.role is Role.FULL and self._node.links_up() < FEW_LINKS:
                if not outside.is_heard(trio.current_time()):  # not yet, or the names lead elsewhere by now
                    routers = await self._look_up_routers()
                await self._node.send_beside(outside.questions(routers))
                await trio.sleep(ANSWER_TIME)
                place = outside.place(trio.current_time())
                self._mainline.set_port(place.port if place else None)
                self._node.request(SetSeenOutside(place))
            await trio.sleep(PLACE_PERIOD if routers else LOOK_PERIOD)

    async def _look_up_routers(self) -> list[Endpoint]:
        found = [await resolve_for(each, self._node.listen) for each in self._mainline.routers]
        return [each for each in found if each is not None]

    def _hear_beside(self, data: bytes, source: Endpoint, now: float) -> None:
        if self._mainline.outside is not None:
            self._mainline.outside.receive(data, source, now)

    async def _look_regularly(self) -> None:
        while True:
            self.look()
            await trio.sleep(LOOK_PERIOD)

    def look(self) -> None:
        """See how the node fares, and what the DHT costs."""
        self._count()
        self._node.request(SetOwnEndpoints(tuple(own_endpoints(self._node.listen))))
        # A node that was never dialled does not know whether it is reachable; were it silent, the first two nodes of a
        # network would never meet.
        may_serve = self._node.role is Role.FULL and self._node.is_reachable() is not False
        self._mainline.set_serving(is_serving=may_serve)
        self._mainline.set_lacking(is_lacking=self._node.links_up() < FEW_LINKS)

    def _count(self) -> None:
        counted, now = self._mainline.status, trio.current_time()
        self._hour.sent(counted.sent - self._counted[0], now)
        self._hour.received(counted.received - self._counted[1], now)
        self._counted = counted.sent, counted.received

    def _heard_in_mainline(self, endpoints: Sequence[Endpoint]) -> None:
        self._node.request(TryHints(tuple(endpoints), Source.MAINLINE))

    def _heard_nearby(self, endpoint: Endpoint) -> None:
        self._node.request(TryHints((endpoint,), Source.LAN))


def _ignore(_port: int | None) -> None:
    """Ignore a gateway's mapped port: it shows as reachability, since nodes that dial us back come through it."""
