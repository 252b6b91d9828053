"""A home made by the version before step 5, or before step 8, opens, keeps what it had, and talks on with another.

The files are dumps of people's histories made by those versions, put into real SQLCipher files of that step and opened. Of
step 4: alice and bob in the middle of a conversation, carol waiting at alice's door. Of step 7: alice, who blocked carol,
and two devices of bob, the second made by his words alone while the first was off; it says that it holds what alice wrote
last, but for one text that had not left her device.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from core import api
from core.people.format.account_keys import keys_of_seed
from core.people.format.invitation import decode_link, open_record
from core.storage import conversations, devices, members, messages
from core.storage.database import Database
from core.storage.errors import SchemaTooNew
from core.storage.migrations import Migration, load_migrations
from net.parcel.record import decode_record
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import loose_ends


def homes_of(step: int) -> dict[str, Any]:
    packed = Path(__file__).parents[2] / "vectors" / f"homes_of_step_{step}.json.gz"
    homes: dict[str, Any] = json.loads(gzip.decompress(packed.read_bytes()))
    return homes


HOMES, HOMES_OF_7 = homes_of(4), homes_of(7)


def put_down(folder: Path, name: str, homes: dict[str, Any] = HOMES, *, device: str | None = None) -> None:
    """Make the file of a person, or of a further ``device`` of theirs, as it was left by that step."""
    steps = load_migrations("history")[: homes["step"]]
    database = Database.open(folder / f"{device or name}.db", name.encode().ljust(32, b"k"), steps)
    with database.transaction() as tx:
        tx.run("PRAGMA defer_foreign_keys = ON")
        for table, content in homes["files"][device or name].items():
            if table in {"tags", "cursors"}:
                continue  # of custodians of another world
            columns = ", ".join(content["columns"])
            marks = ", ".join("?" for _ in content["columns"])
            for row in content["rows"]:
                values = [bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in row]
                tx.run(f"INSERT INTO {table}({columns}) VALUES ({marks})", *values)
    database.close()


@pytest.fixture
def office() -> Office:
    return Office(now_ms=HOMES["now_ms"])


def upgraded(office: Office, folder: Path, name: str) -> Person:
    put_down(folder, name)
    return Person(office, folder, name, device=name)


def test_history_and_contacts_are_there_and_the_talk_goes_on(office: Office, tmp_path: Path) -> None:
    alice, bob = upgraded(office, tmp_path, "alice"), upgraded(office, tmp_path, "bob")
    (with_bob,) = [row for row in alice.call(api.ConversationList()) if row.name == "bob"]
    (with_alice,) = bob.call(api.ConversationList())
    assert with_bob.state == with_alice.state == "open"
    assert alice.heard(with_bob.id) == ["hello, it is me", *(f"to alice {n}" for n in range(6))]
    assert bob.heard(with_alice.id) == [f"to bob {n}" for n in range(6)]
    bob.say(with_alice.id, "with the new version")
    settle(office, alice, bob, rounds=12)
    assert bob.heard(with_alice.id)[-1] == "not delivered yet", "nothing that was accepted is lost"
    alice.say(with_bob.id, "I hear you")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(with_bob.id)[-1] == "with the new version"
    assert bob.heard(with_alice.id)[-1] == "I hear you"
    assert set(alice.said(with_bob.id)) | set(bob.said(with_alice.id)) == {"delivered"}
    assert all(row.kind == "text" for row in bob.rows(with_alice.id)), "its device is known still"


def test_one_upgraded_long_after_the_other(office: Office, tmp_path: Path) -> None:
    alice = upgraded(office, tmp_path, "alice")
    (with_bob,) = [row for row in alice.call(api.ConversationList()) if row.name == "bob"]
    alice.say(with_bob.id, "early")
    settle(office, alice, rounds=4)
    for _ in range(10):
        settle(office, alice, rounds=1, seconds=86_400)
    bob = upgraded(office, tmp_path, "bob")
    settle(office, alice, bob, rounds=16)
    (with_alice,) = bob.call(api.ConversationList())
    assert bob.heard(with_alice.id)[-2:] == ["not delivered yet", "early"]
    assert set(alice.said(with_bob.id)) == {"delivered"}


_OF_STEP_9 = [
    "about_author",
    "about_uid",
    "rank",
    "version",
    "target",
    "first_text",
    "edited_at",
    "pinned",
    "forwarded",
    "shown",
]
_OF_STEP_10 = ["muted_until", "pinned", "archived", "marked_unread", "tells", "told", "here_at", "notify"]
_TO_STEP_8 = (
    "DROP TRIGGER messages_ai",
    "DROP TRIGGER messages_ad",
    "DROP TRIGGER messages_au",
    "DROP TABLE ledger",
    *(
        f"DROP INDEX {name}"
        for name in (
            "messages_in_order", "messages_unread", "messages_by_time", "messages_pinned", "messages_raw",
            "changes_about", "changes_by_target", "changes_waiting",
        )
    ),
    *(f"ALTER TABLE messages DROP COLUMN {name}" for name in _OF_STEP_9),
    *(f"ALTER TABLE conversations DROP COLUMN {name}" for name in _OF_STEP_10),
    "ALTER TABLE write_lanes DROP COLUMN seen",
    "ALTER TABLE read_lanes DROP COLUMN seen",
    "ALTER TABLE read_lanes DROP COLUMN seen_told",
    "CREATE INDEX messages_by_conversation ON messages(conversation, seq)",
    "CREATE INDEX messages_unread ON messages(conversation, seq) WHERE state = 'received'",
)  # fmt: skip
_TO_STEP_7 = (
    "DROP TABLE attachments",
    "DROP INDEX messages_unread",
    "ALTER TABLE messages ADD COLUMN incoming INTEGER NOT NULL DEFAULT 0",
    "UPDATE messages SET incoming = 1 WHERE state = 'received'",
    "CREATE INDEX messages_unread ON messages(conversation, seq) WHERE incoming = 1",
    "ALTER TABLE postings ADD COLUMN held INTEGER NOT NULL DEFAULT 0",
    "DROP TABLE receipts",
    "CREATE TABLE of_conversation AS SELECT * FROM conversation_devices JOIN devices USING (device)",
    "CREATE TABLE with_device AS SELECT id, device, pickle, used, sendable FROM sessions",
    "DROP TABLE sessions",
    "DROP TABLE conversation_devices",
    "DROP TABLE devices",
    "DROP TABLE members",
    "ALTER TABLE of_conversation RENAME TO devices",
    "ALTER TABLE with_device RENAME TO sessions",
    "ALTER TABLE conversations RENAME COLUMN recipient TO identity",
    "ALTER TABLE conversations DROP COLUMN kind",
)


def to_step_5(person: Person) -> None:
    """Make a person's file what it was before step 6, with the same content."""
    with person.database.transaction() as tx:
        for statement in (*_TO_STEP_8, *_TO_STEP_7):
            tx.run(statement)
        tx.run("DROP TABLE search")
        tx.run("DROP TABLE search_state")
        for statement in load_migrations("history")[0].statements:
            if "search" in statement:
                tx.run(statement)
        tx.run("INSERT INTO search(search) VALUES ('rebuild')")
        tx.run("ALTER TABLE messages DROP COLUMN departed")
        tx.run("DROP INDEX postings_emptied")
        tx.run("ALTER TABLE postings DROP COLUMN stead")
        tx.run("PRAGMA user_version = 5")
    person.close()


