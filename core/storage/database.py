"""One SQLCipher file, opened with a raw key: transactions, snapshots and typed errors.

How a file is kept, and why:

* *Raw 256-bit key.* The vault has stretched the passcode already; a second derivation would cost 170 ms an opening.
* *WAL, synchronous=FULL.* What ``transaction()`` returned from survives kill -9 and power loss; about twice as many
  commits a second as a rollback journal. SQLCipher seals pages before they enter the log, so the log is no leak.
* *Exclusive locking.* A file has one owner: two processes on one ratchet would use a key twice. It also keeps the
  log's index in memory, so that there is no ``-shm`` file.
* *secure_delete, temp_store=MEMORY.* Deleted rows are overwritten, sorting never spills to an unsealed file.
* *A log that is emptied often.* The log keeps earlier contents of pages, so a key that was used up, or a text that was
  deleted, would lie in it for as long as SQLite likes, up to thousands of commits. It is emptied after a few commits,
  after each that says so (``Transaction.forget``), and by the file's service after a bounded time.
* *cipher_memory_security stays off.* It locks and wipes each allocation of SQLite: measured, inserts with a full-text
  index fall from 30 000 to 2 000 a second. SQLCipher wipes its keys without it, and the rows we read become Python
  strings, which nothing can wipe.

``Database`` is synchronous and single-threaded; ``core.storage.thread`` gives it to trio.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlcipher3

from core import search_terms
from core.machine import FORBIDDEN, FULL
from core.storage.errors import (
    Closed,
    Corrupt,
    DiskFailed,
    DiskFull,
    InUse,
    ReadOnly,
    SchemaTooNew,
    StorageError,
    WrongKey,
)
from core.storage.migrations import Migration
from core.vault.durable import sync_directory

Value = int | float | str | bytes | None
Row = tuple[Any, ...]

KEY_SIZE = 32  # bytes: AES-256, and HMAC keys that SQLCipher derives from it

# Owner only: the file is sealed, but other users must not see its size and times either.
FILE_MODE = 0o600

# Seconds to wait for another process to release the file: an ending process needs a moment, a living one keeps it.
LOCK_PATIENCE = 0.5

# The log is cut back to this many bytes once its pages are in the file; a burst of media must not hold the disk.
MAX_IDLE_LOG_SIZE = 4 * 1024 * 1024

# The log is emptied once it holds this many commits. A text changes the reader's file about seven times, so a key that was
# used up outlives the use by less than one text. Emptying costs as much as one more commit (0.45 ms where a commit costs
# 0.35, and three more waits for the disk), so a quarter of that is paid for each.
COMMITS_IN_LOG = 4

# Prepared statements kept: more than the whole program has, so that none is compiled twice.
STATEMENTS_KEPT = 256

# SQLite's primary result code is the low byte of the extended one.
PRIMARY_CODE = 0xFF

_SETTINGS = (
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    f"PRAGMA journal_size_limit = {MAX_IDLE_LOG_SIZE}",
)

_BY_PRIMARY_CODE: dict[int, type[StorageError]] = {
    sqlcipher3.SQLITE_FULL: DiskFull,
    sqlcipher3.SQLITE_READONLY: ReadOnly,
    # The log cannot be made beside the file: a directory that is not ours to write.
    sqlcipher3.SQLITE_CANTOPEN: ReadOnly,
    sqlcipher3.SQLITE_PERM: ReadOnly,
    sqlcipher3.SQLITE_BUSY: InUse,
    sqlcipher3.SQLITE_LOCKED: InUse,
    sqlcipher3.SQLITE_IOERR: DiskFailed,
    sqlcipher3.SQLITE_CORRUPT: Corrupt,
    sqlcipher3.SQLITE_NOTADB: Corrupt,
}

_BY_ERRNO: dict[int, type[StorageError]] = {
    **dict.fromkeys(FULL, DiskFull),
    **dict.fromkeys(FORBIDDEN, ReadOnly),
}


class Snapshot:
    """Reads that all see one state of the file."""

    def __init__(self, connection: sqlcipher3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """Return every row of a query."""
        with _typed_errors():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Value) -> Row | None:
        """Return the first row of a query, or None."""
        with _typed_errors():
            return self._connection.execute(sql, values).fetchone()


class Transaction(Snapshot):
    """Reads and writes that are committed together, or not at all."""

    must_forget = False

    def forget(self) -> None:
        """Say that what is deleted or overwritten here must not be read again: the log is emptied with this commit."""
        self.must_forget = True

    def run(self, sql: str, *values: Value) -> int:
        """Carry out a statement; return how many rows it changed."""
        with _typed_errors():
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, values: Iterable[Sequence[Value]]) -> None:
        """Carry out a statement once for each row of values."""
        with _typed_errors():
            self._connection.executemany(sql, values)

    def insert(self, sql: str, *values: Value) -> int:
        """Insert one row; return its rowid."""
        with _typed_errors():
            return self._connection.execute(sql, values).lastrowid


class Database:
    """An open file. Use it from one thread at a time; ``close`` it."""

    def __init__(self, connection: sqlcipher3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._is_closed = False
        self._commits_in_log = 0

    @classmethod
    def open(cls, path: Path, key: bytes, migrations: Sequence[Migration]) -> Database:
        """Open ``path``, made if it is not there, and bring it to the schema of the last of ``migrations``.

        The directory must exist. Raises ``WrongKey``, ``InUse``, ``Corrupt``, ``SchemaTooNew``, ``DiskFull``,
        ``ReadOnly``, ``DiskFailed``.
        """
        if len(key) != KEY_SIZE:
            raise ValueError(f"a key has {KEY_SIZE} bytes")
        with _naming(path):
            _create_privately(path)
            connection = _connect(path)
            try:
                _unlock(connection, key)
                database = cls(connection, path)
                database._migrate(migrations)
            except ReadOnly as error:
                with closing(connection):
                    if error.reason == "SQLITE_CANTOPEN":
                        _say_why_not(path)
                raise
            except BaseException:
                connection.close()
                raise
        return database

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Commit all that happens inside when the block ends, or nothing when it raises.

        Durable once the block is left. Transactions do not nest: one stands for one change that a person can see.
        Raises ``Closed`` after ``close``.
        """
        with _naming(self._path):
            self._begin("BEGIN IMMEDIATE")
            before = self._connection.total_changes
            try:
                tx = Transaction(self._connection)
                yield tx
                self._commit()
            except BaseException:
                self._roll_back()
                raise
        if tx.must_forget or self._connection.total_changes != before:
            self._commits_in_log += 1
            if tx.must_forget or self._commits_in_log >= COMMITS_IN_LOG:
                self.tidy()

    @contextmanager
    def read(self) -> Generator[Snapshot]:
        """Give several queries one and the same state of the file. Nothing written inside would be kept."""
        with _naming(self._path):
            self._begin("BEGIN")
            try:
                yield Snapshot(self._connection)
            finally:
                self._roll_back()

    def checkpoint(self) -> None:
        """Move the log's pages into the file and empty the log, so that deleted rows are gone from both."""
        if self._is_closed:
            raise Closed
        with _typed_errors():
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._commits_in_log = 0

    def tidy(self) -> None:
        """Empty the log if anything was committed to it; if the disk refuses, the next commit or call tries again.

        What was committed stands either way, so a refusal is not raised.
        """
        if self._commits_in_log and not self._is_closed:
            with suppress(StorageError):
                self.checkpoint()

    def close(self) -> None:
        """Close; the log goes into the file and disappears, so that the file alone is the whole database."""
        self._is_closed = True
        with _typed_errors():
            self._connection.close()

    def _begin(self, statement: str) -> None:
        if self._is_closed:
            raise Closed
        with _typed_errors():
            self._connection.execute(statement)

    def _commit(self) -> None:
        try:
            with _typed_errors():
                self._connection.execute("COMMIT")
        except DiskFailed as error:
            # SQLite calls only ENOSPC full; to it a used-up quota or a file size limit is just a write that failed.
            # A commit does nothing but write.
            raise DiskFull(error.reason) from error

    def _roll_back(self) -> None:
        # On a full disk SQLite has rolled back by itself already, and would complain.
        if self._connection.in_transaction:
            with _typed_errors():
                self._connection.execute("ROLLBACK")

    def _migrate(self, migrations: Sequence[Migration]) -> None:
        with self.read() as snapshot:
            version = _version(snapshot)
        if version > len(migrations):
            raise SchemaTooNew(version, len(migrations))
        for step in migrations[version:]:
            with self.transaction() as tx:
                tx.forget()  # a step may drop what held secrets, which no count of changed rows tells
                for statement in step.statements:
                    tx.run(statement)
                tx.run(f"PRAGMA user_version = {step.number}")


