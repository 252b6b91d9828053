"""Files of people's histories, opened as the product opens them, but made by copying one that is empty.

Taking all steps to today's schema in a new sealed file costs twenty times as much as copying its result, and every test of
people makes two or three. That the steps lead there is ``tests/core/storage/test_database.py``'s business.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path

from core.storage.database import Database
from core.storage.migrations import load_migrations


def open_history(path: Path, key: bytes) -> Database:
    """Open a history, a new one if there is none."""
    if not path.exists():
        path.touch(0o600)
        path.write_bytes(_empty(key))
    return Database.open(path, key, load_migrations("history"))


@lru_cache(maxsize=64)
def _empty(key: bytes) -> bytes:
    """Return the bytes of a history under a key, with today's schema and nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "empty.db")
        Database.open(path, key, load_migrations("history")).close()
        return path.read_bytes()
