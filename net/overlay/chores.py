"""What a node does for its place in the overlay from time to time, and how often.

It looks up its own neighbourhood, so that it knows its swarm; random places, so that its roster is a fair sample; and asks
those in its table that were not heard for long whether they are there. What is done often at the start becomes seldom once
nothing new comes of it: that is most of what an idle node sends.
"""

from __future__ import annotations

from enum import Enum, auto
from random import Random
from typing import Final

from net.agenda import Agenda
from net.instant import Instant
from net.overlay.routing_table import K

# Seconds from the first link to the first lookup: others come up meanwhile.
START_DELAY: Final = 1.0
# Seconds between lookups of the own place; after a mate vanished; and at least.
NEIGHBOURHOOD_PERIOD: Final = 300.0
MATE_LOST_DELAY: Final = 10.0
NEIGHBOURHOOD_PAUSE: Final = 60.0
# Seconds until the next try when a lookup found no node at all.
RETRY_DELAY: Final = 10.0
# Random places looked up at the start, at most; and how many of them in a row without news end it.
FIRST_SAMPLES: Final = 8
NEWSLESS: Final = 2
# Seconds between lookups of random places; and once most of those that there are are known. Keys told last two hours.
SAMPLE_PERIOD: Final = 60.0
CALM_SAMPLE_PERIOD: Final = 240.0
MOST: Final = 0.8
# Seconds until the next while nodes are missed that should have been found, or what is sent through them is lost.
DOUBTING_PERIOD: Final = 10.0
# Nodes that a lookup of a random place looks for: what the roster takes of it. Where no lookup tells of nearly all nodes
# as many as fit into one datagram, at half the cost for each that is found.
SAMPLE_COUNT: Final = 8
MANY: Final = 2 * K
# Seconds between looks at the table.
REFRESH_PERIOD: Final = 60.0
# Periods are drawn from so much around their length, so that nodes that start together do not stay in step.
JITTER: Final = (0.75, 1.25)


class Chore(Enum):
    """What is done from time to time."""

    NEIGHBOURHOOD = auto()
    SAMPLE = auto()
    REFRESH = auto()


class Chores(Agenda[Chore]):
    """When each chore is due."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._rng = rng

    def again(self, chore: Chore, period: float, now: Instant) -> None:
        """Do it after about ``period`` seconds."""
        self.schedule(chore, now.mono + period * self._rng.uniform(*JITTER))
