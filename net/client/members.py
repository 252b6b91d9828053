"""The custodians followed in a bucket: how they are chosen and replaced, and what their streams bring.

Two in each bucket, the same two as long as they serve. One that is to be replaced goes on until another has caught up. One
that names far more than the other is held, its stream resting, until a dispute has said which of the two lies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from random import Random
from typing import Final

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.comparison import MAX_UNSHARED
from net.client.followed_bucket import Accusation, FollowedBucket, Member
from net.client.streams import Failure, Stream, Streams
from net.events import CustodianDown, CustodianUp, NodeEvent, TagsArrived
from net.ids import Cursor, NodeId, Tag
from net.instant import Instant
from net.numbers import COPIES

# Seconds after which a custodian is chosen again, drawn for each between this and twice this.
SERVICE_TIME: Final = 86_400.0
# Seconds for which a custodian that is replaced may be followed on.
LEAVING_TIME: Final = 3600.0
# Seconds between two whole listings by one custodian.
REVIEW_PAUSE: Final = 3600.0
# Tags that one alone has named, while both have caught up, at which it is judged at once.
FLOOD: Final = MAX_UNSHARED // 2


class Members:
    """Follows custodians, in any bucket that it is given.

    ``named`` takes every tag that a custodian names and where it lies, ``serving`` a bucket that came alive, ``accuse`` what
    two custodians differ in.
    """

    def __init__(
        self,
        choice: Choice,
        streams: Streams,
        rng: Random,
        *,
        report: Callable[[NodeEvent], None],
        named: Callable[[Bucket, NodeId, Collection[Tag], Instant], None],
        serving: Callable[[Bucket, Instant], None],
        accuse: Callable[[FollowedBucket, Accusation, Instant], None],
    ) -> None:
        self._choice = choice
        self._streams = streams
        self._rng = rng
        self._report = report
        self._named = named
        self._serving = serving
        self._accuse = accuse

    def refill(self, followed: FollowedBucket, now: Instant, never: Collection[NodeId] = ()) -> None:
        """Add custodians until there are two; none of ``never``."""
        lacking = COPIES - len(followed.active())
        if lacking > 0 and not followed.is_leaving:
            for custodian in self._choice.order(followed.address, now, never={*followed.members, *never})[:lacking]:
                self.add(followed, custodian, now)

    def add(self, followed: FollowedBucket, custodian: NodeId, now: Instant) -> None:
        """Follow a custodian: of a bucket that is read, the owner says from which cursor."""
        member = Member(custodian, now.mono + self._rng.uniform(SERVICE_TIME, 2 * SERVICE_TIME))
        followed.members[custodian] = member
        followed.comparison.join(custodian)
        if followed.is_read:
            self._report(CustodianUp(custodian, followed.bucket))
        else:
            self._open(followed, member, None, now)

    def follow(self, followed: FollowedBucket, member: Member, cursor: Cursor | None, now: Instant) -> None:
        """Begin a member's stream from a cursor of the owner's, or anew."""
        if member.stream is not None:
            self._streams.close(member.stream, now)
        member.is_held = False
        self._open(followed, member, cursor, now)

    def ask_owner(self, followed: FollowedBucket, now: Instant) -> None:
        """Have the owner say from where to read what was only watched."""
        for member in followed.members.values():
            if member.stream is not None:
                self._streams.close(member.stream, now)
                member.stream = None
            self._report(CustodianUp(member.custodian, followed.bucket))

    def hasten(self, followed: FollowedBucket, since: float, now: Instant) -> None:
        """Ask those who named nothing since then anew, over other circuits."""
        for member in followed.active():
            if member.stream is not None:
                self._streams.hasten(member.stream, since, now)

    def _open(self, followed: FollowedBucket, member: Member, cursor: Cursor | None, now: Instant) -> None:
        on_tags, on_failed = partial(self._on_tags, followed, member), partial(self._on_failed, followed, member)
        member.stream = self._streams.open(member.custodian, followed.bucket, cursor, on_tags, on_failed, now)

    def replace(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Let another serve; this one goes when the other has caught up."""
        member.misses = 0
        member.choose_again_at = now.mono + self._rng.uniform(SERVICE_TIME, 2 * SERVICE_TIME)
        if self._choice.order(followed.address, now, never=followed.members):
            member.leaving_at = now.mono + LEAVING_TIME

    def let_go(self, followed: FollowedBucket, now: Instant) -> None:
        """Drop those whose place another has taken, and keep those for which none came."""
        for member in list(followed.members.values()):
            is_late = member.leaving_at is not None and now.mono >= member.leaving_at
            if is_late and len(followed.active()) < COPIES:
                member.leaving_at = None  # none came in its place
            elif member.leaving_at is not None and (is_late or followed.is_full()):
                self.drop(followed, member, now)

    def drop(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Follow a custodian no more."""
        del followed.members[member.custodian]
        followed.comparison.leave(member.custodian)
        for stream in (member.stream, member.review):
            if stream is not None:
                self._streams.close(stream, now)
        if followed.is_read:
            self._report(CustodianDown(member.custodian, followed.bucket))

    # --- streams ------------------------------------------------------------------------------------------------------

    def _on_tags(
        self, followed: FollowedBucket, member: Member, stream: Stream, tags: tuple[Tag, ...], now: Instant
    ) -> None:
        self._choice.on_answer(now)
        followed.recent.on_tags_named(stream.custodian, tags)
        followed.comparison.on_tags_named(stream.custodian, tags, now.mono, is_live=stream.is_live)
        if followed.is_read and stream.cursor is not None:
            self._report(TagsArrived(stream.custodian, stream.bucket, stream.cursor, tags, stream.is_end))
        self._named(stream.bucket, stream.custodian, tags, now)
        if stream.is_caught_up and not stream.is_live:
            self.let_go(followed, now)
            if sum(each.is_caught_up for each in followed.members.values()) == 1:
                self._serving(stream.bucket, now)
        if followed.agreed_since() is not None and followed.comparison.live(stream.custodian) >= FLOOD:
            self._hold(followed, member, now)

    def _hold(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Stop listening to a custodian that names far more than the other, until it is judged."""
        if member.stream is not None and not member.is_held:
            member.is_held = True
            self._streams.close(member.stream, now)
            self.judge(followed, member, now)

    def judge(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Accuse a member of what it alone named, or go on with it when there is nothing to explain."""
        tags = followed.comparison.unshared(member.custodian)
        others = [each.custodian for each in followed.active() if each.is_caught_up and each is not member]
        if others and tags:
            self._accuse(followed, Accusation(member.custodian, others[0], tags), now)
        else:
            self.release(followed, member, now)

    def release(self, followed: FollowedBucket, member: Member, now: Instant) -> None:
        """Go on with a member that was held."""
        member.is_held = False
        if member.stream is not None:
            self._open(followed, member, member.stream.cursor, now)

    def _on_failed(
        self, followed: FollowedBucket, member: Member, stream: Stream, failure: Failure, now: Instant
    ) -> None:
        if failure is Failure.BROKEN:
            self._choice.on_caught(stream.custodian, now)
        elif failure is Failure.SILENT:
            self._choice.was_silent(stream.custodian, stream.asked_at, now)
        else:
            self._choice.shun(stream.custodian, now)
        self.drop(followed, member, now)
        self.refill(followed, now, never=(stream.custodian,))

    def review(self, followed: FollowedBucket, now: Instant) -> bool:
        """Have whole listings, each given to ``named``, where we do not know all that was named; say whether any come."""
        return sum(self._review(followed, member, now) for member in followed.members.values()) > 0

    def _review(self, followed: FollowedBucket, member: Member, now: Instant) -> bool:
        is_recent = member.reviewed_at is not None and now.mono - member.reviewed_at < REVIEW_PAUSE
        is_all_known = member.stream is not None and member.stream.is_whole and followed.recent.is_complete
        if not member.is_caught_up or is_all_known or is_recent:
            return False
        member.reviewed_at = now.mono
        if member.review is not None:
            self._streams.close(member.review, now)
        member.review = self._streams.open(
            member.custodian, followed.bucket, None, partial(self._on_reviewed, followed), self._on_review_failed, now
        )
        return True

    def _on_reviewed(self, followed: FollowedBucket, stream: Stream, tags: tuple[Tag, ...], now: Instant) -> None:
        followed.recent.named_again(stream.custodian, tags)
        self._named(stream.bucket, stream.custodian, tags, now)
        if stream.is_caught_up:
            self._streams.close(stream, now)

    def _on_review_failed(self, stream: Stream, failure: Failure, now: Instant) -> None:
        """Nothing follows: the stream that goes on beside it tells whether its custodian is well."""
