"""Makes the client end in bounded time once it has to: at a signal, by its person's command, or when its terminal is gone.

A terminal that goes away need not send SIGHUP (a wrapper keeps it, it is not the controlling one, ``nohup`` ignores it), so
a thread waits for the hang-up itself. And leaving may hang: a terminal that is stopped takes no last byte, a file system
that is gone never answers. So from the moment on when it is to leave, the program has some seconds; then it is ended from
outside the screens' loop, with the core shut properly as far as it lets itself be.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final

STANDARD_INPUT: Final = 0
STANDARD_ERROR: Final = 2
# Seconds to leave: saving takes 2 at most, the core 5.
PATIENCE: Final = 10.0
# Exit status of a program that could not end in order.
NOT_IN_ORDER: Final = 1
# What a terminal is told so that it neither reports the mouse nor brackets pastes, shows its first screen and its cursor.
_AS_IT_WAS: Final = b"\x1b[?1000l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[<u\x1b[?7h\x1b[?1049l\x1b[?25h"


class Leaving:
    """Watches over the end of one program: ``leave`` is called in its loop, ``shut`` ends its core from any thread."""

    def __init__(
        self,
        leave: Callable[[], None],
        shut: Callable[[], None] | None,
        attributes: list[Any] | None,
        farewell: str = "",
    ) -> None:
        """``attributes``: how the terminal was set before anything was drawn; ``farewell``: what it is told at last."""
        self._farewell = farewell.encode()
        self._leave, self._shut, self._attributes = leave, shut, attributes
        self._loop = asyncio.get_running_loop()
        self._hurried = threading.Lock()
        self._over = threading.Event()
        # Not the loop's own handlers: those wait for a loop that may hang.
        self._before = {number: signal.signal(number, self._told) for number in (signal.SIGHUP, signal.SIGTERM)}
        threading.Thread(target=self._wait_for_hangup, name="hangup", daemon=True).start()

    def hurry(self) -> None:
        """It is to leave now: from here on there is a deadline."""
        if self._hurried.acquire(blocking=False):
            threading.Thread(target=self._end_at_last, name="leaving", daemon=True).start()

    def done(self) -> None:
        """It has left: signals mean again what they did before."""
        self._over.set()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._go()

    def _go(self) -> None:
        self.hurry()
        with suppress(RuntimeError):  # the loop is closed: it has left
            self._loop.call_soon_threadsafe(self._leave)

    def _wait_for_hangup(self) -> None:
        poll = select.poll()
        poll.register(STANDARD_INPUT, 0)  # hang-ups and errors are told unasked
        with suppress(OSError):
            poll.poll()
        self._go()

    def _end_at_last(self) -> None:
        if self._over.wait(PATIENCE):
            return
        for last in (self._shut, self._give_back):
            if last is not None:
                thread = threading.Thread(target=last, name="last", daemon=True)
                thread.start()
                thread.join(PATIENCE)
        os._exit(NOT_IN_ORDER)

    def _give_back(self) -> None:
        """Leave the terminal as it was found, as far as it takes that."""
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(STANDARD_INPUT, termios.TCSANOW, self._attributes)
        with suppress(OSError):
            os.write(STANDARD_ERROR, _AS_IT_WAS + self._farewell)


def has_terminal() -> bool:
    """Return whether standard input, output and error are all a terminal: the screens are drawn on the last."""
    return all(stream is not None and _is_terminal(number) for number, stream in enumerate(_streams()))


def _streams() -> tuple[object, ...]:
    return sys.__stdin__, sys.__stdout__, sys.__stderr__  # None for one that was closed


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False
