"""The two seams between roles and links: a patron's courier and a custodian's outlet, both straight over the link."""

from __future__ import annotations

from dataclasses import dataclass

from net.custodian import Requester
from net.errors import Overloaded, Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.link.events import LinkId
from net.link.layer import LinkLayer
from net.messages import Message, encode_message


@dataclass(slots=True)
class NodeCounters:
    """What went wrong above the links, since the start."""

    malformed: int = 0  # messages that closed their link
    unsent: int = 0  # answers that did not fit a link's queue


class LinkCourier:
    """Carries questions straight over the link to the custodian."""

    def __init__(self, links: LinkLayer) -> None:
        self.link_of: dict[NodeId, LinkId] = {}
        self._links = links

    def custodians(self) -> list[NodeId]:
        """Return the full nodes that are linked."""
        return list(self.link_of)

    def ask(self, custodian: NodeId, message: Message, now: Instant) -> None:
        """Put a question. Raises ``Unreachable`` or ``Overloaded``."""
        link = self.link_of.get(custodian)
        if link is None:
            raise Unreachable
        self._links.send_message(link, encode_message(message), now)


class LinkOutlet:
    """Requesters are links."""

    def __init__(self, links: LinkLayer, counters: NodeCounters) -> None:
        self._links = links
        self._counters = counters

    def writable(self, requester: Requester) -> bool:
        """Say whether the link's queue takes more than small answers."""
        return self._links.writable(LinkId(requester))

    def send(self, requester: Requester, message: Message, now: Instant) -> bool:
        """Send, or count and say that the link's queue is full."""
        try:
            self._links.send_message(LinkId(requester), encode_message(message), now)
        except Overloaded:
            self._counters.unsent += 1
            return False
        return True
