"""Endpoints where a node may live, by hearsay: bounded, mixed, tried a few times, then forgotten.

Answers in the DHT and broadcasts on the local network may say anything. So

- one reply brings in a few endpoints at most, one source a part of the table, one network (/16, or /32 of IPv6) a few;
- what is here pushes out nothing that is here: it leaves by being tried, which happens within minutes;
- sources take turns in being tried, so that a flood from one keeps none of the others waiting;
- what failed or worked is not taken in again for some minutes, so that repeating a lie buys nothing;
- low ports are refused: our datagrams are nothing for name and time servers that an attacker names.

There is no clock in here: time moves when something is heard, which is often enough for what is measured in minutes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from net.ids import Endpoint
from net.instant import Instant
from net.numbers import FIRST_PORT
from net.scope import Scope, network_of, scope_of

MAX_HINTS: Final = 64
# What one reply may bring in: an eighth of the table.
MAX_PER_REPLY: Final = MAX_HINTS // 8
# Hints in one public network. Smaller networks are few and close by; they are bounded by the table alone.
MAX_PER_NETWORK: Final = 4
# Times a hint is tried: a lost datagram should not cost a node that lives there.
MAX_TRIES: Final = 3
# Seconds after which an untried hint is stale, and one whose try was never answered for.
LIFE: Final = 3600.0
TRIAL_LIFE: Final = 120.0
# Endpoints that were done with and are not taken in again, and for how many seconds.
MAX_DONE: Final = 256
DONE_FOR: Final = 600.0


class Source(StrEnum):
    """Where a hint came from."""

    MAINLINE = "mainline"
    LAN = "lan"


# How much of the table a source may fill.
MAX_PER_SOURCE: Final = {Source.MAINLINE: 40, Source.LAN: 24}


@dataclass(slots=True)
class _Hint:
    endpoint: Endpoint
    source: Source
    changed_at: float  # when it was heard, or taken for a try
    tries: int = 0
    is_on_trial: bool = False


class Hints:
    """The hints of one node. Choices need no secrecy, only that an attacker cannot foretell them."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()
        self._hints: dict[Endpoint, _Hint] = {}
        self._done: dict[Endpoint, float] = {}  # until when, the oldest first
        self._turn = 0
        self._now = 0.0  # when something was heard last

    def __len__(self) -> int:
        return len(self._hints)

    def count(self, source: Source) -> int:
        """Return how many hints of a source there are."""
        return sum(hint.source is source for hint in self._hints.values())

    def source_of(self, endpoint: Endpoint) -> str | None:
        """Return where a hint came from."""
        hint = self._hints.get(endpoint)
        return hint.source.value if hint else None

    def hear(self, endpoints: Sequence[Endpoint], source: Source, now: Instant) -> int:
        """Take what one reply says; return how many endpoints are new."""
        self._now = now.mono
        self._expire()
        before = len(self._hints)
        # Of a long reply some at random: who answers must not choose by the order.
        for endpoint in self._rng.sample(endpoints, min(len(endpoints), MAX_PER_REPLY)):
            if self._has_room(endpoint, source):
                self._hints[endpoint] = _Hint(endpoint, source, now.mono)
        return len(self._hints) - before

    def take(self, count: int) -> list[Endpoint]:
        """Return up to ``count`` endpoints to try, the least tried first; each comes again only once it failed."""
        waiting = {
            source: [h for h in self._hints.values() if h.source is source and not h.is_on_trial] for source in Source
        }
        for hints in waiting.values():
            self._rng.shuffle(hints)
            hints.sort(key=lambda hint: -hint.tries)  # taken from the end
        taken: list[Endpoint] = []
        while len(taken) < count and any(waiting.values()):
            self._turn += 1
            if hints := waiting[list(Source)[self._turn % len(Source)]]:
                hint = hints.pop()
                hint.tries += 1
                hint.is_on_trial = True
                hint.changed_at = self._now
                taken.append(hint.endpoint)
        return taken

    def on_failed(self, endpoint: Endpoint) -> None:
        """No node of use answered there."""
        hint = self._hints.get(endpoint)
        if hint is not None:
            hint.is_on_trial = False
            if hint.tries >= MAX_TRIES:
                self._finish(endpoint)

    def on_worked(self, endpoint: Endpoint) -> None:
        """A node lives there, whatever the hint's source; from here on its place is in other tables."""
        self._finish(endpoint)

    def _finish(self, endpoint: Endpoint) -> None:
        self._hints.pop(endpoint, None)
        self._done.pop(endpoint, None)
        self._done[endpoint] = self._now + DONE_FOR
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    def _expire(self) -> None:
        for hint in list(self._hints.values()):
            if self._now >= hint.changed_at + (TRIAL_LIFE if hint.is_on_trial else LIFE):
                self._finish(hint.endpoint)
        for endpoint in [each for each, until in self._done.items() if until <= self._now]:
            del self._done[endpoint]

    def _has_room(self, endpoint: Endpoint, source: Source) -> bool:
        if endpoint in self._hints or endpoint in self._done or not FIRST_PORT <= endpoint.port < 2**16:
            return False
        if len(self._hints) >= MAX_HINTS or self.count(source) >= MAX_PER_SOURCE[source]:
            return False
        if scope_of(endpoint.host) is not Scope.PUBLIC:
            return True
        network = network_of(endpoint.host)
        return sum(network_of(each.host) == network for each in self._hints) < MAX_PER_NETWORK
