"""The custodian client: one door to what a node wants of custodians.

read, watch ── Follows ── Streams ──┐
deposit ────── Deposits ─── sends ──┤
fetch ──────── Fetches ─────────────┼── Transport
records ────── Records, Searches ───┤
keep ───────── FriendBackup ─────────────┘       a friend's buckets, into the custodian's friend store
               Disputes: when two that are followed differ
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from random import Random

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.deposits import Deposits
from net.client.disputes import Disputes
from net.client.fetches import Fetches
from net.client.followed_bucket import Accusation, BucketView, FollowedBucket
from net.client.follows import Follows
from net.client.friend_backup import FriendBackup
from net.client.friend_repair import FriendRepair, FriendRepairRate, FriendStorePort
from net.client.members import Members
from net.client.ports import Purpose, ScatteredNumbers, Transport, Waits
from net.client.records import Records
from net.client.searches import Searches
from net.client.streams import Streams
from net.cover_profile import NORMAL, CoverProfile
from net.events import NodeEvent
from net.ids import Cursor, NodeId, ParcelId, Tag
from net.instant import Instant
from net.messages import Boxes, Busy, DepositAnswer, FoundRecord, Message, Price, Refused, Tags
from net.parcel.store import Kind
from net.parcel.work import FULL_PRICE, WorkPrice


class CustodianClient:
    """What this node wants of custodians. ``report`` takes every ``NodeEvent`` that comes of it.

    ``hour`` gives network time in whole hours since 1970. Friends' mail is kept in the ``friend_store``; a leaf has none.
    """

    def __init__(
        self,
        transport: Transport,
        rng: Random,
        report: Callable[[NodeEvent], None],
        hour: Callable[[Instant], int],
        *,
        price: WorkPrice = FULL_PRICE,
        cover_profile: CoverProfile = NORMAL,
        friend_store: FriendStorePort | None = None,
        repair_rate: FriendRepairRate | None = None,
    ) -> None:
        self._waits = Waits.at(cover_profile)
        numbers = ScatteredNumbers(rng)
        choice = Choice(transport, rng)
        self._streams = Streams(transport, numbers, self._waits)
        members = Members(
            choice,
            self._streams,
            rng,
            report=report,
            named=self._on_named,
            serving=self._on_serving,
            accuse=self._on_accusation,
        )
        self.follows = Follows(transport, choice, members, rng, report=report, accuse=self._on_accusation)
        self.deposits = Deposits(
            transport, choice, self.follows, rng, self._waits, report=report, hour=hour, price=price
        )
        self.fetches = Fetches(transport, choice, self.follows, numbers, rng, self._waits, report=report)
        self.records = Records(transport, choice, numbers, self._waits, report, price)
        self.searches = Searches(transport, choice, numbers, self._waits, report)
        self._disputes = Disputes(transport, choice, self._streams, self.follows, self.fetches, rng)
        self.keeping: FriendBackup | None = None
        if friend_store is not None:
            spans = repair_rate or FriendRepairRate()
            losses = FriendRepair(
                friend_store, transport, choice, self.follows, self._streams, rng, spans, self._on_listed
            )
            self.keeping = FriendBackup(friend_store, transport.width, self.follows, self.fetches, losses, rng, spans)

    # --- what the owner wants -----------------------------------------------------------------------------------------

    def read(self, addresses: Collection[int], now: Instant) -> None:
        """Read the buckets of these addresses, and no others: ``CustodianUp`` for each custodian. ``Overloaded``."""
        self.follows.read(addresses, now)

    def follow(self, custodian: NodeId, bucket: Bucket, cursor: Cursor | None, now: Instant) -> None:
        """Answer ``CustodianUp``: read on from a cursor, or everything."""
        self.follows.follow(custodian, bucket, cursor, now)

    def fetch(self, tags: Sequence[Tag], now: Instant) -> None:
        """Look for boxes: ``BoxArrived`` for each variant found, else ``BoxAbsent``. Raises ``Overloaded``."""
        self.fetches.fetch(tags, now)

    def retry(self, tag: Tag, now: Instant) -> None:
        """Look for other variants of a box that came and was no use. Raises ``Overloaded``."""
        self.fetches.retry(tag, now)

    def deposit(self, kind: Kind, parcel_id: ParcelId, parcel: bytes, now: Instant) -> None:
        """Bring a box or a record to its custodians: ``DepositAnswered``. Raises ``Overloaded``, ``DecodeError``."""
        if kind is Kind.BOX:
            self.deposits.deposit(parcel_id, parcel, now)
        else:
            self.records.put(parcel_id, parcel, now)

    def withdraw(self, parcel_id: ParcelId, now: Instant) -> None:
        """Stop depositing."""
        self.deposits.withdraw(parcel_id, now)
        self.records.withdraw(parcel_id)

    def search(self, record_id: ParcelId, now: Instant) -> None:
        """Look for a record: ``RecordAnswered`` for each of three answers. Raises ``Overloaded``."""
        self.searches.search(record_id, now)

    def keep(self, addresses: Collection[int], now: Instant) -> None:
        """Keep what lies in the buckets of these addresses, and of no others, for its readers. ``Overloaded``.

        A leaf keeps nothing for others.
        """
        if self.keeping is not None:
            self.keeping.keep(addresses, now)

    def set_cover_profile(self, cover_profile: CoverProfile) -> None:
        """Wait as long as the setting asks for."""
        self._waits.set(cover_profile)

    # --- what the owner may ask ---------------------------------------------------------------------------------------

    def agreement(self, now: Instant) -> list[BucketView]:
        """Return, for each bucket that is read, whether its custodians name the same."""
        return self.follows.agreement(now)

    def price_factor(self, bucket: Bucket) -> int:
        """Return how many times the usual price a box for this bucket costs, as far as two of its custodians told."""
        followed = self.follows.get(bucket)
        return followed.price_factor() if followed else 1

    # --- what the transport tells -------------------------------------------------------------------------------------

    def on_custodians_found(self, now: Instant) -> None:
        """The transport knows more custodians than before."""
        self.follows.on_custodians_found(now)
        self.deposits.on_custodians_found(now)
        self.records.on_custodians_found(now)
        self.fetches.on_custodians_found(now)
        self.searches.on_custodians_found(now)

    def on_circuit_lost(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        """A circuit is gone."""
        match purpose:
            case Purpose.FOLLOW:
                self._streams.on_circuit_lost(custodian, now)
            case Purpose.FETCH:
                self.fetches.on_circuit_lost(custodian, now)
            case Purpose.RECORD:
                self.records.on_circuit_lost(custodian, now)
                self.searches.on_circuit_lost(custodian, now)

    def receive(self, custodian: NodeId, message: Message, now: Instant) -> None:
        """Take a custodian's message. What is not for a client is ignored."""
        match message:
            case Tags():
                self._streams.receive(custodian, message, now)
            case Boxes():
                self.fetches.receive(custodian, message, now)
            case Price():
                if (bucket := self._streams.receive_price(custodian, message)) is not None:
                    self.deposits.on_price_risen(bucket)
            case DepositAnswer():
                self.records.receive(custodian, message, now)
            case FoundRecord():
                self.searches.receive(custodian, message, now)
            case Busy():
                self.fetches.on_busy(custodian, message.request, now)
                self.searches.on_busy(custodian, message.request, now)
            case Refused():
                self._on_refusal(custodian, message.request, now)
            case _:
                pass

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self.follows.handle_timeout(now)
        self.deposits.handle_timeout(now)
        self._streams.handle_timeout(now)
        self.records.handle_timeout(now)
        self.fetches.handle_timeout(now)
        self.searches.handle_timeout(now)
        if self.keeping is not None:
            self.keeping.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(
            self.follows.next_deadline(),
            self.deposits.next_deadline(),
            self._streams.next_deadline(),
            self.records.next_deadline(),
            self.fetches.next_deadline(),
            self.searches.next_deadline(),
            self.keeping.next_deadline() if self.keeping else math.inf,
        )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _on_refusal(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian does not know what it was asked, and will not answer; numbers are of one question each."""
        self._streams.on_refused(custodian, number, now)
        self.fetches.on_busy(custodian, number, now)
        self.searches.on_busy(custodian, number, now)
        self.records.on_refused(custodian, number, now)

    def _on_named(self, bucket: Bucket, custodian: NodeId, tags: Collection[Tag], now: Instant) -> None:
        self.deposits.on_tags_named(bucket, custodian, tags, now)
        self._on_listed(bucket, tags, now)

    def _on_listed(self, bucket: Bucket, tags: Collection[Tag], now: Instant) -> None:
        if self.keeping is not None:
            self.keeping.on_tags_named(bucket, tags, now)

    def _on_serving(self, bucket: Bucket, now: Instant) -> None:
        self.deposits.on_serving(bucket, now)
        self.fetches.on_custodians_found(now)

    def _on_accusation(self, followed: FollowedBucket, accusation: Accusation, now: Instant) -> None:
        self._disputes.begin(followed, accusation, now)
