"""Tells the person that something came, as ``tui.notices`` decides: by bell, status line, terminal and command.

It knows what the decision depends on: whether the screen is locked, whether the terminal has the focus, when a key was last
pressed, which conversation is in front. The count in the window's title is kept here as well, and neutral while locked.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App

from tui.app_port import AppPort
from tui.config.machine import Machine
from tui.notices.decision import Incoming, Notice, Sight, decide, several
from tui.notices.pauses import Pauses
from tui.terminal.channel import Channel
from tui.terminal.notice_command import NoticeCommand
from tui.terminal.window_title import WindowTitle

if TYPE_CHECKING:
    from textual.timer import Timer


class Notifier:
    """Tells it for one app. ``shown`` gives the conversation in front, if one is; ``clock`` counts seconds."""

    def __init__(
        self,
        app: App[Any],
        port: AppPort,
        machine: Machine,
        channel: Channel,
        shown: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._port = port
        self._channel = channel
        self._shown = shown
        self._clock = clock
        self._command = NoticeCommand(machine.notify_command)
        self._title = WindowTitle(self._write, wanted=machine.title)
        self._pauses = Pauses()
        self._held: Notice | None = None
        self._timer: Timer | None = None
        self._focused: bool | None = None
        self._last_key = clock()
        self._locked = True
        self._unread = 0

    # --- what happens -------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        """The account was opened: what came while it was away comes now."""
        self._locked = False
        self._pauses.opened(self._clock())

    def locked(self) -> None:
        """The screen is locked: nothing of what came is told any more."""
        self._locked = True
        self._held = None
        self._pauses.locked()
        self._title.show(0)

    def note_input(self, event: events.Event) -> None:
        """Take in what tells whether the person is there."""
        if isinstance(event, events.AppFocus | events.AppBlur):
            self._focused = isinstance(event, events.AppFocus)
        elif isinstance(event, events.InputEvent):
            self._last_key = self._clock()

    def heard(self, incoming: Incoming) -> None:
        """Tell that something came, now, later, or not at all."""
        notice = decide(incoming, self._sight(), self._port.settings)
        if notice is None:
            return
        held = self._pauses.held
        if self._pauses.may_tell(self._clock()):
            self._do(notice)
        elif self._pauses.held > held:
            self._hold(notice)

    def show_unread(self, count: int) -> None:
        """Say in the title how many messages are unread."""
        self._unread = count
        if not self._locked:
            self._title.show(count)

    def title_lost(self) -> None:
        """The window has the neutral title, since another program had the terminal."""
        self._title.lost()
        if not self._locked:
            self._title.show(self._unread)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _sight(self) -> Sight:
        return Sight(
            locked=self._locked, focused=self._focused, idle=self._clock() - self._last_key, shown=self._shown()
        )

    def _hold(self, notice: Notice) -> None:
        """Keep what came too soon, all of it as one notice."""
        if self._held is not None:
            notice = self._held.joined(notice, several(self._pauses.held))
        self._held = notice
        if self._timer is None:
            self._timer = self._app.set_timer(self._pauses.next_look(self._clock()), self._release)

    def _release(self) -> None:
        """Tell what was held, unless the person has looked meanwhile."""
        self._timer = None
        notice, self._held = self._held, None
        count = self._pauses.release(self._clock())
        if notice is None or not count:
            return
        if not (notice.sent or notice.command) or not self._sight().is_at_terminal:
            self._do(notice)

    def _do(self, notice: Notice) -> None:
        if notice.bell:
            self._port.bell()
        if notice.said:
            self._port.tell(notice.said)
        if notice.sent:
            self._write(self._channel.notice(notice.sent))
        if notice.command and self._command:
            self._app.run_worker(self._run_command(), group="notices")

    async def _run_command(self) -> None:
        if fault := await self._command.run():
            self._port.tell(fault, "warning")

    def _write(self, sequence: str) -> None:
        driver = self._app._driver  # pyright: ignore[reportPrivateUsage]  # as Textual's own bell does
        if sequence and driver is not None and not self._app.is_headless:
            driver.write(sequence)
