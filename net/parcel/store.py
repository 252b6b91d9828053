"""The store that a custodian needs. ``core.storage.parcels`` implements it in SQLCipher; ``MemoryStore`` serves simulations.

All kinds are here from the start, so that one eviction policy and one quota see everything a node keeps.
Calls are synchronous and commit before they return; the trio service runs them in a worker thread.

A store numbers the boxes that arrive but does not say which *run* a number belongs to: it cannot know that it is an old
copy that was put back. The custodian draws a new run whenever it opens its store.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

from net.bucket import address_of
from net.ids import ParcelId, Tag


class Kind(Enum):
    """What is stored under an id."""

    BOX = 0  # written once, up to four variants of an id, at most 50 hours
    RECORD = 1  # rewritable by sequence number, at most 90 days
    CHUNK = 2  # content-addressed
    KEPT = 3  # a box kept quietly for a friend of the owner's: neither named nor given to clients


@dataclass(frozen=True, slots=True)
class Stored:
    """One parcel as a store keeps it. ``sequence`` is 0 but for records, ``prefix`` but for boxes.

    ``variant`` is SHA-256(parcel without its work)[:16], as the custodian gives it (``docs/PROTOCOL.md`` 2).
    ``surplus`` is what was paid beyond the yardstick, in doublings; below zero, what lacks (``net.parcel.work.appraise``).
    """

    kind: Kind
    parcel_id: ParcelId
    variant: bytes
    prefix: int
    expiry_hour: int
    sequence: int
    data: bytes
    surplus: int = 0

    @property
    def address(self) -> int:
        """Where it lies: what a box shows of its address, the head of any other id."""
        return self.prefix if self.kind in (Kind.BOX, Kind.KEPT) else address_of(self.parcel_id)


class Name(NamedTuple):
    """What tells one stored parcel from all others."""

    kind: Kind
    parcel_id: ParcelId
    variant: bytes


class HeldBox(NamedTuple):
    """A stored box without its bytes."""

    arrival: int
    parcel_id: ParcelId
    variant: bytes
    prefix: int
    expiry_hour: int
    surplus: int


class HeldRecord(NamedTuple):
    """A stored record without its bytes, ``size`` of them. ``arrival`` is that of the first record under its id."""

    arrival: int
    parcel_id: ParcelId
    variant: bytes
    sequence: int
    expiry_hour: int
    surplus: int
    size: int


class KeptBox(NamedTuple):
    """A box kept for a friend, without its bytes."""

    parcel_id: ParcelId
    variant: bytes
    prefix: int
    expiry_hour: int


class ParcelStore(Protocol):
    """Durable storage of a custodian. Numbers of arrival grow by one per stored box and are not given twice.

    A record's is beyond those of all records that are there, but for one that takes another's place and keeps its number.
    """

    def put(self, parcels: list[Stored]) -> list[int | None]:
        """Commit parcels in one transaction; give the number of each box and record, None for what was there already.

        One that is there with a lower surplus takes its own place and keeps its number. A record replaces the one with a
        lower sequence number; a lower or equal one is left as None.
        """
        ...

    def delete(self, names: list[Name]) -> int:
        """Delete parcels in one transaction, those that are there; return how many."""
        ...

    def get(self, kind: Kind, parcel_id: ParcelId) -> list[Stored]:
        """Return every variant of an id."""
        ...

    def by_tag(self, tags: list[Tag]) -> list[Stored]:
        """Return all boxes whose id starts with one of the tags."""
        ...

    def boxes_after(self, arrival: int, limit: int) -> list[HeldBox]:
        """Return up to ``limit`` boxes that arrived after ``arrival``, oldest first."""
        ...

    def records_after(self, record_id: bytes, limit: int) -> list[HeldRecord]:
        """Return up to ``limit`` records in order of their ids, from beyond ``record_id`` (empty: from the first)."""
        ...

    def kept(self) -> list[KeptBox]:
        """Return all boxes that are kept for friends, in order of (id, variant); their quota bounds them."""
        ...

    def expire(self, hour: int) -> int:
        """Delete everything whose expiry hour is at or before ``hour``; return how many."""
        ...

    def usage(self) -> tuple[int, int]:
        """Return (parcels, bytes) held."""
        ...
