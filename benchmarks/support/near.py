"""The measuring end of a link to ``loopback_node``, the other side."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from benchmarks.support.loopback_node import END, LOOPBACK
from core.node.options import JoinSpec
from net.io.driver import Driver, system_clock
from net.io.udp import Transport
from net.link.events import CellReceived, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.frames import CELL_SIZE
from net.link.layer import LinkLayer

E = TypeVar("E", bound=LinkEvent)

MESSAGE_SIZE = 65536
# Events that wait for us.
MAX_EVENTS = 4096


class Near:
    """A link layer on a socket, with one link."""

    def __init__(self, transport: Transport) -> None:
        self._layer = LinkLayer(secret_key=os.urandom(32), role=Role.FULL, random=os.urandom)
        self._tell, self._events = trio.open_memory_channel[LinkEvent](MAX_EVENTS)
        self.driver = Driver[LinkEvent](self._layer, transport, self._tell.send)
        self._link = LinkId(0)

    async def connect(self, spec: JoinSpec) -> None:
        """Link to the other side."""
        assert spec.node is not None
        self._layer.connect(spec.endpoint, spec.node, system_clock())
        self.driver.poke()
        self._link = (await self._next(LinkUp)).link

    async def _next(self, kind: type[E]) -> E:
        while not isinstance(event := await self._events.receive(), kind):
            pass
        return event

    async def stream(self, size: int) -> float:
        """Send ``size`` bytes in messages; return megabytes a second until the other side has them all."""
        payload = os.urandom(MESSAGE_SIZE)
        began = trio.current_time()
        for sent in range(0, size, MESSAGE_SIZE):
            await self._send(payload[: size - sent])
        await self._send(END)
        await self._next(MessageReceived)
        return size / 1e6 / (trio.current_time() - began)

    async def _send(self, message: bytes) -> None:
        while not self._layer.writable(self._link):  # noqa: ASYNC110 - the layer tells only when asked
            await trio.sleep(0.0005)
        self._layer.send_message(self._link, message, system_clock())
        self.driver.poke()

    async def echo(self, cells: int) -> list[float]:
        """Return milliseconds one way, as half of there and back, of each cell."""
        taken: list[float] = []
        for _ in range(cells):
            began = time.perf_counter()
            self._layer.send_cell(self._link, os.urandom(CELL_SIZE), system_clock())
            self.driver.poke()
            await self._next(CellReceived)
            taken.append((time.perf_counter() - began) * 500)
        return taken

    async def flood(self, cells: int, window: int) -> float:
        """Return cells a second given back to us, with ``window`` of them under way."""
        cell = os.urandom(CELL_SIZE)
        began, sent = trio.current_time(), 0
        for received in range(cells):
            while sent < min(cells, received + window):
                self._layer.send_cell(self._link, cell, system_clock())
                sent += 1
            self.driver.poke()
            with trio.move_on_after(1.0) as wait:
                await self._next(CellReceived)
            if wait.cancelled_caught:  # lost in a full queue: cells are not sent again
                return received / (trio.current_time() - began - 1.0)
        return cells / (trio.current_time() - began)


@asynccontextmanager
async def link_to(spec: JoinSpec) -> AsyncGenerator[Near]:
    """Be linked to the other side for a block."""
    with Transport.open(*LOOPBACK) as transport:
        near = Near(transport)
        async with trio.open_nursery() as nursery:
            await nursery.start(near.driver.run)
            await near.connect(spec)
            yield near
            nursery.cancel_scope.cancel()
