"""Time of a search's first page among a million messages in SQLCipher, in eighteen writing systems; and the index's size.

Each conversation is in one writing system. Everywhere and *here*, in one conversation, the most frequent character of the
system is looked for, a pair, a frequent word, a rare one and the end of that; *worst* are queries made to be dear: what is
frequent elsewhere and not here, words that are frequent and never together, single signs, many letters. Times are of this
thread's processor: the file is in the system's cache, and other programs' turns are not ours.
The file is built for the run and goes with it, at about ten thousand rows a second.
"""

from __future__ import annotations

import collections
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.support import report
from benchmarks.support.writing_systems import SAYINGS, Talk
from core import search_terms
from core.storage import conversations, messages, search_index
from core.storage.database import Database, Snapshot
from core.storage.messages import NewMessage
from core.storage.migrations import load_migrations

ROWS = 1_000_000
ROWS_A_COMMIT = 10_000
REPEATS = 7
CONVERSATIONS = 54
PAGE = 50
# Rows of the files in which the index of one writing system is weighed.
ROWS_WEIGHED = 30_000
# One message in this many holds the rare word, and one in COMMON the common one.
RARE, COMMON = 100_000, 20
SYSTEMS = list(SAYINGS)
_INDEX_SIZE = "SELECT (SELECT sum(length(block)) FROM search_data) + (SELECT sum(length(term) + 8) FROM search_idx)"


def system_of(conversation: int) -> int:
    """Return in which writing system a conversation is."""
    return conversation % len(SYSTEMS)


def _rows(count: int, systems: Sequence[str]) -> Iterator[NewMessage]:
    talks = [Talk(system) for system in systems]
    for number in range(count):
        conversation = 1 + number % CONVERSATIONS
        text = talks[conversation % len(talks)].text()
        text += " heliotropic" if number % RARE == RARE // 2 else ""
        text += " quotidian" if number % COMMON == 0 else ""
        yield NewMessage(
            id=f"{number:032x}",
            conversation=conversation,
            uid=number.to_bytes(16, "big"),
            author=b"a" * 32,
            device=b"d" * 32,
            kind=1,
            text=text,
            sent_at=1_800_000_000_000 + number,
            state="received",
        )


def _build(folder: str, count: int, systems: Sequence[str]) -> Database:
    name = f"{systems[0]}.db" if len(systems) == 1 else "history.db"
    database = Database.open(Path(folder) / name, os.urandom(32), load_migrations("history"))
    with database.transaction() as tx:
        for number in range(1, CONVERSATIONS + 1):
            conversations.insert(tx, f"{number:032x}", number.to_bytes(32, "big"), f"Person {number}", "open", 0)
    rows = _rows(count, systems)
    for begun in range(0, count, ROWS_A_COMMIT):
        with database.transaction() as tx:
            for _ in range(min(ROWS_A_COMMIT, count - begun)):
                messages.insert(tx, next(rows))
    return database


def _milliseconds(act: Callable[[], object], repeats: int) -> list[float]:
    taken: list[float] = []
    for _ in range(repeats):
        began = time.thread_time()
        act()
        taken.append((time.thread_time() - began) * 1000)
    return taken


def index_to_text(database: Database) -> float:
    """Return how many bytes of index there are for a byte of text."""
    with database.read() as snapshot:
        index = snapshot.row(_INDEX_SIZE)
        texts = snapshot.row("SELECT sum(length(CAST(text AS BLOB))) FROM messages")
    return round(index[0] / texts[0], 2) if index and texts else 0.0


def queries_of(system: str) -> dict[str, str]:
    """Return what is looked for in a writing system, by kind."""
    talk = Talk(system)
    frequent = collections.Counter(search_terms.fold("".join(talk.text() for _ in range(200))).replace(" ", ""))
    rare = next(word for rank in range(3000, 6000) if len(word := search_terms.fold(talk.word(rank))) > 1)
    return {
        "character": frequent.most_common(1)[0][0],
        "pair": search_terms.fold(talk.word(1))[:2],
        "word": talk.word(3),
        "rare": rare,
        "part": rare[1:],
    }


