"""When a connect is tried again: soon at first, ever more rarely with each failure, at no moment that others share."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

# Seconds until a connect is tried again: doubled each time up to the most, with a quarter of chance.
FIRST_RETRY: Final = 1.0
MAX_RETRY: Final = 300.0


@dataclass(slots=True)
class Retry:
    """The failures in a row at one place, and when it is tried again, in monotonic seconds."""

    failures: int = 0
    retry_at: float = 0.0

    def on_failed(self, now: float, rng: Random) -> None:
        """Wait twice as long as the last time."""
        self.retry_at = now + retry_pause(self.failures, rng)
        self.failures += 1


def retry_pause(failures: int, rng: Random) -> float:
    """Return the seconds to wait after so many failures in a row before the last."""
    return min(FIRST_RETRY * 2.0 ** min(failures, 16), MAX_RETRY) * rng.uniform(0.75, 1.25)
