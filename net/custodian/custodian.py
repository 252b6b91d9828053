"""The custodian: takes messages from requesters, gives answers and store jobs.

``now`` carries network time in its wall clock (``net.timekeeping``): the owner has corrected it already.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

from net.custodian.admission import Admission, Quota
from net.custodian.allowance import Allowance
from net.custodian.index import Index, key_of
from net.custodian.intake import Intake
from net.custodian.outlet import AnyStoreJob, Outlet, Requester, StoreJob
from net.custodian.repair import Repair, answer_comparison, comparison_cost
from net.custodian.streams import RETRY_AFTER, Streams
from net.events import Verdict
from net.ids import TAG_SIZE, ParcelId, Tag
from net.instant import Instant
from net.messages import (
    MAX_BOXES_PER_ANSWER,
    MAX_KEYS_PER_ANSWER,
    Boxes,
    Busy,
    Compare,
    Compared,
    Deposit,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Message,
    Parcel,
    Push,
    Unfollow,
    Want,
)
from net.parcel.work import WorkPrice
from net.store import Kind, ParcelStore, Stored

# Requesters served at a time; what is beyond gets no answer. A link layer holds fewer links than this.
MAX_REQUESTERS: Final = 4096
# Fetches and searches that wait for the disk; beyond, ``Busy``.
MAX_READS: Final = 256
# Seconds between two sweeps for what has expired. Expiry is in whole hours.
SWEEP_PERIOD: Final = 600.0
# A parcel is kept for this many hours past its expiry, since readers' clocks differ.
GRACE_HOURS: Final = 1
# Bytes of parcels in one push: leaves room for framing in a link message of 80 KiB.
MAX_PUSH_SIZE: Final = 68 * 1024
# What finding a record costs in the allowance for reads, in tags.
RECORD_COST: Final = 64
# What beginning a stream costs there: it may make us send everything once more.
FOLLOW_COST: Final = 64


class Custodian:
    """One custodian over one store. Feed it; then drain ``store_jobs`` and heed ``next_deadline``."""

    def __init__(
        self,
        *,
        store: ParcelStore,
        outlet: Outlet,
        random: Callable[[int], bytes],
        price: WorkPrice,
        slot: float,
        bits: int = 0,
        quota: Quota | None = None,
    ) -> None:
        self._store = store
        self._outlet = outlet
        self._run = store.run_id()
        self._index: Index | None = None
        self._intake = Intake(Admission(price, bits, quota or Quota()), store, outlet, self._on_committed)
        self._streams = Streams(outlet, slot)
        self._repair = Repair(outlet, random)
        self._allowances: dict[Requester, Allowance] = {}
        self._early: list[tuple[Requester, Follow]] = []
        self._reads: list[AnyStoreJob] = []
        self._is_sweeping = False
        self._is_giving = False
        self._sweep_at = -math.inf
        self._give_at = math.inf
        self.stored = 0
        self.pushes_lost = 0

    @property
    def parcels(self) -> int:
        """How many parcels are held."""
        return self._index.parcels if self._index else 0

    @property
    def refused(self) -> int:
        """How many deposits were refused."""
        return self._intake.refused

    # --- requesters ---------------------------------------------------------------------------------------------------

    def requester_up(self, requester: Requester, now: Instant, *, is_custodian: bool) -> None:
        """Somebody came to the counter; another custodian is repaired with and pushed to."""
        if len(self._allowances) >= MAX_REQUESTERS:
            return
        self._allowances[requester] = Allowance()
        if is_custodian:
            self._repair.meet(requester, now)

    def requester_down(self, requester: Requester) -> None:
        """Somebody left; nothing is kept of them."""
        self._allowances.pop(requester, None)
        self._streams.forget(requester)
        self._repair.forget(requester)
        self._early = [(each, follow) for each, follow in self._early if each != requester]

    def receive(self, requester: Requester, message: Message, now: Instant) -> None:
        """Take one message. What is not for a custodian is ignored."""
        allowance = self._allowances.get(requester)
        if allowance is None:
            return
        match message:
            case Deposit():
                self._on_deposit(requester, allowance, message, now)
            case Follow():
                if allowance.reads.take(FOLLOW_COST, now.mono):
                    self._on_follow(requester, message, now)
            case Unfollow():
                self._streams.unfollow(requester, message.stream)
            case Fetch():
                self._on_fetch(requester, allowance, message, now)
            case FindRecord():
                self._on_find(requester, allowance, message, now)
            case Push() | Compare() | Compared() | Want():
                self._on_swarm(requester, allowance, message, now)
            case _:
                pass

    def _on_deposit(self, requester: Requester, allowance: Allowance, message: Deposit, now: Instant) -> None:
        if self._index is None or not allowance.deposits.take(1, now.mono):
            self._intake.answer(requester, message.request, Verdict.FULL, now)
        else:
            self._intake.deposit(requester, message, self._index, now)

    def _on_follow(self, requester: Requester, message: Follow, now: Instant) -> None:
        if self._index is not None:
            self._streams.follow(requester, message, self._run, self._index.log, now)
        elif len(self._early) < MAX_REQUESTERS:
            self._early.append((requester, message))

    def _on_fetch(self, requester: Requester, allowance: Allowance, message: Fetch, now: Instant) -> None:
        tags = list(
            dict.fromkeys(Tag(message.tags[at : at + TAG_SIZE]) for at in range(0, len(message.tags), TAG_SIZE))
        )
        job = StoreJob(
            partial(self._store.by_tag, tags),
            partial(self._on_fetched, requester, message.request),
            partial(self._busy, requester, message.request),
        )
        self._read(requester, message.request, job, is_allowed=allowance.reads.take(len(tags), now.mono), now=now)

    def _on_find(self, requester: Requester, allowance: Allowance, message: FindRecord, now: Instant) -> None:
        job = StoreJob(
            partial(self._store.get, Kind.RECORD, ParcelId(message.record_id)),
            partial(self._on_found, requester, message.request),
            partial(self._busy, requester, message.request),
        )
        self._read(requester, message.request, job, is_allowed=allowance.reads.take(RECORD_COST, now.mono), now=now)

    def _read(self, requester: Requester, request: int, job: AnyStoreJob, *, is_allowed: bool, now: Instant) -> None:
        if is_allowed and len(self._reads) < MAX_READS and self._outlet.writable(requester):
            self._reads.append(job)
        else:
            self._busy(requester, request, now)

    def _on_swarm(
        self, requester: Requester, allowance: Allowance, message: Push | Compare | Compared | Want, now: Instant
    ) -> None:
        if self._index is None or requester not in self._repair.mates():
            return
        if isinstance(message, Push):
            for parcel in message.parcels:
                if allowance.pushes.take(1, now.mono):
                    self._intake.pushed(parcel, self._index, now)
        elif isinstance(message, Compared):
            self._repair.on_compared(requester, message, self._index, now)
        elif isinstance(message, Want):
            if allowance.repair.take(len(message.keys), now.mono):
                self._repair.on_wanted(requester, message.keys, self._index)
        elif allowance.repair.take(comparison_cost(message, self._index), now.mono):
            self._outlet.send(requester, answer_comparison(message, self._index), now)

    # --- store --------------------------------------------------------------------------------------------------------

    def store_jobs(self, now: Instant) -> list[AnyStoreJob]:
        """Return what is to be done with the store now, in order; each job is returned once."""
        jobs: list[AnyStoreJob] = []
        if now.mono >= self._sweep_at and not self._is_sweeping:
            jobs.append(self._sweep(now))
        jobs += self._reads
        self._reads = []
        if commit := self._intake.next_job():
            jobs.append(commit)
        if give := self._next_gift(now):
            jobs.append(give)
        return jobs

    def _sweep(self, now: Instant) -> AnyStoreJob:
        self._is_sweeping = True
        self._sweep_at = now.mono + SWEEP_PERIOD
        held = self._index
        last_arrival = held.log.last_arrival if held else 0

        def run() -> Index | None:
            gone = self._store.expire(now.hour() - GRACE_HOURS - 1)
            return Index.load(self._store, last_arrival) if gone or held is None else None

        return StoreJob(run, self._on_swept, self._on_sweep_failed)

    def _on_swept(self, index: Index | None, now: Instant) -> None:
        self._is_sweeping = False
        if index is not None:
            self._index = index
        early, self._early = self._early, []
        for requester, message in early:
            self._on_follow(requester, message, now)

    def _on_sweep_failed(self, _now: Instant) -> None:
        self._is_sweeping = False

    def _on_committed(self, batch: list[tuple[Stored, int | None, bool]], now: Instant) -> None:
        if self._index is None:
            return  # cannot be: nothing is admitted before there is an index
        fresh: list[Stored] = []
        for stored, arrival, is_deposit in batch:
            if arrival is None:
                continue  # the disk had it already: an index older than the store after a failed job
            self._index.add(stored, arrival)
            self.stored += 1
            if is_deposit:
                fresh.append(stored)
        self._streams.on_arrivals(now)
        for requester in self._repair.mates():
            self._push(requester, fresh, now)

    def _push(self, requester: Requester, parcels: list[Stored], now: Instant) -> None:
        for piece in _pieces(parcels):
            message = Push([Parcel(stored.kind.value, stored.data) for stored in piece])
            if not (self._outlet.writable(requester) and self._outlet.send(requester, message, now)):
                self.pushes_lost += 1
                self._repair.retry_soon(requester, now)
                return

    def _on_fetched(self, requester: Requester, request: int, found: list[Stored], now: Instant) -> None:
        boxes = [stored.data for stored in found]
        pages = [boxes[at : at + MAX_BOXES_PER_ANSWER] for at in range(0, len(boxes), MAX_BOXES_PER_ANSWER)] or [[]]
        for page in pages:
            if not self._outlet.send(requester, Boxes(request, page, is_last=page is pages[-1]), now):
                return  # the asker will ask again when it hears no more

    def _on_found(self, requester: Requester, request: int, found: list[Stored], now: Instant) -> None:
        latest = max(found, key=lambda stored: stored.sequence, default=None)
        self._outlet.send(requester, FoundRecord(request, latest.data if latest else b""), now)

    def _busy(self, requester: Requester, request: int, now: Instant) -> None:
        self._outlet.send(requester, Busy(request), now)

    def _next_gift(self, now: Instant) -> AnyStoreJob | None:
        """Read the next parcels that another custodian wants; one such job at a time."""
        if self._is_giving or not self._repair.is_giving():
            return None
        gift = self._repair.to_give(MAX_KEYS_PER_ANSWER)
        if gift is None:
            self._give_at = now.mono + RETRY_AFTER
            return None
        self._is_giving = True
        self._give_at = math.inf
        requester, keys = gift

        def done(found: list[Stored], now: Instant) -> None:
            self._is_giving = False
            self._push(requester, found, now)

        def failed(_now: Instant) -> None:
            self._is_giving = False

        return StoreJob(partial(_read_keys, self._store, keys), done, failed)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due: slots of tags, repairs. Sweeps are due jobs of ``store_jobs``."""
        if now.mono >= self._give_at:
            self._give_at = math.inf
        if self._index is not None:
            self._streams.handle_timeout(self._run, self._index.log, now)
            self._repair.handle_timeout(self._index, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` or ``store_jobs`` is due, in monotonic seconds."""
        if self._index is None:
            return math.inf if self._is_sweeping else self._sweep_at
        return min(self._sweep_at, self._give_at, self._streams.next_deadline(), self._repair.next_deadline())


def _pieces(parcels: list[Stored]) -> list[list[Stored]]:
    """Cut parcels into runs that fit a message each."""
    pieces: list[list[Stored]] = []
    size = 0
    for stored in parcels:
        if not pieces or len(pieces[-1]) >= MAX_KEYS_PER_ANSWER or size + len(stored.data) > MAX_PUSH_SIZE:
            pieces.append([])
            size = 0
        pieces[-1].append(stored)
        size += len(stored.data)
    return pieces


def _read_keys(store: ParcelStore, keys: list[bytes]) -> list[Stored]:
    """Read the parcels of these keys, those that are still there."""
    wanted = set(keys)
    ids = dict.fromkeys(key[:33] for key in keys)
    found = [stored for part in ids for stored in store.get(Kind(part[0]), ParcelId(part[1:]))]
    return [s for s in found if key_of(s.kind, s.parcel_id, s.variant, s.sequence) in wanted]
