"""Watches: values that are alike when they look for the same thing, and names under which pieces are kept."""

from __future__ import annotations

from core.people.format.slot import SLOTS, work_factor
from core.people.format.watch import AcceptanceWatch, GreetingWatch, ResetWatch, Watch, stored_name, stored_prefixes
from core.storage import meetings
from core.storage.meetings import Slot
from tests.support.post_office import Person

ROOT = bytes(range(32))


def test_names_are_those_of_every_file_so_far() -> None:
    assert stored_name(GreetingWatch("ab12")) == "greeting:ab12"
    assert stored_name(AcceptanceWatch(7, ROOT)) == f"acceptance:7:{ROOT.hex()}"
    assert stored_name(ResetWatch(7, ROOT)) == f"reset:7:{ROOT.hex()}"


def test_only_what_strangers_write_owes_more_work() -> None:
    watches = (GreetingWatch("a"), AcceptanceWatch(1, ROOT), ResetWatch(1, ROOT))
    assert [watch.slots.work_factor for watch in watches] == [4, 1, 1]
    assert [work_factor(kind) for kind in (*SLOTS, "block")] == [4, 1, 1, 1], "whoever writes there pays the same"


def test_the_pieces_of_one_conversation_are_forgotten_and_no_others(alice: Person) -> None:
    kept: list[Watch] = [ResetWatch(11, ROOT), AcceptanceWatch(2, ROOT), GreetingWatch("1")]
    gone: list[Watch] = [ResetWatch(1, ROOT), AcceptanceWatch(1, ROOT)]
    with alice.engine.work(alice.moment()) as work:
        slots = [Slot(stored_name(watch), 5, 0) for watch in kept + gone]
        for slot in slots:
            assert meetings.add_piece(work.tx, slot, 0, b"variant", b"piece")
        meetings.forget_pieces(work.tx, stored_prefixes(1))
        assert [bool(meetings.pieces(work.tx, slot)) for slot in slots] == [True] * 3 + [False] * 2
