"""Requests under way, by their numbers: where each was asked, who hears the answer, and until when it is waited for.

Each request ends exactly once: with the answer from where it was asked, or with None.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from net.agenda import Agenda
from net.instant import Instant

W = TypeVar("W", bound=Hashable)
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Request(Generic[W, A]):
    where: W
    then: Callable[[A | None, Instant], None]


class PendingRequests(Generic[W, A]):
    """Requests for answers of type ``A``, each asked at a place of type ``W``: a link, or a node over a circuit."""

    def __init__(self) -> None:
        self._requests: dict[int, _Request[W, A]] = {}
        self._silences: Agenda[int] = Agenda()

    def __len__(self) -> int:
        return len(self._requests)

    def __contains__(self, number: object) -> bool:
        return number in self._requests

    def add(
        self, number: int, where: W, then: Callable[[A | None, Instant], None], now: Instant, patience: float
    ) -> None:
        """Wait for an answer; ``then`` hears None when there is none within ``patience`` seconds."""
        self._requests[number] = _Request(where, then)
        self._silences.schedule(number, now.mono + patience)

    def is_asked(self, number: int, where: W) -> bool:
        """Say whether a request of this number waits for an answer from there."""
        request = self._requests.get(number)
        return request is not None and request.where == where

    def at(self, where: W) -> list[int]:
        """Return the numbers of what was asked there."""
        return [number for number, request in self._requests.items() if request.where == where]

    def end(self, number: int, answer: A | None, now: Instant) -> None:
        """Tell how a request ended; one that has ended changes nothing."""
        self._silences.cancel(number)
        request = self._requests.pop(number, None)
        if request is not None:
            request.then(answer, now)

    def handle_timeout(self, now: Instant) -> None:
        """End the requests without an answer in time."""
        for number in self._silences.pop_due(now.mono):
            self.end(number, None, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._silences.next_deadline()
