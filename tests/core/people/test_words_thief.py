"""Somebody has the account's words and nothing else: what a contact gives to a device of his, and what the owner loses."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from core import api
from core.people.conversation import resets
from core.people.work import Work
from core.storage import conversations, devices, lanes, messages, outgoing, roots
from tests.core.people.test_restoring import WRITTEN, confirm_device, contacts, hour_passes, restored, texts
from tests.core.people.test_talking import add, meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import lose, table


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def reset_knowing_nothing(person: Person, conversation: int = 1) -> None:
    """Reset as a device does that says it holds nothing of what the other side ever said."""

    def act(work: Work) -> None:
        lose(work.tx, "read_lanes", conversation=conversation)
        resets.begin(work, conversation, is_last_known=True, everywhere=True)

    do(person, act)


def talk(office: Office, alice: Person, bob: Person, count: int = 5) -> tuple[str, str]:
    a, b = meet(office, alice, bob)
    for n in range(count):
        bob.say(b, f"old secret {n}")
        alice.say(a, f"re {n}")
        settle(office, alice, bob, rounds=2)
    settle(office, alice, bob, rounds=WRITTEN)
    assert set(bob.said(b)) == {"delivered"}
    return a, b


def test_history_does_not_go_to_a_device_that_has_the_words_alone(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, b = talk(office, alice, bob)
    alice.call(api.MessageDelete(ids=[row.id for row in alice.rows(a)]))
    office.wait(3 * 86_400)
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=4)
    hour_passes(office, thief, bob)
    c = contacts(thief)["bob"]
    assert texts(thief, c) == []
    for _ in range(3):
        reset_knowing_nothing(thief)
        office.wait(86_400)
        settle(office, thief, bob, rounds=6)
    assert texts(thief, c) == []
    bob.say(b, "of today")
    settle(office, thief, bob, rounds=6)
    assert texts(thief, c) == ["of today"], "alice is silent, and this could be her"


def test_history_does_not_go_to_a_device_that_was_confirmed_either(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    """What was delivered before the device appeared stays where it was sent, whatever it says that it holds."""
    talk(office, alice, bob)
    alice.close()
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    confirm_device(bob)
    settle(office, again, bob, rounds=6)
    c = contacts(again)["bob"]
    for _ in range(3):
        reset_knowing_nothing(again)
        office.wait(7200)
        settle(office, again, bob, rounds=8)
    assert texts(again, c) == []


def test_what_was_never_acknowledged_reaches_the_device_that_is_let_in(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = talk(office, alice, bob)
    alice.close()
    bob.say(b, "are you still there?")
    settle(office, bob, rounds=2)
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    hour_passes(office, again, bob)
    assert texts(again, contacts(again)["bob"]) == ["are you still there?"]


def test_a_device_that_waits_is_not_written_to_before_its_hour(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = talk(office, alice, bob)
    alice.close()
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=3)
    bob.say(b, "within the hour")
    settle(office, thief, bob, rounds=20, seconds=60)
    assert texts(thief, contacts(thief)["bob"]) == []


def test_a_compared_contact_gets_no_device_without_the_persons_word(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = talk(office, alice, bob)
    do(bob, lambda work: conversations.set_verified(work.tx, 1, verified=True))
    alice.close()
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    bob.say(b, "for alice alone")
    office.wait(5 * 86_400)
    settle(office, thief, bob, rounds=6)
    assert texts(thief, contacts(thief)["bob"]) == []
    confirm_device(bob)
    settle(office, thief, bob, rounds=8)
    assert texts(thief, contacts(thief)["bob"]) == ["for alice alone"]


def test_while_an_unknown_device_of_a_compared_contact_waits_the_known_one_goes_on(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, b = talk(office, alice, bob)
    do(bob, lambda work: conversations.set_verified(work.tx, 1, verified=True))
    thief = restored(office, folder, device="thief")
    settle(office, alice, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    bob.say(b, "for alice alone")
    alice.say(a, "heard all the same")
    settle(office, alice, thief, bob, rounds=8)
    assert texts(alice, a)[-1] == "for alice alone"
    assert "heard all the same" in bob.heard(b)
    assert bob.said(b)[-1] == "delivered", "nothing waits for a device that gets nothing"
    assert texts(thief, contacts(thief)["bob"]) == []
    assert bob.call(api.ContactList())[0].warning in {"unknown-device", "both-alive"}


def test_a_refused_device_is_never_heard_again(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    a, b = talk(office, alice, bob)
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    confirm_device(bob, accept=False)
    for _ in range(3):
        reset_knowing_nothing(thief)
        office.wait(86_400)
        settle(office, alice, thief, bob, rounds=4)
    bob.say(b, "not for you")
    settle(office, alice, thief, bob, rounds=4)
    assert texts(thief, contacts(thief)["bob"]) == []
    assert texts(alice, a)[-1] == "not for you"
    assert [row.kind for row in bob.rows(b) if row.kind != "text"] == ["device"]
    add(thief, bob.call(api.InviteCreate(expires_in=86_400)).link, "let me in by this door")
    settle(office, thief, bob, rounds=3)
    assert bob.call(api.GreetingList()) == []


def test_the_acknowledgements_of_an_unknown_device_stop_no_deposit(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    _, b = talk(office, alice, bob)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    bob.say(b, "whoever you are")
    settle(office, thief, bob, rounds=6)
    assert texts(thief, contacts(thief)["bob"]) == ["whoever you are"]
    assert bob.said(b)[-1] == "stored"
    office.wait(3 * 86_400)
    settle(office, thief, bob, rounds=3)
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert "whoever you are" in texts(alice, alice.call(api.ConversationList())[0].id)
    assert bob.said(b)[-1] == "delivered"


def test_an_inbox_named_by_an_unknown_device_is_written_to_beside_the_old_one(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    office.coverage = 6
    a, b = talk(office, alice, bob)
    alice.online = False
    thief = Person(office, folder, "alice", device="thief")
    thief.engine.me = dataclasses.replace(thief.engine.me, inbox=b"T" * 32)
    settle(office, thief, bob, rounds=4)
    hour_passes(office, thief, bob)
    bob.say(b, "for alice's eyes")
    settle(office, thief, bob, rounds=6)
    assert texts(thief, contacts(thief)["bob"]) == ["for alice's eyes"], "it reads where it said it does"
    thief.online = False
    alice.online = True
    settle(office, alice, bob, rounds=6)
    assert "for alice's eyes" in texts(alice, a), "and her own device where it always did"


def test_many_devices_of_a_thief_do_not_put_the_honest_one_out(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, b = talk(office, alice, bob)
    alice.online = False
    for n in range(9):
        thief = Person(office, folder, "alice", device=f"thief{n}")
        settle(office, thief, bob, rounds=3)
        thief.close()
        office.wait(600)
    with bob.database.read() as tx:
        known = [row.device for row in devices.of_conversation(tx, 1) if row.is_known]
    assert known == [alice.engine.me.device]
    alice.online = True
    bob.say(b, "hello alice")
    settle(office, alice, bob, rounds=6)
    assert "hello alice" in texts(alice, a)


def test_the_line_of_a_new_device_cannot_be_taken_first(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    """Its uid could be computed by the other side once, and given to a text."""
    _, b = talk(office, alice, bob)
    restored(office, folder, device="new")
    with alice.database.read() as tx:
        assert all(len(row["uid"]) == 16 for row in table(tx, "messages"))
    settle(office, Person(office, folder, "alice", device="newer"), bob, rounds=4)
    with bob.database.read() as tx:
        notices = [row["uid"] for row in table(tx, "messages") if row["kind"] == messages.NEW_DEVICE]
    assert notices
    assert all(len(uid) != 16 for uid in notices), "no uid that travels is like it"
    assert any(row.kind == "device" for row in bob.rows(b))


def test_a_root_of_one_device_serves_no_other(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    """Two devices that met have a root of their own; whoever got hold of it is no device of the account by that."""
    talk(office, alice, bob, 2)
    do(alice, lambda work: resets.begin(work, 1, is_last_known=True))
    settle(office, alice, bob, rounds=8)
    with alice.database.read() as tx:
        (shared,) = [row.root for row in roots.of_conversation(tx, 1) if row.device is not None]
    thief = Person(office, folder, "alice", device="thief")
    thief.online = False
    settle(office, alice, thief, bob, rounds=1)
    thief.online = True
    thief.poll()
    office.is_lost |= set(range(1, len(office.boxes) + 1))  # what it announced at the root that the words give
    there = len(office.boxes)

    def announce(work: Work) -> None:
        lose(work.tx, "roots")
        resets.add_root(work, 1, shared)
        resets.begin(work, 1, is_last_known=False)

    do(thief, announce)
    assert len(office.boxes) > there
    settle(office, bob, rounds=4)
    with bob.database.read() as tx:
        assert [row.device for row in devices.of_conversation(tx, 1)] == [alice.engine.me.device]


def test_an_unknown_device_has_nothing_said_again(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    _, b = talk(office, alice, bob, 1)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    for n in range(5):
        bob.say(b, f"{n}")
    settle(office, thief, bob, rounds=4)

    def ask(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        lanes.end_writing(work.tx, 1)
        (unknown,) = [row for row in devices.of_conversation(work.tx, 1) if not row.is_known]
        resets.say_again(work, unknown, [])
        assert outgoing.conversations_pending(work.tx) == []
        (known,) = [row for row in devices.of_conversation(work.tx, 1) if row.is_known]
        resets.say_again(work, known, [])
        assert len(outgoing.pending(work.tx, 1, 9, again=True)) > 5, "a known one would"
        raise api.ApiError(api.Kind.BAD_REQUEST, "nothing of this is to stay")

    with pytest.raises(api.ApiError):
        do(bob, ask)


def test_the_first_device_that_a_restored_account_meets_is_no_more_known_than_any(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    """With many contacts their certificates find no room in the record."""
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.online = False
    bob.close()
    again = restored(office, folder, "bob", device="again")

    def forget_devices(work: Work) -> None:
        for device in devices.of_conversation(work.tx, 1):
            devices.forget(work.tx, 1, device.device)
        resets.begin(work, 1, is_last_known=False)

    _, effects = again.engine.command(forget_devices, again.moment())
    again.carry_out(effects)
    thief = restored(office, folder, "alice", device="thief")
    settle(office, thief, again, rounds=8)
    confirm_device(thief)  # of bob's devices it knew the one before
    settle(office, thief, again, rounds=8)
    (conversation,) = again.call(api.ConversationList())
    again.say(conversation.id, "for alice")
    settle(office, thief, again, rounds=4)
    (contact,) = again.call(api.ContactList())
    assert [device.state for device in contact.devices] == ["unknown"]
    assert contact.warning == "unknown-device"
    assert "device" in [row.kind for row in again.rows(conversation.id)]
    assert "for alice" not in [text for row in thief.call(api.ConversationList()) for text in thief.heard(row.id)]
