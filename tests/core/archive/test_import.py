"""Imports: what an archive may bring into an account, and what it may not claim."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core import api
from core.api import ApiError, Kind
from core.archive import reading
from core.crypto.seed import identity_of
from core.people.record import account_state
from core.session.commands import importing
from core.storage import conversations, outgoing, search_index
from tests.support.archives import PASSWORD, Desk, Friend, befriend, made_of, manifest, note, parts_of
from tests.support.post_office import Office, Person
from tests.support.tables import set_values, table

SAID = [(True, "the keys are under the third stone"), (False, "I found them"), (True, "good")]


@pytest.fixture
def bob(alice: Person) -> Friend:
    bob = befriend(alice, "bob")
    note(alice, bob, SAID)
    return bob


@pytest.fixture
def desk(alice: Person, tmp_path: Path) -> Desk:
    return Desk(alice, tmp_path / "home")


@pytest.fixture
def again(office: Office, tmp_path: Path) -> Person:
    """The same account on a new device."""
    return Person(office, tmp_path, "alice", device="alice-again")


@pytest.fixture
def archive(bob: Friend, desk: Desk, tmp_path: Path) -> Path:
    path = tmp_path / "all.zip"
    desk.export(path)
    return path


def refused(desk: Desk, path: Path, password: str | None = None) -> Kind:
    with pytest.raises(ApiError) as error:
        desk.take(path, password)
    return error.value.kind


def test_what_was_said_comes_back_before_what_is_said_now(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    note(again, bob, [(False, "hello anew")], at=9_000_000)
    taken = Desk(again, tmp_path / "home").take(archive)
    assert (taken.conversations, taken.messages, taken.known, taken.left_out) == (1, 3, 0, [])
    rows = again.rows(bob.conversation)
    assert [row.text for row in rows] == [*(text for _, text in SAID), "hello anew"]
    assert [row.sender for row in rows[:3]] == ["me", bob.name, "me"]
    assert [row.sent_at for row in rows[:3]] == [1_000_000, 1_001_000, 1_002_000]


def test_who_shows_the_conversation_is_told_to_read_it_anew_once(archive: Path, again: Person, tmp_path: Path) -> None:
    bob, desk = befriend(again, "bob"), Desk(again, tmp_path / "home")
    for _ in range(2):  # the second time nothing is new
        desk.take(archive)
    changed = [event for event in desk.service.told if isinstance(event, api.MessageChanged)]
    assert changed == [api.MessageChanged(conversation=bob.conversation, id="", what="imported")]


def test_a_row_of_an_archive_claims_nothing(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    Desk(again, tmp_path / "home").take(archive)
    for row in again.rows(bob.conversation):
        assert row.kind == "imported"
        assert row.state == "received"  # nothing of a delivery
        assert row.copies is row.until is None
        assert row.device == ""
    (listed,) = again.call(api.ConversationList())
    assert (listed.unread, listed.first_unread, listed.last_text) == (0, None, "good")
    with again.database.read() as snapshot:
        assert all(row["signed"] is row["generation"] is None for row in table(snapshot, "messages"))


def test_nothing_of_it_is_ever_sent(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    Desk(again, tmp_path / "home").take(archive)
    with again.database.transaction() as tx:
        number = conversations.every(tx)[0].id
        device = again.engine.me.device
        outgoing.encode_lane_again(tx, number, device, again=True)
        outgoing.doubt_all(tx, device)
        assert outgoing.conversations_pending(tx) == []
        assert outgoing.unanswered_greetings(tx, number) == []
        assert not any(row["departed"] for row in table(tx, "messages"))
    assert bob.conversation


def test_taking_it_twice_changes_nothing(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    there = Desk(again, tmp_path / "home")
    there.take(archive)
    rows = again.rows(bob.conversation)
    taken = there.take(archive)
    assert (taken.messages, taken.known) == (0, 3)
    assert again.rows(bob.conversation) == rows


def test_what_is_still_here_is_not_taken(archive: Path, alice: Person, bob: Friend, desk: Desk) -> None:
    rows = alice.rows(bob.conversation)
    taken = desk.take(archive)
    assert (taken.messages, taken.known) == (0, 3)
    assert alice.rows(bob.conversation) == rows


def test_archives_of_several_years_stand_in_order(
    bob: Friend, alice: Person, desk: Desk, again: Person, tmp_path: Path
) -> None:
    desk.export(tmp_path / "first.zip")
    note(alice, bob, [(False, "a year later")], at=31_000_000_000)
    alice.call(api.MessageDelete(ids=[row.id for row in alice.rows(bob.conversation)[:3]]))
    desk.export(tmp_path / "second.zip")
    there = Desk(again, tmp_path / "home")
    befriend(again, "bob")
    there.take(tmp_path / "second.zip")
    there.take(tmp_path / "first.zip")
    (listed,) = again.call(api.ConversationList())
    assert [row.text for row in again.rows(listed.id)] == [*(text for _, text in SAID), "a year later"]


def test_imported_rows_are_found_paged_deleted_and_exported_again(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    there = Desk(again, tmp_path / "home")
    there.take(archive)
    (found,) = again.search("stone")
    rows = again.rows(bob.conversation)
    assert found.message == rows[0]
    assert again.call(api.MessageList(conversation=bob.conversation, limit=1, before=rows[2].id)) == rows[1:2]
    assert again.call(api.MessageList(conversation=bob.conversation, limit=2, after=rows[0].id)) == rows[1:]
    there.export(tmp_path / "again.zip")
    lines = parts_of(tmp_path / "again.zip")["chats/0001-bob.jsonl"].splitlines()
    assert [json.loads(line)["text"] for line in lines] == [text for _, text in SAID]
    again.call(api.MessageDelete(ids=[rows[0].id]))
    assert again.search("stone") == []
    again.call(api.ConversationDelete(conversation=bob.conversation))
    assert again.rows(bob.conversation) == []
    assert again.search("found") == []


def test_they_are_found_while_the_index_is_made_anew(archive: Path, again: Person, tmp_path: Path) -> None:
    bob = befriend(again, "bob")
    note(again, bob, [(False, "a stone of today"), (False, "nothing")], at=9_000_000)
    Desk(again, tmp_path / "home").take(archive)
    with again.database.transaction() as tx:
        set_values(tx, "search_state", definition="another")
        search_index.prepare(tx)
    seen = []
    while True:
        seen.append([each.message.text for each in again.search("stone")])
        if not search_index.fill(again.database, rows=1):
            break
    assert seen == [["a stone of today", SAID[0][1]]] * len(seen)
    assert len(seen) > 4
    again.call(api.ConversationDelete(conversation=bob.conversation))
    assert again.search("stone") == []


# --- people, names, settings ------------------------------------------------------------------------------------------


def test_chats_with_people_who_are_no_contacts_are_left_out(archive: Path, again: Person, tmp_path: Path) -> None:
    befriend(again, "dave")
    taken = Desk(again, tmp_path / "home").take(archive)
    assert taken.messages == 0
    assert "1 of 1 conversations" in taken.left_out[0]
    assert len(again.call(api.ContactList())) == 1


def test_another_accounts_chats_are_left_out(office: Office, archive: Path, carol: Person, tmp_path: Path) -> None:
    bob = befriend(carol, "bob")
    taken = Desk(carol, tmp_path / "home").take(archive)
    assert taken.messages == 0
    assert "another account" in taken.left_out[0]
    assert carol.rows(bob.conversation) == []


def test_only_the_two_of_a_conversation_speak_in_it(alice: Person, bob: Friend, desk: Desk, tmp_path: Path) -> None:
    stranger = identity_of(alice.engine.me.device)
    lines = [
        {"id": f"{n}", "sender": who, "text": "x", "sent_at": n, "kind": kind, "state": "read", "device": "ab"}
        for n, (who, kind) in enumerate(
            [("me", "text"), (bob.name, "text"), (stranger, "text"), ("", "gap"), ("me", "device")]
        )
    ]
    path = _chat(tmp_path, alice, bob, "".join(json.dumps(line) + "\n" for line in lines), rows=5)
    assert desk.take(path).messages == 2


def test_names_that_the_person_gave_come_back(alice: Person, desk: Desk, again: Person, tmp_path: Path) -> None:
    befriend(alice, "Bobby", own_name="bob")
    befriend(alice, "carol")
    desk.export(tmp_path / "names", what="contacts")
    for here in ("Bobby", "carol"):
        befriend(again, here, own_name="bob" if here == "Bobby" else None)
    again.call(api.ContactRename(identity=again.call(api.ContactList())[0].identity, name=""))
    taken = Desk(again, tmp_path / "home").take(tmp_path / "names")
    assert taken.contacts == 1
    assert [contact.name for contact in again.call(api.ContactList())] == ["Bobby", "carol"]


def test_what_was_muted_is_muted_again(alice: Person, bob: Friend, desk: Desk, again: Person, tmp_path: Path) -> None:
    until = alice.moment().own_ms + 3_600_000
    alice.call(api.ConversationSet(conversation=bob.conversation, muted_until=until))
    desk.export(tmp_path / "names", what="contacts")
    befriend(again, "bob")
    Desk(again, tmp_path / "home").take(tmp_path / "names")
    assert again.call(api.ContactList())[0].muted_until == until


def test_no_archive_says_whom_one_compared_or_blocked(alice: Person, bob: Friend, desk: Desk, tmp_path: Path) -> None:
    claimed = [{"identity": bob.name, "name": "Bobby", "own_name": "bob", "verified": True, "blocked": True}]
    desk.take(made_of({"archive.json": manifest(), "contacts.json": json.dumps(claimed)}, tmp_path / "x"))
    (contact,) = alice.call(api.ContactList())
    assert (contact.verified, contact.blocked, contact.name) == (False, False, "Bobby")


def test_settings_come_back_and_nonsense_does_not(alice: Person, desk: Desk, tmp_path: Path) -> None:
    offered = {
        "lock_after": 60,
        "pace": "strong",
        "theme": "No such theme",
        "language": "../../x",
        "last_conversation": "x",
        "enter_sends": "perhaps",
        "future": 1,
    }
    path = made_of({"archive.json": manifest(), "settings.json": json.dumps(offered)}, tmp_path / "x")
    taken = desk.take(path)
    assert taken.settings == ["lock_after", "pace"]
    assert desk.heeded == 1
    settings = alice.call(api.SettingsGet())
    assert (settings.lock_after, settings.pace, settings.theme, settings.language) == (60, "strong", "", "")


def test_no_setting_of_free_text_is_taken() -> None:
    class Later(api.Record, frozen=True):
        notify_command: str = ""
        words: list[str] | None = None
        typing: bool = False

    assert importing.closed_settings(Later) == {"typing"}


def test_an_encrypted_one_asks_for_its_password(bob: Friend, desk: Desk, again: Person, tmp_path: Path) -> None:
    desk.export(tmp_path / "all.age", password=PASSWORD)
    befriend(again, "bob")
    there = Desk(again, tmp_path / "home")
    assert refused(there, tmp_path / "all.age") is Kind.WRONG_PASSWORD
    assert refused(there, tmp_path / "all.age", "not this one") is Kind.WRONG_PASSWORD
    assert there.take(tmp_path / "all.age", PASSWORD).messages == 3


# --- hostile archives ---------------------------------------------------------------------------------------------------


def _chat(folder: Path, person: Person, friend: Friend, lines: str | bytes, rows: int = 10, **more: Any) -> Path:
    part = {"identity": friend.name, "name": "bob", "rows": rows, "file": "chats/1.jsonl"}
    head = manifest(identity=identity_of(person.engine.me.identity), conversations=[part], **more)
    return made_of({"archive.json": head, "chats/1.jsonl": lines}, folder / "hostile.zip")


GOOD = '{"id": "1", "sender": "me", "text": "x", "sent_at": 1}\n'


@pytest.mark.parametrize(
    "lines",
    [
        b"\n",
        b"{}\n",
        b"\xff\xfe\n",
        GOOD.replace("1}", "-1}"),
        GOOD.replace("1}", f"{1 << 47}}}"),
        GOOD.replace('"x"', '"' + "x" * (api.MAX_TEXT_SIZE + 1) + '"'),
        GOOD.replace('"me"', "null"),
        GOOD.replace("\n", " " * reading.MAX_LINE + "\n"),
        GOOD * 11,
        "[" * 100_000 + "\n",
    ],
)
def test_a_hostile_line_is_a_bad_archive(
    alice: Person, bob: Friend, desk: Desk, tmp_path: Path, lines: str | bytes
) -> None:
    assert refused(desk, _chat(tmp_path, alice, bob, lines)) is Kind.BAD_ARCHIVE


def test_what_unpacks_to_far_more_is_refused(alice: Person, bob: Friend, desk: Desk, tmp_path: Path) -> None:
    row = GOOD.replace('"x"', '"' + "x" * 10_000 + '"')
    path = _chat(tmp_path, alice, bob, row * 2_000, rows=2_000)
    assert path.stat().st_size < 100_000
    assert refused(desk, path) is Kind.BAD_ARCHIVE
    assert len(alice.rows(bob.conversation)) < 200


@pytest.mark.parametrize(
    "head",
    [
        "{}",
        "[]",
        "",
        "null",
        manifest(format="something else"),
        manifest(version=0),
        manifest(version="1"),
        manifest(conversations=[{"identity": "", "name": "", "rows": -1, "file": ""}]),
        manifest(conversations=[{"identity": "", "name": "", "rows": 1 << 40, "file": ""}]),
        manifest(name="x" * 300),
    ],
)
def test_a_hostile_manifest_is_a_bad_archive(desk: Desk, tmp_path: Path, head: str) -> None:
    assert refused(desk, made_of({"archive.json": head}, tmp_path / "x")) is Kind.BAD_ARCHIVE


def test_a_later_version_is_said_to_be_one(desk: Desk, tmp_path: Path) -> None:
    path = made_of({"archive.json": manifest(version=2, more={})}, tmp_path / "x")
    assert refused(desk, path) is Kind.NEWER_VERSION


def test_names_inside_are_no_paths(alice: Person, bob: Friend, desk: Desk, tmp_path: Path) -> None:
    part = {"identity": bob.name, "name": "bob", "rows": 1, "file": "../../etc/passwd"}
    head = manifest(identity=identity_of(alice.engine.me.identity), conversations=[part])
    before = {each.name for each in tmp_path.rglob("*")}
    assert refused(desk, made_of({"archive.json": head}, tmp_path / "x")) is Kind.BAD_ARCHIVE
    path = made_of({"archive.json": head, "../../etc/passwd": GOOD}, tmp_path / "x")
    assert desk.take(path).messages == 1
    assert {each.name for each in tmp_path.rglob("*")} == before | {"x"}


def test_what_is_no_archive_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "x"
    for data in (b"", b"PK", b"hello", b"age-encryption.org/v1\nnonsense", bytes(100_000)):
        path.write_bytes(data)
        assert refused(desk, path, "password") is Kind.BAD_ARCHIVE
    assert refused(desk, tmp_path) is Kind.BAD_ARCHIVE
    assert refused(desk, Path("/dev/null")) is Kind.BAD_ARCHIVE
    assert refused(desk, tmp_path / "nothing") is Kind.BAD_REQUEST
    assert refused(desk, Path("x\0y")) is Kind.BAD_REQUEST


def test_a_list_of_parts_that_is_too_long_is_not_read(desk: Desk, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w") as archive:
        for number in range(22_000):
            archive.writestr(f"{number:0180}", "")
    with pytest.raises(ApiError, match="list of parts is too long"):
        desk.take(tmp_path / "x")


def answer(desk: Desk, path: Path) -> Kind | None:
    """Return how an archive is refused, None where it is taken."""
    try:
        desk.take(path)
    except ApiError as error:
        return error.kind
    return None


def test_an_altered_archive_is_a_bad_one_or_brings_what_it_says(archive: Path, desk: Desk, tmp_path: Path) -> None:
    good, chance = archive.read_bytes(), random.Random(5)
    for _ in range(150):
        at = chance.randrange(len(good))
        bad = good[:at] + chance.randbytes(chance.randrange(1, 5)) + good[at + chance.randrange(6) :]
        (tmp_path / "x").write_bytes(bad)
        assert answer(desk, tmp_path / "x") in {None, Kind.BAD_ARCHIVE, Kind.NEWER_VERSION}


def test_what_an_account_shares_with_its_devices_is_not_touched(archive: Path, again: Person, tmp_path: Path) -> None:
    befriend(again, "bob")
    before = again.engine.command(account_state.capture, again.moment())[0]
    Desk(again, tmp_path / "home").take(archive)
    assert again.engine.command(account_state.capture, again.moment())[0] == before
