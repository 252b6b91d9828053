"""People who come back after weeks or months, put back or not, find the way on."""

from __future__ import annotations

import pytest

from core import api
from core.storage import roots
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle


@pytest.mark.parametrize("days", [40, *(pytest.param(days, marks=pytest.mark.full) for days in (33, 70, 120))])
def test_who_was_away_for_long_hears_what_is_not_too_old_and_talks_on(
    office: Office, alice: Person, bob: Person, days: int
) -> None:
    a, b = meet(office, alice, bob)
    for n in range(3):
        alice.say(a, f"before {n}")
        bob.say(b, f"before {n}")
        settle(office, alice, bob, rounds=2)
    settle(office, alice, bob, rounds=4)
    bob.online = False
    for day in range(days):
        if day % 4 == 0:
            alice.say(a, f"day {day}")
        settle(office, alice, rounds=2, seconds=43_200)
    bob.online = True
    bob.close()
    bob.open()
    settle(office, alice, bob, rounds=20)
    recent = [f"day {day}" for day in range(0, days, 4) if day > days - 29]
    heard = [text for text in bob.heard(b) if text.startswith("day")]
    assert heard[-len(recent) :] == recent
    bob.say(b, "I am back")
    alice.say(a, "at last")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "I am back"
    assert bob.heard(b)[-1] == "at last"
    assert alice.said(a)[-1] == bob.said(b)[-1] == "delivered"
    late = [state for row, state in zip(alice.rows(a), alice.said(a), strict=False) if row.text in recent]
    assert set(late) <= {"delivered", "failed"}


def test_an_inviter_put_back_long_after_it_accepted_is_heard(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=60 * 86_400)).link
    b = add(bob, link)
    settle(office, alice, bob, rounds=2)
    backup = alice.copy()
    (greeting,) = alice.call(api.GreetingList())
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    for n in range(5):
        alice.say(a, f"{n}")
        bob.say(b, f"{n}")
        settle(office, alice, bob, rounds=2)
    for _ in range(10):
        settle(office, alice, bob, rounds=1, seconds=86_400)
    office.records.clear()
    alice.put_back(backup)
    settle(office, alice, bob, rounds=2)
    (greeting,) = alice.call(api.GreetingList())
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    alice.say(a, "what was it?")
    settle(office, alice, bob, rounds=16)
    bob.say(b, "we met")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b)[-1] == "what was it?"
    assert alice.heard(a)[-1] == "we met"
    assert {f"{n}" for n in range(5)} <= set(alice.heard(a))


def test_who_is_put_back_to_before_several_resets_is_heard_at_the_root_it_has(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    old = bob.copy().read_bytes()
    for n in range(6):
        backup = alice.copy()
        alice.say(a, f"{n}")
        settle(office, alice, bob, rounds=3)
        alice.put_back(backup)
        alice.say(a, f"again {n}")
        settle(office, alice, bob, rounds=10, seconds=900)
    with bob.database.read() as tx:
        assert len(roots.of_conversation(tx, 1)) <= 2 * roots.MAX_ROOTS
    backup = bob.path.with_suffix(".old")
    backup.write_bytes(old)
    bob.put_back(backup)
    bob.say(b, "where was I?")
    settle(office, alice, bob, rounds=20, seconds=600)
    alice.say(a, "here")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "where was I?"
    assert bob.heard(b)[-1] == "here"
    assert {f"again {n}" for n in range(6)} <= set(bob.heard(b))
