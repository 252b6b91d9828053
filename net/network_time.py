"""Network time: the own clock, unless enough others agree that it is wrong.

Expiry, day and epoch are shared, so a node whose clock is hours off would lose mail. It does not set its clock; it adds an
offset: the median of what its peers' clocks say, when at least three of them, and more than half of all, agree within ten
minutes, and when that is more than ten minutes from its own. A minority of liars moves nothing. Names are free, and a crowd
can dial in: so most of those that this node itself dialled must agree as well.

With fewer witnesses nobody can know who is right. Then everybody keeps their own clock and goes on with those who agree with
it (a descriptor of another epoch is not taken, ``net.overlay``); who is *alone*, because nobody agrees with it or more agree
with each other against it, waits and says so, with both groups by name.

A peer's clock is compared when it tells its time; the difference is kept. That difference means nothing any more when the
own clock has been set or the machine has slept, which shows as the two own clocks moving apart, at once or little by little;
then everything is forgotten and asked anew, and for a second network time goes on as if nothing had happened. What was
thrown away stays away, so until the others were heard, and while they are not outnumbered, nothing is over by our clock
alone (``caution_ms``).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from net.ids import NodeId
from net.instant import Instant

# Peers needed to overrule the own clock.
MIN_PEERS: Final = 3
# Within this they agree, and beyond it they differ from us: clocks kept by people are minutes off, in milliseconds.
AGREEMENT_MS: Final = 10 * 60 * 1000
# Peers whose clocks are remembered; many more than a node is linked to.
MAX_PEERS: Final = 64
# A clock further from ours than this tells no time at all: a machine without a battery wakes up half a century ago.
MAX_DIFFERENCE_MS: Final = 100 * 365 * 24 * 3600 * 1000
# The own clocks having moved apart by more than this is a jump, in milliseconds.
JUMP_MS: Final = 60 * 1000
# Seconds between two rounds of questions after jumps: a clock that is slewed fast jumps at every look.
ASK_PAUSE: Final = 2.0
# Seconds after a jump for which network time goes on as before: until the others were heard. And how many of them, being
# most of those heard, end it when they agree with the clock as it is now.
HELD_TIME: Final = 1.0
HELD_BY: Final = 2
# Seconds after a jump forward for which nothing is over because of it: the others answer at once, or are dialled anew.
JUMP_CAUTION: Final = 60.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """What linked full nodes' clocks say beside ours.

    ``agreeing``: who agrees with network time as we have it. ``off``: who does not, and by how many milliseconds it is ahead
    of it. ``against``: those of ``off`` that agree with each other, the largest such group. ``is_alone``: our own clock is
    the odd one, and there are too few witnesses to correct it.
    """

    agreeing: tuple[NodeId, ...] = ()
    off: tuple[tuple[NodeId, int], ...] = ()
    against: tuple[NodeId, ...] = ()
    is_alone: bool = False


class NetworkTime:
    """What the clocks of linked full nodes make of ours."""

    def __init__(self) -> None:
        self._differences: dict[NodeId, int] = {}
        self._chosen: set[NodeId] = set()  # those of them that we dialled
        self._anchor: Instant | None = None  # when the differences began to be taken
        self.leapt_ms = 0  # how far the last jump went
        self._held_ms = 0  # what makes network time go on as if there had been no jump
        self._held_until = -math.inf
        self._asked_at = -math.inf
        self._is_unasked = False  # a jump after which no peer was asked yet
        self._clocks: Clocks | None = None  # None: to be looked at anew
        self.jumped_at = -math.inf  # monotonic
        self.offset_ms = 0

    def on_time_told(self, peer: NodeId, wall_ms: int, now: Instant, *, is_chosen: bool = True) -> None:
        """Note that ``peer``'s wall clock shows ``wall_ms`` now; ``is_chosen`` when it was us who dialled."""
        if abs(wall_ms - now.wall_ms) > MAX_DIFFERENCE_MS:
            return
        if peer in self._differences or len(self._differences) < MAX_PEERS:
            self._differences[peer] = wall_ms - now.wall_ms
            (self._chosen.add if is_chosen else self._chosen.discard)(peer)
            self._agree()

    def forget(self, peer: NodeId) -> None:
        """A peer is gone; its clock does not count any more."""
        if self._differences.pop(peer, None) is not None:
            self._chosen.discard(peer)
            self._agree()

    def look(self, now: Instant) -> bool:
        """Look at the own clocks; True when they jumped, so that all peers must be asked again."""
        if self._anchor is None:
            self._anchor = now
        if self._held_ms and now.mono >= self._held_until:
            self._held_ms = 0
            self._agree()
        apart = (now.wall_ms - self._anchor.wall_ms) - (now.mono - self._anchor.mono) * 1000
        if abs(apart) > JUMP_MS:
            self._anchor, self.leapt_ms = now, round(apart)
            self._held_ms, self._held_until = self.offset_ms - self.leapt_ms, now.mono + HELD_TIME
            self._differences.clear()
            self._chosen.clear()
            self._agree()
            self.jumped_at = now.mono
            self._is_unasked = True
        if not self._is_unasked or now.mono < self._asked_at + ASK_PAUSE:
            return False
        self._asked_at, self._is_unasked = now.mono, False
        return True

    def _agree(self) -> None:
        offset = agreed_offset_ms(list(self._differences.values()))
        near = sum(abs(self._differences[peer] - offset) <= AGREEMENT_MS for peer in self._chosen)
        with_us = sum(abs(each) <= AGREEMENT_MS for each in self._differences.values())
        if with_us >= HELD_BY and 2 * with_us > len(self._differences):
            self._held_ms = 0
        self.offset_ms = (offset if 2 * near > len(self._chosen) else 0) or self._held_ms
        self._clocks = None

    # --- who is off ---------------------------------------------------------------------------------------------------

    def clocks(self) -> Clocks:
        """Say who agrees with network time and who does not."""
        if self._clocks is None:
            self._clocks = self._compare()
        return self._clocks

    def _compare(self) -> Clocks:
        ahead = {peer: difference - self.offset_ms for peer, difference in self._differences.items()}
        agreeing = tuple(peer for peer, each in ahead.items() if abs(each) <= AGREEMENT_MS)
        off = tuple((peer, each) for peer, each in ahead.items() if abs(each) > AGREEMENT_MS)
        low, high = largest_group([each for _, each in off])
        against = tuple(peer for peer, each in off if low <= each <= high)
        is_alone = not self.offset_ms and bool(off) and (not agreeing or len(against) > 1 + len(agreeing))
        return Clocks(agreeing, off, against, is_alone)

    def ahead_ms(self, peer: NodeId) -> int:
        """Return how far a peer's clock is ahead of network time; 0 when it has not told."""
        return self._differences.get(peer, self.offset_ms) - self.offset_ms

    def difference_ms(self) -> int:
        """Return how far the peers' clocks are ahead of the own one, as far as they agree; 0 when no peer is known."""
        clocks = self.clocks()
        those = clocks.against if clocks.is_alone else clocks.agreeing
        return round(median(self._differences[peer] for peer in those)) if those else self.offset_ms

    def caution_ms(self, now: Instant) -> int:
        """Return what to add to the own clock, 0 or less, to know what is over beyond doubt."""
        clocks = self.clocks()
        if self.offset_ms:
            cautious = self.offset_ms
        elif clocks.against and len(clocks.against) > len(clocks.agreeing):
            cautious = round(median(self._differences[peer] for peer in clocks.against))
        else:
            cautious = 0
        if not self._differences and now.mono < self.jumped_at + JUMP_CAUTION:
            cautious = -self.leapt_ms
        return min(cautious, 0)


def agreed_offset_ms(differences: Sequence[int]) -> int:
    """Return what to add to the own clock, given how far the peers' clocks are ahead of it."""
    if len(differences) < MIN_PEERS:
        return 0
    middle = median(differences)
    near = [each for each in differences if abs(each - middle) <= AGREEMENT_MS / 2]
    if len(near) < MIN_PEERS or 2 * len(near) <= len(differences):
        return 0
    agreed = round(median(near))
    return agreed if abs(agreed) > AGREEMENT_MS else 0


def largest_group(differences: Sequence[int]) -> tuple[int, int]:
    """Return the ends of the span of ten minutes that most of these lie in; of several the one nearest to zero."""
    ordered = sorted(differences)
    best = (0, -math.inf, 0, -1)  # size, nearness, low, high: an empty span
    for at, low in enumerate(ordered):
        end = bisect_right(ordered, low + AGREEMENT_MS)
        best = max(best, (end - at, -abs(low), low, ordered[end - 1]))
    return best[2], best[3]
