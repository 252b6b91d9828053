"""Names of things in the network."""

from __future__ import annotations

from typing import NamedTuple, NewType

# A node's X25519 public key, 32 bytes. It is random, belongs to a device's node and to no person.
NodeId = NewType("NodeId", bytes)
NODE_ID_SIZE = 32

# Where a node stands in the overlay, 32 bytes: a hash of its keys and a little work (``net.overlay.descriptor``).
OverlayId = NewType("OverlayId", bytes)

# A parcel's id, 32 bytes: a blinded Ed25519 key for boxes and records, a hash for chunks.
ParcelId = NewType("ParcelId", bytes)

# The first 8 bytes of a box's id: what readers match. 2**-64 per pair makes a chance match harmless (it fails to open).
Tag = NewType("Tag", bytes)
TAG_SIZE = 8


# The first bytes of a node's key, by which routing slots name it; links prove the rest.
NODE_TAG_SIZE = 8


class Endpoint(NamedTuple):
    """Where a datagram goes: a numeric IPv4 or IPv6 address and a UDP port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Cursor(NamedTuple):
    """How far a reader has followed one custodian's tag stream.

    ``run`` (8 bytes) is drawn by the custodian whenever it opens its store; ``arrival`` is the number of
    the last tag seen. A custodian that does not know the run starts over from its oldest box.
    """

    run: bytes
    arrival: int


def tag_of(parcel_id: ParcelId) -> Tag:
    """Return the tag readers see for a box id."""
    return Tag(parcel_id[:TAG_SIZE])


def node_tag(node: NodeId) -> bytes:
    """Return how routing slots name a node."""
    return node[:NODE_TAG_SIZE]
