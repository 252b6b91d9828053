"""Search finds every word and part of one, in every script, here or everywhere, newest first, page after page."""

from __future__ import annotations

import json
import os
import string
import unicodedata
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from core import search_terms
from core.people.format.content import KeepRequest, kind_of
from core.storage import conversations, messages, search_index
from core.storage.database import Database
from core.storage.messages import NewMessage
from core.storage.migrations import load_migrations
from tests.support.search_terms import terms_left
from tests.support.tables import index_pages, set_values, table

STEPS = load_migrations("history")
SYSTEMS = json.loads((Path(__file__).parents[1] / "vectors" / "search.json").read_text("utf-8"))["systems"]
SAID = ["The fox runs", "a slow tortoise", "the foxes sleep", "café closed", "The Fox and the tortoise", "runs"]


def say(database: Database, texts: Sequence[str], conversation: int = 0, kind: int = 1) -> None:
    """Say texts in a conversation, or in two in turns."""
    with database.transaction() as tx:
        last = [row["seq"] for row in table(tx, "sqlite_sequence") if row["name"] == "messages"]  # none is used again
        first = last[0] if last else 0
        for number, text in enumerate(texts, first):
            new = NewMessage(
                id=f"m{number}", conversation=conversation or 1 + number % 2, uid=number.to_bytes(16, "big"),
                author=b"a" * 32, device=b"d" * 32, kind=kind, text=text, sent_at=number, state="received",
            )  # fmt: skip
            assert messages.insert(tx, new) is not None


def opened(path: Path, key: bytes = bytes(32)) -> Database:
    """A history with two conversations."""
    database = Database.open(path, key, STEPS)
    with database.transaction() as tx:
        for number in (0, 1):
            conversations.insert(tx, f"c{number}", bytes([number]) * 32, "", "open", 0)
    return database


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    """Two conversations in which every text of ``SAID`` was said once, in turns."""
    database = opened(tmp_path / "history.db", os.urandom(32))
    say(database, SAID)
    yield database
    database.close()


@pytest.fixture
def empty(tmp_path: Path) -> Generator[Database]:
    """Two conversations in which nothing was said."""
    database = opened(tmp_path / "empty.db")
    yield database
    database.close()


def found(
    database: Database, query: str, conversation: int | None = None, limit: int = 99, before: int | None = None
) -> list[int]:
    with database.read() as snapshot:
        return [row.seq - 1 for row in messages.search(snapshot, query, conversation, limit, before)]


def test_every_word_must_be_there_whole_or_as_a_part(database: Database) -> None:
    assert found(database, "fox") == [4, 2, 0]
    assert found(database, "the tort") == [4]
    assert found(database, "tort the") == [4]
    assert found(database, "oxes") == [2]
    assert found(database, "CAFE") == [3]
    assert found(database, "xt") == []  # not across blanks
    for nothing in ("", " \n", "\u200b", '"*('):
        assert found(database, nothing) == []


def test_one_conversation_gives_only_its_own(database: Database) -> None:
    assert found(database, "fox", 1) == [4, 2, 0]
    assert found(database, "fox", 2) == []
    assert found(database, "runs", 2) == [5]


def test_rows_whose_text_is_a_code_are_not_found(database: Database) -> None:
    before = terms_left(database)
    for kind in (kind_of(KeepRequest).number, messages.ELSEWHERE):
        say(database, ["foxglove"], kind=kind)
    assert found(database, "foxglove") == []
    assert terms_left(database) == before
    with database.transaction() as tx:
        set_values(tx, "search_state", definition="")
        search_index.prepare(tx)
    assert found(database, "foxglove") == []
    while search_index.fill(database, 2):
        assert found(database, "fox") == [4, 2, 0]
    assert terms_left(database) == before


def test_pages_follow_each_other_without_a_gap(database: Database) -> None:
    assert found(database, "fox", limit=2) == [4, 2]
    assert found(database, "fox", limit=2, before=3) == [0]
    assert found(database, "fox", 1, limit=1, before=5) == [2]


def test_what_only_has_the_parts_of_a_word_is_passed_over_whatever_the_page(empty: Database) -> None:
    say(empty, ["abcd"] + ["abc bcd"] * 7)
    assert found(empty, "abcd", limit=2) == [0]


