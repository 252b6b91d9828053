"""What is inside an envelope: a block of items, each with a kind.

Kinds this version does not know are kept as bytes and shown as needing a newer version, so that a later sottovoce can
send reactions or files to an older one without breaking its lane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.errors import Malformed
from core.people.bounds import (
    MAX_AUDIENCE,
    Bytes4,
    Bytes8,
    Bytes16,
    Count,
    Index,
    Key,
    Millis,
    Name,
    Signature,
    TextBody,
    decode,
)
from core.people.device import Certificate
from core.people.lane import Offer

# Lanes one acknowledgement speaks of: every generation of every device of the other side, newest first.
MAX_LANES = 16
MAX_ITEMS = 8  # in one block
MAX_LACKS = 8  # runs of indexes one acknowledgement names as given up, the latest


class Text(msgspec.Struct, frozen=True, array_like=True):
    """A text. ``uid`` is the same in every copy of it, however often it is encoded."""

    uid: Bytes16
    text: TextBody


class LaneAck(msgspec.Struct, frozen=True, array_like=True):
    """What is held of one lane: all below ``next``, and ``next + 1 + k`` for every bit k of ``bitmap``.

    But not ``lacks``, runs (first index, how many) that were waited for in vain: what they said is to be said again.
    """

    generation: Bytes16
    next: Index
    bitmap: Annotated[int, msgspec.Meta(ge=0)]  # 64 bits; MessagePack holds no more
    lacks: Annotated[list[tuple[Index, Count]], msgspec.Meta(max_length=MAX_LACKS)] = []


class Ack(msgspec.Struct, frozen=True, array_like=True):
    """Cumulative acknowledgement of the lanes of the other side."""

    lanes: Annotated[list[LaneAck], msgspec.Meta(max_length=MAX_LANES)]


class KeyOffer(msgspec.Struct, frozen=True, array_like=True):
    """A one-use X-Wing key to which the other side may seal its next re-keying secret."""

    public: Annotated[bytes, msgspec.Meta(min_length=1216, max_length=1216)]


class SealedSecret(msgspec.Struct, frozen=True, array_like=True):
    """A re-keying secret for one device, by the key it offered."""

    device: Bytes4
    key_id: Bytes8
    sealed: Annotated[bytes, msgspec.Meta(max_length=2048)]


class Rekey(msgspec.Struct, frozen=True, array_like=True):
    """From the index after this block the lane's chain is mixed with a fresh secret."""

    secrets: Annotated[list[SealedSecret], msgspec.Meta(max_length=MAX_AUDIENCE)]


class Acceptance(msgspec.Struct, frozen=True, array_like=True):
    """A greeting was accepted: the accepting device, its lane, its account's inbox secret and name."""

    certificate: Certificate
    offer: Offer
    inbox: Key
    name: Name


class KeepRequest(msgspec.Struct, frozen=True, array_like=True):
    """Please keep on your device what waits for me in the network; or, not ``wanted``, no longer. Nothing answers it."""

    uid: Bytes16
    wanted: bool


class Reset(msgspec.Struct, frozen=True, array_like=True):
    """A new generation of a lane, announced outside it. ``last_index`` is −1 where the writer does not know it.

    ``made_at``: network time, and later than that of every reset of this device before, as far as it knows.
    """

    certificate: Certificate
    old_generation: Bytes16
    last_index: Annotated[int, msgspec.Meta(ge=-1, lt=1 << 53)]
    offer: Offer
    holds: Annotated[list[LaneAck], msgspec.Meta(max_length=MAX_LANES)]
    made_at: Millis
    answers: Bytes16  # the generation whose reset this one answers, zeros when it was not asked for
    inbox: Key  # secret of the writer's addresses
    signature: Signature


@dataclass(frozen=True, slots=True)
class Unknown:
    """An item of a kind from the future, as it came."""

    kind: int
    raw: bytes


Item = Text | Ack | KeyOffer | Rekey | Acceptance | KeepRequest | Unknown
_KINDS: dict[int, type[Text | Ack | KeyOffer | Rekey | Acceptance | KeepRequest]] = {
    1: Text,
    2: Ack,
    3: KeyOffer,
    4: Rekey,
    5: Acceptance,
    6: KeepRequest,
}
_NUMBER = {kind: number for number, kind in _KINDS.items()}


class _Wire(msgspec.Struct, frozen=True, array_like=True):
    made_at: Millis
    items: Annotated[
        list[tuple[Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)], msgspec.Raw]], msgspec.Meta(max_length=MAX_ITEMS)
    ]


@dataclass(frozen=True, slots=True)
class Block:
    """A block: when its device says it was made (its own clock, milliseconds) and its items."""

    made_at: int
    items: tuple[Item, ...]


def encode_block(block: Block) -> bytes:
    """Return the block's MessagePack."""
    items = [
        (item.kind, msgspec.Raw(item.raw))
        if isinstance(item, Unknown)
        else (_NUMBER[type(item)], msgspec.Raw(msgspec.msgpack.encode(item)))
        for item in block.items
    ]
    return msgspec.msgpack.encode(_Wire(block.made_at, items))


def _item(kind: int, raw: bytes) -> Item:
    known = _KINDS.get(kind)
    return Unknown(kind, raw) if known is None else decode(known, raw, f"item of kind {kind}")


def decode_block(data: bytes) -> Block:
    """Read a block. Raises ``Malformed``."""
    wire = decode(_Wire, data, "block")
    return Block(wire.made_at, tuple(_item(kind, bytes(raw)) for kind, raw in wire.items))


def reset_message(reset: Reset) -> bytes:
    """Return what a reset's signature covers."""
    bare = msgspec.structs.replace(reset, signature=bytes(64))
    return b"sottovoce/v1/reset-signature" + msgspec.msgpack.encode(bare)


def text_size(text: str) -> int:
    """Return the size of a text in UTF-8 bytes; a lone surrogate is ``Malformed``."""
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise Malformed("text") from error
