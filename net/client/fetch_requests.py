"""Requests for boxes, hidden among others of their bucket, and what custodians answer.

Tags that are wanted travel with decoys, tags of the same bucket that are not ours, up to a whole eight, so that a custodian
does not learn how many boxes belong together or which. A box that was altered convicts the custodian that gave it.

A *probe* asks one custodian for boxes that it named, to see whether it can show them; they go to the prober alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from net.client.choice import Choice
from net.client.followed_bucket import FollowedBucket
from net.client.follows import Follows
from net.client.questions import Questions
from net.errors import DecodeError, UnknownVersion
from net.ids import NodeId, Tag, tag_of
from net.instant import Instant
from net.messages import MAX_BOXES_PER_ANSWER, MAX_TAGS_PER_FETCH, Boxes, Fetch
from net.numbers import MAX_VARIANTS
from net.parcel.box import Box, decode_box, id_in_box, is_signed

# Tags in a request come in multiples of this.
GROUP: Final = 8
# Answers to one request: 64 tags of four variants each, 64 boxes an answer.
MAX_ANSWERS: Final = MAX_VARIANTS * MAX_TAGS_PER_FETCH // MAX_BOXES_PER_ANSWER


class Shown(NamedTuple):
    """What a custodian gave: boxes that it was asked for, and tags of those that are of another version than ours.

    The strange ones may be good, and we can neither use nor check them.
    """

    boxes: list[Box]
    strange: set[Tag]


# Hears what a custodian showed; None when it did not answer.
Probe = Callable[[Shown | None, Instant], None]


class Batch(NamedTuple):
    """Tags to ask one custodian for at once, all of one bucket."""

    custodian: NodeId
    followed: FollowedBucket
    tags: list[Tag]


@dataclass(slots=True)
class FetchRequest:
    """What one custodian was asked for, and what came of it."""

    tags: frozenset[Tag]
    answers: int = 0
    count: dict[Tag, int] = field(default_factory=dict[Tag, int])
    probe: Probe | None = None
    shown: Shown = field(default_factory=lambda: Shown([], set()))  # for a probe


class FetchRequests:
    """Requests under way.

    ``is_wanted`` says of a tag that it is looked for, and so is no decoy. ``on_box`` takes each box that was asked for, at
    most four variants of a tag. ``on_end`` is told the tags of a request that is over, and whether it was answered to the
    end: what it did not bring is absent there, or remains unknown.
    """

    def __init__(
        self,
        questions: Questions[FetchRequest],
        choice: Choice,
        follows: Follows,
        rng: Random,
        *,
        is_wanted: Callable[[Tag], bool],
        on_box: Callable[[Tag, bytes], None],
        on_end: Callable[[frozenset[Tag], bool, Instant], None],
    ) -> None:
        self._choice = choice
        self._follows = follows
        self._rng = rng
        self._is_wanted = is_wanted
        self._on_wanted_box = on_box
        self._on_end = on_end
        self._questions = questions

    def __len__(self) -> int:
        return len(self._questions)

    def ask(self, batch: Batch, now: Instant, probe: Probe | None = None) -> None:
        """Ask for the boxes of a batch. Raises ``Unreachable`` or ``Overloaded``."""
        tags = b"".join(self._disguised(batch.tags, batch.followed))
        request = FetchRequest(frozenset(batch.tags), probe=probe)
        self._questions.ask(batch.custodian, lambda number: Fetch(number, tags), request, now)

    def receive(self, custodian: NodeId, message: Boxes, now: Instant) -> bool:
        """Take boxes; say whether a request is over with them. Those not asked for are dropped."""
        request = self._questions.get(custodian, message.request)
        if request is None:
            return False
        self._choice.on_answer(now)
        request.answers += 1
        are_genuine = [self._on_box(request, data) for data in message.boxes]
        if not all(are_genuine):
            self._follows.expel(custodian, now)
            self._choice.on_caught(custodian, now)
        is_over = message.is_last or request.answers >= MAX_ANSWERS
        if is_over:
            self._end(custodian, message.request, now, is_answered=message.is_last)
        return is_over

    def on_busy(self, custodian: NodeId, number: int, now: Instant) -> None:
        """A custodian will not answer now."""
        self._end(custodian, number, now, is_answered=False)

    def on_circuit_lost(self, custodian: NodeId, now: Instant) -> None:
        """What was asked there gets no answer any more."""
        for number in self._questions.at(custodian):
            self._end(custodian, number, now, is_answered=False)

    def handle_timeout(self, now: Instant) -> None:
        """End the requests without an answer in time."""
        for custodian, number in self._questions.silent(now):
            self._end(custodian, number, now, is_answered=False)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._questions.next_deadline()

    def _on_box(self, request: FetchRequest, data: bytes) -> bool:
        """Report a box that is wanted; False for one that was altered."""
        try:
            box = decode_box(data)
        except UnknownVersion:
            self._on_strange_box(request, data)
            return True
        except DecodeError:
            return False
        tag = tag_of(box.box_id)
        if tag not in request.tags:
            return True  # a decoy
        if not is_signed(box):
            return False
        request.count[tag] = request.count.get(tag, 0) + 1
        if request.count[tag] <= MAX_VARIANTS:
            if request.probe:
                request.shown.boxes.append(box)
            else:
                self._on_wanted_box(tag, data)
        return True

    @staticmethod
    def _on_strange_box(request: FetchRequest, data: bytes) -> None:
        """Note a box that we cannot read. For a reader it is as good as absent, and no custodian is to blame."""
        box_id = id_in_box(data)
        if box_id is not None:
            request.shown.strange.add(tag_of(box_id))

    def _end(self, custodian: NodeId, number: int, now: Instant, *, is_answered: bool) -> None:
        request = self._questions.end(custodian, number)
        if request is None:
            return
        if request.probe:
            request.probe(request.shown if is_answered else None, now)
        else:
            self._on_end(request.tags, is_answered, now)

    def _disguised(self, tags: list[Tag], followed: FollowedBucket) -> list[Tag]:
        """Return the tags among decoys of the same bucket, in an order that tells nothing."""
        lacking = -len(tags) % GROUP
        spare = [
            tag
            for tag in followed.recent.sample(self._rng, 4 * lacking)
            if not self._is_wanted(tag) and tag not in tags
        ]
        return sorted({*tags, *spare[:lacking]})
