"""Disputes: one custodian named tags that the other did not. Which of them lies?

Either may be honest: the other may have named them before our cursor, or a box may have expired in between. So the accused
is asked for a whole listing first. If the tags are not in it, their boxes are fetched from the one who named them: who
cannot show most of what it named a moment ago made it up. Boxes that exist, and lie where the accused surely keeps, are put
to a third custodian; when it has them too, two of three say that the accused withholds.

Reference: the comparison of answers from several sources, as in majority quorums, with the sources chosen by the reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from net.bucket import Bucket
from net.client.choice import Choice
from net.client.fetch_requests import GROUP, Shown
from net.client.fetches import Fetches
from net.client.followed_bucket import Accusation, FollowedBucket
from net.client.follows import Follows
from net.client.ports import Transport
from net.client.streams import Failure, Stream, Streams
from net.ids import NodeId, Tag, tag_of
from net.instant import Instant
from net.parcel.box import Box

# Disputes at a time: each costs a listing or two.
MAX_DISPUTES: Final = 4
# Seconds between two in one bucket: a custodian must not be able to keep us busy with others' listings.
DISPUTE_PAUSE: Final = 600.0
# Of the disputed tags so many are looked into, by chance.
SAMPLE: Final = 64
# Third custodians tried.
MAX_JUDGES: Final = 3
# With fewer custodians than this the network is not taken for one that is divided.
TINY_NETWORK: Final = 16
# Buckets whose last dispute is remembered.
MAX_REMEMBERED: Final = 128


@dataclass(slots=True, eq=False)
class _Dispute:
    followed: FollowedBucket
    accusation: Accusation
    tags: set[Tag]
    shown: set[Tag] = field(default_factory=set[Tag])  # boxes that exist and that the accused should have
    is_confirmed: bool = False
    judges: set[NodeId] = field(default_factory=set[NodeId])


class Disputes:
    """Disputes under way, one in a bucket at most. Each ends with a conviction or an acquittal."""

    def __init__(
        self, transport: Transport, choice: Choice, streams: Streams, follows: Follows, fetches: Fetches, rng: Random
    ) -> None:
        self._transport = transport
        self._choice = choice
        self._streams = streams
        self._follows = follows
        self._fetches = fetches
        self._rng = rng
        self._open: dict[Bucket, _Dispute] = {}
        self._ended: dict[Bucket, float] = {}

    def begin(self, followed: FollowedBucket, accusation: Accusation, now: Instant) -> None:
        """Look into a difference. When that is not possible now, nothing happens, and it is brought up again."""
        is_recent = now.mono - self._ended.get(followed.bucket, -DISPUTE_PAUSE) < DISPUTE_PAUSE
        if followed.bucket in self._open or is_recent or len(self._open) >= MAX_DISPUTES:
            return
        tags = self._rng.sample(sorted(accusation.tags), min(SAMPLE, len(accusation.tags)))
        dispute = self._open[followed.bucket] = _Dispute(followed, accusation, set(tags))
        self._streams.open(
            accusation.accused,
            followed.bucket,
            None,
            partial(self._on_listing, dispute),
            partial(self._on_unlisted, dispute),
            now,
        )

    # --- the accused lists what it has --------------------------------------------------------------------------------

    def _on_listing(self, dispute: _Dispute, stream: Stream, tags: tuple[Tag, ...], now: Instant) -> None:
        dispute.tags.difference_update(tags)
        dispute.followed.recent.named_again(stream.custodian, tags)
        if not stream.is_caught_up and dispute.tags:
            return
        self._streams.close(stream, now)
        if dispute.tags:
            self._demand(dispute, now)
        else:
            self._acquit(dispute, now)

    def _on_unlisted(self, dispute: _Dispute, _stream: Stream, _failure: Failure, now: Instant) -> None:
        """Who does not answer does not get away with that: all it was accused of stands."""
        self._demand(dispute, now)

    # --- the accuser shows the boxes ----------------------------------------------------------------------------------

    def _demand(self, dispute: _Dispute, now: Instant) -> None:
        sample = self._rng.sample(sorted(dispute.tags), min(GROUP, len(dispute.tags)))
        then = partial(self._on_boxes, dispute, frozenset(sample))
        self._fetches.probe(dispute.accusation.namer, dispute.followed, sample, then, now)

    def _on_boxes(self, dispute: _Dispute, asked: frozenset[Tag], shown: Shown | None, now: Instant) -> None:
        if shown is None:
            self._abandon(dispute, now)
            return
        # Boxes of other versions exist for all we know; who does not know their version either does not withhold them.
        existing = {tag_of(box.box_id) for box in shown.boxes} | shown.strange
        live = {tag for tag in asked if dispute.accusation.tags[tag].is_live}
        if 2 * len(live - existing) > len(live):
            self._convict(dispute, dispute.accusation.namer, None, now)
            return
        dispute.shown = {tag_of(box.box_id) for box in shown.boxes if self._is_kept_by_accused(dispute, box)}
        if dispute.shown:
            self._call_judge(dispute, now)
        else:
            self._acquit(dispute, now)

    def _is_kept_by_accused(self, dispute: _Dispute, box: Box) -> bool:
        """Say whether the accused keeps a box, even if it takes the network for one width larger than we do."""
        bucket, accused = dispute.followed.bucket, dispute.accusation.accused
        width = max(bucket.width, self._transport.width())
        is_tiny = not width and len(self._transport.known(box.prefix)) < TINY_NETWORK
        is_near = self._transport.shares(accused, box.prefix) > width
        return bucket.covers(box.prefix) and (is_tiny or is_near)

    # --- a third one decides ------------------------------------------------------------------------------------------

    def _call_judge(self, dispute: _Dispute, now: Instant) -> None:
        followed = dispute.followed
        never = {dispute.accusation.namer, dispute.accusation.accused, *dispute.judges}
        judges = self._choice.order(followed.address, now, never=never)
        if not judges or len(dispute.judges) >= MAX_JUDGES:
            self._acquit(dispute, now)
            return
        dispute.judges.add(judges[0])
        self._streams.open(
            judges[0],
            followed.bucket,
            None,
            partial(self._on_judged, dispute),
            partial(self._on_no_judge, dispute),
            now,
        )

    def _on_judged(self, dispute: _Dispute, stream: Stream, tags: tuple[Tag, ...], now: Instant) -> None:
        dispute.is_confirmed = dispute.is_confirmed or not dispute.shown.isdisjoint(tags)
        if dispute.is_confirmed:
            self._streams.close(stream, now)
            self._convict(dispute, dispute.accusation.accused, stream.custodian, now)
        elif stream.is_caught_up:
            self._streams.close(stream, now)
            self._acquit(dispute, now)

    def _on_no_judge(self, dispute: _Dispute, _stream: Stream, _failure: Failure, now: Instant) -> None:
        self._call_judge(dispute, now)

    # --- the end ------------------------------------------------------------------------------------------------------

    def _convict(self, dispute: _Dispute, liar: NodeId, judge: NodeId | None, now: Instant) -> None:
        del self._open[dispute.followed.bucket]
        self._follows.convict(dispute.followed, liar, judge, now)

    def _acquit(self, dispute: _Dispute, now: Instant) -> None:
        self._abandon(dispute, now)
        self._follows.acquit(dispute.followed, dispute.accusation, now)

    def _abandon(self, dispute: _Dispute, now: Instant) -> None:
        """Leave it undecided for now; what is not explained is brought up again."""
        bucket = dispute.followed.bucket
        del self._open[bucket]
        self._ended.pop(bucket, None)
        self._ended[bucket] = now.mono
        if len(self._ended) > MAX_REMEMBERED:
            del self._ended[next(iter(self._ended))]
