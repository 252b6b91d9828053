"""A text that is edited before it left keeps its place: the other side shows texts in their writer's order."""

from __future__ import annotations

import pytest

from core import api
from core.people.effects import Solve
from tests.core.people.test_changes import edit
from tests.core.people.test_deletion import delete, reopen, work_stands_still
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


def both_sides(alice: Person, a: str, bob: Person, b: str) -> list[tuple[str, bool]]:
    """Return the texts of Alice with whether they are shown as edited, which is the same on both sides."""
    hers = [(row.text, row.edited_at is not None) for row in alice.rows(a) if row.sender == "me"]
    his = [(row.text, row.edited_at is not None) for row in bob.rows(b) if row.sender != "me"]
    assert hers == his
    assert not any(row.late for row in bob.rows(b))
    return his


def versions(person: Person, conversation: str) -> list[str]:
    """Return all that a person can see of every text, in every version."""
    rows = person.rows(conversation)
    details = [person.call(api.MessageDetails(id=row.id)) for row in rows if row.kind == "text"]
    return [row.text for row in rows] + [version.text for each in details for version in each.versions]


@pytest.mark.parametrize("again", [False, True])
def test_a_text_edited_before_it_left_stays_before_those_written_after_it(
    office: Office, alice: Person, bob: Person, *, again: bool
) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    first, second = alice.say(a, "one"), alice.say(a, "two")
    alice.say(a, "three")
    edit(alice, second, "TWO")
    edit(alice, first, "ONE")
    if again:
        reopen(alice)
    edit(alice, first, "Uno")
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert both_sides(alice, a, bob, b) == [("Uno", False), ("TWO", False), ("three", False)]
    assert not {"one", "two", "ONE"} & set(versions(bob, b))
    assert set(alice.said(a)) == {"delivered"}
    bob.say(b, "heard you")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "heard you"


def test_a_text_edited_after_a_later_one_left_stays_before_it(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        first = alice.say(a, "one")
        alice.say(a, "two")
    before, behind = drafts
    alice._solve(behind)
    with work_stands_still(alice, monkeypatch):
        edit(alice, first, "ONE")
    alice._solve(before)
    settle(office, alice, bob, rounds=6)
    assert both_sides(alice, a, bob, b) == [("ONE", False), ("two", False)]
    assert "one" not in versions(bob, b)


@pytest.mark.parametrize("size", [1000, api.MAX_TEXT_SIZE])
def test_a_text_too_long_for_its_place_begins_there_and_is_whole_by_an_edit(
    office: Office, alice: Person, bob: Person, size: int
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)  # keys are told by then, so that a short text is one box
    alice.online = False
    first = alice.say(a, "a secret")
    alice.say(a, "two")
    long = ("é" * size)[: size // 2]
    edit(alice, first, long)
    alice.online = True
    settle(office, alice, bob, rounds=8)
    assert both_sides(alice, a, bob, b) == [(long, True), ("two", False)]
    assert "a secret" not in versions(bob, b)
    assert set(alice.said(a)) == {"delivered"}


def test_a_text_edited_and_deleted_before_it_left_is_never_sent(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    first = alice.say(a, "one")
    alice.say(a, "two")
    edit(alice, first, "ONE")
    assert delete(alice, first) == api.Deleted(withdrawn=1, on_their_way=0)
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert both_sides(alice, a, bob, b) == [("two", False)]


def test_of_very_many_texts_the_edited_first_keeps_its_place(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    first, *_ = [alice.say(a, f"text {number:02}") for number in range(60)]
    edit(alice, first, "TEXT 00")
    alice.online = True
    settle(office, alice, bob, rounds=20)
    expected = ["TEXT 00", *(f"text {number:02}" for number in range(1, 60))]
    assert [text for text, _ in both_sides(alice, a, bob, b)] == expected


def test_a_text_edited_when_very_many_behind_it_were_acknowledged_stays_before_them(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    drafts: list[Solve] = []
    with monkeypatch.context() as patch:
        patch.setattr(alice, "_solve", drafts.append)
        first = alice.say(a, "text 00")
        for number in range(1, 45):
            alice.say(a, f"text {number:02}")
    stuck, *rest = drafts
    for draft in rest:
        alice._solve(draft)
    settle(office, alice, bob, rounds=3)
    states = alice.said(a)
    assert bob.heard(b) == []
    assert states[0] == "queued"
    assert "delivered" in states, "they are held, and wait for the first"
    edit(alice, first, "TEXT 00")
    alice._solve(stuck)
    settle(office, alice, bob, rounds=20)
    expected = ["TEXT 00", *(f"text {number:02}" for number in range(1, 45))]
    assert [text for text, _ in both_sides(alice, a, bob, b)] == expected
    assert set(alice.said(a)) == {"delivered"}
