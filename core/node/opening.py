"""Opens a node: its key, its place in the overlay, its database, its socket, and its ways to find the others.

    open_node        a node whose files the caller names: the headless one
    open_own_node    the node of a person's device: it serves others too, unless that was declined or its files are in use

Finding the nonce that binds a node's place to its key takes a tenth of a second of hashing, so it is done in a thread.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import trio

from core.crypto import primitives
from core.node.discovery import FindingNodes
from core.node.keep_trying import keep_trying
from core.node.options import NetworkOptions
from core.node.resolver import resolve_own
from core.node.roles import role_of
from core.node.service import NodeService
from core.refusals import refusal_of
from core.storage.database import Database
from core.storage.line import Line, load
from core.storage.migrations import load_migrations
from core.storage.parcels import SqlParcelStore
from core.storage.thread import DatabaseThread, open_database
from core.vault.node_key import LIFETIME_DAYS, load_or_create
from core.vault.profile import LOCK, NODE_KEY, Profile
from net.errors import Unreachable
from net.instant import DAY_MS, Instant
from net.io.driver import system_clock
from net.io.udp import Transport
from net.link.events import Role
from net.link.layer import LinkLayer
from net.node.node import Node
from net.node.wiring import Tuning
from net.overlay.identity import Identity, identity_of

_log = logging.getLogger(__name__)

# A node's parcels, and the peers it knew.
NODE_DATABASE: Final = "parcels.db"
# Where the client keeps its node, beside the account and apart from a headless node's home.
OWN_NODE: Final = "own-node"
# What is in the client's node, for who removes it.
NODE_FILES: Final = {OWN_NODE: (NODE_KEY, NODE_DATABASE, LOCK)}
# Seconds for the last notes and goodbyes when everything ends.
FAREWELL: Final = 2.0


@asynccontextmanager
async def open_node(
    path: Path,
    *,
    database_key: bytes,
    node_secret: bytes,
    options: NetworkOptions,
    tuning: Tuning | None = None,
    clock: Callable[[], Instant] = system_clock,
) -> AsyncGenerator[NodeService]:
    """Run a node for a block; its parcels and peers are kept in the SQLCipher file ``path``.

    Raises ``StorageError`` when the file cannot be opened and ``Unreachable`` when the endpoint cannot be listened on.
    """
    async with (
        open_database(path, database_key, load_migrations("parcels")) as thread,
        node_over(thread, node_secret=node_secret, options=options, tuning=tuning, clock=clock) as service,
    ):
        yield service


@asynccontextmanager
async def open_own_node(
    home: Path, options: NetworkOptions, *, tuning: Tuning | None = None, clock: Callable[[], Instant] = system_clock
) -> AsyncGenerator[NodeService]:
    """Run the node of the device whose account lives in ``home``. Raises ``Unreachable``.

    Where its files cannot be used (another process does, the disk is full or read-only), it takes part as a leaf with a
    key for this run alone: a disk that cannot keep strangers' parcels must not keep the owner from reading mail.
    """
    async with AsyncExitStack() as stack:
        try:
            node = await stack.enter_async_context(_node_with_files(home / OWN_NODE, options, tuning, clock))
        except Unreachable:
            raise
        except Exception as error:  # noqa: BLE001 -- any fault of its files
            _log.warning("this device takes part as a leaf: %s", refusal_of(error, home / OWN_NODE).message)
            node = await stack.enter_async_context(_node_of_a_run(None, options, tuning, clock))
        yield node


@asynccontextmanager
async def _node_with_files(
    home: Path, options: NetworkOptions, tuning: Tuning | None, clock: Callable[[], Instant]
) -> AsyncGenerator[NodeService]:
    """Run the node whose files are in ``home``."""
    async with AsyncExitStack() as stack:
        stack.enter_context(Profile(home))
        today = max(clock().wall_ms, 0) // DAY_MS
        load = partial(load_or_create, today=today, lifetime_days=LIFETIME_DAYS)
        key = await trio.to_thread.run_sync(load, home / NODE_KEY)
        opening = open_database(home / NODE_DATABASE, key.database_key, load_migrations("parcels"))
        thread = await stack.enter_async_context(opening)
        if role_of(options.part, await thread.run(_line)) is Role.FULL:
            as_full = replace(options, part="full")
            full = node_over(thread, node_secret=key.node_secret, options=as_full, tuning=tuning, clock=clock)
            yield await stack.enter_async_context(full)
        else:
            yield await stack.enter_async_context(_node_of_a_run(thread, options, tuning, clock))


def _node_of_a_run(
    thread: DatabaseThread | None, options: NetworkOptions, tuning: Tuning | None, clock: Callable[[], Instant]
) -> AbstractAsyncContextManager[NodeService]:
    """Return a leaf whose key is for this run alone."""
    secret = primitives.random_bytes(primitives.KEY_SIZE)
    return node_over(thread, node_secret=secret, options=replace(options, part="leaf"), tuning=tuning, clock=clock)


@asynccontextmanager
async def node_over(
    thread: DatabaseThread | None,
    *,
    node_secret: bytes,
    options: NetworkOptions,
    tuning: Tuning | None = None,
    clock: Callable[[], Instant] = system_clock,
) -> AsyncGenerator[NodeService]:
    """Run a node for a block over an open database (a leaf needs none); raises ``Unreachable``."""
    cost = tuning or Tuning()
    identity = await trio.to_thread.run_sync(identity_of, node_secret, cost.id_work_bits)
    line = Line() if thread is None else await thread.run(_line)
    make = partial(_make_node, node_secret, identity, role_of(options.part, line), cost)
    with Transport.open(*await resolve_own(options.listen)) as transport:
        service = NodeService(make(None) if thread is None else await thread.run(make), transport, thread, clock)
        async with trio.open_nursery() as nursery:
            service.finding = FindingNodes(service, options)
            with suppress(OSError):  # it looks again
                service.finding.look()  # first: to judge how others see it, a node must know its own addresses
            await nursery.start(service.run)
            for spec in options.join:
                joining = service.join(spec)
                nursery.start_soon(keep_trying, f"joining through {spec}", joining)
            nursery.start_soon(keep_trying, "finding nodes", service.finding.run)
            try:
                yield service
            finally:
                nursery.cancel_scope.cancel()
                with trio.move_on_after(FAREWELL, shield=True):
                    await service.say_goodbye()


def _line(database: Database) -> Line:
    with database.read() as snapshot:
        return load(snapshot)


def _make_node(secret: bytes, identity: Identity, role: Role, tuning: Tuning, database: Database | None) -> Node:
    return Node(
        LinkLayer(secret_key=secret, role=role, random=os.urandom),
        identity,
        role=role,
        store=None if role is Role.LEAF or database is None else SqlParcelStore(database),
        random=os.urandom,
        tuning=tuning,
    )
