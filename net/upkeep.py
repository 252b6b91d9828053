"""Keeping house: what follows from the hour, from where we are reached, and from how large the network is.

    the epoch turned      -> Sphinx keys are drawn and dropped, and we describe ourselves anew
    our address changed   -> likewise, and loops come home another way
    the width changed     -> the custodian keeps another part of the address space, with other mates
    guards, mates changed -> the dialer keeps links with others
    paths fail            -> the overlay looks soon who is still there

All of it is looked at every few seconds and after every message that may have changed it; nothing happens when nothing did.
"""

from __future__ import annotations

from typing import Final

from net.custodian import Custodian
from net.dialer import Dialer
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.onion.onion import Onion
from net.overlay.descriptor import epoch_of
from net.overlay.overlay import Overlay
from net.reach import Reach

# Seconds between two looks; the dearest of them compares a few dozen names.
PERIOD: Final = 5.0
# While nothing can be sent yet somebody may be waiting for it.
EAGER_PERIOD: Final = 0.5


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
        self._epoch = -1
        self._address: tuple[Endpoint | None, bool] = (None, False)
        self._losses = 0
        self._due = 0.0

    def look(self, now: Instant) -> None:
        """See what changed and pass it on."""
        is_able = self._onion.paths.is_possible(now)
        self._due = now.mono + (PERIOD if is_able else EAGER_PERIOD)
        if not is_able and self._overlay.roster.is_ready:
            self._onion.guards.handle_timeout(now)  # there is somebody to draw from
        address = self._reach.public, self._reach.is_presumed_reachable
        if address != self._address:
            self._address = address
            if address[0] is not None:
                self._overlay.set_address(address[0], is_reachable=address[1])
            # A leaf's loops come home by a guard: whoever else brought one would learn its address.
            is_shown = address[1] and self._custodian is not None
            self._onion.set_address(address[0] if is_shown else None)
        epoch = epoch_of(now)
        if epoch != self._epoch:
            self._epoch = epoch
            self._overlay.turn(epoch, self._onion.turn(now), now.wall_ms)
        if self._custodian is not None and self._overlay.is_ready:
            self._custodian.set_scope(self._overlay.scope(), now, self._overlay.width())
        mates = self._mates()
        self._dialer.keep({**mates, **self._onion.guards.contacts()}, now, mates=mates)
        if self._onion.paths.losses != self._losses:
            self._losses = self._onion.paths.losses
            self._overlay.doubt(now)

    def _mates(self) -> dict[NodeId, Endpoint]:
        """Return the other custodians of our scope. A leaf keeps nothing that they could want."""
        mates = self._overlay.mates() if self._custodian is not None else []
        return {mate.node: mate.endpoint for mate in mates}

    def handle_timeout(self, now: Instant) -> None:
        """Look, when it is time to."""
        if now.mono >= self._due or epoch_of(now) != self._epoch:
            self.look(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._due
