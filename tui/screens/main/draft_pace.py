"""When what is being written goes into the file: once typing pauses, and at the latest each second while it does not.

A save is one commit of the core, with its wait for the disk (a few milliseconds), so not each key is one: between two
keys of a person who types on lie less than ``PAUSE`` seconds. What a killed program may have lost is thus the keys of the
last ``PAUSE`` seconds, and of somebody who never pauses those of the last ``LATEST``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PAUSE: Final = 0.2
LATEST: Final = 1.0

Later = Callable[[float, Callable[[], None]], object]
"""Does something after some seconds; a timer of Textual's, which ends with its screen."""


class DraftPace:
    """Calls ``save`` in time. At most one timer runs, however many keys are pressed."""

    def __init__(self, save: Callable[[], None], later: Later, clock: Callable[[], float] = time.monotonic) -> None:
        self._save, self._later, self._clock = save, later, clock
        self._since: float | None = None  # of the first key that is not saved
        self._last = 0.0

    def soon(self) -> None:
        """Something was written: see to it that it is saved."""
        self._last = self._clock()
        if self._since is None:
            self._since = self._last
            self._later(PAUSE, self._look)

    def _look(self) -> None:
        if self._since is None:
            return
        left = min(self._last + PAUSE, self._since + LATEST) - self._clock()
        if left > 0:
            self._later(left, self._look)
        else:
            self._since = None
            self._save()
