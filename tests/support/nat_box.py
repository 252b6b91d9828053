"""A NAT as RFC 4787 describes it, without I/O: for simulated worlds and for the one of real sockets (``netlab``)."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from net.ids import Endpoint

# Of the ports a box gives away itself; far from those that hosts use.
FIRST_MAPPED_PORT = 50_000


class NatKind(StrEnum):
    """How a NAT maps and what it lets in."""

    FULL_CONE = "full-cone"  # one mapping for all; any sender comes in
    RESTRICTED = "restricted"  # ... who is at an address that was sent something
    PORT_RESTRICTED = "port-restricted"  # ... and a port
    SYMMETRIC = "symmetric"  # a mapping for each address and port


class _Mapping(NamedTuple):
    inside: Endpoint
    target: Endpoint | None  # None: for all


class NatBox:
    """One box with one public address."""

    def __init__(self, kind: NatKind, host: str) -> None:
        self.kind = kind
        self.host = host
        self._ports: dict[_Mapping, int] = {}
        self._mappings: dict[int, _Mapping] = {}
        self._sent: set[tuple[int, Endpoint | str]] = set()

    def outbound(self, source: Endpoint, target: Endpoint) -> Endpoint:
        """Return where a datagram from inside seems to come from."""
        mapping = _Mapping(source, target if self.kind is NatKind.SYMMETRIC else None)
        if mapping not in self._ports:
            port = FIRST_MAPPED_PORT + len(self._ports)
            self._ports[mapping] = port
            self._mappings[port] = mapping
        port = self._ports[mapping]
        self._sent |= {(port, target), (port, target.host)}
        return Endpoint(self.host, port)

    def inbound(self, source: Endpoint, port: int) -> Endpoint | None:
        """Return whom inside a datagram to one of the box's ports is for; None when it is dropped."""
        mapping = self._mappings.get(port)
        if mapping is None:
            return None
        needed: Endpoint | str = source.host if self.kind is NatKind.RESTRICTED else source
        return mapping.inside if self.kind is NatKind.FULL_CONE or (port, needed) in self._sent else None
