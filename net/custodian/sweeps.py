"""Sweeps: from time to time what has expired leaves the store, and the index is read anew where it may lack something."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from net.custodian.index import Index
from net.custodian.jobs import AnyStoreJob, StoreJob
from net.instant import Instant
from net.parcel.store import ParcelStore

# Seconds between two sweeps for what has expired. Expiry is in whole hours.
SWEEP_PERIOD: Final = 600.0
# A parcel is kept for this many hours past its expiry, since readers' clocks differ.
GRACE_HOURS: Final = 1
# Seconds until the index is read again when parcels that it forgot may still be on the disk.
RELOAD_AFTER: Final = 60.0


class Sweeps:
    """One at a time. ``swept`` is told the last hour that is over, and the index where it was read."""

    def __init__(self, store: ParcelStore, swept: Callable[[int, Index | None, Instant], None]) -> None:
        self._store, self._swept = store, swept
        self._at = -math.inf
        self.is_under_way = False

    def due(self, *, is_index_behind: bool) -> float:
        """Return when the next is due, in monotonic seconds."""
        return self._at - (SWEEP_PERIOD - RELOAD_AFTER if is_index_behind else 0)

    def begin(self, held: Index | None, now: Instant, *, is_index_behind: bool) -> AnyStoreJob:
        """Return the job of a sweep; ``held`` is the index of now, None before the first."""
        self.is_under_way = True
        self._at = now.mono + SWEEP_PERIOD
        last_arrival = held.log.last_arrival if held else 0
        is_stale = held is None or is_index_behind
        over = now.hour() - GRACE_HOURS - 1

        def run() -> Index | None:
            gone = self._store.expire(over)
            return Index.load(self._store, last_arrival) if gone or is_stale else None

        def done(index: Index | None, now: Instant) -> None:
            self.is_under_way = False
            self._swept(over, index, now)

        return StoreJob(run, done, self._on_failed)

    def _on_failed(self, _now: Instant) -> None:
        self.is_under_way = False
