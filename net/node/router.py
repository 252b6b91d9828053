"""Who is linked with us, and where what they say belongs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from net.errors import DecodeError, Unauthenticated, UnknownVersion
from net.ids import Endpoint, NodeId, node_tag
from net.instant import HOUR_MS, Instant
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
)
from net.network_time import MIN_PEERS
from net.node.wiring import Wiring
from net.onion.paths.guards import GUARDS, SPARES
from net.overlay.descriptor import EPOCH_HOURS, MAX_AHEAD_MS, OutOfDate, decode_descriptor, epoch_of
from net.reach.neighbours import Neighbour
from net.token_bucket import TokenBucket

# Questions for peers that one link may put: two at once, then one in two seconds.
ASK_RATE: Final = 0.5
ASK_BURST: Final = 4.0
# Seconds after which a node that asks us for the time, or describes itself anew, is asked for its own: its clock may have
# been set. And after which the question is put again when it was not answered after a jump of ours.
TIME_ASKED_BACK: Final = 5.0
TIME_DESCRIBED: Final = 0.5
TIME_RETRY: Final = 5.0
# Milliseconds around the turn of an epoch in which it may have turned for one of us alone: network time, and a look or two.
TURNING_MS: Final = 15_000
EPOCH_MS: Final = EPOCH_HOURS * HOUR_MS
# Descriptions that one link may give of itself, a signature to be checked each: its address wavers, the epoch turns.
DESCRIBE_RATE: Final = 1 / 30
DESCRIBE_BURST: Final = 8.0


@dataclass(slots=True)
class _Neighbour:
    """Who is at the other end of a link."""

    node: NodeId
    endpoint: Endpoint
    role: Role
    is_chosen: bool  # we dialled it, so it did not choose us
    asks: TokenBucket
    descriptions: TokenBucket
    heard_at: float  # monotonic: when it told its time
    asked_at: float = 0.0  # when it was asked for it
    refusals: Refusals = field(default_factory=Refusals)
    said: bytes | None = None  # its descriptor
    is_untried: bool = False  # it described itself too often to be read at once
    is_left_out: bool = False  # it is of another time


class Router:
    """The other ends of our links. Every ``now`` carries network time in its wall clock."""

    def __init__(self, own: NodeId, role: Role, parts: Wiring) -> None:
        self._own = own
        self._role = role
        self._parts = parts
        self._others: dict[LinkId, _Neighbour] = {}
        self._described: bytes | None = None  # what we told of ourselves last
        self._time = (0, -math.inf, -1)  # our time when we looked last: offset, last jump, epoch
        self._look_at = -math.inf
        self.malformed = 0  # messages that closed their link

    def ask_all(self, now: Instant) -> None:
        """Ask everybody for peers and the time."""
        for other in list(self._others.values()):
            if other.role is Role.FULL:
                self._ask(other, now)

    def tidy(self, now: Instant) -> None:
        """Describe ourselves anew when anything about us changed, and let go of links that are not needed any more."""
        parts = self._parts
        descriptor = parts.overlay.descriptor()
        if descriptor is not None and descriptor != self._described:
            self._described = descriptor
            for link in list(self._others):
                parts.post.put(link, Describe(descriptor), now)
        self._keep_time(now)
        # Where there are so few that all are linked, who is left out stays linked, so that it can be named.
        kept = parts.overlay.roster.left_out() if len(parts.overlay.roster) <= GUARDS + SPARES else []
        for node in parts.dialer.surplus():
            surplus = parts.link_pool.link_of(node_tag(node))
            if surplus is not None and node not in kept:
                parts.links.close(surplus, now)

    def _keep_time(self, now: Instant) -> None:
        """Look again who is of our time when ours changed, and now and then; ask whoever has not told the time since."""
        parts = self._parts
        former, self._time = self._time, (parts.time.offset_ms, parts.time.jumped_at, parts.upkeep.epoch)
        if former == self._time and now.mono < self._look_at:
            return
        self._look_at = now.mono + TIME_RETRY
        if former[2] not in {self._time[2], self._time[2] - 1}:
            parts.frontend.hang_up(now)
        for link, other in list(self._others.items()):
            if other.is_untried or other.is_left_out or not self._is_clock_right(other):
                self._read_again(link, other, now)
            is_due = now.mono >= other.asked_at + TIME_RETRY
            if other.role is Role.FULL and other.heard_at < parts.time.jumped_at and is_due:
                self._ask(other, now)
        if former[:2] != self._time[:2]:
            parts.transport.look_again(now)

    def _ask(self, other: _Neighbour, now: Instant) -> None:
        other.asked_at = now.mono
        self._parts.dialer.ask(other.node, now)

    def receive(self, event: LinkEvent, now: Instant) -> None:
        """Take what the links tell."""
        match event:
            case MessageReceived():
                self._on_message(event, now)
            case CellReceived():
                self._parts.link_pool.on_used(event.link, now)
                onion = self._parts.onion
                take = onion.receive_packet if event.kind is CellKind.PACKET else onion.receive_datagram
                take(event.link, event.data, now)
            case LinkUp():
                self._on_link_up(event, now)
            case LinkDown():
                self._on_link_down(event, now)
            case LinkQuiet() | LinkHeard():
                self._on_silence(event, now)
            case ConnectFailed():
                if event.peer == self._own:
                    self._parts.table.forget(self._own)
                self._parts.link_pool.on_connect_failed(event.endpoint, event.peer, now)
                self._parts.reach.on_connect_failed(event.peer, now)
                self._parts.dialer.on_connect_failed(event.endpoint, event.peer, now)

    def _on_link_up(self, up: LinkUp, now: Instant) -> None:
        parts = self._parts
        is_stranger = not up.is_initiator and not parts.reach.is_wanted(up.peer, now)
        if self._role is Role.LEAF and (up.role is Role.LEAF or is_stranger):
            # Leaves are of no use to each other; and whoever could dial in would learn that somebody is here.
            if up.is_initiator:
                parts.dialer.on_no_custodian(up.peer, up.endpoint, now)
            parts.links.close(up.link, now)
            return
        asks = TokenBucket(ASK_RATE, ASK_BURST)
        descriptions = TokenBucket(DESCRIBE_RATE, DESCRIBE_BURST)
        self._others[up.link] = _Neighbour(
            up.peer, up.endpoint, up.role, up.is_initiator, asks, descriptions, heard_at=now.mono
        )
        parts.frontend.on_link_up(up.link, now)
        is_on_demand = parts.link_pool.on_link_up(up.link, up.peer, up.endpoint, now)
        is_on_demand |= parts.reach.on_link_up(Neighbour(up.link, up.peer, up.endpoint, up.role, up.is_initiator), now)
        if self._described is not None:
            parts.post.put(up.link, Describe(self._described), now)
        if up.role is Role.LEAF:
            parts.table.forget(up.peer)
            return
        parts.time.on_time_told(up.peer, up.peer_wall_ms, self._own_time(now), is_chosen=up.is_initiator)
        parts.onion.on_link_up(up.peer, now)
        is_wanted = parts.dialer.on_link_up(up.peer, up.endpoint, now, is_ours=up.is_initiator)
        if is_wanted:
            parts.link_pool.keep(up.link)
            parts.reach.keep(up.link)
        elif not is_on_demand and up.is_initiator:
            parts.links.close(up.link, now)

    def _own_time(self, now: Instant) -> Instant:
        return Instant(now.mono, now.wall_ms - self._parts.time.offset_ms)

    def _on_silence(self, event: LinkQuiet | LinkHeard, now: Instant) -> None:
        if event.link in self._others:
            told = self._parts.onion.on_link_quiet if isinstance(event, LinkQuiet) else self._parts.onion.on_link_heard
            told(event.link, event.peer, now)

    def _on_link_down(self, down: LinkDown, now: Instant) -> None:
        if self._others.pop(down.link, None) is None:
            return
        parts = self._parts
        parts.link_pool.on_link_down(down.link)
        parts.calls.on_link_down(down.link, now)
        parts.frontend.on_link_down(down.link)
        parts.onion.on_link_down(down.link, down.peer, now)
        parts.reach.on_link_down(down.link, now)
        if parts.link_pool.link_of(node_tag(down.peer)) is None:
            parts.overlay.on_gone(down.peer, now)
            parts.time.forget(down.peer)
            parts.dialer.on_link_down(down.peer, now)

    def _on_message(self, received: MessageReceived, now: Instant) -> None:
        other = self._others.get(received.link)
        if other is None:
            return
        self._parts.link_pool.on_used(received.link, now)
        self._hear(received.link, other, received.data, now)

    def _hear(self, link: LinkId, other: _Neighbour, data: bytes, now: Instant) -> None:
        """Take a message; what is none ends the link, and what we do not know does not."""
        try:
            self._take(link, other, decode_message(data), now)
        except UnknownMessage as unknown:
            if (refusal := other.refusals.answer(unknown, now)) is not None:
                self._parts.post.put(link, refusal, now)
        except (DecodeError, Unauthenticated):
            self.malformed += 1
            self._parts.links.close(link, now)

    def _take(self, link: LinkId, other: _Neighbour, message: Message, now: Instant) -> None:
        parts = self._parts
        match message:
            case Cell() | Setup() | Destroy():
                parts.onion.receive(link, message, now)
            case Nodes() | Reflection() | DialBack() | Dialed() | Refused():
                parts.calls.receive(link, message, now)
            case Describe():
                other.said, other.is_untried = message.descriptor, True
                self._read(link, other, now)
            case AskPeers():
                if other.asks.take(1, now.mono):
                    own = self._own_time(now)
                    parts.post.put(link, parts.dialer.answer(other.node, other.endpoint, message, own), now)
                    self._ask_back(other, TIME_ASKED_BACK, now)
            case Peers():
                if other.role is Role.FULL and parts.dialer.receive(other.node, message, now):
                    self._on_time(link, other, message.wall_ms, now)
            case _:
                if not parts.reach.handle(message, link, now):
                    parts.frontend.receive(link, message, now)

    def _on_time(self, link: LinkId, other: _Neighbour, wall_ms: int, now: Instant) -> None:
        """A peer told its own clock's time."""
        other.heard_at = now.mono
        self._parts.time.on_time_told(other.node, wall_ms, self._own_time(now), is_chosen=other.is_chosen)
        if other.is_left_out or not self._is_clock_right(other):
            self._read_again(link, other, now)

    def _ask_back(self, other: _Neighbour, pause: float, now: Instant) -> None:
        """Ask for the time whoever told it longer ago than ``pause`` seconds."""
        if other.role is Role.FULL and now.mono >= max(other.heard_at, other.asked_at) + pause:
            self._ask(other, now)

    def _read(self, link: LinkId, other: _Neighbour, now: Instant) -> None:
        """Take what a peer says of itself; kept, and the peer left out, until our clocks agree if it is of another time.

        Who describes itself in a way that we do not know is as good as not described.
        """
        if other.said is None or other.role is Role.LEAF:
            return
        if other.is_left_out and self._parts.upkeep.epoch != epoch_of(now):
            return  # what goes by the epoch has not turned to ours yet
        if other.is_untried and not other.descriptions.take(1, now.mono):
            return
        other.is_untried = False
        try:
            if not self._is_of_our_time(other, other.said, now):
                raise OutOfDate("descriptor: clock")
            descriptor = self._parts.overlay.on_descriptor(other.said, other.node, other.endpoint, now)
        except OutOfDate:
            self._leave_out(other, now)
        except UnknownVersion:
            other.said = None
        else:
            self._parts.frontend.on_described(link, descriptor.overlay_id, now)
            self._take_back(other, now)
        self._ask_back(other, TIME_DESCRIBED, now)

    def _is_clock_right(self, other: _Neighbour) -> bool:
        """Say whether a peer's own clock, as it told it last, is within what clocks kept by people are off."""
        return abs(self._parts.time.ahead_ms(other.node)) <= MAX_AHEAD_MS

    def _is_of_our_time(self, other: _Neighbour, said: bytes, now: Instant) -> bool:
        """Say whether a peer keeps our time, as far as its own clock tells.

        Whose clock is wrong may have witnesses and keep network time: then its epoch is ours. Where all that there are do
        not suffice as witnesses, it cannot.
        """
        if self._is_clock_right(other):
            return True
        if shift := decode_descriptor(said).epoch - self._parts.upkeep.epoch:
            into = now.wall_ms % EPOCH_MS
            since_turn = into if shift < 0 else EPOCH_MS - into
            return abs(shift) == 1 and since_turn <= TURNING_MS and not other.is_left_out
        clocks = self._parts.time.clocks()
        witnesses = len(clocks.agreeing) + (self._role is Role.FULL)
        is_everybody = len(self._parts.overlay.roster) <= len(clocks.agreeing) + len(clocks.off)
        return not is_everybody or MIN_PEERS <= witnesses >= len(clocks.against)

    def _read_again(self, link: LinkId, other: _Neighbour, now: Instant) -> None:
        try:
            self._read(link, other, now)
        except (DecodeError, Unauthenticated):
            self.malformed += 1
            self._parts.links.close(link, now)

    def _leave_out(self, other: _Neighbour, now: Instant) -> None:
        """It is on no path, keeps nothing for us and is told of to nobody; linked it stays, to hear when it is right."""
        other.is_left_out = True
        self._parts.overlay.leave_out(other.node)
        self._parts.onion.guards.note_time(other.node, now, is_off=True)
        self._parts.transport.leave(other.node, now)

    def _take_back(self, other: _Neighbour, now: Instant) -> None:
        if other.is_left_out:
            other.is_left_out = False
            self._parts.onion.guards.note_time(other.node, now, is_off=False)
            self._parts.transport.look_again(now)
