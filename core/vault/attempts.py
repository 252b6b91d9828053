"""Wrong passcodes, counted on disk before the answer is known.

The count is committed before Argon2id starts, so killing the program in mid-attempt, or restarting it, gains nothing.
The first few are free, then the wait doubles up to a quarter of an hour. It runs on the boot clock, which setting the
date does not move; across a boot the wall clock is asked, and one that was set back starts the wait anew.

This slows somebody who types at this program. Somebody who copies the file meets only the price of Argon2id.

The file is one record, rewritten in place so that a full disk does not lock its owner out:
``version 1 | count 4 | boot id 16 | boot ms 8 | wall ms 8 | first 8 bytes of SHA-256 of the rest``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

from core.crypto import primitives
from core.vault.clock import BOOT_ID_SIZE, Reading
from core.vault.durable import disk_errors, open_private, read_file, sync_directory
from core.vault.errors import SlowDown

FREE_ATTEMPTS: Final = 5  # enough for a wrong keyboard layout
FIRST_WAIT_MS: Final = 5_000
LONGEST_WAIT_MS: Final = 15 * 60_000  # an owner comes back after a coffee; a guesser gets a hundred tries a day

_VERSION = b"\x01"
_CHECK_SIZE = 8
_SIZE = 1 + 4 + BOOT_ID_SIZE + 8 + 8 + _CHECK_SIZE


class Tally(NamedTuple):
    """``wrong`` attempts since the last success, the latest at ``at``."""

    wrong: int
    at: Reading

    def encode(self) -> bytes:
        """Return the record."""
        at = self.at.boot + self.at.boot_ms.to_bytes(8, "big") + self.at.wall_ms.to_bytes(8, "big")
        body = _VERSION + self.wrong.to_bytes(4, "big") + at
        return body + primitives.sha256(body)[:_CHECK_SIZE]

    def wait_ms(self, now: Reading) -> int:
        """Return how long until the next attempt; never more than the whole wait, whatever the clocks say."""
        whole = wait_after(self.wrong)
        elapsed = now.since(self.at)
        if elapsed is None:
            elapsed = now.wall_ms - self.at.wall_ms
        return min(whole, max(0, whole - elapsed))


def decode(record: bytes, now: Reading) -> Tally:
    """Return the tally of a record; a damaged one counts as the free attempts, used up just now."""
    body, checksum = record[:-_CHECK_SIZE], record[-_CHECK_SIZE:]
    if len(record) != _SIZE or body[:1] != _VERSION or primitives.sha256(body)[:_CHECK_SIZE] != checksum:
        return Tally(FREE_ATTEMPTS, now)
    at = 5 + BOOT_ID_SIZE
    boot_ms, wall_ms = int.from_bytes(body[at : at + 8], "big"), int.from_bytes(body[at + 8 :], "big")
    return Tally(int.from_bytes(body[1:5], "big"), Reading(body[5:at], boot_ms, wall_ms))


def wait_after(count: int) -> int:
    """Return the milliseconds to wait after ``count`` wrong passcodes."""
    if count < FREE_ATTEMPTS:
        return 0
    doublings = min(count - FREE_ATTEMPTS, 16)  # long past the cap; keeps the power small
    return min(FIRST_WAIT_MS << doublings, LONGEST_WAIT_MS)


class Attempts:
    """The counter of one home, in the file ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def admit(self, now: Reading) -> None:
        """Count one more attempt, durably, and return; or refuse it uncounted.

        Raises:
            SlowDown: too early.
            DiskFull, ReadOnlyHome: the attempt could not be counted, so there is none.
        """
        record = read_file(self._path, _SIZE + 1)
        tally = decode(record, now) if record else Tally(0, now)  # empty: killed while it was first made
        wait = tally.wait_ms(now)
        if wait > 0:
            if record != tally.encode() or (now.since(tally.at) is None and now.wall_ms < tally.at.wall_ms):
                self._write(Tally(tally.wrong, now))  # a damaged record or a clock set back: the wait starts here
            raise SlowDown(-(-wait // 1000))
        self._write(Tally(min(tally.wrong + 1, 0xFFFFFFFF), now))

    def clear(self, now: Reading) -> None:
        """Start over after a success."""
        self._write(Tally(0, now))

    def _write(self, tally: Tally) -> None:
        with disk_errors():
            is_new = not self._path.exists()
            handle = open_private(self._path, os.O_WRONLY | os.O_CREAT)
            try:
                os.pwrite(handle, tally.encode(), 0)
                os.ftruncate(handle, _SIZE)
                os.fsync(handle)
            finally:
                os.close(handle)
            if is_new:
                sync_directory(self._path.parent)
