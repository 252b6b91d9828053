"""Removes an account and all that it left on this machine, so that no kill in the middle leaves half of it in use.

    begin     a file in the home, forced to the disk, says that the account is being removed. Before it, the account opens;
              after it, the account is gone, and who finds the file goes on removing.
    finish    the remembered key; the mark outside the home; the vault, overwritten and removed, and with it the only keys
              of the history; the other files; the file that ``begin`` wrote; the home, if nothing else lies in it.

What is removed is a closed list of names: a home may be a folder with other things in it, which stay and are told. Where
a disk keeps what was overwritten (solid-state disks, snapshots, backups), the vault of that time is still there, and opens
by its passcode: no program can change that.

``begin`` keeps what ``finish`` has to know and the vault will not tell any more: the tag of the remembered key and the name
of the mark, both of which are no secrets.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from core.vault.durable import disk_errors, open_private, read_file, replace_file, sync_directory
from core.vault.errors import HalfRemoved
from core.vault.mark import marks_directory
from core.vault.profile import ATTEMPTS, CORE, HISTORY, LOCK, VAULT
from core.vault.remembered import KeyStore, RememberedKey
from core.vault.slots import FILE_SIZE

REMOVING: Final = "removing"
# What SQLite lays beside a file, and our own successors of small files.
BESIDE: Final = ("", "-wal", "-journal", "-shm", ".new")
_OWN: Final = (VAULT, HISTORY, ATTEMPTS, CORE)
_MAX_MARKER_SIZE: Final = 1024
_HEX: Final = re.compile("[0-9a-f]{32}")


def begin(home: Path, tag: bytes, mark: Path) -> None:
    """Say, for good, that the account of a home is being removed. Raises what ``replace_file`` raises."""
    known = {"tag": tag.hex(), "mark": mark.name}
    replace_file(home / REMOVING, json.dumps(known).encode())


def has_begun(home: Path) -> bool:
    """Tell whether the account of a home is being removed, or was when the program ended."""
    return (home / REMOVING).is_file()


def finish(
    home: Path, stores: Sequence[KeyStore], folders: Mapping[str, Sequence[str]], marks: Path | None = None
) -> list[str]:
    """Remove what is left; return the names of what is in the home and not of this program.

    ``folders`` are those within the home that go too, with their files. The caller holds the home's lock. Raises
    ``HalfRemoved`` where the system does not let us; then the next start tries again.
    """
    tag, mark = _known(home)
    if tag is not None:
        RememberedKey(tag, stores).forget()
    if mark is not None:
        directory = marks_directory() if marks is None else marks
        with suppress(OSError):
            (directory / mark).unlink(missing_ok=True)
            directory.rmdir()
    try:
        with disk_errors():
            _destroy(home / VAULT)
            for name in _OWN:
                _remove(home, name)
            for folder, names in folders.items():
                _remove_folder(home / folder, names)
            sync_directory(home)
            _remove(home, REMOVING)
            return _leave(home)
    except Exception as error:
        raise HalfRemoved from error


def _known(home: Path) -> tuple[bytes | None, str | None]:
    """Return the tag and the mark's name; nothing where the file is not ours."""
    try:
        known = json.loads(read_file(home / REMOVING, _MAX_MARKER_SIZE) or b"{}")
        tag, mark = str(known.get("tag")), str(known.get("mark"))
    except Exception:  # noqa: BLE001 -- whatever it is, the account was given up
        return None, None
    return bytes.fromhex(tag) if _HEX.fullmatch(tag) else None, mark if _HEX.fullmatch(mark) else None


def _destroy(path: Path) -> None:
    """Overwrite the vault: the disk may keep the former bytes, and most do not."""
    with suppress(FileNotFoundError):
        handle = open_private(path, os.O_WRONLY)
        try:
            os.pwrite(handle, os.urandom(FILE_SIZE), 0)
            os.fsync(handle)
        finally:
            os.close(handle)
        path.unlink()
        sync_directory(path.parent)


def _remove(folder: Path, name: str) -> None:
    for suffix in BESIDE:
        (folder / (name + suffix)).unlink(missing_ok=True)


def _remove_folder(folder: Path, names: Sequence[str]) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    for name in names:
        _remove(folder, name)
    with suppress(OSError):  # something else lies in it
        folder.rmdir()


def _leave(home: Path) -> list[str]:
    """Remove the lock and the home, if nothing else is in it; return the names of what is."""
    (home / LOCK).unlink(missing_ok=True)
    with suppress(OSError):
        left = sorted(each.name for each in home.iterdir())
        if left or home.is_symlink():
            return left
        home.rmdir()
        sync_directory(home.parent)
    return []
