"""What a node keeps on its disk: strangers' parcels, the peers it knew, and properties of its line.

A failing disk does not stop the node: a job that could not be done is reported as failed, peers that cannot be read are
forgotten, and the trouble is logged once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from core.node.roles import is_shut
from core.refusals import refusal_of
from core.storage import line
from core.storage.database import Database
from core.storage.errors import StorageError
from core.storage.peers import (
    MAX_KNOWN_PEERS,
    KnownPeer,
    known_guards,
    known_peers,
    remember_guards,
    remember_peers,
)
from core.storage.thread import DatabaseThread
from net.custodian import StoreJob
from net.node.snapshot import NodeSnapshot
from net.onion.paths.guards import Guard

_log = logging.getLogger(__name__)

T = TypeVar("T")
AnyStoreJob = StoreJob[Any]
# A job, its outcome, and the error if it failed.
Outcome = tuple[AnyStoreJob, Any, Exception | None]


class NodeDisk:
    """The database of a node as the node sees it."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread
        self._trouble = ""
        self._is_metered: bool | None = None  # as it was noted last

    async def carry_out(self, jobs: Sequence[AnyStoreJob]) -> list[Outcome]:
        """Carry out jobs in order; return what came of each."""
        try:
            outcomes = await self._thread.run(_run_jobs, jobs)
        except Exception as error:  # noqa: BLE001 -- no thread, for example: then no job was done
            outcomes = list[Outcome]((job, None, error) for job in jobs)
        self._note_trouble([error for _, _, error in outcomes if error is not None])
        return outcomes

    async def recall(self) -> tuple[list[KnownPeer], list[Guard]]:
        """Return whom the node knew, and its guards."""
        return await self._try(_recall) or ([], [])

    async def remember(self, peers: list[KnownPeer], guards: list[Guard], view: NodeSnapshot) -> None:
        """Note whom the node knows, and how the network looks."""
        await self._try(lambda database: _note(database, peers[:MAX_KNOWN_PEERS], guards, view))

    async def note_metered(self, *, is_metered: bool) -> None:
        """Note for the next start whether the owner calls the line metered (``core.node.roles``)."""
        if is_metered is not self._is_metered and await self._try(
            lambda database: _note_metered(database, is_metered=is_metered)
        ):
            self._is_metered = is_metered

    async def _try(self, call: Callable[[Database], T]) -> T | None:
        try:
            return await self._thread.run(call)
        except Exception as error:  # noqa: BLE001 -- see the top
            self._note_trouble([error])
            return None

    def _note_trouble(self, errors: list[Exception]) -> None:
        """Log troubles when they begin, change or end, not at every deposit."""
        trouble = _said(errors[-1]) if errors else ""
        if trouble != self._trouble:
            self._trouble = trouble
            _log.warning("the store %s", f"failed: {trouble}" if trouble else "works again")


def _said(error: Exception) -> str:
    """Return what is wrong with the disk, in SQLite's words where there are some."""
    if isinstance(error, StorageError):
        return f"{type(error).__name__}: {error.reason}"
    return refusal_of(error).message


def _run_jobs(_: Database, jobs: Sequence[AnyStoreJob]) -> list[Outcome]:
    """Run jobs in order. Each is a transaction of its own, so one that fails takes no other with it."""
    outcomes: list[Outcome] = []
    for job in jobs:
        try:
            outcomes.append((job, job.run(), None))
        except Exception as error:  # noqa: BLE001 -- reported to the node as a failed job
            outcomes.append((job, None, error))
    return outcomes


def _recall(database: Database) -> tuple[list[KnownPeer], list[Guard]]:
    with database.read() as snapshot:
        return known_peers(snapshot, MAX_KNOWN_PEERS), known_guards(snapshot)


def _note_metered(database: Database, *, is_metered: bool) -> bool:
    with database.transaction() as tx:
        line.note_metered(tx, is_metered=is_metered)
    return True


def _note(database: Database, peers: list[KnownPeer], guards: list[Guard], view: NodeSnapshot) -> None:
    with database.transaction() as tx:
        line.note_seen(tx, is_shut=is_shut(view), full_nodes=view.size)
        remember_peers(tx, peers)
        remember_guards(tx, guards)
