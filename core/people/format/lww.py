"""A last-writer-wins map, which several devices may change at once and merge in any order.

Each key holds a value, or a *tombstone* once it was deleted, with the time of writing and the device that wrote. Of two
entries the greater of (time, device, value) stands, a total order; so merging is commutative, associative and idempotent,
and it does not matter which copies meet when. Deleting leaves a tombstone, so that an old copy does not bring a key back.

Reference: M. Shapiro et al., "A comprehensive study of Convergent and Commutative Replicated Data Types" (2011), 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec

from core.crypto import primitives
from core.people.format.bounds import Bytes4, Millis, decode_versioned

MAX_ENTRIES = 16_384
MAX_KEY_SIZE = 128
MAX_VALUE_SIZE = 4096


class Entry(NamedTuple):
    """What a key holds: ``value`` None is a tombstone. ``ms`` is network time, ``writer`` a device's tag."""

    ms: int
    writer: bytes
    value: bytes | None

    def rank(self) -> tuple[int, bytes, bool, bytes]:
        """Return what decides between two entries of a key; at the same instant a value beats a tombstone."""
        return self.ms, self.writer, self.value is not None, self.value or b""


State = Mapping[bytes, Entry]


def merge(one: State, other: State) -> dict[bytes, Entry]:
    """Return the merge of two states."""
    merged = dict(one)
    for key, entry in other.items():
        known = merged.get(key)
        if known is None or known.rank() < entry.rank():
            merged[key] = entry
    return merged


def alive(state: State) -> dict[bytes, bytes]:
    """Return the values that stand."""
    return {key: entry.value for key, entry in state.items() if entry.value is not None}


_Key = Annotated[bytes, msgspec.Meta(max_length=MAX_KEY_SIZE)]
_Value = Annotated[bytes, msgspec.Meta(max_length=MAX_VALUE_SIZE)]


# Of a state as it travels. A later one is not read, and not written over (``core.people.record.record_sync``).
VERSION = 1


class _Wire(msgspec.Struct, frozen=True, array_like=True):
    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    entries: Annotated[list[tuple[_Key, Millis, Bytes4, _Value | None]], msgspec.Meta(max_length=MAX_ENTRIES)]


def encode(state: State) -> bytes:
    """Return a state's bytes; the same state always gives the same ones."""
    return msgspec.msgpack.encode(_Wire(VERSION, [(key, e.ms, e.writer, e.value) for key, e in sorted(state.items())]))


def decode_state(data: bytes) -> dict[bytes, Entry]:
    """Undo ``encode``. Raises ``Newer`` for a state of a later version, ``Malformed``."""
    wire = decode_versioned(_Wire, data, "personal state", VERSION)
    return {key: Entry(ms, writer, value) for key, ms, writer, value in wire.entries}


def digest(state: State) -> bytes:
    """Return 32 bytes that tell states apart."""
    return primitives.sha256(encode(state))
