"""A device that nobody vouches for was served, and is out: because a known one was heard, or by the person's word."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.people.conversation import inboxes
from core.people.effects import Solve
from core.storage import conversations, deposits, devices, postings
from core.storage.devices import NewDevice
from core.storage.postings import MAX_FRAGMENTS
from tests.core.people.test_restoring import WRITTEN, confirm_device, contacts, hour_passes, restored, texts
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def office() -> Office:
    return Office(coverage=6)


def thief_of(office: Office, folder: Path, bob: Person, device: str = "thief") -> Person:
    """Restore alice's account by her words on a device that says to read elsewhere than she does, and have it let in."""
    thief = restored(office, folder, device=device)
    with thief.engine.work(thief.moment()) as work:
        inboxes.renew(work)
    thief.engine._memory.record_sync.tend = lambda work: None  # type: ignore[method-assign] # nobody else of the account learns of it
    settle(office, thief, bob, rounds=4)
    hour_passes(office, thief, bob)
    return thief


def let_in(office: Office, folder: Path, alice: Person, bob: Person) -> tuple[Person, str, str]:
    """Let a thief be written to, beside; return it and the conversations of alice and bob."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.online = False
    thief = thief_of(office, folder, bob)
    settle(office, thief, bob, rounds=4)
    assert beside(bob) == thief.engine.me.inbox
    return thief, a, b


def beside(person: Person) -> bytes | None:
    with person.database.read() as tx:
        return conversations.by_id(tx, 1).inbox_beside


def copies_beside(person: Person) -> int:
    """Return how much is deposited, or would be, where only the device reads that is out."""
    with person.database.read() as tx:
        made = [row for each in postings.every(tx) for row in deposits.current(tx, each.id)]
        to_be_made = [each for each in postings.every(tx) if each.copies > 1]
    return len([row for row in made if row.fragment >= MAX_FRAGMENTS and row.box]) + len(to_be_made)


@pytest.mark.parametrize("by_word", [False, True])
def test_nothing_goes_where_a_device_reads_that_is_out(
    office: Office, tmp_path: Path, alice: Person, bob: Person, *, by_word: bool
) -> None:
    thief, a, b = let_in(office, tmp_path, alice, bob)
    bob.say(b, "while it was served")
    settle(office, bob, rounds=1)
    assert copies_beside(bob), "not delivered: it is deposited at both"
    if by_word:
        confirm_device(bob, accept=False)
    else:
        alice.online = True
        settle(office, alice, rounds=1)
        alice.say(a, "it is me")
        alice.online = False
        settle(office, bob, rounds=1)
        assert bob.rows(b)[-1].kind == "both-alive" or bob.rows(b)[-2].kind == "both-alive"
    assert beside(bob) is None
    assert not copies_beside(bob)
    bob.say(b, "for alice alone")
    before = len(office.boxes)
    for _ in range(3):
        office.wait(86_400)
        settle(office, thief, bob, rounds=3)
        assert not copies_beside(bob)
    assert len(office.boxes) > before
    assert "for alice alone" not in texts(thief, contacts(thief)["bob"])
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert texts(alice, a)[-2:] == ["while it was served", "for alice alone"]


def test_a_copy_beside_whose_work_was_under_way_is_not_let_go(
    office: Office, tmp_path: Path, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, b = let_in(office, tmp_path, alice, bob)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(bob, "_solve", drafts.append)
        bob.say(b, "hello")
        confirm_device(bob, accept=False)
    for solve in drafts:
        bob._solve(solve)
    assert not copies_beside(bob)


def test_another_that_is_served_is_written_to_beside_instead(
    office: Office, tmp_path: Path, alice: Person, bob: Person
) -> None:
    thief, _, b = let_in(office, tmp_path, alice, bob)
    bob.say(b, "whoever you are")
    with bob.database.transaction() as tx:
        devices.insert(tx, NewDevice(b"o" * 32, 1, alice.engine.me.identity, b"", "unknown", 0, 1), office.now_ms)
        devices.set_inbox(tx, b"o" * 32, b"O" * 32)
    (contact,) = bob.call(api.ContactList())
    device = thief.engine.me.device.hex()
    bob.call(api.ContactConfirmDevice(identity=contact.identity, device=device, accept=False))
    assert beside(bob) == b"O" * 32
    with bob.database.read() as tx:
        waiting = [each for each in postings.every(tx) if each.message is not None]
        assert {each.inbox[32:] for each in waiting} == {b"O" * 32}
        repeated = {row.fragment for each in waiting for row in deposits.current(tx, each.id) if row.box}
    assert repeated == {0}, "tomorrow's copy is the first that goes there: one id has one content"
    bob.say(b, "and you")
    with bob.database.read() as tx:
        new = postings.every(tx)[-1]
        numbers = {row.fragment for row in deposits.current(tx, new.id)}
    assert numbers == {*range(new.fragments), *range(MAX_FRAGMENTS, MAX_FRAGMENTS + new.fragments)}
    office.wait(86_400)
    settle(office, bob, rounds=2)
    with bob.database.read() as tx:
        repeated = {row.fragment for each in waiting for row in deposits.current(tx, each.id) if row.box}
    assert repeated == {0, MAX_FRAGMENTS}


def test_a_device_that_was_refused_is_told_of_no_lane(
    office: Office, tmp_path: Path, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.online = False
    thief = restored(office, tmp_path, device="thief")
    settle(office, thief, bob, rounds=4)
    thief.online = False
    hour_passes(office, bob)
    with bob.database.read() as tx:
        assert postings.of_conversation(tx, 1, "reset"), (
            "it was let in, and is told of the lane for as long as it takes"
        )
    confirm_device(bob, accept=False)
    with bob.database.read() as tx:
        assert not postings.of_conversation(tx, 1, "reset")
    bob.say(b, "on and on")
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert texts(alice, a)[-1] == "on and on"


def test_what_a_device_writes_that_is_not_known_is_told_apart(
    office: Office, tmp_path: Path, alice: Person, bob: Person
) -> None:
    """Whoever has the words goes on writing as their owner, out or not: both come as the contact's."""
    thief, a, b = let_in(office, tmp_path, alice, bob)
    alice.online = True
    alice.say(a, "really me")
    settle(office, alice, bob, rounds=4)
    bob.events.clear()
    thief.say(contacts(thief)["bob"], "send me money")
    settle(office, thief, bob, rounds=6)
    (contact,) = bob.call(api.ContactList())
    names = {device.state: device.name for device in contact.devices}
    rows = {row.text: row for row in bob.rows(b) if row.kind == "text"}
    assert (rows["really me"].device, rows["really me"].known) == (names["confirmed"], True)
    assert (rows["send me money"].device, rows["send me money"].known) == (names["unknown"], False)
    about = {row.kind: row for row in bob.rows(b) if row.kind != "text"}
    assert {(row.device, row.known) for row in about.values()} == {(names["unknown"], False)}
    (told,) = [event for event in bob.events if isinstance(event, api.MessageReceived)]
    assert (told.device, told.known) == (names["unknown"], False)
    (hit,) = bob.search("money")
    assert not hit.message.known
    bob.say(b, "mine")
    assert (bob.rows(b)[-1].device, bob.rows(b)[-1].known) == ("", True)
    confirm_device(bob)
    assert all(row.known for row in bob.rows(b))


def test_what_a_refused_device_wrote_stays_told_apart(
    office: Office, tmp_path: Path, alice: Person, bob: Person
) -> None:
    thief, _, b = let_in(office, tmp_path, alice, bob)
    thief.say(contacts(thief)["bob"], "send me money")
    settle(office, thief, bob, rounds=4)
    confirm_device(bob, accept=False)
    (row,) = [row for row in bob.rows(b) if row.text == "send me money"]
    assert not row.known
