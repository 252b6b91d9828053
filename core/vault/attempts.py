"""Guesses at a passcode, counted on disk before the answer is known.

The count is committed before Argon2id starts, so killing the program in mid-attempt, or restarting it, gains nothing.
The first few are free, then the wait doubles up to a quarter of an hour. It runs on the boot clock, which setting the
date does not move; across a boot the wall clock is asked, and one that was set back starts the wait anew.

A success starts the count over. That alone would let a person who knows one passcode of a vault guess at the other one for
ever, entering the known one in between. So each guess also adds to a *debt*, which no success clears and only time pays:
twenty guesses at once, and then as many as the longest wait allows.

This slows guesses typed into this program. A thief of the file faces only the cost of Argon2id.

The file is one record, rewritten in place so that a full disk does not lock its owner out:
``version 2 | count 4 | boot id 16 | boot ms 8 | wall ms 8 | debt ms 8 | first 8 bytes of SHA-256 of the rest``.
Version 1 had no debt.
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

GUESS_DEBT_MS: Final = LONGEST_WAIT_MS  # so the debt allows no more in the long run than the waits do
MOST_DEBT_MS: Final = 20 * GUESS_DEBT_MS  # slips between successes: no owner makes twenty in five hours

_VERSION = b"\x02"
_VERSION_WITHOUT_DEBT = b"\x01"
_CHECK_SIZE = 8
_SIZE_WITHOUT_DEBT = 1 + 4 + BOOT_ID_SIZE + 8 + 8 + _CHECK_SIZE
_SIZE = _SIZE_WITHOUT_DEBT + 8
_SIZES = {_VERSION_WITHOUT_DEBT: _SIZE_WITHOUT_DEBT, _VERSION: _SIZE}


class Tally(NamedTuple):
    """``wrong`` attempts since the last success, the latest at ``at``, and the debt then."""

    wrong: int
    at: Reading
    debt_ms: int = 0

    def encode(self) -> bytes:
        """Return the record."""
        at = self.at.boot + self.at.boot_ms.to_bytes(8, "big") + self.at.wall_ms.to_bytes(8, "big")
        body = _VERSION + self.wrong.to_bytes(4, "big") + at + self.debt_ms.to_bytes(8, "big")
        return body + primitives.sha256(body)[:_CHECK_SIZE]

    def wait_ms(self, now: Reading) -> int:
        """Return the milliseconds until the next attempt; never more than the whole wait, even by wrong clocks."""
        whole = max(wait_after(self.wrong), self.debt_ms + GUESS_DEBT_MS - MOST_DEBT_MS)
        return min(whole, max(0, whole - self._elapsed(now)))

    def after_guess(self, now: Reading) -> Tally:
        """Return the tally with one more guess, which counts as wrong until it is known to be right."""
        owed = max(0, self.debt_ms - max(0, self._elapsed(now)))
        return Tally(min(self.wrong + 1, 0xFFFFFFFF), now, min(owed + GUESS_DEBT_MS, MOST_DEBT_MS))

    def _elapsed(self, now: Reading) -> int:
        elapsed = now.since(self.at)
        return now.wall_ms - self.at.wall_ms if elapsed is None else elapsed


def decode(record: bytes, now: Reading) -> Tally:
    """Return the tally of a record; a damaged one counts as the free attempts, used up just now."""
    body, checksum = record[:-_CHECK_SIZE], record[-_CHECK_SIZE:]
    if len(record) != _SIZES.get(body[:1]) or primitives.sha256(body)[:_CHECK_SIZE] != checksum:
        return Tally(FREE_ATTEMPTS, now)
    at = 5 + BOOT_ID_SIZE
    boot_ms, wall_ms, debt_ms = (int.from_bytes(body[start : start + 8], "big") for start in (at, at + 8, at + 16))
    when = Reading(body[5:at], boot_ms, wall_ms)
    return Tally(int.from_bytes(body[1:5], "big"), when, min(debt_ms, MOST_DEBT_MS))


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
        record, tally = self._read(now)
        wait = tally.wait_ms(now)
        if wait > 0:
            if record != tally.encode() or (now.since(tally.at) is None and now.wall_ms < tally.at.wall_ms):
                self._write(tally._replace(at=now))  # a damaged record or a clock set back: the wait starts here
            raise SlowDown(-(-wait // 1000))
        self._write(tally.after_guess(now))

    def clear(self, now: Reading) -> None:
        """Start over after a success: the attempt admitted last was no guess. The debt of earlier ones stays."""
        _, tally = self._read(now)
        self._write(Tally(0, tally.at, max(0, tally.debt_ms - GUESS_DEBT_MS)))

    def _read(self, now: Reading) -> tuple[bytes, Tally]:
        record = read_file(self._path, _SIZE + 1) or b""
        return record, decode(record, now) if record else Tally(0, now)  # empty: killed while it was first made

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
