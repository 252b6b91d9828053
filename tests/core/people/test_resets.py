"""Resets: found in any order, repeated for days, answered once."""

from __future__ import annotations

import itertools

import pytest

from core import api
from core.people.conversation import resets
from core.people.limits import MAX_GENERATIONS_AN_HOUR, PeopleLimits
from core.people.work import Work
from core.storage import lanes
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table


def reset(person: Person, *, is_last_known: bool = True) -> None:
    def act(work: Work) -> None:
        resets.begin(work, 1, is_last_known=is_last_known)

    person.carry_out(person.engine.command(act, person.moment())[1])


def reopen(person: Person) -> None:
    person.close()
    person.open()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_resets_found_in_any_order_leave_the_latest_lane(
    office: Office, alice: Person, bob: Person, order: tuple[int, ...]
) -> None:
    a, b = meet(office, alice, bob)
    groups: list[list[bytes]] = []
    for n in range(3):
        before = len(office.boxes)
        office.wait(10)
        reset(alice)
        alice.say(a, f"text {n}")
        groups.append(office.boxes[before:])
        del office.boxes[before:]
    for n in order:
        office.boxes += groups[n]
        settle(office, bob, rounds=1)
    settle(office, alice, bob, rounds=12)
    bob.say(b, "heard you")
    alice.say(a, "last")
    settle(office, alice, bob, rounds=8)
    assert sorted(bob.heard(b)) == ["last", "text 0", "text 1", "text 2"]
    assert bob.heard(b)[-1] == "last"
    assert alice.heard(a)[-1] == "heard you"
    assert set(alice.said(a)) | set(bob.said(b)) == {"delivered"}


