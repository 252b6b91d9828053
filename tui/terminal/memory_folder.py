"""A folder in memory for a text that another program is to edit: nothing of it reaches a disk of ours.

It is made on a file system that the kernel keeps in memory (tmpfs, ramfs), under a random name, 0700, its files 0600; where
there is none the text is not given away. Removed when the program is done with it. One that was killed leaves it behind:
each folder has a lock that its program holds, so the next start knows those that nobody holds, and removes them. What the
system swaps out is its own affair (docs/THREATS.md).
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from core.attach.place import check_base

PREFIX: Final = "sottovoce-edit-"
IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mountinfo")
_LOCK: Final = "lock"


def bases(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Yield the folders on file systems in memory where one may be made, the best first."""
    named = environ.get("XDG_RUNTIME_DIR", "")
    tried = [named] if named.startswith("/") else []
    tried += [f"/run/user/{os.geteuid()}", "/dev/shm"]  # noqa: S108 -- see ``check_base``, and mkdir of a random name
    for base in map(Path, dict.fromkeys(tried)):
        with suppress(OSError, ValueError):
            if file_system(base) in IN_MEMORY:
                check_base(base)
                yield base


def file_system(path: Path, mounts: Path = _MOUNTS) -> str:
    """Return the type of the file system that a folder lies on; empty where it cannot be told. Raises ``OSError``."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.read_text("utf-8", "surrogateescape").splitlines():
        mount, _, kind = line.partition(" - ")
        if mount.split()[2] == number:
            return kind.split()[0]
    return ""


class MemoryFolder:
    """One folder; a context that removes it."""

    def __init__(self, base: Path) -> None:
        """Make it. Raises ``OSError``."""
        self.path = base / f"{PREFIX}{secrets.token_hex(16)}"
        self.path.mkdir(0o700)
        self._lock = _locked(self.path / _LOCK, os.O_CREAT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def write(self, text: str) -> Path:
        """Put a text into a file of a random name. Raises ``OSError``."""
        path = self.path / f"{secrets.token_hex(8)}.txt"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(errors="replace"))
        return path


def remove_left(where: Iterable[Path] | None = None) -> int:
    """Remove folders whose program was killed; return how many."""
    removed = 0
    for base in bases() if where is None else where:
        for path in base.glob(f"{PREFIX}*"):
            with suppress(OSError):
                if path.lstat().st_uid != os.geteuid() or path.is_symlink():
                    continue
                handle = _locked(path / _LOCK, 0)
                if handle is None:
                    continue
                shutil.rmtree(path, ignore_errors=True)
                os.close(handle)
                removed += 1
    return removed


def _locked(path: Path, flags: int) -> int | None:
    """Open a lock's file and take it; None where another has it. Raises ``OSError``."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
