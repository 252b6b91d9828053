"""A lane whose audience is several devices of several people: two of alice's and two of bob's, with hand-made members."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.crypto import primitives
from core.crypto.seed import identity_of
from core.people.conversation import membership, rekeying, resets, trust
from core.people.format.account_keys import keys_of_seed
from core.people.format.device import certify
from core.people.work import Work
from core.storage import conversations, devices, lanes, members, messages, postings
from tests.core.people.test_talking import meet
from tests.support.group import (
    GROUP,
    INBOX,
    Group,
    conversation_of,
    device_of,
    do,
    four,
    public_id,
    row_of,
    state_of,
    texts,
)
from tests.support.post_office import Office, Person
from tests.support.tables import table

Four = tuple[Person, Person, Person, Person]


@pytest.fixture
def people(office: Office, tmp_path: Path) -> Four:
    return four(office, tmp_path)


@pytest.fixture
def group(office: Office, people: Four) -> Group:
    return Group(office, *people)


def test_each_of_four_devices_reads_what_any_writes(group: Group) -> None:
    said = [f"from device {n}" for n, _ in enumerate(group.people)]
    for person, text in zip(group.people, said, strict=True):
        group.say(person, text)
    group.settle()
    for person, text in zip(group.people, said, strict=True):
        assert sorted(texts(person)) == said
        assert state_of(person, text) == "delivered"


def test_a_row_says_who_wrote_it_and_on_which_device(group: Group, people: Four) -> None:
    alice, second, bob, _ = people
    group.say(alice, "who am I")
    group.settle()
    (at_bob,), (at_second,) = bob.rows(public_id(bob)), second.rows(public_id(second))
    assert at_bob.sender == identity_of(alice.engine.me.identity)
    assert at_second.sender == "me", "another device of one's own is oneself"
    with second.database.read() as tx:
        row = messages.by_id(tx, at_second.id)
        assert row is not None
        assert (row.author, row.device) == (alice.engine.me.identity, device_of(alice))
    assert [row.state for row in bob.rows(public_id(bob))] == ["received"]


def test_a_text_is_delivered_when_every_device_has_it(group: Group, people: Four) -> None:
    alice, second, bob, bobs = people
    bobs.online = second.online = False
    group.say(alice, "for all")
    group.settle()
    assert texts(bob) == ["for all"]
    assert state_of(alice, "for all") == "stored", "one of bob's devices is not enough"
    bobs.online = True
    group.settle()
    assert state_of(alice, "for all") == "stored", "nor are both, while one's own other device lacks it"
    second.online = True
    group.settle()
    assert state_of(alice, "for all") == "delivered"
    with alice.database.read() as tx:
        assert table(tx, "receipts") == [], "they go with their posting"


def test_a_contact_who_has_a_text_on_one_device_has_it(office: Office, people: Four) -> None:
    alice, _, bob, bobs = people
    a, _ = meet(office, alice, bob)

    def know_both(work: Work) -> None:
        trust.know(work, 1, bobs.engine.me.certificate)

    do(alice, know_both)
    alice.say(a, "to whichever")
    Group(office).settle()
    for person in (alice, bob) * 6:
        office.wait(31)
        person.poll()
    assert alice.said(a) == ["delivered"], "as ever between two"


def test_the_word_of_a_device_that_nobody_vouches_for_ends_nothing(group: Group, people: Four) -> None:
    alice, _, bob, bobs = people
    do(alice, lambda work: devices.set_state(work.tx, device_of(bobs), "unknown"))
    bob.online = False
    group.say(alice, "hello")
    group.settle()
    assert texts(bobs) == ["hello"]
    assert state_of(alice, "hello") == "stored"
    bob.online = True
    group.settle()
    assert state_of(alice, "hello") == "delivered"


def test_a_device_that_nobody_vouches_for_is_not_waited_for(office: Office, people: Four) -> None:
    alice, second, _, bobs = people
    group = Group(office, alice, second, bobs)
    do(alice, lambda work: devices.set_state(work.tx, device_of(bobs), "unknown"))
    bobs.online = False
    group.say(alice, "hello")
    group.settle()
    assert texts(second) == ["hello"]
    assert state_of(alice, "hello") == "delivered"


def test_a_removed_member_gets_nothing_of_what_is_written_later(group: Group, people: Four) -> None:
    alice, second, bob, bobs = people
    for person in people:  # each has keys of each
        group.say(person, "before")
        group.settle(rounds=3)
    group.remove(bob)
    group.say(alice, "after")
    group.settle(rounds=3)
    assert texts(second)[-1] == "after"
    assert state_of(alice, "after") == "delivered", "nobody waits for who is gone"
    for gone in (bob, bobs):
        for _ in range(4):
            group.office.wait(31)
            gone.poll()
        assert "after" not in texts(gone)
        with alice.database.read() as ours, gone.database.read() as theirs:
            (lane,) = lanes.every_writing(ours)
            (at,) = [row.idx for row in messages.search(ours, "after", None, 1, None)]
            assert at is not None
            assert at == lane.rekeyed_index, "a secret that is sealed to others was mixed in first"
            (read,) = [row for row in lanes.every_reading(theirs) if row.generation == lane.generation]
            assert read.next_index <= at, "what comes after that secret is not even found"
            assert at not in lanes.held_indexes(theirs, lane.generation)
    with alice.database.read() as tx:
        group_id = conversations.every(tx)[0].id
        assert members.of_conversation(tx, group_id) == []
        assert [row.device for row in devices.of_conversation(tx, group_id)] == [device_of(second)]
        assert devices.standing(tx, device_of(bob)) is None, "nothing is kept of it"


def test_what_a_removed_member_writes_is_not_read(group: Group, people: Four) -> None:
    alice, second, bob, _ = people
    group.remove(bob)
    bob.say(public_id(bob), "let me in")
    for _ in range(4):
        group.office.wait(31)
        for person in people:
            person.poll()
    assert texts(alice) == texts(second) == []


def test_only_devices_of_members_are_in_the_audience(group: Group, people: Four) -> None:
    """Whoever takes part no longer is out at once, whatever is still known of its devices."""
    alice, second, _, _ = people

    def act(work: Work) -> set[bytes]:
        row = conversation_of(work)
        members.remove(work.tx, row.id, people[2].engine.me.identity)
        served = {device.device for device in trust.served(work, row.id)}
        assert served == {device.device for device in trust.audience(work, row.id)}
        return served

    assert do(alice, act) == {device_of(second)}


def test_a_device_that_is_added_reads_from_then_on(office: Office, people: Four) -> None:
    alice, second, bob, bobs = people
    group = Group(office, alice, second, bob)
    bob.online = False
    group.say(alice, "not for it")
    group.settle()
    group.add(bobs)
    group.say(alice, "for it too")
    group.settle()
    assert texts(bobs) == ["for it too"]
    bob.online = True
    group.settle()
    assert texts(bob) == ["not for it", "for it too"]
    assert {state_of(alice, text) for text in texts(alice)} == {"delivered"}, (
        "what it is not to read does not wait for it"
    )


def test_a_secret_is_mixed_in_for_every_reader(group: Group, people: Four) -> None:
    alice = people[0]
    said = [f"text {n}" for n in range(60)]
    for text in said:
        group.say(alice, text)
        if len(texts(alice)) % 6 == 0:
            group.settle(rounds=2)
    group.settle(rounds=12)
    for person in people:
        assert texts(person) == said
    with alice.database.read() as tx:
        (row,) = lanes.every_writing(tx)
        assert row.rekeyed_index > 0
        assert row.rekeyed_blocks <= 50


def test_no_secret_is_mixed_in_while_a_reader_has_no_key_for_it(group: Group, people: Four) -> None:
    alice, _, bob, _ = people

    def act(work: Work) -> None:
        row = lanes.writing(work.tx, conversation_of(work).id)
        assert row is not None
        lanes.make_rekeying_due(work.tx, row.generation)
        devices.set_offered_key(work.tx, row.conversation, device_of(bob), None)
        due = lanes.writing(work.tx, row.conversation)
        assert due is not None
        assert rekeying.rekey_if_due(work, due).next_index == row.next_index

    do(alice, act)


@pytest.mark.parametrize("who", range(4))
def test_one_device_begins_anew_and_all_read_on(group: Group, people: Four, who: int) -> None:
    for person in people:
        group.say(person, "before")
    group.settle()
    lost = people[who]
    group.office.wait(resets.MIN_INTERVAL_MS / 1000)
    do(lost, lambda work: resets.request(work, conversation_of(work).id, is_last_known=False, everywhere=True))
    with lost.database.read() as tx:
        announced = postings.of_conversation(tx, conversations.every(tx)[0].id, "reset")
        assert {row.device for row in announced} == {device_of(each) for each in people if each is not lost}
    group.settle(rounds=10)
    for n, person in enumerate(people):
        group.say(person, f"after {n}")
    group.settle(rounds=10)
    for person in people:
        assert sorted(texts(person)) == ["after 0", "after 1", "after 2", "after 3", *["before"] * 4]
        assert set(person.said(public_id(person))) <= {"delivered", "received"}
        with person.database.read() as tx:
            assert postings.of_conversation(tx, conversations.every(tx)[0].id, "reset") == [], "each was answered"
            assert len(lanes.written_in(tx, conversations.every(tx)[0].id)) <= 4, "and no answer asked for another"


def test_a_device_is_admitted_for_a_member_only(group: Group, people: Four, office: Office, tmp_path: Path) -> None:
    alice = people[0]
    mallory = Person(office, tmp_path, "mallory")
    seed = keys_of_seed(mallory.seed).identity
    seeds = {name: primitives.sha256(name.encode()) for name in ("one", "two")}

    def act(work: Work) -> None:
        group_id = conversation_of(work).id
        assert membership.admit(work, group_id, mallory.engine.me.certificate) is None, "no member"
        assert membership.join(work, group_id, mallory.engine.me.identity)
        theirs = certify(seed, device_of(people[2]), 5)
        assert membership.admit(work, group_id, theirs) is None, "it is bob's device"
        elsewhere, bobs = primitives.ed25519_public(b"e" * 32), keys_of_seed(people[2].seed).identity
        direct = conversations.insert(work.tx, "direct", people[2].engine.me.identity, "bob", "open", 0)
        trust.insert(work, direct.id, certify(bobs, elsewhere, 5), "confirmed", 0)
        assert membership.admit(work, group_id, certify(seed, elsewhere, 5)) is None, (
            "it is bob's, known from elsewhere"
        )
        alike = device_of(people[2])[:4] + bytes(28)
        assert membership.admit(work, group_id, certify(seed, alike, 5)) is None
        own = device_of(alice)[:4] + bytes(28)
        assert membership.admit(work, group_id, certify(seed, own, 5)) is None
        first = membership.admit(work, group_id, mallory.engine.me.certificate)
        assert first is not None
        assert first.state == "vouched"
        for n, name in enumerate(("one", "two")):
            device = primitives.ed25519_public(seeds[name])
            voucher = seeds["one"] if n else None
            found = membership.admit(work, group_id, certify(seed, device, 5, voucher))
            assert found is not None
            assert found.state == "unknown", "the words alone, and one of the words alone"

    do(alice, act)


def test_a_device_refused_in_one_conversation_is_in_no_other(group: Group, people: Four) -> None:
    alice, _, bob, bobs = people

    def act(work: Work) -> None:
        trust.refuse(work, row_of(work, bobs))
        assert device_of(bobs) not in {row.device for row in trust.audience(work, conversation_of(work).id)}
        membership.dismiss(work, row_of(work, bob))
        assert membership.admit(work, conversation_of(work).id, bob.engine.me.certificate) is not None
        assert membership.admit(work, conversation_of(work).id, bobs.engine.me.certificate) is None

    do(alice, act)


def test_the_id_of_a_group_is_nobodys_identity(people: Four) -> None:
    alice, _, bob, _ = people

    def act(work: Work) -> None:
        conversations.insert(work.tx, "direct", bob.engine.me.identity, "bob", "open", 0)
        for taken in (bob.engine.me.identity, work.me.identity):
            with pytest.raises(ValueError, match="taken"):
                membership.open_shared(work, "group", taken, "", INBOX)
        with pytest.raises(ValueError, match="taken"):
            membership.open_shared(work, "self", GROUP, "", INBOX)
        own = membership.open_shared(work, "self", work.me.identity, "notes", work.me.inbox)
        channel = membership.open_shared(work, "channel", GROUP, "news", INBOX)
        assert (own.kind, channel.kind) == ("self", "channel")
        found = conversations.by_identity(work.tx, bob.engine.me.identity)
        assert found is not None
        assert found.is_direct
        assert conversations.by_identity(work.tx, work.me.identity) is None, "lookups by identity find the direct one"
        assert conversations.by_identity(work.tx, GROUP) is None
        assert [row.recipient for row in conversations.every_direct(work.tx)] == [bob.engine.me.identity]
        with pytest.raises(AssertionError):
            _ = channel.identity

    do(alice, act)


def test_a_further_device_of_ones_own_is_not_the_contacts(office: Office, people: Four) -> None:
    alice, second, bob, _ = people
    meet(office, alice, bob)
    do(alice, lambda work: trust.insert(work, 1, second.engine.me.certificate, "unknown", 0))
    (contact,) = alice.call(api.ContactList())
    assert [device.id for device in contact.devices] == [device_of(bob).hex()]
    command = api.ContactConfirmDevice(identity=contact.identity, device=device_of(second).hex(), accept=True)
    with pytest.raises(api.ApiError, match="no such device"):
        alice.call(command)
