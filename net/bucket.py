"""Buckets: parts of the address space, and so the swarms that keep what lies in them.

An address is 32 bits: secret and pseudo-random for boxes, the head of the id for records, the head of the overlay id for
nodes. The bucket of width b holds all addresses that begin with the same b bits. Widths follow the network's size
(``net.overlay.network_size``); since no two nodes need agree on them, everything here takes a width and nothing keeps one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

ADDRESS_BITS: Final = 32
ADDRESS_SIZE: Final = ADDRESS_BITS // 8
_ALL: Final = (1 << ADDRESS_BITS) - 1


class Bucket(NamedTuple):
    """The addresses whose first ``width`` bits are those of ``prefix``; its other bits are zero."""

    prefix: int
    width: int

    @classmethod
    def of(cls, address: int, width: int) -> Bucket:
        """Return the bucket of this width that ``address`` lies in."""
        return cls(address & mask_of(width), width)

    def covers(self, address: int) -> bool:
        """Say whether an address lies in it."""
        return not (address ^ self.prefix) & mask_of(self.width)

    def meets(self, other: Bucket) -> bool:
        """Say whether one of the two lies in the other."""
        return not (self.prefix ^ other.prefix) & mask_of(min(self.width, other.width))

    def bounds(self) -> tuple[int, int]:
        """Return the first address in it and the first beyond it."""
        return self.prefix, self.prefix + (1 << (ADDRESS_BITS - self.width))


def mask_of(width: int) -> int:
    """Return the 32-bit mask of the first ``width`` bits."""
    return _ALL ^ (_ALL >> width)


def address_of(name: bytes) -> int:
    """Return where an id of a record or a node lies: its first 32 bits."""
    return int.from_bytes(name[:ADDRESS_SIZE], "big")


def common_bits(one: int, other: int) -> int:
    """Return how many leading bits two addresses share, 0 … 32."""
    return ADDRESS_BITS - (one ^ other).bit_length()
