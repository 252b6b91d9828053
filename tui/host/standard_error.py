"""Standard error: where logs, reasons and reports are written, without ever blocking or failing.

A thread of its own writes, so that no caller waits for a terminal that is stopped or a pipe that is not read. What finds no
room is left out. Whatever the locale, and whether or not there is a standard error at all, saying something never fails.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from contextlib import suppress
from typing import Final

STANDARD_ERROR: Final = 2
# Pieces that wait to be written: minutes of a node's log.
MAX_WAITING: Final = 256
# Seconds that the last words get when the program ends.
LAST_WORDS: Final = 2.0


class _Teller:
    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_writing = False

    def say(self, text: str) -> None:
        with suppress(RuntimeError), self._news:  # no thread to be had: then it is written when the program ends
            self._waiting.append(text.encode("utf-8", "backslashreplace"))
            self._news.notify_all()
            if self._thread is None:
                thread = threading.Thread(target=self._write, name="telling", daemon=True)
                thread.start()
                self._thread = thread

    def flush(self, seconds: float) -> None:
        with self._news:
            if self._thread is not None:
                self._news.wait_for(lambda: not self._waiting and not self._is_writing, seconds)
                return
        self._write_waiting()

    def _write(self) -> None:
        while True:
            with self._news:
                self._is_writing = False
                self._news.notify_all()
                self._news.wait_for(lambda: bool(self._waiting))
                self._is_writing = True
            self._write_waiting()

    def _write_waiting(self) -> None:
        with suppress(IndexError, OSError):  # all written, or nothing can be written
            while True:
                piece = self._waiting.popleft()
                while piece:
                    piece = piece[os.write(STANDARD_ERROR, piece) :]


_teller: Final = _Teller()


def say(text: str) -> None:
    """Write to standard error, soon."""
    _teller.say(text)


def flush(seconds: float = LAST_WORDS) -> None:
    """Wait until all is written that was said, for a bounded time."""
    _teller.flush(seconds)


class Teller(logging.Handler):
    """A log that is told on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say a record."""
        with suppress(Exception):  # a log that cannot be written is no reason to fail
            say(self.format(record) + "\n")
