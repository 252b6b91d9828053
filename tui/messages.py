"""The Textual messages between the app and its screens; widgets' own messages are nested in the widgets."""

from __future__ import annotations

from textual.message import Message

from core.api import Event


class CoreEvent(Message):
    """One event of the core, posted to every screen that is open."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class EventsMissed(Message):
    """More events came than the queue holds: read everything again."""


class EventsReady(Message):
    """Events wait in the core's queue."""


class CoreCrashed(Message):
    """The core stopped by a fault; ``report`` names the fault and the places in the code, nothing else."""

    def __init__(self, report: str) -> None:
        super().__init__()
        self.report = report


class SettingsChanged(Message):
    """The stored settings changed: draw accordingly. ``language``: all words, too, are others now."""

    def __init__(self, *, language: bool = False) -> None:
        super().__init__()
        self.language = language
