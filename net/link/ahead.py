"""Bytes of a stream that came before others that belong in front of them.

Kept in pieces, so that they cost what came and not how far ahead it lies: a sender that leaves a gap of half a megabyte
before a hundred bytes makes us keep a hundred bytes. Neighbours are joined while they are small, so that there are few
pieces of what honest ends send, and no order of arrival makes us copy much. A piece has a cost of its own beside its bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from net.errors import DecodeError

# Pieces beyond a hole. Frames of full size leave a quarter of this in a window; crumbs would make every one of them dear.
MAX_PIECES: Final = 1024
# Bytes up to which neighbours are joined.
JOINED: Final = 8 * 1024
# Bytes of memory that a piece takes beside its own: two objects and two places in lists.
PIECE_COST: Final = 128


class Ahead:
    """Empty when made. Pieces never overlap, and lie in rising order."""

    __slots__ = ("_bytes", "_pieces", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._pieces: list[bytearray] = []
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._starts)

    @property
    def held(self) -> int:
        """Bytes of memory that all this takes."""
        return self._bytes + PIECE_COST * len(self._starts)

    def add(self, offset: int, data: bytes) -> None:
        """Keep what is new of ``data``, which belongs at ``offset``. Raises ``DecodeError`` for crumbs all over."""
        while data:
            at = bisect_right(self._starts, offset)
            known = self._starts[at - 1] + len(self._pieces[at - 1]) - offset if at else 0
            if known <= 0:
                known = self._starts[at] - offset if at < len(self._starts) else len(data)
                self._put(at, offset, data[:known])
            offset, data = offset + known, data[known:]
        if len(self._starts) > MAX_PIECES:
            raise DecodeError("stream: crumbs")

    def take(self, offset: int) -> list[bytearray]:
        """Take out what follows from ``offset`` on without a hole; what lies below came again meanwhile and is dropped."""
        taken: list[bytearray] = []
        for start, piece in zip(self._starts, self._pieces, strict=True):
            if start > offset:
                break
            self._bytes -= len(piece)
            taken.append(piece[offset - start :] if start < offset else piece)
            offset += len(taken[-1])
        del self._starts[: len(taken)], self._pieces[: len(taken)]
        return taken

    def _put(self, at: int, offset: int, data: bytes) -> None:
        """Put a new piece before the one at ``at``, and join it to its neighbours while they are small."""
        starts, pieces = self._starts, self._pieces
        self._bytes += len(data)
        if at and starts[at - 1] + len(pieces[at - 1]) == offset and len(pieces[at - 1]) + len(data) <= JOINED:
            at -= 1
            pieces[at] += data
        else:
            starts.insert(at, offset)
            pieces.insert(at, bytearray(data))
        behind = at + 1
        is_touching = behind < len(starts) and starts[behind] == starts[at] + len(pieces[at])
        if is_touching and len(pieces[at]) + len(pieces[behind]) <= JOINED:
            pieces[at] += pieces[behind]
            del starts[behind], pieces[behind]
