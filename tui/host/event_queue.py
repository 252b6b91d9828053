"""Events on their way to the screens: a bounded queue between the thread that hears them and the screens' own.

The screens are woken at most ten times a second and empty it themselves, so that a stalled terminal costs the core neither
time nor memory.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from core.api import AccountLocked, Event, EventsMissed, MessageStateChanged, NetworkChanged
from tui.core_port import EventBatch

# Events kept for a screen that does not read: a few seconds of a flood. Beyond it the screens read everything again.
MAX_EVENTS: Final = 2000
# Seconds between two wakings of the screens.
WAKE_PAUSE: Final = 0.1


class EventQueue:
    """At most ``limit`` events; the only thing that both threads touch."""

    def __init__(self, limit: int = MAX_EVENTS) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque(maxlen=limit)
        self._missed = False

    def put(self, event: Event) -> None:
        """Add an event; one that only repeats what the last one said replaces it."""
        with self._lock:
            if isinstance(event, EventsMissed):
                self._missed = True
                return
            if isinstance(event, AccountLocked):  # what was not read before the lock is not read after it
                self._missed = self._missed or bool(self._events)
                self._events.clear()
            if self._events and _supersedes(event, self._events[-1]):
                self._events.pop()
            self._missed = self._missed or len(self._events) == self._events.maxlen
            self._events.append(event)

    def take(self) -> EventBatch:
        """Empty the queue."""
        with self._lock:
            batch = EventBatch(tuple(self._events), self._missed)
            self._events.clear()
            self._missed = False
            return batch

    def __len__(self) -> int:
        return len(self._events)


def _supersedes(new: Event, old: Event) -> bool:
    """Whether ``old`` says nothing that ``new`` does not."""
    if isinstance(new, MessageStateChanged) and isinstance(old, MessageStateChanged):
        return (new.conversation, new.id) == (old.conversation, old.id)
    return isinstance(new, NetworkChanged) and isinstance(old, NetworkChanged)
