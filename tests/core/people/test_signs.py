"""What was read, who types, who is there: told where both sides have it on, seldom, and to nobody else."""
# pyright: reportPrivateUsage=false
# A version of before is one whose table of kinds lacks this one.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from core import api
from core.people.conversation import item_rules, lane_writer, signs
from core.people.conversation.sign_sender import MAX_UNANSWERED
from core.people.conversation.signs import HERE_MS, STEP_MS, TYPING_MS
from core.people.format import content
from core.people.format.acknowledgement import IDLE_DELAY
from core.people.format.content import Here, Signs, Tells
from core.people.moment import Attention
from core.people.presence import HERE_PAUSE, TYPING_PAUSE
from core.people.work import Work
from core.storage import lanes, postings
from tests.core.people.test_restoring import WRITTEN, contacts, hour_passes, restored
from tests.core.people.test_talking import meet
from tests.core.people.test_words_thief import do
from tests.support.post_office import Office, Person, settle

THERE = Attention(present=True)
STEP = 0.5
E = TypeVar("E", bound=api.Event)


def switch(*people: Person, **settings: bool) -> None:
    for person in people:
        person.call(api.SettingsSet(settings=dict(settings)))


def talk(office: Office, alice: Person, bob: Person) -> tuple[str, str]:
    """Meet, and let each hear what the other has switched on."""
    a, b = meet(office, alice, bob)
    for text in ("one", "two"):
        alice.say(a, text)
        settle(office, alice, bob, rounds=2)
        bob.say(b, text)
        settle(office, alice, bob, rounds=2)
    return a, b


def read_all(person: Person, conversation: str) -> None:
    person.call(api.ConversationRead(conversation=conversation, upto=person.rows(conversation)[-1].id))


def told(person: Person, kind: type[E]) -> list[E]:
    return [event for event in person.events if isinstance(event, kind)]


