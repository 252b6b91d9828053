"""The core's host as a protocol, as the app needs it: commands go in, a bounded queue of events comes out.

``tui.host.bridge.CoreHost`` runs the core in this process, ``tui.host.attached.AttachedHost`` attaches to one that runs on;
tests bring an in-memory one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol

from core.api import Client, Event


@dataclasses.dataclass(frozen=True, slots=True)
class EventBatch:
    """The events that waited. ``missed`` when the queue had run over, so that events alone no longer tell everything."""

    events: tuple[Event, ...]
    missed: bool = False


class CorePort(Client, Protocol):
    """A client with its core: started, woken for events, and stopped."""

    @property
    def runs_on(self) -> bool:
        """Whether the core goes on when this is stopped."""
        ...

    def start(self, wake: Callable[[], None], crashed: Callable[[str], None]) -> None:
        """Begin. ``wake`` and ``crashed`` may be called from any thread and must not block."""
        ...

    def take_events(self) -> EventBatch:
        """Empty the queue."""
        ...

    def shut(self) -> None:
        """End the core, or part from one that runs on, in bounded time; from any thread but the core's own."""
        ...

    async def stop(self) -> None:
        """The same, for a caller that must not block."""
        ...
