"""From how far an address makes sense, and which network it lies in.

A node that tells an address is believed only about addresses that reach as far as its own: a stranger from the internet has
nothing to say about the machines in this house. Addresses are what a liar with many names has few of, so everything that
counts votes or fills a table counts by network.
"""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

# Bytes of an address that name its network: what one provider hands out, and so what one attacker may hold.
IPV4_NETWORK_SIZE: Final = 2
IPV6_NETWORK_SIZE: Final = 4
# In place of an address: wherever this machine is, with IPv4 and IPv6 alike.
EVERYWHERE: Final = "*"
# Addresses whose scope and network are kept at hand.
_CACHED: Final = 4096


class Scope(IntEnum):
    """From where an address can be reached."""

    LOOPBACK = 0  # this machine
    PRIVATE = 1  # this site
    PUBLIC = 2


@lru_cache(maxsize=_CACHED)
def scope_of(host: str) -> Scope:
    """Return how far a numeric address reaches. Raises ``ValueError`` for anything else."""
    address = _address(host)
    if address.is_loopback:
        return Scope.LOOPBACK
    return Scope.PUBLIC if address.is_global and not address.is_multicast else Scope.PRIVATE


@lru_cache(maxsize=_CACHED)
def network_of(host: str) -> bytes:
    """Return the /16 (IPv4) or /32 (IPv6) that a numeric address lies in. Raises ``ValueError`` for anything else."""
    packed = _address(host).packed
    return packed[: IPV4_NETWORK_SIZE if len(packed) == 4 else IPV6_NETWORK_SIZE]


@lru_cache(maxsize=_CACHED)
def public_network_of(host: str) -> bytes | None:
    """Return the network of a public address; None for others, which say nothing about an owner and are not counted."""
    return network_of(host) if scope_of(host) is Scope.PUBLIC else None


def is_ipv6(host: str) -> bool:
    """Return which family a numeric address is of."""
    return ":" in host


def speaks(listen: str, host: str) -> bool:
    """Say whether a socket that is bound to ``listen`` can send to ``host``: it is of the same family, or bound to both."""
    return listen == EVERYWHERE or is_ipv6(listen) == is_ipv6(host)


def _address(host: str) -> IPv4Address | IPv6Address:
    # A scope (fe80::1%eth0) is the local name of an interface and says nothing about the address.
    return ip_address(host.partition("%")[0])
