"""A town that has been there for long: what its nodes would have found out about each other is given to them.

Thousands of nodes that join one after another cost an hour of a core, and what is measured after it is mostly their
joining. Here those who are up at the beginning start together, link with a few, and are then told by the world what lookups
would have told them: a table of who is there, a sample for paths, how dense places lie. Everything from there on is their
own doing: they link with their guards and mates, agree about widths, read, deposit; nodes that come later join as usual.
Their owners come one after another; when the last is there, ``COMING`` seconds later, there is something to measure.
"""

# It writes into private parts of nodes.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import math
from random import Random
from typing import Final

from net.ids import Endpoint
from net.instant import Instant
from net.overlay.chores import (
    CALM_SAMPLE_PERIOD,
    NEIGHBOURHOOD_PERIOD,
    REFRESH_PERIOD,
    SAMPLE_COUNT,
    Chore,
)
from net.overlay.descriptor import Descriptor
from net.overlay.lookups import Found
from net.overlay.network_size import MAX_SAMPLES
from net.overlay.overlay import Overlay
from net.overlay.roster import MAX_ROSTER
from net.overlay.routing_table import ID_BITS, K, nearest
from simulator.town import Habits, Town
from simulator.world import Host

# Seconds in which those who are up at the beginning start, and until they have linked with a few and know their addresses.
ARRIVAL: Final = 30.0
ACQUAINTING: Final = 30.0
# Seconds after that in which their owners come: all at once they would keep each other waiting for directories.
COMING: Final = 300.0
# Places whose distance to the nearest nodes is measured for every node's first estimate of the size.
SOUNDINGS: Final = 64
# What a node that has been up for long does now and again, and its periods: every node is somewhere in each.
_CHORES: Final = {
    Chore.NEIGHBOURHOOD: NEIGHBOURHOOD_PERIOD,
    Chore.SAMPLE: CALM_SAMPLE_PERIOD,
    Chore.REFRESH: REFRESH_PERIOD,
}


class OldTown(Town):
    """A town as it is long after its beginning."""

    arrival = ARRIVAL

    def __init__(self, size: int, seed: int, habits: Habits | None = None) -> None:
        self._is_young = True
        super().__init__(size, seed, habits)
        self.run_for(ARRIVAL + ACQUAINTING)
        self._is_young = False
        self._tell_all()

    def _start(self, host: Host, _unused: None) -> None:
        if not self._is_young:
            super()._start(host, _unused)
            return
        person = self.people[self.hosts.index(host)]
        person.delay = ARRIVAL + ACQUAINTING + self.rng.uniform(0.0, COMING) - self.world.now
        super()._start(host, _unused)
        _overlay(host)._begun_at = math.inf  # its first round of lookups is not needed

    def _tell_all(self) -> None:
        there = [
            (_overlay(host)._verifier.check(data, host.now()), host.endpoint)
            for host in self.hosts
            if host.is_up and (data := _overlay(host).descriptor()) is not None
        ]
        soundings = self._sound([descriptor for descriptor, _ in there])
        for host in self.hosts:
            if host.is_up:
                self.rng.shuffle(there)
                _tell(_overlay(host), there, self.rng.sample(soundings, MAX_SAMPLES), host.now(), self.rng)
                host.flush()

    def _sound(self, there: list[Descriptor]) -> list[Found]:
        targets = [self.rng.randbytes(ID_BITS // 8) for _ in range(SOUNDINGS)]
        return [Found(each, nearest(there, int.from_bytes(each, "big"), SAMPLE_COUNT), 1, 0, 0) for each in targets]


def _overlay(host: Host) -> Overlay:
    return host.node()._parts.overlay


def _tell(
    overlay: Overlay, there: list[tuple[Descriptor, Endpoint]], soundings: list[Found], now: Instant, rng: Random
) -> None:
    """Tell one node everything: who is near it and who is far, whom to route through, how many there are."""
    others = [each for each in there if each[0].overlay_id != overlay._own]
    own = int.from_bytes(overlay._own, "big")
    near = nearest([descriptor for descriptor, _ in others], own, 2 * K)
    seats = dict.fromkeys(range(ID_BITS), 0)
    for descriptor, endpoint in [(each, each.endpoint) for each in near] + others:
        bucket = (descriptor.place ^ own).bit_length() - 1
        if seats[bucket] < K:
            seats[bucket] += overlay.table.on_descriptor(descriptor, endpoint, now)
    for descriptor, _ in others[:MAX_ROSTER]:
        overlay.roster.hear(descriptor)
    for each in soundings:
        overlay._size.observe(each, SAMPLE_COUNT)
    overlay._sampling.skip_first_round()
    overlay._knows_neighbourhood = True
    overlay._begun_at = now.mono
    overlay._adapt()
    for chore, period in _CHORES.items():
        overlay._chores.schedule(chore, now.mono + rng.uniform(0.0, period))
