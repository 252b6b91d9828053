"""The index of texts: FTS5 fed with the terms of ``core.search_terms``, kept in step with ``messages`` by triggers.

It holds terms and row numbers, no texts and no places within them: what it names is read and compared. ``secure-delete``
takes the terms of a deleted row out of it at once. Each row has a term for its conversation, so that one is searched as
fast as all.

Rows from ``search_state.below`` on are in the index, all when that is 0. Where an older version of this program, or one with
another version of Unicode, made the file, it begins empty and is filled from the newest row down, some rows at a time,
between other uses of the file. Rows that are not in it yet are searched by reading them, so few in a call that no other call
waits long.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from core import search_terms
from core.storage.database import Database, Snapshot, Transaction

# Rows indexed in one step: about 30 ms.
STEP: Final = 500
# Rows that one call reads of what is not indexed yet: about 50 ms.
MAX_READ: Final = 10_000
# Taking one row out costs as much as going through so many of all that there are: 8 ms among a million, and 2.5 µs.
REWRITING_PAYS: Final = 3000
# Rows from which on it pays to make the index anew without them.
_MAKING_ANEW_PAYS: Final = 100
_END: Final = 1 << 62
# Rows whose text is shown and was said; of others (a request to keep mail, ``ELSEWHERE``) it is a code. As in the triggers.
_SAID: Final = "shown = 1 AND kind NOT IN (6, -6)"


def prepare(tx: Transaction) -> None:
    """Begin anew if the index was made by another definition: its terms could not be taken out by this one."""
    row = tx.row("SELECT definition FROM search_state")
    if row is not None and row[0] == search_terms.definition():
        return
    tx.run("INSERT INTO search(search) VALUES ('delete-all')")
    tx.run(
        "UPDATE search_state SET definition = ?, below = (SELECT coalesce(max(seq), 0) + 1 FROM messages)",
        search_terms.definition(),
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
            f"SELECT seq, text, conversation FROM messages WHERE seq < ? AND {_SAID} ORDER BY seq DESC LIMIT ?",
            below,
            rows,
        )
        terms = [(seq, search_terms.index_terms(text, conversation)) for seq, text, conversation in reversed(found)]
        tx.run_many("INSERT INTO search(rowid, terms) VALUES (?, ?)", terms)
        tx.run("UPDATE search_state SET below = ?", found[-1][0] if found else 0)
    return bool(found)


def _below(tx: Snapshot) -> int:
    row = tx.row("SELECT below FROM search_state")
    return 0 if row is None else int(row[0])


@dataclass(frozen=True, slots=True)
class Page:
    """Numbers of rows, newest first; ``rest``: there are rows before this one that were not searched yet."""

    found: list[int]
    rest: int | None = None


@dataclass(frozen=True, slots=True)
class Only:
    """Which rows a search is about: said from ``since`` on and before ``until`` (their writers' clocks), by ``author``."""

    since: int | None = None
    until: int | None = None
    author: bytes | None = None
    has_link: bool = False


ALL: Final = Only()
# As SQL, of the parameters ?1 to ?4. LIKE takes ASCII letters of both cases for the same.
_ONLY: Final = (
    "(?1 IS NULL OR sent_at >= ?1) AND (?2 IS NULL OR sent_at < ?2) AND (?3 IS NULL OR author = ?3)"
    " AND (?4 = 0 OR text LIKE '%http://_%' OR text LIKE '%https://_%')"
)
# Every link has this, and little else does: the index is asked for it.
_IN_LINKS: Final = "://"
# Rows that one look into the index gives, where not every row counts.
_SIFTED: Final = 500


def find(
    tx: Snapshot,
    query: str,
    conversation: int | None,
    limit: int,
    before: int | None,
    only: Only = ALL,
    *,
    max_read: int = MAX_READ,
) -> Page:
    """Return up to ``limit`` rows that hold every word of ``query``; those of ``only`` where that says something.

    Of rows that are not indexed yet it reads up to ``max_read``, and of ``only`` so many hits.
    """
    words = search_terms.words_of(query)
    if not words and (query.strip() or only == ALL):
        return Page([])
    if only.has_link:
        words.append(_IN_LINKS)
    start = _END if before is None else before
    if not words:
        return _read(tx, words, conversation, limit, start, only, max_read)
    page = _indexed(tx, words, conversation, limit, start, only, max_read)
    below = _below(tx)
    if page.rest is not None or len(page.found) == limit or below == 0:
        return page
    read = _read(tx, words, conversation, limit - len(page.found), min(start, below), only, max_read)
    return Page(page.found + read.found, read.rest)


def _read(
    tx: Snapshot, words: list[str], conversation: int | None, limit: int, before: int, only: Only, max_read: int
) -> Page:
    """Return rows by reading up to ``max_read`` of them."""
    rows = tx.rows(
        f"SELECT seq, iif({_ONLY}, text, NULL) FROM messages WHERE seq < ?5 AND (?6 IS NULL OR conversation = ?6)"
        f" AND {_SAID} ORDER BY seq DESC LIMIT ?7",
        *(only.since, only.until, only.author, only.has_link),
        before,
        conversation,
        max_read,
    )
    found = [seq for seq, text in rows if text is not None and search_terms.holds(text, words)]
    is_all = len(rows) < max_read or len(found) >= limit
    return Page(found[:limit], None if is_all else rows[-1][0])


def _indexed(
    tx: Snapshot, words: list[str], conversation: int | None, limit: int, before: int, only: Only, max_read: int
) -> Page:
    """Return rows that the index knows; of ``only``, after at most ``max_read`` hits."""
    terms = [] if conversation is None else [search_terms.place_term(conversation)]
    terms += search_terms.query_grams(words)
    match = " ".join('"' + term.replace('"', '""') + '"' for term in terms)
    step = limit if only == ALL else _SIFTED
    found: list[int] = []
    hits = 0
    while True:
        rows = tx.rows(
            f"SELECT hit, iif({_ONLY}, text, NULL) FROM (SELECT rowid AS hit FROM search WHERE search MATCH ?5"
            " AND rowid < ?6 ORDER BY rowid DESC LIMIT ?7) JOIN messages ON seq = hit ORDER BY hit DESC",
            *(only.since, only.until, only.author, only.has_link),
            match,
            before,
            step,
        )
        found += [seq for seq, text in rows if text is not None and search_terms.holds(text, words)]
        if len(found) >= limit or len(rows) < step:
            return Page(found[:limit])
        before = rows[-1][0]
        hits += len(rows)
        if only != ALL and hits >= max_read:
            return Page(found, before)


def _make_anew(tx: Transaction, below: int) -> None:
    """Empty the index and take in the rows from ``below`` on, all when that is 0."""
    tx.run("INSERT INTO search(search) VALUES ('delete-all')")
    last = -_END if below == 0 else below - 1
    while found := tx.rows(
        f"SELECT seq, text, conversation FROM messages WHERE seq > ? AND {_SAID} ORDER BY seq LIMIT ?", last, STEP
    ):
        terms = [(seq, search_terms.index_terms(text, conversation)) for seq, text, conversation in found]
        tx.run_many("INSERT INTO search(rowid, terms) VALUES (?, ?)", terms)
        last = found[-1][0]
    tx.forget()


@contextmanager
def wholesale(tx: Transaction, count: int, rewriting_pays: int = REWRITING_PAYS) -> Generator[None]:
    """Speed up the deletion of ``count`` rows in the block; the index forgets their words all the same.

    Row by row each term is looked up to be overwritten. For many rows, their terms are marked as deleted and the whole index
    is rewritten once without them; for half of all rows or more it is emptied, and made anew of the others.
    """
    every = tx.row("SELECT count(*) FROM messages")
    if every is None or count * rewriting_pays <= every[0]:
        yield
        return
    if count >= max(every[0] - count, _MAKING_ANEW_PAYS):
        below = _below(tx)
        tx.run("UPDATE search_state SET below = ?", _END)  # beyond all rows: the triggers leave the index alone
        yield
        tx.run("UPDATE search_state SET below = ?", below)
        _make_anew(tx, below)
        return
    tx.run("INSERT INTO search(search, rank) VALUES ('secure-delete', 0)")
    yield
    tx.run("INSERT INTO search(search) VALUES ('optimize')")
    tx.run("INSERT INTO search(search, rank) VALUES ('secure-delete', 1)")
