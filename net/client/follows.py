"""Follows: which custodians this node reads, bucket by bucket.

Two in each, the same two as long as they serve: a reader that changes custodians often has met all before long, the
dishonest ones too. They are chosen again after a day or two at a moment of chance, and at once when they are silent, gone
or caught lying. Buckets change with the day and with the network's size; then new ones are followed before the former ones
are left, within an hour and at another moment for each reader, so that no reader's change of day shows as one.

A bucket is read for the owner, who says from which cursor, or watched to see own deposits named, from its oldest box.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random
from typing import Final

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.followed_bucket import Accusation, BucketView, FollowedBucket
from net.client.members import Members
from net.client.ports import Transport
from net.errors import Overloaded
from net.events import CustodianDown, NodeEvent
from net.ids import Cursor, NodeId
from net.instant import Instant
from net.numbers import COPIES

# Addresses read at a time: a few inboxes and groups, each on three or four days.
MAX_READ: Final = 128
# Buckets watched for deposits, lingering ones aside: as many conversations written to within seconds.
MAX_WATCHED: Final = 64
# Seconds between two looks at everything here.
TICK: Final = 30.0
# Seconds for which a bucket that is not wanted any more may be followed on.
RETIRE_TIME: Final = 3600.0
# Seconds for which a bucket is watched after the last deposit there was confirmed: people write several messages.
LINGER: Final = 300.0
# Looks in a row at which a custodian was not known any more after which it is replaced.
MAX_MISSES: Final = 3


class Follows:
    """Buckets and their custodians.

    ``members`` follows the custodians, ``accuse`` takes what two of them differ in.
    """

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        members: Members,
        rng: Random,
        *,
        report: Callable[[NodeEvent], None],
        accuse: Callable[[FollowedBucket, Accusation, Instant], None],
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._rng = rng
        self._report = report
        self._accuse = accuse
        self._members = members
        self._addresses: frozenset[int] = frozenset()
        self._width = transport.width()
        self._followed: dict[Bucket, FollowedBucket] = {}
        self._tick_at = 0.0

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def read(self, addresses: Collection[int], now: Instant) -> None:
        """Read the buckets of these addresses and no others. Raises ``Overloaded``, and then changes nothing.

        Without any address the owner is gone: nothing is read on, and the next owner hears of every custodian anew.
        """
        if len(set(addresses)) > MAX_READ:
            raise Overloaded("addresses")
        self._addresses = frozenset(addresses)
        if not addresses:
            for followed in self._followed.values():
                if followed.is_read:
                    self._stop_reading(followed)
        self._retarget(now)

    def follow(self, custodian: NodeId, bucket: Bucket, cursor: Cursor | None, now: Instant) -> None:
        """Begin a stream that ``CustodianUp`` announced; if it is not wanted any more, nothing happens."""
        followed = self._followed.get(bucket)
        if followed is None or not followed.is_read:
            return
        if (member := followed.members.get(custodian)) is not None:
            self._members.follow(followed, member, cursor, now)

    def watch(self, bucket: Bucket, address: int, now: Instant) -> bool:
        """See what is named in a bucket until ``unwatch``; say whether there was room."""
        followed = self._followed.get(bucket)
        is_new = followed is None or not followed.watches
        if is_new and sum(each.watches > 0 for each in self._followed.values()) >= MAX_WATCHED:
            return False
        if followed is None:
            followed = self._followed[bucket] = FollowedBucket(bucket, address)
            self._members.refill(followed, now)
        followed.watches += 1
        return True

    def unwatch(self, bucket: Bucket, now: Instant) -> None:
        """Take back one ``watch``."""
        if followed := self._followed.get(bucket):
            followed.watches -= 1
            followed.watched_until = now.mono + LINGER

    def hasten(self, bucket: Bucket, since: float, now: Instant) -> None:
        """Something should have been named in a bucket since: ask those who named nothing anew, over other circuits."""
        if followed := self._followed.get(bucket):
            self._members.hasten(followed, since, now)

    def review(self, bucket: Bucket, now: Instant) -> bool:
        """Have whole listings of a bucket where we do not know all that was named.

        Say whether there will be any.
        """
        followed = self._followed.get(bucket)
        return followed is not None and self._members.review(followed, now)

    # --- what may be asked --------------------------------------------------------------------------------------------

    def get(self, bucket: Bucket) -> FollowedBucket | None:
        """Return a bucket that is followed."""
        return self._followed.get(bucket)

    def buckets(self) -> list[FollowedBucket]:
        """Return the buckets that are followed."""
        return list(self._followed.values())

    def followed(self) -> set[NodeId]:
        """Return whom we follow anywhere."""
        return {custodian for followed in self._followed.values() for custodian in followed.members}

    def agreement(self, now: Instant) -> list[BucketView]:
        """Return, for each bucket that is read, whether its custodians name the same."""
        return [followed.view(now.mono) for followed in self._followed.values() if followed.is_read]

    # --- what was found out -------------------------------------------------------------------------------------------

    def on_custodians_found(self, now: Instant) -> None:
        """The transport knows more: fill what lacks custodians."""
        self._retarget(now)
        for followed in self.buckets():
            self._members.refill(followed, now)

    def convict(self, followed: FollowedBucket, liar: NodeId, judge: NodeId | None, now: Instant) -> None:
        """Leave a custodian that lied; ``judge`` takes its place when there is one."""
        self._choice.on_caught(liar, now)
        if self._followed.get(followed.bucket) is not followed:
            return
        followed.doubted_at = now.mono
        if member := followed.members.get(liar):
            self._members.drop(followed, member, now)
        if judge is not None and judge not in followed.members and len(followed.active()) < COPIES:
            self._members.add(followed, judge, now)
        self._members.refill(followed, now, never=(liar,))

    def expel(self, liar: NodeId, now: Instant) -> None:
        """Leave a custodian that was caught elsewhere, in every bucket."""
        for followed in self.buckets():
            if liar in followed.members:
                self.convict(followed, liar, None, now)

    def acquit(self, followed: FollowedBucket, accusation: Accusation, now: Instant) -> None:
        """Go on with both: what only one named is explained, or cannot be."""
        if self._followed.get(followed.bucket) is not followed:
            return
        followed.comparison.settle(accusation.namer, accusation.tags)
        member = followed.members.get(accusation.namer)
        if member is not None and member.is_held:
            self._members.release(followed, member, now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """Look after every bucket."""
        if now.mono < self._tick_at:
            return
        self._tick_at = now.mono + TICK
        if self._transport.width() != self._width:
            self._retarget(now)
        for followed in self.buckets():
            self._look_after(followed, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._tick_at if self._followed else float("inf")

    # --- buckets ------------------------------------------------------------------------------------------------------

    def _retarget(self, now: Instant) -> None:
        """Follow what is wanted at the present width; what is not wanted any more retires at a moment of chance."""
        self._width = self._transport.width()
        wanted = {Bucket.of(address, self._width): address for address in sorted(self._addresses)}
        for bucket, address in wanted.items():
            followed = self._followed.get(bucket)
            if followed is None:
                followed = self._followed[bucket] = FollowedBucket(bucket, address, is_read=True)
                self._members.refill(followed, now)
            elif not followed.is_read:
                self._begin_reading(followed, now)
            followed.address, followed.retire_at = address, None
        for followed in self._followed.values():
            if followed.is_read and followed.bucket not in wanted and followed.retire_at is None:
                is_followed = bool(followed.members)  # else there is none to see it end
                followed.retire_at = now.mono + self._rng.uniform(RETIRE_TIME / 2, RETIRE_TIME) * is_followed

    def _look_after(self, followed: FollowedBucket, now: Instant) -> None:
        if followed.retire_at is not None and now.mono >= followed.retire_at:
            self._stop_reading(followed)
        if not followed.is_read and not followed.watches and now.mono >= followed.watched_until:
            for member in list(followed.members.values()):
                self._members.drop(followed, member, now)
            del self._followed[followed.bucket]
            return
        known = self._transport.known(followed.address)
        for member in followed.active():
            member.misses = member.misses + 1 if known and member.custodian not in known else 0
            if member.misses >= MAX_MISSES or now.mono >= member.choose_again_at:
                self._members.replace(followed, member, now)
        self._members.let_go(followed, now)
        self._members.refill(followed, now)
        if followed.is_leaving:
            return  # no custodian is judged by what may be another width
        held = [member for member in followed.members.values() if member.is_held]
        if held:
            self._members.judge(followed, held[0], now)
        elif accusation := followed.accusation(now.mono):
            self._accuse(followed, accusation, now)

    def _begin_reading(self, followed: FollowedBucket, now: Instant) -> None:
        """Ask the owner from where to read what was only watched."""
        followed.is_read = True
        self._members.ask_owner(followed, now)

    def _stop_reading(self, followed: FollowedBucket) -> None:
        followed.is_read, followed.retire_at = False, None
        for custodian in followed.members:
            self._report(CustodianDown(custodian, followed.bucket))
