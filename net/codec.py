"""Bounded reading and writing of fixed layouts: big-endian integers and runs of bytes.

Only fixed layouts are written by hand; everything of variable shape is a msgspec record (see ``docs/PROTOCOL.md`` 1).
"""

from __future__ import annotations

from net.errors import DecodeError


class Reader:
    """Takes fields off the front of ``data``; every method raises ``DecodeError`` when too little is left."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        if size < 0 or self._at + size > len(self._data):
            raise DecodeError(f"{self._what}: too short")
        self._at += size
        return self._data[self._at - size : self._at]

    def uint(self, size: int) -> int:
        """Return the next ``size`` bytes as an unsigned big-endian integer."""
        return int.from_bytes(self.take(size), "big")

    def rest(self) -> bytes:
        """Return everything that is left."""
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        """Assert that nothing is left."""
        if self._at != len(self._data):
            raise DecodeError(f"{self._what}: {len(self._data) - self._at} bytes too many")


def uint(value: int, size: int) -> bytes:
    """Return ``value`` as ``size`` big-endian bytes; an integer that does not fit is our own bug."""
    return value.to_bytes(size, "big")
