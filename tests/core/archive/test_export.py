"""Exports: what is in an archive, how it comes to the disk, and who can read it."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from core.archive.reading import ArchiveReader
from tests.support.archives import PASSCODE, PASSWORD, Desk, Friend, befriend, note, parts_of
from tests.support.post_office import Person


@pytest.fixture
def bob(alice: Person) -> Friend:
    bob = befriend(alice, "bob")
    note(alice, bob, [(True, "first\nsecond line"), (False, "grüße 你好 \x1b]0;owned\x07 \u202etxt")])
    return bob


@pytest.fixture
def desk(alice: Person, tmp_path: Path) -> Desk:
    return Desk(alice, tmp_path / "home")


def refused(desk: Desk, path: Path, **more: object) -> Kind:
    with pytest.raises(ApiError) as error:
        desk.export(path, **more)
    return error.value.kind


def test_all_of_an_account_is_in_one_file(bob: Friend, alice: Person, desk: Desk, tmp_path: Path) -> None:
    rows = alice.rows(bob.conversation)
    answer = desk.export(tmp_path / "all.zip")
    parts = parts_of(tmp_path / "all.zip")
    assert set(parts) == {
        "README.txt", "archive.json", "contacts.json", "settings.json", "chats/0001-bob.txt", "chats/0001-bob.jsonl"
    }  # fmt: skip
    lines = [json.loads(line) for line in parts["chats/0001-bob.jsonl"].splitlines()]
    assert lines == [api.builtins_of(row) for row in rows]
    assert (answer.conversations, answer.messages, answer.contacts, answer.settings) == (1, len(rows), 1, True)
    assert answer.size == (tmp_path / "all.zip").stat().st_size
    (contact,) = json.loads(parts["contacts.json"])
    assert contact["identity"] == bob.name
    assert contact["verified"] is False
    assert json.loads(parts["settings.json"])["lock_after"] == 600


def test_no_key_is_in_it(bob: Friend, alice: Person, desk: Desk, tmp_path: Path) -> None:
    desk.export(tmp_path / "all.zip")
    parts = parts_of(tmp_path / "all.zip")
    words = "".join(parts.values())
    for secret in (alice.engine.me.device_seed, alice.engine.me.inbox, alice.seed, alice.key):
        assert secret.hex() not in words
    assert "devices" not in parts["contacts.json"]


def test_the_text_obeys_no_command_of_a_contact(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    desk.export(tmp_path / "all.zip")
    words = parts_of(tmp_path / "all.zip")
    said = words["chats/0001-bob.txt"]
    assert "grüße 你好 [U+001B]]0;owned[U+0007] [U+202E]txt" in said
    assert "alice: first\n    second line\n" in said
    assert words["chats/0001-bob.jsonl"].isascii()
    assert "\x1b" not in "".join(words.values())


def test_one_conversation_alone(bob: Friend, alice: Person, desk: Desk, tmp_path: Path) -> None:
    befriend(alice, "carol")
    desk.export(tmp_path / "bob.zip", conversation=bob.conversation)
    assert set(parts_of(tmp_path / "bob.zip")) == {
        "README.txt", "archive.json", "chats/0001-bob.txt", "chats/0001-bob.jsonl"
    }  # fmt: skip
    assert refused(desk, tmp_path / "x.zip", conversation="nobody") is Kind.UNKNOWN_CONVERSATION
    assert refused(desk, tmp_path / "x.zip", conversation=bob.conversation, what="settings") is Kind.BAD_REQUEST
    assert not (tmp_path / "x.zip").exists()


def test_parts_that_were_not_asked_for_are_not_there(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    for what, names in (("contacts", {"contacts.json"}), ("settings", {"settings.json"})):
        desk.export(tmp_path / what, what=what)
        assert set(parts_of(tmp_path / what)) == {"README.txt", "archive.json", *names}


def test_a_long_conversation_keeps_its_order(bob: Friend, alice: Person, desk: Desk, tmp_path: Path) -> None:
    note(alice, bob, [(number % 2 == 0, f"number {number}") for number in range(620)], at=2_000_000)
    desk.export(tmp_path / "all.zip")
    lines = [json.loads(line)["text"] for line in parts_of(tmp_path / "all.zip")["chats/0001-bob.jsonl"].splitlines()]
    assert lines == [row.text for row in _every(alice, bob.conversation)]


def _every(person: Person, conversation: str) -> list[api.Message]:
    newest = person.rows(conversation)
    return person.call(api.MessageList(conversation=conversation, limit=500, before=newest[0].id)) + newest


def test_others_have_their_turn_in_between(bob: Friend, alice: Person, desk: Desk, tmp_path: Path) -> None:
    steps: list[None] = []
    desk.service.between = lambda: steps.append(None)
    desk.export(tmp_path / "all.zip")
    assert len(steps) >= 8


# --- the file -----------------------------------------------------------------------------------------------------------


def test_only_its_owner_can_read_it(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    desk.export(tmp_path / "all.zip")
    assert stat.S_IMODE((tmp_path / "all.zip").stat().st_mode) == 0o600


def test_a_file_that_is_there_is_kept(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    path.write_text("something else")
    assert refused(desk, path) is Kind.FILE_EXISTS
    assert path.read_text() == "something else"
    desk.export(path, overwrite=True)
    assert "archive.json" in parts_of(path)


def test_one_that_appears_meanwhile_is_kept_too(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    desk.service.between = lambda: path.write_text("something else")
    assert refused(desk, path) is Kind.FILE_EXISTS
    assert path.read_text() == "something else"
    assert _files(tmp_path) == {"all.zip"}


def test_a_link_is_not_followed(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "link.zip").symlink_to(tmp_path / "target")
    assert refused(desk, tmp_path / "link.zip") is Kind.FILE_EXISTS
    assert refused(desk, tmp_path / "link.zip", overwrite=True) is Kind.BAD_REQUEST
    assert not (tmp_path / "target").exists()


def test_what_fails_leaves_nothing(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    def fail() -> None:
        if _files(tmp_path):
            raise OSError(28, "full")

    desk.service.between = fail
    assert refused(desk, tmp_path / "all.zip") is Kind.DISK_FULL
    assert _files(tmp_path) == set()


def _files(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir() if each.suffix != ".db" and not each.name.endswith(("-wal", "-shm"))}


@pytest.mark.parametrize("name", ["", ".", "..", "missing/x.zip", "x\0y"])
def test_what_is_no_place_is_refused(bob: Friend, desk: Desk, tmp_path: Path, name: str) -> None:
    with pytest.raises(ApiError) as error:
        desk.export(tmp_path / name if name != ".." else tmp_path / "..")
    assert error.value.kind in {Kind.BAD_REQUEST, Kind.FILE_EXISTS}


def test_it_is_not_laid_into_the_accounts_own_folder(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "home" / "own-node").mkdir(parents=True)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "home")
    for folder in ("home", "home/own-node", "elsewhere"):
        assert refused(desk, tmp_path / folder / "vault", overwrite=True) is Kind.BAD_REQUEST


# --- passwords ----------------------------------------------------------------------------------------------------------


def test_without_a_password_a_warning_comes_with_it(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    assert desk.export(tmp_path / "open.zip").warning == api.LIES_OPEN
    closed = desk.export(tmp_path / "closed.age", password=PASSWORD)
    assert closed.encrypted
    assert closed.warning == ""


def test_with_one_nothing_can_be_read(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "closed.age"
    desk.export(path, password=PASSWORD)
    data = path.read_bytes()
    assert data.startswith(b"age-encryption.org/v1\n")
    for known in (b"bob", b"archive.json", b"PK\x03\x04"):
        assert known not in data
    assert ArchiveReader(str(path), PASSWORD).manifest.what == "all"


def test_a_password_that_is_easy_to_guess_is_refused(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    for password in ("", "hunter2", "password1"):
        assert refused(desk, tmp_path / "closed.age", password=password) is Kind.WEAK_PASSCODE
    assert not (tmp_path / "closed.age").exists()


def test_a_wrong_passcode_stops_it(bob: Friend, desk: Desk, tmp_path: Path) -> None:
    assert refused(desk, tmp_path / "all.zip", passcode="not it at all") is Kind.WRONG_PASSCODE
    assert not (tmp_path / "all.zip").exists()
    desk.export(tmp_path / "all.zip", passcode=PASSCODE)
