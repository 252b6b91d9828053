"""Runs work that the core may refuse: a refusal is shown, not raised."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from core.api import ApiError, Kind

Work = Coroutine[Any, Any, None]


class Attempts:
    """Begins such work: ``start`` runs a coroutine in a group of workers."""

    def __init__(self, start: Callable[[Work, str], object], tell_error: Callable[[ApiError], None]) -> None:
        self._start = start
        self._tell_error = tell_error

    def begin(self, work: Work, *, group: str = "work") -> None:
        """Do something that the core may refuse, and tell why it did."""
        self._start(self._tried(work), group)

    async def _tried(self, work: Work) -> None:
        try:
            await work
        except ApiError as error:
            if error.kind is not Kind.LOCKED:  # the lock is in front already
                self._tell_error(error)
