"""What somebody may cost, in the long run and at once: the token bucket, by which all that strangers ask is rationed.

``NestedRates`` rations networks that lie in each other (``net.networks``): the outermost has a rate, and each inside another
half of that one's. So many hosts of one network get no more than it, and no host of it takes it all. The last third of a
network's burst is kept for those in it who used less than half of theirs: who always asks for more than its rate has nothing
left and waits, and who comes seldom finds something there.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

# The part of a burst that is kept for those who used less than half of theirs.
RESERVE: Final = 1 / 3
# Networks of all levels whose use is remembered; the one that asked longest ago is forgotten, its burst being full by then.
MAX_NETWORKS: Final = 4096


@dataclass(slots=True)
class TokenBucket:
    """Lets ``rate`` units a second pass in the long run and ``burst`` at once."""

    rate: float
    burst: float
    _level: float = -1.0
    _at: float = 0.0

    def take(self, amount: float, now: float) -> bool:
        """Take ``amount`` if it is there; ``now`` in monotonic seconds."""
        if amount > self.level(now):
            return False
        self._level -= amount
        return True

    def level(self, now: float) -> float:
        """Return how much there is to take."""
        level = self.burst if self._level < 0 else min(self.burst, self._level + max(0.0, now - self._at) * self.rate)
        self._at, self._level = now, level
        return level


class NestedRates:
    """A bucket for each network: ``rate`` and ``burst`` are those of an outermost one."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, networks: tuple[str, ...], now: float) -> bool:
        """Take one unit for who is in these networks, outermost first, if it is there at every level."""
        buckets = [self._bucket(name, depth) for depth, name in enumerate(networks)]
        if not all(bucket.level(now) >= 1.0 for bucket in buckets):
            return False
        for outer, inner in pairwise(buckets):
            if outer.level(now) < outer.burst * RESERVE and not _is_modest(inner, now):
                return False
        return all(bucket.take(1.0, now) for bucket in buckets)

    def is_modest(self, networks: tuple[str, ...], now: float) -> bool:
        """Say whether the outermost network has used less than half of its burst."""
        return _is_modest(self._bucket(networks[0], 0), now)

    def _bucket(self, name: str, depth: int) -> TokenBucket:
        share = 0.5**depth
        bucket = self._buckets.pop(name, None) or TokenBucket(self._rate * share, self._burst * share)
        self._buckets[name] = bucket
        if len(self._buckets) > MAX_NETWORKS:
            self._buckets.popitem(last=False)
        return bucket


def _is_modest(bucket: TokenBucket, now: float) -> bool:
    return bucket.level(now) >= bucket.burst / 2
