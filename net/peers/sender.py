"""Messages to neighbours: over the link that is there, or not at all."""

from __future__ import annotations

from net.errors import Overloaded, Unreachable
from net.ids import NodeId, node_tag
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import Links
from net.messages import Message, encode_message
from net.peers.link_pool import LinkPool


class LinkSender:
    """Puts messages on links."""

    def __init__(self, links: Links, link_pool: LinkPool) -> None:
        self.unsent = 0  # found no room
        self._links = links
        self._link_pool = link_pool

    def put(self, link: LinkId, message: Message, now: Instant) -> bool:
        """Send, or count and say that the link's queue is full."""
        try:
            self._links.send_message(link, encode_message(message), now)
        except Overloaded:
            self.unsent += 1
            return False
        return True

    def ask(self, node: NodeId, message: Message, now: Instant) -> None:
        """Send to a linked node. Raises ``Unreachable`` or ``Overloaded``."""
        link = self._link_pool.link_of(node_tag(node))
        if link is None:
            raise Unreachable
        self._links.send_message(link, encode_message(message), now)