def test_resets_of_the_last_days_found_again_after_a_restart_change_nothing(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    for n in range(3):
        reset(alice)
        alice.say(a, f"text {n}")
        settle(office, alice, bob, rounds=6)
    with bob.database.read() as snapshot:
        before = [row.generation for row in lanes.every_reading(snapshot)]
        written = len(lanes.written_in(snapshot, 1))
    reopen(bob)
    settle(office, alice, bob, rounds=3)
    with bob.database.read() as snapshot:
        assert [row.generation for row in lanes.every_reading(snapshot)] == before
        assert len(lanes.written_in(snapshot, 1)) == written
    alice.say(a, "still here")
    settle(office, alice, bob, rounds=3)
    assert bob.heard(b) == ["text 0", "text 1", "text 2", "still here"]


def test_both_reset_at_once_and_come_to_rest(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    for person in (alice, bob):
        person.online = False
    reset(alice)
    reset(bob, is_last_known=False)
    alice.say(a, "from alice")
    bob.say(b, "from bob")
    for person in (alice, bob):
        person.online = True
        reopen(person)
    settle(office, alice, bob, rounds=16)
    with alice.database.read() as ours, bob.database.read() as theirs:
        counts = len(lanes.written_in(ours, 1)), len(lanes.written_in(theirs, 1))
    settle(office, alice, bob, rounds=16)
    with alice.database.read() as ours, bob.database.read() as theirs:
        assert (len(lanes.written_in(ours, 1)), len(lanes.written_in(theirs, 1))) == counts
    assert bob.heard(b) == ["from alice"]
    assert alice.heard(a)[-1] == "from bob"
    assert set(alice.said(a)) | set(bob.said(b)) == {"delivered"}


@pytest.mark.full
def test_generations_of_a_conversation_are_bounded(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    for n in range(lanes.MAX_GENERATIONS + 6):
        reset(alice, is_last_known=n % 2 == 0)
        alice.say(a, f"{n}")
        settle(office, alice, bob, rounds=3, seconds=3600)
    settle(office, alice, bob, rounds=6)
    for person in (alice, bob):
        with person.database.read() as snapshot:
            assert len(lanes.written_in(snapshot, 1)) <= lanes.MAX_GENERATIONS
            assert len(lanes.reading_in(snapshot, 1)) <= lanes.MAX_GENERATIONS
    assert bob.heard(b) == [str(n) for n in range(lanes.MAX_GENERATIONS + 6)]
    for _ in range(2):  # those read beside a later one end after some days, and are known by name for some more
        office.wait(6 * 86_400)
        settle(office, alice, bob, rounds=3)
    with bob.database.read() as snapshot:
        assert all(row["ended_at"] is None for row in table(snapshot, "read_lanes"))


def test_an_inviter_put_back_to_before_it_accepted_is_heard_and_told_everything(
    office: Office, alice: Person, bob: Person
) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    b = add(bob, link)
    settle(office, alice, bob, rounds=2)
    backup, records = alice.copy(), dict(office.records)
    (greeting,) = alice.call(api.GreetingList())
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, alice, bob, rounds=3)
    alice.say(a, "of the first life")
    for n in range(60):
        bob.say(b, f"{n}")
    settle(office, alice, bob, rounds=6)
    assert set(bob.said(b)) == {"delivered"}
    office.records = records  # nor does the network know what she did since
    alice.put_back(backup)
    settle(office, alice, bob, rounds=2)
    (greeting,) = alice.call(api.GreetingList())
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    alice.say(a, "of the second life")
    settle(office, alice, bob, rounds=16)
    assert alice.heard(a) == ["hello, it is me", *(str(n) for n in range(60))]
    assert bob.heard(b) == ["of the first life", "of the second life"]
    assert set(alice.said(a)) == {"delivered"}


def test_an_acceptance_after_the_link_was_over_still_counts(office: Office, alice: Person, bob: Person) -> None:
    link = alice.call(api.InviteCreate(expires_in=3600)).link
    b = add(bob, link)
    settle(office, alice, bob, rounds=2)
    (greeting,) = alice.call(api.GreetingList())
    office.wait(2 * 3600)
    settle(office, bob, rounds=2)
    assert bob.call(api.ConversationList())[0].state == "unanswered"
    assert bob.said(b) == ["failed"]
    a = alice.call(api.GreetingAccept(id=greeting.id)).conversation
    alice.say(a, "better late")
    settle(office, alice, bob, rounds=4)
    assert bob.call(api.ConversationList())[0].state == "open"
    assert bob.said(b) == ["delivered"]
    assert bob.heard(b) == ["better late"]


def test_an_old_reset_that_is_found_last_revives_no_lane(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    before = len(office.boxes)
    reset(alice)
    with alice.database.read() as snapshot:
        old = lanes.written_in(snapshot, 1)[0].generation
    late = office.boxes[before:]
    del office.boxes[before:]
    office.wait(60)
    reset(alice)
    alice.say(a, "of the later one")
    settle(office, alice, bob, rounds=10)
    assert bob.heard(b) == ["of the later one"]
    office.boxes += late
    settle(office, alice, bob, rounds=4)
    with bob.database.read() as snapshot:
        assert old not in [row.generation for row in lanes.ever_read_in(snapshot, 1)]


def test_who_asked_too_often_is_answered_when_a_day_has_passed(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    office.takes_anything = True  # many things in one slot
    for _ in range(2 * MAX_GENERATIONS_AN_HOUR):
        reset(alice)
        settle(office, alice, bob, rounds=1, seconds=5)
    alice.say(a, "after all that")
    for _ in range(3):
        settle(office, alice, bob, rounds=5, seconds=86_400 / 5)
    settle(office, alice, bob, rounds=10)
    assert bob.heard(b)[-1] == "after all that"
    bob.say(b, "calm down")
    settle(office, alice, bob, rounds=5)
    assert alice.heard(a)[-1] == "calm down"


def test_what_was_asked_at_a_restless_time_is_answered_at_a_calm_one(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Passed over is not answered: the same question, announced again on the next day, is heard as if it were the first."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)

    def written() -> set[bytes]:
        with bob.database.read() as snapshot:
            return {row.generation for row in lanes.written_in(snapshot, 1)}

    before = written()
    bob.limit(PeopleLimits(generations_an_hour=0))
    reset(alice)
    settle(office, alice, bob, rounds=3)
    assert written() == before
    bob.limit(PeopleLimits())
    for _ in range(2):
        settle(office, alice, bob, rounds=5, seconds=86_400 / 5)
    assert written() - before
    alice.say(a, "still here")
    settle(office, alice, bob, rounds=5)
    assert bob.heard(b)[-1] == "still here"
