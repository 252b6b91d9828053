"""Errors of the database and its disk, by cause.

``DiskFull``, ``ReadOnly`` and ``DiskFailed`` are the machine's; ``InUse`` is another process's, ``Closed`` our own: they may
pass, and what was to be done is tried again. ``WrongKey``, ``Corrupt`` and ``SchemaTooNew`` do not, and shut the file.
Any other error of SQLite is our own bug and keeps its own exception.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import CoreError


class StorageError(CoreError):
    """Base of all errors of this package; never raised itself. ``reason`` is SQLite's or the system's name for it.

    ``file`` is the database, where that is known.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.file: Path | None = None


class Passing(StorageError):
    """Base of those that may pass by themselves; never raised itself."""


class DiskFull(Passing):
    """The disk takes no more: no room, or a quota is used up. The transaction was rolled back, earlier ones stand."""


class ReadOnly(Passing):
    """The file, its directory or its file system may not be written by us."""


class DiskFailed(Passing):
    """The disk failed to read or write. The transaction was rolled back."""


class WrongKey(StorageError):
    """The key does not open the file, or it is none of ours: a sealed page looks the same either way."""


class Closed(Passing):
    """The file was closed while a call waited for its turn: the account was locked meanwhile."""

    def __init__(self) -> None:
        super().__init__("closed")


class InUse(Passing):
    """Another process holds the file."""


class Corrupt(StorageError):
    """A page does not verify: the file was damaged, or altered without the key."""


class SchemaTooNew(StorageError):
    """The file was written by a newer version of the program. ``found`` and ``known`` are schema numbers."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"schema {found}, known up to {known}")
        self.found = found
        self.known = known
