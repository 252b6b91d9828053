"""Addresses as messages carry them: 16 bytes, IPv4 mapped into IPv6."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from net.errors import DecodeError
from net.numbers import HOST_SIZE

NOWHERE: Final = bytes(HOST_SIZE)
_MAPPED: Final = bytes(10) + b"\xff\xff"


def pack_host(host: str) -> bytes:
    """Return a numeric address as 16 bytes."""
    packed = ip_address(host.partition("%")[0]).packed
    return packed if len(packed) == HOST_SIZE else _MAPPED + packed


def unpack_host(data: bytes) -> str:
    """Return the numeric address of 16 bytes. Raises ``DecodeError`` for what no single machine has."""
    mapped = IPv6Address(data)
    address: IPv4Address | IPv6Address = mapped.ipv4_mapped or mapped
    if address.is_unspecified or address.is_multicast or address == IPv4Address("255.255.255.255"):
        raise DecodeError("host")
    return str(address)
