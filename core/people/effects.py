"""What the engine wants done after a transaction is committed, and never before."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import Event
from net.bucket import Bucket
from net.ids import Cursor, NodeId, ParcelId, Tag


@dataclass(frozen=True, slots=True)
class Read:
    """Read at these addresses and no others (``core.people.format.address``)."""

    addresses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep what lies at these addresses for the contacts who read there, and at no others."""

    addresses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow a custodian's tag stream of a bucket from a cursor."""

    custodian: NodeId
    bucket: Bucket
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch the boxes with these tags."""

    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Retry:
    """What came under this tag was no use: look for another variant."""

    tag: Tag


@dataclass(frozen=True, slots=True)
class Deposit:
    """Deposit a finished box; its bytes are committed."""

    box: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Stop trying to deposit a parcel."""

    parcel_id: ParcelId


@dataclass(frozen=True, slots=True)
class PutRecord:
    """Deposit a finished record."""

    record: bytes


@dataclass(frozen=True, slots=True)
class FindRecord:
    """Ask custodians for a record; each answers with a ``RecordAnswered``."""

    record_id: ParcelId


@dataclass(frozen=True, slots=True)
class Solve:
    """Do a draft's proof of work in a worker thread and hand it back to ``Engine.solved``."""

    draft: BoxDraft | RecordDraft


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell screens and programs."""

    event: Event


@dataclass(frozen=True, slots=True)
class BoxDraft:
    """A sealed, signed box that lacks its work, ``factor`` times the usual. ``prefix`` is what it shows of its address."""

    posting: int
    fragment: int
    day: int
    expiry_hour: int
    prefix: int
    box_id: bytes
    ciphertext: bytes
    signature: bytes
    factor: int


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """A sealed, signed record that lacks its work.

    It is of an invitation, or the personal record where ``invitation`` is None. ``factor`` is what custodians ask for beyond
    its hours (``net.parcel.record.asked_work``).
    """

    invitation: str | None
    record_id: bytes
    sequence: int
    expiry_hour: int
    ciphertext: bytes
    signature: bytes
    factor: int = 0


NodeEffect = Read | Keep | Follow | Fetch | Retry | Deposit | Withdraw | PutRecord | FindRecord
Effect = NodeEffect | Solve | Emit
