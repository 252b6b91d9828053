"""The first page of a search among a million messages in SQLCipher, beside a scan with LIKE over the same rows.

The file is built for the run and goes with it, at about ten thousand rows a second.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.support import report
from benchmarks.support.pty import ROOT
from core.storage import conversations, messages
from core.storage.database import Database
from core.storage.messages import NewMessage
from core.storage.migrations import load_migrations

ROWS = 1_000_000
ROWS_A_COMMIT = 10_000
REPEATS = 20
CONVERSATIONS = 50
PAGE = 50
# One message in this many holds the rare word, and one in COMMON the common one.
RARE, COMMON = 100_000, 20
_WORDS = [line.strip() for line in (ROOT / "core/words.txt").read_text(encoding="utf-8").splitlines()]


def _rows(count: int) -> Iterator[NewMessage]:
    rng = random.Random(1)
    for number in range(count):
        words = rng.choices(_WORDS, k=rng.randint(4, 20))
        words += ["heliotropic"] if number % RARE == RARE // 2 else []
        words += ["quotidian"] if number % COMMON == 0 else []
        yield NewMessage(
            id=f"{number:032x}",
            conversation=1 + number % CONVERSATIONS,
            uid=number.to_bytes(16, "big"),
            author=b"a" * 32,
            device=b"d" * 32,
            incoming=number % 2 == 0,
            kind=1,
            text=" ".join(words),
            sent_at=1_800_000_000_000 + number,
            state="received",
        )


def _build(database: Database, count: int) -> None:
    with database.transaction() as tx:
        for number in range(1, CONVERSATIONS + 1):
            conversations.insert(tx, f"{number:032x}", number.to_bytes(32, "big"), f"Person {number}", "open", 0)
    rows = _rows(count)
    for begun in range(0, count, ROWS_A_COMMIT):
        with database.transaction() as tx:
            for _ in range(min(ROWS_A_COMMIT, count - begun)):
                messages.insert(tx, next(rows))


def _milliseconds(act: Callable[[], object], repeats: int) -> list[float]:
    taken: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def measure(quick: bool) -> report.Figures:  # noqa: FBT001 - the one argument of every benchmark
    rows, repeats = (2_000, 2) if quick else (ROWS, REPEATS)
    queries = {"rare": "heliotropic", "common": "quotidian", "two_words": "quotidian able", "beginning": "quot"}
    with tempfile.TemporaryDirectory() as folder:
        path, key = Path(folder) / "history.db", os.urandom(32)
        database = Database.open(path, key, load_migrations("history"))
        began = time.perf_counter()
        _build(database, rows)
        built = time.perf_counter() - began
        figures: report.Figures = {
            "rows": rows,
            "megabytes": round(path.stat().st_size / 1e6),
            "rows_built_per_second": round(rows / built),
        }
        with database.read() as snapshot:
            for name, query in queries.items():
                taken = _milliseconds(partial(messages.search, snapshot, query, None, PAGE, None), repeats)
                figures[f"{name}_ms"] = report.spread(taken, 3)
            here = _milliseconds(lambda: messages.search(snapshot, "quotidian", 7, PAGE, None), repeats)
            like = "SELECT seq FROM messages WHERE text LIKE '%heliotropic%' ORDER BY seq DESC LIMIT 50"
            scan = _milliseconds(lambda: snapshot.rows(like), max(1, repeats // 10))
            rare = _milliseconds(lambda: messages.search(snapshot, "heliotropic", None, PAGE, None), repeats)
        figures["in_one_conversation_ms"] = report.spread(here, 3)
        figures["like_scan_ms"] = report.spread(scan, 1)
        figures["ratio_rare_to_scan"] = round(report.ratio(rare, scan), 4)
        database.close()
    return figures


if __name__ == "__main__":
    report.run("search", measure)
