"""Boxes by tag: whom a client asks, among what it hides them, and what it makes of odd answers."""

from __future__ import annotations

import pytest

from net.bucket import Bucket
from net.client import Purpose
from net.client.fetches import MAX_FETCHES, MAX_LOOKS, PAUSE, RETRY_LOOKS
from net.client.ports import PATIENCE
from net.errors import Overloaded
from net.events import BoxAbsent, BoxArrived
from net.ids import Tag
from net.messages import Boxes, Busy, Fetch
from tests.support.parcels import box_bytes, tag_number
from tests.support.swarm import MINUTE, Swarm, node_of, split_tags

NAMES = ("a", "b", "c", "d", "e", "f")


def swarm_with(*numbers: int, names: tuple[str, ...] = NAMES) -> Swarm:
    swarm = Swarm(*names)
    for number in numbers:
        swarm.store(box_bytes(number))
    swarm.read(0)
    return swarm


def fetch(swarm: Swarm, *numbers: int) -> None:
    swarm.client.fetch([tag_number(number) for number in numbers], swarm.now)


class TestFetches:
    def test_a_box_is_fetched_among_decoys_that_are_not_reported(self) -> None:
        swarm = swarm_with(*range(30))
        fetch(swarm, 1, 2, 3)
        swarm.settle()
        [(_, question)] = swarm.questions(Fetch)
        asked = split_tags(question.tags)
        assert len(set(asked)) == 8
        assert asked == sorted(asked)
        assert {tag_number(1), tag_number(2), tag_number(3)} < set(asked)
        assert {event.box for event in swarm.happened(BoxArrived)} == {box_bytes(n) for n in (1, 2, 3)}

    def test_questions_go_over_circuits_of_their_own(self) -> None:
        swarm = swarm_with(1)
        fetch(swarm, 1)
        assert {purpose for _, purpose, message in swarm.asked if isinstance(message, Fetch)} == {Purpose.FETCH}

    def test_who_named_a_tag_is_asked_first(self) -> None:
        for index in range(2):
            swarm = swarm_with(*range(10), names=("a", "b"))
            namer = swarm.pair()[index]
            swarm.store(box_bytes(11), namer)
            swarm.settle()
            fetch(swarm, 11)
            assert [node for node, _ in swarm.questions(Fetch)] == [namer]

    def test_what_the_followed_lack_is_asked_of_two_more_and_then_absent(self) -> None:
        swarm = swarm_with(1)
        for keeper in swarm.keepers.values():
            keeper.boxes.clear()
        fetch(swarm, 1)
        swarm.settle()
        asked = [node for node, _ in swarm.questions(Fetch)]
        assert len(set(asked)) == len(asked) == MAX_LOOKS
        assert set(asked[:2]) == set(swarm.pair())
        assert swarm.happened(BoxAbsent) == [BoxAbsent(tag_number(1))]

    def test_a_tag_of_former_days_is_asked_where_we_read(self) -> None:
        swarm = swarm_with(1)
        fetch(swarm, 99)
        swarm.settle()
        assert {node for node, _ in swarm.questions(Fetch)} == set(swarm.pair())
        assert swarm.happened(BoxAbsent) == [BoxAbsent(tag_number(99))]

    def test_tags_of_two_buckets_never_travel_together(self) -> None:
        halves = {"a": 0, "b": 1, "x": 1 << 31, "y": 1 + (1 << 31)}
        swarm = Swarm(*halves, bits=1, addresses=halves)
        for number in range(20):
            prefix = (number % 2) << 31
            side = [node_of(name) for name in ("xy" if prefix else "ab")]
            swarm.store(box_bytes(number, prefix=prefix), *side)
        swarm.read(0, 1 << 31)
        fetch(swarm, *range(10))
        swarm.settle()
        sides = {tag_number(number): number % 2 for number in range(20)}
        for _, question in swarm.questions(Fetch):
            assert len({sides[tag] for tag in split_tags(question.tags)}) == 1
        assert len(swarm.happened(BoxArrived)) == 10

    def test_silence_refusal_and_loss_are_answered_by_asking_elsewhere(self) -> None:
        swarm = swarm_with(1)
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        fetch(swarm, 1)
        [(first, question)] = swarm.questions(Fetch)
        swarm.tell(first, Busy(question.request))
        [(second, _)] = swarm.questions(Fetch)
        swarm.client.on_circuit_lost(second, Purpose.FETCH, swarm.now)
        [(third, _)] = swarm.questions(Fetch)
        swarm.wait(2 * PATIENCE)
        [(fourth, question)] = swarm.questions(Fetch)
        swarm.tell(fourth, Boxes(question.request, [box_bytes(1)], is_last=True))
        assert len({first, second, third, fourth}) == 4
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]

    def test_a_follow_circuit_that_ends_takes_no_fetch_with_it(self) -> None:
        swarm = swarm_with(1)
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        fetch(swarm, 1)
        [(first, _)] = swarm.questions(Fetch)
        swarm.client.on_circuit_lost(first, Purpose.FOLLOW, swarm.now)
        assert swarm.questions(Fetch) == []

    def test_when_nobody_answers_all_are_asked_again_and_nothing_is_called_absent(self) -> None:
        swarm = swarm_with(1, names=("a",))
        swarm.keepers[node_of("a")].is_silent = True
        fetch(swarm, 1)
        swarm.wait(2 * PATIENCE + PAUSE + MINUTE)
        assert len(swarm.questions(Fetch)) >= 2
        assert swarm.happened(BoxAbsent) == []

    def test_tags_wait_until_somebody_can_be_asked(self) -> None:
        swarm = Swarm("a", "b")
        swarm.store(box_bytes(1))
        fetch(swarm, 1)
        swarm.settle()
        assert swarm.questions(Fetch) == []
        swarm.read(0)
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]

    def test_who_cannot_be_reached_is_passed_over(self) -> None:
        swarm = swarm_with(1)
        swarm.unreachable.add(swarm.pair()[0])
        fetch(swarm, 1)
        swarm.settle()
        assert len(swarm.happened(BoxArrived)) == 1

    def test_boxes_that_were_not_asked_for_are_dropped(self) -> None:
        swarm = swarm_with(1)
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        fetch(swarm, 1)
        [(first, question)] = swarm.questions(Fetch)
        swarm.tell(first, Boxes(question.request, [box_bytes(2)], is_last=False))
        swarm.tell(first, Boxes(question.request ^ 1, [box_bytes(1)], is_last=True))
        assert swarm.happened(BoxArrived) == []
        assert swarm.suspects == []

    def test_endless_answers_end_the_request(self) -> None:
        swarm = swarm_with(1, names=("a",))
        swarm.keepers[node_of("a")].is_silent = True
        fetch(swarm, 1)
        [(_, question)] = swarm.questions(Fetch)
        for _ in range(10):
            swarm.tell(node_of("a"), Boxes(question.request, [], is_last=False))
        swarm.tell(node_of("a"), Boxes(question.request, [box_bytes(1)], is_last=True))
        assert swarm.happened(BoxArrived) == []

    def test_many_tags_are_asked_in_several_requests(self) -> None:
        swarm = swarm_with(*range(200))
        fetch(swarm, *range(200))
        swarm.settle()
        questions = swarm.questions(Fetch)
        assert len(questions) >= 4
        assert all(len(split_tags(question.tags)) % 8 == 0 for _, question in questions)
        assert len(swarm.happened(BoxArrived)) == 200

    def test_a_full_send_queue_is_waited_for(self) -> None:
        swarm = swarm_with(1)
        swarm.is_full = True
        fetch(swarm, 1)
        swarm.wait(1)
        swarm.is_full = False
        swarm.wait(1)
        assert len(swarm.happened(BoxArrived)) == 1

    def test_the_table_is_bounded(self) -> None:
        swarm = Swarm()
        with pytest.raises(Overloaded):
            swarm.client.fetch([Tag(n.to_bytes(8, "big")) for n in range(MAX_FETCHES + 1)], swarm.now)