@pytest.mark.parametrize("system", SYSTEMS)
def test_sayings_are_found_in_every_writing_system(empty: Database, system: str) -> None:
    say(empty, SYSTEMS[system]["texts"])
    wrong = {
        query: (found(empty, query)[::-1], numbers)
        for query, numbers in SYSTEMS[system]["queries"].items()
        if found(empty, query)[::-1] != numbers
    }
    assert wrong == {}


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_no_normal_form_makes_a_difference(empty: Database, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    say(empty, [unicodedata.normalize(form, text) for system in SYSTEMS.values() for text in system["texts"]])
    first = 0
    for system in SYSTEMS.values():
        for query, numbers in system["queries"].items():
            hits = found(empty, unicodedata.normalize(form, query))
            assert {first + number for number in numbers} <= set(hits), query
        first += len(system["texts"])


def test_every_character_that_is_drawn_finds_its_row(empty: Database) -> None:
    """One of each kind of character that a term may be broken by."""
    drawn = [*string.punctuation, *string.ascii_letters, *string.digits, *"€₿№½ﬁßŉǅᾳⅧ😀🫠𐍈\ue000\U0010ffff\u0378"]
    say(empty, [f"x{each}y" for each in drawn])
    for number, each in enumerate(drawn):
        assert number in found(empty, each), each
        assert number in found(empty, f"x{each}y"), each


WRITTEN = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("aé ß각日🇩🇪\u200d\u0301்ือ")), max_size=12)


@given(WRITTEN, WRITTEN, WRITTEN)
def test_whatever_is_in_a_text_is_found_by_its_grams(before: str, word: str, after: str) -> None:
    words = search_terms.words_of(word)
    text = f"{before} {word} {after}"
    assert search_terms.holds(text, words)
    terms = set(search_terms.index_terms(text, 1).split(" "))
    assert set(search_terms.query_grams(words)) <= terms
    assert search_terms.holds(text, search_terms.words_of(search_terms.fold(word)))


@given(WRITTEN, WRITTEN)
def test_what_is_shown_as_found_is_the_word(text: str, word: str) -> None:
    words = search_terms.words_of(word)
    for start, stop in search_terms.spans(f"{text} {word}", words):
        assert any(each in search_terms.fold(f"{text} {word}"[start:stop]) for each in words)


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("Die Haustür, die Tür", "tur", ["tür", "Tür"]),
        ("cafe\u0301 au lait", "é lait", ["e\u0301", "lait"]),
        ("ﬁne 🇦🇩🇪🇺", "ine 🇪🇺", ["ﬁn" + "e", "🇪🇺"]),
        ("내일학교에서", "학교", ["학교"]),
    ],
)
def test_the_words_are_shown_where_they_are(text: str, query: str, shown: list[str]) -> None:
    assert [text[start:stop] for start, stop in search_terms.spans(text, search_terms.words_of(query))] == shown


# --- what is deleted leaves the index ---------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [[1], [3], [3, 1]], ids=["row by row", "wholesale", "one, then the other"])
def test_what_is_deleted_leaves_the_index(empty: Database, counts: list[int]) -> None:
    say(empty, ["plain words"] * 3, 2)
    before = terms_left(empty)
    for count in counts:
        say(empty, ["жџ 秘密会合 ΩΨΦ"] * count, 1)
        assert "秘密" in terms_left(empty)
        with empty.transaction() as tx:
            tx.forget()
            with search_index.wholesale(tx, count, rewriting_pays=3):
                for row in messages.search(tx, "秘密", 1, 9, None):
                    messages.delete(tx, row, 0)
        assert terms_left(empty) == before
        with empty.read() as snapshot:
            assert not [each for each in index_pages(snapshot) if "秘".encode() in each or "ψ".encode() in each]


def test_a_forgotten_conversation_leaves_the_index(empty: Database) -> None:
    say(empty, ["kept here"], 2)
    before = terms_left(empty)
    say(empty, SAID, 1)
    with empty.transaction() as tx, search_index.wholesale(tx, messages.count(tx, 1)):
        messages.forget_conversation(tx, 1)
    assert terms_left(empty) == before
    assert found(empty, "kept") == [0]


# --- a file of an older version ---------------------------------------------------------------------------------------


