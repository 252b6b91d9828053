"""What a database file promises: private, sealed, typed in its failures, one owner, every step or none."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import textwrap
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlcipher3
import trio
import trio.testing

from core.api import Kind
from core.refusals import refusal_of
from core.storage.database import COMMITS_IN_LOG, Database
from core.storage.errors import Closed, Corrupt, DiskFull, InUse, SchemaTooNew, WrongKey
from core.storage.migrations import Migration, load_migrations, split_statements
from core.storage.thread import open_database

pytestmark = pytest.mark.disk

KEY = bytes(range(32))
NOTES = (Migration(1, ("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",)),)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = Database.open(path, KEY, NOTES)
    yield opened
    opened.close()


def write(database: Database, *texts: str) -> None:
    with database.transaction() as tx:
        tx.run_many("INSERT INTO note (text) VALUES (?)", [(text,) for text in texts])


def texts(database: Database) -> list[str]:
    with database.read() as snapshot:
        return [row[0] for row in snapshot.rows("SELECT text FROM note ORDER BY id")]


def run_child(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, for what cannot be undone in ours: limits, users, being killed."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_was_committed_is_there_after_reopening(path: Path) -> None:
    first = Database.open(path, KEY, NOTES)
    write(first, "one", "two")
    first.close()
    second = Database.open(path, KEY, NOTES)
    assert texts(second) == ["one", "two"]
    second.close()


def test_a_transaction_that_raises_leaves_nothing_and_our_own_bug_keeps_its_name(database: Database) -> None:
    write(database, "kept")
    with pytest.raises(sqlcipher3.IntegrityError), database.transaction() as tx:
        tx.run_many("INSERT INTO note (text) VALUES (?)", [("lost",), (None,)])
    assert texts(database) == ["kept"]


def test_nothing_is_written_by_a_reader(database: Database) -> None:
    with database.read() as snapshot:
        snapshot.rows("INSERT INTO note (text) VALUES ('smuggled') RETURNING id")
    assert texts(database) == []


def test_settings_are_the_safe_ones(database: Database) -> None:
    with database.read() as snapshot:
        values = {
            name: (snapshot.row(f"PRAGMA {name}") or (None,))[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store", "locking_mode")
        }
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,  # FULL
        "secure_delete": 1,
        "foreign_keys": 1,
        "temp_store": 2,  # MEMORY
        "locking_mode": "exclusive",
    }


def test_every_file_is_the_owners_alone_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database.open(path, KEY, NOTES)
        write(database, "secret")
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert modes == {"notes.db": 0o600, "notes.db-wal": 0o600}


def test_nothing_is_readable_in_any_file_open_or_closed(path: Path) -> None:
    marker = "the-heron-lands-at-midnight"
    database = Database.open(path, KEY, NOTES)
    write(database, *[f"{marker} {number}" for number in range(300)])
    with database.transaction() as tx:
        tx.run("CREATE VIRTUAL TABLE found USING fts5(text)")
        tx.run("INSERT INTO found SELECT text FROM note")
    assert (path.parent / "notes.db-wal").stat().st_size > 0
    assert_absent(marker, path.parent)
    database.close()
    assert_absent(marker, path.parent)


def assert_absent(marker: str, folder: Path) -> None:
    plain = marker.encode()
    # Base64 has three alignments; the middle of each is the same wherever the marker begins.
    forms = [plain, marker.encode("utf-16-le"), plain.hex().encode(), b"CREATE TABLE", b"SQLite format", KEY]
    forms += [b64encode(plain[start:])[:-4] for start in range(3)]
    for file in folder.iterdir():
        content = file.read_bytes()
        assert not [form for form in forms if form in content], file.name


def test_a_wrong_key_and_a_foreign_file_are_told_apart_from_nothing_else(path: Path) -> None:
    Database.open(path, KEY, NOTES).close()
    with pytest.raises(WrongKey):
        Database.open(path, bytes(32), NOTES)
    path.write_bytes(b"by no means a database " * 500)
    with pytest.raises(WrongKey):
        Database.open(path, KEY, NOTES)


def test_a_wrong_key_writes_nothing_to_standard_error(path: Path) -> None:
    Database.open(path, KEY, NOTES).close()
    child = run_child(
        """
        import sys; from pathlib import Path
        from core.storage.database import Database; from core.storage.errors import WrongKey
        try: Database.open(Path(sys.argv[1]), bytes(32), ())
        except WrongKey: print("typed")
        """,
        path,
    )
    assert (child.stdout, child.stderr) == ("typed\n", "")


def test_an_altered_page_is_noticed(path: Path) -> None:
    database = Database.open(path, KEY, NOTES)
    write(database, *["x" * 1000] * 50)
    database.close()
    content = bytearray(path.read_bytes())
    content[-2000] ^= 1
    path.write_bytes(content)
    database = Database.open(path, KEY, NOTES)
    with pytest.raises(Corrupt):
        texts(database)
    database.close()


def test_a_file_has_one_owner(database: Database, path: Path) -> None:
    with pytest.raises(InUse):
        Database.open(path, KEY, NOTES)
    child = run_child(
        """
        import sys; from pathlib import Path
        from core.storage.database import Database; from core.storage.errors import InUse
        try: Database.open(Path(sys.argv[1]), bytes(range(32)), ())
        except InUse: print("in use")
        """,
        path,
    )
    assert child.stdout == "in use\n", child.stderr
    write(database, "still mine")


def test_a_full_file_is_told_and_what_was_committed_stays(database: Database) -> None:
    write(database, "kept")
    with database.read() as snapshot:
        snapshot.rows("PRAGMA max_page_count = 8")
    with pytest.raises(DiskFull):
        write(database, *["x" * 1000] * 100)
    assert texts(database) == ["kept"]


def test_a_disk_that_takes_no_more_is_told_and_what_was_committed_stays(path: Path) -> None:
    child = run_child(
        """
        import resource, sys; from pathlib import Path
        from core.storage.database import Database; from core.storage.errors import DiskFull
        from core.storage.migrations import Migration
        notes = (Migration(1, ("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",)),)
        database = Database.open(Path(sys.argv[1]), bytes(range(32)), notes)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        for number in range(10_000):
            try:
                with database.transaction() as tx:
                    tx.run("INSERT INTO note (text) VALUES (?)", f"{number} {'x' * 1000}")
            except DiskFull:
                print(number)
                break
        """,
        path,
    )
    assert child.returncode == 0, child.stderr
    committed = int(child.stdout)
    assert committed > 0
    database = Database.open(path, KEY, NOTES)
    assert len(texts(database)) == committed
    database.close()


def test_a_place_that_may_not_be_written_is_told(path: Path) -> None:
    Database.open(path, KEY, NOTES).close()
    path.parent.chmod(0o555)
    path.chmod(0o444)
    # Permissions do not bind the superuser, so the child becomes nobody, once everything is imported.
    child = run_child(
        """
        import os, sys; from pathlib import Path
        from core.storage.database import Database; from core.storage.errors import ReadOnly
        from core.storage.migrations import Migration
        folder = os.open(Path(sys.argv[1]).parent, os.O_RDONLY)
        if os.getuid() == 0: os.setuid(65534)
        os.fchdir(folder)
        for name in ("notes.db", "new.db"):
            try: Database.open(Path(name), bytes(range(32)), (Migration(1, ()), Migration(2, ("CREATE TABLE t (a)",))))
            except ReadOnly: print("read-only", name)
        """,
        path,
    )
    path.parent.chmod(0o755)
    assert child.stdout.split("\n")[:2] == ["read-only notes.db", "read-only new.db"], child.stderr


def test_closing_leaves_one_file(path: Path) -> None:
    database = Database.open(path, KEY, NOTES)
    write(database, "all of it")
    database.close()
    assert [file.name for file in path.parent.iterdir()] == ["notes.db"]


def test_a_checkpoint_empties_the_log(database: Database, path: Path) -> None:
    write(database, "x" * 5000)
    log = path.with_name("notes.db-wal")
    assert log.stat().st_size > 0
    database.checkpoint()
    assert log.stat().st_size == 0
    assert texts(database) == ["x" * 5000]


def commits_in_log(database: Database, path: Path, times: int) -> list[bool]:
    """Change something that many times; tell after each whether the log holds anything."""
    found: list[bool] = []
    for _ in range(times):
        write(database, "x")
        found.append(path.with_name("notes.db-wal").stat().st_size > 0)
    return found


def test_what_was_overwritten_is_gone_from_the_log_after_a_few_commits(database: Database, path: Path) -> None:
    database.checkpoint()
    assert commits_in_log(database, path, 2 * COMMITS_IN_LOG) == ([True] * (COMMITS_IN_LOG - 1) + [False]) * 2


def test_reading_and_changing_nothing_do_not_count(database: Database, path: Path) -> None:
    database.checkpoint()
    write(database, "kept")
    for _ in range(COMMITS_IN_LOG):
        texts(database)
        write(database)
    assert path.with_name("notes.db-wal").stat().st_size > 0


def test_a_commit_that_says_so_empties_the_log_at_once(database: Database, path: Path) -> None:
    write(database, "a chain secret")
    with database.transaction() as tx:
        tx.run("UPDATE note SET text = 'the next one'")
        tx.forget()
    assert path.with_name("notes.db-wal").stat().st_size == 0
    assert texts(database) == ["the next one"]


def test_a_transaction_that_failed_forgets_nothing(database: Database, path: Path) -> None:
    database.checkpoint()
    write(database, "kept")

    def fail() -> None:
        with database.transaction() as tx:
            tx.run("DELETE FROM note")
            tx.forget()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.with_name("notes.db-wal").stat().st_size > 0
    assert texts(database) == ["kept"]


def test_what_a_step_dropped_is_gone_from_the_log(path: Path) -> None:
    opened = Database.open(path, KEY, NOTES)
    write(opened, "a secret")
    opened.close()
    opened = Database.open(path, KEY, (*NOTES, Migration(2, ("DROP TABLE note",))))
    assert path.with_name("notes.db-wal").stat().st_size == 0
    opened.close()


def test_tidying_empties_the_log_and_a_closed_file_needs_none(database: Database, path: Path) -> None:
    database.checkpoint()
    write(database, "x")
    database.tidy()
    assert path.with_name("notes.db-wal").stat().st_size == 0
    database.close()
    database.tidy()


def test_a_log_that_cannot_be_emptied_fails_no_commit_and_is_emptied_later(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Database) -> None:
        raise DiskFull("SQLITE_FULL")

    database.checkpoint()
    with monkeypatch.context() as patch:
        patch.setattr(Database, "checkpoint", refuse)
        assert commits_in_log(database, path, COMMITS_IN_LOG + 2) == [True] * (COMMITS_IN_LOG + 2)
    assert commits_in_log(database, path, 1) == [False]


def test_full_text_search_works_inside_the_sealed_file(database: Database) -> None:
    with database.transaction() as tx:
        tx.run("CREATE VIRTUAL TABLE found USING fts5(text, content='note', content_rowid='id')")
        tx.run(
            "CREATE TRIGGER note_in AFTER INSERT ON note BEGIN"
            " INSERT INTO found (rowid, text) VALUES (NEW.id, NEW.text); END"
        )
    write(database, "the heron lands", "at midnight", "herons again")
    with database.read() as snapshot:
        assert snapshot.rows("SELECT rowid FROM found WHERE found MATCH 'heron*' ORDER BY rowid") == [(1,), (3,)]


def test_steps_are_taken_once_and_in_order(path: Path) -> None:
    later = (*NOTES, Migration(2, ("ALTER TABLE note ADD COLUMN late INTEGER", "UPDATE note SET late = 1")))
    database = Database.open(path, KEY, NOTES)
    write(database, "old")
    database.close()
    for _ in range(2):
        database = Database.open(path, KEY, later)
        with database.read() as snapshot:
            assert snapshot.rows("SELECT text, late FROM note") == [("old", 1)]
            assert snapshot.row("PRAGMA user_version") == (2,)
        database.close()


def test_a_step_that_fails_is_undone_whole(path: Path) -> None:
    broken = (*NOTES, Migration(2, ("ALTER TABLE note ADD COLUMN late INTEGER", "nonsense")))
    with pytest.raises(sqlcipher3.OperationalError):
        Database.open(path, KEY, broken)
    database = Database.open(path, KEY, NOTES)
    with database.read() as snapshot:
        assert snapshot.row("PRAGMA user_version") == (1,)
        assert [row[1] for row in snapshot.rows("PRAGMA table_info(note)")] == ["id", "text"]
    database.close()


def test_a_file_of_a_newer_version_is_not_touched(path: Path) -> None:
    Database.open(path, KEY, (*NOTES, Migration(2, ()))).close()
    with pytest.raises(SchemaTooNew) as caught:
        Database.open(path, KEY, NOTES)
    assert (caught.value.found, caught.value.known) == (2, 1)


def test_a_trigger_is_one_statement() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END;"
    script = f"-- a; comment\nCREATE TABLE a (x);\n{trigger}\nINSERT INTO a VALUES (';');\n"
    assert split_statements(script) == ("-- a; comment\nCREATE TABLE a (x);", trigger, "INSERT INTO a VALUES (';');")


@pytest.mark.parametrize("use", [texts, write, Database.checkpoint])
def test_whoever_comes_after_the_end_is_told_that_it_was_locked(path: Path, use: Callable[[Database], object]) -> None:
    """A command waits for the network for seconds; the vault may be locked meanwhile, and the program goes on."""
    opened = Database.open(path, KEY, NOTES)
    opened.close()
    with pytest.raises(Closed) as closed:
        use(opened)
    refusal = refusal_of(closed.value)
    assert refusal is not None
    assert refusal.kind is Kind.LOCKED


def test_a_script_that_ends_early_is_refused() -> None:
    with pytest.raises(ValueError):
        split_statements("CREATE TABLE a (x); CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b;")


def test_the_schemas_in_the_package_open() -> None:
    assert [step.number for step in load_migrations("parcels")][:1] == [1]


@pytest.mark.trio
async def test_calls_through_the_thread_keep_their_order(path: Path) -> None:
    numbers = [str(number) for number in range(20)]
    async with open_database(path, KEY, NOTES) as thread:

        async def add(text: str) -> None:
            await thread.run(write, text)

        async with trio.open_nursery() as nursery:
            for number in numbers:
                nursery.start_soon(add, number)
                await trio.testing.wait_all_tasks_blocked()
        assert await thread.run(texts) == numbers


@pytest.mark.trio
async def test_a_commit_under_way_outlives_cancellation(path: Path) -> None:
    token = trio.lowlevel.current_trio_token()
    began, cancelled = trio.Event(), trio.Event()

    def slow_write(database: Database) -> None:
        with database.transaction() as tx:
            tx.run("INSERT INTO note (text) VALUES ('kept')")
            trio.from_thread.run_sync(began.set, trio_token=token)
            trio.from_thread.run(cancelled.wait, trio_token=token)

    async with open_database(path, KEY, NOTES) as thread:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(thread.run, slow_write)
            await began.wait()
            nursery.cancel_scope.cancel()
            cancelled.set()
        assert await thread.run(texts) == ["kept"]


WRITER = """
    import sys; from pathlib import Path
    from core.storage.database import Database; from core.storage.migrations import Migration
    notes = (Migration(1, ("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",)),)
    database = Database.open(Path(sys.argv[1]), bytes(range(32)), notes)
    number = int(sys.argv[2])
    while True:
        with database.transaction() as tx:
            tx.run("INSERT INTO note VALUES (?, ?)", number, "x" * (number % 7000))
            tx.run("INSERT INTO note VALUES (?, ?)", -number, "its other half")
        print(number, flush=True)
        number += 1
        if number % 40 == 0:
            database.checkpoint()
"""


@pytest.mark.slow
def test_every_commit_that_was_reported_outlives_kill_9_and_none_is_half(path: Path) -> None:
    chance = random.Random(11)
    reported = 0
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(path), str(reported + 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        # The line after which to kill is drawn, and the child runs on while the signal travels: any instant can be hit.
        for _ in range(chance.randrange(1, 60)):
            reported = int(child.stdout.readline())
        child.kill()
        reported = max([reported, *map(int, child.stdout.read().split())])
        child.stdout.close()
        child.wait()
        database = Database.open(path, KEY, NOTES)
        with database.read() as snapshot:
            kept = {row[0]: row[1] for row in snapshot.rows("SELECT id, length(text) FROM note")}
            assert snapshot.rows("PRAGMA integrity_check") == [("ok",)]
        database.close()
        ahead = max(kept) - reported
        assert ahead in {0, 1}, "at most the commit that was under way"
        reported += ahead
        assert sorted(kept) == [n for n in range(-reported, reported + 1) if n]