def _systems(snapshot: Snapshot, repeats: int) -> report.Figures:
    figures: report.Figures = {}
    for number, system in enumerate(SYSTEMS):
        here = next(each for each in range(1, CONVERSATIONS + 1) if system_of(each) == number)
        figures[system] = {
            f"{kind}{suffix}": round(
                statistics.median(_milliseconds(partial(_ask, snapshot, query, scope), repeats)), 2
            )
            for kind, query in queries_of(system).items()
            for suffix, scope in (("", None), ("_here", here))
        }
    return figures


def _ask(snapshot: Snapshot, query: str, conversation: int | None = None) -> list[messages.MessageRow]:
    return messages.search(snapshot, query, conversation, PAGE, None)


def _worst(snapshot: Snapshot, repeats: int) -> report.Figures:
    thai = next(each for each in range(1, CONVERSATIONS + 1) if SYSTEMS[system_of(each)] == "Thai")
    latin, cyrillic = (queries_of(system)["character"] for system in ("Latin", "Cyrillic"))
    asked = {
        "latin_letter_in_a_thai_conversation": (latin, thai),
        "frequent_and_never_together": (f"{latin} {cyrillic}", None),
        "frequent_and_never_together_here": (f"{latin} {cyrillic}", thai),
        "in_every_conversation_but_no_row_here": ("quotidian heliotropic", 7),
        "punctuation": (".", None),
        "nothing_has_it": ("\N{SNOWMAN}", None),
        "sixteen_letters": (" ".join("abcdefghijklmnop"), None),
        "long_query": (" ".join(Talk("Latin").word(rank) for rank in range(20)), None),
    }
    return {
        name: report.spread(_milliseconds(partial(_ask, snapshot, *query), repeats), 2) for name, query in asked.items()
    }


def measure(quick: bool) -> report.Figures:
    rows, weighed, repeats = (500, CONVERSATIONS, 1) if quick else (ROWS, ROWS_WEIGHED, REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        database = _build(folder, rows, SYSTEMS)
        figures: report.Figures = {"rows": rows, "rows_built_per_second": round(rows / (time.perf_counter() - began))}
        with database.read() as snapshot:
            for name, query in {"rare": "heliotropic", "common": "quotidian", "part": "otidi", "pair": "qu"}.items():
                taken = _milliseconds(partial(_ask, snapshot, query), repeats)
                figures[f"{name}_ms"] = report.spread(taken, 2)
            here = _milliseconds(partial(_ask, snapshot, "quotidian", 7), repeats)
            like = "SELECT seq FROM messages WHERE text LIKE '%heliotropic%' ORDER BY seq DESC LIMIT 50"
            scan = _milliseconds(lambda: snapshot.rows(like), max(1, repeats // 5))
            rare = _milliseconds(partial(_ask, snapshot, "heliotropic"), repeats)
            figures["systems_ms"] = _systems(snapshot, repeats)
            figures["worst_ms"] = _worst(snapshot, repeats)
        figures["in_one_conversation_ms"] = report.spread(here, 2)
        figures["like_scan_ms"] = report.spread(scan, 1)
        figures["ratio_rare_to_scan"] = round(report.ratio(rare, scan), 4)
        figures["index_to_text"] = index_to_text(database)
        _delete_conversation(database, figures)
        database.close()
        figures["index_to_text_by_system"] = {
            system: _weigh(folder, weighed, system) for system in (SYSTEMS[:2] if quick else SYSTEMS)
        }
    return figures


def _weigh(folder: str, rows: int, system: str) -> float:
    database = _build(folder, rows, [system])
    try:
        return index_to_text(database)
    finally:
        database.close()


def _delete_conversation(database: Database, figures: report.Figures) -> None:
    """Note what it costs to forget one text, and a whole conversation."""
    with database.read() as snapshot:
        newest = messages.last_seq(snapshot)
    for name, condition in {
        "delete_one_ms": f"seq = {newest // 2}",
        "delete_conversation_ms": "conversation = 3",
    }.items():
        began = time.thread_time()
        with database.transaction() as tx:
            count = tx.row(f"SELECT count(*) FROM messages WHERE {condition}")
            with search_index.wholesale(tx, count[0] if count else 0):
                tx.run(f"DELETE FROM messages WHERE {condition}")
        figures[name] = round((time.thread_time() - began) * 1000, 1)


if __name__ == "__main__":
    report.run("search", measure)
