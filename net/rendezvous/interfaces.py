"""The addresses of this machine's interfaces."""

from __future__ import annotations

from ipaddress import IPv4Interface

import ifaddr

from net.ids import Endpoint

_WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 -- compared with, not bound to


def own_interfaces() -> list[IPv4Interface]:
    """Return the IPv4 addresses with their networks."""
    return [
        IPv4Interface((address.ip, address.network_prefix))
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if isinstance(address.ip, str)
    ]


def own_endpoints(listen: Endpoint) -> list[Endpoint]:
    """Return where a node that listens at ``listen`` is on this machine's interfaces: what ``Reach.set_own`` takes."""
    if listen.host not in _WILDCARDS:
        return [listen]
    is_ipv6 = ":" in listen.host
    hosts = [
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    ]
    return [Endpoint(host, listen.port) for host in hosts if (":" in host) == is_ipv6]
