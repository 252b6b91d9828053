"""Follows: which custodians this node reads, bucket by bucket.

Two in each, the same two as long as they serve: whoever changes custodians often has met all of them before long, the
dishonest ones too. They are chosen again after a day or two at a moment of chance, and at once when they are silent, gone
or caught lying. Buckets change with the day and with the network's size; then new ones are followed before the former ones
are left, within an hour and at another moment for each reader, so that nobody's change of day shows as one.

A bucket is read for the owner, who says from which cursor, or watched to see own deposits named, from its oldest box.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from random import Random
from typing import Final

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.comparison import MAX_UNSHARED
from net.client.followed_bucket import Accusation, BucketView, FollowedBucket, Member
from net.client.ports import Transport
from net.client.streams import Failure, Stream, Streams
from net.errors import Overloaded
from net.events import CustodianDown, CustodianUp, NodeEvent, TagsArrived
from net.ids import Cursor, NodeId, Tag
from net.instant import Instant
from net.numbers import COPIES

# Addresses read at a time: a few inboxes and groups, each on three or four days.
MAX_READ: Final = 128
# Buckets watched for deposits, lingering ones aside: as many conversations written to within seconds.
MAX_WATCHED: Final = 64
# Seconds between two looks at everything here.
TICK: Final = 30.0
# Seconds for which a bucket that is not wanted any more, or a custodian that is replaced, may be followed on.
RETIRE_TIME: Final = 3600.0
# Seconds for which a bucket is watched after the last deposit there was confirmed: people write several messages.
LINGER: Final = 300.0
# Seconds after which a custodian is chosen again, drawn for each between this and twice this.
SERVICE_TIME: Final = 86_400.0
# Looks in a row at which a custodian was not known any more after which it is replaced.
MAX_MISSES: Final = 3
# Seconds between two whole listings by one custodian.
REVIEW_PAUSE: Final = 3600.0
# Tags that one alone has named, while both have caught up, at which it is judged at once.
FLOOD: Final = MAX_UNSHARED // 2


class Follows:
    """Buckets and their custodians.

    ``named`` takes every tag that somebody names and where it lies, ``serving`` a bucket that came alive.
    """

    def __init__(
        self,
        transport: Transport,
        choice: Choice,
        streams: Streams,
        rng: Random,
        *,
        report: Callable[[NodeEvent], None],
        named: Callable[[Bucket, NodeId, Collection[Tag], Instant], None],
        serving: Callable[[Bucket, Instant], None],
        accuse: Callable[[FollowedBucket, Accusation, Instant], None],
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._streams = streams
        self._rng = rng
        self._report = report
        self._named = named
        self._serving = serving
        self._accuse = accuse
        self._addresses: frozenset[int] = frozenset()
        self._width = transport.width()
        self._followed: dict[Bucket, FollowedBucket] = {}
        self._tick_at = 0.0

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def read(self, addresses: Collection[int], now: Instant) -> None:
        """Read the buckets of these addresses and no others. Raises ``Overloaded``, and then changes nothing.

        Without any address the owner is gone: nothing is read on, and whoever comes next hears of every custodian anew.
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
        member = followed.members.get(custodian) if followed is not None and followed.is_read else None
        if member is None:
            return
        if member.stream is not None:
            self._streams.close(member.stream, now)
        member.is_held = False
        self._open(member, bucket, cursor, now)

    def watch(self, bucket: Bucket, address: int, now: Instant) -> bool:
        """See what is named in a bucket until ``unwatch``; say whether there was room."""
        followed = self._followed.get(bucket)
        is_new = followed is None or not followed.watches
        if is_new and sum(each.watches > 0 for each in self._followed.values()) >= MAX_WATCHED:
            return False
        if followed is None:
            followed = self._followed[bucket] = FollowedBucket(bucket, address)
            self._refill(followed, now)
        followed.watches += 1
        return True

    def unwatch(self, bucket: Bucket, now: Instant) -> None:
        """Take back one ``watch``."""
        if followed := self._followed.get(bucket):
            followed.watches -= 1
            followed.watched_until = now.mono + LINGER

    def hasten(self, bucket: Bucket, since: float, now: Instant) -> None:
        """Something should have been named in a bucket since: ask those who named nothing anew, over other circuits."""
        followed = self._followed.get(bucket)
        for member in followed.active() if followed else ():
            if member.stream is not None:
                self._streams.hasten(member.stream, since, now)

    def review(self, bucket: Bucket, now: Instant) -> bool:
        """Have whole listings of a bucket, each given to ``named``, where we do not know all that was named.

        Say whether there will be any.
        """
        followed = self._followed.get(bucket)
        return (
            sum(self._review(followed, member, now) for member in followed.members.values()) > 0 if followed else False
        )

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
            self._refill(followed, now)

    def convict(self, followed: FollowedBucket, liar: NodeId, judge: NodeId | None, now: Instant) -> None:
        """Leave a custodian that lied; ``judge`` takes its place when there is one."""
        self._choice.on_caught(liar, now)
        if self._followed.get(followed.bucket) is not followed:
            return
        followed.doubted_at = now.mono
        if member := followed.members.get(liar):
            self._drop(followed, member, now)
        if judge is not None and judge not in followed.members and len(followed.active()) < COPIES:
            self._add(followed, judge, now)
        self._refill(followed, now, never=(liar,))

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
            self._release(followed, member, now)

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
                self._refill(followed, now)
            elif not followed.is_read:
                self._begin_reading(followed, now)
            followed.address, followed.retire_at = address, None
        for followed in self._followed.values():
            if followed.is_read and followed.bucket not in wanted and followed.retire_at is None:
                is_followed = bool(followed.members)  # else nobody would see it end
                followed.retire_at = now.mono + self._rng.uniform(RETIRE_TIME / 2, RETIRE_TIME) * is_followed

    def _look_after(self, followed: FollowedBucket, now: Instant) -> None:
        if followed.retire_at is not None and now.mono >= followed.retire_at:
            self._stop_reading(followed)
        if not followed.is_read and not followed.watches and now.mono >= followed.watched_until:
            for member in list(followed.members.values()):
                self._drop(followed, member, now)
            del self._followed[followed.bucket]
            return
        known = self._transport.known(followed.address)
        for member in followed.active():
            member.misses = member.misses + 1 if known and member.custodian not in known else 0
            if member.misses >= MAX_MISSES or now.mono >= member.choose_again_at:
                self._replace(followed, member, now)
        self._let_go(followed, now)
        self._refill(followed, now)
        if followed.is_leaving:
            return  # nobody is judged by what may be another width
        held = [member for member in followed.members.values() if member.is_held]
        if held:
            self._judge(followed, held[0], now)
        elif accusation := followed.accusation(now.mono):
            self._accuse(followed, accusation, now)

    def _begin_reading(self, followed: FollowedBucket, now: Instant) -> None:
        """Ask the owner from where to read what was only watched."""
        followed.is_read = True
        for member in followed.members.values():
            if member.stream is not None:
                self._streams.close(member.stream, now)
                member.stream = None
            self._report(CustodianUp(member.custodian, followed.bucket))

    def _stop_reading(self, followed: FollowedBucket) -> None:
        followed.is_read, followed.retire_at = False, None
        for custodian in followed.members:
            self._report(CustodianDown(custodian, followed.bucket))

    # --- members ------------------------------------------------------------------------------------------------------

    def _refill(self, followed: FollowedBucket, now: Instant, never: Collection[NodeId] = ()) -> None:
        lacking = COPIES - len(followed.active())
        if lacking > 0 and not followed.is_leaving:
            for custodian in self._choice.order(followed.address, now, never={*followed.members, *never})[:lacking]:
                self._add(followed, custodian, now)

    def _add(self, followed: FollowedBucket, custodian: NodeId, now: Instant) -> None:
        member = Member(custodian, now.mono + self._rng.uniform(SERVICE_TIME, 2 * SERVICE_TIME))
        followed.members[custodian] = member
        followed.comparison.join(custodian)
        if followed.is_read:
            self._report(CustodianUp(custodian, followed.bucket))
        else:
            self._open(member, followed.bucket, None, now)

    def _open(self, member: Member, bucket: Bucket, cursor: Cursor | None, now: Instant) -> None:
        member.stream = self._streams.open(member.custodian, bucket, cursor, self._on_tags, self._on_failed, now)

    def _replace(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Let another serve; this one goes when the other has caught up."""
        member.misses = 0
        member.choose_again_at = now.mono + self._rng.uniform(SERVICE_TIME, 2 * SERVICE_TIME)
        if self._choice.order(followed.address, now, never=followed.members):
            member.leaving_at = now.mono + RETIRE_TIME

    def _let_go(self, followed: FollowedBucket, now: Instant) -> None:
        for member in list(followed.members.values()):
            is_late = member.leaving_at is not None and now.mono >= member.leaving_at
            if is_late and len(followed.active()) < COPIES:
                member.leaving_at = None  # nobody came in its place
            elif member.leaving_at is not None and (is_late or followed.is_full()):
                self._drop(followed, member, now)

    def _drop(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        del followed.members[member.custodian]
        followed.comparison.leave(member.custodian)
        for stream in (member.stream, member.review):
            if stream is not None:
                self._streams.close(stream, now)
        if followed.is_read:
            self._report(CustodianDown(member.custodian, followed.bucket))

    # --- streams ------------------------------------------------------------------------------------------------------

    def _on_tags(self, stream: Stream, tags: tuple[Tag, ...], now: Instant) -> None:
        followed = self._followed[stream.bucket]
        member = followed.members[stream.custodian]
        self._choice.on_answer(now)
        followed.recent.on_tags_named(stream.custodian, tags)
        followed.comparison.on_tags_named(stream.custodian, tags, now.mono, is_live=stream.is_live)
        if followed.is_read and stream.cursor is not None:
            self._report(TagsArrived(stream.custodian, stream.bucket, stream.cursor, tags, stream.is_end))
        self._named(stream.bucket, stream.custodian, tags, now)
        if stream.is_caught_up and not stream.is_live:
            self._let_go(followed, now)
            if sum(each.is_caught_up for each in followed.members.values()) == 1:
                self._serving(stream.bucket, now)
        if followed.agreed_since() is not None and followed.comparison.live(stream.custodian) >= FLOOD:
            self._hold(followed, member, now)

    def _hold(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Stop listening to somebody who names far more than the other, until it is judged."""
        if member.stream is not None and not member.is_held:
            member.is_held = True
            self._streams.close(member.stream, now)
            self._judge(followed, member, now)

    def _judge(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        tags = followed.comparison.unshared(member.custodian)
        others = [each.custodian for each in followed.active() if each.is_caught_up and each is not member]
        if others and tags:
            self._accuse(followed, Accusation(member.custodian, others[0], tags), now)
        else:
            self._release(followed, member, now)

    def _release(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        member.is_held = False
        if member.stream is not None:
            self._open(member, followed.bucket, member.stream.cursor, now)

    def _on_failed(self, stream: Stream, failure: Failure, now: Instant) -> None:
        followed = self._followed[stream.bucket]
        if failure is Failure.BROKEN:
            self._choice.on_caught(stream.custodian, now)
        elif failure is Failure.SILENT:
            self._choice.was_silent(stream.custodian, stream.asked_at, now)
        else:
            self._choice.shun(stream.custodian, now)
        self._drop(followed, followed.members[stream.custodian], now)
        self._refill(followed, now, never=(stream.custodian,))

    def _review(self, followed: FollowedBucket, member: Member, now: Instant) -> bool:
        is_recent = member.reviewed_at is not None and now.mono - member.reviewed_at < REVIEW_PAUSE
        is_all_known = member.stream is not None and member.stream.is_whole and followed.recent.is_complete
        if not member.is_caught_up or is_all_known or is_recent:
            return False
        member.reviewed_at = now.mono
        if member.review is not None:
            self._streams.close(member.review, now)
        member.review = self._streams.open(
            member.custodian, followed.bucket, None, self._on_reviewed, self._on_review_failed, now
        )
        return True

    def _on_reviewed(self, stream: Stream, tags: tuple[Tag, ...], now: Instant) -> None:
        self._followed[stream.bucket].recent.named_again(stream.custodian, tags)
        self._named(stream.bucket, stream.custodian, tags, now)
        if stream.is_caught_up:
            self._streams.close(stream, now)

    def _on_review_failed(self, stream: Stream, failure: Failure, now: Instant) -> None:
        """Nothing follows: the stream that goes on beside it tells whether its custodian is well."""
