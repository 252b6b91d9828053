"""Alice and bob meet and talk, around an imaginary custodian office."""

from __future__ import annotations

import pytest

from core import api
from core.people.contact.greeting_sent import greet
from core.people.format.invitation import Bundle, decode_link, open_record
from core.storage import lanes
from net.parcel.record import decode_record
from tests.support.post_office import Office, Person, settle


def add(person: Person, link: str, text: str = "hello, it is me") -> str:
    """Do what ``contact.add`` does once the record was found."""
    decoded = decode_link(link)
    found = person.record(decoded.record_id)
    assert found is not None
    record = decode_record(found)
    bundle = open_record(decoded, record.ciphertext, record.sequence, record.expiry_hour)
    assert isinstance(bundle, Bundle)
    row, effects = person.engine.command(lambda work: greet(work, decoded, bundle, text), person.moment())
    person.carry_out(effects)
    return row.public_id


def meet(office: Office, inviter: Person, greeter: Person) -> tuple[str, str]:
    """Let ``greeter`` follow a link of ``inviter``; return their conversation ids (inviter's, greeter's)."""
    link = inviter.call(api.InviteCreate(expires_in=86_400)).link
    theirs = add(greeter, link)
    settle(office, inviter, greeter, rounds=2)
    (greeting,) = inviter.call(api.GreetingList())
    assert greeting.text == "hello, it is me"
    ours = inviter.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, inviter, greeter, rounds=3)
    return ours, theirs


def test_a_greeting_opens_a_conversation_on_both_sides(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    assert alice.call(api.ConversationList())[0].state == "open"
    assert bob.call(api.ConversationList())[0].state == "open"
    assert bob.said(b) == ["delivered"]
    assert alice.heard(a) == ["hello, it is me"]
    assert alice.call(api.ConversationList())[0].name == "bob"


def test_texts_arrive_once_in_order_and_are_delivered(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    sent = [f"text {n}" for n in range(70)]
    for text in sent:
        alice.say(a, text)
        bob.say(b, "re: " + text)
    settle(office, alice, bob, rounds=30)
    assert bob.heard(b) == sent
    assert alice.heard(a) == ["hello, it is me"] + ["re: " + text for text in sent]
    assert set(alice.said(a)) == {"delivered"}
    assert set(bob.said(b)) == {"delivered"}


def test_the_longest_text_takes_the_next_class(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    text = "é" * (api.MAX_TEXT_SIZE // 2)
    alice.say(a, text)
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == [text]


def test_texts_before_acceptance_wait_and_arrive(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    b = add(bob, link)
    bob.say(b, "are you there?")
    settle(office, alice, bob, rounds=2)
    assert bob.said(b)[1] == "queued"
    (greeting,) = alice.call(api.GreetingList())
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a) == ["hello, it is me", "are you there?"]


def test_both_greet_at_once(office: Office, alice: Person, bob: Person) -> None:
    links = [person.call(api.InviteCreate(expires_in=86_400)).link for person in (alice, bob)]
    a, b = add(alice, links[1], "alice greets"), add(bob, links[0], "bob greets")
    settle(office, alice, bob, rounds=6)
    alice.say(a, "one")
    bob.say(b, "two")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a) == ["bob greets", "two"]
    assert bob.heard(b) == ["alice greets", "one"]
    assert len(alice.call(api.ConversationList())) == 1
    assert alice.call(api.GreetingList()) == []


def test_away_for_five_days(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    bob.online = False
    for n in range(5):
        alice.say(a, f"day {n}")
        settle(office, alice, rounds=24, seconds=3600)
    bob.online = True
    settle(office, alice, bob)
    assert bob.heard(b) == [f"day {n}" for n in range(5)]
    assert set(alice.said(a)) == {"delivered"}


def test_a_lost_box_holds_the_rest_back_and_is_asked_for(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    before = len(office.boxes)
    alice.say(a, "lost at first")
    office.is_lost = set(range(before + 1, len(office.boxes) + 1))
    alice.say(a, "second")
    settle(office, alice, bob, rounds=2)
    assert bob.heard(b) == []
    office.is_lost = set()
    bob.start_over()
    settle(office, alice, bob, rounds=2)
    assert bob.heard(b) == ["lost at first", "second"]


def test_an_old_copy_put_back_loses_and_repeats_nothing(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    backup = alice.copy()
    for n in range(30):
        alice.say(a, f"to bob {n}")
        bob.say(b, f"to alice {n}")
        if n % 5 == 0:
            settle(office, alice, bob, rounds=2)
    settle(office, alice, bob)
    assert len(alice.heard(a)) == 31
    alice.put_back(backup)
    alice.say(a, "after the restore")
    bob.say(b, "and on")
    settle(office, alice, bob, rounds=20)
    assert alice.heard(a) == ["hello, it is me", *(f"to alice {n}" for n in range(30)), "and on"]
    assert bob.heard(b) == [*(f"to bob {n}" for n in range(30)), "after the restore"]
    assert set(bob.said(b)) == {"delivered"}
    assert set(alice.said(a)) == {"delivered"}


@pytest.mark.full
def test_rekeying_goes_on_for_hundreds_of_texts(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    for n in range(150):
        alice.say(a, f"a{n}")
        bob.say(b, f"b{n}")
        if n % 10 == 0:
            settle(office, alice, bob, rounds=2)
    settle(office, alice, bob, rounds=10)
    assert bob.heard(b) == [f"a{n}" for n in range(150)]
    with alice.database.read() as snapshot:
        (lane,) = lanes.every_writing(snapshot)
    assert lane.rekeyed_index > 50
