"""What a client may cost, in the long run and at once: the token bucket, by which all that strangers ask is rationed.

``FairUse`` shares out one bucket by networks that lie in each other (``net.address_shares``). What each used of late is
remembered, and fades. An outermost network may have used ``share`` times what is in the bucket now; what lies in it, twice
what is left to it. So the more ask for more than there is, the less each may have used, and something stays in the bucket
for who used little: a newcomer is served before those who flood, and of them each gets much the same. One address gets two
thirds of what its network may have, two of them four fifths, and the rest is there for their neighbours.

Reference: A. Choudhury, E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches" (1998).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

# Seconds in which two thirds of what was used is forgotten: as long as a client that comes online waits for the second try.
MEMORY: Final = 5.0
# How many times what is left to a network each part of it may have used.
INNER_SHARE: Final = 2.0
# Networks of all levels whose use is remembered; the one that asked longest ago is forgotten.
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


@dataclass(slots=True)
class _Use:
    """What a network used, fading."""

    amount: float = 0.0
    at: float = 0.0

    def fade(self, now: float) -> float:
        self.amount *= math.exp(min(0.0, self.at - now) / MEMORY)
        self.at = now
        return self.amount


class FairUse:
    """Shares out a bucket: an outermost network may have used ``share`` times what is in it."""

    def __init__(self, bucket: TokenBucket, share: float) -> None:
        self._bucket = bucket
        self._share = share
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def take(self, networks: tuple[str, ...], now: float) -> bool:
        """Take one unit for who is in these networks, outermost first, if it is there and theirs to take."""
        left = self._share * self._bucket.level(now)
        uses = [self._use(name) for name in networks]
        for use in uses:
            if use.fade(now) + 1.0 > left:
                return False
            left = INNER_SHARE * (left - use.amount)
        if not self._bucket.take(1.0, now):
            return False
        for use in uses:
            use.amount += 1.0
        return True

    def _use(self, name: str) -> _Use:
        use = self._uses.pop(name, None) or _Use()
        self._uses[name] = use
        if len(self._uses) > MAX_NETWORKS:
            self._uses.popitem(last=False)
        return use
