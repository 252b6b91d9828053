"""Slots: addresses in the network that every holder of a shared secret can find, write and read.

Greetings, acceptances and resets travel through slots because their readers cannot know the writer's lane yet. Each day
and each fragment has an Ed25519 key and a sealing key of its own. See ``docs/PROTOCOL.md`` 5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from core.crypto import primitives
from core.errors import Malformed
from core.people.format.fragment import CLASSES, PIECE_SIZE, decode_piece

# Boxes that hold what lies in a slot.
FRAGMENTS = CLASSES[1]
SLOT_SIZE = FRAGMENTS * PIECE_SIZE


@dataclass(frozen=True, slots=True)
class SlotKind:
    """The parameters of all slots of a kind.

    ``numbers``: how many a secret gives on a day. ``work_factor``: how many times the usual work each of their boxes
    carries; the reader checks it where it is more than 1.
    """

    numbers: int
    work_factor: int = 1


SLOTS = {
    # Two greeters on one day meet with a chance of 1 in 256, and custodians keep both. They are strangers, and pay for it.
    "greeting": SlotKind(numbers=256, work_factor=4),
    # Of one root: enough that a writer that lost count of its slots does not use one twice.
    "acceptance": SlotKind(numbers=16),
    "reset": SlotKind(numbers=16),
}


def work_factor(posting_kind: str) -> int:
    """Return how many times the usual work the boxes of a posting carry; those of a lane carry it once."""
    return SLOTS[posting_kind].work_factor if posting_kind in SLOTS else 1


@dataclass(frozen=True, slots=True)
class SlotKey:
    """Where one fragment goes on one day: box id, the seed that signs for it, the key that seals it."""

    box_id: bytes
    seed: bytes
    seal_key: bytes


def slot_key(secret: bytes, day: int, number: int, fragment: int) -> SlotKey:
    """Derive the keys of fragment ``fragment`` in slot ``number`` on ``day`` (days since 1970)."""
    label = b"sottovoce/v1/slot" + day.to_bytes(4, "big") + number.to_bytes(4, "big") + bytes([fragment])
    keys = primitives.hkdf(secret, label, 64)
    return SlotKey(primitives.ed25519_public(keys[:32]), keys[:32], keys[32:])


def whole_slots(pieces: list[tuple[int, bytes]], fragments: int, new: tuple[int, bytes]) -> Iterator[bytes]:
    """Yield every way to put a slot's pieces together that has the ``new`` one in it.

    There are up to four variants of each when strangers met in a slot; combinations without the new one were tried before.
    """
    pieces = [piece for piece in pieces if piece[0] != new[0]] + [new]
    by_number: list[list[bytes]] = [[] for _ in range(fragments)]
    for number, plaintext in pieces:
        try:
            piece = decode_piece(plaintext)
        except Malformed:
            continue
        if piece.count == fragments and piece.number == number:
            by_number[number].append(piece.data)
    yield from (b"".join(parts) for parts in itertools.product(*by_number))


def slot_secrets(secret: bytes, number: int) -> bytes:
    """Return what a slot posting keeps as its secrets."""
    return secret + number.to_bytes(4, "big")
