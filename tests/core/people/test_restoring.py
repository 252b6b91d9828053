"""An account comes back by its words: its contacts are there, texts go both ways, and nothing old returns."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from core import api
from core.people.conversation import trust
from core.people.format.account_keys import keys_of_seed
from core.people.format.personal_record import epoch_of, record_id
from core.people.record.record_sync import ASIDE
from core.storage import accounts, lanes, personal as rows
from net.ids import NodeId
from net.instant import DAY_MS
from net.parcel.record import decode_record
from tests.core.people.test_talking import add, meet
from tests.support.post_office import CUSTODIANS, Office, Person, settle

# Rounds of half a minute until a change is in the network.
WRITTEN = 10


def restored(office: Office, folder: Path, name: str = "alice", device: str = "new") -> Person:
    """Restore an account by its words on a device that has never seen it."""
    person = Person(office, folder, name, device=device)
    settle(office, person, rounds=2)
    return person


def contacts(person: Person) -> dict[str, str]:
    """Return the ids of open conversations by name."""
    return {row.name: row.id for row in person.call(api.ConversationList()) if row.state == "open"}


def texts(person: Person, conversation: str) -> list[str]:
    """Return what others said."""
    return [row.text for row in person.rows(conversation) if row.sender != "me" and row.kind == "text"]


def hour_passes(office: Office, *people: Person) -> None:
    """Wait until a device that nobody vouches for is let in, and until it is answered."""
    office.wait(3600)
    settle(office, *people, rounds=6)


def confirm_device(person: Person, *, accept: bool = True) -> None:
    """Let a person say that the one unknown device of the only contact is the contact's, or is not."""
    (contact,) = person.call(api.ContactList())
    (device,) = [device for device in contact.devices if device.state == "unknown"]
    person.call(api.ContactConfirmDevice(identity=contact.identity, device=device.id, accept=accept))


