"""Who may build circuits here, and how many.

A setup costs elliptic work at once and memory for as long as its circuit lives, and anybody may send one. So each link has
a rate and a number of its own. Links are cheap, too: once half of all places are taken, a link that has its fair share
gets no more, so that a few strangers who hold many cannot keep everybody else out.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from net.instant import Instant
from net.link.events import LinkId
from net.token_bucket import TokenBucket

# A few thousand readers' worth at eight circuits of four hops each, were the network ten times as many leaves as relays.
MAX_CIRCUITS: Final = 2048
# Built over one link: in a small network two relays carry everybody's circuits.
MAX_CIRCUITS_PER_LINK: Final = 512
# Built over one link while half of all places are taken.
FAIR_SHARE: Final = 64
# Setups that one link may bring in a second, half a millisecond of work each, and at once: a network that starts anew.
SETUP_RATE: Final = 10.0
SETUP_BURST: Final = 128.0


class SetupAdmission:
    """Counts circuits by the link that they were built over."""

    def __init__(self) -> None:
        self._built: Counter[LinkId] = Counter()
        self._in_all = 0
        self._rates: dict[LinkId, TokenBucket] = {}

    def admits(self, link: LinkId, now: Instant) -> bool:
        """Say whether a link may build one more; asking counts for its rate."""
        if self._in_all >= MAX_CIRCUITS:
            return False
        if self._built[link] >= (FAIR_SHARE if self._in_all >= MAX_CIRCUITS // 2 else MAX_CIRCUITS_PER_LINK):
            return False
        rate = self._rates.get(link)
        if rate is None:
            rate = self._rates[link] = TokenBucket(SETUP_RATE, SETUP_BURST)
        return rate.take(1.0, now.mono)

    def begun(self, link: LinkId) -> None:
        """A circuit was built over a link."""
        self._built[link] += 1
        self._in_all += 1

    def ended(self, link: LinkId) -> None:
        """A circuit that was built over a link is over."""
        self._in_all -= 1
        self._built[link] -= 1
        if self._built[link] <= 0:
            del self._built[link]

    def link_down(self, link: LinkId) -> None:
        """A link is gone; its circuits are ending."""
        self._rates.pop(link, None)
