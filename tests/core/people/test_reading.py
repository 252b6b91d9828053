"""Reading in order: holes that are waited for, given up and said again; lanes that cannot be read on."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from core.people.conversation import acks, lane_writer, ratchets
from core.people.format import lane
from core.people.format.prekey import make_prekey
from core.people.work import Work
from core.storage import accounts, devices, lanes, sessions
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle


def met(office: Office, alice: Person, bob: Person) -> tuple[str, str]:
    """Let two meet and give each other fresh keys: what is said from then on is texts alone, one box each."""
    chats = meet(office, alice, bob)
    settle(office, alice, bob, rounds=2)
    return chats


def lose(office: Office, first: int) -> None:
    """Lose what was deposited from the ``first`` box on."""
    office.is_lost |= set(range(first + 1, len(office.boxes) + 1))


def be_patient(person: Person) -> None:
    """Let two days online pass for somebody's holes."""

    def act(work: Work) -> None:
        accounts.add_online(work.tx, 49 * 3_600_000)

    person.carry_out(person.engine.command(act, person.moment())[1])


def kinds(person: Person, conversation: str) -> list[str]:
    return [row.text if row.kind == "text" else row.kind for row in person.rows(conversation) if row.sender != "me"]


def test_a_hole_is_given_up_after_two_days_and_what_was_lost_is_said_again(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = met(office, alice, bob)
    at = len(office.boxes)
    alice.say(a, "lost")
    lose(office, at)
    alice.say(a, "second")
    settle(office, alice, bob, rounds=2)
    assert kinds(bob, b) == []
    be_patient(bob)
    settle(office, bob, rounds=2)
    assert kinds(bob, b) == ["gap", "second"]
    assert alice.said(a)[0] in {"sent", "stored"}, "given up is not delivered"
    settle(office, alice, bob, rounds=4)
    assert kinds(bob, b) == ["gap", "second", "lost"]
    assert set(alice.said(a)) == {"delivered"}


def test_a_block_that_lacks_one_of_its_boxes_does_not_hold_its_lane_for_ever(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = met(office, alice, bob)
    long = "long " * 400
    for missing in range(4):
        at = len(office.boxes)
        alice.say(a, f"{long}{missing}")
        office.is_lost.add(at + 1 + missing)
        alice.say(a, f"after {missing}")
        settle(office, alice, bob, rounds=2)
        assert f"after {missing}" not in bob.heard(b)
        be_patient(bob)
        settle(office, alice, bob, rounds=6)
        assert bob.heard(b)[-2:] == [f"after {missing}", f"{long}{missing}"]
    assert set(alice.said(a)) == {"delivered"}
    assert kinds(bob, b).count("gap") == 4


def test_what_comes_after_it_was_given_up_is_marked_late_and_comes_once(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = met(office, alice, bob)
    at = len(office.boxes)
    alice.say(a, "late")
    lose(office, at)
    alice.say(a, "second")
    settle(office, bob, rounds=2)
    be_patient(bob)
    settle(office, bob, rounds=2)
    office.is_lost.clear()
    bob.start_over()
    settle(office, bob, rounds=2)
    assert [(row.text, row.late) for row in bob.rows(b) if row.kind == "text" and row.sender != "me"] == [
        ("second", False),
        ("late", True),
    ]
    settle(office, alice, bob, rounds=4)
    assert kinds(bob, b) == ["gap", "second", "late"]
    assert set(alice.said(a)) == {"delivered"}


def test_a_window_filled_beyond_a_given_up_index_moves_on(office: Office, alice: Person, bob: Person) -> None:
    a, b = met(office, alice, bob)
    at = len(office.boxes)
    alice.say(a, "never")
    lose(office, at)
    alice.say(a, "one")
    settle(office, bob, rounds=1)
    be_patient(bob)
    settle(office, bob, rounds=1)
    at = len(office.boxes)
    for n in range(lane.WINDOW + 10):
        alice.say(a, f"{n}")
    office.is_lost.add(at + 1)
    settle(office, bob, rounds=1)
    office.is_lost.clear()
    office.is_lost.add(at)
    bob.start_over()
    settle(office, alice, bob, rounds=6)
    texts = [text for text in kinds(bob, b) if text not in {"never", "gap"}]
    assert texts == ["one", *(str(n) for n in range(lane.WINDOW + 10))]


def forge(alice: Person) -> None:
    """Let alice's lane go on with a block that nobody can open, as after a fault of hers."""

    def act(work: Work) -> None:
        row = lanes.writing(work.tx, 1)
        assert row is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lane_writer, "encode_block", Mock(return_value=b"\x92\x01\x90 and more than a block"))
            lane_writer.write_block(work, row, ())

    alice.carry_out(alice.engine.command(act, alice.moment())[1])


def test_a_lane_that_cannot_be_read_on_is_begun_anew_and_nothing_is_lost(
    office: Office, alice: Person, bob: Person
) -> None:
    a, b = met(office, alice, bob)
    alice.say(a, "before")
    settle(office, alice, bob, rounds=2)
    forge(alice)
    alice.say(a, "behind it")
    settle(office, alice, bob, rounds=3)
    assert alice.said(a)[-1] != "delivered" or "behind it" in bob.heard(b)
    office.wait(3700)
    settle(office, alice, bob, rounds=10)
    alice.say(a, "after")
    bob.say(b, "and back")
    settle(office, alice, bob, rounds=6)
    assert bob.heard(b) == ["before", "behind it", "after"]
    assert alice.heard(a)[-1] == "and back"
    assert set(alice.said(a)) | set(bob.said(b)) == {"delivered"}
    with bob.database.read() as snapshot:
        assert all(row.broken_at is None for row in lanes.every_reading(snapshot))


def test_nothing_behind_a_block_that_did_not_open_is_acknowledged(office: Office, alice: Person, bob: Person) -> None:
    a, _ = met(office, alice, bob)
    with alice.database.read() as snapshot:
        (row,) = lanes.every_writing(snapshot)
    forge(alice)
    alice.say(a, "behind it")
    settle(office, bob, rounds=2)
    with bob.database.read() as snapshot:
        read = lanes.reading(snapshot, row.generation)
    assert read is not None
    assert read.broken_at == row.next_index < read.next_index

    def next_acknowledged(work: Work) -> int:
        return next(ack.next for ack in acks.lane_acks(work, 1) if ack.generation == row.generation)

    assert bob.engine.command(next_acknowledged, bob.moment())[0] == row.next_index


def test_an_acknowledgement_of_what_was_never_written_betrays_an_old_copy(
    office: Office, alice: Person, bob: Person
) -> None:
    """Put back unnoticed, when the boxes of the lost future are gone from the network."""
    a, b = met(office, alice, bob)
    settle(office, alice, bob, rounds=2)
    backup = alice.copy()
    for n in range(5):
        alice.say(a, f"lost future {n}")
    settle(office, alice, bob, rounds=4)
    office.wait(4 * 86_400)
    office.boxes.clear()
    office.variants.clear()
    alice.close()
    backup.replace(alice.path)
    alice.mark = 0
    alice.open()
    bob.start_over()
    alice.say(a, "now")
    bob.say(b, "hello again")
    settle(office, alice, bob, rounds=20)
    assert bob.heard(b) == [*(f"lost future {n}" for n in range(5)), "now"]
    assert set(alice.said(a)) == {"delivered"}


def test_sessions_with_one_device_are_bounded(office: Office, alice: Person, bob: Person) -> None:
    meet(office, alice, bob)

    def start_many(work: Work) -> None:
        (row,) = devices.of_conversation(work.tx, 1)
        for _ in range(10):
            ratchets.start_session(work, row, make_prekey(work.now.network_ms).public)
        assert len(sessions.of_device(work.tx, 1, row.device)) == sessions.MAX_SESSIONS

    alice.engine.command(start_many, alice.moment())
