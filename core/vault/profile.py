"""The home directory of one account, held by one process.

The directory is 0700 and every file in it 0600, whatever the umask says. A second process would use the same keys for
other bytes, so a lock file keeps it out; the lock is the kernel's (flock), so it ends with the process however that
ends. A home that is a symbolic link, or somebody else's, is refused: writing there would be writing where they say.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from core.vault.durable import disk_errors, make_private, open_private
from core.vault.errors import ProfileInUse

VAULT: Final = "vault"
HISTORY: Final = "history.db"
ATTEMPTS: Final = "attempts"
LOCK: Final = "lock"
NODE_KEY: Final = "node.key"  # headless nodes only


class Profile:
    """A home that is ours alone from construction until ``close``; also a context manager.

    Raises:
        ProfileInUse: another process holds it.
        UnsafeHome: a link, no directory, or somebody else's.
        ReadOnlyHome, DiskFull: it cannot be made or written.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        with disk_errors():
            make_private(home)
            self._lock = open_private(home / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            with disk_errors():
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise ProfileInUse from error
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
    def attempts(self) -> Path:
        """The count of wrong passcodes."""
        return self.home / ATTEMPTS

    @property
    def node_key(self) -> Path:
        """A headless node's key."""
        return self.home / NODE_KEY

    def close(self) -> None:
        """Let another process have the home; safe to call twice."""
        if self._is_open:
            self._is_open = False
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
