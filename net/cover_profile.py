"""What hiding costs: delays, slots and cover traffic in three settings, sparing, normal and strong.

Delays at relays and pushes in slots blur when something was sent from when it is seen; loops, packets that come back to
their sender, hide when nothing is sent at all.

Reference: A. Piotrowska et al., "The Loopix Anonymity System" (2017).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from net.numbers import LARGE_DATAGRAM_SIZE

_LOOP_HOPS: Final = 4
_DAY: Final = 86_400.0


class CoverProfile(NamedTuple):
    """Seconds: the mean delay at each relay, the slot in which tags are pushed, the mean time between two loops."""

    hop_delay: float
    slot: float
    loop_period: float

    @property
    def bytes_per_day(self) -> int:
        """What this setting's cover traffic sends from this device in a day."""
        return round(_DAY / self.loop_period) * LARGE_DATAGRAM_SIZE

    @property
    def network_bytes_per_day(self) -> int:
        """What it costs all devices together."""
        return self.bytes_per_day * _LOOP_HOPS


# For lines on which bytes are paid for: hardly any loops, so an observer of the line sees when something is sent.
SPARING: Final = CoverProfile(hop_delay=0.1, slot=0.4, loop_period=600.0)
NORMAL: Final = CoverProfile(hop_delay=0.1, slot=0.4, loop_period=30.0)
STRONG: Final = CoverProfile(hop_delay=1.0, slot=2.0, loop_period=2.0)

# Milliseconds that a packet may wait at one relay. Honest senders draw more than twenty times the longest mean once in
# 5 · 10^8 hops; more than that is meant to fill us up.
MAX_DELAY_MS: Final = 20_000
