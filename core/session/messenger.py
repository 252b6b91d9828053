"""The messenger: one profile, its node, and the account while it is open. Answers every command of ``core.api``.

A command's class says who carries it out: most are one transaction of the open account, some wait for the network (both
``core.session.commands``), those about the account itself are ``core.session.gate``'s.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, cast

import trio

from core import api
from core.api import ApiError, Carrier, Kind
from core.node.opening import open_own_node
from core.node.options import NetworkOptions
from core.node.service import NodeService
from core.node.status import clock_alone, clocks_off
from core.refusals import refusals
from core.session import commands
from core.session.engines import Engines
from core.session.gate import Gate
from core.session.overrides import Overrides
from core.session.record_searches import RecordSearches
from core.session.session import Session
from core.vault.hardening import harden_process
from net.events import ClocksChanged, CustodianDown, CustodianUp
from net.instant import Instant
from net.io.driver import system_clock

# Events that wait for a reader; more are dropped, since they are hints and ``message.list`` is the truth.
MAX_EVENTS: Final = 4096
# Node events taken in one transaction.
MAX_BATCH: Final = 64


@asynccontextmanager
async def open_messenger(
    home: Path,
    options: NetworkOptions,
    *,
    terms: Overrides | None = None,
    clock: Callable[[], Instant] = system_clock,
) -> AsyncGenerator[Messenger]:
    """Run a messenger for a block: locked, its node joined to the network.

    The node serves others as every node does (``core.node.opening``), with the account locked or open. Raises
    ``net.errors.Unreachable`` when it cannot listen.
    """
    harden_process()
    chosen = terms or Overrides()
    async with (
        open_own_node(home, options, tuning=chosen.tuning, clock=clock) as node,
        trio.open_nursery() as nursery,
    ):
        queue = EventQueue()
        engines = Engines(node)
        gate = Gate(home, engines, nursery, chosen, queue.put)
        messenger = Messenger(node, engines, gate, queue)
        nursery.start_soon(messenger.pump)
        nursery.start_soon(engines.run)
        nursery.start_soon(gate.watch)
        try:
            yield messenger
        finally:
            with trio.CancelScope(shield=True):
                await gate.close()
            nursery.cancel_scope.cancel()


class EventQueue:
    """Events on their way to their reader; a full queue drops, since events are hints.

    A lock drops the events that were not read yet: no content is read after it.
    """

    def __init__(self) -> None:
        self._outgoing, self.incoming = trio.open_memory_channel[api.AnyEvent](MAX_EVENTS)

    def put(self, event: api.Event) -> None:
        """Add an event; never waits."""
        if isinstance(event, api.AccountLocked):
            self._take_back()
        try:
            self._outgoing.send_nowait(cast("api.AnyEvent", event))
        except (trio.WouldBlock, trio.BrokenResourceError):
            return  # a hint less; the reader finds everything in ``message.list``

    def _take_back(self) -> None:
        with suppress(trio.WouldBlock, trio.ClosedResourceError):  # all read, or the reader is gone
            while True:
                self.incoming.receive_nowait()


class Messenger:
    """See ``open_messenger``. ``events`` is read by the screens or by ``rpc``."""

    def __init__(self, node: NodeService, engines: Engines, gate: Gate, events: EventQueue) -> None:
        self.events = events.incoming
        self._node = node
        self._engines = engines
        self._gate = gate
        self._queue = events
        self._session = Session(node, gate.account, RecordSearches(node))

    async def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command; raises ``ApiError``."""
        if self._gate.is_screen_locked and not command.while_locked:
            raise ApiError(Kind.LOCKED, "The screen is locked.")
        with refusals(self._gate.home):
            match command.carrier:
                case Carrier.TRANSACTION:
                    return await commands.act(self._gate.account(), command)
                case Carrier.STEPS:
                    return await commands.take_steps(self._session, command)
                case Carrier.GATE:
                    return await self._gate.carry_out(command)

    async def pump(self) -> None:
        """Give the node's events to the open account; without one, drop them."""
        while True:
            batch = [await self._node.events.receive()]
            try:
                while len(batch) < MAX_BATCH:
                    batch.append(self._node.events.receive_nowait())
            except trio.WouldBlock:
                pass
            self._session.records.take(batch)
            if any(isinstance(event, CustodianUp | CustodianDown) for event in batch):
                self._queue.put(api.NetworkChanged(peers=len(self._node.status().peers)))
            if any(isinstance(event, ClocksChanged) for event in batch):
                view = self._node.status().view
                self._queue.put(api.ClocksChanged(off=clocks_off(view), alone=clock_alone(view)))
            await self._engines.feed(batch)
