"""Reads an archive that may come from anyone: values or ``ArchiveError``, and everything bounded.

Bounds: the file, its list of parts, how many times larger than the file all that is unpacked may be, a line, a row, how
many there are. Parts are found by the names that the manifest gives and are read as streams; nothing is unpacked to the
disk, so a name is no path. Of what a row says only its text, its time and who wrote it are taken.

Everything here blocks: callers use a worker thread.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Final, Protocol, TypeVar, cast

import msgspec

from core import api
from core.archive.age import AgeReader, is_age
from core.archive.errors import BadArchive, BadPlace, NewerArchive, WrongPassword
from core.sentence import N_, sentence

FORMAT: Final = "sottovoce-archive"
VERSION: Final = 1
MANIFEST: Final = "archive.json"
CONTACTS: Final = "contacts.json"
SETTINGS: Final = "settings.json"

# Bytes of a file: a million rows make some 60 MB.
MAX_SIZE: Final = 4 << 30
# Bytes read at once: the list of parts is the longest such, 100 bytes each.
MAX_READ: Final = 4 << 20
# All that is unpacked is at most so many times the file, and a mebibyte: texts are made 5 to 20 times smaller.
MAX_RATIO: Final = 100
# Bytes of a line, and of the parts that are read whole.
MAX_LINE: Final = 256 * 1024
MAX_PART: Final = 16 << 20
MAX_CONVERSATIONS: Final = 10_000
MAX_CONTACTS: Final = 10_000
MAX_ROWS: Final = 20_000_000

_Short = Annotated[str, msgspec.Meta(max_length=200)]
_Text = Annotated[str, msgspec.Meta(max_length=api.MAX_TEXT_SIZE)]
_Millis = Annotated[int, msgspec.Meta(ge=0, lt=api.END_OF_TIME_MS)]
T = TypeVar("T")


class ChatPart(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation of an archive: with whom, under which name its rows lie, and how many."""

    identity: _Short
    name: _Short
    rows: Annotated[int, msgspec.Meta(ge=0, le=MAX_ROWS)]
    file: _Short


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an archive says of itself. ``identity`` is whose it is: who wrote the rows of sender "me"."""

    format: _Short
    version: Annotated[int, msgspec.Meta(ge=1)]
    identity: _Short
    name: _Short
    exported_at: _Millis
    what: _Short
    conversations: Annotated[list[ChatPart], msgspec.Meta(max_length=MAX_CONVERSATIONS)]


class ArchivedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of a row."""

    id: _Short
    sender: _Short
    sent_at: _Millis
    text: _Text = ""
    kind: _Short = "text"


