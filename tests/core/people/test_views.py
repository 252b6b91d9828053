"""What a person makes of a conversation: muted, pinned, archived, marked as unread; and settings, one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.api import ApiError, Kind
from core.people.conversation import views
from core.people.record import account_state
from tests.core.people.test_restoring import WRITTEN, contacts, restored
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

HOUR_MS = 3_600_000


def shown(person: Person) -> api.Conversation:
    (row,) = person.call(api.ConversationList())
    return row


def changes(person: Person) -> int:
    return sum(isinstance(event, api.ConversationChanged) for event in person.events)


def test_what_is_set_is_told_and_the_rest_stays(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    until = office.now_ms + HOUR_MS
    alice.call(api.ConversationSet(conversation=a, muted_until=until, pinned=True))
    alice.call(api.ConversationSet(conversation=a, unread=True))
    row, (contact,) = shown(alice), alice.call(api.ContactList())
    for each in (row, contact):
        assert (each.muted_until, each.pinned, each.archived, each.marked_unread) == (until, True, False, True)
    assert changes(alice) == 2
    alice.call(api.ConversationSet(conversation=a, unread=True))
    assert changes(alice) == 2, "nothing changed"
    office.wait(HOUR_MS // 1000 + 1)
    assert shown(alice).muted_until is None, "its time is over"
    alice.call(api.ConversationSet(conversation=a, pinned=False))
    assert not shown(alice).pinned


def test_a_row_says_how_its_person_is_to_be_told(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    rules: list[api.NotifyRule] = ["bell", "never", "always"]
    for rule in rules:
        alice.call(api.ConversationSet(conversation=a, notify=rule))
        assert shown(alice).notify == rule
    alice.call(api.ConversationSet(conversation=a, notify="bell"))
    bob.say(b, "hello")
    settle(office, alice, bob, rounds=2)
    alice.call(api.ConversationSet(conversation=a, muted_until=office.now_ms + HOUR_MS))
    bob.say(b, "hello again")
    settle(office, alice, bob, rounds=2)
    told = [event.notify for event in alice.events if isinstance(event, api.MessageReceived)]
    assert told[-2:] == ["bell", "never"], "muted is never, whatever the rule"


def test_reading_takes_the_mark_as_unread_away(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    alice.call(api.ConversationSet(conversation=a, unread=True))
    alice.call(api.ConversationRead(conversation=a, upto=alice.rows(a)[-1].id))
    assert not shown(alice).marked_unread


def test_a_text_brings_a_conversation_back_from_the_archive_unless_it_is_muted(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    alice.call(api.ConversationSet(conversation=a, archived=True))
    alice.say(a, "one's own text leaves it there")
    settle(office, alice, bob, rounds=2)
    assert shown(alice).archived
    bob.say(b, "are you there?")
    settle(office, alice, bob, rounds=2)
    assert not shown(alice).archived
    alice.call(api.ConversationSet(conversation=a, archived=True, muted_until=office.now_ms + HOUR_MS))
    bob.say(b, "hello?")
    settle(office, alice, bob, rounds=2)
    assert shown(alice).archived


@pytest.mark.parametrize("until", [-1, 1 << 47])
def test_a_time_that_is_none_is_refused(office: Office, alice: Person, bob: Person, until: int) -> None:
    a, _ = meet(office, alice, bob)
    with pytest.raises(ApiError) as refused:
        alice.call(api.ConversationSet(conversation=a, muted_until=until))
    assert refused.value.kind is Kind.BAD_REQUEST


def test_a_restored_account_has_it_and_a_change_reaches_the_other_device(
    office: Office, folder: Path, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    until = office.now_ms + 1000 * HOUR_MS
    alice.call(api.ConversationSet(conversation=a, muted_until=until, pinned=True, archived=True))
    settle(office, alice, bob, rounds=WRITTEN)
    again = restored(office, folder)
    row = next(each for each in again.call(api.ConversationList()) if each.name == "bob")
    assert (row.muted_until, row.pinned, row.archived, row.marked_unread) == (until, True, True, False)
    again.call(api.ConversationSet(conversation=contacts(again)["bob"], muted_until=0))
    settle(office, again, alice, bob, rounds=WRITTEN)
    office.wait(86_400)
    settle(office, alice, bob, rounds=WRITTEN)
    assert shown(alice).muted_until is None


@pytest.mark.parametrize("junk", [b"", b"\xff", b"\x94\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xc2\xc2\xc2", b"\x91\xa1x"])
def test_a_view_that_is_none_is_ignored(junk: bytes) -> None:
    assert views.decode_view(junk) is None


def test_a_view_with_more_behind_it_is_read() -> None:
    read = views.decode_view(b"\x96\x05\xc3\xc2\xc3\xa4bell\xa5later")
    assert read == views.View(5, pinned=True, unread=True, notify="bell")


def test_a_rule_of_a_later_version_is_the_usual_one() -> None:
    read = views.decode_view(b"\x95\x05\xc3\xc2\xc3\xa5later")
    assert read is not None
    assert read.rule == "always"


def test_what_was_never_made_of_a_conversation_is_not_in_the_state(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)
    state, _ = alice.engine.command(account_state.capture, alice.moment())
    assert not [key for key in state if key.endswith(b"view")]


# --- settings ---------------------------------------------------------------------------------------------------------


def test_settings_are_changed_one_at_a_time(alice: Person) -> None:
    alice.call(api.SettingsSet(settings={"theme": "dark"}))
    alice.call(api.SettingsSet(settings={"lock_after": 60}))
    assert alice.call(api.SettingsGet()) == api.Settings(theme="dark", lock_after=60)
    assert sum(isinstance(event, api.SettingsChanged) for event in alice.events) == 2
    alice.call(api.SettingsSet(settings={"lock_after": 60}))
    assert sum(isinstance(event, api.SettingsChanged) for event in alice.events) == 2


@pytest.mark.parametrize("wrong", [{"colour": "dark"}, {"notify": "loud"}, {"lock_after": "soon"}, {"enter_sends": 1}])
def test_a_setting_that_there_is_not_or_cannot_be_so_is_refused_whole(alice: Person, wrong: dict[str, object]) -> None:
    with pytest.raises(ApiError) as refused:
        alice.call(api.SettingsSet(settings={"pace": "strong", **wrong}))
    assert refused.value.kind is Kind.BAD_REQUEST
    assert next(iter(wrong)) in refused.value.message
    assert alice.call(api.SettingsGet()) == api.Settings()
