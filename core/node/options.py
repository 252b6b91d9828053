"""The network options of the command line: where to listen, which nodes to join, which role to take.

A *spec* names a node to join through: ``HOST:PORT``, or ``HOST:PORT/KEY`` with the node's key in lower-case base32, which
saves asking for the key and makes sure that it is that node. An IPv6 host stands in brackets.
"""

from __future__ import annotations

from base64 import b32decode, b32encode
from dataclasses import dataclass
from typing import Final, Literal

from net.ids import NODE_ID_SIZE, Endpoint, NodeId
from net.numbers import MAX_PORT
from net.scope import EVERYWHERE

# base32 pads to a multiple of 8 characters; 32 bytes make 52 characters and 4 of padding, which specs leave out.
_PADDING: Final = "===="

# Nodes to join through: what a node takes at most (net.peers.dialer).
MAX_JOIN: Final = 64

# Every interface with IPv4 and IPv6, a port of the system's choice: what a client listens on unless told otherwise.
ANY_ENDPOINT: Final = Endpoint(EVERYWHERE, 0)


# Whether a device serves others; ``core.node.roles`` decides for *auto*.
Part = Literal["auto", "full", "leaf"]


class BadSpec(ValueError):
    """Text that is no endpoint or spec; the message says what was wanted, in one line."""


@dataclass(frozen=True, slots=True)
class JoinSpec:
    """A node to join through. ``endpoint.host`` may be a host name; ``node`` is None when its key is to be asked for."""

    endpoint: Endpoint
    node: NodeId | None = None

    def __str__(self) -> str:
        return f"{self.endpoint}/{encode_node_id(self.node)}" if self.node else str(self.endpoint)


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """``listen``: where datagrams come in. ``join``: nodes to begin with. ``part``: see ``core.node.roles``.

    ``mainline``, ``lan`` and ``routers`` say how nodes are found besides.
    """

    listen: Endpoint = ANY_ENDPOINT
    join: tuple[JoinSpec, ...] = ()
    part: Part = "auto"
    mainline: bool = True
    lan: bool = True
    routers: tuple[Endpoint, ...] = ()


def encode_node_id(node: NodeId) -> str:
    """Return a node's key as specs spell it: 52 characters."""
    return b32encode(node).decode().removesuffix(_PADDING).lower()


def parse_endpoint(text: str) -> Endpoint:
    """Parse ``HOST:PORT`` or ``[HOST]:PORT``; raises ``BadSpec``."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise BadSpec(f"{text!r}: an IPv6 address stands in brackets, as in [::1]:4040")
    if not colon or not host or not host.isascii() or not host.isprintable() or " " in host:
        raise BadSpec(f"{text!r}: expected HOST:PORT")
    if not (port.isascii() and port.isdigit() and len(port) <= len(str(MAX_PORT))) or int(port) > MAX_PORT:
        raise BadSpec(f"{text!r}: a port is a number from 0 to {MAX_PORT}")
    return Endpoint(host, int(port))


def parse_join(text: str) -> JoinSpec:
    """Parse a spec; raises ``BadSpec``."""
    address, slash, key = text.partition("/")
    endpoint = parse_endpoint(address)
    if endpoint.port == 0:
        raise BadSpec(f"{text!r}: nobody can be reached at port 0")
    if endpoint.host == EVERYWHERE:
        raise BadSpec(f"{text!r}: nobody is everywhere")
    return JoinSpec(endpoint, _parse_node_id(text, key) if slash else None)


def _parse_node_id(text: str, key: str) -> NodeId:
    wanted = BadSpec(f"{text!r}: after the / comes a node key of 52 letters and digits")
    try:
        node = NodeId(b32decode(key.upper() + _PADDING))
    except ValueError:
        raise wanted from None
    # The last character has unused bits: two spellings of one key would look like two nodes where texts are compared.
    if len(node) != NODE_ID_SIZE or encode_node_id(node) != key.lower():
        raise wanted
    return node