class ArchivedContact(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken of a contact: the person's own name for it, and until when it is muted."""

    identity: _Short
    name: _Short
    own_name: _Short = ""
    muted_until: _Millis | None = None


class _File(Protocol):
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def read(self, size: int = -1, /) -> bytes: ...
    def tell(self) -> int: ...


class _Bounded:
    """A file of which no more than ``MAX_READ`` is read at once, which bounds the list of a zip's parts."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self.tell = file.tell

    def seekable(self) -> bool:
        """Tell that it can be sought."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move as files do. Raises ``BadArchive`` where no place is."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            raise BadArchive(N_("it is damaged")) from None

    def read(self, size: int = -1) -> bytes:
        """Return what is there, unless it is too much. Raises ``BadArchive``."""
        data = self._file.read(min(size, MAX_READ + 1) if size >= 0 else MAX_READ + 1)
        if len(data) > MAX_READ:
            raise BadArchive(N_("its list of parts is too long"))
        return data


class ArchiveReader:
    """An open archive. Raises the errors of ``core.archive.errors`` and ``OSError``; ``close`` it."""

    def __init__(self, path: str, password: str | None = None) -> None:
        self._file = _open(path)
        try:
            with _typed_errors():
                source: Any = _Bounded(_opened(self._file, password))
                self._zip = zipfile.ZipFile(source)
            self._left = MAX_RATIO * os.fstat(self._file.fileno()).st_size + (1 << 20)
            self.manifest = self._manifest()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def contacts(self) -> list[ArchivedContact]:
        """Return the contacts; none where the archive has none."""
        kind = Annotated[list[ArchivedContact], msgspec.Meta(max_length=MAX_CONTACTS)]
        return cast("list[ArchivedContact]", self._whole(CONTACTS, kind) or [])

    def settings(self) -> dict[str, Any]:
        """Return the settings by name, not checked yet; none where the archive has none."""
        return cast("dict[str, Any]", self._whole(SETTINGS, dict[str, Any]) or {})

    def rows(self, part: ChatPart) -> Iterator[ArchivedRow]:
        """Yield the rows of a conversation, in order. Raises ``BadArchive`` where it ends."""
        decoder = msgspec.json.Decoder(ArchivedRow)
        with _typed_errors(), self._part(part.file) as member:
            for count, line in enumerate(iter(lambda: member.readline(MAX_LINE + 1), b"")):
                self._spend(len(line))
                if len(line) > MAX_LINE or count >= part.rows:
                    raise BadArchive(N_("a conversation is longer than it says"))
                yield decoder.decode(line)

    def _manifest(self) -> Manifest:
        head = cast("dict[str, Any] | None", self._whole(MANIFEST, dict[str, Any]))
        if head is None or head.get("format") != FORMAT:
            raise BadArchive(N_("it is no archive of sottovoce"))
        if isinstance(head.get("version"), int) and head["version"] > VERSION:
            raise NewerArchive
        return cast("Manifest", self._whole(MANIFEST, Manifest))

    def _whole(self, name: str, kind: object) -> object:
        """Return a part of JSON as a value; None where there is no such part."""
        if name not in self._zip.NameToInfo:
            return None
        with _typed_errors(), self._part(name) as member:
            data = member.read(MAX_PART + 1)
            self._spend(len(data))
            if len(data) > MAX_PART:
                raise BadArchive(sentence("{part} is too long", part=name))
            value: object = msgspec.json.decode(data, type=cast("type[object]", kind))
            return value

    def _part(self, name: str) -> IO[bytes]:
        entry = self._zip.NameToInfo.get(name)
        if entry is None:
            raise BadArchive(N_("a part is missing"))
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or entry.flag_bits & 1:
            raise BadArchive(N_("a part is packed in another way"))
        return self._zip.open(entry)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise BadArchive(N_("it unpacks to far more than it holds"))


def _open(path: str) -> IO[bytes]:
    """Open a regular file of bearable size; ``~`` is the home folder."""
    try:
        # Non-blocking: a named pipe must not hold us up.
        descriptor = os.open(Path(path).expanduser(), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BadPlace(N_("There is no such file.")) from None
    except (RuntimeError, ValueError):
        raise BadPlace(N_("That is not the path of a file.")) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_SIZE:
        os.close(descriptor)
        raise BadArchive(N_("it is no file") if not stat.S_ISREG(status.st_mode) else N_("it is too large"))
    return os.fdopen(descriptor, "rb")


def _opened(file: IO[bytes], password: str | None) -> _File:
    if not is_age(file):
        file.seek(0)
        return file
    if password is None:
        raise WrongPassword(is_missing=True)
    return AgeReader(file, password)


@contextmanager
def _typed_errors() -> Generator[None]:
    """Turn what zip, zlib and JSON say of foreign bytes into ``BadArchive``."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        struct.error,
        ValueError,
        msgspec.DecodeError,
    ) as error:
        raise BadArchive(N_("it is damaged")) from error
    except (OverflowError, RecursionError, AttributeError, IndexError, KeyError, RuntimeError) as error:
        raise BadArchive(N_("it is damaged")) from error  # zipfile trusts what it reads in places
