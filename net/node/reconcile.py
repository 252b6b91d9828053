"""Keeping house: what follows from the hour, from where we are reached, and from how large the network is.

    the epoch turned      -> Sphinx keys are drawn and dropped, and we describe ourselves anew
    our address changed   -> likewise, and loops come home another way
    the width changed     -> the custodian keeps another part of the address space, with other mates
    guards, mates changed -> the dialer keeps links with others
    paths fail            -> the overlay looks soon who is still there
    our clock jumped      -> the others are heard first; then the epoch may be another one, and we describe ourselves anew

All of it is looked at every few seconds and after every message that may have changed it; nothing happens when nothing did.
"""

from __future__ import annotations

from typing import Final

from net.custodian import Custodian
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.network_time import AGREEMENT_MS, HELD_TIME
from net.onion.onion import Onion
from net.overlay.descriptor import epoch_of
from net.overlay.overlay import Overlay
from net.peers.dialer import Dialer
from net.reach import Reach

# Seconds between two looks; the dearest of them compares a few dozen names.
PERIOD: Final = 5.0
# While nothing can be sent yet a client may be waiting for it.
EAGER_PERIOD: Final = 0.5
# Seconds after a jump of the own clock until the epoch is looked at: who has enough witnesses is right again by then, and
# has lost no key.
JUMP_PAUSE: Final = HELD_TIME


class Upkeep:
    """One node's housekeeping. Every ``now`` carries network time in its wall clock."""

    def __init__(
        self, overlay: Overlay, onion: Onion, reach: Reach, dialer: Dialer, custodian: Custodian | None
    ) -> None:
        self._overlay = overlay
        self._onion = onion
        self._reach = reach
        self._dialer = dialer
        self._custodian = custodian
        self.epoch = -1  # that we keep house for
        self._turned = Instant(0.0, 0)  # when we turned to it
        self._leapt_ms = 0  # how far the own clock jumped since
        self._address: tuple[Endpoint | None, bool] = (None, False)
        self._losses = 0
        self._due = 0.0

    def look(self, now: Instant) -> None:
        """See what changed and pass it on."""
        is_able = self._onion.paths.is_possible(now)
        self._due = now.mono + (PERIOD if is_able else EAGER_PERIOD)
        if not is_able and self._overlay.roster.is_ready:
            self._onion.guards.handle_timeout(now)  # there are nodes to draw from
        address = self._reach.public, self._reach.is_presumed_reachable
        if address != self._address:
            self._address = address
            if address[0] is not None:
                self._overlay.set_address(address[0], is_reachable=address[1])
            # A leaf's loops come home by a guard: another node that brought one would learn its address.
            is_shown = address[1] and self._custodian is not None
            self._onion.set_address(address[0] if is_shown else None)
        epoch = epoch_of(now)
        if epoch != self.epoch or self._has_jumped(now):
            is_jump, self.epoch, self._turned, self._leapt_ms = epoch != self.epoch + 1, epoch, now, 0
            self._overlay.turn(epoch, self._onion.turn(now), now.wall_ms)
            if is_jump:
                self._overlay.doubt(now)
        if self._custodian is not None and self._overlay.is_ready:
            self._custodian.set_scope(self._overlay.scope(), now, self._overlay.width())
        mates = self._mates()
        self._dialer.keep({**mates, **self._onion.guards.contacts()}, now, mates=mates)
        if self._onion.paths.losses != self._losses:
            self._losses = self._onion.paths.losses
            self._overlay.doubt(now)

    def _has_jumped(self, now: Instant) -> bool:
        """Say whether our time, or our clock, is another one than when we described ourselves; the others look then."""
        before = self._turned
        apart_ms = (now.wall_ms - before.wall_ms) - (now.mono - before.mono) * 1000
        return max(abs(apart_ms), abs(self._leapt_ms)) > AGREEMENT_MS

    def _mates(self) -> dict[NodeId, Endpoint]:
        """Return the other custodians of our scope. A leaf keeps nothing that they could want."""
        mates = self._overlay.mates() if self._custodian is not None else []
        return {mate.node: mate.endpoint for mate in mates}

    def handle_timeout(self, now: Instant) -> None:
        """Look, when it is time to."""
        if now.mono >= self._due:
            self.look(now)

    def on_clock_jump(self, by_ms: int, now: Instant) -> None:
        """The own clock shows another time; leave everything as it is for a moment."""
        self._leapt_ms += by_ms
        self._due = now.mono + JUMP_PAUSE

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._due
