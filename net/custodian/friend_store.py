"""The friend store: boxes of other buckets, kept quietly because their reader is a friend of this node's owner.

What lies here is neither named in a stream, nor given to any client, nor compared or pushed. Its one use is to be sent
back when the custodians of its bucket have lost it (``net.client.friend_backup``). Were it served, a contact of the
friend's, who knows the friend's buckets too, could ask node after node for them and so find out who keeps for whom, and
where.

It is taken on the terms of a custodian of its bucket, has an eighth of what strangers' boxes have, and pushes out nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from net.bucket import Bucket
from net.custodian.jobs import AnyStoreJob, StoreJob
from net.custodian.quota import Quota
from net.errors import DecodeError
from net.events import Verdict
from net.ids import ParcelId, Tag, tag_of
from net.instant import Instant
from net.numbers import MAX_VARIANTS
from net.parcel.box import BOX_SIZE, appraise_box, check_box_terms, decode_box
from net.parcel.store import KeptBox, Kind, ParcelStore, Stored
from net.parcel.work import WorkPrice

# The friend store has so small a part of the quota: 8192 boxes by default.
SHARES: Final = 8


class FriendStore:
    """Boxes kept for friends. ``scope`` is what this node keeps as a custodian."""

    def __init__(self, store: ParcelStore, price: WorkPrice, quota: Quota) -> None:
        self.scope = Bucket(0, 0)
        self.limit = min(quota.parcels, quota.size // BOX_SIZE) // SHARES
        self.is_ready = False  # what was kept before the start is known
        self._store = store
        self._price = price
        self._held: dict[Tag, list[KeptBox]] = {}
        self._count = 0
        self._taken: list[Stored] = []  # for the next commit
        self._jobs: list[AnyStoreJob] = [StoreJob(store.kept, self._on_loaded, self._on_not_loaded)]

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether there is no room."""
        return self._count >= self.limit

    def is_served(self, bucket: Bucket) -> bool:
        """Say whether this node keeps the whole bucket as a custodian."""
        return self.scope.width <= bucket.width and self.scope.covers(bucket.prefix)

    def has(self, tag: Tag) -> bool:
        """Say whether a box with this tag is kept, or on its way to the disk."""
        return tag in self._held

    def inside(self, bucket: Bucket) -> list[KeptBox]:
        """Return what is kept of a bucket."""
        return [each for variants in self._held.values() for each in variants if bucket.covers(each.prefix)]

    # --- in and out ---------------------------------------------------------------------------------------------------

    def take(self, data: bytes, bucket: Bucket, now: Instant) -> Verdict:
        """Take a box of a bucket; what is stored is on its way to the disk."""
        try:
            box = decode_box(data)
        except DecodeError:
            return Verdict.MALFORMED
        if refusal := check_box_terms(box, now.hour(), bucket):
            return refusal
        kept = KeptBox(box.box_id, box.variant(), box.prefix, box.expiry_hour)
        same = self._held.get(tag_of(box.box_id), [])
        if kept in same:
            return Verdict.STORED
        surplus = appraise_box(box, now.hour(), self._price)
        if isinstance(surplus, Verdict):
            return surplus
        if len(same) >= MAX_VARIANTS:
            return Verdict.CROWDED
        if self.is_full:
            return Verdict.FULL
        self._note(kept)
        self._taken.append(Stored(Kind.KEPT, box.box_id, kept.variant, box.prefix, box.expiry_hour, 0, data, surplus))
        return Verdict.STORED

    def lend(self, parcel_id: ParcelId, then: Callable[[list[bytes], Instant], None]) -> None:
        """Read every variant of a box from the disk; ``then`` takes their bytes, none when the disk would not give them."""
        self._jobs.append(
            StoreJob(
                partial(self._store.get, Kind.KEPT, parcel_id),
                lambda found, now: then([stored.data for stored in found], now),
                lambda now: then([], now),
            )
        )

    def forget_expired(self, hour: int) -> None:
        """Forget what the store has thrown away: all that expired at or before ``hour``."""
        for each in [each for variants in self._held.values() for each in variants if each.expiry_hour <= hour]:
            self._drop(each)

    def take_jobs(self) -> list[AnyStoreJob]:
        """Return what is to be done with the store, in order; each job once."""
        jobs, self._jobs = self._jobs, []
        if self._taken:
            batch, self._taken = self._taken, []
            put = partial(self._store.put, batch)
            jobs.append(StoreJob(put, lambda _arrivals, _now: None, partial(self._on_not_kept, batch)))
        return jobs

    # --- inside -------------------------------------------------------------------------------------------------------

    def _on_loaded(self, found: list[KeptBox], _now: Instant) -> None:
        self.is_ready = True
        for each in found:
            self._note(each)

    def _on_not_loaded(self, _now: Instant) -> None:
        """Keep what comes from now on: what is there already is found again after a restart, or expires."""
        self.is_ready = True

    def _on_not_kept(self, batch: list[Stored], _now: Instant) -> None:
        for each in batch:
            self._drop(KeptBox(each.parcel_id, each.variant, each.prefix, each.expiry_hour))

    def _note(self, kept: KeptBox) -> None:
        self._held.setdefault(tag_of(kept.parcel_id), []).append(kept)
        self._count += 1

    def _drop(self, kept: KeptBox) -> None:
        tag = tag_of(kept.parcel_id)
        same = self._held.get(tag, [])
        if kept in same:
            same.remove(kept)
            self._count -= 1
        if not same:
            self._held.pop(tag, None)
