"""Where what links bring goes to the part of the node that it is for.

LinkUp, LinkDown, LinkQuiet ...   every part that keeps something for each link
CellReceived                      the onion
MessageReceived                   by type: the onion, requests, linked peers, the dialer, reach, else the frontend
"""

from __future__ import annotations

from dataclasses import dataclass, field

from net.errors import DecodeError, Unauthenticated
from net.ids import NodeId, node_tag
from net.instant import Instant
from net.link.events import (
    CellReceived,
    ConnectFailed,
    LinkDown,
    LinkEvent,
    LinkHeard,
    LinkId,
    LinkQuiet,
    LinkUp,
    MessageReceived,
    Role,
)
from net.link.frames import CellKind
from net.link.port import Links
from net.messages import (
    AskPeers,
    Cell,
    Describe,
    Destroy,
    DialBack,
    Dialed,
    Message,
    Nodes,
    Peers,
    Reflection,
    Refused,
    Setup,
    UnknownMessage,
    decode_message,
)
from net.network_time import NetworkTime
from net.node.frontend import Frontend
from net.node.linked_peers import TIME_ASKED_BACK, LinkedPeer, LinkedPeers
from net.onion.onion import Onion
from net.onion.paths.guards import GUARDS, SPARES
from net.overlay.overlay import Overlay
from net.peers.dialer import Dialer
from net.peers.link_pool import LinkPool
from net.peers.requests import Requests
from net.peers.sender import LinkSender
from net.peers.table import PeerTable
from net.reach import Reach
from net.reach.neighbours import Neighbour


