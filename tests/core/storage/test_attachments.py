"""Attachments of rows: kept in order, bounded, and gone with their row from the table, the file and its log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from core.storage import attachments, conversations, messages, search_index
from core.storage.attachments import MAX_ATTACHMENTS, MAX_BYTES, MAX_NAME_SIZE, MAX_REFERENCE_SIZE, Attachment
from core.storage.database import Database, Transaction
from core.storage.messages import NewMessage
from core.storage.migrations import load_migrations

KEY = b"k" * 32
SECRET = b"THE-PLAN-OF-THE-MILL"
PICTURE = Attachment(1, 0, "image", "mill.png", 3000, b"h" * 32, b"where it lies", "offered")
# SQLCipher: each page ends in an initialisation vector and a seal, the first one begins with the file's salt.
PAGE, SALT, IV, SEAL = 4096, 16, 16, 64


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.open(tmp_path / "a.db", KEY, load_migrations("history"))
    with database.transaction() as tx:
        conversations.insert(tx, "c", b"i" * 32, "", "open", 0)
        say(tx, 1)
    yield database
    database.close()


def say(tx: Transaction, seq: int) -> None:
    new = NewMessage(
        id=f"m{seq}", conversation=1, uid=bytes([seq]) * 16, author=b"i" * 32, device=b"d" * 32, kind=1, text=f"text{seq}",
        sent_at=0, state="received",
    )  # fmt: skip
    assert messages.insert(tx, new) == seq


def test_they_are_kept_with_their_row_in_order(database: Database) -> None:
    voice = Attachment(1, 1, "audio", "said.ogg", 5, b"g" * 32, None, "here")
    with database.transaction() as tx:
        attachments.insert(tx, voice, b"sound")
        attachments.insert(tx, PICTURE)
        assert attachments.of_message(tx, 1) == [PICTURE, voice]
        assert attachments.content(tx, 1, 1) == b"sound"
        assert attachments.content(tx, 1, 0) is None
        attachments.set_content(tx, 1, 0, b"picture")
        attachments.set_state(tx, 1, 0, "here")
        assert attachments.content(tx, 1, 0) == b"picture"
        assert attachments.of_message(tx, 1)[0].state == "here"
        attachments.set_content(tx, 1, 0, None)
        assert attachments.content(tx, 1, 0) is None
        assert attachments.of_message(tx, 2) == []


@pytest.mark.parametrize(
    "row",
    [
        replace(PICTURE, number=MAX_ATTACHMENTS),
        replace(PICTURE, number=-1),
        replace(PICTURE, name="ä" * (MAX_NAME_SIZE // 2 + 1)),
        replace(PICTURE, name="\ud800"),
        replace(PICTURE, reference=bytes(MAX_REFERENCE_SIZE + 1)),
        replace(PICTURE, digest=bytes(31)),
        replace(PICTURE, size=-1),
    ],
)
def test_what_is_beyond_the_bounds_is_refused(database: Database, row: Attachment) -> None:
    with database.transaction() as tx:
        with pytest.raises(ValueError, match="attachment"):
            attachments.insert(tx, row)
        assert attachments.of_message(tx, 1) == []


def test_what_is_just_within_them_is_kept_and_no_more_bytes(database: Database) -> None:
    most = replace(
        PICTURE, number=MAX_ATTACHMENTS - 1, name="n" * MAX_NAME_SIZE, reference=bytes(MAX_REFERENCE_SIZE), size=0
    )
    with database.transaction() as tx:
        attachments.insert(tx, most, bytes(MAX_BYTES))
        assert attachments.of_message(tx, 1) == [most]
        content = bytes(MAX_BYTES + 1)
        with pytest.raises(ValueError, match="bytes"):
            attachments.insert(tx, PICTURE, content)
        with pytest.raises(ValueError, match="bytes"):
            attachments.set_content(tx, 1, most.number, content)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", 16), ("kind", "'program'"), ("name", f"'{'n' * 256}'"), ("size", -1), ("digest", "x'00'"),
        ("reference", "zeroblob(1025)"), ("state", "'elsewhere'"), ("bytes", "zeroblob(262145)"), ("message", 7),
    ],
)  # fmt: skip
def test_the_schema_refuses_it_too(database: Database, column: str, value: object) -> None:
    with database.transaction() as tx:
        attachments.insert(tx, PICTURE)
        with pytest.raises(sqlcipher3.IntegrityError):
            tx.run(f"UPDATE attachments SET {column} = {value}")


def pages(path: Path) -> Iterator[bytes]:
    """Open every page of a file with its key, as whoever has both would."""
    data = path.read_bytes()
    for at in range(0, len(data), PAGE):
        body, iv = (
            data[at + (0 if at else SALT) : at + PAGE - IV - SEAL],
            data[at + PAGE - IV - SEAL : at + PAGE - SEAL],
        )
        opened = Cipher(algorithms.AES(KEY), modes.CBC(iv)).decryptor()
        yield opened.update(body) + opened.finalize()


def is_there(path: Path) -> bool:
    return any(SECRET in page for page in pages(path))


@pytest.mark.parametrize("how", ["row", "conversation", "bytes"])
def test_they_go_with_their_row_from_the_table_the_file_and_the_log(
    database: Database, tmp_path: Path, how: str
) -> None:
    with database.transaction() as tx:
        say(tx, 2)
        attachments.insert(tx, PICTURE, SECRET * 5000)
        attachments.insert(tx, replace(PICTURE, message=2), b"another")
    database.checkpoint()
    assert is_there(tmp_path / "a.db")
    with database.transaction() as tx:
        row = messages.by_seq(tx, 1)
        assert row is not None
        if how == "row":
            messages.delete(tx, row, 0)
        elif how == "bytes":
            attachments.set_content(tx, 1, 0, None)
        else:
            with search_index.wholesale(tx, 2):
                messages.forget_conversation(tx, 1)
        tx.forget()
    assert not is_there(tmp_path / "a.db")
    assert (tmp_path / "a.db-wal").stat().st_size == 0
    with database.read() as snapshot:
        assert len(attachments.of_message(snapshot, 1)) == (how == "bytes")
        assert len(attachments.of_message(snapshot, 2)) == (how != "conversation")
