"""Looks at random places, which fill the roster and tell the size of the network.

At first one follows the other until there is no news. Then they come at their period; soon while nodes are missed that
should have been found, and seldom once most nodes of the network are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from net.instant import Instant
from net.overlay.chores import (
    CALM_SAMPLE_PERIOD,
    DOUBTING_PERIOD,
    FIRST_SAMPLES,
    MANY,
    MOST,
    NEWSLESS,
    RETRY_DELAY,
    SAMPLE_COUNT,
    SAMPLE_PERIOD,
    Chore,
    Chores,
)
from net.overlay.leaf_sampling import LeafSampling, Sampled
from net.overlay.lookups import Found, LookUp
from net.overlay.roster import MAX_ROSTER, Roster
from net.overlay.routing_table import ID_BITS, TOLD_AT_ONCE


class Sampling:
    """The looks of one node at random places. ``leaf`` does them for a leaf; a full node's are lookups of its own.

    ``size`` returns the estimated number of full nodes; ``adapt`` is called when the estimate may have changed.
    """

    def __init__(
        self,
        roster: Roster,
        chores: Chores,
        look_up: LookUp,
        leaf: LeafSampling | None,
        size: Callable[[], float],
        adapt: Callable[[], None],
        random: Callable[[int], bytes],
    ) -> None:
        self._roster = roster
        self._chores = chores
        self._look_up = look_up
        self._leaf = leaf
        self._size = size
        self._adapt = adapt
        self._random = random
        self._samples = self._newsless = 0  # looks that found a node; looks without news in a row
        self._sampled_at = -math.inf

    def skip_first_round(self) -> None:
        """Count as a node whose roster is filled, as one is that has been up for long."""
        self._samples, self._newsless = FIRST_SAMPLES, NEWSLESS
        self._roster.is_ready = True

    def count(self) -> int:
        """Return how many nodes a look asks for: where a lookup tells of nearly all of them, fewer."""
        return SAMPLE_COUNT if len(self._roster) <= MANY else TOLD_AT_ONCE

    def doubt(self, now: Instant) -> None:
        """What was sent through nodes of the roster got lost: see soon whether they are still there."""
        if self._roster.is_ready:
            self._chores.schedule(Chore.SAMPLE, max(now.mono, self._sampled_at + DOUBTING_PERIOD))

    def sample(self, now: Instant) -> None:
        """Look at a random place, and plan the next look. Raises ``Overloaded``."""
        self._chores.again(Chore.SAMPLE, SAMPLE_PERIOD, now)
        self._sampled_at = now.mono
        target = self._random(ID_BITS // 8)
        if self._leaf is None:
            self._look_up(target, self.count(), now, self._on_found, None)
        else:
            self._leaf.sample(target, now, self._on_leaf_sampled)

    def _on_found(self, found: Found, now: Instant) -> None:
        missed = self._roster.compare(found.target, [found.nodes], found.wanted)
        self._on_sampled(Sampled(len(found.nodes), self._roster.hear_lookup(found.nodes), missed), now)

    def _on_leaf_sampled(self, sampled: Sampled, now: Instant) -> None:
        self._adapt()
        self._on_sampled(sampled, now)

    def _on_sampled(self, sampled: Sampled, now: Instant) -> None:
        """Go on at once during the first round, which ends after some lookups or when there is no news."""
        self._samples += sampled.found > 0
        self._newsless = 0 if sampled.news else self._newsless + 1
        if not self._roster.is_ready and sampled.found:
            self._roster.is_ready = self._samples >= FIRST_SAMPLES or self._newsless >= NEWSLESS
            if not self._roster.is_ready:
                self._chores.schedule(Chore.SAMPLE, now.mono)
            self._adapt()
        elif not sampled.found:
            self._chores.again(Chore.SAMPLE, RETRY_DELAY, now)
        elif sampled.missed:
            self._chores.again(Chore.SAMPLE, DOUBTING_PERIOD, now)
        else:
            self._chores.again(Chore.SAMPLE, self._period(), now)

    def _period(self) -> float:
        is_calm = len(self._roster) >= MOST * min(self._size(), MAX_ROSTER)
        if self._leaf is not None:
            return self._leaf.period(is_calm=is_calm)
        return CALM_SAMPLE_PERIOD if is_calm else SAMPLE_PERIOD
