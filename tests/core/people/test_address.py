"""Where mail lies: in somebody's own bucket of the day, which nobody else reads and which is another tomorrow."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from core import api
from core.people.effects import Effect
from core.people.format.address import address_on, addresses, days_read, shown_prefix
from core.people.format.invitation import decode_link
from core.people.moment import Moment
from net.bucket import Bucket
from net.instant import DAY_MS, HOUR_MS
from net.parcel.box import decode_box
from net.requests import Read
from tests.core.people.test_talking import add, meet
from tests.support.post_office import START_MS, Office, Person, settle

SECRET = b"s" * 32
DAY = START_MS // DAY_MS
# As in a network of half a million nodes: two secrets share a bucket once in 32 768.
LARGE = 15


def at(network_ms: int) -> Moment:
    return Moment(0, network_ms, 0.0, 2, LARGE + 1)


@pytest.fixture
def office() -> Office:
    return Office(coverage=LARGE)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 40_000), st.integers(0, 32))
def test_a_box_shows_the_head_of_its_address_and_nothing_more(secret: bytes, day: int, width: int) -> None:
    shown = shown_prefix(secret, day, width)
    assert Bucket(shown, width).covers(address_on(secret, day))
    assert Bucket.of(shown, width).prefix == shown


@pytest.mark.parametrize(("hour", "days"), [(0, (-2, 0)), (12, (-2, 0)), (22, (-2, 0)), (23, (-2, 1))], ids=str)
def test_the_days_read_are_those_whose_boxes_live_and_soon_the_next(hour: int, days: tuple[int, int]) -> None:
    read = days_read(at(DAY * DAY_MS + hour * HOUR_MS))
    assert (read.start - DAY, read.stop - 1 - DAY) == days


def test_in_a_large_network_people_meet_and_talk_each_in_a_bucket_of_their_own(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = meet(office, alice, bob)
    for n in range(3):
        alice.say(a, f"{n}")
        bob.say(b, f"{n}")
        settle(office, alice, bob, rounds=4, seconds=18 * 3600 / 4)  # over days
    assert bob.heard(b) == alice.heard(a)[1:] == ["0", "1", "2"]
    assert set(alice.said(a)) | set(bob.said(b)) == {"delivered"}


def test_a_box_lies_at_its_readers_address_of_the_day(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    before = len(office.boxes)
    alice.say(a, "to bob")
    at_bob = shown_prefix(bob.engine.me.inbox, DAY, LARGE + 1)
    assert {decode_box(box).prefix for box in office.boxes[before:]} == {at_bob}
    before = len(office.boxes)
    bob.say(b, "to alice")
    at_alice = shown_prefix(alice.engine.me.inbox, DAY, LARGE + 1)
    assert {decode_box(box).prefix for box in office.boxes[before:]} == {at_alice}
    assert not Bucket.of(address_on(alice.engine.me.inbox, DAY), LARGE).covers(at_bob)


def test_a_greeting_lies_where_holders_of_the_link_know_and_its_answer_at_the_greeter(
    office: Office, alice: Person, bob: Person
) -> None:
    link = alice.call(api.InviteCreate(expires_in=86_400)).link
    settle(office, bob, rounds=1)
    add(bob, link)
    at_link = shown_prefix(decode_link(link).address_secret, DAY, LARGE + 1)
    assert {decode_box(box).prefix for box in office.boxes} == {at_link}
    settle(office, alice, rounds=2)
    before = len(office.boxes)
    (greeting,) = alice.call(api.GreetingList())
    alice.call(api.GreetingAccept(id=greeting.id))
    at_bob = shown_prefix(bob.engine.me.inbox, DAY, LARGE + 1)
    assert {decode_box(box).prefix for box in office.boxes[before:]} == {at_bob}


def test_what_is_read_is_ones_own_and_open_invitations_and_nothing_else(
    office: Office, alice: Person, bob: Person
) -> None:
    days = range(DAY - 2, DAY + 1)
    own = addresses([alice.engine.me.inbox], days)
    assert alice.addresses == own
    invite = alice.call(api.InviteCreate(expires_in=86_400))
    assert alice.addresses == own | addresses([decode_link(invite.link).address_secret], days)
    alice.call(api.InviteRevoke(id=invite.id))
    assert alice.addresses == own
    meet(office, alice, bob)
    assert bob.addresses == addresses([bob.engine.me.inbox], days)


def test_the_turn_of_the_day_is_read_across(office: Office, alice: Person, bob: Person) -> None:
    """Bob's clock is forty minutes ahead: he writes at tomorrow's address before it is tomorrow for alice."""
    a, b = meet(office, alice, bob)
    office.now_ms = (DAY + 1) * DAY_MS - HOUR_MS // 6
    settle(office, alice, rounds=1, seconds=1)
    office.now_ms += 2 * HOUR_MS // 3
    bob.say(b, "from tomorrow")
    office.now_ms -= 2 * HOUR_MS // 3
    alice.poll()
    assert address_on(alice.engine.me.inbox, DAY + 1) in alice.addresses
    office.now_ms += HOUR_MS
    settle(office, alice, rounds=2)
    assert alice.heard(a)[-1] == "from tomorrow"
    assert {address_on(alice.engine.me.inbox, DAY + n) for n in (-1, 0, 1)} <= alice.addresses


def test_a_copy_keeps_its_bytes_for_its_day_when_the_width_changes(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=6)  # each has a key of the other, and nothing to acknowledge
    before = len(office.boxes)
    alice.say(a, "written at one width")
    (copy,) = office.boxes[before:]
    office.coverage = 4
    alice.close()
    alice.open()
    settle(office, alice, rounds=2)
    assert office.boxes[before:] == [copy], "or its id would have been seen with two contents"
    office.wait(44 * 3600)
    settle(office, alice, rounds=2)
    others = office.boxes[before + 1 :]
    assert len(others) == 2, "the text and the acknowledgement before it, neither of which bob has read"
    assert {decode_box(box).prefix for box in others} == {shown_prefix(bob.engine.me.inbox, DAY + 2, 5)}


def test_what_is_to_be_read_is_said_once_until_it_changes(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[frozenset[int]] = []
    carry_out = alice.carry_out

    def listen(effects: list[Effect]) -> None:
        said.extend(effect.addresses for effect in effects if isinstance(effect, Read))
        carry_out(effects)

    monkeypatch.setattr(alice, "carry_out", listen)
    for _ in range(3):
        alice.poll()
    assert said == []
    alice.call(api.InviteCreate(expires_in=86_400))
    assert len(said) == 1