def epoch(office: Office) -> int:
    return epoch_of(office.now_ms // DAY_MS)


def record_of(office: Office, person: Person, back: int = 0) -> bytes | None:
    return office.find_record(record_id(keys_of_seed(person.seed), epoch(office) - back))


def name_of(person: Person) -> str:
    with person.database.read() as snapshot:
        found = accounts.load(snapshot)
    assert found is not None
    return found.name


def test_alice_restores_by_words_and_finds_bob_and_carol(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    carol = Person(office, folder, "carol")
    a_bob, b = meet(office, alice, bob)
    a_carol, c = meet(office, carol, alice)[::-1]
    for said in ("first", "second"):
        alice.say(a_bob, said)
        bob.say(b, said)
        carol.say(c, said)
    settle(office, alice, bob, carol, rounds=WRITTEN)
    assert texts(alice, a_carol) == ["first", "second"]
    alice.close()
    bob.say(b, "are you there?")
    settle(office, bob, carol, rounds=2)

    again = restored(office, folder)
    assert contacts(again).keys() == {"bob", "carol"}
    assert name_of(again) == "alice"
    assert again.engine.me.identity == alice.engine.me.identity
    assert again.engine.me.device != alice.engine.me.device
    settle(office, again, bob, carol, rounds=6)
    assert texts(again, contacts(again)["bob"]) == [], "whoever has the words could be this device"
    hour_passes(office, again, bob, carol)
    to_bob, to_carol = contacts(again)["bob"], contacts(again)["carol"]
    again.say(to_bob, "it is me again")
    carol.say(c, "welcome back")
    settle(office, again, bob, carol, rounds=6)
    bob.say(b, "so I see")
    settle(office, again, bob, carol, rounds=6)

    assert texts(again, to_bob) == ["are you there?", "so I see"], "nothing that was delivered comes again"
    assert texts(again, to_carol) == ["welcome back"]
    assert texts(bob, b) == ["first", "second", "it is me again"]
    assert texts(carol, c) == ["hello, it is me"]
    assert set(again.said(to_bob)) == {"delivered"}
    assert bob.said(b)[-2:] == ["stored", "stored"], "its word alone ends no deposit"
    confirm_device(bob)
    settle(office, again, bob, carol, rounds=2)
    assert set(bob.said(b)) == {"delivered"}
    notices = [row for row in bob.rows(b) if row.kind == "device"]
    assert len(notices) == 1, "bob is shown that alice has a new device"
    assert bob.call(api.GreetingList()) == [], "and is not asked to let her in again"


def test_what_was_deleted_does_not_come_back(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    bob.say(b, "forget this")
    alice.say(a, "and this")
    settle(office, alice, bob, rounds=WRITTEN)
    alice.call(api.MessageDelete(ids=[row.id for row in alice.rows(a)]))
    bob.call(api.MessageDelete(ids=[row.id for row in bob.rows(b)]))
    alice.close()
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    hour_passes(office, again, bob)
    bob.say(b, "only this")
    settle(office, again, bob, rounds=4)
    assert texts(again, contacts(again)["bob"]) == ["only this"]
    assert [row.text for row in bob.rows(b) if row.kind == "text"] == ["only this"]


def test_the_words_alone_find_the_record_in_each_of_the_epochs_it_may_be_of(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    office.wait(88 * 86_400)
    assert record_of(office, alice) is None
    assert contacts(restored(office, folder)).keys() == {"bob"}


def test_of_an_abandoned_account_nothing_is_left_after_ninety_days(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    office.wait(91 * 86_400)
    assert all(record_of(office, alice, back) is None for back in range(5))
    assert contacts(restored(office, folder)) == {}


def test_an_account_that_is_used_is_written_anew_in_every_epoch_at_a_time_of_its_own(
    office: Office, alice: Person
) -> None:
    settle(office, alice, rounds=WRITTEN)
    written: list[int] = []
    known = record_of(office, alice)
    for day in range(0, 130, 2):
        settle(office, alice, rounds=1, seconds=2 * 86_400)
        settle(office, alice, rounds=7, seconds=61)
        current = record_of(office, alice)
        if current is not None and current != known:
            known = current
            written.append(day)
    assert len(written) in (4, 5)
    assert all(14 <= b - a <= 48 for a, b in itertools.pairwise(written))
    assert {b - a for a, b in itertools.pairwise(written)} != {30}, "not every thirty days"


def test_records_of_two_epochs_are_not_asked_for_together(
    office: Office, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(office, alice, rounds=WRITTEN)
    settle(office, alice, rounds=1, seconds=2 * 86_400)  # on its first day a device is in a hurry
    asked: dict[bytes, float] = {}
    find = office.find_record

    def noted(record_id: bytes, custodian: NodeId | None = None) -> bytes | None:
        asked.setdefault(record_id, office.mono)
        return find(record_id, custodian)

    monkeypatch.setattr(office, "find_record", noted)
    alice.close()
    alice.open()
    settle(office, alice, rounds=40)
    first, second = asked.values()
    assert second - first >= ASIDE[0]


def test_a_record_that_comes_late_is_merged_when_it_comes(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    hidden, office.records = office.records, {}
    again = restored(office, folder)
    assert contacts(again) == {}
    again.call(api.SettingsSet(settings={"theme": "dark"}))
    settle(office, again, rounds=WRITTEN)
    written, office.records = office.records, hidden
    settle(office, again, rounds=20, seconds=300)
    assert contacts(again).keys() == {"bob"}
    assert written, "it had begun a record of its own"
    assert again.call(api.SettingsGet()).theme == "dark", "what was chosen meanwhile stays"
    settle(office, again, rounds=WRITTEN)
    assert contacts(restored(office, folder, device="third")).keys() == {"bob"}


def test_a_custodian_that_gives_an_old_record_hides_nothing(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    settle(office, alice, rounds=WRITTEN)
    office.liars[CUSTODIANS[0]] = dict(office.records)
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    assert contacts(again).keys() == {"bob"}
    settle(office, again, rounds=WRITTEN)
    assert contacts(restored(office, folder, device="third")).keys() == {"bob"}


def test_a_network_that_went_back_to_an_old_record_is_given_the_latest_again(
    office: Office, alice: Person, bob: Person
) -> None:
    settle(office, alice, rounds=WRITTEN)
    old = dict(office.records)
    meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    latest = record_of(office, alice)
    assert latest is not None
    office.records = old
    settle(office, alice, rounds=3, seconds=86_400)
    back = record_of(office, alice)
    assert back is not None
    assert decode_record(back).sequence >= decode_record(latest).sequence


def test_two_devices_that_write_at_once_lose_nothing_and_come_to_rest(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    carol = Person(office, folder, "carol")
    settle(office, alice, rounds=WRITTEN)
    other = restored(office, folder, device="other")
    meet(office, alice, bob)
    meet(office, other, carol)
    for _ in range(3):
        settle(office, alice, other, rounds=WRITTEN)
        settle(office, alice, other, rounds=2, seconds=43_000)
    assert contacts(alice).keys() == contacts(other).keys() == {"bob", "carol"}
    before = record_of(office, alice)
    settle(office, alice, other, rounds=8, seconds=43_000)
    assert record_of(office, alice) == before
    assert contacts(restored(office, folder, device="third")).keys() == {"bob", "carol"}


def test_two_devices_that_are_both_alive_are_told_apart_by_the_person(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    other = restored(office, folder, device="other")
    settle(office, alice, other, bob, rounds=4)
    bob.say(b, "to the one I know")
    settle(office, alice, other, bob, rounds=4)
    hour_passes(office, alice, other, bob)
    c = contacts(other)["bob"]
    assert [row.kind for row in bob.rows(b) if row.kind != "text"] == ["device", "both-alive"]
    assert texts(alice, a)[-1] == "to the one I know"
    bob.say(b, "to her, still")
    settle(office, alice, other, bob, rounds=6)
    assert texts(alice, a)[-1] == "to her, still"
    assert texts(other, c) == [], "a robbed owner is not silent"
    confirm_device(bob)
    settle(office, alice, other, bob, rounds=6)
    bob.say(b, "to both of you")
    alice.say(a, "from the one")
    other.say(c, "from the other")
    settle(office, alice, other, bob, rounds=8)
    assert texts(alice, a)[-1] == texts(other, c)[-1] == "to both of you"
    assert texts(other, c) == ["to both of you"], "nothing older"
    assert sorted(texts(bob, b)) == ["from the one", "from the other"]
    with bob.database.read() as snapshot:
        assert len(lanes.written_in(snapshot, 1)) <= 3, "they do not reset each other for ever"


def test_a_lost_device_is_written_to_no_more_after_a_month(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    """It would keep the others from re-keying for ever: it never offers a key again."""
    _, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    settle(office, again, bob, rounds=2)
    hour_passes(office, again, bob)
    a = contacts(again)["bob"]

    def audience() -> int:
        with bob.engine.work(bob.moment()) as work:
            return len(trust.audience(work, 1))

    assert audience() == 2
    confirm_device(bob)
    for day in (11, 22, 33):
        office.wait(11 * 86_400)
        again.say(a, f"day {day}")
        settle(office, again, bob, rounds=3)
    assert audience() == 1
    bob.say(b, "to the one that is left")
    settle(office, again, bob, rounds=3)
    assert texts(again, a) == ["to the one that is left"]


def test_an_old_copy_of_a_device_is_told_by_the_record(office: Office, alice: Person, bob: Person) -> None:
    """Its own boxes lie in other people's buckets, where it does not read: the mark in its record gives it away."""
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    backup = alice.copy()
    for n in range(3):
        alice.say(a, f"{n}")
    settle(office, alice, bob, rounds=4)
    alice.call(api.AccountRename(name="alicia"))
    settle(office, alice, bob, rounds=WRITTEN)
    alice.close()
    alice.path.write_bytes(backup.read_bytes())
    alice.mark = 0
    office.is_lost |= set(range(1, len(office.boxes) + 1))  # nothing else is left to tell by
    alice.open()
    before = alice.engine.counter
    settle(office, alice, bob, rounds=4)
    assert name_of(alice) == "alicia"
    assert alice.engine.counter > before
    alice.say(a, "after all")
    settle(office, alice, bob, rounds=6)
    assert texts(bob, b)[-1] == "after all"
    with alice.database.read() as snapshot:
        assert len(lanes.written_in(snapshot, 1)) > 1, "a lane of its own began anew"


def test_what_was_never_chosen_overwrites_nothing(office: Office, folder: Path, alice: Person) -> None:
    alice.call(api.SettingsSet(settings={"theme": "contrast", "lock_after": 60}))
    settle(office, alice, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    assert again.call(api.SettingsGet()) == api.Settings(theme="contrast", lock_after=60)
    assert name_of(again) == "alice"


def test_a_contact_that_never_answered_comes_back_by_name_and_can_be_greeted_again(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    link = bob.call(api.InviteCreate(expires_in=86_400)).link
    settle(office, alice, rounds=1)
    add(alice, link)
    settle(office, alice, rounds=WRITTEN)
    alice.close()
    again = restored(office, folder)
    (row,) = again.call(api.ConversationList())
    assert (row.name, row.state) == ("bob", "unanswered")
    add(again, link, "it is me, from elsewhere")
    settle(office, again, bob, rounds=3)
    assert "it is me, from elsewhere" in [greeting.text for greeting in bob.call(api.GreetingList())]


def test_nothing_is_written_without_a_network_and_once_there_is_one_it_is(office: Office, alice: Person) -> None:
    alice.online = False
    settle(office, alice, rounds=WRITTEN)
    assert office.records == {}
    alice.online = True
    settle(office, alice, rounds=WRITTEN + 4)
    assert record_of(office, alice) is not None
    with alice.database.read() as snapshot:
        row = rows.newest(snapshot)
    assert row is not None
    assert row.copies == 2


def test_a_device_put_back_to_before_it_met_somebody_finds_them_and_hears_everything_again(
    office: Office, alice: Person, bob: Person
) -> None:
    settle(office, alice, rounds=1)
    backup = alice.copy()
    _, b = meet(office, alice, bob)
    bob.say(b, "do you remember?")
    settle(office, alice, bob, rounds=WRITTEN)
    alice.put_back(backup)
    settle(office, alice, bob, rounds=8)
    again = contacts(alice)["bob"]
    assert texts(alice, again) == ["do you remember?"]
    alice.say(again, "now I do")
    settle(office, alice, bob, rounds=6)
    assert texts(bob, b) == ["now I do"]
    assert all(row.kind == "text" for row in bob.rows(b)), "a device that bob knows is nothing new"
