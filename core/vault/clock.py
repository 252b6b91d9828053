"""Readings of the boot clock, which cannot be set, and of the wall clock, which can.

Waits and expiries that a person might want to cut short are counted on the boot clock: it runs through suspend, is not
moved by setting the date, and starts again with each boot, which the boot id tells apart. Only across a boot, and where
the system offers neither, is the wall clock asked.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

BOOT_ID_SIZE: Final = 16  # bytes
UNKNOWN_BOOT: Final = bytes(BOOT_ID_SIZE)  # matches no boot, not even itself
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Reading(NamedTuple):
    """``boot``: 16 bytes that name this boot; ``boot_ms``: milliseconds since it; ``wall_ms``: Unix time."""

    boot: bytes
    boot_ms: int
    wall_ms: int

    def since(self, earlier: Reading) -> int | None:
        """Return milliseconds since ``earlier`` by the boot clock, or None when that reading is of another boot."""
        if self.boot != earlier.boot or self.boot == UNKNOWN_BOOT:
            return None
        return self.boot_ms - earlier.boot_ms

    def in_process_since(self, earlier: Reading) -> int:
        """Return milliseconds since a reading of this very process, which no boot lies between.

        Where the system tells no boots apart, its clock may stand still in suspend as well: the later hand counts then.
        """
        elapsed = self.since(earlier)
        return max(self.boot_ms - earlier.boot_ms, self.wall_ms - earlier.wall_ms) if elapsed is None else elapsed


def read_clock() -> Reading:
    """Return this moment."""
    boot = UNKNOWN_BOOT
    with suppress(OSError, ValueError):
        boot = UUID(_BOOT_ID.read_text("ascii").strip()).bytes
    # CLOCK_BOOTTIME is Linux's; where there is none there is no boot id either and the monotonic clock is never compared.
    boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic_ns()
    return Reading(
        boot, boot_ns // 1_000_000, max(0, time.time_ns()) // 1_000_000
    )  # dead batteries wake up before 1970