class TestVariants:
    def test_all_variants_are_reported_once(self) -> None:
        swarm = swarm_with(1, names=("a",))
        other = box_bytes(1, content=b"2")
        swarm.keepers[node_of("a")].boxes[tag_number(1)] = [box_bytes(1), other, box_bytes(1)]
        fetch(swarm, 1)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1)), BoxArrived(other)]

    def test_no_custodian_can_bring_more_variants_than_one_keeps(self) -> None:
        swarm = swarm_with(1, names=("a",))
        many = [box_bytes(1, content=bytes([65 + n])) for n in range(9)]
        swarm.keepers[node_of("a")].boxes[tag_number(1)] = many
        fetch(swarm, 1)
        swarm.settle()
        assert len(swarm.happened(BoxArrived)) == 4

    def test_a_box_that_was_no_use_is_looked_for_at_two_more(self) -> None:
        swarm = swarm_with(1)
        wrong = box_bytes(1, content=b"squat")
        for node in swarm.pair():
            swarm.keepers[node].boxes[tag_number(1)] = [wrong]
        fetch(swarm, 1)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(wrong)]
        first = {node for node, _ in swarm.questions(Fetch)}
        swarm.client.retry(tag_number(1), swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]
        second = [node for node, _ in swarm.questions(Fetch)]
        assert len(second) == RETRY_LOOKS
        assert first.isdisjoint(second)

    def test_when_the_others_have_the_same_the_right_one_is_absent(self) -> None:
        swarm = swarm_with(1)
        fetch(swarm, 1)
        swarm.settle()
        swarm.happened(BoxArrived)
        swarm.questions(Fetch)
        swarm.client.retry(tag_number(1), swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == []
        assert swarm.happened(BoxAbsent) == [BoxAbsent(tag_number(1))]
        assert len(swarm.questions(Fetch)) == RETRY_LOOKS

    def test_stripped_work_does_not_hide_the_paid_box(self) -> None:
        swarm = swarm_with(1)
        paid = box_bytes(1)
        unpaid = paid[:41] + bytes(32)[:-1] + b"\1" + paid[73:]
        first, second = swarm.pair()
        for node in (first, second):
            swarm.keepers[node].boxes[tag_number(1)] = [unpaid]
        fetch(swarm, 1)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(unpaid)]
        swarm.client.retry(tag_number(1), swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(paid)]

    def test_fetched_anew_the_same_box_is_reported_again_but_others_are_asked_first(self) -> None:
        swarm = swarm_with(1)
        fetch(swarm, 1)
        swarm.settle()
        [(first, _)] = swarm.questions(Fetch)
        swarm.happened(BoxArrived)
        fetch(swarm, 1)
        swarm.settle()
        [(second, _)] = swarm.questions(Fetch)
        assert second != first
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]

    def test_what_was_never_fetched_is_fetched(self) -> None:
        swarm = swarm_with(1)
        swarm.client.retry(tag_number(1), swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]
        assert swarm.client.follows.get(Bucket(0, 0)) is not None
