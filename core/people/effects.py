"""What the engine wants done after a transaction is committed, and never before."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import Event
from net.ids import Cursor, NodeId, ParcelId, Tag


@dataclass(frozen=True, slots=True)
class Follow:
    """Follow a custodian's tag stream from a cursor."""

    custodian: NodeId
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch the boxes with these tags."""

    tags: tuple[Tag, ...]


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
class Solve:
    """Do a draft's proof of work in a worker thread and hand it back to ``Engine.solved``."""

    draft: BoxDraft | RecordDraft


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell screens and programs."""

    event: Event


@dataclass(frozen=True, slots=True)
class BoxDraft:
    """A sealed, signed box that lacks its work. ``factor`` times the usual price."""

    posting: int
    fragment: int
    day: int
    expiry_hour: int
    box_id: bytes
    ciphertext: bytes
    signature: bytes
    factor: int


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """A sealed, signed record of an invitation that lacks its work."""

    invitation: str
    record_id: bytes
    sequence: int
    expiry_hour: int
    ciphertext: bytes
    signature: bytes


Effect = Follow | Fetch | Deposit | Withdraw | PutRecord | Solve | Emit
