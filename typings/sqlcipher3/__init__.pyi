"""The part of sqlcipher3 that core.storage uses; the library brings no types."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

SQLITE_BUSY: int
SQLITE_CANTOPEN: int
SQLITE_CORRUPT: int
SQLITE_FULL: int
SQLITE_IOERR: int
SQLITE_LOCKED: int
SQLITE_NOMEM: int
SQLITE_NOTADB: int
SQLITE_PERM: int
SQLITE_READONLY: int

class Error(Exception): ...

class DatabaseError(Error):
    sqlite_errorcode: int
    sqlite_errorname: str

class IntegrityError(DatabaseError): ...
class OperationalError(DatabaseError): ...
class ProgrammingError(DatabaseError): ...

class Cursor:
    rowcount: int
    lastrowid: int
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...

class Connection:
    in_transaction: bool
    total_changes: int
    def execute(self, sql: str, parameters: Sequence[object] = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[object]], /) -> Cursor: ...
    def create_function(
        self, name: str, narg: int, func: Callable[..., int | str | None], /, *, deterministic: bool = ...
    ) -> None: ...
    def close(self) -> None: ...

def connect(
    database: str | bytes,
    *,
    timeout: float = ...,
    isolation_level: str | None = ...,
    check_same_thread: bool = ...,
    cached_statements: int = ...,
) -> Connection: ...
def complete_statement(statement: str) -> bool: ...
