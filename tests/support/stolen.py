"""A person's file as a thief gets it: copied as it lies, with its log and its key, while its owner goes on.

``StolenFile`` reads it in two ways: by its tables, and page by page, decrypted, where what was deleted or overwritten may
still lie. ``Ledger`` keeps every secret that a file ever held, so that the pages can be searched for those that are over.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.storage.database import Database, Snapshot, Value
from core.storage.migrations import load_migrations
from tests.support.post_office import Person
from tests.support.tables import table

Fields = dict[str, Value]

# SQLCipher 4: pages of 4 KiB, of which the last 80 bytes are an initialization vector and an authentication code; the first
# page begins with a salt. Of the log: 32 bytes of head, and 24 before each page.
_PAGE, _RESERVE, _IV, _SALT = 4096, 80, 16, 16
_LOG_HEAD, _FRAME_HEAD = 32, 24
# So many bytes of a secret are looked for. Of a sealed ratchet its last: two states of one begin alike.
_PROBE = 24

# What must not be found once it is over: keys, what is opened by them, and what was said.
_SECRETS = (
    "SELECT chain FROM write_lanes",
    "SELECT chain FROM read_lanes",
    "SELECT given_up FROM read_lanes",
    "SELECT xwing_private FROM prekeys",
    "SELECT olm_account FROM prekeys",
    "SELECT pickle FROM sessions",
    "SELECT root FROM roots",
    "SELECT acceptance FROM roots",
    "SELECT root FROM greetings",
    "SELECT xwing_private FROM invitations",
    "SELECT olm_account FROM invitations",
    "SELECT secrets FROM postings WHERE kind = 'block'",
    "SELECT payload FROM postings",
    "SELECT plaintext FROM held",
    "SELECT plaintext FROM slot_pieces",
)


def blob(fields: Fields, name: str) -> bytes:
    """Return a field that holds bytes; empty where there are none."""
    value = fields.get(name)
    return value if isinstance(value, bytes) else b""


def words(fields: Fields, name: str) -> str:
    """Return a field that holds text; empty where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def number(fields: Fields, name: str) -> int:
    """Return a field that holds a number; 0 where there is none."""
    value = fields.get(name)
    return value if isinstance(value, int) else 0


class StolenFile:
    """A copy of a person's file and its log as they lie at this moment, and the key."""

    def __init__(self, person: Person, name: str = "stolen") -> None:
        self.key = person.key
        self.path = person.path.with_name(f"{person.path.stem}-{name}.db")
        shutil.copy(person.path, self.path)
        log = _log_of(person.path)
        _log_of(self.path).write_bytes(log.read_bytes() if log.exists() else b"")
        self._file, self._log = self.path.read_bytes(), _log_of(self.path).read_bytes()
        database = Database.open(self.path, self.key, load_migrations("history"))
        with database.read() as snapshot:
            self._tables = dict(_read(snapshot))
        database.close()

    def rows(self, table: str) -> list[Fields]:
        """Return everything in a table."""
        return self._tables[table]

    def values(self) -> Iterator[Value]:
        """Yield every value of every table."""
        for rows in self._tables.values():
            for row in rows:
                yield from row.values()

    def pages(self) -> Iterator[bytes]:
        """Yield every page of the file and of its log, decrypted, with whatever lies between what is in use."""
        for at in range(0, len(self._file), _PAGE):
            yield self._decrypt(self._file[at : at + _PAGE], is_first=at == 0)
        for at in range(_LOG_HEAD, len(self._log) - _PAGE, _FRAME_HEAD + _PAGE):
            (page,) = struct.unpack(">I", self._log[at : at + 4])
            start = at + _FRAME_HEAD
            yield self._decrypt(self._log[start : start + _PAGE], is_first=page == 1)

    def _decrypt(self, page: bytes, *, is_first: bool) -> bytes:
        end = _PAGE - _RESERVE
        cipher = Cipher(algorithms.AES(self.key), modes.CBC(page[end : end + _IV])).decryptor()
        return cipher.update(page[_SALT if is_first else 0 : end]) + cipher.finalize()


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _read(snapshot: Snapshot) -> Iterator[tuple[str, list[Fields]]]:
    for name, made_by in snapshot.rows("SELECT name, sql FROM sqlite_master WHERE type = 'table'"):
        if "content = ''" in str(made_by):
            continue  # an index without texts cannot be read as a table; what it keeps lies in tables of its own
        yield str(name), table(snapshot, str(name))


class Ledger:
    """Every secret that a person's file held at any of the moments it was looked at."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._ever: set[bytes] = set()

    def look(self) -> None:
        """Note what the file holds now."""
        self._ever |= self._present()

    def over(self) -> set[bytes]:
        """Return what was noted and is not in any table any more: what should be found nowhere."""
        present = self._present()
        return {secret for secret in self._ever - present if not any(secret in each for each in present)}

    def _present(self) -> set[bytes]:
        with self._person.database.read() as snapshot:
            found = [value for query in _SECRETS for (value,) in snapshot.rows(query) if value]
        return {value.encode() if isinstance(value, str) else bytes(value) for value in found}


def leftovers(file: StolenFile, secrets: set[bytes]) -> set[bytes]:
    """Return which of the secrets still lie in the pages of a file, or the ends of which do."""
    everything = b"".join(file.pages())
    return {secret for secret in secrets if secret[-_PROBE:] in everything}
