"""The content of an envelope: a block of items (``core.people.format.content``), each signed by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.people.format import signing
from core.people.format.bounds import Millis, Signature, decode
from core.people.format.content import Item, decode_item, encode_item
from core.people.format.signing import Entry, Place

MAX_ITEMS = 8  # in one block


class _Wire(msgspec.Struct, frozen=True, array_like=True):
    made_at: Millis
    items: Annotated[
        list[tuple[Annotated[int, msgspec.Meta(ge=1, lt=256)], msgspec.Raw, Signature]],
        msgspec.Meta(max_length=MAX_ITEMS),
    ]


@dataclass(frozen=True, slots=True)
class Block:
    """A block: when its device says it was made (its own clock, milliseconds) and its items."""

    made_at: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A block that came: its items, each with what its device signed of it (``signing.read_kept``)."""

    made_at: int
    items: tuple[tuple[Item, bytes], ...]


def encode_block(block: Block, place: Place, device_seed: bytes) -> bytes:
    """Return the block's MessagePack, each item signed by the device at ``place``."""
    encoded = [encode_item(item) for item in block.items]
    entries = [Entry(n, len(encoded), kind, raw) for n, (kind, raw) in enumerate(encoded)]
    items = [
        (entry.kind, msgspec.Raw(entry.item), signing.sign(device_seed, place, block.made_at, entry))
        for entry in entries
    ]
    return msgspec.msgpack.encode(_Wire(block.made_at, items))


def decode_block(data: bytes, place: Place) -> Said:
    """Read a block and check who signed what. Raises ``Malformed`` or ``OpenFailed``."""
    wire = decode(_Wire, data, "block")
    items: list[tuple[Item, bytes]] = []
    for number, (kind, item, signature) in enumerate(wire.items):
        entry = Entry(number, len(wire.items), kind, bytes(item))
        signed = signing.verified(place, wire.made_at, entry, signature)
        decoded = decode_item(kind, entry.item)
        if encode_item(decoded)[1] != entry.item:
            signed += entry.item  # a later version says more in it: for a proof every byte is needed
        items.append((decoded, signed))
    return Said(wire.made_at, tuple(items))
