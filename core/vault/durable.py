"""Atomic, durable replacement of small files: after a power cut there is the old file or the new one.

A file is replaced by writing its successor beside it, forcing that to the disk, renaming it over the old name and
forcing the directory. Every file is 0600 and every directory 0700 whatever the umask, and no symbolic link is followed
at their names.

Shared folders and user-space file systems do not know all of that. Where one has no modes or cannot force a directory (SMB,
vboxsf, FUSE), it does what it can, and we go on: modes are its mount's, and the file's own bytes are forced all the same.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from core.machine import FORBIDDEN, FULL, UNSUPPORTED
from core.vault.errors import DiskFull, ReadOnlyHome, UnsafeHome

FILE_MODE: Final = 0o600
DIRECTORY_MODE: Final = 0o700


@contextmanager
def disk_errors() -> Generator[None]:
    """Turn what the system says about a disk into ``DiskFull``, ``ReadOnlyHome`` and ``UnsafeHome``; the rest passes."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull from error
        if error.errno in FORBIDDEN:
            raise ReadOnlyHome from error
        if error.errno == errno.ELOOP:
            raise UnsafeHome("symbolic link") from error
        raise


def open_private(path: Path, flags: int) -> int:
    """Return a descriptor of ``path`` itself, never of what a link at its name points to; created files are 0600."""
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    if flags & os.O_CREAT:
        try:
            with _as_far_as_known():
                os.fchmod(handle, FILE_MODE)  # the umask may have taken bits away, or an older file have more
        except BaseException:
            os.close(handle)
            raise
    return handle


def make_private(directory: Path) -> None:
    """Make a directory and those above it that are missing; take all rights to it from other users.

    Raises ``UnsafeHome`` for a link, a file that is no directory, and another user's directory; and ``OSError``.
    """
    if not directory.parent.exists():
        make_private(directory.parent)
    try:
        directory.mkdir(DIRECTORY_MODE)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise UnsafeHome("symbolic link" if stat.S_ISLNK(found.st_mode) else "not a directory") from None
        if found.st_uid != os.geteuid():
            raise UnsafeHome("another user's directory") from None
    if stat.S_IMODE(directory.lstat().st_mode) != DIRECTORY_MODE:
        with _as_far_as_known():
            directory.chmod(DIRECTORY_MODE)


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` under ``path``, all of it or none of it. Raises ``DiskFull``, ``ReadOnlyHome``, ``UnsafeHome``."""
    successor = path.with_name(path.name + ".new")
    with disk_errors():
        try:
            _write_durably(successor, data)
            successor.replace(path)
        except OSError:
            with suppress(OSError):
                successor.unlink()
            raise
        sync_directory(path.parent)


def _write_durably(path: Path, data: bytes) -> None:
    handle = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        written = 0
        while written < len(data):
            written += os.write(handle, data[written:])
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Force a directory's names to the disk, where its file system knows how."""
    with _as_far_as_known(FORBIDDEN):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _as_far_as_known(besides: frozenset[int] = frozenset()) -> Generator[None]:
    """Ignore the errors of a file system that lacks an operation."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNSUPPORTED | besides:
            raise


def read_file(path: Path, limit: int) -> bytes | None:
    """Return at most ``limit`` bytes of a file, None when there is none. Raises ``ReadOnlyHome``, ``UnsafeHome``."""
    with disk_errors():
        try:
            handle = open_private(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            return file.read(limit)
