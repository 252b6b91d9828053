"""Fresh keys are mixed into every lane: at least every fifty messages and seven days, for whoever answers at all."""

from __future__ import annotations

import pytest

from core.people.conversation import lane_writer, prekeys, rekeying
from core.people.format import lane
from core.people.format.content import Rekey
from core.people.work import Work
from core.storage import lanes
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import table

# Texts of each: more than two re-keyings take.
ROUNDS = 2 * lane.REKEY_AFTER_BLOCKS + 15


class Gaps:
    """How many blocks were written between two re-keyings, at most, and how many re-keyings there were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.longest: dict[bytes, int] = {}
        self.count: dict[bytes, int] = {}
        self._since: dict[bytes, int] = {}
        write = lane_writer.write_block

        def counted(
            work: object, row: lanes.WriteLane, items: tuple[object, ...], *rest: object, **more: object
        ) -> int:
            if any(isinstance(item, Rekey) for item in items):
                self._since[row.generation] = 0
                self.count[row.generation] = self.count.get(row.generation, 0) + 1
            else:
                self._since[row.generation] = self._since.get(row.generation, 0) + 1
                longest = self.longest.get(row.generation, 0)
                self.longest[row.generation] = max(longest, self._since[row.generation])
            return write(work, row, items, *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(lane_writer, "write_block", counted)


def opened_ids(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list to which the ids of keys that open a secret are added."""
    ids: list[bytes] = []
    opened = prekeys.open_sealed

    def noted(work: Work, device: bytes, key_id: bytes, *rest: bytes) -> bytes:
        secret = opened(work, device, key_id, *rest)
        ids.append(key_id)
        return secret

    monkeypatch.setattr(prekeys, "open_sealed", noted)
    return ids


def lane_of(person: Person) -> lanes.WriteLane:
    with person.database.read() as tx:
        row = lanes.writing(tx, 1)
    assert row is not None
    return row


def test_two_who_answer_at_once_are_rekeyed(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps, used = Gaps(monkeypatch), opened_ids(monkeypatch)
    a, b = meet(office, alice, bob)
    for n in range(ROUNDS):
        alice.say(a, f"q{n}")
        office.wait(1.0)
        bob.poll()
        bob.say(b, f"a{n}")
        office.wait(1.0)
        alice.poll()
    for person in (alice, bob):
        name = lane_of(person).generation
        assert gaps.longest[name] <= lane.REKEY_PROMISED_BLOCKS
        assert gaps.count[name] >= 2
        with person.database.read() as tx:
            kept = {row["key_id"] for row in table(tx, "prekeys")}
        assert len(used) >= 4
        assert not kept & set(used), "what opened a secret is forgotten with it"
    assert alice.heard(a)[1:] == [f"a{n}" for n in range(ROUNDS)]


def test_one_who_only_reads_lets_the_writer_rekey_and_is_rekeyed(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = Gaps(monkeypatch)
    a, b = meet(office, alice, bob)
    for n in range(ROUNDS):
        alice.say(a, f"{n}")
        settle(office, alice, bob, rounds=1)
    assert bob.heard(b) == [f"{n}" for n in range(ROUNDS)]
    for person in (alice, bob):
        name = lane_of(person).generation
        assert gaps.longest[name] <= lane.REKEY_PROMISED_BLOCKS
        assert gaps.count[name] >= 2


def test_a_bot_that_answers_ten_at_a_time_is_rekeyed(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = Gaps(monkeypatch)
    a, b = meet(office, alice, bob)
    for n in range(15):
        alice.say(a, f"{n}?")
        office.wait(1.0)
        bob.poll()
        for k in range(10):
            bob.say(b, f"{n}.{k}")
        office.wait(1.0)
        alice.poll()
    name = lane_of(bob).generation
    assert gaps.longest[name] <= lane.REKEY_PROMISED_BLOCKS
    assert gaps.count[name] >= 3


def test_a_slow_chat_is_rekeyed_every_week(
    office: Office, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = Gaps(monkeypatch)
    a, b = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)
    for day in range(30):
        office.wait(86_400)
        (alice if day % 2 else bob).say(a if day % 2 else b, f"day {day}")
        settle(office, alice, bob, rounds=3)
    for person in (alice, bob):
        assert gaps.count[lane_of(person).generation] >= 4


def test_without_an_answer_it_becomes_overdue_and_says_so(office: Office, alice: Person, bob: Person) -> None:
    a, _ = meet(office, alice, bob)
    settle(office, alice, bob, rounds=3)

    def is_overdue() -> bool:
        with alice.engine.work(alice.moment()) as work:
            return rekeying.is_overdue(work, lane_of_work(work))

    def lane_of_work(work: object) -> lanes.WriteLane:
        row = lanes.writing(work.tx, 1)  # type: ignore[attr-defined]
        assert row is not None
        return row

    assert not is_overdue()
    bob.online = False
    for n in range(2 * lane.REKEY_PROMISED_BLOCKS + lane.REKEY_AFTER_BLOCKS):
        alice.say(a, f"{n}")
        if n % 8 == 0:
            settle(office, alice, rounds=1)
    settle(office, alice, rounds=8)
    assert is_overdue()
    bob.online = True
    settle(office, alice, bob, rounds=30)
    alice.say(a, "and now?")
    settle(office, alice, bob, rounds=3)
    assert not is_overdue()
