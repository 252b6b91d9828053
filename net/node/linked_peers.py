"""The nodes at the other ends of our links, and what they tell of themselves: their descriptor and the time.

    Describe ─┐   of our time      -> the overlay and the frontend know it
    Peers ────┴─> of another time  -> left out: on no path, asked nothing, told of to no other node; linked it stays, and is
                                      read again when its clock or ours changes

A peer is of our time when its own clock is right, or when it has witnesses enough to keep network time all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.errors import DecodeError, Unauthenticated, UnknownVersion
from net.ids import Endpoint, NodeId
from net.instant import HOUR_MS, Instant
from net.link.events import LinkId, Role
from net.messages import Refusals
from net.network_time import MIN_PEERS, NetworkTime
from net.node.frontend import Frontend
from net.node.onion_transport import OnionTransport
from net.node.reconcile import Upkeep
from net.onion.paths.guards import Guards
from net.overlay.descriptor import EPOCH_HOURS, MAX_AHEAD_MS, OutOfDate, decode_descriptor, epoch_of
from net.overlay.overlay import Overlay
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
class LinkedPeer:
    """Who is at the other end of a link."""

    node: NodeId
    endpoint: Endpoint
    role: Role
    is_chosen: bool  # we dialled it, so it did not choose us
    heard_at: float  # monotonic: when it told its time
    asked_at: float = 0.0  # when it was asked for it
    asks: TokenBucket = field(default_factory=lambda: TokenBucket(ASK_RATE, ASK_BURST))
    descriptions: TokenBucket = field(default_factory=lambda: TokenBucket(DESCRIBE_RATE, DESCRIBE_BURST))
    refusals: Refusals = field(default_factory=Refusals)
    said: bytes | None = None  # its descriptor
    is_untried: bool = False  # it described itself too often to be read at once
    is_left_out: bool = False  # it is of another time


@dataclass(kw_only=True)
class LinkedPeers:
    """All linked nodes by their links. Every ``now`` carries network time in its wall clock."""

    role: Role
    time: NetworkTime
    overlay: Overlay
    guards: Guards
    frontend: Frontend
    transport: OnionTransport
    upkeep: Upkeep
    ask_peers: Callable[[NodeId, Instant], None]
    close: Callable[[LinkId, Instant], None]
    malformed: int = field(default=0, init=False)  # descriptors that closed their link when they were read again
    _peers: dict[LinkId, LinkedPeer] = field(default_factory=dict[LinkId, LinkedPeer], init=False)
    _seen: tuple[int, float, int] = field(default=(0, -math.inf, -1), init=False)  # our offset, last jump, epoch then
    _look_at: float = field(default=-math.inf, init=False)

    def links(self) -> list[LinkId]:
        """Return the links that are up."""
        return list(self._peers)

    def get(self, link: LinkId) -> LinkedPeer | None:
        """Return the peer at the other end of a link, None when there is no such link any more."""
        return self._peers.get(link)

    def on_link_up(self, link: LinkId, peer: LinkedPeer) -> None:
        """A link is up, with a peer that is of use to us."""
        self._peers[link] = peer

    def on_link_down(self, link: LinkId) -> bool:
        """A link is gone; False when it was none of ours."""
        return self._peers.pop(link, None) is not None

    def on_descriptor(self, link: LinkId, other: LinkedPeer, descriptor: bytes, now: Instant) -> None:
        """A peer described itself. Raises ``DecodeError``, ``Unauthenticated``."""
        other.said, other.is_untried = descriptor, True
        self._read(link, other, now)

    def ask_all(self, now: Instant) -> None:
        """Ask all linked nodes for peers and the time."""
        for other in list(self._peers.values()):
            if other.role is Role.FULL:
                self._ask(other, now)

    def keep_time(self, now: Instant) -> None:
        """Look again who is of our time when ours changed, and now and then; ask those that have not told the time since."""
        former, self._seen = self._seen, (self.time.offset_ms, self.time.jumped_at, self.upkeep.epoch)
        if former == self._seen and now.mono < self._look_at:
            return
        self._look_at = now.mono + TIME_RETRY
        if former[2] not in {self._seen[2], self._seen[2] - 1}:
            self.frontend.hang_up(now)
        for link, other in list(self._peers.items()):
            if other.is_untried or other.is_left_out or not self._is_clock_right(other):
                self._read_again(link, other, now)
            is_due = now.mono >= other.asked_at + TIME_RETRY
            if other.role is Role.FULL and other.heard_at < self.time.jumped_at and is_due:
                self._ask(other, now)
        if former[:2] != self._seen[:2]:
            self.transport.look_again(now)

    def on_time(self, link: LinkId, other: LinkedPeer, wall_ms: int, now: Instant) -> None:
        """A peer told its own clock's time."""
        other.heard_at = now.mono
        self.time.on_time_told(other.node, wall_ms, self.own_time(now), is_chosen=other.is_chosen)
        if other.is_left_out or not self._is_clock_right(other):
            self._read_again(link, other, now)

    def own_time(self, now: Instant) -> Instant:
        """Return ``now`` with our own wall clock instead of network time."""
        return Instant(now.mono, now.wall_ms - self.time.offset_ms)

    def ask_back(self, other: LinkedPeer, pause: float, now: Instant) -> None:
        """Ask those for the time that told it longer ago than ``pause`` seconds."""
        if other.role is Role.FULL and now.mono >= max(other.heard_at, other.asked_at) + pause:
            self._ask(other, now)

    def _ask(self, other: LinkedPeer, now: Instant) -> None:
        other.asked_at = now.mono
        self.ask_peers(other.node, now)

    def _read(self, link: LinkId, other: LinkedPeer, now: Instant) -> None:
        """Take what a peer says of itself; kept, and the peer left out, until our clocks agree if it is of another time.

        Who describes itself in a way that we do not know is as good as not described.
        """
        if other.said is None or other.role is Role.LEAF:
            return
        if other.is_left_out and self.upkeep.epoch != epoch_of(now):
            return  # what goes by the epoch has not turned to ours yet
        if other.is_untried and not other.descriptions.take(1, now.mono):
            return
        other.is_untried = False
        try:
            if not self._is_of_our_time(other, other.said, now):
                raise OutOfDate("descriptor: clock")
            descriptor = self.overlay.on_descriptor(other.said, other.node, other.endpoint, now)
        except OutOfDate:
            self._leave_out(other, now)
        except UnknownVersion:
            other.said = None
        else:
            self.frontend.on_described(link, descriptor.overlay_id, now)
            self._take_back(other, now)
        self.ask_back(other, TIME_DESCRIBED, now)

    def _is_clock_right(self, other: LinkedPeer) -> bool:
        """Say whether a peer's own clock, as it told it last, is within what clocks kept by people are off."""
        return abs(self.time.ahead_ms(other.node)) <= MAX_AHEAD_MS

    def _is_of_our_time(self, other: LinkedPeer, said: bytes, now: Instant) -> bool:
        """Say whether a peer keeps our time, as far as its own clock tells.

        Whose clock is wrong may have witnesses and keep network time: then its epoch is ours. Where all that there are do
        not suffice as witnesses, it cannot.
        """
        if self._is_clock_right(other):
            return True
        if shift := decode_descriptor(said).epoch - self.upkeep.epoch:
            into = now.wall_ms % EPOCH_MS
            since_turn = into if shift < 0 else EPOCH_MS - into
            return abs(shift) == 1 and since_turn <= TURNING_MS and not other.is_left_out
        clocks = self.time.clocks()
        witnesses = len(clocks.agreeing) + (self.role is Role.FULL)
        is_everybody = len(self.overlay.roster) <= len(clocks.agreeing) + len(clocks.off)
        return not is_everybody or MIN_PEERS <= witnesses >= len(clocks.against)

    def _read_again(self, link: LinkId, other: LinkedPeer, now: Instant) -> None:
        try:
            self._read(link, other, now)
        except (DecodeError, Unauthenticated):
            self.malformed += 1
            self.close(link, now)

    def _leave_out(self, other: LinkedPeer, now: Instant) -> None:
        """It is on no path, keeps nothing for us and is told of to no node; linked it stays, to hear when it is right."""
        other.is_left_out = True
        self.overlay.leave_out(other.node)
        self.guards.note_time(other.node, now, is_off=True)
        self.transport.leave(other.node, now)

    def _take_back(self, other: LinkedPeer, now: Instant) -> None:
        if other.is_left_out:
            other.is_left_out = False
            self.guards.note_time(other.node, now, is_off=False)
            self.transport.look_again(now)
