"""Old copies put back again and again, holes on both sides: told with engines alone, since it takes hundreds of boxes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from net.instant import HOUR_MS
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Office, Person, Person, str, str]:
    office = Office()
    alice, bob = Person(office, tmp_path, "alice"), Person(office, tmp_path, "bob")
    a, b = meet(office, alice, bob)
    return office, alice, bob, a, b


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 4])
def test_the_same_old_copy_is_put_back_several_times(pair: tuple[Office, Person, Person, str, str], times: int) -> None:
    office, alice, bob, a, b = pair
    said: list[str] = []
    heard: list[str] = []

    def talk(about: str) -> None:
        for number in range(6):
            said.append(f"alice {about} {number}")
            heard.append(f"bob {about} {number}")
            alice.say(a, said[-1])
            bob.say(b, heard[-1])
        settle(office, alice, bob, rounds=10)

    talk("before")
    backup = alice.copy()
    kept = backup.with_suffix(".kept")
    shutil.copy(backup, kept)
    for time in range(times):
        talk(f"time {time}")
        shutil.copy(kept, backup)
        alice.put_back(backup)
        settle(office, alice, bob, rounds=10)
    talk("after")
    assert bob.heard(b) == said
    assert sorted(alice.heard(a)[1:]) == sorted(heard)


@pytest.mark.slow
def test_holes_on_both_sides_are_filled_and_nobody_chatters_meanwhile(
    pair: tuple[Office, Person, Person, str, str],
) -> None:
    """Each lacks a box of the other, so neither can read what the other asks for; the next day's copies help."""
    office, alice, bob, a, b = pair
    said: list[str] = []
    heard: list[str] = []

    def talk(number: int) -> None:
        said.append(f"alice {number}")
        heard.append(f"bob {number}")
        alice.say(a, said[-1])
        bob.say(b, heard[-1])

    talk(0)
    office.is_lost = set(range(len(office.boxes) - 1, len(office.boxes) + 1))  # and the network forgot them
    talk(1)
    settle(office, alice, bob, rounds=10)
    before = len(office.boxes)
    settle(office, alice, bob, rounds=60)
    assert len(office.boxes) - before < 10, "they ask each other again and again for what cannot be read"
    for _ in range(4):
        office.now_ms += 12 * HOUR_MS
        office.mono += 12 * 3600
        settle(office, alice, bob, rounds=6)
    talk(2)
    settle(office, alice, bob, rounds=10)
    assert bob.heard(b)[-3:] == said
    assert alice.heard(a)[-3:] == heard
    assert set(alice.said(a)[-3:]) == set(bob.said(b)[-3:]) == {"delivered"}
