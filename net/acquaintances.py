"""Who is linked with us, and where what they say belongs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from net.errors import DecodeError, Unauthenticated, UnknownVersion
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.link.events import CellReceived, ConnectFailed, LinkDown, LinkEvent, LinkId, LinkUp, MessageReceived, Role
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
    Refusals,
    Refused,
    Setup,
    UnknownMessage,
    decode_message,
    encode_message,
)
from net.overlay.descriptor import OutOfDate
from net.parts import Parts
from net.reach.neighbours import Neighbour
from net.token_bucket import TokenBucket

# Questions for peers that one link may put: two at once, then one in two seconds.
ASK_RATE: Final = 0.5
ASK_BURST: Final = 4.0
# Descriptions that one link may give of itself, a signature to be checked each: its address wavers, the epoch turns.
DESCRIBE_RATE: Final = 1 / 30
DESCRIBE_BURST: Final = 8.0


@dataclass(slots=True)
class _Acquaintance:
    """Who is at the other end of a link."""

    node: NodeId
    endpoint: Endpoint
    role: Role
    is_chosen: bool  # we dialled it, so it did not choose us
    asks: TokenBucket
    descriptions: TokenBucket
    refusals: Refusals = field(default_factory=Refusals)
    unread: bytes | None = None  # its descriptor, of another time than ours


class Acquaintances:
    """The other ends of our links. Every ``now`` carries network time in its wall clock."""

    def __init__(self, own: NodeId, role: Role, parts: Parts) -> None:
        self._own = own
        self._role = role
        self._parts = parts
        self._others: dict[LinkId, _Acquaintance] = {}
        self._described: bytes | None = None  # what we told of ourselves last
        self._offset_ms = 0  # of network time, when descriptors were read last
        self.malformed = 0  # messages that closed their link

    def ask_all(self, now: Instant) -> None:
        """Ask everybody for peers and the time."""
        for other in list(self._others.values()):
            if other.role is Role.FULL:
                self._parts.dialer.ask(other.node, now)

    def tidy(self, now: Instant) -> None:
        """Describe ourselves anew when anything about us changed, and let go of links that are not needed any more."""
        parts = self._parts
        descriptor = parts.overlay.descriptor()
        if descriptor is not None and descriptor != self._described:
            self._described = descriptor
            for link in list(self._others):
                parts.post.put(link, Describe(descriptor), now)
        if parts.time.offset_ms != self._offset_ms:
            self._offset_ms = parts.time.offset_ms
            for link, other in list(self._others.items()):
                if other.unread is not None:
                    self._hear(link, other, encode_message(Describe(other.unread)), now)
        for node in parts.dialer.surplus():
            surplus = parts.switch.link_of(node_tag(node))
            if surplus is not None:
                parts.links.close(surplus, now)

    def receive(self, event: LinkEvent, now: Instant) -> None:
        """Take what the links tell."""
        match event:
            case MessageReceived():
                self._on_message(event, now)
            case CellReceived():
                self._parts.switch.used(event.link, now)
                self._parts.onion.receive_packet(event.link, event.data, now)
            case LinkUp():
                self._on_link_up(event, now)
            case LinkDown():
                self._on_link_down(event, now)
            case ConnectFailed():
                if event.peer == self._own:
                    self._parts.table.forget(self._own)
                self._parts.switch.connect_failed(event.endpoint, event.peer, now)
                self._parts.reach.connect_failed(event.peer, now)
                self._parts.dialer.connect_failed(event.endpoint, event.peer, now)

    def _on_link_up(self, up: LinkUp, now: Instant) -> None:
        parts = self._parts
        is_stranger = not up.is_initiator and not parts.reach.is_wanted(up.peer, now)
        if self._role is Role.LEAF and (up.role is Role.LEAF or is_stranger):
            # Leaves are of no use to each other; and whoever could dial in would learn that somebody is here.
            if up.is_initiator:
                parts.dialer.is_no_custodian(up.peer, up.endpoint, now)
            parts.links.close(up.link, now)
            return
        asks = TokenBucket(ASK_RATE, ASK_BURST)
        descriptions = TokenBucket(DESCRIBE_RATE, DESCRIBE_BURST)
        self._others[up.link] = _Acquaintance(up.peer, up.endpoint, up.role, up.is_initiator, asks, descriptions)
        parts.desk.link_up(up.link, now)
        is_errand = parts.switch.link_up(up.link, up.peer, up.endpoint, now)
        is_errand |= parts.reach.link_up(Neighbour(up.link, up.peer, up.endpoint, up.role, up.is_initiator), now)
        if self._described is not None:
            parts.post.put(up.link, Describe(self._described), now)
        if up.role is Role.LEAF:
            parts.table.forget(up.peer)
            return
        parts.time.heard(up.peer, up.peer_wall_ms, self._own_time(now), is_chosen=up.is_initiator)
        parts.onion.link_up(up.peer, now)
        is_wanted = parts.dialer.link_up(up.peer, up.endpoint, now, is_ours=up.is_initiator)
        if is_wanted:
            parts.switch.keep(up.link)
            parts.reach.keep(up.link)
        elif not is_errand and up.is_initiator:
            parts.links.close(up.link, now)

    def _own_time(self, now: Instant) -> Instant:
        return Instant(now.mono, now.wall_ms - self._parts.time.offset_ms)

    def _on_link_down(self, down: LinkDown, now: Instant) -> None:
        if self._others.pop(down.link, None) is None:
            return
        parts = self._parts
        parts.switch.link_down(down.link)
        parts.calls.link_down(down.link, now)
        parts.desk.link_down(down.link)
        parts.onion.link_down(down.link, down.peer, now)
        parts.reach.link_down(down.link, now)
        if parts.switch.link_of(node_tag(down.peer)) is None:
            parts.overlay.gone(down.peer, now)
            parts.time.forget(down.peer)
            parts.dialer.link_down(down.peer, now)

    def _on_message(self, received: MessageReceived, now: Instant) -> None:
        other = self._others.get(received.link)
        if other is None:
            return
        self._parts.switch.used(received.link, now)
        self._hear(received.link, other, received.data, now)

    def _hear(self, link: LinkId, other: _Acquaintance, data: bytes, now: Instant) -> None:
        """Take a message; what is none ends the link, and what we do not know does not."""
        try:
            self._take(link, other, decode_message(data), now)
        except UnknownMessage as unknown:
            if (refusal := other.refusals.answer(unknown, now)) is not None:
                self._parts.post.put(link, refusal, now)
        except (DecodeError, Unauthenticated):
            self.malformed += 1
            self._parts.links.close(link, now)

    def _take(self, link: LinkId, other: _Acquaintance, message: Message, now: Instant) -> None:
        parts = self._parts
        match message:
            case Cell() | Setup() | Destroy():
                parts.onion.receive(link, message, now)
            case Nodes() | Reflection() | DialBack() | Dialed() | Refused():
                parts.calls.receive(link, message, now)
            case Describe():
                if other.role is Role.FULL and other.descriptions.take(1, now.mono):
                    self._read(link, other, message.descriptor, now)
            case AskPeers():
                if other.asks.take(1, now.mono):
                    own = self._own_time(now)
                    parts.post.put(link, parts.dialer.answer(other.node, other.endpoint, message, own), now)
            case Peers():
                if other.role is Role.FULL and parts.dialer.receive(other.node, message, now):
                    parts.time.heard(other.node, message.wall_ms, self._own_time(now), is_chosen=other.is_chosen)
            case _:
                if not parts.reach.handle(message, link, now):
                    parts.desk.receive(link, message, now)

    def _read(self, link: LinkId, other: _Acquaintance, data: bytes, now: Instant) -> None:
        """Take what a peer says of itself; kept until our clocks agree if it is of another time.

        Who describes itself in a way that we do not know is as good as not described.
        """
        try:
            descriptor = self._parts.overlay.met(data, other.node, other.endpoint, now)
        except OutOfDate:
            other.unread = data
        except UnknownVersion:
            pass
        else:
            other.unread = None
            self._parts.desk.described(link, descriptor.overlay_id, now)
