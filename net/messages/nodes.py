"""Between nodes: which others they know, who they are, where they are."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from net.messages.fields import (
    MAX_HOST_SIZE,
    MAX_NODES_PER_ANSWER,
    MAX_PEERS_PER_ANSWER,
    DescriptorBytes,
    Host,
    Id,
    Port,
    Uint8,
    Uint32,
    Uint63,
    WireMessage,
)


class Peer(WireMessage, frozen=True):
    """A full node that the sender has had a link with.

    ``host`` is a packed IPv4 or IPv6 address; one of another size is of a kind that this version does not know, as is one
    without a port.
    """

    host: Annotated[bytes, Meta(max_length=MAX_HOST_SIZE)]
    port: Annotated[int, Meta(ge=0, le=65535)]
    node: Id


class AskPeers(WireMessage, frozen=True, tag=15):
    """Ask for known nodes, and for the time."""

    request: Uint32


class Peers(WireMessage, frozen=True, tag=16):
    """Some full nodes at random, and the sender's own wall clock in Unix milliseconds."""

    request: Uint32
    wall_ms: Uint63
    peers: Annotated[list[Peer], Meta(max_length=MAX_PEERS_PER_ANSWER)]


class Describe(WireMessage, frozen=True, tag=17):
    """This is who I am in the overlay: a ``net.overlay.descriptor``."""

    descriptor: DescriptorBytes


class FindNodes(WireMessage, frozen=True, tag=18):
    """Which nodes closest to ``target`` are in your table? ``most`` of them are wanted."""

    request: Uint32
    target: Id
    most: Annotated[int, Meta(ge=1, le=2**8 - 1)] = MAX_NODES_PER_ANSWER


class Nodes(WireMessage, frozen=True, tag=19):
    """Descriptors, the closest to what was asked for first."""

    request: Uint32
    descriptors: Annotated[list[DescriptorBytes], Meta(max_length=MAX_NODES_PER_ANSWER)]


class Lookup(WireMessage, frozen=True, tag=20):
    """Look for the nodes closest to ``target`` in the whole overlay, on my behalf; answered by ``Nodes``."""

    request: Uint32
    target: Id


class AskReflection(WireMessage, frozen=True, tag=24):
    """From which address do my datagrams come?"""

    request: Uint32


class Reflection(WireMessage, frozen=True, tag=25):
    """From this one. ``host`` is an IPv6 address, or an IPv4 address mapped into one."""

    request: Uint32
    host: Host
    port: Port


class AskDialBack(WireMessage, frozen=True, tag=26):
    """Have a node that is not linked with the sender dial the address that the sender is seen at."""

    request: Uint32


class DialBack(WireMessage, frozen=True, tag=27):
    """It was reached (0), was not (1), or there was no node to ask (2); anything else is no answer."""

    request: Uint32
    verdict: Uint8


class PleaseDial(WireMessage, frozen=True, tag=28):
    """Dial this node for me and say whether it answered."""

    request: Uint32
    host: Host
    port: Port
    node: Id


class Dialed(WireMessage, frozen=True, tag=29):
    """It answered, or it did not."""

    request: Uint32
    is_reached: bool


class Introduce(WireMessage, frozen=True, tag=30):
    """Please introduce me to this node, which you are linked with."""

    request: Uint32
    node: Id


class Introduction(WireMessage, frozen=True, tag=31):
    """You will hear from this node, at this address (port 0: it cannot be reached); send to it first."""

    request: Uint32
    host: Host
    port: Annotated[int, Meta(ge=0, le=65535)]
    node: Id
