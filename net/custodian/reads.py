"""The way out: boxes and records from the disk, for clients that ask.

Each answer waits for the disk, so what may wait is bounded, and what an asker has taken of its allowance is taken whether
anything is found or not.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from net.custodian.jobs import AnyStoreJob, ClientId, ClientPort, StoreJob
from net.ids import TAG_SIZE, ParcelId, Tag
from net.instant import Instant
from net.messages import MAX_BOXES_PER_ANSWER, Boxes, Busy, Fetch, FindRecord, FoundRecord
from net.parcel.store import Kind, ParcelStore, Stored
from net.token_bucket import TokenBucket

# Fetches and searches that wait for the disk; beyond, ``Busy``.
MAX_READS: Final = 256
# What finding a record costs in the allowance for reads, in tags.
RECORD_COST: Final = 64


class Reads:
    """Questions that wait for the disk, and their answers."""

    def __init__(self, store: ParcelStore, outlet: ClientPort) -> None:
        self._store = store
        self._outlet = outlet
        self._jobs: list[AnyStoreJob] = []

    def fetch(self, client: ClientId, allowance: TokenBucket, message: Fetch, now: Instant) -> None:
        """Look for every box under some tags."""
        tags = list(
            dict.fromkeys(Tag(message.tags[at : at + TAG_SIZE]) for at in range(0, len(message.tags), TAG_SIZE))
        )
        job = StoreJob(
            partial(self._store.by_tag, tags),
            partial(self._on_fetched, client, message.request),
            partial(self._busy, client, message.request),
        )
        self._add(client, message.request, job, is_allowed=allowance.take(len(tags), now.mono), now=now)

    def find(self, client: ClientId, allowance: TokenBucket, message: FindRecord, now: Instant) -> None:
        """Look for a record."""
        job = StoreJob(
            partial(self._store.get, Kind.RECORD, ParcelId(message.record_id)),
            partial(self._on_found, client, message.request),
            partial(self._busy, client, message.request),
        )
        self._add(client, message.request, job, is_allowed=allowance.take(RECORD_COST, now.mono), now=now)

    def take_jobs(self) -> list[AnyStoreJob]:
        """Return what is to be read, in order; each job once."""
        jobs, self._jobs = self._jobs, []
        return jobs

    def _add(self, client: ClientId, request: int, job: AnyStoreJob, *, is_allowed: bool, now: Instant) -> None:
        if is_allowed and len(self._jobs) < MAX_READS and self._outlet.writable(client):
            self._jobs.append(job)
        else:
            self._busy(client, request, now)

    def _on_fetched(self, client: ClientId, request: int, found: list[Stored], now: Instant) -> None:
        boxes = [stored.data for stored in found]
        pages = [boxes[at : at + MAX_BOXES_PER_ANSWER] for at in range(0, len(boxes), MAX_BOXES_PER_ANSWER)] or [[]]
        for page in pages:
            if not self._outlet.send(client, Boxes(request, page, is_last=page is pages[-1]), now):
                return  # the asker will ask again when it hears no more

    def _on_found(self, client: ClientId, request: int, found: list[Stored], now: Instant) -> None:
        latest = max(found, key=lambda stored: stored.sequence, default=None)
        self._outlet.send(client, FoundRecord(request, latest.data if latest else b""), now)

    def _busy(self, client: ClientId, request: int, now: Instant) -> None:
        self._outlet.send(client, Busy(request), now)
