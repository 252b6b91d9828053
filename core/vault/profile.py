"""The home directory of one account, held by one process.

The directory is 0700 and every file in it 0600, whatever the umask says. A second process would use the same keys for
other bytes, so a lock file keeps it out; the lock is the kernel's (flock), so it ends with the process however that
ends. A home that is a symbolic link, or another user's, is refused: that user would decide where we write.
"""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.machine import NO_LOCKS, UNSUPPORTED
from core.vault.durable import disk_errors, make_private, open_private
from core.vault.errors import NoLocks, ProfileInUse

VAULT: Final = "vault"
HISTORY: Final = "history.db"
ATTEMPTS: Final = "attempts"
LOCK: Final = "lock"
CORE: Final = "core"  # where screens find a core that runs on
NODE_KEY: Final = "node.key"  # headless nodes only

# What flock raises when another process holds the lock: EACCES comes from file systems that lock over a network.
_TAKEN: Final = frozenset({errno.EWOULDBLOCK, errno.EACCES})


class Profile:
    """A home that is ours alone from construction until ``close``; also a context manager.

    Raises:
        ProfileInUse: another process holds it.
        UnsafeHome: a link, no directory, or another user's.
        NoLocks: its file system has none. Two programs on one key would be worse than none.
        ReadOnlyHome, DiskFull: it cannot be made or written.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        with disk_errors():
            make_private(home)
            self._lock = open_private(home / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if error.errno in _TAKEN:
                raise ProfileInUse from error
            if error.errno in NO_LOCKS | UNSUPPORTED:
                raise NoLocks from error
            raise
        self._is_open = True

    @property
    def vault(self) -> Path:
        """The vault file."""
        return self.home / VAULT

    @property
    def history(self) -> Path:
        """The database, which belongs to ``core.storage``."""
        return self.home / HISTORY

    @property
    def history_files(self) -> list[Path]:
        """The database, and what SQLite lays beside it."""
        return [self.home / (HISTORY + suffix) for suffix in ("", "-wal", "-journal")]

    @property
    def attempts(self) -> Path:
        """The count of wrong passcodes."""
        return self.home / ATTEMPTS

    @property
    def node_key(self) -> Path:
        """A headless node's key."""
        return self.home / NODE_KEY

    def close(self) -> None:
        """Release the home for other processes; safe to call twice."""
        if self._is_open:
            self._is_open = False
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
