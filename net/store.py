"""The store that a custodian needs. ``core.storage.parcels`` implements it in SQLCipher; ``MemoryStore`` serves simulations.

All three kinds are here from the start, so that one eviction policy and one quota see everything a node keeps.
Calls are synchronous and commit before they return; the trio service runs them in a worker thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from net.ids import ParcelId, Tag


class Kind(Enum):
    """What is stored under an id."""

    BOX = 0  # written once, up to four variants of an id, at most 50 hours
    RECORD = 1  # rewritable by sequence number, at most 90 days
    CHUNK = 2  # content-addressed


@dataclass(frozen=True, slots=True)
class Stored:
    """One parcel as a store keeps it. ``sequence`` is 0 but for records.

    ``variant`` is SHA-256(parcel without its work)[:16], as the custodian gives it (``docs/PROTOCOL.md`` 2).
    """

    kind: Kind
    parcel_id: ParcelId
    variant: bytes
    prefix: int
    expiry_hour: int
    sequence: int
    data: bytes


class ParcelStore(Protocol):
    """Durable storage of a custodian. Numbers of arrival grow by one per stored box and are never reused in a run."""

    def run_id(self) -> bytes:
        """Return the 8 random bytes drawn when this store was created."""
        ...

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Commit parcels in one transaction; give each box's arrival number, None for what was there already.

        A record replaces the one with a lower sequence number; a lower or equal one is left as None.
        """
        ...

    def get(self, kind: Kind, parcel_id: ParcelId) -> list[Stored]:
        """Return every variant of an id."""
        ...

    def by_tag(self, tags: list[Tag]) -> list[Stored]:
        """Return all boxes whose id starts with one of the tags."""
        ...

    def tags_after(self, arrival: int, limit: int) -> list[tuple[int, Tag, int]]:
        """Return (arrival, tag, prefix) of up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        ...

    def summary(self, kind: Kind, after: bytes, limit: int) -> list[tuple[ParcelId, bytes, int]]:
        """Return (id, variant, sequence) in order of (id, variant), from beyond the key ``after`` (id ‖ variant)."""
        ...

    def expire(self, hour: int) -> int:
        """Delete everything whose expiry hour is at or before ``hour``; return how many."""
        ...

    def usage(self) -> tuple[int, int]:
        """Return (parcels, bytes) held."""
        ...
