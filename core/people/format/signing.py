"""Signatures of a device: each item by itself, with the place where it stands.

A signature covers the conversation, the reader, the writer and its device, the place in its lane, the time, and the item.
So it proves one item without any other, and cannot be moved: not into a conversation with another contact, not to another
reader, not to another place in the lane.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
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


@dataclass(frozen=True, slots=True)
class Signed:
    """What is kept of a signature, in its parts. ``digest`` is the item's SHA-256."""

    place: Place
    made_at: int
    number: int
    count: int
    kind: int
    digest: bytes
    signature: bytes
    item: bytes | None


# recipient, author, device, generation, index, number, count, kind, made_at, digest, signature; after label and conversation
_PARTS: Final = struct.Struct(">32s32s32s16sQBBBQ32s64s")
_START: Final = len(_LABEL) + 32


def read_kept(kept: bytes) -> Signed:
    """Read what ``verified`` returned and is kept with a row; the item's bytes stand behind it where they were kept, too.

    Raises ``Malformed``: it is not that.
    """
    end = _START + _PARTS.size
    if not kept.startswith(_LABEL) or len(kept) < end:
        raise Malformed("what was signed")
    recipient, author, device, generation, index, number, count, kind, made_at, digest, signature = _PARTS.unpack(
        kept[_START:end]
    )
    place = Place(author, recipient, device, generation, index)
    return Signed(place, made_at, number, count, kind, digest, signature, kept[end:] or None)
