"""What a node tells its owner. Frozen, past tense; the only things that travel up from ``net``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from net.ids import Cursor, NodeId, ParcelId, Tag


class Verdict(Enum):
    """A custodian's answer to a deposit. ``value`` is the byte on the wire."""

    STORED = 0  # on its disk, or was already there with the same bytes
    MALFORMED = 1  # length or version
    EXPIRY = 2  # outside (now - 1 h, now + 50 h] by its clock; the answer carries its hour
    PREFIX = 3  # bits set that are not in use
    WORK = 4  # proof of work missing or too little
    SIGNATURE = 5
    CROWDED = 6  # four variants of this id already there
    FULL = 7  # quota or rate; try later or elsewhere
    STALE = 8  # a record with a higher sequence number is there


@dataclass(frozen=True, slots=True)
class CustodianUp:
    """A full node can be reached and asked; its owner may now ``follow`` it."""

    custodian: NodeId


@dataclass(frozen=True, slots=True)
class CustodianDown:
    """The link to a custodian ended."""

    custodian: NodeId


@dataclass(frozen=True, slots=True)
class TagsArrived:
    """The next piece of a custodian's tag stream. Commit ``cursor`` together with what the tags caused.

    ``caught_up`` says that nothing older is waiting: all that this custodian holds now has been seen.
    """

    custodian: NodeId
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
    """One custodian's answer to one deposited box or record."""

    custodian: NodeId
    parcel_id: ParcelId
    verdict: Verdict
    hour: int  # the custodian's network time, whole hours since 1970


@dataclass(frozen=True, slots=True)
class RecordAnswered:
    """One custodian's answer to a search for a record: its bytes, format and signature checked, or None."""

    custodian: NodeId
    record_id: ParcelId
    record: bytes | None


NodeEvent = CustodianUp | CustodianDown | TagsArrived | BoxArrived | BoxAbsent | DepositAnswered | RecordAnswered
