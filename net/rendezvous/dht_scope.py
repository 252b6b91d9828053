"""Which DHT a node meets others in, the public one or a private one, and what follows for addresses.

A router on a private address stands for a private DHT. The public one tells only addresses that reach everywhere; a
private one tells those of its own kind, has no gateway to ask for ports, and is met on loopback where its router is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from net.ids import Endpoint
from net.scope import Scope, scope_of

# Where the public DHT is entered; any of its nodes would do, these are known to stay.
DEFAULT_ROUTERS: Final = (
    "dht.libtorrent.org:25401",
    "router.bittorrent.com:6881",
    "dht.transmissionbt.com:6881",
)


def listening_hosts(listen: Endpoint, routers: Sequence[Endpoint]) -> list[str]:
    """Return where to listen for the DHT: where the node does, and on loopback too where the DHT is."""
    is_local = any(_scope_of_router(each) is Scope.LOOPBACK for each in routers)
    return ["127.0.0.1", listen.host] if is_local and listen.host == "0.0.0.0" else [listen.host]  # noqa: S104 -- compared


def may_have_gateway(listen: Endpoint, routers: Sequence[Endpoint]) -> bool:
    """Say whether there may be a gateway to ask for a port mapping."""
    return least_scope(routers) is Scope.PUBLIC and scope_of(listen.host) is not Scope.LOOPBACK


def least_scope(routers: Sequence[Endpoint]) -> Scope:
    """Return how far addresses in this DHT must reach: a private one tells private ones, the public one must not."""
    return min((_scope_of_router(each) for each in routers), default=Scope.PUBLIC)


def believable(peers: Sequence[tuple[str, int]], listen_host: str, least: Scope) -> list[Endpoint]:
    """Return what of a reply concerns a node that listens at ``listen_host``: its family, and far enough reaching."""
    is_ipv6 = ":" in listen_host
    endpoints = [Endpoint(host, port) for host, port in peers]
    return [each for each in endpoints if (":" in each.host) == is_ipv6 and scope_of(each.host) >= least]


def _scope_of_router(router: Endpoint) -> Scope:
    try:
        return scope_of(router.host)
    except ValueError:
        return Scope.PUBLIC  # a name
