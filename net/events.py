"""What a node tells its owner. Frozen, past tense; the only things that travel up from ``net``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from net.bucket import Bucket
from net.ids import Cursor, NodeId, ParcelId, Tag


class Verdict(Enum):
    """A custodian's answer to a deposit. ``value`` is the byte on the wire."""

    STORED = 0  # on its disk, or was already there with the same bytes
    MALFORMED = 1  # length or version
    EXPIRY = 2  # outside (now - 1 h, now + 50 h] by its clock; the answer carries its hour
    PREFIX = 3  # outside the custodian's scope, or showing more bits than are in use
    WORK = 4  # proof of work missing or too little
    SIGNATURE = 5
    CROWDED = 6  # four variants of this id already there
    FULL = 7  # quota or rate; try later or elsewhere
    STALE = 8  # a record with a higher sequence number is there
    REFUSED = 255  # for a reason that this version does not know: whatever else comes is taken for this; never sent

    @classmethod
    def _missing_(cls, value: object) -> Verdict | None:
        return cls.REFUSED if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class CustodianUp:
    """A custodian was chosen to read a bucket at; the owner now says from where with ``follow``."""

    custodian: NodeId
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class CustodianDown:
    """A custodian is not read at any more for this bucket."""

    custodian: NodeId
    bucket: Bucket


@dataclass(frozen=True, slots=True)
class TagsArrived:
    """The next piece of a custodian's tag stream of a bucket. Commit ``cursor`` together with what the tags caused.

    ``caught_up`` says that nothing older is waiting: all that this custodian holds now has been seen.
    """

    custodian: NodeId
    bucket: Bucket
    cursor: Cursor
    tags: tuple[Tag, ...]
    caught_up: bool


@dataclass(frozen=True, slots=True)
class BoxArrived:
    """A fetched box, its format and signature checked. Boxes fetched as decoys are not reported."""

    box: bytes


@dataclass(frozen=True, slots=True)
class BoxAbsent:
    """No custodian that was asked holds a box with this tag (any more)."""

    tag: Tag


@dataclass(frozen=True, slots=True)
class DepositAnswered:
    """One custodian's answer to a record, or its stream naming a deposited box: *stored*."""

    custodian: NodeId
    parcel_id: ParcelId
    verdict: Verdict
    hour: int  # the custodian's network time, whole hours since 1970


@dataclass(frozen=True, slots=True)
class PriceRisen:
    """Two custodians ask for more than a parcel carries: ``factor`` times its yardstick (``net.custodian.price``).

    It is deposited as it is until its owner gives it again with more work.
    """

    parcel_id: ParcelId
    factor: int


@dataclass(frozen=True, slots=True)
class RecordAnswered:
    """One custodian's answer to a search for a record: its bytes, format and signature checked, or None."""

    custodian: NodeId
    record_id: ParcelId
    record: bytes | None


@dataclass(frozen=True, slots=True)
class ClocksChanged:
    """Whose clocks are wrong, or whether it is our own, is another than before; ``Node.view`` tells."""


NodeEvent = (
    CustodianUp
    | CustodianDown
    | TagsArrived
    | BoxArrived
    | BoxAbsent
    | DepositAnswered
    | PriceRisen
    | RecordAnswered
    | ClocksChanged
)
