"""Hardening of the process, so that others cannot read its memory.

Python cannot wipe secrets. What can be done: no core dumps, which would write every key to a disk, and on Linux no
attaching by other processes of the same user (``PR_SET_DUMPABLE``), which also hides ``/proc/<pid>/mem``.
Swapping is the machine's business: encrypted swap, or none.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # prctl(2)


def harden_process() -> bool:
    """Forbid core dumps and attaching for the rest of this process; tell whether all of it worked."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if sys.platform != "linux":
            return True
        zero = ctypes.c_ulong(0)
        return int(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, zero, zero, zero, zero)) == 0
    except Exception:  # noqa: BLE001 -- a system that refuses it, or has none of it
        return False
