"""Which device of the other side wrote a row, and whether it is known: a text that may be a thief's is told apart."""

from __future__ import annotations

from typing import NamedTuple

from core.people.device import short_name
from core.storage import devices
from core.storage.database import Snapshot
from core.storage.messages import BOTH_ALIVE, NEW_DEVICE, MessageRow

_ABOUT_A_DEVICE = {NEW_DEVICE, BOTH_ALIVE}


class Writer(NamedTuple):
    """A device by its short name, empty when there is none; and whether it is one that a text may be trusted to."""

    name: str = ""
    is_known: bool = True


def writer_of(tx: Snapshot, row: MessageRow) -> Writer:
    """Return which device wrote a row, or which it is about."""
    if not row.incoming or (row.kind <= 0 and row.kind not in _ABOUT_A_DEVICE):
        return Writer()
    return of_device(tx, row.device)


def of_device(tx: Snapshot, device: bytes) -> Writer:
    """Return a device of the other side as a writer. One that was refused or forgotten is not known."""
    row = devices.find(tx, device)
    return Writer(short_name(device), row is not None and row.is_known)
