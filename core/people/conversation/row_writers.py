"""The device that wrote a row, and whether it is known, so that a text that may be a thief's is shown as such."""

from __future__ import annotations

from typing import NamedTuple

from core.people.format.device import short_name
from core.storage import devices
from core.storage.database import Snapshot
from core.storage.messages import BOTH_ALIVE, NEW_DEVICE, MessageRow

_ABOUT_A_DEVICE = {NEW_DEVICE, BOTH_ALIVE}


class Writer(NamedTuple):
    """A device by its short name, empty when there is none; and whether it is one that a text may be trusted to."""

    name: str = ""
    is_known: bool = True


class Writers:
    """The devices of the other side in one state of the file, each looked up once: many rows are of few."""

    def __init__(self, tx: Snapshot, me: bytes) -> None:
        """``me`` is one's own identity."""
        self._tx, self._me = tx, me
        self._found: dict[bytes, Writer] = {}

    def of_row(self, row: MessageRow) -> Writer:
        """Return which device wrote a row, or which it is about."""
        if row.author == self._me or (row.kind <= 0 and row.kind not in _ABOUT_A_DEVICE):
            return Writer()
        return self.of_device(row.device)

    def of_device(self, device: bytes) -> Writer:
        """Return a device as a writer. One that was refused or forgotten is not known."""
        if device not in self._found:
            standing = devices.standing(self._tx, device)
            self._found[device] = Writer(short_name(device), standing is not None and standing.is_known)
        return self._found[device]
