"""Search finds every word, here or everywhere, newest first, page after page."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from core.storage import conversations, messages
from core.storage.database import Database, Row, Snapshot, Value
from core.storage.messages import NewMessage
from core.storage.migrations import load_migrations

SAID = ["The fox runs", "a slow tortoise", "the foxes sleep", "café closed", "The Fox and the tortoise", "runs"]


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    """Two conversations in which every text of ``SAID`` was said once, in turns."""
    opened = Database.open(tmp_path / "history.db", os.urandom(32), load_migrations("history"))
    with opened.transaction() as tx:
        ids = [conversations.insert(tx, f"c{n}", bytes([n]) * 32, "", "open", 0).id for n in (0, 1)]
        for number, text in enumerate(SAID):
            new = NewMessage(
                id=f"m{number}", conversation=ids[number % 2], uid=bytes([number]) * 16, author=b"a" * 32,
                device=b"d" * 32, incoming=True, kind=1, text=text, sent_at=number, state="received",
            )  # fmt: skip
            assert messages.insert(tx, new) == number + 1
    yield opened
    opened.close()


def found(
    database: Database, query: str, conversation: int | None = None, limit: int = 9, before: int | None = None
) -> list[int]:
    with database.read() as snapshot:
        return [row.seq - 1 for row in messages.search(snapshot, query, conversation, limit, before)]


def test_every_word_must_be_there_and_the_last_may_go_on(database: Database) -> None:
    assert found(database, "fox") == [4, 2, 0]
    assert found(database, "the tort") == [4]
    assert found(database, "tort the") == []
    assert found(database, "CAFE") == [3]
    assert found(database, '"*(') == []


def test_one_conversation_gives_only_its_own(database: Database) -> None:
    assert found(database, "fox", 1) == [4, 2, 0]
    assert found(database, "fox", 2) == []
    assert found(database, "runs", 2) == [5]


def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    assert found(database, "fox", limit=2) == [4, 2]
    assert found(database, "fox", limit=2, before=3) == [0]
    assert found(database, "fox", 1, limit=1, before=5) == [2]


def test_hits_of_other_conversations_are_passed_over_in_an_index_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def overhear(_: Snapshot, sql: str, *__: Value) -> list[Row]:
        asked.append(sql)
        return []

    with database.read() as snapshot, monkeypatch.context() as patched:
        patched.setattr(Snapshot, "rows", overhear)
        messages.search(snapshot, "fox", 2, 9, None)
    with database.read() as snapshot:
        plan = snapshot.rows(f"EXPLAIN QUERY PLAN {asked[0]}", "fox", 1 << 62, 2, 9)
    assert any("COVERING INDEX messages_by_conversation" in str(row[3]) for row in plan)
