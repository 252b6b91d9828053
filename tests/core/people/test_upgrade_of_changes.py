"""Homes of step 8, the last before there were edits and reactions, open; what they kept unread of those is read.

They were written by the program of then: alice and bob in the middle of a conversation, carol waiting at alice's door.
Bob also wrote as a later version would: an edit, a reaction, and a kind that is not known to this day.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.storage import later
from tests.core.people.test_upgrade import homes_of, put_down
from tests.support.post_office import Office, Person, settle
from tests.support.tables import loose_ends

HOMES_OF_8 = homes_of(8)


@pytest.fixture
def people(tmp_path: Path) -> tuple[Office, Person, Person, Person]:
    office = Office(now_ms=HOMES_OF_8["now_ms"])
    for name in HOMES_OF_8["files"]:
        put_down(tmp_path, name, HOMES_OF_8)
    alice, bob, carol = (Person(office, tmp_path, name, device=name) for name in ("alice", "bob", "carol"))
    return office, alice, bob, carol


def only(person: Person) -> api.Conversation:
    (found,) = person.call(api.ConversationList())
    return found


def test_what_was_said_is_there_and_changes_kept_unread_are_where_they_belong(
    people: tuple[Office, Person, Person, Person],
) -> None:
    _, alice, *_ = people
    with_bob = only(alice)
    assert with_bob.draft == "half a sent"
    said = [row.text for row in alice.rows(with_bob.id) if row.kind == "text" and row.sender != "me"]
    assert said == [
        "hello, it is me", "to alice 0", "to alice 1", "to alice, otherwise", "to alice 3", "to alice 4", "beside it",
    ]  # fmt: skip
    rows = {row.text: row for row in alice.rows(with_bob.id)}
    assert rows["to alice, otherwise"].edited_at
    assert [each.emoji for each in rows["to bob 3"].reactions] == ["👍"]
    assert [row.kind for row in rows.values() if row.kind != "text"] == ["unknown"], "of tomorrow still"
    assert [found.message.id for found in alice.search("otherwise")] == [rows["to alice, otherwise"].id]
    assert alice.search("alice 2") == []
    with alice.database.read() as tx:
        assert later.every(tx) == []
        assert loose_ends(tx) == []


def test_the_talk_goes_on_with_all_that_is_new(people: tuple[Office, Person, Person, Person]) -> None:
    office, alice, bob, _ = people
    a, b = only(alice).id, only(bob).id
    office.wait(2 * 86_400)  # what lay in the network of then is over
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "not delivered yet", "nothing that was accepted is lost"
    answered = alice.rows(a)[-1].id
    alice.call(api.MessageSend(conversation=a, text="I have it", reply_to=answered))
    alice.call(api.MessageReact(id=answered, emoji="🎉"))
    bob.call(api.MessageEdit(id=bob.rows(b)[-1].id, text="delivered now"))
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "delivered now"
    assert bob.heard(b)[-1] == "I have it"
    rows = {row.text: row for row in bob.rows(b)}
    assert rows["I have it"].reply_to == rows["delivered now"].id
    assert [each.emoji for each in rows["delivered now"].reactions] == ["🎉"]
    assert set(bob.said(b)) == {"delivered"}


def test_who_waited_at_the_door_is_let_in(people: tuple[Office, Person, Person, Person]) -> None:
    office, alice, _, carol = people
    (greeting,) = alice.call(api.GreetingList())
    with_carol = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, alice, carol, rounds=6)
    assert only(carol).state == "open"
    carol.say(only(carol).id, "thank you")
    settle(office, alice, carol, rounds=4)
    assert alice.heard(with_carol) == ["hello, it is me", "thank you"]
