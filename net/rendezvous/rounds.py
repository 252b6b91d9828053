"""How often to go to the meeting place.

In a *round* a node announces itself and looks up who else did. While it lacks links the pauses double from a second to five
minutes. Once it has enough, stock DHT nodes set the pace: they forget an announcement after 45 minutes, so it is repeated
after thirty; looking up is of little use any more and happens every other round.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from net.instant import Instant

# Seconds between rounds while links are lacking, doubled from the first to the last.
FIRST_PAUSE: Final = 1.0
LAST_PAUSE: Final = 300.0
# Seconds between rounds while there are enough.
CALM_PAUSE: Final = 1800.0
# Of the rounds while there are enough, every so manieth looks up.
CALM_LOOKUPS: Final = 2
# Pauses are this much shorter or longer by chance, so that no node comes at predictable times.
JITTER: Final = 0.25


class Round(NamedTuple):
    """What to do now."""

    announces: bool
    looks_up: bool


class Rounds:
    """When the next round is due."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._is_lacking = True
        self._pause = FIRST_PAUSE
        self._count = 0
        self._due = 0.0

    def set_lacking(self, now: Instant, *, is_lacking: bool) -> None:
        """Say whether links are lacking."""
        if is_lacking and not self._is_lacking:
            self._pause = FIRST_PAUSE
            self._due = min(self._due, now.mono + self._jittered(FIRST_PAUSE))
        self._is_lacking = is_lacking

    def hurry(self, now: Instant) -> None:
        """What is announced changed: go at once."""
        self._due = min(self._due, now.mono)

    def next_deadline(self) -> float:
        """Return when the next round is due, monotonic seconds."""
        return self._due

    def take(self, now: Instant, *, is_serving: bool) -> Round | None:
        """Return the round that is due, if one is; only those that serve announce."""
        if now.mono < self._due:
            return None
        self._count += 1
        looks_up = self._is_lacking or self._count % CALM_LOOKUPS == 0
        self._due = now.mono + self._jittered(self._pause if self._is_lacking else CALM_PAUSE)
        self._pause = min(2 * self._pause, LAST_PAUSE)
        return Round(is_serving, looks_up)

    def _jittered(self, pause: float) -> float:
        return pause * self._rng.uniform(1 - JITTER, 1 + JITTER)
