"""What the rest of a node needs of its links: ``LinkLayer``, or a stand-in of the simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from net.address_shares import Networks
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkEvent, LinkId
from net.link.frames import CellKind
from net.link.status import Counters, LinkInfo

# Puts a packet on a link as a cell, at most once: ``LinkLayer.send_cell``.
SendCell = Callable[[LinkId, bytes, Instant], object]


class MessageLinks(Protocol):
    """Messages on links, for those that send no cells."""

    def writable(self, link: LinkId) -> bool:
        """Say whether there is room for one more largest message."""
        ...

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Queue a message. Raises ``Overloaded``."""
        ...


class CellLinks(Protocol):
    """Cells on links."""

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = ...) -> bool:
        """Send a cell at most once, or say that there is no room."""
        ...


class Links(MessageLinks, CellLinks, Protocol):
    """All links of one node; the methods are those of ``LinkLayer``."""

    @property
    def node_id(self) -> NodeId:
        """Return our link key."""
        ...

    @property
    def counters(self) -> Counters:
        """Return what was counted."""
        ...

    def connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link; a probe sends one datagram unless it is answered."""
        ...

    def close(self, link: LinkId, now: Instant) -> None:
        """End a link."""
        ...

    def endpoint_of(self, link: LinkId) -> Endpoint | None:
        """Return from where a link's datagrams come now; None when there is no such link."""
        ...

    def networks_of(self, link: LinkId) -> Networks:
        """Return which networks a link's peer has shown to be in, outermost first."""
        ...

    def features_of(self, link: LinkId) -> int:
        """Return what a link's peer said that it can do, a bit each; 0 when there is no such link."""
        ...

    def links(self) -> list[LinkInfo]:
        """Return the links that are up."""
        ...

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram."""
        ...

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        ...

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds, inf for never."""
        ...

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch."""
        ...

    def next_event(self) -> LinkEvent | None:
        """Return what happened next."""
        ...


class Connect(Protocol):
    """How a link is begun: ``LinkLayer.connect``, or what takes note of it first."""

    def __call__(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = ...) -> None:
        """Begin a link; a probe sends a single datagram unless it is answered."""
        ...
