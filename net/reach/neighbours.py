"""Who is linked, and at which address each proved to be.

The address is the one of the handshake, which takes an answer to prove. A link may move to a new address later on the word
of a single datagram, whose source can be forged: good enough for telling a peer how we see it, not for sending others there.
"""

from __future__ import annotations

from typing import NamedTuple

from net.ids import Endpoint, NodeId
from net.link.events import LinkId, Role


class Neighbour(NamedTuple):
    """The other end of a link; ``is_chosen`` when we dialled it."""

    link: LinkId
    node: NodeId
    endpoint: Endpoint
    role: Role
    is_chosen: bool


class Neighbours:
    """All links by number and by node."""

    def __init__(self) -> None:
        self._by_link: dict[LinkId, Neighbour] = {}
        self._by_node: dict[NodeId, Neighbour] = {}

    def add(self, neighbour: Neighbour) -> None:
        """A link is there."""
        self._by_link[neighbour.link] = self._by_node[neighbour.node] = neighbour

    def remove(self, link: LinkId) -> Neighbour | None:
        """A link is gone."""
        gone = self._by_link.pop(link, None)
        if gone is not None and self._by_node.get(gone.node) is gone:
            del self._by_node[gone.node]
        return gone

    def get(self, link: LinkId) -> Neighbour | None:
        """Return who is at the other end of a link."""
        return self._by_link.get(link)

    def with_node(self, node: NodeId) -> Neighbour | None:
        """Return the link with a node."""
        return self._by_node.get(node)

    def full(self) -> list[Neighbour]:
        """Return the full nodes among them."""
        return [each for each in self._by_node.values() if each.role is Role.FULL]
