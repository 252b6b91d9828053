"""Whoever waits at one link and is given another is let in by either, and nothing that was said is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.people.contact import greeting_sent
from core.people.format.invitation import Bundle, decode_link, open_record
from core.people.work import Work
from net.parcel.record import decode_record
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def people(office: Office, tmp_path: Path) -> list[Person]:
    return [Person(office, tmp_path, name) for name in ("alice", "bob", "carol")]


def add(person: Person, link: str, text: str) -> str:
    """Do what ``contact.add`` does once the record was found."""
    decoded = decode_link(link)
    found = person.record(decoded.record_id)
    assert found is not None
    record = decode_record(found)
    bundle = open_record(decoded, record.ciphertext, record.sequence, record.expiry_hour)
    assert isinstance(bundle, Bundle)

    def greet(work: Work) -> str:
        known = greeting_sent.existing(work, decoded, bundle.certificate.device)
        return (known or greeting_sent.greet(work, decoded, bundle, text)).public_id

    conversation, effects = person.engine.command(greet, person.moment())
    person.carry_out(effects)
    return conversation


def test_the_first_link_was_used_up_by_another(office: Office, people: list[Person]) -> None:
    alice, bob, carol = people
    first = alice.call(api.InviteCreate(expires_in=7200, max_uses=1)).link
    add(bob, first, "bob was faster")
    waiting = add(carol, first, "carol at the first link")
    bob.poll()
    settle(office, bob, alice, carol, rounds=2)
    second = alice.call(api.InviteCreate(expires_in=86_400)).link
    assert add(carol, second, "carol at the second link") == waiting
    assert add(carol, second, "carol at the second link, once more") == waiting
    settle(office, alice, carol, rounds=2)
    (greeting,) = [each for each in alice.call(api.GreetingList()) if each.name == "carol"]
    conversation = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, alice, carol, rounds=6)
    assert carol.call(api.ConversationList())[0].state == "open"
    assert sorted(alice.heard(conversation)) == ["carol at the first link", "carol at the second link"]
    assert carol.said(waiting) == ["delivered", "delivered"]


def test_one_of_two_links_is_over(office: Office, people: list[Person]) -> None:
    alice, _, carol = people
    short = alice.call(api.InviteCreate(expires_in=3600)).link
    long = alice.call(api.InviteCreate(expires_in=86_400)).link
    waiting = add(carol, short, "at the short link")
    add(carol, long, "at the long link")
    office.wait(2 * 3600)
    carol.poll()
    carol.poll()
    assert carol.call(api.ConversationList())[0].state == "waiting"
    assert carol.said(waiting) == ["failed", "stored"]
    office.wait(24 * 3600)
    carol.poll()
    carol.poll()
    assert carol.call(api.ConversationList())[0].state == "unanswered"
