"""The inside of a cell, as its far end sees it once every layer is off: of the ordered stream and of datagrams alike.

    zeros 16 | kind 1 | length 2 | data | filling

Relays hold no keys for it. Each layer is a wide-block cipher, so what was altered, or belongs elsewhere, opens to noise, and
has no sixteen zeros at its beginning but by a chance of 2^-128. The filling makes all cells of one use equally long.
"""

from __future__ import annotations

from typing import Final

from net.errors import DecodeError
from net.onion.packets.cipher import INTEGRITY_SIZE

_ZEROS: Final = bytes(INTEGRITY_SIZE)
_DATA_LENGTH_SIZE: Final = 2
# Bytes before the data.
HEAD_SIZE: Final = INTEGRITY_SIZE + 1 + _DATA_LENGTH_SIZE


def pack_inside(kind: int, data: bytes, size: int) -> bytes:
    """Return ``size`` bytes. ``data`` has ``size - HEAD_SIZE`` at most."""
    return (_ZEROS + bytes((kind,)) + len(data).to_bytes(_DATA_LENGTH_SIZE, "big") + data).ljust(size, b"\0")


def unpack_inside(body: bytes, size: int) -> tuple[int, bytes]:
    """Return the kind and the data. Raises ``DecodeError`` for what is not whole, and for a length that does not fit."""
    if len(body) != size or not body.startswith(_ZEROS):
        raise DecodeError("circuit: a cell that is not whole")
    length = int.from_bytes(body[INTEGRITY_SIZE + 1 : HEAD_SIZE], "big")
    if length > size - HEAD_SIZE:
        raise DecodeError("circuit: length in a cell")
    return body[INTEGRITY_SIZE], body[HEAD_SIZE : HEAD_SIZE + length]
