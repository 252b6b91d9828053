"""What every screen owes a locked device (promise P6): nothing that it showed may be seen or found in memory afterwards.

A screen either may show content and then is a ``ContentScreen``, or never does and says so as a ``PlainScreen``. The app
calls the hooks of the first kind whenever it locks; they are abstract, so a screen class that lacks one has no instances.

    lock:  clear_caches (and clear_notice)  ->  taken off the screen  ->  save_work
    end:                                                                  save_work

Work is saved last: the lock is in front by then, however long the file takes. A hook that raises keeps no other screen in
view: the app goes on with the next one and raises the fault once everything is hidden and saved.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from typing import TYPE_CHECKING

from textual.message_pump import _MessagePumpMeta  # pyright: ignore[reportPrivateUsage]  # else classes cannot be mixed

from tui.messages import CoreEvent, CoreEvents

if TYPE_CHECKING:
    from textual.content import Content

    from tui.app_port import Severity


class AbstractScreenType(_MessagePumpMeta, ABCMeta):
    """The type of classes that are Textual's and abstract.

    The classes below are mixed in behind a screen class: Textual inherits style sheets from the first base only.
    """


class HearsCore(metaclass=AbstractScreenType):
    """A screen that is told what happens in the core, one event after the other.

    They come together, and a key that is pressed meanwhile waits for all of them: what costs more than a note is done once
    for all, later (as ``tui.screens.main.news`` does).
    """

    def on_core_events(self, message: CoreEvents) -> None:
        """Take what happened."""
        for event in message.events:
            self.on_core_event(CoreEvent(event))

    def on_core_event(self, message: CoreEvent) -> None:
        """Take one event; nothing, unless a screen says otherwise."""


class PlainScreen(HearsCore):
    """Mixed into a screen that shows nothing of any account: no name, no text, no key."""


class ContentScreen(HearsCore):
    """Mixed into a screen that may show something of an account."""

    @abstractmethod
    def clear_caches(self) -> None:
        """Forget every text, name and key that was shown or typed. Called while the screen may not be composed yet."""

    @abstractmethod
    async def save_work(self) -> None:
        """Give the core what was written here and must outlive the screen. Called before the end, and behind the lock."""


class NothingUnsaved(ContentScreen):
    """A content screen on which nothing is written that must outlive it."""

    async def save_work(self) -> None:
        """Save nothing."""


class ShowsNotices(metaclass=AbstractScreenType):
    """Mixed into a screen that has a place of its own for what the app tells; elsewhere it is shown as a toast."""

    @abstractmethod
    def show_notice(self, text: Content, severity: Severity) -> None:
        """Show what the app has to tell."""

    @abstractmethod
    def clear_notice(self) -> None:
        """Take it down. Called while the screen may not be composed yet."""
