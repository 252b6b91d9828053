"""What is deleted before it left is never sent; what left counts as sent, and that is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.people.effects import Solve
from core.storage import lanes, postings
from tests.core.test_talking import add, meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def alice(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "alice")


@pytest.fixture
def bob(office: Office, tmp_path: Path) -> Person:
    return Person(office, tmp_path, "bob")


def delete(person: Person, *ids: str) -> api.Deleted:
    return person.call(api.MessageDelete(ids=list(ids)))


def reopen(person: Person) -> None:
    person.close()
    person.open()


@pytest.mark.parametrize("again", [False, True])
def test_what_was_written_without_a_network_and_deleted_is_never_sent(
    office: Office, alice: Person, bob: Person, *, again: bool
) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    wrong = alice.say(a, "sent to the wrong person")
    alice.say(a, "sent to the right one")
    if again:
        reopen(alice)
    assert delete(alice, wrong) == api.Deleted(withdrawn=1, on_their_way=0)
    if again:
        reopen(alice)
    alice.online = True
    alice.say(a, "and on")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["sent to the right one", "and on"]
    assert all(row.kind == "text" for row in bob.rows(b)), "no hole is left"
    assert set(alice.said(a)) == {"delivered"}
    bob.say(b, "heard you")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "heard you"


def test_a_long_text_is_taken_back_with_all_its_fragments(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    alice.online = False
    wrong = alice.say(a, "x" * api.MAX_TEXT_SIZE)
    with alice.database.read() as tx:
        before = lanes.writing(tx, 1)
    assert delete(alice, wrong).withdrawn == 1
    with alice.database.read() as tx:
        assert lanes.writing(tx, 1) == before, "its indexes stay used"
        assert b"xxxx" not in b"".join(posting.payload for posting in postings.every(tx))
    alice.online = True
    alice.say(a, "short")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["short"]


def test_what_waits_for_its_work_is_taken_back_too(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        wrong = alice.say(a, "almost")
        assert drafts
        assert delete(alice, wrong).withdrawn == 1
    for solve in drafts:  # the work that was under way ends now
        alice._solve(solve)
    alice.say(a, "instead")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["instead"]


def test_what_left_counts_as_sent_and_that_is_said(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    bob.online = False
    gone = alice.say(a, "too late")
    assert delete(alice, gone) == api.Deleted(withdrawn=0, on_their_way=1)
    office.wait(5 * 86_400)
    settle(office, alice, rounds=2)
    bob.online = True
    settle(office, alice, bob, rounds=4)
    assert bob.heard(b) == ["too late"]


def test_a_text_of_which_one_fragment_left_counts_as_sent(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        long = alice.say(a, "y" * 3000)
        assert len(drafts) > 1
    alice._solve(drafts[0])
    assert delete(alice, long) == api.Deleted(withdrawn=0, on_their_way=1)
    for solve in drafts[1:]:
        alice._solve(solve)
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["y" * 3000]


def test_a_greeting_is_taken_back_before_it_leaves(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    bob.online = False
    b = add(bob, link, "no, wait")
    (row,) = bob.rows(b)
    assert delete(bob, row.id).withdrawn == 1
    bob.online = True
    settle(office, alice, bob, rounds=4)
    assert alice.call(api.GreetingList()) == []
    assert bob.call(api.ConversationList())[0].state == "unanswered"
    meet(office, alice, bob)


def test_delivered_rows_are_neither(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "heard")
    settle(office, alice, bob, rounds=3)
    assert delete(alice, said, *[row.id for row in alice.rows(a) if row.sender != "me"]) == api.Deleted()
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["heard"]
