"""The messenger: one profile, its node, and the account while it is open. Answers every command of ``core.api``.

Screens and programs attach to it, several at once (``core.session.attachments``), and each gives its commands as if it were
alone. A command's class says how it is carried out: most are one transaction of the open account, some wait for the
network, some are about the account itself (``core.session.commands``).
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, Protocol

import trio

from core import api
from core.api import ApiError, Carrier, Kind
from core.node.opening import open_own_node
from core.node.options import NetworkOptions
from core.node.service import NodeService
from core.node.status import clock_alone, clocks_off
from core.refusals import refusals
from core.sentence import N_
from core.session import commands
from core.session.attachments import Attachment, EventQueue
from core.session.commands.account import AtGate
from core.session.engines import Engines
from core.session.gate import Gate
from core.session.overrides import Overrides
from core.session.record_searches import RecordSearches
from core.session.session import Session
from core.session.unfinished import finish_removal
from core.vault.hardening import harden_process
from core.vault.profile import Profile
from net.events import ClocksChanged, CustodianDown, CustodianUp
from net.instant import Instant
from net.io.driver import system_clock

# Node events taken in one transaction.
MAX_BATCH: Final = 64


@asynccontextmanager
async def open_messenger(
    home: Path,
    options: NetworkOptions,
    *,
    terms: Overrides | None = None,
    clock: Callable[[], Instant] = system_clock,
    profile: Profile | None = None,
) -> AsyncGenerator[Messenger]:
    """Run a messenger for a block: locked, its node joined to the network.

    The node serves others as every node does (``core.node.opening``), with the account locked or open. Raises
    ``net.errors.Unreachable`` when it cannot listen. ``profile``: the home, if the caller holds it already; it is released.
    """
    harden_process()
    chosen = terms or Overrides()
    if profile is None:  # else the caller did, before it took the home
        await trio.to_thread.run_sync(finish_removal, home, chosen)
    async with (
        open_own_node(home, options, tuning=chosen.tuning, clock=clock) as node,
        trio.open_nursery() as nursery,
    ):
        engines = Engines(node)
        gate = Gate(home, engines, nursery, chosen, profile)
        messenger = Messenger(node, engines, gate)
        nursery.start_soon(messenger.pump)
        nursery.start_soon(engines.run)
        nursery.start_soon(gate.watch)
        try:
            yield messenger
        finally:
            with trio.CancelScope(shield=True):
                await gate.close()
            nursery.cancel_scope.cancel()


class Messenger:
    """See ``open_messenger``."""

    def __init__(self, node: NodeService, engines: Engines, gate: Gate) -> None:
        self._node = node
        self._engines = engines
        self._gate = gate
        self._session = Session(node, gate.account, RecordSearches(node))

    @contextmanager
    def attach(self) -> Generator[AttachedClient]:
        """Let one more screen or program use it for a block; its screen is locked at first. Raises ``ApiError``."""
        queue = EventQueue()
        attachment = self._gate.attachments.attach(queue.put)
        try:
            yield AttachedClient(attachment, queue, self._call)
        finally:
            self._gate.attachments.detach(attachment)
            queue.close()

    async def _call(self, attachment: Attachment, command: api.Command[api.R]) -> api.R:
        """Carry out a command of an attachment; raises ``ApiError``."""
        with refusals(self._gate.home):
            if attachment.is_locked and not command.while_locked:
                self._gate.account()  # tells what there is to do first, where there is no account or its vault is locked
                raise ApiError(Kind.LOCKED, N_("The screen is locked."))
            if command.by_person:
                attachment.touch()
            match command.carrier:
                case Carrier.TRANSACTION:
                    return await commands.act(self._gate.account(), command)
                case Carrier.STEPS:
                    return await commands.take_steps(self._session, command)
                case Carrier.GATE:
                    return await commands.carry_out(AtGate(self._gate, attachment), command)

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
                self._gate.attachments.tell_all(api.NetworkChanged(peers=len(self._node.status().peers)))
            if any(isinstance(event, ClocksChanged) for event in batch):
                view = self._node.status().view
                self._gate.attachments.tell_all(api.ClocksChanged(off=clocks_off(view), alone=clock_alone(view)))
            await self._engines.feed(batch)


class AttachedClient:
    """The messenger as one attachment uses it (``core.api.Client``). ``events`` ends when it is detached."""

    def __init__(self, attachment: Attachment, queue: EventQueue, call: _Call) -> None:
        self.events = queue.incoming
        self._attachment = attachment
        self._call = call

    async def call(self, command: api.Command[api.R]) -> api.R:
        """Carry out a command; raises ``ApiError``."""
        return await self._call(self._attachment, command)


class _Call(Protocol):
    async def __call__(self, attachment: Attachment, command: api.Command[api.R]) -> api.R: ...
