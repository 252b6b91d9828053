"""Signatures of a device: each item by itself, with the place where it stands.

A signature covers the conversation, the reader, the writer and its device, the place in its lane, the time, and the item.
So it proves one item without any other, and cannot be moved: not into a conversation with another contact, not to another
reader, not to another place in the lane.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.crypto import primitives
from core.errors import OpenFailed
from net.codec import uint

_LABEL = b"sottovoce/v1/item"


def conversation_hash(one: bytes, other: bytes) -> bytes:
    """Return the name of the conversation of two identities, the same for both."""
    return primitives.sha256(b"sottovoce/v1/conversation" + min(one, other) + max(one, other))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands: from ``author`` to ``recipient``, by a device, in a generation, from which index on."""

    author: bytes
    recipient: bytes
    device: bytes
    generation: bytes
    index: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a block as it travels: its number among ``count``, its kind, its bytes."""

    number: int
    count: int
    kind: int
    item: bytes


def message(place: Place, made_at: int, entry: Entry) -> bytes:
    """Return what is signed of an item."""
    return (
        _LABEL
        + conversation_hash(place.author, place.recipient)
        + place.recipient
        + place.author
        + place.device
        + place.generation
        + uint(place.index, 8)
        + bytes([entry.number, entry.count, entry.kind])
        + uint(made_at, 8)
        + primitives.sha256(entry.item)
    )


def sign(device_seed: bytes, place: Place, made_at: int, entry: Entry) -> bytes:
    """Return a device's signature of an item."""
    return primitives.ed25519_sign(device_seed, message(place, made_at, entry))


def verified(place: Place, made_at: int, entry: Entry, signature: bytes) -> bytes:
    """Return what was signed and the signature, to be kept with the row. Raises ``OpenFailed`` when it is not right."""
    signed = message(place, made_at, entry)
    if not primitives.ed25519_verify(place.device, signature, signed):
        raise OpenFailed
    return signed + signature
