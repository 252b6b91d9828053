"""The Textual messages between the app and its screens; widgets' own messages are nested in the widgets."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from core.api import Event


class CoreEvents(Message):
    """What happened in the core since the last time, posted to every screen that is open: thousands come at once."""

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__()
        self.events = events


class CoreEvent(Message):
    """One of them, as screens are given it (``tui.screens.content``)."""

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
