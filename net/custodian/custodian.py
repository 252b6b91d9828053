"""The custodian: takes messages from clients, gives answers and store jobs.

Its *run*, which readers name with the numbers of arrival they have seen, is drawn whenever it opens its store. A store
that was put back to an old copy, or lost, gives the same numbers to other boxes, and nothing in it could tell; so every
reader starts over after a restart. That costs each at most one list of tags, 8 bytes a box: 16 KB at 2000 boxes in a bucket.

``now`` carries network time in its wall clock (``net.network_time``): the owner has corrected it already.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.bucket import Bucket
from net.custodian.admission import Admission, Terms
from net.custodian.allowance import Allowance
from net.custodian.friend_store import FriendStore
from net.custodian.index import Index
from net.custodian.intake import Committed, Intake
from net.custodian.jobs import AnyStoreJob, ClientId, ClientPort
from net.custodian.price import Prices
from net.custodian.push_queue import PushQueue
from net.custodian.quota import Capacity, Quota
from net.custodian.reads import Reads
from net.custodian.repair import comparison_cost, is_common
from net.custodian.streams import Streams
from net.custodian.swarm import Swarm
from net.custodian.sweeps import Sweeps
from net.events import Verdict
from net.ids import OverlayId
from net.instant import Instant
from net.messages import (
    RUN_SIZE,
    Compare,
    Compared,
    Deposit,
    Fetch,
    FindRecord,
    Follow,
    Keeps,
    Message,
    Push,
    Unfollow,
    Want,
)
from net.parcel.box import BOX_SIZE
from net.parcel.store import ParcelStore, Stored
from net.parcel.work import WorkPrice

# Leaves and ends of circuits served at a time; what is beyond gets no answer. Nodes of the overlay come on top: a link layer
# holds few, and strangers' circuits must not keep out our mates.
MAX_CLIENTS: Final = 4096
# What beginning a stream costs in the allowance for reads, in tags, and one more for so many entries of the log that it has
# us look through: a full one takes ten milliseconds, twice at once and then every eight seconds.
FOLLOW_COST: Final = 64
ENTRIES_PER_COST: Final = 32
# Pushed parcels in one slice of 3 ms.
PUSHED_AT_ONCE: Final = 10


@dataclass(frozen=True, slots=True)
class CustodianStatus:
    """How a custodian fares, for ``doctor``."""

    parcels: int
    size: int  # bytes
    scope: Bucket
    mates: int
    repaired_ago: float | None  # seconds since a repair with any mate was carried through
    price_factor: int
    refused: dict[Verdict, int]  # deposits
    pushes_refused: int
    pushed_out: int  # parcels that made room for others


class Custodian:
    """One custodian over one store. Feed it; then drain ``store_jobs`` and heed ``next_deadline``."""

    def __init__(
        self,
        *,
        store: ParcelStore,
        outlet: ClientPort,
        random: Callable[[int], bytes],
        price: WorkPrice,
        slot: float,
        quota: Quota | None = None,
        is_settled: bool = True,
    ) -> None:
        quota = quota or Quota()
        self._store = store
        self._outlet = outlet
        self._run = random(RUN_SIZE)
        self._index: Index | None = None
        self._admission, room = Admission(price), Capacity(quota)
        self._prices = Prices(room.limits)
        self._intake = Intake(self._admission, room, store, outlet, self._on_committed, self._prices.of)
        self.friend_store = FriendStore(store, price, quota)
        self._streams = Streams(outlet, slot)
        self._swarm = Swarm(store, outlet, random, is_settled=is_settled)
        self._allowances: dict[ClientId, Allowance] = {}
        self._strangers: set[ClientId] = set()  # those of them that are no nodes of the overlay
        self._early: list[tuple[ClientId, Follow]] = []
        self._reads = Reads(store, outlet)
        self._pushed = PushQueue()
        self._sweeps = Sweeps(store, self._on_swept)
        self.stored = 0

    @property
    def parcels(self) -> int:
        """How many parcels are held."""
        return self._index.parcels if self._index else 0

    @property
    def is_examining(self) -> bool:
        """Whether pushed parcels wait for ``handle_timeout``."""
        return bool(self._pushed)

    @property
    def refused(self) -> int:
        """How many deposits were refused."""
        return self._intake.refused.total()

    @property
    def pushes_lost(self) -> int:
        """How many pushes found no room on their way; repair makes up for them."""
        return self._swarm.pushes_lost

    def status(self, now: Instant) -> CustodianStatus:
        """Return how it fares."""
        repaired_at = self._swarm.repair.finished_at
        return CustodianStatus(
            parcels=self.parcels,
            size=self._index.size if self._index else 0,
            scope=self._swarm.scope,
            mates=len(self._swarm.mates()),
            repaired_ago=None if repaired_at is None else now.mono - repaired_at,
            price_factor=max(self._prices.of(BOX_SIZE), 1),
            refused=dict(self._intake.refused),
            pushes_refused=self._intake.pushes_refused,
            pushed_out=self._intake.pushed_out,
        )

    def set_scope(self, scope: Bucket, now: Instant, coverage: int = 0) -> None:
        """Keep this bucket from now on; of what lies outside it nothing more is taken. ``coverage``: the network's width."""
        self._swarm.set_scope(scope, now, coverage)
        self.friend_store.scope = scope

    # --- clients ------------------------------------------------------------------------------------------------------

    def on_client_up(self, client: ClientId, now: Instant, overlay_id: OverlayId | None) -> None:
        """A client came; ``overlay_id`` None: a leaf, the end of a circuit, or not described yet."""
        if overlay_id is not None:
            self.on_client_known(client, overlay_id, now)
        elif len(self._strangers) < MAX_CLIENTS:
            self._strangers.add(client)
            self._allowances.setdefault(client, Allowance())

    def on_client_known(self, client: ClientId, overlay_id: OverlayId, now: Instant) -> None:
        """A client is a node of the overlay; if one of our swarm, it is repaired with and pushed to."""
        self._strangers.discard(client)
        self._allowances.setdefault(client, Allowance())
        self._swarm.on_known(client, overlay_id, now)

    def on_client_down(self, client: ClientId) -> None:
        """A client left; nothing is kept of it."""
        self._pushed.forget(client)
        self._allowances.pop(client, None)
        self._strangers.discard(client)
        self._streams.forget(client)
        self._swarm.forget(client)
        self._early = [(each, follow) for each, follow in self._early if each != client]

    def receive(self, client: ClientId, message: Message, now: Instant) -> None:
        """Take one message. What is not for a custodian is ignored."""
        allowance = self._allowances.get(client)
        if allowance is None:
            return
        match message:
            case Deposit():
                self._on_deposit(client, allowance, message, now)
            case Follow():
                if allowance.reads.take(FOLLOW_COST + self._backlog(message) // ENTRIES_PER_COST, now.mono):
                    self._on_follow(client, message, now)
            case Unfollow():
                self._streams.unfollow(client, message.stream)
            case Fetch():
                self._reads.fetch(client, allowance.reads, message, now)
            case FindRecord():
                self._reads.find(client, allowance.reads, message, now)
            case Keeps():
                self._swarm.on_width_told(client, message.width, now)
            case Push() | Compare() | Compared() | Want():
                self._on_swarm(client, allowance, message, now)
            case _:
                pass

    def take_box(self, box: bytes, via: ClientId, now: Instant) -> None:
        """Take a box that came in a Sphinx packet over ``via``; there is no answer.

        Many people share a relay with a flood. So one beyond its allowance is looked at for a fiftieth of a millisecond,
        whether it may be paid for; how many packets come at all, the relay in front of us bounds
        (``net.onion.packet_relay``).
        """
        allowance = self._allowances.get(via)
        is_welcome = allowance is not None and (allowance.relayed.take(1, now.mono) or self._admission.may_be_paid(box))
        if self._index is None or not is_welcome:
            self._intake.refused[Verdict.FULL] += 1
        else:
            self._intake.on_thrown(box, self._terms(now), self._index)

    def _on_deposit(self, client: ClientId, allowance: Allowance, message: Deposit, now: Instant) -> None:
        if self._index is None or not allowance.deposits.take(1, now.mono):
            self._intake.answer(client, message, Verdict.FULL, now)
        else:
            self._intake.deposit(client, message, self._terms(now), self._index, now)

    def _terms(self, now: Instant) -> Terms:
        return Terms(now.hour(), self._swarm.scope, self._swarm.coverage)

    def _backlog(self, message: Follow) -> int:
        """Return how many entries of the log a stream begins with, its own and others'."""
        if self._index is None:
            return 0
        log = self._index.log
        is_known = message.run == self._run and message.arrival <= log.last_arrival
        return log.count_after(message.arrival if is_known else 0)

    def _on_follow(self, client: ClientId, message: Follow, now: Instant) -> None:
        if self._index is not None:
            self._streams.follow(client, message, self._run, self._index.log, now)
        elif len(self._early) < MAX_CLIENTS:
            self._early.append((client, message))

    def _on_swarm(
        self, client: ClientId, allowance: Allowance, message: Push | Compare | Compared | Want, now: Instant
    ) -> None:
        if self._index is None or not self._swarm.is_mate(client):
            return
        repair = self._swarm.repair
        if isinstance(message, Push):
            is_first = not self._pushed
            offered = message.parcels[: self._pushed.room_for(client)]
            self._pushed.add(client, [parcel for parcel in offered if allowance.pushes.take(1, now.mono)])
            if is_first:
                self._take_pushed(self._index, now)
        elif isinstance(message, Compared):
            repair.on_compared(client, message, self._index, now)
        elif isinstance(message, Want):
            if allowance.repair.take(len(message.keys), now.mono):
                repair.on_wanted(client, message.keys, self._index)
        elif is_common(message, repair.ranges(client)) and allowance.repair.take(
            comparison_cost(message, self._index), now.mono
        ):
            repair.answer(client, message, self._index, now)

    def _take_pushed(self, index: Index, now: Instant) -> None:
        """Examine a slice of what mates pushed: each costs a proof of work and a signature."""
        terms = Terms(now.hour(), self._swarm.scope)
        for _ in range(PUSHED_AT_ONCE):
            if (pushed := self._pushed.take()) is None:
                return
            if self._swarm.is_mate(pushed[0]):
                self._intake.on_pushed(pushed[1], terms, index)

    # --- store --------------------------------------------------------------------------------------------------------

    def store_jobs(self, now: Instant) -> list[AnyStoreJob]:
        """Return what is to be done with the store now, in order; each job is returned once."""
        jobs: list[AnyStoreJob] = []
        is_behind = self._intake.is_index_behind
        if now.mono >= self._sweep_due() and not self._sweeps.is_under_way:
            self._intake.is_index_behind = False
            jobs.append(self._sweeps.begin(self._index, now, is_index_behind=is_behind))
        jobs += self._reads.take_jobs()
        if commit := self._intake.next_job():
            jobs.append(commit)
        if give := self._swarm.next_job(now):
            jobs.append(give)
        if hashing := self._swarm.repair.next_job():
            jobs.append(hashing)
        return jobs + self.friend_store.take_jobs()

    def _sweep_due(self) -> float:
        return self._sweeps.due(is_index_behind=self._intake.is_index_behind)

    def _on_swept(self, over: int, index: Index | None, now: Instant) -> None:
        self.friend_store.forget_expired(over)
        if index is not None:
            self._index = index
            self._look_at_prices(index, now)
        early, self._early = self._early, []
        for client, message in early:
            self._on_follow(client, message, now)

    def _on_committed(self, batch: list[Committed], pushed_out: list[bytes], now: Instant) -> None:
        if self._index is None:
            return  # cannot be: nothing is admitted before there is an index
        for rank in pushed_out:
            self._index.discard(rank)  # again: the index may have been read from the disk since they were chosen
        fresh: list[Stored] = []
        for stored, arrival, is_deposit in batch:
            if arrival is None:
                continue  # the disk had it already: an index older than the store after a failed job
            self._index.add(stored, arrival)
            self.stored += 1
            if is_deposit:
                fresh.append(stored)
        self._look_at_prices(self._index, now)
        self._streams.on_arrivals(now)
        self._swarm.push(fresh, now)

    def _look_at_prices(self, index: Index, now: Instant) -> None:
        self._prices.look(index, now)
        self._streams.set_price(max(self._prices.of(BOX_SIZE), 1), now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due: slots of tags, repairs, prices. Sweeps are due jobs of ``store_jobs``."""
        if self._index is not None:
            if now.mono >= self._prices.next_deadline():
                self._look_at_prices(self._index, now)
            self._take_pushed(self._index, now)
            self._streams.handle_timeout(self._run, self._index.log, now)
            self._swarm.handle_timeout(self._index, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` or ``store_jobs`` is due, in monotonic seconds."""
        if self._index is None:
            return math.inf if self._sweeps.is_under_way else self._sweep_due()
        if self._pushed:
            return 0.0
        parts = (self._streams, self._swarm, self._prices)
        return min(self._sweep_due(), *(part.next_deadline() for part in parts))
