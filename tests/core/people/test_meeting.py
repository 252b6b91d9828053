"""Getting to know: links for one and for many, greetings that cross, come again, or come too late."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.people.format.greeting import root_name
from core.people.format.invitation import TOMBSTONE_SEQUENCES, decode_link, new_tombstone, open_record
from core.storage import lanes, meetings, roots
from core.storage.roots import RootRow
from net.parcel.record import decode_record
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def people(office: Office, tmp_path: Path) -> list[Person]:
    return [Person(office, tmp_path, name) for name in ("alice", "bob", "carol")]


def record(person: Person, link: str) -> object:
    decoded = decode_link(link)
    found = person.record(decoded.record_id)
    assert found is not None
    box = decode_record(found)
    return open_record(decoded, box.ciphertext, box.sequence, box.expiry_hour)


def test_a_link_for_one_is_dead_once_it_was_used(office: Office, people: list[Person]) -> None:
    alice, bob, carol = people
    link = alice.call(api.InviteCreate(expires_in=86_400, max_uses=1)).link
    add(bob, link)
    add(carol, link, "me too")
    settle(office, alice, bob, carol, rounds=3)
    (greeting,) = alice.call(api.GreetingList())
    assert record(carol, link) == new_tombstone("used")
    (invite,) = alice.call(api.InviteList())
    assert (invite.state, invite.uses) == ("used", 1)
    with alice.database.read() as snapshot:
        row = meetings.find(snapshot, invite.id)
    assert row is not None
    assert (row.xwing_private, row.olm_account, row.bundle) == (None, None, None)
    alice.call(api.GreetingAccept(id=greeting.id))
    settle(office, alice, bob, carol, rounds=3)
    office.wait(2 * 86_400)
    settle(office, alice, bob, carol, rounds=3)
    states = {person.name: person.call(api.ConversationList())[0].state for person in (bob, carol)}
    assert sorted(states.values()) == ["open", "unanswered"]


def test_a_revocation_stands_above_a_use(office: Office, people: list[Person]) -> None:
    alice, bob, _ = people
    made = alice.call(api.InviteCreate(expires_in=86_400))
    backup = alice.copy()
    alice.call(api.InviteRevoke(id=made.id))
    assert record(bob, made.link) == new_tombstone("revoked")
    sequence = decode_record(bob.record(decode_link(made.link).record_id) or b"").sequence
    assert sequence == TOMBSTONE_SEQUENCES["revoked"] == max(TOMBSTONE_SEQUENCES.values())
    alice.put_back(backup)
    assert alice.call(api.InviteList())[0].state == "open"
    alice.call(api.InviteRevoke(id=made.id))
    assert record(bob, made.link) == new_tombstone("revoked"), "the same bytes again"


def test_a_greeting_repeated_for_days_is_one_greeting_and_one_use(office: Office, people: list[Person]) -> None:
    alice, bob, _ = people
    link = alice.call(api.InviteCreate(expires_in=6 * 86_400)).link
    add(bob, link)
    for _ in range(5):
        settle(office, alice, bob, rounds=4, seconds=6 * 3600)
    assert len(alice.call(api.GreetingList())) == 1
    assert alice.call(api.InviteList())[0].uses == 1


def test_a_greeting_rejected_stays_away(office: Office, people: list[Person]) -> None:
    alice, bob, _ = people
    link = alice.call(api.InviteCreate(expires_in=3 * 86_400)).link
    add(bob, link)
    settle(office, alice, bob, rounds=2)
    alice.call(api.GreetingReject(id=alice.call(api.GreetingList())[0].id))
    settle(office, alice, bob, rounds=8, seconds=6 * 3600)
    alice.close()
    alice.open()
    settle(office, alice, bob, rounds=3)
    assert alice.call(api.GreetingList()) == []


def test_greetings_that_cross_make_one_lane_each(office: Office, people: list[Person]) -> None:
    alice, bob, _ = people
    links = [person.call(api.InviteCreate(expires_in=86_400)).link for person in (alice, bob)]
    add(alice, links[1], "alice greets")
    add(bob, links[0], "bob greets")
    settle(office, alice, bob, rounds=6)
    for person in (alice, bob):
        assert person.call(api.ConversationList())[0].state == "open"
        with person.database.read() as snapshot:
            assert len(lanes.written_in(snapshot, 1)) == 1, "what was offered and is empty is offered again"
            assert len(roots.of_conversation(snapshot, 1)) == 2


def test_whoever_was_put_back_to_before_greeting_greets_again_and_is_told_everything(
    office: Office, people: list[Person]
) -> None:
    alice, bob, _ = people
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    settle(office, alice, bob, rounds=1)
    backup, records = bob.copy(), dict(office.records)
    add(bob, link)
    settle(office, alice, bob, rounds=2)
    a = alice.call(api.GreetingAccept(id=alice.call(api.GreetingList())[0].id)).conversation
    for n in range(12):
        alice.say(a, f"{n}")
    settle(office, alice, bob, rounds=4)
    office.records = records  # nor does the network know of alice
    bob.put_back(backup)
    assert bob.call(api.ConversationList()) == []
    b = add(bob, link, "hello again")
    settle(office, alice, bob, rounds=12)
    assert bob.heard(b) == [str(n) for n in range(12)]
    assert alice.heard(a) == ["hello, it is me", "hello again"]
    bob.say(b, "and on")
    settle(office, alice, bob, rounds=4)
    assert alice.heard(a)[-1] == "and on"
    assert set(bob.said(b)) == {"delivered"}


def test_roots_of_a_conversation_are_bounded_and_the_newest_stay(office: Office, people: list[Person]) -> None:
    alice, bob, _ = people
    meet(office, alice, bob)
    with alice.database.transaction() as tx:
        (first,) = roots.of_conversation(tx, 1)
        for n in range(20):
            roots.add(tx, 1, root_row(bytes([n]) * 32), 1000 + n)
        kept = roots.of_conversation(tx, 1)
        assert [row.root[0] for row in kept] == [*range(19, 19 - roots.MAX_ROOTS, -1)]
        assert [row.former_since for row in kept] == [None, *range(1019, 1019 - len(kept) + 1, -1)]
        assert first not in kept


def test_roots_of_one_device_push_out_none_that_all_have(office: Office, people: list[Person]) -> None:
    """Whoever has the words alone comes back by the root that all have, however often a device was reset."""
    alice, bob, _ = people
    meet(office, alice, bob)
    with alice.database.transaction() as tx:
        (shared,) = roots.of_conversation(tx, 1)
        for n in range(20):
            roots.add(tx, 1, root_row(bytes([n]) * 32, bob.engine.me.device), 1000 + n)
        kept = roots.of_conversation(tx, 1)
        assert shared in kept
        assert [row.root[0] for row in kept if row != shared] == [*range(19, 19 - roots.MAX_ROOTS, -1)]


def root_row(root: bytes, device: bytes | None = None) -> RootRow:
    return RootRow(root_name(root), root, 0, None, None, device, None)
