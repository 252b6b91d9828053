"""Between clients and custodians: deposits, streams of tags, boxes, records, prices."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from net.ids import TAG_SIZE
from net.messages.fields import (
    MAX_BOXES_PER_ANSWER,
    MAX_TAGS_PER_FETCH,
    MAX_TAGS_PER_PIECE,
    RUN_SIZE,
    U32,
    Id,
    ParcelBytes,
    Uint8,
    Uint32,
    Uint63,
    WireMessage,
)
from net.parcel.box import PREFIX_BITS


class Deposit(WireMessage, frozen=True, tag=1):
    """Please keep this parcel. ``kind`` is the number of ``net.parcel.store.Kind``."""

    request: Uint32
    kind: Uint8
    parcel: ParcelBytes


class DepositAnswer(WireMessage, frozen=True, tag=2):
    """What became of a deposit: a ``Verdict``'s value, and the custodian's hour. A value not known is a refusal.

    ``price`` is what parcels of this size cost here: 0, nothing beyond their hours, or how many times the yardstick. A price
    beyond ``MAX_PRICE_FACTOR`` counts as that.
    """

    request: Uint32
    verdict: Uint8
    hour: Uint32
    price: Uint32 = 0


class Follow(WireMessage, frozen=True, tag=3):
    """Stream the tags under the first ``width`` bits of ``prefix``, after ``arrival`` of ``run`` (empty: all)."""

    stream: Uint32
    prefix: Uint32
    width: Annotated[int, Meta(ge=0, le=PREFIX_BITS)]
    run: Annotated[bytes, Meta(max_length=RUN_SIZE)]
    arrival: Uint63


class Unfollow(WireMessage, frozen=True, tag=4):
    """Stop a stream."""

    stream: Uint32


class Tags(WireMessage, frozen=True, tag=5):
    """The next piece of a stream, tags end to end. ``arrival`` is where the reader now stands in ``run``."""

    stream: Uint32
    run: Annotated[bytes, Meta(min_length=RUN_SIZE, max_length=RUN_SIZE)]
    arrival: Uint63
    tags: Annotated[bytes, Meta(max_length=MAX_TAGS_PER_PIECE * TAG_SIZE)]
    caught_up: bool

    def __post_init__(self) -> None:
        if len(self.tags) % TAG_SIZE:
            raise ValueError("tags")


class Price(WireMessage, frozen=True, tag=32):
    """From now on boxes cost so many times the price here.

    Comes on a stream of tags. Until a stream says otherwise the factor is 1. A factor beyond ``MAX_PRICE_FACTOR`` is not
    paid: it counts as that.
    """

    stream: Uint32
    factor: Annotated[int, Meta(ge=1, le=U32)]


class Fetch(WireMessage, frozen=True, tag=6):
    """Give me every box under these tags, which lie end to end."""

    request: Uint32
    tags: Annotated[bytes, Meta(min_length=TAG_SIZE, max_length=MAX_TAGS_PER_FETCH * TAG_SIZE)]

    def __post_init__(self) -> None:
        if len(self.tags) % TAG_SIZE:
            raise ValueError("tags")


class Boxes(WireMessage, frozen=True, tag=7):
    """Some of the boxes asked for; with ``is_last`` all have been sent, and tags without a box are not held."""

    request: Uint32
    boxes: Annotated[list[ParcelBytes], Meta(max_length=MAX_BOXES_PER_ANSWER)]
    is_last: bool


class FindRecord(WireMessage, frozen=True, tag=8):
    """Give me the record of this id."""

    request: Uint32
    record_id: Id


class FoundRecord(WireMessage, frozen=True, tag=9):
    """A record, or nothing when none is held."""

    request: Uint32
    record: ParcelBytes


class Busy(WireMessage, frozen=True, tag=10):
    """A fetch or a search was not answered: too many of them. Ask again later or elsewhere."""

    request: Uint32