def test_a_file_of_step_5_opens_and_what_may_have_left_counts_as_sent(tmp_path: Path) -> None:
    office = Office()
    alice, bob = Person(office, tmp_path, "alice"), Person(office, tmp_path, "bob")
    a, _ = meet(office, alice, bob)
    heard = alice.say(a, "heard")
    settle(office, alice, bob, rounds=4)
    bob.online = False
    copied, again = alice.say(a, "copied"), alice.say(a, "to be encoded again")
    settle(office, alice, rounds=2)
    alice.online = False
    waits, unwritten = alice.say(a, "waits"), alice.say(a, "not encoded yet")
    with alice.database.transaction() as tx:
        tx.run("DELETE FROM postings WHERE message = (SELECT seq FROM messages WHERE id = ?)", again)
        tx.run("DELETE FROM postings WHERE message = (SELECT seq FROM messages WHERE id = ?)", unwritten)
        tx.run("UPDATE messages SET pending = 1 WHERE id = ?", again)
        tx.run("UPDATE messages SET pending = 1, generation = NULL, idx = NULL WHERE id = ?", unwritten)
    to_step_5(alice)
    alice.open()
    assert [row.text for row in alice.rows(a)][-5:] == [
        "heard",
        "copied",
        "to be encoded again",
        "waits",
        "not encoded yet",
    ]
    with alice.database.read() as tx:
        departed = {row[0] for row in tx.rows("SELECT id FROM messages WHERE departed = 1")}
    assert departed >= {heard, copied, again}
    assert not departed & {waits, unwritten}
    assert alice.call(api.MessageDelete(ids=[waits, unwritten])) == api.Deleted(withdrawn=2, on_their_way=0)
    assert alice.call(api.MessageDelete(ids=[copied, again])) == api.Deleted(withdrawn=0, on_their_way=2)


