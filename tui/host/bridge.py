"""Connects the two event loops: the core runs under trio in a thread of its own, the screens under asyncio.

No other file knows both loops. A terminal that is not being read blocks Textual's loop for seconds; a core on the same loop
would drop acknowledgements and timers with it. So nothing is shared. Commands go in through the trio token over a bounded
channel, each with a future that the core's thread resolves in the screens' loop. Events come out into a bounded queue
(``tui.host.event_queue``).
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar, cast

from core.api import AnyEvent, ApiError, Command
from tui.core_port import EventBatch
from tui.host.event_queue import WAKE_PAUSE, EventQueue
from tui.host.settling import gone, overloaded, settle
from tui.language import told

if TYPE_CHECKING:
    import trio

R = TypeVar("R")

# Commands that may wait for the core. Screens send one at a time, so more means that the core hangs.
MAX_WAITING = 256
# Commands at work at once; each is a trio task.
MAX_AT_WORK = 32
# Seconds after which a thread that computes lets the other go on. By Python's own 5 ms a key, which changes threads some ten
# times until it is drawn, would wait for a busy core at each of them.
TURN = 0.0005
# Seconds the core gets to commit what it holds and say goodbye to its peers.
STOP_TIMEOUT = 5.0


class Messenger(Protocol):
    """What this file needs of ``core.session.messenger.Messenger``."""

    @property
    def events(self) -> AsyncIterator[AnyEvent]:
        """The events, in order."""
        ...

    async def call(self, command: Command[R]) -> R:
        """Carry out a command."""
        ...


Opener = Callable[[], AbstractAsyncContextManager[Messenger]]
"""Opens the messenger, inside trio: ``lambda: Messenger.open(home, options)``."""


class _Request(NamedTuple):
    command: Command[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    scope: list[trio.CancelScope]  # while it is at work


class CoreHost:
    """Runs a messenger in a thread and is its client. Implements ``tui.core_port.CorePort``."""

    runs_on = False

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._queue = EventQueue()
        self._thread: threading.Thread | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._requests: trio.MemorySendChannel[_Request] | None = None
        self._scope: trio.CancelScope | None = None
        self._early: list[_Request] = []  # commands given before the core was open
        self._waiting: set[asyncio.Future[Any]] = set()
        self._lock = threading.Lock()  # guards the fields above while the core opens and ends
        self._ended = False
        self._wake: Callable[[], None] = lambda: None
        self._crashed: Callable[[str], None] = lambda _: None

    # --- called by the screens ----------------------------------------------------------------------------------------

    def start(self, wake: Callable[[], None], crashed: Callable[[str], None]) -> None:
        """Start the core's thread."""
        self._wake, self._crashed = wake, crashed
        sys.setswitchinterval(TURN)
        self._thread = threading.Thread(target=self._run, name="core", daemon=True)
        self._thread.start()

    def take_events(self) -> EventBatch:
        """Empty the queue."""
        return self._queue.take()

    async def call(self, command: Command[R]) -> R:
        """Carry out a command in the core; raises ``ApiError``."""
        loop = asyncio.get_running_loop()
        request = _Request(command, loop, loop.create_future(), [])
        self._waiting.add(request.future)
        request.future.add_done_callback(self._waiting.discard)
        self._submit(request)
        try:
            return cast("R", await request.future)
        except asyncio.CancelledError:
            if command.told_once:  # its caller is gone and it is answered only once: cancel it
                for scope in request.scope:
                    self._soon(scope.cancel)
            raise

    def _submit(self, request: _Request) -> None:
        with self._lock:
            if self._ended:
                raise gone()
            if len(self._waiting) > MAX_WAITING:
                raise overloaded()
            if self._token is None:
                self._early.append(request)
            else:
                self._token.run_sync_soon(self._enqueue, request)

    async def stop(self) -> None:
        """Cancel the core and wait for its thread, for a bounded time."""
        await asyncio.to_thread(self.shut)

    def shut(self) -> None:
        """The same, from any other thread."""
        with self._lock:
            token, scope = self._token, self._scope
        if token is not None and scope is not None:
            self._soon(scope.cancel)
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)

    # --- in the core's thread -----------------------------------------------------------------------------------------

    def _run(self) -> None:
        """Be the core's thread: run trio, and tell of its end."""
        import outcome
        import trio

        result = outcome.capture(trio.run, self._main)
        with self._lock:
            self._ended = True
        self._refuse_waiting()
        if isinstance(result, outcome.Error):
            self._crashed(_story(result.error))

    async def _main(self) -> None:
        import trio

        sending, receiving = trio.open_memory_channel[_Request](MAX_WAITING)
        with trio.CancelScope() as scope:
            async with self._opener() as messenger, trio.open_nursery() as nursery:
                nursery.start_soon(self._carry_events, messenger)
                with self._lock:
                    self._token, self._scope, self._requests = trio.lowlevel.current_trio_token(), scope, sending
                    early, self._early = self._early, []
                for request in early:
                    self._enqueue(request)
                limiter = trio.CapacityLimiter(MAX_AT_WORK)
                async for request in receiving:
                    await limiter.acquire_on_behalf_of(request.future)  # a command with a list in it has no hash
                    nursery.start_soon(self._answer, messenger, request, limiter)

    def _soon(self, act: Callable[[], object]) -> None:
        """Let the core's thread do something, if it still runs."""
        import trio

        assert self._token is not None
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(act)

    def _enqueue(self, request: _Request) -> None:
        import trio

        assert self._requests is not None
        try:
            self._requests.send_nowait(request)
        except trio.WouldBlock:
            settle(
                request.loop,
                request.future,
                error=overloaded(),
            )

    async def _answer(self, messenger: Messenger, request: _Request, limiter: trio.CapacityLimiter) -> None:
        """Carry out one command. Whatever goes wrong is an answer; nothing of it ends the core."""
        import trio

        try:
            with trio.CancelScope() as scope:
                request.scope.append(scope)
                if request.future.cancelled() and request.command.told_once:
                    return
                settle(request.loop, request.future, result=await messenger.call(request.command))
        except ApiError as error:
            settle(request.loop, request.future, error=error)
        except Exception as fault:  # noqa: BLE001 -- the screens tell it
            from core.refusals import refusal_of

            settle(request.loop, request.future, error=refusal_of(fault))
        finally:
            limiter.release_on_behalf_of(request.future)

    async def _carry_events(self, messenger: Messenger) -> None:
        """Put events into the queue as they come, and wake the screens now and then."""
        import trio

        arrived = trio.Event()

        async def receive() -> None:
            nonlocal arrived
            async for event in messenger.events:
                self._queue.put(event)
                arrived.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(receive)
            while True:
                await arrived.wait()
                arrived = trio.Event()
                self._wake()
                await trio.sleep(WAKE_PAUSE)

    def _refuse_waiting(self) -> None:
        """Refuse the commands that still wait: no caller must wait for a core that is gone."""
        for future in tuple(self._waiting):
            settle(future.get_loop(), future, error=gone())


def _story(fault: BaseException) -> str:
    """Return what ended the core: a sentence, and of an unforeseen exception the places in the code."""
    from core.refusals import refusal_of

    refusal = refusal_of(fault)
    places = refusal.data.get("report")
    return "\n".join([told(refusal.said), *(map(str, places) if isinstance(places, list) else ())])
