"""Where the files of tests lie: in memory, unless the disk itself is what is tested; and none of them stays.

A run of tests makes one folder in each of the two places, holds a lock in it while it lasts, and removes it at its end. A
run that was killed leaves its folders behind; whichever run comes next finds that their locks are free and removes them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")
# Kept across restarts by the convention of Unix systems, and so on a disk, which /tmp often is not.
DISK: Final = Path("/var/tmp")
# Bytes that have to be free in memory, of the file system and of the machine: several times what a whole run holds at its
# peak, four processes at once. Containers often give 64 MB; there the disk has to do.
ROOM: Final = 2 << 30
# Seconds within which a folder without a lock is taken for one that a run is just making.
JUST_MADE: Final = 60.0

_PREFIX: Final = "sottovoce-tests-"
_LOCK: Final = "lock"


def memory(root: Path = MEMORY, room: int = ROOM) -> Path | None:
    """Return where files can lie in memory, ``None`` if there is no such place or too little room in it."""
    try:
        found = os.statvfs(root)
        free = min(found.f_bavail * found.f_frsize, _memory_available())
    except OSError:
        return None
    return root if free >= room and os.access(root, os.W_OK | os.X_OK) else None


def disk(root: Path = DISK) -> Path:
    """Return where files lie on a disk, as far as can be told."""
    return root if os.access(root, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


class RunFolder:
    """A folder of this run below ``root``; what killed runs left there is removed first."""

    def __init__(self, root: Path) -> None:
        _sweep(root)
        self.path: Final = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        self._lock = (self.path / _LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Remove all of it."""
        _remove(self.path)
        self._lock.close()


def _sweep(root: Path) -> None:
    for left in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another run's, another user's, or removed by another run just now
            if left.stat().st_uid == os.getuid() and _is_left_behind(left):
                _remove(left)


def _is_left_behind(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > JUST_MADE
    return True


def _remove(folder: Path) -> None:
    for at, names, _ in os.walk(folder):  # tests take rights away from folders
        for name in names:
            if not Path(at, name).is_symlink():
                with suppress(OSError):
                    Path(at, name).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _memory_available() -> int:
    """Return the bytes that the machine can still give; without Linux's word for it there is no limit to respect."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 1 << 62
