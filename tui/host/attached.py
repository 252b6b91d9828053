"""The screens attached to a core that runs on by itself: commands and events over its socket, in a thread of its own.

Neither trio nor the core is imported here, which is most of what a start takes. The thread reads at all times, so that the
core's lines do not wait for a terminal that is stopped; what the screens do not read in time is dropped here as in
``tui.host.bridge``. A process that is stopped as a whole does not read: the core drops its events then, and tells of it.

A command that was sent cannot be taken back: one whose caller is gone is carried out, ``account.create`` too, as when the
input of ``sottovoce rpc`` ends.
"""

from __future__ import annotations

import asyncio
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any, Final, NamedTuple, TypeVar, cast

import msgspec

from core.api import ApiError, Command, Kind
from core.attach.link import READ_SIZE, Link
from core.rpc.jsonrpc import MAX_LINE_SIZE, LineSplitter
from core.rpc.replies import MAX_ANSWER_SIZE, Line, decode_line, encode_request, error_of, event_of, result_of
from tui.core_port import EventBatch
from tui.host.event_queue import WAKE_PAUSE, EventQueue
from tui.host.settling import gone, overloaded, settle
from tui.language import N_, told, tr

R = TypeVar("R")

# Commands that may wait for an answer. Screens send one at a time, so more means that the core hangs.
MAX_WAITING: Final = 256
# Seconds for the thread to end: it has nothing to commit.
STOP_TIMEOUT: Final = 2.0
ENDED: Final = N_("The core that this screen was attached to has ended. Start sottovoce again.")
STRANGE: Final = N_("The core that runs speaks another language: end it by `sottovoce core --stop`, and start again.")


class _Asked(NamedTuple):
    command: type[Command[Any]]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class AttachedHost:
    """A client of a core in another process. Implements ``tui.core_port.CorePort``."""

    runs_on = True

    def __init__(self, link: Link, wake_pause: float = WAKE_PAUSE) -> None:
        self._connection, self._rest = link.connection, link.rest
        self._pause = wake_pause
        self._queue = EventQueue()
        self._lock = threading.Lock()  # guards the next four
        self._asked: dict[int, _Asked] = {}
        self._outgoing: deque[bytes] = deque()
        self._ended = ""  # why, once it has
        self._is_stopping = False
        self._numbers = count(1)
        self._splitter = LineSplitter(MAX_ANSWER_SIZE)
        self._nudge, self._nudged = socket.socketpair()  # a byte makes the thread look
        for each in (self._nudge, self._nudged):
            each.settimeout(0)
        self._has_news = False
        self._thread: threading.Thread | None = None
        self._wake: Callable[[], None] = lambda: None
        self._crashed: Callable[[str], None] = lambda _: None

    # --- called by the screens ----------------------------------------------------------------------------------------

    def start(self, wake: Callable[[], None], crashed: Callable[[str], None]) -> None:
        """Start the thread."""
        self._wake, self._crashed = wake, crashed
        self._thread = threading.Thread(target=self._run, name="core", daemon=True)
        self._thread.start()

    def take_events(self) -> EventBatch:
        """Empty the queue."""
        return self._queue.take()

    async def call(self, command: Command[R]) -> R:
        """Carry out a command in the core; raises ``ApiError``."""
        number = next(self._numbers)
        line = encode_request(number, command)
        if len(line) > MAX_LINE_SIZE:
            raise ApiError(Kind.TOO_LONG, N_("That is too much at once."), limit=MAX_LINE_SIZE)
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        with self._lock:
            if self._ended or self._is_stopping:
                raise gone()
            if len(self._asked) >= MAX_WAITING:
                raise overloaded()
            self._asked[number] = _Asked(type(command), loop, future)
            self._outgoing.append(line)
        self._look()
        return cast("R", await future)

    async def stop(self) -> None:
        """Detach: the core locks this screen's attachment and goes on."""
        await asyncio.to_thread(self.shut)

    def shut(self) -> None:
        """The same, from any other thread."""
        with self._lock:
            self._is_stopping = True
        self._look()
        if self._thread is None:
            self._close()
        else:
            self._thread.join(STOP_TIMEOUT)

    def _look(self) -> None:
        with suppress(OSError):  # it will look anyway, or is gone
            self._nudge.send(b"!")

    # --- in the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            why = self._converse()
        except (msgspec.DecodeError, ApiError) as error:
            why = told(error.said) if isinstance(error, ApiError) else tr(STRANGE)
        except OSError:
            why = tr(ENDED)
        except Exception as fault:  # noqa: BLE001 -- the screens tell it
            said = tr("Something happened that this program did not foresee ({fault}).")
            why = said.format(fault=type(fault).__name__)
        with self._lock:
            self._ended, is_meant = why, self._is_stopping
            waiting, self._asked = tuple(self._asked.values()), {}
        for asked in waiting:
            settle(asked.loop, asked.future, error=gone())
        self._close()
        if not is_meant:
            self._crashed(why)

    def _converse(self) -> str:
        """Write and read until it is to stop, or the core has ended; return why it ended."""
        self._connection.settimeout(0)
        self._take(self._splitter.feed(self._rest))
        poll = select.poll()
        poll.register(self._nudged, select.POLLIN)
        unsent, woken_at = memoryview(b""), 0.0
        while not self._is_stopping:
            unsent = self._send(unsent)
            poll.register(self._connection, select.POLLIN | (select.POLLOUT if unsent else 0))
            until_wake = woken_at + self._pause - time.monotonic()
            if self._has_news and until_wake <= 0:
                self._has_news = False
                woken_at = time.monotonic()
                self._wake()
            ready = dict(poll.poll(max(until_wake, 0) * 1000 + 1 if self._has_news else None))
            if self._nudged.fileno() in ready:
                with suppress(BlockingIOError):
                    self._nudged.recv(READ_SIZE)
            if ready.get(self._connection.fileno(), 0) & ~select.POLLOUT:
                data = self._connection.recv(READ_SIZE)
                if not data:
                    return tr(ENDED)
                self._take(self._splitter.feed(data))
        return tr(ENDED)

    def _send(self, unsent: memoryview) -> memoryview:
        """Write what the socket takes now; return what is left of the line that is being written."""
        with suppress(BlockingIOError):
            while True:
                if not unsent:
                    with self._lock:
                        if not self._outgoing:
                            break
                        unsent = memoryview(self._outgoing.popleft())
                unsent = unsent[self._connection.send(unsent) :]
        return unsent

    def _take(self, lines: Iterable[bytes | None]) -> None:
        """Hand out what the core said. Raises ``msgspec.DecodeError``, and ``ApiError`` if it refuses this screen."""
        for text in lines:
            if text is None:
                raise msgspec.DecodeError("too long")
            line = decode_line(text)
            if line.id is not None:
                self._answer(line)
            elif line.error is not None:
                raise error_of(line.error)
            elif (event := event_of(line)) is not None:
                self._queue.put(event)
                self._has_news = True

    def _answer(self, line: Line) -> None:
        with self._lock:
            asked = self._asked.pop(cast("int", line.id), None)
        if asked is None:
            return
        try:
            settle(asked.loop, asked.future, result=result_of(line, asked.command))
        except ApiError as error:
            settle(asked.loop, asked.future, error=error)

    def _close(self) -> None:
        for each in (self._connection, self._nudge, self._nudged):
            with suppress(OSError):
                each.close()
