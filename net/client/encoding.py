"""What custodians ask for a parcel, as far as it is paid: the lower median of what at least two of them name.

A price that one alone names would mark the writer who pays it, and is not paid. It is a power of two; one between two of
them is taken for the lower.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from net.errors import DecodeError
from net.messages import MAX_PRICE_FACTOR
from net.parcel.box import decode_box, surplus_of_box
from net.parcel.record import decode_record, surplus_of_record
from net.parcel.store import Kind
from net.parcel.work import WorkPrice

# Custodians that must name a price.
MIN_NAMERS: Final = 2


def agreed(prices: Iterable[int]) -> int:
    """Return the price that is paid, 0 … 64."""
    named = sorted(prices)
    if len(named) < MIN_NAMERS:
        return 0
    middle = min(named[(len(named) - 1) // 2], MAX_PRICE_FACTOR)
    return 1 << middle.bit_length() - 1 if middle > 0 else 0


def is_paid(kind: Kind, data: bytes, factor: int, price: WorkPrice) -> bool:
    """Say whether a parcel carries ``factor`` times its yardstick; 0.2 ms."""
    try:
        if kind is Kind.BOX:
            surplus = surplus_of_box(decode_box(data), price)
        else:
            surplus = surplus_of_record(decode_record(data), price)
    except DecodeError:
        return True  # no work would help
    return surplus is not None and 2.0**surplus >= factor
