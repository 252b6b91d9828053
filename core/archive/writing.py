"""Writes an archive: a zip, encrypted or not, that appears under its name once it is whole.

It is written beside that name, under a name of its own, forced to the disk, and then linked to the name that was asked for,
which fails where there is a file. Where a file system has no links (most memory sticks), an empty file takes the name
first. What a kill leaves is the file beside, with ``.part`` at its end.

Everything here blocks, on the disk and for a second on the password: callers use a worker thread.
"""

from __future__ import annotations

import errno
import os
import stat
import zipfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from core.archive.age import LOG_N, AgeWriter
from core.archive.errors import BadPlace, FileIsThere
from core.crypto import primitives
from core.machine import UNSUPPORTED, shown
from core.sentence import N_, sentence
from core.vault.durable import FILE_MODE, sync_directory

# A date for every member: when something was exported is in the manifest, and zip's times know no zone.
_DATE: Final = (1980, 1, 1, 0, 0, 0)
# Quick: texts become a third as large as at the best level in half its time.
_LEVEL: Final = 5
_NO_LINKS: Final = UNSUPPORTED | {errno.EPERM, errno.EMLINK, errno.EXDEV}


def place_of(path: str, home: Path) -> Path:
    """Return where an archive goes; ``~`` is the home folder. Raises ``BadPlace``: no folder, or the account's own."""
    try:
        place = Path(path).expanduser()
        folder = place.parent.resolve(strict=True)
    except RuntimeError:  # ``~`` of a user that does not exist
        raise BadPlace(N_("There is no such folder.")) from None
    except (OSError, ValueError):
        raise BadPlace(N_("There is no such folder. Make it first, or choose another one.")) from None
    if not path.strip() or place.name in {"", ".."} or "\0" in path:
        raise BadPlace(N_("That is not the name of a file."))
    if folder.is_relative_to(home.resolve()):
        raise BadPlace(N_("That folder is the account's own: what lies there goes with it. Choose another one."))
    return folder / place.name


class ArchiveWriter:
    """An archive while it is written; a context manager that leaves nothing where the block fails.

    Raises ``FileIsThere`` at once and again at the end, ``BadPlace`` and ``OSError``.
    """

    def __init__(self, place: Path, password: str | None, *, overwrite: bool = False, log_n: int = LOG_N) -> None:
        _refuse_taken(place, overwrite=overwrite)
        self._place, self._overwrite = place, overwrite
        self._beside = place.with_name(f".{place.name[:100]}.{primitives.random_bytes(4).hex()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._beside, flags, FILE_MODE), "wb")
        try:
            with suppress(OSError):  # a file system without modes: they are its mount's
                os.fchmod(self._file.fileno(), FILE_MODE)
            self._age = None if password is None else AgeWriter(self._file, password, log_n)
            target: Any = self._age or self._file  # it is written to and flushed, no more
            self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
        except BaseException:
            self._give_up()
            raise
        self._member: IO[bytes] | None = None
        self.size = 0

    def begin(self, name: str) -> None:
        """Begin the next part, after ending the one before."""
        self.end()
        entry = zipfile.ZipInfo(name, _DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (stat.S_IFREG | FILE_MODE) << 16
        self._member = self._zip.open(entry, "w", force_zip64=True)

    def write(self, text: str) -> None:
        """Add text to the part that was begun."""
        assert self._member is not None
        self._member.write(text.encode("utf-8", "surrogatepass"))

    def end(self) -> None:
        """End the part that was begun."""
        if self._member is not None:
            self._member.close()
            self._member = None

    def finish(self) -> None:
        """Put the whole archive under its name."""
        self.end()
        self._zip.close()
        if self._age is not None:
            self._age.finish()
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size = self._file.tell()
        self._file.close()
        self._name()
        sync_directory(self._place.parent)

    def _name(self) -> None:
        if self._overwrite:
            _refuse_taken(self._place, overwrite=True)
            self._beside.replace(self._place)
            return
        try:
            self._place.hardlink_to(self._beside)
        except FileExistsError:
            raise FileIsThere from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _take_name(self._place)
            self._beside.replace(self._place)
            return
        self._beside.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_up()

    def _give_up(self) -> None:
        """Remove what was not finished."""
        with suppress(OSError, ValueError):
            self._file.close()
        with suppress(OSError):
            self._beside.unlink(missing_ok=True)


def _refuse_taken(place: Path, *, overwrite: bool) -> None:
    try:
        found = place.lstat()
    except FileNotFoundError:
        return
    if not overwrite:
        raise FileIsThere
    if not stat.S_ISREG(found.st_mode):
        raise BadPlace(sentence("{place} is no file that could be written over.", place=shown(place)))


def _take_name(place: Path) -> None:
    try:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        raise FileIsThere from None
