"""Where a machine without I/O meets the clock and the socket: one driver for every machine with the five verbs.

    receive   datagrams -> machine -> flush            three tasks, none of which knows a protocol
    deliver   machine -> events -> the owner           (who may be slow: the machine's own bounds hold meanwhile)
    timers    sleep until next_deadline -> machine -> flush

Nothing keeps the other tasks of the program waiting for more than 10 ms: datagrams are taken in slices of 4 ms, what the
machine does in one ``handle_timeout`` is bounded by itself, and either is followed by the sealing of one batch. An
error of the machine is a bug of ours and ends the driver; hostile bytes never raise there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from typing import Final, Generic, Protocol, TypeVar

import trio

from net.ids import Endpoint
from net.instant import Instant

SLICE: Final = (
    0.004  # seconds of taking datagrams or telling events without a checkpoint; what they give to send comes on top
)
STRIDE: Final = 4  # datagrams between looks at the clock; the dearest, deposits and handshakes, take 0.4 ms each

EventT = TypeVar("EventT")
EventT_co = TypeVar("EventT_co", covariant=True)


class Machine(Protocol[EventT_co]):
    """What every protocol object of this package can do."""

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram; never raises for what is in it."""
        ...

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        ...

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` wants to be called, monotonic seconds."""
        ...

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch; empty when there is nothing to send."""
        ...

    def next_event(self) -> EventT_co | None:
        """Return what happened next, or None."""
        ...


class Datagrams(Protocol):
    """Where datagrams come from and go to: ``net.io.udp.Transport``, or a test's wire."""

    async def receive(self) -> list[tuple[bytes, Endpoint]]:
        """Wait for at least one."""
        ...

    async def send(self, batch: list[tuple[bytes, Endpoint]]) -> None:
        """Send, with a checkpoint if that takes long."""
        ...


def system_clock() -> Instant:
    """Return trio's monotonic time and the machine's wall clock, which is never before 1970, as dead batteries have it."""
    return Instant(trio.current_time(), max(0, time.time_ns()) // 1_000_000)


class Driver(Generic[EventT]):
    """Runs one machine. ``on_event`` is awaited for each event in order, and so slows delivery down, nothing else."""

    def __init__(
        self,
        machine: Machine[EventT],
        datagrams: Datagrams,
        on_event: Callable[[EventT], Awaitable[None]],
        clock: Callable[[], Instant] = system_clock,
    ) -> None:
        self._machine = machine
        self._datagrams = datagrams
        self._on_event = on_event
        self._clock = clock
        self._poked = trio.Event()
        self._news = trio.Event()
        self._wakes_at = -math.inf

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Drive the machine until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._receive)
            nursery.start_soon(self._deliver)
            nursery.start_soon(self._keep_time)
            task_status.started()

    def poke(self) -> None:
        """Say that the owner called a verb of the machine: there may be something to send, to tell or to wait for."""
        self._poked.set()
        self._news.set()

    async def _receive(self) -> None:
        machine = self._machine
        while True:
            batch = await self._datagrams.receive()
            began = now = self._clock()
            for at, (data, source) in enumerate(batch, start=1):
                machine.receive_datagram(data, source, now)
                if at % STRIDE == 0:
                    now = self._clock()
                    if now.mono - began.mono > SLICE:
                        await self._after_work()
                        await trio.lowlevel.checkpoint()
                        began = now = self._clock()
            await self._after_work()

    async def _after_work(self) -> None:
        """Tell and send what the machine has; wake the timer task only if it would sleep too long."""
        self._news.set()
        await self._flush()
        if self._machine.next_deadline() < self._wakes_at:
            self._poked.set()

    async def _deliver(self) -> None:
        while True:
            self._news = trio.Event()
            began_at, is_idle = self._clock().mono, True
            while (event := self._machine.next_event()) is not None:
                await self._on_event(event)
                is_idle = False
                if self._clock().mono - began_at > SLICE:
                    await self._after_work()
                    await trio.lowlevel.checkpoint()
                    began_at = self._clock().mono
            if not is_idle:
                await self._after_work()  # taking events lets peers send more
                continue
            await self._news.wait()

    async def _keep_time(self) -> None:
        while True:
            self._poked = trio.Event()
            await self._flush()
            self._wakes_at = self._machine.next_deadline()
            with trio.move_on_after(max(0.0, self._wakes_at - self._clock().mono)) as wait:
                await self._poked.wait()
            if wait.cancelled_caught:
                self._machine.handle_timeout(self._clock())
                self._news.set()

    async def _flush(self) -> None:
        while batch := self._machine.datagrams_to_send(self._clock()):
            await self._datagrams.send(batch)