def _version(snapshot: Snapshot) -> int:
    row = snapshot.row("PRAGMA user_version")
    return int(row[0]) if row else 0


def _say_why_not(path: Path) -> None:
    """Raise the system's error where SQLite could not open a file: the reason may be other than its mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))


def _connect(path: Path) -> sqlcipher3.Connection:
    with _typed_errors():
        connection = sqlcipher3.connect(
            os.fsencode(path),  # a name need be no text
            timeout=LOCK_PATIENCE,
            isolation_level=None,  # transactions are begun and ended here, never by the library's guess
            check_same_thread=False,  # core.storage.thread runs one call at a time, on any thread
            cached_statements=STATEMENTS_KEPT,
        )
    connection.create_function("search_definition", 0, search_terms.definition, deterministic=True)
    connection.create_function("search_terms", 2, search_terms.index_terms, deterministic=True)
    return connection


def _create_privately(path: Path) -> None:
    """Make the file with its mode before SQLite, which would follow the umask; log files take the file's mode."""
    try:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, FILE_MODE))
        except FileExistsError:
            if not path.is_file():
                raise Corrupt("no file") from None
            return
        sync_directory(path.parent)  # else power loss could take the file's name after its first commit
    except OSError as error:
        kind = _BY_ERRNO.get(error.errno or 0)
        if kind is None:
            raise
        raise kind(errno.errorcode[error.errno or 0]) from None


