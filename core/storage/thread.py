"""Lends a ``Database`` to trio: one call at a time, in the order asked, in a worker thread.

A call that has begun always finishes, even if its task is cancelled: a commit that was reported as cancelled and then
happened would be worse than a late one. Cancellation takes effect before a call begins, while it waits for its turn.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import trio

from core.storage.database import Database
from core.storage.migrations import Migration

P = ParamSpec("P")
R = TypeVar("R")


class DatabaseThread:
    """A database as trio tasks see it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # One token: SQLite calls never overlap, and waiters are served first come, first served.
        self._turn = trio.CapacityLimiter(1)

    async def run(self, function: Callable[Concatenate[Database, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return ``function(database, ...)``, run in the worker thread; raises what it raises."""
        return await trio.to_thread.run_sync(
            lambda: function(self._database, *args, **kwargs), abandon_on_cancel=False, limiter=self._turn
        )


@asynccontextmanager
async def open_database(path: Path, key: bytes, migrations: Sequence[Migration]) -> AsyncGenerator[DatabaseThread]:
    """Open a database for a block, and close it whatever happens; raises as ``Database.open``."""
    database = await trio.to_thread.run_sync(Database.open, path, key, migrations)
    thread = DatabaseThread(database)
    try:
        yield thread
    finally:
        with trio.CancelScope(shield=True):
            await thread.run(Database.close)
