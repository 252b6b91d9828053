"""Loops: packets that we send to ourselves, so that silence looks like talk.

One leaves after each exponential period, whatever else is sent: an observer of our links sees packets go and come all
the time, and cannot tell which of them carry something. A loop takes three relays like a box and comes back to where we
listen, or, when we cannot be reached, over the link of a guard, who therefore knows what it is. It carries a nonce that only
we know; one that does not come back speaks against the relays on its way.

Reference: A. Piotrowska et al., "The Loopix Anonymity System" (2017), section 4.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.agenda import Agenda
from net.errors import Overloaded, Unreachable
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.onion.packet_sender import NONCE_SIZE, Kind, SendPacket
from net.onion.packets.cipher import Hop
from net.onion.paths.paths import Path, Paths
from net.overlay.descriptor import packed_host

# Seconds after which a loop counts as lost: ten times the mean delay of three relays in the strong setting.
LOOP_PATIENCE: Final = 30.0
# Loops under way: four times what the strong setting has on average.
MAX_LOOPS: Final = 64

_NOWHERE: Final = bytes(16)


@dataclass(slots=True)
class LoopCounters:
    """Since the start; those under way are sent and neither returned nor lost. ``skipped``: there was no path."""

    sent: int = 0
    returned: int = 0
    lost: int = 0
    skipped: int = 0


def home_hop(own: NodeId, endpoint: Endpoint | None, key: bytes) -> Hop:
    """Return ourselves as a last hop; ``endpoint`` None when we cannot be reached, ``key`` is our Sphinx key of now."""
    tag = node_tag(own)
    if endpoint is None:
        return Hop(key, _NOWHERE, 0, tag, 0)
    return Hop(key, packed_host(endpoint.host), endpoint.port, tag, 0)


class Loops:
    """Our loops. ``home`` gives ourselves as a last hop (``home_hop``), or None while we have no Sphinx key."""

    def __init__(
        self,
        paths: Paths,
        send_packet: SendPacket,
        home: Callable[[Instant], Hop | None],
        rng: random.Random,
        random: Callable[[int], bytes],
    ) -> None:
        self.counters = LoopCounters()
        self._paths = paths
        self._send_packet = send_packet
        self._home = home
        self._rng = rng
        self._random = random
        self._under_way: dict[bytes, Path] = {}
        self._silences: Agenda[bytes] = Agenda()
        self._next_at: float | None = None  # None: never asked for yet

    def receive(self, nonce: bytes, now: Instant) -> bool:
        """Take the body of a loop that ended here; False when it is none of ours, or came too late."""
        path = self._under_way.pop(nonce, None)
        if path is None:
            return False
        self._silences.cancel(nonce)
        self.counters.returned += 1
        self._paths.on_path_worked(path, now)
        return True

    def handle_timeout(self, now: Instant) -> None:
        """Send the next loop, give up on those that do not come back."""
        for nonce in self._silences.pop_due(now.mono):
            self.counters.lost += 1
            self._paths.on_path_failed(self._under_way.pop(nonce), now)
        if self._next_at is None or now.mono >= self._next_at:
            if self._next_at is not None:
                self._send(now)
            self._next_at = now.mono + self._rng.expovariate(1 / self._paths.cover_profile.loop_period)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(0.0 if self._next_at is None else self._next_at, self._silences.next_deadline())

    def _send(self, now: Instant) -> None:
        home = self._home(now)
        if home is None or len(self._under_way) >= MAX_LOOPS:
            self.counters.skipped += 1
            return
        nonce = self._random(NONCE_SIZE)
        try:
            path = self._paths.loop(home, now)
            self._send_packet(path, Kind.LOOP, nonce)
        except (Unreachable, Overloaded):
            self.counters.skipped += 1
            return
        self._under_way[nonce] = path
        self._silences.schedule(nonce, now.mono + LOOP_PATIENCE)
        self.counters.sent += 1
