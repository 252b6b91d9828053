"""The index of texts: FTS5 fed with the terms of ``core.searching``, kept in step with ``messages`` by triggers.

It holds terms and row numbers, no texts and no places within them: what it names is read and compared. ``secure-delete``
takes the terms of a deleted row out of it at once. Each row has a term for its conversation, so that one is searched as
fast as all.

Rows from ``search_state.below`` on are in the index. Where an older version of this program, or one with another version of
Unicode, made the file, it begins empty and is filled from the newest row down, some rows at a time, between whatever else
the file is used for; what is not in it yet is found by reading it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from core import searching
from core.storage.database import Database, Row, Snapshot, Transaction

# Rows indexed in one step: about 30 ms.
STEP: Final = 500
# Rows read at once while looking through what is not indexed yet.
_UNINDEXED_PAGE: Final = 1000
# Taking one row out costs as much as going through so many of all that there are: 8 ms among a million, and 2.5 µs.
_REWRITING_PAYS: Final = 3000
_END: Final = 1 << 62


def prepare(tx: Transaction) -> None:
    """Begin anew if the index was made by another definition: its terms could not be taken out by this one."""
    row = tx.row("SELECT definition FROM search_state")
    if row is not None and row[0] == searching.definition():
        return
    tx.run("INSERT INTO search(search) VALUES ('delete-all')")
    tx.run(
        "UPDATE search_state SET definition = ?, below = (SELECT coalesce(max(seq), 0) + 1 FROM messages)",
        searching.definition(),
    )
    tx.forget()


def fill(database: Database, rows: int = STEP) -> bool:
    """Take up to ``rows`` more into the index; tell whether there may be others."""
    with database.read() as snapshot:
        if _below(snapshot) == 0:
            return False
    with database.transaction() as tx:
        below = _below(tx)
        found = tx.rows(
            "SELECT seq, text, conversation FROM messages WHERE seq < ? ORDER BY seq DESC LIMIT ?", below, rows
        )
        terms = [(seq, searching.index_terms(text, conversation)) for seq, text, conversation in reversed(found)]
        tx.run_many("INSERT INTO search(rowid, terms) VALUES (?, ?)", terms)
        tx.run("UPDATE search_state SET below = ?", found[-1][0] if found else 0)
    return bool(found)


def _below(tx: Snapshot) -> int:
    row = tx.row("SELECT below FROM search_state")
    return 0 if row is None else int(row[0])


def find(tx: Snapshot, query: str, conversation: int | None, limit: int, before: int | None) -> list[int]:
    """Return the numbers of rows that hold every word of ``query``, newest first."""
    words = searching.words_of(query)
    found: list[int] = []
    if words:
        for seq, text in _candidates(tx, words, conversation, _END if before is None else before, limit):
            if searching.holds(text, words):
                found.append(seq)
                if len(found) == limit:
                    break
    return found


def _candidates(tx: Snapshot, words: list[str], conversation: int | None, before: int, limit: int) -> Iterator[Row]:
    """Yield numbers and texts of rows that may hold ``words``: by the index, then all that it does not know."""
    terms = [] if conversation is None else [searching.place_term(conversation)]
    terms += searching.query_grams(words)
    match = " ".join('"' + term.replace('"', '""') + '"' for term in terms)
    yield from _pages(
        tx,
        "SELECT seq, text FROM (SELECT rowid AS hit FROM search WHERE search MATCH ?3 AND rowid < ?1"
        " ORDER BY rowid DESC LIMIT ?2) JOIN messages ON seq = hit ORDER BY hit DESC",
        before,
        limit,
        match,
    )
    yield from _pages(
        tx,
        "SELECT seq, text FROM messages WHERE seq < ?1 AND (?3 IS NULL OR conversation = ?3) ORDER BY seq DESC LIMIT ?2",
        min(before, _below(tx)),
        _UNINDEXED_PAGE,
        conversation,
    )


def _pages(tx: Snapshot, sql: str, before: int, size: int, value: str | int | None) -> Iterator[Row]:
    rows = tx.rows(sql, before, size, value)
    while rows:
        yield from rows
        rows = tx.rows(sql, rows[-1][0], size, value) if len(rows) == size else []


@contextmanager
def wholesale(tx: Transaction, count: int) -> Generator[None]:
    """Let ``count`` rows be deleted inside at a bearable price; the index forgets their words all the same.

    Row by row each term is looked up to be overwritten. Where many go, their terms are struck out and the whole index is
    written anew without them, in one go.
    """
    every = tx.row("SELECT count(*) FROM messages")
    if every is None or count * _REWRITING_PAYS <= every[0]:
        yield
        return
    tx.run("INSERT INTO search(search, rank) VALUES ('secure-delete', 0)")
    yield
    tx.run("INSERT INTO search(search) VALUES ('optimize')")
    tx.run("INSERT INTO search(search, rank) VALUES ('secure-delete', 1)")
