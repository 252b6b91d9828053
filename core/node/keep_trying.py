"""Background tasks that are retried when they fail, and end nothing else: discovery, looking up names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import trio

from core.refusals import note, refusal_of

# Seconds until what failed is tried again: what the machine lacked may be there again, and a fault must not fill a log.
RETRY_PAUSE: Final = 30.0


async def keep_trying(what: str, task: Callable[[], Awaitable[None]]) -> None:
    """Run a task until it returns or is cancelled; each failure is logged, and it is started again after a pause."""
    while True:
        try:
            await task()
        except Exception as fault:  # noqa: BLE001 -- whatever it is, everything else goes on
            note(f"{what} failed and is tried again", refusal_of(fault))
        else:
            return
        await trio.sleep(RETRY_PAUSE)
