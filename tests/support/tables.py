"""What lies in the tables of a database, for the few tests about just that; SQL of tests stands here.

Elsewhere tests call what the product calls (``core.storage``), or look at what a person sees. Three things are told by
nothing else: what whoever takes the file would find in it (``table``, ``everything``, ``index_pages``), that rows which
nobody looks at are bounded and go (``table``), and how a program goes on that lost or never had some of its rows, or whose
file another version made (``lose``, ``set_values``, ``be_of_a_newer_version``).
"""

from __future__ import annotations

from typing import Any

from core.storage.database import Row, Snapshot, Transaction, Value

Fields = dict[str, Any]


def table(snapshot: Snapshot, name: str) -> list[Fields]:
    """Return every row of a table, by column: no API gives rows that the product only counts, drops or seals."""
    columns = [str(row[0]) for row in snapshot.rows("SELECT name FROM pragma_table_info(?)", name)]
    assert columns, f"there is no table {name}"
    names = ", ".join(f'"{column}"' for column in columns)
    return [dict(zip(columns, row, strict=True)) for row in snapshot.rows(f'SELECT {names} FROM "{name}"')]


def everything(snapshot: Snapshot) -> dict[str, list[Fields]]:
    """Return every table but those of the index: that nothing is left of somebody holds for tables of tomorrow, too."""
    names = [str(row[0]) for row in snapshot.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: table(snapshot, name) for name in names if not name.startswith(("search", "sqlite"))}


def index_pages(snapshot: Snapshot) -> list[bytes]:
    """Return the bytes that the index consists of: it finds no deleted word, and must not hold it either."""
    rows: list[Row] = snapshot.rows("SELECT block FROM search_data UNION ALL SELECT term FROM search_idx")
    return [bytes(block) for (block,) in rows]


def loose_ends(snapshot: Snapshot) -> list[Row]:
    """Return the rows that name others which are not there: SQLite looks for them only when it is asked to."""
    return snapshot.rows("PRAGMA foreign_key_check")


def lose(tx: Transaction, name: str, **where: Value) -> None:
    """Delete rows as if they had never been there: the product forgets none of them by themselves."""
    condition, values = _where(where)
    tx.run(f'DELETE FROM "{name}"{condition}', *values)


def set_values(tx: Transaction, name: str, where: dict[str, Value] | None = None, **columns: Value) -> None:
    """Make rows say what they say in a state that the product comes to by a long way, or by a fault, only."""
    condition, values = _where(where or {})
    changes = ", ".join(f'"{column}" = ?' for column in columns)
    tx.run(f'UPDATE "{name}" SET {changes}{condition}', *columns.values(), *values)


def be_of_a_newer_version(tx: Transaction) -> None:
    """Mark a file as one that a later version of the program has brought to its schema."""
    tx.run("PRAGMA user_version = 99")


def let_it_grow_no_more(snapshot: Snapshot) -> None:
    """Let every further page be refused as on a full disk: SQLite takes the present size for the smallest limit."""
    snapshot.rows("PRAGMA max_page_count = 1")


def _where(columns: dict[str, Value]) -> tuple[str, list[Value]]:
    condition = " AND ".join(f'"{column}" = ?' for column in columns)
    return (f" WHERE {condition}" if condition else ""), list(columns.values())
