"""Where an account reads after it was rid of somebody, and that all who stay hear of it, however long they are away.

Addresses matter here: the office hands out only the buckets that are asked for, of 64.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.crypto.seed import identity_of
from core.people.conversation import inboxes
from core.people.format.address import address_on
from core.people.format.watch import ResetWatch
from core.people.work import Work
from core.storage import conversations, devices, inboxes as rows, postings, roots
from core.storage.database import Snapshot
from net.instant import DAY_MS
from tests.core.people.test_restoring import WRITTEN, restored
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle

DAY = 86_400.0


@pytest.fixture
def office() -> Office:
    return Office(coverage=6)


def identity(person: Person) -> str:
    return identity_of(person.engine.me.identity)


def block(person: Person, other: Person) -> None:
    person.call(api.ContactBlock(identity=identity(other)))


def wait(office: Office, *people: Person, days: int) -> None:
    """Let days pass on which people are there for a minute."""
    for _ in range(days):
        settle(office, *people, rounds=1, seconds=DAY - 62)
        settle(office, *people, rounds=2)


def own(person: Person) -> list[rows.InboxRow]:
    """Return the inboxes of a person, the present one first."""
    with person.database.read() as snapshot:
        return rows.every(snapshot)


def known_to(person: Person, other: Person) -> bytes | None:
    """Return where a person writes to another."""
    with person.database.read() as snapshot:
        row = conversations.by_identity(snapshot, other.engine.me.identity)
    assert row is not None
    return row.inbox


def reads(person: Person, secret: bytes) -> bool:
    return address_on(secret, person.moment().day) in person.addresses


def kinds(person: Person, conversation: str) -> list[str]:
    return [row.kind for row in person.rows(conversation)]


def reopen(person: Person) -> None:
    person.close()
    person.open()


def test_whoever_stays_is_told_and_the_former_inbox_is_let_go_four_days_later(
    office: Office, alice: Person, bob: Person, carol: Person
) -> None:
    a, b = meet(office, alice, bob)
    meet(office, alice, carol)
    former = alice.engine.me.inbox
    block(alice, carol)
    present = alice.engine.me.inbox
    assert present != former
    assert reads(alice, present)
    assert reads(alice, former)
    settle(office, alice, bob, carol)
    assert known_to(bob, alice) == present
    assert known_to(carol, alice) == former
    bob.say(b, "at the new one")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a) == ["hello, it is me", "at the new one"]
    wait(office, alice, bob, days=3)
    assert reads(alice, former)
    wait(office, alice, bob, days=3)
    assert not reads(alice, former)
    assert [row.secret for row in own(alice)] == [present]
    bob.say(b, "still there")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "still there"
    assert "not-told" not in kinds(alice, a)


@pytest.mark.parametrize("days", [40, 120])
def test_a_contact_that_was_away_is_told_and_its_mail_is_found_at_either_inbox(
    office: Office, alice: Person, bob: Person, carol: Person, days: int
) -> None:
    a, b = meet(office, alice, bob)
    meet(office, alice, carol)
    bob.online = False
    former = alice.engine.me.inbox
    block(alice, carol)
    present = alice.engine.me.inbox
    wait(office, alice, days=days)
    assert reads(alice, former), "bob does not know yet"

    bob.online = True
    bob.say(b, "I am back")
    with bob.engine.work(bob.moment()) as work:
        assert conversations.every(work.tx)[0].inbox == former
    settle(office, bob, rounds=2, seconds=1)  # it leaves for where bob knows alice to read
    settle(office, alice, bob, rounds=16)
    assert alice.heard(a) == ["hello, it is me", "I am back"]
    assert known_to(bob, alice) == present
    wait(office, alice, bob, days=6)
    assert not reads(alice, former), "bob said that he knows"
    bob.say(b, "and here")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "and here"
    assert set(bob.said(b)) == {"delivered"}
    assert "not-told" not in kinds(alice, a)


@pytest.mark.full
def test_of_one_who_never_comes_a_row_says_so_after_130_days_and_the_telling_goes_on(
    office: Office, folder: Path, alice: Person, bob: Person, carol: Person
) -> None:
    dave = Person(office, folder, "dave")
    a, b = meet(office, alice, bob)
    a_dave, _ = meet(office, alice, dave)
    meet(office, alice, carol)
    bob.online = False
    former = alice.engine.me.inbox
    block(alice, carol)
    wait(office, alice, dave, days=129)
    assert reads(alice, former)
    assert "not-told" not in kinds(alice, a)
    wait(office, alice, dave, days=2)
    assert not reads(alice, former)
    assert kinds(alice, a).count("not-told") == 1
    assert "not-told" not in kinds(alice, a_dave)
    wait(office, alice, dave, days=15)
    assert kinds(alice, a).count("not-told") == 1
    bob.online = True
    settle(office, alice, bob, rounds=16)
    assert known_to(bob, alice) == alice.engine.me.inbox
    bob.say(b, "better late")
    settle(office, alice, bob, rounds=6)
    assert alice.heard(a)[-1] == "better late"


def test_a_second_change_waits_for_the_first_and_is_one_with_a_third(
    office: Office, folder: Path, alice: Person, bob: Person, carol: Person
) -> None:
    dave, erin = Person(office, folder, "dave"), Person(office, folder, "erin")
    a, b = meet(office, alice, bob)
    for other in (carol, dave, erin):
        meet(office, alice, other)
    first = alice.engine.me.inbox
    block(alice, carol)
    second = alice.engine.me.inbox
    block(alice, dave)
    alice.call(api.ContactRemove(identity=identity(erin)))
    assert alice.engine.me.inbox == second
    reopen(alice)
    settle(office, alice, bob)
    assert [row.secret for row in own(alice)] == [second, first]
    for _ in range(12):
        wait(office, alice, bob, days=1)
        assert len(own(alice)) <= 2
    third = alice.engine.me.inbox
    assert third not in {first, second}
    assert [row.secret for row in own(alice)] == [third], "the two that came meanwhile were one change"
    assert known_to(bob, alice) == third
    assert {known_to(carol, alice), known_to(dave, alice), known_to(erin, alice)} == {first}
    bob.say(b, "three inboxes later")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "three inboxes later"


def test_nothing_is_lost_by_crashes_in_between(office: Office, alice: Person, bob: Person, carol: Person) -> None:
    a, b = meet(office, alice, bob)
    meet(office, alice, carol)
    former = alice.engine.me.inbox
    block(alice, carol)
    present = alice.engine.me.inbox
    reopen(alice)
    assert alice.engine.me.inbox == present
    settle(office, alice, rounds=2)
    reopen(alice)
    settle(office, bob, rounds=2)
    reopen(bob)
    assert known_to(bob, alice) == present
    settle(office, alice, bob, rounds=4)
    reopen(alice)
    assert [row.secret for row in own(alice)] == [present, former]
    for _ in range(6):
        wait(office, alice, bob, days=1)
        reopen(alice)
        reopen(bob)
    assert [row.secret for row in own(alice)] == [present]
    assert not reads(alice, former)
    bob.say(b, "after it all")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "after it all"


def test_what_was_rolled_back_was_not_drawn(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    before = alice.engine.me

    def fail(work: Work) -> None:
        inboxes.renew(work)
        assert work.me != before
        raise RuntimeError

    with pytest.raises(RuntimeError):
        alice.engine.command(fail, alice.moment())
    assert alice.engine.me == before
    settle(office, alice, rounds=2)
    assert [row.secret for row in own(alice)] == [before.inbox]
    assert reads(alice, before.inbox)


def test_a_lane_that_ended_is_followed_by_one_that_tells_again(
    office: Office, alice: Person, bob: Person, carol: Person
) -> None:
    meet(office, alice, bob)
    meet(office, alice, carol)
    bob.online = False
    block(alice, carol)
    settle(office, alice, rounds=2)
    alice.put_back(alice.copy())  # every lane begins anew
    settle(office, alice, rounds=2)
    wait(office, alice, days=3)
    bob.online = True
    settle(office, alice, bob, rounds=16)
    assert known_to(bob, alice) == alice.engine.me.inbox
    wait(office, alice, bob, days=6)
    assert len(own(alice)) == 1, "bob said that he knows"


def test_an_answer_to_a_greeting_that_names_the_former_inbox_is_found(
    office: Office, alice: Person, bob: Person, carol: Person
) -> None:
    meet(office, alice, carol)
    link = bob.call(api.InviteCreate(expires_in=60 * 86_400)).link
    a = add(alice, link)
    settle(office, alice, bob, rounds=2)
    block(alice, carol)
    wait(office, alice, days=30)
    (greeting,) = bob.call(api.GreetingList())
    b = bob.call(api.GreetingAccept(id=greeting.id)).conversation
    settle(office, alice, bob, rounds=8)
    bob.say(b, "found you")
    settle(office, alice, bob, rounds=8)
    assert alice.heard(a) == ["found you"]
    assert known_to(bob, alice) == alice.engine.me.inbox


def test_a_restored_account_reads_where_the_one_before_did(
    office: Office, folder: Path, alice: Person, bob: Person, carol: Person
) -> None:
    _, b = meet(office, alice, bob)
    meet(office, alice, carol)
    settle(office, alice, bob, carol)
    bob.online = False
    former = alice.engine.me.inbox
    block(alice, carol)
    settle(office, alice, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    assert (again.engine.me.inbox, again.engine.me.inbox_number) == (
        alice.engine.me.inbox,
        alice.engine.me.inbox_number,
    )
    assert reads(again, former)
    blocked = {row.name: row.blocked for row in again.call(api.ConversationList())}
    assert blocked == {"bob": False, "carol": True}
    bob.online = True
    bob.say(b, "to the former one")
    settle(office, again, bob, rounds=16)
    to_bob = next(row.id for row in again.call(api.ConversationList()) if row.name == "bob")
    again.say(to_bob, "I am here")
    settle(office, again, bob, rounds=8, seconds=1800)
    settle(office, again, bob, rounds=10)
    assert [row.text for row in again.rows(to_bob) if row.sender != "me" and row.kind == "text"] == [
        "to the former one"
    ]
    assert "I am here" in bob.heard(b)
    assert known_to(carol, alice) == former
    with again.engine.work(again.moment()) as work:
        (of_carol,) = [row for row in conversations.every(work.tx) if row.blocked]
        for root in roots.of_conversation(work.tx, of_carol.id):
            assert not work.tag_index.is_watched(ResetWatch(of_carol.id, root.name))
    with carol.database.read() as snapshot:
        assert again.engine.me.device not in _devices(snapshot)
    again.call(api.ContactUnblock(identity=identity(carol)))
    settle(office, again, carol, rounds=6)
    with carol.database.read() as snapshot:
        assert again.engine.me.device in _devices(snapshot), "whoever is heard again hears of the new device"


def test_who_is_blocked_in_a_restored_account_hears_nothing_until_that_ends(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob)
    block(alice, bob)
    wait(office, alice, days=6)
    assert len(own(alice)) == 1, "there is nobody else to tell"
    settle(office, alice, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    settle(office, again, rounds=4)
    with again.database.read() as snapshot:
        assert postings.every(snapshot) == []
    again.call(api.ContactUnblock(identity=identity(bob)))
    settle(office, again, bob, rounds=6)
    with bob.database.read() as snapshot:
        assert again.engine.me.device in _devices(snapshot)


def _devices(snapshot: Snapshot) -> set[bytes]:
    return {device.device for device in devices.of_conversation(snapshot, 1)}


def test_two_devices_that_draw_at_once_come_to_read_the_same(office: Office, folder: Path, alice: Person) -> None:
    others = [Person(office, folder, name) for name in ("bob", "carol")]
    for other in others:
        meet(office, alice, other)
    settle(office, alice, *others, rounds=WRITTEN)
    second = restored(office, folder, device="second")
    settle(office, alice, second, *others, rounds=4)
    block(alice, others[0])
    block(second, others[1])
    assert alice.engine.me.inbox_number != second.engine.me.inbox_number
    drawn = max(alice.engine.me.inbox_number, second.engine.me.inbox_number)
    for _ in range(4):
        settle(office, alice, second, rounds=WRITTEN)
        settle(office, alice, second, rounds=1, seconds=DAY / 2)
    assert alice.engine.me.inbox_number == second.engine.me.inbox_number == drawn
    assert {row.secret for row in own(alice)} == {row.secret for row in own(second)}
    for person in (alice, second):
        assert all(row.blocked for row in person.call(api.ConversationList()))


def test_numbers_grow_and_differ_where_two_draw_at_once(alice: Person) -> None:
    numbers: list[int] = []

    def draw(work: Work) -> None:
        inboxes.renew(work)
        numbers.append(work.me.inbox_number)
        for row in rows.every(work.tx)[1:]:
            rows.drop(work.tx, row.number)

    for _ in range(50):
        alice.engine.command(draw, alice.moment())
    assert numbers == sorted(set(numbers))
    assert numbers[-1] < 1 << 32
    assert len({number % (1 << inboxes.RANDOM_BITS) for number in numbers}) > 25


def test_an_older_state_of_the_account_takes_no_inbox_back(alice: Person) -> None:
    def draw(work: Work) -> None:
        inboxes.renew(work)
        inboxes.restore(work, {0: (b"o" * 32, 0)})

    alice.engine.command(draw, alice.moment())
    assert alice.engine.me.inbox_number > 0
    assert own(alice)[0].secret == alice.engine.me.inbox
    assert own(alice)[0].made_at > alice.office.now_ms - DAY_MS
