"""The parcel store in SQLCipher behaves as the one in memory, and what it answers for outlives the process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from core.storage.database import Database
from core.storage.migrations import load_migrations
from core.storage.parcels import SqlParcelStore
from net.ids import ParcelId, Tag, tag_of
from net.parcel.memory_store import MemoryStore
from net.parcel.store import Kind, Name, Stored

KEY = bytes(32)

# Few ids, some of which share a tag and one of which ends a range, so that rules meet each other.
IDS = [ParcelId(tag + rest * 24) for tag in (bytes(8), b"\x01" * 8, b"\xff" * 8) for rest in (b"\x00", b"\xff")]


def parcel(
    kind: Kind, parcel_id: ParcelId, data: bytes, expiry_hour: int = 10, sequence: int = 0, surplus: int = 0
) -> Stored:
    variant = hashlib.sha256(data + sequence.to_bytes(8, "big") + bytes([expiry_hour])).digest()[:16]
    return Stored(
        kind, parcel_id, variant, 0xC0000000, expiry_hour, sequence if kind is Kind.RECORD else 0, data, surplus
    )


def open_store(path: Path) -> tuple[Database, SqlParcelStore]:
    database = Database.open(path, KEY, load_migrations("parcels"))
    return database, SqlParcelStore(database)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened, _ = open_store(tmp_path / "parcels.db")
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> SqlParcelStore:
    return SqlParcelStore(database)


PARCELS = st.builds(
    parcel,
    st.sampled_from(Kind),
    st.sampled_from(IDS),
    st.binary(min_size=1, max_size=2),
    st.integers(1, 4),
    st.sampled_from([0, 1, 2, 2**63 - 1, 2**63, 2**64 - 1]),
    st.integers(0, 32),
)


class BothStores(RuleBasedStateMachine):
    """Whatever is asked of both stores, they answer alike."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "parcels.db"
        self.database, self.ours = open_store(self.path)
        self.model = MemoryStore()

    @rule(parcels=st.lists(PARCELS, max_size=6))
    def put(self, parcels: list[Stored]) -> None:
        assert self.ours.put(parcels) == self.model.put(parcels)

    @rule(hour=st.integers(0, 5))
    def expire(self, hour: int) -> None:
        assert self.ours.expire(hour) == self.model.expire(hour)

    @rule()
    def reopen(self) -> None:
        self.database.close()
        self.database, self.ours = open_store(self.path)

    @rule(parcels=st.lists(PARCELS, max_size=3), take=st.integers(0, 6))
    def delete(self, parcels: list[Stored], take: int) -> None:
        held = [stored for kind in Kind for parcel_id in IDS for stored in self.model.get(kind, parcel_id)]
        names = [Name(each.kind, each.parcel_id, each.variant) for each in (*parcels, *held[:take])]
        assert self.ours.delete(names) == self.model.delete(names)

    @rule(tags=st.lists(st.sampled_from(IDS).map(tag_of), max_size=4))
    def ask_by_tag(self, tags: list[Tag]) -> None:
        def in_order(boxes: list[Stored]) -> list[Stored]:
            return sorted(boxes, key=lambda box: (box.parcel_id, box.variant))

        assert in_order(self.ours.by_tag(tags)) == in_order(self.model.by_tag(tags))

    @rule(arrival=st.integers(0, 40), limit=st.integers(1, 5))
    def ask_boxes_after(self, arrival: int, limit: int) -> None:
        assert self.ours.boxes_after(arrival, limit) == self.model.boxes_after(arrival, limit)

    @rule(after=st.sampled_from([b"", *IDS]), limit=st.integers(1, 5))
    def ask_records_after(self, after: bytes, limit: int) -> None:
        assert self.ours.records_after(after, limit) == self.model.records_after(after, limit)

    @invariant()
    def hold_the_same(self) -> None:
        assert self.ours.usage() == self.model.usage()
        assert self.ours.kept() == self.model.kept()
        for kind in Kind:
            for parcel_id in IDS:
                ours = self.ours.get(kind, parcel_id)
                assert ours == sorted(self.model.get(kind, parcel_id), key=lambda stored: stored.variant)

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()


BothStores.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBothStores = BothStores.TestCase


def test_a_number_of_arrival_is_never_given_twice(tmp_path: Path) -> None:
    database, store = open_store(tmp_path / "parcels.db")
    assert store.put([parcel(Kind.BOX, IDS[0], b"a"), parcel(Kind.BOX, IDS[0], b"b")]) == [1, 2]
    assert store.expire(10) == 2
    database.close()
    database, store = open_store(tmp_path / "parcels.db")
    assert store.put([parcel(Kind.BOX, IDS[0], b"c")]) == [3]
    database.close()


def test_a_box_that_was_there_takes_no_number(store: SqlParcelStore) -> None:
    first, other = (parcel(Kind.BOX, IDS[0], data) for data in (b"first", b"other"))
    assert store.put([first, first, other]) == [1, None, 2]


def test_a_store_of_the_first_schema_keeps_what_it_has(tmp_path: Path) -> None:
    first, *_ = migrations = load_migrations("parcels")
    old = Database.open(tmp_path / "parcels.db", KEY, (first,))
    with old.transaction() as tx:
        tx.run(
            "INSERT INTO box (id, variant, prefix, expiry_hour, data) VALUES (?, ?, 0, 9, ?)", IDS[1], bytes(16), b"b"
        )
    old.close()
    database = Database.open(tmp_path / "parcels.db", KEY, migrations)
    held = Stored(Kind.BOX, IDS[1], bytes(16), 0, 9, 0, b"b")
    assert SqlParcelStore(database).get(Kind.BOX, IDS[1]) == [held]
    database.close()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (
            "SELECT arrival, id, variant, prefix, expiry_hour, surplus FROM box INDEXED BY box_held WHERE arrival > 5",
            "COVERING INDEX box_held",
        ),
        (
            "SELECT id, sequence, surplus, length(data) FROM record INDEXED BY record_held WHERE id > x'' ORDER BY id",
            "record_held",
        ),
        ("DELETE FROM box WHERE id = x'00' AND variant = x'00'", "USING"),
        ("DELETE FROM box WHERE expiry_hour <= 5", "box_expiry"),
        ("SELECT data FROM box WHERE id >= x'00' AND id < x'01' ORDER BY id, variant", "USING INDEX"),
    ],
)
def test_no_question_reads_the_whole_table(database: Database, query: str, index: str) -> None:
    with database.read() as snapshot:
        plan = " ".join(str(row[3]) for row in snapshot.rows(f"EXPLAIN QUERY PLAN {query}"))
    assert plan.startswith("SEARCH")
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_a_batch_that_cannot_be_kept_leaves_nothing(store: SqlParcelStore, database: Database) -> None:
    with database.read() as snapshot:
        snapshot.rows("PRAGMA max_page_count = 40")
    with pytest.raises(Exception, match="FULL"):
        store.put([parcel(Kind.BOX, IDS[0], bytes([n]) * 900) for n in range(256)])
    assert store.usage() == (0, 0)
    assert store.boxes_after(0, 10) == []


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_store_never_goes_back_to_an_older_record(store: SqlParcelStore, in_memory: bool) -> None:
    tried = MemoryStore() if in_memory else store
    newer, same, older = (
        parcel(Kind.RECORD, IDS[0], data, sequence=n) for data, n in ((b"2", 2), (b"3", 2), (b"1", 1))
    )
    assert tried.put([newer]) == [1]
    assert tried.put([older, same]) == [None, None]
    assert tried.get(Kind.RECORD, IDS[0]) == [newer]
