"""What was lost of a friend's bucket: noticed by listings, and sent back from the friend store.

About once an hour both custodians that are followed list the whole bucket. What the friend store holds and neither named
since the listing began is lost there; it is sent back, one box after another in an order of chance, unless somebody else
has brought it back meanwhile. Whether it came is seen as everything is, by its being named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final, NamedTuple, Protocol

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.followed_bucket import FollowedBucket
from net.client.follows import Follows
from net.client.ports import Transport
from net.client.streams import Failure, Stream, Streams
from net.errors import Overloaded, Unreachable
from net.events import Verdict
from net.ids import NodeId, ParcelId, Tag, tag_of
from net.instant import Instant
from net.numbers import COPIES
from net.parcel.box import decode_box
from net.parcel.store import KeptBox

# Hours that a box must have left for it to be sent back: less is over before a reader who is away comes.
LEAST_HOURS: Final = 2


class FriendRepairRate(NamedTuple):
    """Spans from which pauses are drawn, seconds: evenly, so that no two friends move together."""

    join: tuple[float, float] = (0.0, 900.0)  # until a bucket is watched
    gather: tuple[float, float] = (60.0, 600.0)  # from the first tag that waits to its request
    fetch: tuple[float, float] = (1.0, 5.0)  # between requests while whole eights wait
    settle: tuple[float, float] = (60.0, 600.0)  # until the listing after a custodian changed, or one that failed
    review: tuple[float, float] = (1800.0, 5400.0)  # between listings
    restore: tuple[float, float] = (1.0, 3.0)  # between boxes sent back


class FriendStorePort(Protocol):
    """Where boxes are kept: ``net.custodian.friend_store``."""

    limit: int
    is_ready: bool

    def __len__(self) -> int: ...

    @property
    def is_full(self) -> bool:
        """Whether there is no room."""
        ...

    def is_served(self, bucket: Bucket) -> bool:
        """Say whether this node keeps the whole bucket as a custodian."""
        ...

    def has(self, tag: Tag) -> bool:
        """Say whether a box with this tag is kept."""
        ...

    def inside(self, bucket: Bucket) -> list[KeptBox]:
        """Return what is kept of a bucket."""
        ...

    def take(self, data: bytes, bucket: Bucket, now: Instant) -> Verdict:
        """Take a box of a bucket."""
        ...

    def lend(self, parcel_id: ParcelId, then: Callable[[list[bytes], Instant], None]) -> None:
        """Read every variant of a box."""
        ...


@dataclass(slots=True)
class _Listing:
    """The custodians of a bucket say all that they have."""

    began_at: float
    custodians: frozenset[NodeId]
    streams: list[Stream] = field(default_factory=list[Stream])


@dataclass(slots=True)
class _Bucket:
    bucket: Bucket
    review_at: float
    listing: _Listing | None = None
    listed: frozenset[NodeId] = frozenset()  # whose listings were compared last
    lost: list[KeptBox] = field(default_factory=list[KeptBox])  # to be sent back, in an order of chance
    lost_at: float = 0.0  # when the listing began that did not name them


class FriendRepair:
    """Buckets whose losses are made good. ``heard`` takes what a listing names: it may be news."""

    def __init__(
        self,
        friend_store: FriendStorePort,
        transport: Transport,
        choice: Choice,
        follows: Follows,
        streams: Streams,
        rng: Random,
        rate: FriendRepairRate,
        heard: Callable[[Bucket, Collection[Tag], Instant], None],
    ) -> None:
        self._friend_store = friend_store
        self._transport = transport
        self._choice = choice
        self._follows = follows
        self._streams = streams
        self._rng = rng
        self._rate = rate
        self._heard = heard
        self._buckets: dict[Bucket, _Bucket] = {}
        self._named_at: dict[Tag, float] = {}  # when a custodian last named what is kept
        self._restore_at = 0.0
        self.restored = 0

    def begin(self, bucket: Bucket, now: Instant) -> None:
        """Look after a bucket that is watched."""
        self._buckets[bucket] = _Bucket(bucket, now.mono + self._draw(self._rate.settle))

    def end(self, bucket: Bucket, now: Instant) -> None:
        """Leave a bucket."""
        self._end_listing(self._buckets.pop(bucket), now)

    def on_tag_named(self, tag: Tag, now: Instant) -> None:
        """A custodian named a box that is kept."""
        self._named_at[tag] = now.mono

    def notice_changes(self, now: Instant) -> None:
        """See whether others serve in a bucket than listed it last; then it is listed sooner."""
        for watched in self._buckets.values():
            members = _members(self._follows.get(watched.bucket))
            if watched.listed and not members <= watched.listed:
                watched.listed = frozenset()
                watched.review_at = min(watched.review_at, now.mono + self._draw(self._rate.settle))

    # --- listings -----------------------------------------------------------------------------------------------------

    def _review(self, watched: _Bucket, now: Instant) -> None:
        """Have the whole bucket listed by those who serve there."""
        watched.review_at = now.mono + self._draw(self._rate.settle)
        followed = self._follows.get(watched.bucket)
        members = _members(followed)
        if followed is None or not members or not followed.is_served():
            return
        watched.listing = listing = _Listing(now.mono, members)
        for custodian in sorted(members):
            listing.streams.append(
                self._streams.open(
                    custodian,
                    watched.bucket,
                    None,
                    partial(self._on_listed, watched, listing),
                    partial(self._on_unlisted, watched, listing),
                    now,
                )
            )

    def _on_listed(
        self, watched: _Bucket, listing: _Listing, stream: Stream, tags: tuple[Tag, ...], now: Instant
    ) -> None:
        self._heard(watched.bucket, tags, now)
        if stream.is_caught_up:
            listing.streams.remove(stream)
            self._streams.close(stream, now)
            if not listing.streams:
                self._conclude(watched, listing, now)

    def _on_unlisted(
        self, watched: _Bucket, listing: _Listing, stream: Stream, _failure: Failure, now: Instant
    ) -> None:
        """One of them did not answer: what it has is not known, so nothing counts as lost this time."""
        listing.streams.remove(stream)
        self._end_listing(watched, now)

    def _conclude(self, watched: _Bucket, listing: _Listing, now: Instant) -> None:
        """Find what no custodian named since the listing began."""
        watched.listing, watched.listed = None, listing.custodians
        watched.review_at = now.mono + self._draw(self._rate.review)
        self._named_at = {tag: at for tag, at in self._named_at.items() if self._friend_store.has(tag)}
        watched.lost = [
            each
            for each in self._friend_store.inside(watched.bucket)
            if self._named_at.get(tag_of(each.parcel_id), -1.0) < listing.began_at
            and each.expiry_hour - now.hour() >= LEAST_HOURS
        ]
        watched.lost_at = listing.began_at
        self._rng.shuffle(watched.lost)
        self._restore_at = max(self._restore_at, now.mono + self._draw(self._rate.restore))

    def _end_listing(self, watched: _Bucket, now: Instant) -> None:
        listing, watched.listing = watched.listing, None
        for stream in listing.streams if listing else ():
            self._streams.close(stream, now)

    # --- sending back -------------------------------------------------------------------------------------------------

    def _throw_next(self, now: Instant) -> None:
        """Send back one box that is still missing."""
        self._restore_at = now.mono + self._draw(self._rate.restore)
        losing = [watched for watched in self._buckets.values() if watched.lost]
        watched = self._rng.choice(losing)
        while watched.lost:
            kept = watched.lost.pop()
            if self._named_at.get(tag_of(kept.parcel_id), -1.0) < watched.lost_at:
                self._friend_store.lend(kept.parcel_id, partial(self._restore, kept))
                return

    def _restore(self, kept: KeptBox, boxes: list[bytes], now: Instant) -> None:
        """Bring a box to two of its custodians. Whether it came is seen by the next listing."""
        for box in boxes:
            if decode_box(box).variant() == kept.variant:
                self._bring(kept.prefix, box, now)

    def _bring(self, address: int, box: bytes, now: Instant) -> None:
        followed = self._follows.followed()  # rather others: they tell us whether it came
        count = 0
        for custodian in self._choice.order(address, now, last=followed):
            with suppress(Unreachable, Overloaded):
                self._transport.send_box(custodian, box, now)
                count += 1
            if count == COPIES:
                break
        self.restored += count > 0

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        for watched in list(self._buckets.values()):
            if now.mono >= watched.review_at and watched.listing is None:
                self._review(watched, now)
        if now.mono >= self._restore_at and self._is_missing_any():
            self._throw_next(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        reviews = [watched.review_at for watched in self._buckets.values() if watched.listing is None]
        return min([self._restore_at if self._is_missing_any() else float("inf"), *reviews])

    def _is_missing_any(self) -> bool:
        return any(watched.lost for watched in self._buckets.values())

    def _draw(self, span: tuple[float, float]) -> float:
        return self._rng.uniform(*span)


def _members(followed: FollowedBucket | None) -> frozenset[NodeId]:
    return frozenset(member.custodian for member in followed.active()) if followed else frozenset()
