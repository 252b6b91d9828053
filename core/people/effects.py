"""Effects: what is to be done once a transaction is committed, never before. Requests of ``net.requests`` are others."""

from __future__ import annotations

from dataclasses import dataclass

from core.api import Event
from net.requests import Request


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


Effect = Request | Solve | Emit
