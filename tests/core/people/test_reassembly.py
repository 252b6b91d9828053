"""Fragments: what is held of blocks that are not whole is bounded, and what is lacking is deposited again as it was."""

from __future__ import annotations

from core.people.format.fragment import CLASSES
from core.people.format.lane import WINDOW
from core.people.work import Work
from core.storage import meetings
from core.storage.meetings import MAX_PIECES, Slot
from net.numbers import MAX_VARIANTS
from tests.core.people.test_reading import lose, met
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table

LONG = "long " * 500  # sixteen boxes hold it


def held(person: Person) -> int:
    """Return how many opened boxes wait for others, of all lanes."""
    with person.database.read() as snapshot:
        return len(table(snapshot, "held"))


def test_what_is_held_behind_a_hole_is_a_window_and_no_more(office: Office, alice: Person, bob: Person) -> None:
    a, b = met(office, alice, bob)
    first = len(office.boxes)
    alice.say(a, "lost")
    lose(office, first)
    for number in range(WINDOW * 2):
        alice.say(a, f"behind it {number}")
    settle(office, bob, rounds=3)
    assert 0 < held(bob) < WINDOW
    assert bob.heard(b) == []


def test_a_writer_of_beginnings_alone_fills_a_window_and_no_more(office: Office, alice: Person, bob: Person) -> None:
    """Of each long text one box never comes."""
    a, b = met(office, alice, bob)
    for number in range(8):
        first = len(office.boxes)
        alice.say(a, f"{LONG}{number}")
        assert len(office.boxes) - first in CLASSES
        office.is_lost.add(first + 2)
    settle(office, bob, rounds=3)
    assert 0 < held(bob) <= WINDOW
    assert bob.heard(b) == []


def test_pieces_of_slots_are_bounded_for_each_and_in_all(alice: Person) -> None:
    def fill(work: Work) -> None:
        slot = Slot("greeting:x", 5, 0)
        kept = [meetings.add_piece(work.tx, slot, 0, b"%d" % n, b"piece") for n in range(MAX_VARIANTS + 3)]
        assert kept == [True] * MAX_VARIANTS + [False] * 3
        for number in range(1, MAX_PIECES):
            meetings.add_piece(work.tx, Slot("greeting:x", 5, number), 0, b"v", b"piece")
        assert not meetings.add_piece(work.tx, Slot("greeting:x", 6, 0), 0, b"v", b"piece")
        assert meetings.add_piece(work.tx, Slot("greeting:y", 6, 0), 0, b"v", b"piece"), "another link has its own"
        assert sum(row["watch"] == "greeting:x" for row in table(work.tx, "slot_pieces")) == MAX_PIECES

    alice.engine.command(fill, alice.moment())


def test_what_is_lacking_is_deposited_again_byte_for_byte(office: Office, alice: Person, bob: Person) -> None:
    """What lies there already is the same, so nothing is there twice, and two copies tell nothing that one does not."""
    a, b = met(office, alice, bob)
    first = len(office.boxes)
    alice.say(a, LONG)
    copies = office.boxes[first:]
    assert len(copies) > 1
    for box in copies[::2]:
        office.boxes.remove(box)
    alice.say(a, "behind it")
    settle(office, bob, alice, bob, rounds=4)
    assert bob.heard(b) == [LONG, "behind it"]
    assert [office.boxes.count(box) for box in copies] == [1] * len(copies)
    assert all(box in office.boxes for box in copies), "or its day's copy has other bytes"
