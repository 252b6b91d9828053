"""Keeping a friend's mail: this node's owner agreed to be a further disk for what a friend is to read.

A contact knows our inbox's addresses, so it can watch our buckets as we do: two custodians in each, over circuits. Of each
bucket it fetches everything, since no node is to learn which boxes are ours, not even it; and not at once, but in eights at
moments of chance. The *friend store* holds them for their life. What the custodians name no more (``friend_repair``) is sent
back to them, its work still being good: so what a swarm lost returns while neither its sender nor its reader is online.

To custodians all of this is circuits that read and packets that carry boxes.

What lies in a bucket that this node keeps for all is on its disk anyway; nothing is done about it. A bucket that comes
to be one of those is left only when the friend store holds nothing of it any more: it may be the last copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from net.bucket import Bucket
from net.client.fetch_requests import GROUP, Shown
from net.client.fetches import Fetches
from net.client.followed_bucket import FollowedBucket
from net.client.follows import MAX_WATCHED, RETIRE_TIME, Follows
from net.client.friend_repair import FriendRepair, FriendRepairRate, FriendStorePort
from net.errors import Overloaded
from net.events import Verdict
from net.ids import NodeId, Tag, tag_of
from net.instant import Instant
from net.parcel.box import Box, encode_box

# Addresses kept at a time: eight friends, each on four days. As many buckets at most, and half of those that can be
# watched, so that own deposits are seen too.
MAX_KEPT: Final = MAX_WATCHED // 2
# Tags of a bucket that wait to be fetched; what is beyond comes with a later listing.
MAX_WANTED: Final = 4096
# Times a box is asked for before it waits for the next listing to name it again.
MAX_TRIES: Final = 3
# Tags whose boxes were refused, so that they are not fetched with every listing.
MAX_REFUSED: Final = 4096
# Seconds between two looks at which buckets are kept.
TICK: Final = 30.0
# What a box of a bucket costs in bytes, both ways: its cell and its part of the request and of decoys; and its tag, named
# by two custodians as it comes and in each of 48 listings.
COST_PER_BOX: Final = 1232 * 3 // 2 + 2 * 8 * (1 + 48)
# Boxes live for two days.
_DAYS: Final = 2


class FriendBackupView(NamedTuple):
    """What keeping costs: buckets watched, boxes kept and how many may be, boxes sent back since the start.

    ``bytes_per_day``: what each friend's buckets cost in traffic; they are all as large as the one this node keeps.
    """

    buckets: int
    boxes: int
    limit: int
    restored: int
    bytes_per_day: int


@dataclass(slots=True)
class _Watched:
    """A bucket that is kept."""

    bucket: Bucket
    retire_at: float | None = None
    fetch_at: float = math.inf
    is_asking: bool = False
    wanted: dict[Tag, int] = field(default_factory=dict[Tag, int])  # how often each was asked for


class FriendBackup:
    """Friends' buckets, watched and fetched into the friend store."""

    def __init__(
        self,
        friend_store: FriendStorePort,
        width: Callable[[], int],
        follows: Follows,
        fetches: Fetches,
        losses: FriendRepair,
        rng: Random,
        rate: FriendRepairRate,
    ) -> None:
        self._friend_store = friend_store
        self._width = width
        self._follows = follows
        self._fetches = fetches
        self._losses = losses
        self._rng = rng
        self._rate = rate
        self._addresses: frozenset[int] = frozenset()
        self._watched: dict[Bucket, _Watched] = {}
        self._joins: dict[Bucket, float] = {}  # when a bucket that is wanted will be watched
        self._refused: dict[Tag, None] = {}
        self._tick_at = math.inf

    def keep(self, addresses: Collection[int], now: Instant) -> None:
        """Keep the buckets of these addresses and no others. Raises ``Overloaded``, and then changes nothing.

        Without any address the owner is gone: nothing is watched any more. What was kept stays until it expires.
        """
        if len(set(addresses)) > MAX_KEPT:
            raise Overloaded("kept addresses")
        self._addresses = frozenset(addresses)
        if not addresses:
            for watched in list(self._watched.values()):
                self._leave(watched, now)
        self._retarget(now)

    def view(self, served: int) -> FriendBackupView:
        """Return what it costs; ``served``: how many parcels this node keeps for all."""
        bytes_per_day = served // _DAYS * COST_PER_BOX
        return FriendBackupView(
            len(self._watched), len(self._friend_store), self._friend_store.limit, self._losses.restored, bytes_per_day
        )

    def on_tags_named(self, bucket: Bucket, tags: Collection[Tag], now: Instant) -> None:
        """Take what a custodian names in a bucket."""
        if watched := self._watched.get(bucket):
            is_served = self._friend_store.is_served(bucket)
            for tag in tags:
                if self._friend_store.has(tag):
                    self._losses.on_tag_named(tag, now)
                elif not is_served and tag not in self._refused and len(watched.wanted) < MAX_WANTED:
                    watched.wanted.setdefault(tag, 0)
            self._plan_fetch(watched, now)

    # --- which buckets ------------------------------------------------------------------------------------------------

    def _retarget(self, now: Instant) -> None:
        """Watch what is wanted at the present width; leave the rest at a moment of chance, as readers do."""
        self._tick_at = now.mono + TICK if self._addresses or self._watched else math.inf
        if not self._friend_store.is_ready:
            return
        width = self._width()
        wanted = {Bucket.of(address, width): address for address in sorted(self._addresses)}
        for bucket, address in wanted.items():
            if bucket in self._watched:
                self._watched[bucket].retire_at = None
            elif not self._is_moot(bucket):
                self._join(bucket, address, now)
        self._joins = {
            bucket: at for bucket, at in self._joins.items() if bucket in wanted and not self._is_moot(bucket)
        }
        for watched in list(self._watched.values()):
            if watched.bucket not in wanted and watched.retire_at is None:
                watched.retire_at = now.mono + self._rng.uniform(RETIRE_TIME / 2, RETIRE_TIME)
            is_over = watched.retire_at is not None and now.mono >= watched.retire_at
            if self._is_moot(watched.bucket) or is_over:
                self._leave(watched, now)

    def _is_moot(self, bucket: Bucket) -> bool:
        """Say whether all of a bucket is kept here anyway."""
        return self._friend_store.is_served(bucket) and not self._friend_store.inside(bucket)

    def _join(self, bucket: Bucket, address: int, now: Instant) -> None:
        """Watch a bucket from a moment of its own: together they would tell whose circuits are one's."""
        join_at = self._joins.setdefault(bucket, now.mono + self._draw(self._rate.join))
        if now.mono < join_at:
            return
        self._joins[bucket] = now.mono + TICK  # when there is no room yet
        if self._follows.watch(bucket, address, now):
            del self._joins[bucket]
            self._watched[bucket] = _Watched(bucket)
            self._losses.begin(bucket, now)

    def _leave(self, watched: _Watched, now: Instant) -> None:
        del self._watched[watched.bucket]
        self._losses.end(watched.bucket, now)
        self._follows.unwatch(watched.bucket, now)

    # --- fetching -----------------------------------------------------------------------------------------------------

    def _plan_fetch(self, watched: _Watched, now: Instant) -> None:
        if not watched.wanted:
            watched.fetch_at = math.inf
        elif watched.fetch_at == math.inf and not watched.is_asking:
            watched.fetch_at = now.mono + self._draw(self._rate.gather)

    def _fetch(self, watched: _Watched, now: Instant) -> None:
        """Ask one of the custodians for up to eight boxes."""
        watched.fetch_at = math.inf
        if self._friend_store.is_full:
            watched.wanted.clear()
        followed = self._follows.get(watched.bucket)
        members = [member.custodian for member in followed.active() if member.is_caught_up] if followed else []
        if followed is None or not members:
            self._plan_fetch(watched, now)
        elif watched.wanted:
            watched.is_asking = True
            tags = self._rng.sample(sorted(watched.wanted), min(GROUP, len(watched.wanted)))
            self._ask(watched, self._rng.choice(members), followed, tags, now)

    def _ask(
        self, watched: _Watched, custodian: NodeId, followed: FollowedBucket, tags: list[Tag], now: Instant
    ) -> None:
        def then(shown: Shown | None, now: Instant) -> None:
            watched.is_asking = False
            if self._watched.get(watched.bucket) is watched:
                self._on_boxes(watched, tags, shown.boxes if shown else None, now)

        self._fetches.probe(custodian, followed, tags, then, now)

    def _on_boxes(self, watched: _Watched, tags: list[Tag], boxes: list[Box] | None, now: Instant) -> None:
        for box in boxes or ():
            self._put(watched, box, now)
        for tag in tags if boxes is not None else ():
            if tag in watched.wanted:
                watched.wanted[tag] += 1
                if watched.wanted[tag] >= MAX_TRIES:
                    del watched.wanted[tag]
        if boxes is not None and len(watched.wanted) >= GROUP:
            watched.fetch_at = now.mono + self._draw(self._rate.fetch)
        else:
            self._plan_fetch(watched, now)

    def _put(self, watched: _Watched, box: Box, now: Instant) -> None:
        tag = tag_of(box.box_id)
        verdict = self._friend_store.take(encode_box(box), watched.bucket, now)
        if verdict is Verdict.STORED:
            self._losses.on_tag_named(tag, now)
        elif verdict is not Verdict.FULL:
            self._refused[tag] = None
            if len(self._refused) > MAX_REFUSED:
                del self._refused[next(iter(self._refused))]
        watched.wanted.pop(tag, None)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        if now.mono >= min(self._tick_at, *self._joins.values(), math.inf):
            self._retarget(now)
            self._losses.notice_changes(now)
        for watched in list(self._watched.values()):
            if now.mono >= watched.fetch_at:
                self._fetch(watched, now)
        self._losses.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        fetches = [watched.fetch_at for watched in self._watched.values()]
        return min([self._tick_at, self._losses.next_deadline(), *self._joins.values(), *fetches])

    def _draw(self, span: tuple[float, float]) -> float:
        return self._rng.uniform(*span)
