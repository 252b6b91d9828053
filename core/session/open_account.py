"""An account while it is open: its database, its engine and the tasks that serve them.

Started when the vault opens, stopped when it locks; after that the process holds nothing of it but memory that Python's
allocator has not reused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
import trio

from core import api, crash
from core.node.cover import pace_of
from core.session.node_share import Share
from core.session.overrides import Overrides
from core.session.people_protocol import open_engine
from core.session.people_service import PeopleService
from core.storage import accounts
from core.storage.database import Database
from core.storage.errors import Corrupt, Passing
from core.storage.migrations import load_migrations
from core.storage.thread import DatabaseThread, open_database
from core.vault.account import Unlocked
from core.vault.mark import Mark
from net.node.wiring import Tuning
from net.requests import SetCoverProfile


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
        self.fault: Exception | None = None  # why it ended, if not because it was told to

    @staticmethod
    async def start(
        nursery: trio.Nursery,
        history: Path,
        unlocked: Unlocked,
        share: Share,
        emit: Callable[[api.Event], None],
        terms: Overrides,
        failed: Callable[[OpenAccount, Exception], None],
    ) -> OpenAccount:
        """Open the database and run the account in ``nursery``; raises any error that keeps it from opening.

        ``failed`` is called when it fails later and is shut: a fault of an account does not end the program.
        """
        opened: OpenAccount = await nursery.start(_guard, history, unlocked, share, emit, terms, failed)
        return opened

    def fail(self, fault: Exception) -> None:
        """Shut it because of a fault that the caller saw."""
        self.fault = self.fault or fault
        self._scope.cancel()

    async def stop(self) -> None:
        """Stop everything; returns when the database is closed."""
        self._scope.cancel()
        await self._ended.wait()


async def _guard(
    history: Path,
    unlocked: Unlocked,
    share: Share,
    emit: Callable[[api.Event], None],
    terms: Overrides,
    failed: Callable[[OpenAccount, Exception], None],
    task_status: trio.TaskStatus[OpenAccount] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve an account, and report the fault that ended it; before it is open, that fault goes to the opener."""
    opened: list[OpenAccount] = []

    def started(account: OpenAccount) -> None:
        opened.append(account)
        task_status.started(account)

    try:
        await _serve(history, unlocked, share, emit, terms, started)
    except Exception as fault:  # noqa: BLE001 -- any fault ends here or goes to the opener
        if not opened:
            raise crash.first_of(fault) from None
        opened[0].fault = opened[0].fault or fault
    for account in opened:
        if account.fault is not None:
            failed(account, account.fault)


async def _serve(
    history: Path,
    unlocked: Unlocked,
    share: Share,
    emit: Callable[[api.Event], None],
    terms: Overrides,
    started: Callable[[OpenAccount], None],
) -> None:
    ended, tuning = trio.Event(), terms.tuning
    mark = Mark(unlocked.tag, unlocked.database_key)
    moment = share.moment()
    try:
        with trio.CancelScope() as scope:
            count = await trio.to_thread.run_sync(mark.read)
            if count is not None:
                _check_not_emptied(history)
            async with open_database(history, unlocked.database_key, load_migrations("history")) as thread:
                engine = await thread.run(
                    lambda database: open_engine(database, unlocked.seed, count, moment, tuning.price)
                )
                await trio.to_thread.run_sync(mark.write, engine.counter)
                service = PeopleService(engine, share, thread, mark, emit, tuning.price)
                try:
                    async with trio.open_nursery() as tasks:
                        await tasks.start(service.run)
                        heed = partial(_heed_settings, thread, share, tuning)
                        started(OpenAccount(unlocked, service, scope, ended, heed))
                        while True:
                            await heed()
                            await trio.sleep(terms.settings_period)
                finally:
                    share.close()  # a node without an account reads no mail
                    share.node.request(SetCoverProfile(tuning.cover_profile))  # and has no traffic to cover
    finally:
        ended.set()


def _check_not_emptied(history: Path) -> None:
    """Raise ``Corrupt`` for an empty file. A missing one is no error: its owner removed it."""
    if history.exists() and not history.stat().st_size:
        error = Corrupt("empty")
        error.file = history
        raise error


async def _heed_settings(thread: DatabaseThread, share: Share, tuning: Tuning) -> None:
    """Run the node at the pace that the account's settings ask for, and let its next start know what the line costs."""
    try:
        settings = await thread.run(_settings)
    except Passing:
        return  # as it was; the next write to this disk reports the fault
    share.request(SetCoverProfile(pace_of(settings.pace, tuning.cover_profile)))
    await share.node.note_metered(is_metered=settings.pace == "sparing")


def _settings(database: Database) -> api.Settings:
    with database.read() as snapshot:
        row = accounts.load(snapshot)
    return api.Settings() if row is None else msgspec.msgpack.decode(row.settings, type=api.Settings)
