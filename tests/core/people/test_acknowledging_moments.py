"""When an acknowledgement leaves: not at once, or it would tell whoever watches both ends who heard whom, and when."""

from __future__ import annotations

from core.people.format.acknowledgement import IDLE_DELAY, OPEN_DELAY
from core.people.moment import Attention
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle

STEP = 0.25


def seconds_to_acknowledge(office: Office, alice: Person, bob: Person, a: str) -> float:
    """Return how long after it came a text is acknowledged."""
    alice.say(a, "text")
    bob.poll()
    before, began = len(office.boxes), office.mono
    while len(office.boxes) == before:
        office.wait(STEP)
        bob.poll()
        assert office.mono - began < 2 * IDLE_DELAY[1]
    waited = office.mono - began
    settle(office, alice, bob, rounds=2)
    return waited


def test_an_acknowledgement_waits_for_a_time_of_chance_where_nobody_looks(
    office: Office, alice: Person, bob: Person
) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    waited = [seconds_to_acknowledge(office, alice, bob, a) for _ in range(12)]
    assert all(IDLE_DELAY[0] <= seconds <= IDLE_DELAY[1] + STEP for seconds in waited)
    assert len(set(waited)) > 6
    assert max(waited) - min(waited) > (IDLE_DELAY[1] - IDLE_DELAY[0]) / 3


def test_it_waits_a_little_where_somebody_looks_on(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    bob.engine.look_at(1, bob.moment())
    assert OPEN_DELAY <= seconds_to_acknowledge(office, alice, bob, a) <= OPEN_DELAY + STEP


def test_it_waits_a_little_in_a_chat_that_a_screen_shows(office: Office, alice: Person, bob: Person) -> None:
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=4)
    bob.attention = Attention(present=True, looked_at=frozenset({b}))
    assert OPEN_DELAY <= seconds_to_acknowledge(office, alice, bob, a) <= OPEN_DELAY + STEP