def test_links_and_greetings_of_before_are_at_an_end_and_say_so(office: Office, tmp_path: Path) -> None:
    alice, carol = upgraded(office, tmp_path, "alice"), upgraded(office, tmp_path, "carol")
    settle(office, alice, carol, rounds=3)
    assert alice.call(api.GreetingList()) == []
    old = [invite for invite in alice.call(api.InviteList()) if invite.state != "used"]
    assert old
    assert {invite.state for invite in old} == {"revoked"}
    link = decode_link(old[0].link)
    found = alice.record(link.record_id)
    assert found is not None
    record = decode_record(found)
    assert getattr(open_record(link, record.ciphertext, record.sequence, record.expiry_hour), "reason", "") == "revoked"
    (waiting,) = carol.call(api.ConversationList())
    assert waiting.state == "unanswered"
    assert carol.said(waiting.id) == ["failed"]
    meet(office, alice, carol)
    assert carol.call(api.ConversationList())[0].state == "open"


def test_no_secret_of_before_is_left_in_the_file(office: Office, tmp_path: Path) -> None:
    alice = upgraded(office, tmp_path, "alice")
    before = HOMES["files"]["alice"]
    roots = [bytes.fromhex(row[2]["hex"]) for row in before["roots"]["rows"]]
    chains = [bytes.fromhex(row[3]["hex"]) for row in before["write_lanes"]["rows"]]
    with alice.database.read() as tx:
        assert not {row[0] for row in tx.rows("SELECT root FROM roots")} & set(roots)
        assert not {row[0] for row in tx.rows("SELECT chain FROM write_lanes")} & set(chains)
        assert tx.rows("SELECT 1 FROM sessions") == []
    assert alice.engine.me.certificate.identity == keys_identity("alice")


def keys_identity(name: str) -> bytes:
    from core.crypto import primitives

    return primitives.ed25519_public(keys_of_seed(name.encode().ljust(32, b"s")).identity)


def test_opening_again_changes_nothing_more(office: Office, tmp_path: Path) -> None:
    alice = upgraded(office, tmp_path, "alice")
    with alice.database.read() as tx:
        roots = tx.rows("SELECT root FROM roots ORDER BY root")
    certificate = alice.engine.me.certificate
    alice.close()
    alice.open()
    with alice.database.read() as tx:
        assert tx.rows("SELECT root FROM roots ORDER BY root") == roots
    assert alice.engine.me.certificate == certificate


def test_a_file_from_the_future_is_named_as_that(tmp_path: Path) -> None:
    steps = load_migrations("history")
    later = (*steps, Migration(len(steps) + 1, ("CREATE TABLE of_tomorrow (id INTEGER)",)))
    Database.open(tmp_path / "later.db", bytes(32), later).close()
    with pytest.raises(SchemaTooNew):
        Database.open(tmp_path / "later.db", bytes(32), steps)


# --- step 8: devices of people, audiences of conversations --------------------------------------------------------------


def of_step_7(folder: Path, *people: tuple[str, str | None]) -> tuple[Office, list[Person]]:
    office = Office(now_ms=HOMES_OF_7["now_ms"])
    for name, device in people:
        put_down(folder, name, HOMES_OF_7, device=device)
    return office, [Person(office, folder, name, device=device or name) for name, device in people]


