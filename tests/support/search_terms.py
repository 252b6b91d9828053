"""Reads the terms of a database's full-text index."""

from __future__ import annotations

from core.storage.database import Database


def terms_left(database: Database) -> set[str]:
    """Return every term of the index."""
    with database.transaction() as tx:
        tx.run("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, search, row)")
        left = {str(row[0]) for row in tx.rows("SELECT term FROM terms")}
        tx.run("DROP TABLE temp.terms")
    return left
