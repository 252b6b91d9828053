"""Endpoints where a node may live, by hearsay: bounded, mixed, tried a few times, then forgotten.

Whoever answers in the DHT or broadcasts on the local network may say anything. So

- one reply brings in a few endpoints at most, one source a part of the table, one network (/16, or /32 of IPv6) a few;
- what is here pushes out nothing that is here: it leaves by being tried, which happens within minutes;
- sources take turns in being tried, so that a flood from one keeps none of the others waiting;
- what failed or worked is not taken in again for some minutes, so that repeating a lie buys nothing;
- low ports are refused: our datagrams are nothing for name and time servers that somebody dislikes.

A hint is worth one datagram to its address, less than it cost to tell; ``LinkLayer.connect(is_probe=True)`` sends no more.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from net.ids import Endpoint
from net.instant import Instant
from net.scope import Scope, network_of, scope_of

MAX_HINTS: Final = 64
# What one reply may bring in: an eighth of the table.
MAX_PER_REPLY: Final = MAX_HINTS // 8
# Hints in one public network. Smaller networks are few and close by; they are bounded by the table alone.
MAX_PER_NETWORK: Final = 4
# Ports below belong to services of other kinds.
FIRST_PORT: Final = 1024
# Times a hint is tried: a lost datagram should not cost a node that lives there.
MAX_TRIES: Final = 3
# Seconds between two tries, and after which a try that was never answered for is over.
TRY_PAUSE: Final = 30.0
# Seconds after which a hint that nobody wanted to try is stale.
LIFE: Final = 3600.0
# Endpoints that were done with and are not taken in again, and for how many seconds.
MAX_DONE: Final = 256
DONE_FOR: Final = 600.0


class Source(Enum):
    """Where a hint came from. ``value`` is the share of the table that it may fill."""

    MAINLINE = 40
    LAN = 24


@dataclass(slots=True)
class _Hint:
    endpoint: Endpoint
    source: Source
    heard_at: float
    tries: int = 0
    free_at: float = 0.0  # when it may be tried (again)


class Hints:
    """The hints of one node."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._hints: dict[Endpoint, _Hint] = {}
        self._done: dict[Endpoint, float] = {}  # until when, the oldest first
        self._turn = 0

    def __len__(self) -> int:
        return len(self._hints)

    def count(self, source: Source) -> int:
        """Return how many hints of a source there are."""
        return sum(hint.source is source for hint in self._hints.values())

    def hear(self, endpoints: Sequence[Endpoint], source: Source, now: Instant) -> int:
        """Take what one reply says; return how many endpoints are new."""
        self._expire(now)
        # Of a long reply some at random: who answers must not choose by the order.
        drawn = self._rng.sample(endpoints, min(len(endpoints), MAX_PER_REPLY))
        before = len(self._hints)
        for endpoint in drawn:
            if self._has_room(endpoint, source):
                self._hints[endpoint] = _Hint(endpoint, source, now.mono)
        return len(self._hints) - before

    def take(self, count: int, now: Instant) -> list[Endpoint]:
        """Return up to ``count`` endpoints to try now; each comes again only after ``failed`` or ``TRY_PAUSE``."""
        self._expire(now)
        waiting = {
            source: [h for h in self._hints.values() if h.source is source and h.free_at <= now.mono]
            for source in Source
        }
        for hints in waiting.values():
            self._rng.shuffle(hints)
            hints.sort(key=lambda hint: -hint.tries)  # the least tried last, from where they are taken
        taken: list[Endpoint] = []
        while len(taken) < count and any(waiting.values()):
            self._turn += 1
            hints = waiting[list(Source)[self._turn % len(Source)]]
            if hints:
                hint = hints.pop()
                hint.tries += 1
                hint.free_at = now.mono + TRY_PAUSE
                taken.append(hint.endpoint)
        return taken

    def failed(self, endpoint: Endpoint, now: Instant) -> None:
        """Nobody answered there, or nobody of use."""
        hint = self._hints.get(endpoint)
        if hint is not None and hint.tries >= MAX_TRIES:
            self._finish(endpoint, now)

    def worked(self, endpoint: Endpoint, now: Instant) -> None:
        """A node lives there; from here on its place is in other tables."""
        if endpoint in self._hints:
            self._finish(endpoint, now)

    def next_due(self) -> float | None:
        """Return from when ``take`` gives something, monotonic seconds; None when there is nothing."""
        return min((hint.free_at for hint in self._hints.values()), default=None)

    def _finish(self, endpoint: Endpoint, now: Instant) -> None:
        del self._hints[endpoint]
        self._done.pop(endpoint, None)
        self._done[endpoint] = now.mono + DONE_FOR
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    def _expire(self, now: Instant) -> None:
        for hint in list(self._hints.values()):
            is_worn = hint.tries >= MAX_TRIES and hint.free_at <= now.mono
            if is_worn or now.mono >= hint.heard_at + LIFE:
                self._finish(hint.endpoint, now)
        for endpoint in [each for each, until in self._done.items() if until <= now.mono]:
            del self._done[endpoint]

    def _has_room(self, endpoint: Endpoint, source: Source) -> bool:
        if endpoint in self._hints or endpoint in self._done or not FIRST_PORT <= endpoint.port < 2**16:
            return False
        if len(self._hints) >= MAX_HINTS or self.count(source) >= source.value:
            return False
        if scope_of(endpoint.host) is not Scope.PUBLIC:
            return True
        network = network_of(endpoint.host)
        return sum(network_of(each.host) == network for each in self._hints) < MAX_PER_NETWORK
