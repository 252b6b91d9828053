"""The program that a messenger runs in, as ``core.info`` tells of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


def _now() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Program:
    """``version`` of the program; ``started_at`` in ms of Unix time.

    ``stop`` ends a core that runs on without screens; None where the program ends with its screen or its input.
    """

    version: str = ""
    stop: Callable[[], None] | None = None
    started_at: int = field(default_factory=_now)