def _unlock(connection: sqlcipher3.Connection, key: bytes) -> None:
    """Give SQLCipher the key, prove it on the first page, and apply the settings."""
    # SQLCipher reports failures on standard error, where a full-screen program draws; we have its result codes.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # before the first read, which would make the -shm file
    try:
        with _typed_errors():
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except Corrupt as error:
        raise WrongKey(error.reason) from None
    with _typed_errors():
        for setting in _SETTINGS:
            connection.execute(setting).fetchall()


@contextmanager
def _naming(path: Path) -> Generator[None]:
    """Let errors say which file it is."""
    try:
        yield
    except StorageError as error:
        error.file = path
        raise


@contextmanager
def _typed_errors() -> Generator[None]:
    try:
        yield
    except sqlcipher3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlcipher3.SQLITE_NOMEM:
            raise MemoryError from error
        typed = _typed(error)
        if typed is None:
            raise
        raise typed from error


def _typed(error: sqlcipher3.DatabaseError) -> StorageError | None:
    """Return the error of ours for an error of SQLite, or None when it is our own bug."""
    if not hasattr(error, "sqlite_errorcode"):  # the library's own complaint, such as a closed connection
        return None
    kind = _BY_PRIMARY_CODE.get(error.sqlite_errorcode & PRIMARY_CODE)
    return kind(error.sqlite_errorname) if kind else None