def say_anyway(liar: Person, sign: Callable[[Work], Signs]) -> None:
    """Let a hostile program tell something, whatever is switched on."""

    def write(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        lane_writer.write_block(work, lane, (sign(work),))

    do(liar, write)


def read_of(writer: Person, upto: int = 1 << 40) -> Callable[[Work], Signs]:
    """Return the sign that all was read that ``writer`` wrote in its first conversation."""
    with writer.database.read() as tx:
        lane = lanes.writing(tx, 1)
    assert lane is not None
    return lambda _: Signs(int(Tells.READ), [(lane.generation, upto)])


def here(now: Here) -> Callable[[Work], Signs]:
    """Return the sign of who tells all and types or is there."""
    return lambda _: Signs(int(Tells.READ | Tells.TYPING | Tells.PRESENCE), [], int(now))


def only_contact(person: Person) -> api.Contact:
    (contact,) = person.call(api.ContactList())
    return contact


# --- what was read ----------------------------------------------------------------------------------------------------


def test_a_text_is_read_once_it_was_seen(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True)
    a, b = talk(office, alice, bob)
    assert only_contact(alice).exchanged == only_contact(bob).exchanged == ["read"]
    first = alice.say(a, "have you seen this?")
    settle(office, alice, bob, rounds=3)
    assert alice.said(a)[-1] == "delivered"
    read_all(bob, b)
    settle(office, alice, bob, rounds=3)
    assert set(alice.said(a)) == {"read"}
    states = [event.state for event in told(alice, api.MessageStateChanged) if event.id == first]
    assert states[-2:] == ["delivered", "read"]
    alice.say(a, "and this?")
    settle(office, alice, bob, rounds=3)
    assert alice.said(a)[-1] == "delivered"


@pytest.mark.parametrize(("alices", "bobs"), [(False, False), (True, False), (False, True)])
def test_nothing_is_told_unless_both_want_it(
    office: Office, alice: Person, bob: Person, *, alices: bool, bobs: bool
) -> None:
    switch(alice, read_receipts=alices)
    switch(bob, read_receipts=bobs)
    a, b = talk(office, alice, bob)
    before = len(office.boxes)
    read_all(alice, a)
    read_all(bob, b)
    settle(office, alice, bob, rounds=4)
    assert len(office.boxes) == before, "no box tells that something was read"
    alice.say(a, "x")
    bob.say(b, "y")
    settle(office, alice, bob, rounds=3)
    assert "read" not in alice.said(a) + bob.said(b)


def test_what_was_read_while_it_was_off_is_not_told_when_it_is_on(office: Office, alice: Person, bob: Person) -> None:
    a, b = talk(office, alice, bob)
    read_all(bob, b)
    switch(alice, bob, read_receipts=True)
    alice.say(a, "three")
    settle(office, alice, bob, rounds=2)
    bob.say(b, "three")
    settle(office, alice, bob, rounds=3)
    assert "read" not in alice.said(a)


def test_a_text_tells_what_was_read_and_needs_no_box_of_its_own(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True)
    a, b = talk(office, alice, bob)
    read_all(bob, b)
    before = len(office.boxes)
    bob.say(b, "I read it")
    bob.poll()
    assert len(office.boxes) == before + 1
    alice.poll()
    assert set(alice.said(a)) == {"read"}
    settle(office, bob, rounds=2)
    assert len(office.boxes) == before + 1, "it was told"


def test_when_something_was_read_is_not_told_finer_than_an_acknowledgement(
    office: Office, alice: Person, bob: Person
) -> None:
    switch(alice, bob, read_receipts=True)
    a, b = talk(office, alice, bob)
    waits: list[float] = []
    for n in range(8):
        alice.say(a, f"{n}")
        settle(office, alice, bob, rounds=3)
        bob.attention = Attention(present=True, looked_at=frozenset({b}))
        read_all(bob, b)  # which is looking at the chat, too
        before, began = len(office.boxes), office.mono
        while len(office.boxes) == before:
            office.wait(STEP)
            bob.poll()
            assert office.mono - began < 2 * IDLE_DELAY[1]
        waits.append(office.mono - began)
        bob.attention = Attention()
        settle(office, alice, bob, rounds=1)
    assert all(IDLE_DELAY[0] <= wait <= IDLE_DELAY[1] + STEP for wait in waits)
    assert len(set(waits)) > 4


def test_a_device_that_is_not_known_reads_nothing(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True)
    _, b = talk(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    bob.say(b, "for alice")
    settle(office, alice, bob, rounds=2)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    bob.say(b, "who reads this?")
    settle(office, thief, bob, rounds=4)
    c = contacts(thief)["bob"]
    assert thief.heard(c)[-1] == "who reads this?"
    thief.say(c, "I do")
    settle(office, thief, bob, rounds=3)
    read_all(thief, c)
    settle(office, thief, bob, rounds=4)
    assert "read" not in bob.said(b)


def test_a_contact_reads_no_further_than_was_written(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True)
    a, _ = talk(office, alice, bob)

    said = read_of(alice)
    say_anyway(bob, lambda work: replace(said(work), seen=[*said(work).seen, (bytes(16), 5)]))
    settle(office, alice, bob, rounds=2)
    assert set(alice.said(a)) == {"read"}
    alice.say(a, "later")
    settle(office, alice, bob, rounds=3)
    assert alice.said(a)[-1] == "delivered", "what was written since is not read yet"


def test_who_does_not_tell_sees_nothing_of_who_tells_anyway(office: Office, alice: Person, bob: Person) -> None:
    a, _ = talk(office, alice, bob)
    alice.events.clear()
    say_anyway(bob, read_of(alice))
    say_anyway(bob, here(Here.TYPING | Here.THERE))
    bob.poll()
    alice.poll()  # before the notice is too old to be shown
    assert "read" not in alice.said(a)
    assert not told(alice, api.ContactTyping)
    assert not told(alice, api.ContactPresence)
    switch(alice, read_receipts=True, typing=True, presence=True)
    assert only_contact(alice).last_seen is None
    say_anyway(bob, read_of(alice))
    say_anyway(bob, here(Here.TYPING | Here.THERE))
    bob.poll()
    alice.poll()  # before the notice is too old to be shown
    assert set(alice.said(a)) == {"read"}, "the same signs are good where both tell"
    assert told(alice, api.ContactTyping)
    assert only_contact(alice).last_seen is not None


def test_what_was_read_is_not_in_what_is_written_to_who_does_not_tell(
    office: Office, alice: Person, bob: Person
) -> None:
    switch(alice, read_receipts=True)
    a, _ = talk(office, alice, bob)
    read_all(alice, a)
    with alice.engine.work(alice.moment()) as work:
        assert signs.owed(work, 1) == ()


def test_a_device_that_is_not_known_is_not_believed(office: Office, folder: Path, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True, typing=True, presence=True)
    _, b = talk(office, alice, bob)
    settle(office, alice, bob, rounds=WRITTEN)
    alice.online = False
    thief = restored(office, folder, device="thief")
    settle(office, thief, bob, rounds=2)
    hour_passes(office, thief, bob)
    bob.say(b, "who reads this?")
    settle(office, thief, bob, rounds=4)
    thief.say(contacts(thief)["bob"], "I do")
    settle(office, thief, bob, rounds=3)
    bob.events.clear()
    say_anyway(thief, read_of(bob))
    say_anyway(thief, here(Here.TYPING | Here.THERE))
    thief.poll()
    bob.poll()
    assert "read" not in bob.said(b)
    assert not told(bob, api.ContactTyping)
    assert not told(bob, api.ContactPresence)


# --- who types --------------------------------------------------------------------------------------------------------


def test_typing_is_told_at_most_every_twenty_seconds_and_shown_for_thirty(
    office: Office, alice: Person, bob: Person
) -> None:
    switch(alice, bob, typing=True)
    a, b = talk(office, alice, bob)
    before = len(office.boxes)
    for _ in range(int(TYPING_PAUSE * 3 / STEP)):
        alice.call(api.ConversationTyping(conversation=a))
        office.wait(STEP)
        bob.poll()
    assert len(office.boxes) - before == 3
    seen = told(bob, api.ContactTyping)
    assert len(seen) == 3
    assert seen[-1].conversation == b
    assert office.now_ms < seen[-1].until <= office.now_ms + TYPING_MS
    settle(office, alice, bob, rounds=3)
    assert len(office.boxes) - before == 3, "a notice is not acknowledged"


@pytest.mark.parametrize(("alices", "bobs"), [(False, True), (True, False)])
def test_typing_costs_nothing_unless_both_want_it(
    office: Office, alice: Person, bob: Person, *, alices: bool, bobs: bool
) -> None:
    switch(alice, typing=alices)
    switch(bob, typing=bobs)
    a, _ = talk(office, alice, bob)
    before = len(office.boxes)
    alice.call(api.ConversationTyping(conversation=a))
    settle(office, alice, bob, rounds=2)
    assert len(office.boxes) == before
    assert not told(bob, api.ContactTyping)


def test_a_notice_that_comes_late_is_dropped_and_delays_no_text(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, typing=True)
    a, b = talk(office, alice, bob)
    alice.call(api.ConversationTyping(conversation=a))
    alice.say(a, "now")
    office.wait(TYPING_MS / 1000 + 1)
    settle(office, bob, rounds=1)
    assert not told(bob, api.ContactTyping)
    assert bob.heard(b)[-1] == "now"


def test_typing_is_not_told_to_who_was_not_heard_lately(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, typing=True)
    a, _ = talk(office, alice, bob)
    office.wait(700)
    settle(office, alice, bob, rounds=1)
    before = len(office.boxes)
    alice.call(api.ConversationTyping(conversation=a))
    assert len(office.boxes) == before


def test_notices_that_nobody_answers_end(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, typing=True)
    a, _ = talk(office, alice, bob)
    before = len(office.boxes)
    for _ in range(3 * MAX_UNANSWERED):
        alice.call(api.ConversationTyping(conversation=a))
        office.wait(TYPING_PAUSE)
    assert len(office.boxes) - before <= MAX_UNANSWERED
    with alice.database.read() as tx:
        assert postings.count_controls(tx, 1) <= MAX_UNANSWERED


# --- who is there -----------------------------------------------------------------------------------------------------


def test_presence_is_told_every_ten_minutes_at_most_in_steps_of_ten(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, presence=True)
    talk(office, alice, bob)
    assert not only_contact(bob).online
    before, began = len(office.boxes), office.now_ms
    alice.attention = THERE
    settle(office, alice, bob, rounds=120)  # an hour
    boxes = len(office.boxes) - before
    assert 3 <= boxes <= (office.now_ms - began) / 1000 / HERE_PAUSE[0] + 1
    contact = only_contact(bob)
    assert contact.online
    assert contact.last_seen is not None
    assert contact.last_seen % STEP_MS == 0
    assert told(bob, api.ContactPresence)[-1].online
    alice.attention = Attention()
    office.wait(HERE_MS / 1000)
    settle(office, alice, bob, rounds=1)
    assert not only_contact(bob).online
    assert only_contact(bob).last_seen == contact.last_seen
    assert not told(bob, api.ContactPresence)[-1].online
    switch(bob, presence=False)
    assert only_contact(bob).last_seen is None, "who does not tell does not see"


def test_presence_costs_nothing_unless_both_want_it(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, presence=True)
    talk(office, alice, bob)
    alice.attention = THERE
    before = len(office.boxes)
    settle(office, alice, bob, rounds=30)
    assert len(office.boxes) == before
    assert only_contact(bob).tells == ["presence"]
    assert only_contact(bob).exchanged == []


def test_who_is_away_is_told_a_few_times_and_no_more(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, presence=True)
    talk(office, alice, bob)
    bob.online = False
    alice.attention = THERE
    before = len(office.boxes)
    settle(office, alice, rounds=12, seconds=HERE_PAUSE[1])
    with alice.database.read() as tx:
        assert postings.count_controls(tx, 1) <= MAX_UNANSWERED
    assert len(office.boxes) - before <= MAX_UNANSWERED


# --- what comes over ---------------------------------------------------------------------------------------------------


def test_what_is_on_is_said_once(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, read_receipts=True, typing=True)
    a, _ = talk(office, alice, bob)
    assert only_contact(bob).tells == ["read", "typing"]
    with alice.engine.work(alice.moment()) as work:
        assert signs.owed(work, 1) == ()
    switch(alice, typing=False)
    alice.say(a, "no longer")
    settle(office, alice, bob, rounds=2)
    assert only_contact(bob).tells == ["read"]


def test_what_was_said_in_a_text_that_was_taken_back_is_said_again(office: Office, alice: Person, bob: Person) -> None:
    a, _ = talk(office, alice, bob)
    switch(alice, read_receipts=True)
    alice.online = False
    taken = alice.say(a, "never mind")
    alice.call(api.MessageDelete(ids=[taken]))
    alice.online = True
    settle(office, alice, bob, rounds=2)
    alice.say(a, "hello")
    settle(office, alice, bob, rounds=2)
    assert only_contact(bob).tells == ["read"]


def test_bits_from_the_future_mean_nothing(office: Office, alice: Person, bob: Person) -> None:
    switch(alice, bob, read_receipts=True, typing=True, presence=True)
    talk(office, alice, bob)

    def act(work: Work) -> None:
        lane = lanes.writing(work.tx, 1)
        assert lane is not None
        lane_writer.write_block(work, lane, (Signs(255, [], 252),))

    do(bob, act)
    settle(office, alice, bob, rounds=2)
    assert only_contact(alice).tells == ["read", "typing", "presence"]
    assert not told(alice, api.ContactTyping)


def test_a_long_text_takes_no_signs_along(office: Office, alice: Person, bob: Person) -> None:
    a, _ = talk(office, alice, bob)
    switch(alice, read_receipts=True)
    alice.say(a, "x" * 400)
    settle(office, alice, rounds=1)
    with alice.engine.work(alice.moment()) as work:
        assert signs.owed(work, 1), "it waits for the next block"


def test_a_version_of_before_reads_all_texts_and_shows_nothing_of_it(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.delitem(content._BY_NUMBER, content.kind_of(Signs).number)
        switch(alice, read_receipts=True, typing=True, presence=True)
        a, b = talk(office, alice, bob)
        alice.attention = THERE
        alice.call(api.ConversationTyping(conversation=a))
        alice.say(a, "three")
        settle(office, alice, bob, rounds=4)
        assert bob.heard(b)[-3:] == ["one", "two", "three"]
        assert [row.kind for row in bob.rows(b) if row.kind != "text"] == []
        assert set(alice.said(a)) == {"delivered"}
    do(bob, item_rules.take_later)
    assert only_contact(bob).tells == ["read", "typing", "presence"], "acted on, once it can be read"
    assert not told(bob, api.ContactTyping)
