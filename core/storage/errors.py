"""What can go wrong between us and the disk, by whose fault.

``DiskFull``, ``ReadOnly`` and ``DiskFailed`` are the machine's; ``WrongKey`` and ``InUse`` the caller's; ``Corrupt``
and ``SchemaTooNew`` stop the program before it does harm. Whatever SQLite says beyond these is our own bug and keeps
its own exception.
"""

from __future__ import annotations

from core.errors import CoreError


class StorageError(CoreError):
    """Base of all errors of this package; never raised itself. ``reason`` is SQLite's or the system's name for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class DiskFull(StorageError):
    """The disk takes no more: no room, or a quota is used up. The transaction was rolled back, earlier ones stand."""


class ReadOnly(StorageError):
    """The file, its directory or its file system may not be written by us."""


class DiskFailed(StorageError):
    """The disk did not do what it was asked. The transaction was rolled back."""


class WrongKey(StorageError):
    """The key does not open the file, or it is none of ours: a sealed page looks the same either way."""


class Closed(StorageError):
    """The file was closed while a call waited for its turn: the account was locked meanwhile."""

    def __init__(self) -> None:
        super().__init__("closed")


class InUse(StorageError):
    """Another process holds the file."""


class Corrupt(StorageError):
    """A page does not verify: the file was damaged or altered by somebody without the key."""


class SchemaTooNew(StorageError):
    """The file was written by a newer version of the program. ``found`` and ``known`` are schema numbers."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(f"schema {found}, known up to {known}")
        self.found = found
        self.known = known
