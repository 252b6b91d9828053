"""What a contact can make us encode and pay for again is bounded; what was lost is said again all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.people.conversation import lane_writer, resets
from core.people.effects import Effect, Solve
from core.people.limits import PeopleLimits
from core.people.work import Work
from core.storage import lanes
from tests.core.people.test_talking import meet
from tests.support.post_office import Office, Person, settle
from tests.support.tables import lose


def do(person: Person, act: Callable[[Work], object]) -> None:
    _, effects = person.engine.command(act, person.moment())
    person.carry_out(effects)


def reset_knowing_nothing(person: Person) -> None:
    def act(work: Work) -> None:
        lose(work.tx, "read_lanes")
        resets.begin(work, 1, is_last_known=True, everywhere=True)

    do(person, act)


class Paid:
    """Counts the boxes that somebody pays for."""

    def __init__(self, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes = 0
        carry_out = person.carry_out

        def counted(effects: list[Effect]) -> None:
            self.boxes += sum(isinstance(effect, Solve) for effect in effects)
            carry_out(effects)

        monkeypatch.setattr(person, "carry_out", counted)


def test_a_contact_cannot_have_everything_said_again_all_day(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim.limit(PeopleLimits(again_boxes=40))
    a, _ = meet(office, victim, mallory)
    for n in range(60):
        victim.say(a, f"{n}")
        if n % 6 == 0:
            settle(office, victim, mallory, rounds=1)
    settle(office, victim, mallory, rounds=10)
    assert set(victim.said(a)) == {"delivered"}
    paid = Paid(victim, monkeypatch)
    start = office.now_ms
    office.takes_anything = True  # mallory writes many things into one slot
    while office.now_ms - start < 10 * 3_600_000:
        reset_knowing_nothing(mallory)
        settle(office, victim, mallory, rounds=3, seconds=600)
    a_generation = 4 * 2 + 4 + 4  # its announcement, its first block, a re-keying, acknowledgements
    bound = 40 + resets.MAX_GENERATIONS_A_DAY * a_generation + 60
    assert paid.boxes <= bound
    assert bound < 60 * 20, "less than to say everything again at each of twenty resets"


def test_a_contact_that_answers_nothing_cannot_have_what_waits_encoded_again_all_day(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim.limit(PeopleLimits(again_boxes=40))
    a, _ = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=4)
    mallory.online = False
    for n in range(40):
        victim.say(a, f"{n}")
        if n % 6 == 0:
            settle(office, victim, rounds=1)
    settle(office, victim, rounds=6)
    mallory.online = True
    monkeypatch.setattr(mallory, "poll", lambda: None)  # it hears nothing and asks all the same
    again = 0
    write = lane_writer.write_block

    def counted(
        work: Work, row: lanes.WriteLane, items: tuple[object, ...], message: object = None, **more: object
    ) -> int:
        nonlocal again
        again += message is not None and bool(getattr(message, "again", False))
        return write(work, row, items, message, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(lane_writer, "write_block", counted)
    office.takes_anything = True
    for _ in range(12):
        reset_knowing_nothing(mallory)
        settle(office, victim, rounds=2, seconds=1800)
    assert again <= 2 * 40 + 1, "of two days, which meet at midnight"
    for _ in range(4):
        settle(office, victim, rounds=3, seconds=86_400 / 3)
    assert set(victim.said(a)[-40:]) <= {"queued", "sent", "stored"}, "and nothing is given up"


def test_what_a_put_back_contact_lost_comes_again_though_it_was_delivered(
    office: Office, victim: Person, mallory: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An honest one, with more than the budget of a day: it takes longer, and nothing is lost."""
    victim.limit(PeopleLimits(again_boxes=25))
    a, b = meet(office, victim, mallory)
    settle(office, victim, mallory, rounds=3)
    backup = mallory.copy()
    for n in range(40):
        victim.say(a, f"{n}")
        if n % 5 == 0:
            settle(office, victim, mallory, rounds=1)
    settle(office, victim, mallory, rounds=6)
    mallory.put_back(backup)
    office.is_lost |= set(range(1, len(office.boxes) + 1))
    mallory.say(b, "who am I?")
    settle(office, victim, mallory, rounds=16)
    victim.say(a, "news")
    settle(office, victim, mallory, rounds=4)
    assert "news" in mallory.heard(b), "what is new does not wait for what is said again"
    assert len(mallory.heard(b)) < 41
    for _ in range(3):
        settle(office, victim, mallory, rounds=4, seconds=30_000)
    assert sorted(mallory.heard(b)) == sorted([*(str(n) for n in range(40)), "news"])
