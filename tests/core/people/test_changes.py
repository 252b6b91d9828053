"""Replies, edits and reactions between two people: what each shows, whatever way it came."""

from __future__ import annotations

import pytest

from core import api
from core.api import ApiError, Kind
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


def row(person: Person, conversation: str, text: str) -> api.Message:
    (found,) = [each for each in person.rows(conversation) if each.text == text]
    return found


def react(person: Person, message: api.Message | str, emoji: str, *, remove: bool = False) -> None:
    message_id = message if isinstance(message, str) else message.id
    person.call(api.MessageReact(id=message_id, emoji=emoji, remove=remove))


def edit(person: Person, message: api.Message | str, text: str) -> None:
    person.call(api.MessageEdit(id=message if isinstance(message, str) else message.id, text=text))


def test_replies_edits_and_reactions_go_both_ways(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    said = alice.say(a, "lunch at one?")
    settle(office, alice, bob, rounds=2)
    answer = bob.call(api.MessageSend(conversation=b, text="yes", reply_to=row(bob, b, "lunch at one?").id))
    react(bob, row(bob, b, "lunch at one?"), "👍")
    edit(alice, said, "lunch at two?")
    settle(office, alice, bob, rounds=3)
    for person, conversation, asker, answerer in ((alice, a, "me", None), (bob, b, None, "me")):
        asked, answered = row(person, conversation, "lunch at two?"), row(person, conversation, "yes")
        assert asked.edited_at is not None
        assert [(each.emoji, each.senders == ["me"]) for each in asked.reactions] == [("👍", answerer == "me")]
        assert answered.quote is not None
        assert (answered.reply_to, answered.quote.text) == (asked.id, "lunch at two?")
        assert (answered.quote.sender == "me") == (asker == "me")
        assert [each.text for each in person.rows(conversation)][-2:] == ["lunch at two?", "yes"]
        assert person.search("two")
        assert not person.search("one?")
    assert bob.call(api.ConversationList())[0].unread == 1
    react(bob, row(bob, b, "lunch at two?"), "👍", remove=True)
    react(alice, row(alice, a, "yes"), "🎉")
    edit(bob, answer.id, "yes!")
    settle(office, alice, bob, rounds=3)
    assert row(alice, a, "lunch at two?").reactions == []
    assert row(bob, b, "yes!").reactions[0].emoji == "🎉"
    assert set(bob.said(b)) == {"delivered"}


def test_only_its_author_edits_a_text_and_only_texts_take_changes(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.say(a, "mine")
    settle(office, alice, bob, rounds=2)
    with pytest.raises(ApiError) as refused:
        edit(bob, row(bob, b, "mine"), "yours")
    assert refused.value.kind is Kind.NOT_ALLOWED
    with pytest.raises(ApiError) as refused:
        react(bob, row(bob, b, "mine"), "ab")
    assert refused.value.kind is Kind.BAD_REQUEST


def test_a_text_that_has_not_left_is_replaced(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    alice.online = False
    said = alice.say(a, "a secret")
    edit(alice, said, "nothing")
    alice.online = True
    settle(office, alice, bob, rounds=3)
    (heard,) = [each for each in bob.rows(b) if each.sender != "me"]
    assert (heard.text, heard.edited_at) == ("nothing", None)
    assert row(alice, a, "nothing").edited_at is None