def table(homes: dict[str, Any], name: str, of: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of a table as a vector has them."""
    content = homes["files"][name][of]
    at = [content["columns"].index(column) for column in columns]
    values = [[bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in row] for row in content["rows"]]
    return [tuple(row[n] for n in at) for row in values]


def test_what_was_known_of_a_device_is_known_of_it_in_its_conversation(tmp_path: Path) -> None:
    _, (alice,) = of_step_7(tmp_path, ("alice", None))
    others = dict(table(HOMES_OF_7, "alice", "conversations", "id", "identity"))
    before = table(
        HOMES_OF_7, "alice", "devices", "conversation", "device", "state", "let_in", "offered_key", "reset_at"
    )
    with alice.database.read() as tx:
        rows = [row for conversation in others for row in devices.of_conversation(tx, conversation)]
        after = [(r.conversation, r.device, r.state, r.let_in, r.offered_key, r.reset_at) for r in rows]
        assert sorted(after) == sorted(before)
        assert all(row.identity == others[row.conversation] for row in rows)
        assert {c: [i] for c, i in others.items()} == {c: members.of_conversation(tx, c) for c in others}
        assert {row.kind for row in conversations.every(tx)} == {"direct"}
        ratchets = {(i, d) for i, d in tx.rows("SELECT id, device FROM sessions")}
        assert ratchets == set(table(HOMES_OF_7, "alice", "sessions", "id", "device"))
        assert loose_ends(tx) == []


def test_who_wrote_a_row_is_seen_by_its_author(tmp_path: Path) -> None:
    _, (alice,) = of_step_7(tmp_path, ("alice", None))
    before = table(HOMES_OF_7, "alice", "messages", "id", "author", "incoming", "state")
    me = alice.engine.me.identity
    assert all((author == me) == (not incoming) for _, author, incoming, _ in before)
    with alice.database.read() as tx:
        assert all((state == "received") == bool(incoming) for _, _, incoming, state in before)
        assert [(i, a, s) for i, a, _, s in before] == tx.rows("SELECT id, author, state FROM messages ORDER BY seq")
    sends = {row.id: row.sender for each in alice.call(api.ConversationList()) for row in alice.rows(each.id)}
    assert sends == {i: "me" if author == me else sends[i] for i, author, _, _ in before}


def test_what_an_unknown_device_held_is_delivered_once_the_person_confirms_it(tmp_path: Path) -> None:
    _, (alice,) = of_step_7(tmp_path, ("alice", None))
    (with_bob,) = [row for row in alice.call(api.ConversationList()) if row.name == "bob"]
    assert [row.state for row in alice.rows(with_bob.id) if row.text == "held by the second alone"] == ["stored"]
    (bob,) = [row for row in alice.call(api.ContactList()) if row.name == "bob"]
    (unknown,) = [device for device in bob.devices if device.state == "unknown"]
    alice.call(api.ContactConfirmDevice(identity=bob.identity, device=unknown.id, accept=True))
    assert [row.state for row in alice.rows(with_bob.id) if row.text == "held by the second alone"] == ["delivered"]


def test_the_talk_of_step_7_goes_on_at_all_three_devices(tmp_path: Path) -> None:
    people = (("alice", None), ("bob", None), ("bob", "bob2"))
    office, (alice, bob, second) = of_step_7(tmp_path, *people)
    settle(office, alice, bob, second, rounds=12)
    (with_bob,) = [row for row in alice.call(api.ConversationList()) if row.name == "bob"]
    (with_alice,), (at_second,) = bob.call(api.ConversationList()), second.call(api.ConversationList())
    assert bob.heard(with_alice.id)[-2:] == ["held by the second alone", "not sent yet"]
    assert second.heard(at_second.id)[-2:] == ["held by the second alone", "not sent yet"]
    bob.say(with_alice.id, "with the new version")
    settle(office, alice, bob, rounds=4)
    assert [row.text for row in alice.rows(with_bob.id) if row.kind == "text"][-1] == "with the new version"
    assert set(alice.said(with_bob.id)) == {"delivered"}


def test_the_migration_of_a_long_history_keeps_its_search(tmp_path: Path) -> None:
    steps = load_migrations("history")
    database = Database.open(tmp_path / "long.db", bytes(32), steps[:7])
    with database.transaction() as tx:
        tx.run(
            "INSERT INTO conversations(id, public_id, identity, name, state, created_at)"
            " VALUES (1, 'c', x'01', '', 'open', 0)"
        )
        tx.run_many(
            "INSERT INTO messages(id, conversation, uid, author, device, incoming, kind, text, sent_at, state)"
            " VALUES (?1, 1, ?1, x'02', x'03', ?2, 1, ?3, ?1, ?4)",
            [(n, n % 2, f"word{n}", "received" if n % 2 else "delivered") for n in range(1, 301)],
        )
    database.close()
    database = Database.open(tmp_path / "long.db", bytes(32), steps)
    with database.transaction() as tx:
        assert [row.text for row in messages.search(tx, "word299", None, 5, None)] == ["word299"]
        row = conversations.by_id(tx, 1)
        assert conversations.overviews(tx)[row.id].unread == 150
        plan = " ".join(
            step[3]
            for step in tx.rows(
                "EXPLAIN QUERY PLAN SELECT count(*), min(seq) FROM messages"
                " WHERE conversation = 1 AND seq > 5 AND state = 'received' AND shown = 1"
            )
        )
        assert "messages_unread" in plan
        found = messages.by_seq(tx, 299)
        assert found is not None
        messages.delete(tx, found, 0)
        assert messages.search(tx, "word299", None, 5, None) == []
    database.close()
