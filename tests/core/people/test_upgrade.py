"""A home made by the version before step 5 opens, keeps what it had, and talks on with another that was upgraded.

The files are dumps of three people's histories made by that version (alice and bob in the middle of a conversation, carol
waiting at alice's door); they are put into real SQLCipher files of that step and opened.
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
from core.storage.database import Database
from core.storage.errors import SchemaTooNew
from core.storage.migrations import Migration, load_migrations
from net.parcel.record import decode_record
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

HOMES: dict[str, Any] = json.loads(
    gzip.decompress((Path(__file__).parents[2] / "vectors" / "homes_of_step_4.json.gz").read_bytes())
)


def put_down(folder: Path, name: str) -> None:
    """Make the file of a person as it was left by step 4."""
    steps = load_migrations("history")[: HOMES["step"]]
    database = Database.open(folder / f"{name}.db", name.encode().ljust(32, b"k"), steps)
    with database.transaction() as tx:
        tx.run("PRAGMA defer_foreign_keys = ON")
        for table, content in HOMES["files"][name].items():
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


def to_step_5(person: Person) -> None:
    """Make a person's file what it was before step 6, with the same content."""
    with person.database.transaction() as tx:
        for part in ("TRIGGER messages_ai", "TRIGGER messages_ad", "TRIGGER messages_au", "TABLE search"):
            tx.run(f"DROP {part}")
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
        departed = {row[0] for row in tx.rows("SELECT id FROM messages WHERE incoming = 0 AND departed = 1")}
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
