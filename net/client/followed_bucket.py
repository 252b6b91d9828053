"""One bucket and the custodians followed there: two, and for a while those that they replace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from net.bucket import Bucket
from net.client.comparison import Comparison, Naming
from net.client.encoding import agreed
from net.client.streams import Stream
from net.ids import NodeId, Tag
from net.numbers import COPIES

# Tags of a bucket remembered with those who named them: where to fetch a box, and what to hide it among. About 1 MB.
MAX_RECENT: Final = 4096


class BucketView(NamedTuple):
    """A bucket, who is followed there, and whether they name the same tags; None while that cannot be said."""

    bucket: Bucket
    custodians: tuple[NodeId, ...]
    agree: bool | None


class Accusation(NamedTuple):
    """``namer`` named tags in time that ``accused`` should have named too, or it made them up."""

    namer: NodeId
    accused: NodeId
    tags: dict[Tag, Naming]


class Recent:
    """The latest tags of a bucket and who named each."""

    def __init__(self) -> None:
        self._namers: dict[Tag, tuple[NodeId, ...]] = {}
        self.is_complete = True  # nothing was forgotten yet

    def on_tags_named(self, custodian: NodeId, tags: Iterable[Tag]) -> None:
        """Note what a custodian named."""
        for tag in tags:
            namers = self._namers.get(tag, ())
            if custodian not in namers:
                self._namers[tag] = (*namers, custodian)[-2 * COPIES :]
        while len(self._namers) > MAX_RECENT:
            del self._namers[next(iter(self._namers))]
            self.is_complete = False

    def named_again(self, custodian: NodeId, tags: Iterable[Tag]) -> None:
        """Note what was part of a whole listing: it adds to what is remembered, and pushes nothing out."""
        self.on_tags_named(custodian, [tag for tag in tags if tag in self._namers])

    def namers(self, tag: Tag) -> tuple[NodeId, ...]:
        """Return who named a tag."""
        return self._namers.get(tag, ())

    def sample(self, rng: Random, count: int) -> list[Tag]:
        """Return up to ``count`` different tags by chance."""
        known = list(self._namers)
        return rng.sample(known, min(count, len(known)))


@dataclass(slots=True)
class Member:
    """A custodian followed in a bucket. Without a stream it waits for the owner to say from where."""

    custodian: NodeId
    choose_again_at: float
    stream: Stream | None = None
    review: Stream | None = None  # a whole listing, to learn what was named before our cursor
    reviewed_at: float | None = None
    leaving_at: float | None = None
    misses: int = 0  # looks in a row at which the transport did not know it any more
    is_held: bool = False  # its stream rests while it is judged

    @property
    def is_caught_up(self) -> bool:
        """Say whether its stream has named all it has."""
        return self.stream is not None and self.stream.is_caught_up


@dataclass(slots=True)
class FollowedBucket:
    """A bucket that is read for the owner, watched for its deposits, or both."""

    bucket: Bucket
    address: int
    is_read: bool = False
    retire_at: float | None = None
    watches: int = 0
    watched_until: float = 0.0
    doubted_at: float | None = None  # when a custodian was caught here
    members: dict[NodeId, Member] = field(default_factory=dict[NodeId, Member])
    comparison: Comparison = field(default_factory=Comparison)
    recent: Recent = field(default_factory=Recent)

    @property
    def is_leaving(self) -> bool:
        """Whether it is followed only until its end shows nothing of what we do."""
        return self.retire_at is not None and not self.watches

    def active(self) -> list[Member]:
        """Return the members that are not being replaced."""
        return [member for member in self.members.values() if member.leaving_at is None]

    def is_served(self) -> bool:
        """Say whether any custodian here has caught up."""
        return any(member.is_caught_up for member in self.members.values())

    def is_full(self) -> bool:
        """Say whether as many as are wanted have caught up."""
        return sum(member.is_caught_up for member in self.active()) >= COPIES

    def agreed_since(self) -> float | None:
        """Return since when both members have been caught up; None while they are not."""
        pair = self._pair()
        if len(pair) < COPIES:
            return None
        return max(stream.steady_since or 0.0 for stream in pair)

    def accusation(self, now: float) -> Accusation | None:
        """Return what has to be explained by now, if anything."""
        since = self.agreed_since()
        if since is None:
            return None
        for stream in self._pair():
            accused = next(each.custodian for each in self._pair() if each is not stream)
            overdue = self.comparison.overdue(stream.custodian, since, now)
            named = {tag for tag in overdue if accused in self.recent.namers(tag)}
            self.comparison.settle(stream.custodian, named)
            if lacking := {tag: naming for tag, naming in overdue.items() if tag not in named}:
                return Accusation(stream.custodian, accused, lacking)
        return None

    def view(self, now: float) -> BucketView:
        """Return what the doctor shows."""
        custodians = tuple(member.custodian for member in self.active())
        since = self.agreed_since()
        if since is None:
            return BucketView(self.bucket, custodians, None if self.doubted_at is None else False)
        return BucketView(self.bucket, custodians, self.accusation(now) is None)

    def price_factor(self) -> int:
        """Return what its custodians ask for a box, as far as it is paid: at least 1."""
        return max(agreed(stream.price for stream in self._streams()), 1)

    def _pair(self) -> Sequence[Stream]:
        return [stream for stream in self._streams() if stream.is_caught_up][:COPIES]

    def _streams(self) -> list[Stream]:
        return [member.stream for member in self.active() if member.stream is not None]