@dataclass(kw_only=True)
class Router:
    """Where what links bring goes to its part. Every ``now`` carries network time in its wall clock."""

    own: NodeId
    role: Role
    links: Links
    link_pool: LinkPool
    post: LinkSender
    calls: Requests
    table: PeerTable
    dialer: Dialer
    reach: Reach
    time: NetworkTime
    overlay: Overlay
    onion: Onion
    frontend: Frontend
    peers: LinkedPeers
    _described: bytes | None = field(default=None, init=False)  # what we told of ourselves last
    _malformed: int = field(default=0, init=False)

    @property
    def malformed(self) -> int:
        """How many messages closed their link."""
        return self._malformed + self.peers.malformed

    def tidy(self, now: Instant) -> None:
        """Describe ourselves anew when anything about us changed, and let go of links that are not needed any more."""
        descriptor = self.overlay.descriptor()
        if descriptor is not None and descriptor != self._described:
            self._described = descriptor
            for link in self.peers.links():
                self.post.put(link, Describe(descriptor), now)
        self.peers.keep_time(now)
        # Where there are so few that all are linked, who is left out stays linked, so that it can be named.
        kept = self.overlay.roster.left_out() if len(self.overlay.roster) <= GUARDS + SPARES else []
        for node in self.dialer.surplus():
            surplus = self.link_pool.link_of(node_tag(node))
            if surplus is not None and node not in kept:
                self.links.close(surplus, now)

    def receive(self, event: LinkEvent, now: Instant) -> None:
        """Take what the links tell."""
        match event:
            case MessageReceived():
                self._on_message(event, now)
            case CellReceived():
                self.link_pool.on_used(event.link, now)
                onion = self.onion
                take = onion.receive_packet if event.kind is CellKind.PACKET else onion.receive_datagram
                take(event.link, event.data, now)
            case LinkUp():
                self._on_link_up(event, now)
            case LinkDown():
                self._on_link_down(event, now)
            case LinkQuiet() | LinkHeard():
                self._on_silence(event, now)
            case ConnectFailed():
                if event.peer == self.own:
                    self.table.forget(self.own)
                self.link_pool.on_connect_failed(event.endpoint, event.peer, now)
                self.reach.on_connect_failed(event.peer, now)
                self.dialer.on_connect_failed(event.endpoint, event.peer, now)

    def _on_link_up(self, up: LinkUp, now: Instant) -> None:
        is_stranger = not up.is_initiator and not self.reach.is_wanted(up.peer, now)
        if self.role is Role.LEAF and (up.role is Role.LEAF or is_stranger):
            # Leaves are of no use to each other; and a node that could dial in would learn that a leaf is here.
            if up.is_initiator:
                self.dialer.on_no_custodian(up.peer, up.endpoint, now)
            self.links.close(up.link, now)
            return
        peer = LinkedPeer(up.peer, up.endpoint, up.role, is_chosen=up.is_initiator, heard_at=now.mono)
        self.peers.on_link_up(up.link, peer)
        self.frontend.on_link_up(up.link, now)
        is_on_demand = self.link_pool.on_link_up(up.link, up.peer, up.endpoint, now)
        is_on_demand |= self.reach.on_link_up(Neighbour(up.link, up.peer, up.endpoint, up.role, up.is_initiator), now)
        if self._described is not None:
            self.post.put(up.link, Describe(self._described), now)
        if up.role is Role.LEAF:
            self.table.forget(up.peer)
            return
        self.time.on_time_told(up.peer, up.peer_wall_ms, self.peers.own_time(now), is_chosen=up.is_initiator)
        self.onion.on_link_up(up.peer, now)
        is_wanted = self.dialer.on_link_up(up.peer, up.endpoint, now, is_ours=up.is_initiator)
        if is_wanted:
            self.link_pool.keep(up.link)
            self.reach.keep(up.link)
        elif not is_on_demand and up.is_initiator:
            self.links.close(up.link, now)

    def _on_silence(self, event: LinkQuiet | LinkHeard, now: Instant) -> None:
        if self.peers.get(event.link) is not None:
            told = self.onion.on_link_quiet if isinstance(event, LinkQuiet) else self.onion.on_link_heard
            told(event.link, event.peer, now)

    def _on_link_down(self, down: LinkDown, now: Instant) -> None:
        if not self.peers.on_link_down(down.link):
            return
        self.link_pool.on_link_down(down.link)
        self.calls.on_link_down(down.link, now)
        self.frontend.on_link_down(down.link)
        self.onion.on_link_down(down.link, down.peer, now)
        self.reach.on_link_down(down.link, now)
        if self.link_pool.link_of(node_tag(down.peer)) is None:
            self.overlay.on_gone(down.peer, now)
            self.time.forget(down.peer)
            self.dialer.on_link_down(down.peer, now)

    def _on_message(self, received: MessageReceived, now: Instant) -> None:
        other = self.peers.get(received.link)
        if other is None:
            return
        self.link_pool.on_used(received.link, now)
        self._hear(received.link, other, received.data, now)

    def _hear(self, link: LinkId, other: LinkedPeer, data: bytes, now: Instant) -> None:
        """Take a message; what is none ends the link, and what we do not know does not."""
        try:
            self._take(link, other, decode_message(data), now)
        except UnknownMessage as unknown:
            if (refusal := other.refusals.answer(unknown, now)) is not None:
                self.post.put(link, refusal, now)
        except (DecodeError, Unauthenticated):
            self._malformed += 1
            self.links.close(link, now)

    def _take(self, link: LinkId, other: LinkedPeer, message: Message, now: Instant) -> None:
        match message:
            case Cell() | Setup() | Destroy():
                self.onion.receive(link, message, now)
            case Nodes() | Reflection() | DialBack() | Dialed() | Refused():
                self.calls.receive(link, message, now)
            case Describe():
                self.peers.on_descriptor(link, other, message.descriptor, now)
            case AskPeers():
                if other.asks.take(1, now.mono):
                    own = self.peers.own_time(now)
                    self.post.put(link, self.dialer.answer(other.node, other.endpoint, message, own), now)
                    self.peers.ask_back(other, TIME_ASKED_BACK, now)
            case Peers():
                if other.role is Role.FULL and self.dialer.receive(other.node, message, now):
                    self.peers.on_time(link, other, message.wall_ms, now)
            case _:
                if not self.reach.handle(message, link, now):
                    self.frontend.receive(link, message, now)
