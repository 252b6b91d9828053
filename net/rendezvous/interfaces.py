"""The addresses of this machine's interfaces."""

from __future__ import annotations

from ipaddress import IPv4Interface, ip_address

import ifaddr

from net.ids import Endpoint
from net.scope import EVERYWHERE, Scope, is_ipv6, scope_of, speaks

_IPV4, _IPV6 = "0.0.0.0", "::"  # noqa: S104 -- compared with, not bound to
_WILDCARDS = {_IPV4, _IPV6, EVERYWHERE}


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
    return [Endpoint(host, listen.port) for host in _own_hosts() if speaks(listen.host, host)]


def in_one_family(listen: Endpoint) -> Endpoint:
    """Return where to meet others for a node that listens with IPv4 and IPv6: IPv6 only where there is nothing else.

    Who met strangers in both would tell twice as many of them where it is.
    """
    if listen.host != EVERYWHERE:
        return listen
    outward = [host for host in _own_hosts() if scope_of(host) is not Scope.LOOPBACK]
    has_ipv4 = any(not is_ipv6(host) for host in outward)
    has_ipv6 = any(is_ipv6(host) and not ip_address(host.partition("%")[0]).is_link_local for host in outward)
    return Endpoint(_IPV6 if has_ipv6 and not has_ipv4 else _IPV4, listen.port)


def _own_hosts() -> list[str]:
    return [
        address.ip if isinstance(address.ip, str) else address.ip[0]
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
    ]