@pytest.fixture
def older(tmp_path: Path) -> Generator[Database]:
    """A file in which ``SAID`` was said before the index was of today's kind."""
    database = Database.open(tmp_path / "older.db", bytes(32), STEPS[:6])
    with database.transaction() as tx:  # as that version wrote it
        tx.run_many(
            "INSERT INTO conversations(public_id, identity, name, state, created_at) VALUES (?, ?, '', 'open', 0)",
            [(f"c{number}", bytes([number]) * 32) for number in (0, 1)],
        )
        tx.run_many(
            "INSERT INTO messages(id, conversation, uid, author, device, incoming, kind, text, sent_at, state)"
            " VALUES (?, ?, ?, ?, ?, 1, 1, ?, ?, 'received')",
            [(f"m{n}", 1 + n % 2, n.to_bytes(16, "big"), b"a" * 32, b"d" * 32, text, n) for n, text in enumerate(SAID)],
        )
    with database.read() as snapshot:
        assert snapshot.rows("SELECT rowid FROM search WHERE search MATCH 'foxes'") == [(3,)]
    database.close()
    database = Database.open(tmp_path / "older.db", bytes(32), STEPS)
    yield database
    database.close()


def state_of(database: Database) -> tuple[set[str], list[list[int]]]:
    queries = ("fox", "the", "o", "ort", "runs", "closed")
    return terms_left(database), [found(database, query, here) for query in queries for here in (None, 1, 2)]


def test_an_older_file_is_searched_at_once_and_indexed_step_by_step(older: Database, database: Database) -> None:
    assert terms_left(older) == set()
    wanted = state_of(database)
    for _ in range(len(SAID) // 2):
        assert state_of(older)[1] == wanted[1]
        assert search_index.fill(older, 2)
        assert terms_left(older)
    assert not search_index.fill(older, 2)
    assert not search_index.fill(older, 2)
    assert state_of(older) == wanted


def test_what_is_not_indexed_yet_is_read_in_turns(older: Database) -> None:
    def turn(query: str, before: int | None, conversation: int | None = None, limit: int = 9) -> search_index.Page:
        with older.read() as snapshot:
            return search_index.find(snapshot, query, conversation, limit, before, max_read=2)

    def in_turns(query: str, conversation: int | None = None, limit: int = 9, before: int | None = None) -> list[int]:
        hits: list[int] = []
        while True:
            page = turn(query, before, conversation, limit - len(hits))
            hits += page.found
            before = page.rest
            if before is None or len(hits) == limit:
                return [seq - 1 for seq in hits]

    assert in_turns("fox") == [4, 2, 0]
    assert in_turns("fox", limit=2) == [4, 2]
    assert in_turns("fox", 1, before=5) == [2, 0]
    assert turn("slow", None) == search_index.Page([], 5)
    assert turn("slow", 5) == search_index.Page([], 3)
    assert turn("slow", 3) == search_index.Page([2], 1)
    assert turn("slow", 1) == search_index.Page([])


def test_what_is_said_and_deleted_meanwhile_is_indexed_and_forgotten(older: Database) -> None:
    assert search_index.fill(older, 2)
    say(older, ["news of the fox", "xyzzy"], 1)
    with older.transaction() as tx:
        for seq in (1, 5, 8):  # not yet indexed, indexed, new
            row = messages.by_seq(tx, seq)
            assert row is not None
            messages.delete(tx, row, 0)
    while search_index.fill(older, 2):
        pass
    assert found(older, "fox") == [6, 2]
    assert "xyz" not in terms_left(older)


def test_an_index_by_another_definition_is_made_anew(database: Database) -> None:
    wanted = state_of(database)
    with database.transaction() as tx:
        search_index.prepare(tx)
    assert state_of(database) == wanted
    with database.transaction() as tx:
        set_values(tx, "search_state", definition="of tomorrow")
        search_index.prepare(tx)
    assert terms_left(database) == set()
    while search_index.fill(database, 4):
        pass
    assert state_of(database) == wanted
    say(database, ["secret"])
    with database.transaction() as tx:
        row = messages.by_seq(tx, 7)
        assert row is not None
        with search_index.wholesale(tx, 0):  # row by row: secure-delete outlives the making anew
            messages.delete(tx, row, 0)
    assert state_of(database) == wanted
