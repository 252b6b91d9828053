"""What is said of contacts, their devices and deletions, and the rows that nobody wrote."""

from __future__ import annotations

import pytest

from core import api
from core.people.format.content import KINDS
from tests.support.world import BOB, NOW
from tui.widgets.chat_log.notes import note_of
from tui.words.contacts import deleted_words, device_name, key_words, own_name_of, own_part, served_words, trust_words

KEY = "a1b2c3d4e5f60718" * 4
DEVICE = api.ContactDevice(id=KEY, name="phone", state="unknown", since=NOW, served=False)
FORBIDDEN = frozenset("\x1b\x07\r\n\u202e\u200b")
HOSTILE = "\x1b[2JEve\u202e\r\n\u200b\x07"


def a_contact(**fields: object) -> api.Contact:
    """Return Bob, with other ``fields``."""
    known: dict[str, object] = {
        "identity": BOB, "name": "Bob", "own_name": "Bob", "conversation": "bob", "state": "open", "verified": False,
        "blocked": False, "devices": [DEVICE],
    }  # fmt: skip
    return api.Contact(**(known | fields))  # type: ignore[arg-type]  # by name, as a test needs them


def a_device(**fields: object) -> api.ContactDevice:
    """Return an unknown phone, with other ``fields``."""
    known: dict[str, object] = {"id": KEY, "name": "phone", "state": "unknown", "since": NOW, "served": False}
    return api.ContactDevice(**(known | fields))  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("back", "gone", "words"),
    [
        (1, 0, "Taken back: it had not left this device."),
        (0, 1, "It is on its way already and cannot be taken back."),
        (2, 0, "2 were taken back: they had not left."),
        (1, 2, "1 was taken back: it had not left. 2 are on the way already and cannot be taken back."),
        (3, 1, "3 were taken back: they had not left. 1 is on the way already and cannot be taken back."),
        (0, 0, "Deleted."),
    ],
)
def test_a_deletion_says_what_was_taken_back_and_what_was_not(back: int, gone: int, words: str) -> None:
    assert deleted_words(api.Deleted(withdrawn=back, on_their_way=gone)) == words


@pytest.mark.parametrize(
    ("name", "own_name", "shown"),
    [("Bob", "Bob", ""), ("Bob", "", ""), ("Bobby", "Bob", "Bob"), ("Bob", "B\u200bob\u202e", ""), ("B", HOSTILE, "")],
)
def test_the_own_name_is_shown_only_where_it_reads_differently(name: str, own_name: str, shown: str) -> None:
    own = own_name_of(a_contact(name=name, own_name=own_name))
    assert not set(own) & FORBIDDEN
    if own_name != HOSTILE:
        assert own == shown


def test_an_own_name_never_takes_more_room_than_there_is() -> None:
    long = a_contact(name="B", own_name="Robert " * 8)
    for room in range(40):
        part = own_part(long, room, "…")
        assert len(part) <= room
        assert not part or (part.startswith(" (") and part.endswith(")"))
    assert own_part(a_contact(name="B", own_name="Bob"), 6, "…") == " (Bob)"


def test_a_device_without_a_name_goes_by_its_key() -> None:
    assert device_name(DEVICE) == "phone"
    assert device_name(a_device(name="\u200b")) == "a1b2 c3d4"
    assert key_words(DEVICE) == "a1b2 c3d4 e5f6 0718"
    assert not set(device_name(a_device(name=HOSTILE)) + key_words(a_device(id=HOSTILE))) & FORBIDDEN


@pytest.mark.parametrize(
    ("device", "contact", "words"),
    [
        ({"served": True}, {}, "none they had before was heard"),
        ({}, {}, "from an hour after it appeared"),
        ({}, {"verified": True}, "unless you confirm it"),
        ({}, {"warning": "both-alive"}, "unless you confirm it"),
        ({"state": "vouched", "served": True}, {}, "What you write goes to it."),
        ({"state": "vouched"}, {}, "silent for long"),
        ({"state": "confirmed"}, {}, "silent for long"),
        ({"state": "vouched", "served": True}, {"blocked": True}, "nothing goes to it"),
    ],
)
def test_where_what_one_writes_goes(device: dict[str, object], contact: dict[str, object], words: str) -> None:
    assert words in served_words(a_device(**device), a_contact(**contact))


@pytest.mark.parametrize(
    ("state", "words"),
    [("vouched", "knew before vouches"), ("confirmed", "confirmed it"), ("unknown", "has the words of Bob can make")],
)
def test_who_answers_for_a_device(state: str, words: str) -> None:
    assert words in trust_words(a_device(state=state), a_contact())


# --- rows that nobody wrote -------------------------------------------------------------------------------------------


def row(kind: api.RowKind, text: str = "", sender: str = BOB) -> api.Message:
    """Return a row of a kind."""
    return api.Message(id="1", sender=sender, text=text, sent_at=NOW, state="received", kind=kind)


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("device", ("Bobby has a device", "/devices")),
        ("both-alive", ("unknown device of Bobby", "ask Bobby by another way", "/devices")),
        ("newer-version", ("Bobby uses a newer version", "update")),
        ("not-told", ("Bobby has not heard where you read",)),
        ("unknown", ("newer version of sottovoce",)),
        ("gap", ("missing",)),
    ],
)
def test_a_row_that_nobody_wrote_is_a_sentence(kind: api.RowKind, parts: tuple[str, ...]) -> None:
    note = note_of(row(kind), "Bobby")
    assert all(part in note for part in parts)
    assert "{" not in note


def test_a_change_of_name_shows_both_names_and_the_foreign_one_last() -> None:
    note = note_of(row("renamed", f"{HOSTILE} (/rename) you owe me"), "Bobby")
    assert note.startswith("you still call them Bobby (/rename changes that)")
    assert note.endswith("you owe me")
    assert not set(note) & FORBIDDEN
    assert note_of(row("renamed", "Robert"), "Robert") == "they call themselves now: Robert"


def test_a_name_with_braces_stays_as_it_is() -> None:
    assert note_of(row("device"), "{name} {0}").startswith("{name} {0} has a device")


def test_one_own_rows_of_unknown_kinds_ask_for_a_newer_version() -> None:
    assert "newer version" in note_of(row("device", sender="me"), "you")


def test_every_content_kind_that_is_shown_has_words() -> None:
    names = [
        name
        for kind in KINDS
        if kind.row is not None and kind.row.name is not None
        for name in ([kind.row.name] if isinstance(kind.row.name, str) else kind.row.name.values())
        if name != "text"
    ]
    assert names
    for name in names:
        for sender in ("me", BOB):
            assert "newer version" not in note_of(row(name, sender=sender), "Bobby"), name
