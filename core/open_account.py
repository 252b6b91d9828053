"""An account while it is open: its database, its engine and the tasks that serve them.

Started when the vault opens, stopped when it locks; nothing of it is left in the process then but what Python's allocator
has not reused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import trio

from core import api
from core.node_service import NodeService
from core.paces import pace_of
from core.people.account_keys import keys_of_seed
from core.people.engine import Engine
from core.people.moment import Moment
from core.people.resetting import trusts
from core.people_service import PeopleService
from core.storage import accounts, search_index
from core.storage.database import Database
from core.storage.errors import StorageError
from core.storage.migrations import load_migrations
from core.storage.thread import DatabaseThread, open_database
from core.vault.account import Unlocked
from core.vault.mark import Mark
from net.parts import Tuning

# Seconds between two looks at the settings: they also come, without an event, from the account's other devices.
SETTINGS_PERIOD: Final = 60.0


class OpenAccount:
    """An unlocked account and its running service."""

    def __init__(
        self,
        unlocked: Unlocked,
        service: PeopleService,
        scope: trio.CancelScope,
        ended: trio.Event,
        heed_settings: Callable[[], Awaitable[None]],
    ) -> None:
        self.unlocked = unlocked
        self.service = service
        self.heed_settings = heed_settings  # to be called when they changed
        self._scope = scope
        self._ended = ended

    @staticmethod
    async def start(
        nursery: trio.Nursery,
        history: Path,
        unlocked: Unlocked,
        node: NodeService,
        emit: Callable[[api.Event], None],
        tuning: Tuning,
    ) -> OpenAccount:
        """Open the database and run the account in ``nursery``. Raises ``StorageError``."""
        opened: OpenAccount = await nursery.start(_serve, history, unlocked, node, emit, tuning)
        return opened

    async def stop(self) -> None:
        """Stop everything; returns when the database is closed."""
        self._scope.cancel()
        await self._ended.wait()


async def _serve(
    history: Path,
    unlocked: Unlocked,
    node: NodeService,
    emit: Callable[[api.Event], None],
    tuning: Tuning,
    task_status: trio.TaskStatus[OpenAccount] = trio.TASK_STATUS_IGNORED,
) -> None:
    ended = trio.Event()
    mark = Mark(unlocked.tag, unlocked.database_key)
    now = node.now()
    moment = Moment(now.wall_ms, node.network_ms(), now.mono, len(node.custodians()), node.shown_width())
    try:
        with trio.CancelScope() as scope:
            async with open_database(history, unlocked.database_key, load_migrations("history")) as thread:
                count = await trio.to_thread.run_sync(mark.read)

                def open_engine(database: Database) -> Engine:
                    with database.transaction() as tx:
                        search_index.prepare(tx)
                    trusted = trusts(_counter(database), count)
                    keys = keys_of_seed(unlocked.seed)
                    engine = Engine(database, keys, moment, distrust=not trusted, price=tuning.price)
                    if not trusted:
                        engine.jump_ahead(max(count or 0, engine.counter) + 1, moment)
                    return engine

                engine = await thread.run(open_engine)
                await trio.to_thread.run_sync(mark.write, engine.counter)
                service = PeopleService(engine, node, thread, mark, emit, tuning.price)
                try:
                    async with trio.open_nursery() as tasks:
                        await tasks.start(service.run)
                        heed = partial(_heed_settings, thread, node, tuning)
                        task_status.started(OpenAccount(unlocked, service, scope, ended, heed))
                        while True:
                            await heed()
                            await trio.sleep(SETTINGS_PERIOD)
                finally:
                    node.read(frozenset())  # a node without an account reads nobody's mail
                    node.keep(frozenset())
                    node.set_pace(tuning.pace)  # and hides nothing that anybody writes
    finally:
        ended.set()


async def _heed_settings(thread: DatabaseThread, node: NodeService, tuning: Tuning) -> None:
    """Run the node at the pace that the account's settings ask for, and let its next start know what the line costs."""
    try:
        settings = await thread.run(_settings)
    except StorageError:
        return  # as it was; whoever writes to this disk says what ails it
    node.set_pace(pace_of(settings.pace, tuning.pace))
    await node.note_metered(is_metered=settings.pace == "sparing")


def _settings(database: Database) -> api.Settings:
    with database.read() as snapshot:
        row = accounts.load(snapshot)
    return api.Settings() if row is None else msgspec.msgpack.decode(row.settings, type=api.Settings)


def _counter(database: Database) -> int | None:
    with database.read() as snapshot:
        row = accounts.load(snapshot)
    return None if row is None else row.counter
