"""Faults that are raised late: one screen's fault at a lock must not keep the screens below it in view (promise P6)."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


class DeferredFaults:
    """Catches the faults of several steps, so that all are tried, and raises the first of them when asked."""

    def __init__(self) -> None:
        self._caught: list[Exception] = []

    @contextmanager
    def caught(self) -> Generator[None]:
        """Run one step, keeping the exception that it raises."""
        try:
            yield
        except Exception as fault:  # noqa: BLE001 -- it is raised once the other steps are done
            self._caught.append(fault)

    def raise_first(self) -> None:
        """Raise the first exception that was caught; return if there was none."""
        if self._caught:
            raise self._caught[0]
