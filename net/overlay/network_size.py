"""How many full nodes there are, and so how wide a bucket is.

No node counts a network. But places are spread evenly, so the distance to the k-th closest node of any place tells how
dense they lie: as a part of the whole space d_k has a Gamma distribution with mean k/n. Of several lookups together
(Σk − 1) / Σd_k is an unbiased estimate of n, wrong by about 1/√Σk: a tenth for a dozen lookups of eight. A lookup that
found fewer than it was asked for has seen all nodes, and then there is nothing to estimate.

A liar who crowds the target of one lookup, or hides all nodes there, moves one sample: samples beyond four times the
median, or below a quarter, are left out.

The *coverage width* c is how many bits of an address a custodian's scope shares: 8 to 16 nodes for each scope. It is
changed only when it has become quite wrong (under 7, from 18 on), so that a network whose size wavers about a threshold
does not move its parcels to and fro. Wider bounds would let honest widths differ by two, where writer and reader miss each
other: with these it takes estimates that differ by three quarters.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from typing import Final, NamedTuple

from net.bucket import ADDRESS_BITS
from net.overlay.descriptor import place_of
from net.overlay.lookups import Found
from net.overlay.routing_table import ID_BITS

# Lookups that an estimate is made from; with one lookup a minute a change of size has arrived in ten.
MAX_SAMPLES: Final = 16
# Lookups of our own from which on those that others told us of do not count any more.
ENOUGH_OWN: Final = 4
# A sample beyond this ratio to the median tells of a lie or of chance, not of the network.
OUTLIER: Final = 4.0
# Nodes for each scope: aimed at from, and the bounds within which a width is kept.
SWARM: Final = 8
MIN_SWARM: Final = 7
MAX_SWARM: Final = 18


class _Sample(NamedTuple):
    """What one lookup says. ``spread``: the distance of the farthest of ``nodes``; 0 when there were no others at all."""

    nodes: int
    spread: float

    @property
    def estimate(self) -> float:
        # One less: that there is one at the very distance is how the distance was chosen.
        return (self.nodes - 1) / self.spread if self.spread else float(self.nodes)


class SizeEstimate:
    """The number of other full nodes, from lookups: from what others told only until we have looked a few times."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=MAX_SAMPLES)
        self._told: deque[_Sample] = deque(maxlen=MAX_SAMPLES)

    def observe(self, found: Found, wanted: int, *, is_told: bool = False) -> None:
        """Take what a lookup for ``wanted`` nodes found. One that mostly met silence tells nothing."""
        count = len(found.nodes)
        if count == 0 or found.unanswered > found.questions // 2:
            return
        samples = self._told if is_told else self._samples
        if count < wanted:
            samples.append(_Sample(count, 0.0))
        else:
            farthest = place_of(found.target) ^ found.nodes[-1].place
            samples.append(_Sample(count, math.ldexp(float(farthest), -ID_BITS)))

    def others(self) -> float | None:
        """Return the estimate; None before any lookup."""
        samples = list(self._samples)
        if len(samples) < ENOUGH_OWN:
            samples += self._told
        if not samples:
            return None
        median = statistics.median(sample.estimate for sample in samples)
        pooled = [each for each in samples if each.spread and median / OUTLIER <= each.estimate <= median * OUTLIER]
        if 2 * len(pooled) <= len(samples):
            return median
        return (sum(each.nodes for each in pooled) - 1) / sum(each.spread for each in pooled)


class CoverageWidth:
    """The width in use, 0 at first."""

    def __init__(self) -> None:
        self.bits = 0

    def follow(self, nodes: float) -> bool:
        """Adapt to so many full nodes; return whether the width changed."""
        before = self.bits
        if not self._fits(nodes):
            self.bits = width_for(nodes)
        return self.bits != before

    def _fits(self, nodes: float) -> bool:
        swarm = math.ldexp(nodes, -self.bits)
        return swarm < MAX_SWARM and (self.bits == 0 or swarm >= MIN_SWARM)


def width_for(nodes: float) -> int:
    """Return the width at which 8 to 16 nodes share a scope; 0 when there are fewer."""
    return min(max(0, int(math.log2(max(nodes, 1.0) / SWARM))), ADDRESS_BITS)
