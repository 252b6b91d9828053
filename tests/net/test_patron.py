"""The patron: what it asks, whom, and when it gives up; against custodians played by hand."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from net.errors import Overloaded, Unreachable
from net.events import (
    BoxAbsent,
    BoxArrived,
    CustodianUp,
    DepositAnswered,
    NodeEvent,
    RecordAnswered,
    TagsArrived,
    Verdict,
)
from net.ids import TAG_SIZE, Cursor, NodeId, Tag
from net.instant import Instant
from net.messages import Boxes, Busy, Deposit, DepositAnswer, Fetch, FindRecord, Follow, FoundRecord, Message, Tags
from net.patron import Patron
from net.patron.courier import PATIENCE
from net.patron.deposits import FIRST_PAUSE, MAX_ASKING, MAX_DEPOSITS
from net.patron.fetches import MAX_FETCHES, PAUSE
from net.patron.follows import MAX_FOLLOWS
from net.patron.searches import MAX_SEARCHES, SEARCH_TIME
from net.store import Kind
from tests.support.parcels import HOUR, NOW, box_bytes, id_of, record_bytes, tag_number

ANN, BEN, CAT, DAN = (NodeId(bytes([n]) * 32) for n in range(1, 5))
RUN = b"the run!"


class Town:
    """Custodians that can be asked, and the questions they got."""

    def __init__(self, *up: NodeId) -> None:
        self.now = NOW
        self.up = list(up)
        self.questions: list[tuple[NodeId, Any]] = []
        self.events: list[NodeEvent] = []
        self.is_full = False
        self.patron = Patron(self, Random(1), self.events.append)

    def custodians(self) -> list[NodeId]:
        return list(self.up)

    def ask(self, custodian: NodeId, message: Message, now: Instant) -> None:
        if self.is_full:
            raise Overloaded("send")
        if custodian not in self.up:
            raise Unreachable
        self.questions.append((custodian, message))

    def asked(self, kind: type[Any]) -> list[tuple[NodeId, Any]]:
        """Return and forget the questions of one kind."""
        found = [each for each in self.questions if isinstance(each[1], kind)]
        self.questions = [each for each in self.questions if not isinstance(each[1], kind)]
        return found

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return and forget the events of one kind."""
        found = [each for each in self.events if isinstance(each, kind)]
        self.events[:] = [each for each in self.events if not isinstance(each, kind)]
        return found

    def answer(self, custodian: NodeId, message: Message) -> None:
        self.patron.receive(custodian, message, self.now)

    def comes(self, custodian: NodeId) -> None:
        self.up.append(custodian)
        self.patron.custodian_up(custodian, self.now)

    def goes(self, custodian: NodeId) -> None:
        self.up.remove(custodian)
        self.patron.custodian_down(custodian, self.now)

    def wait(self, seconds: float) -> None:
        end = self.now.mono + seconds
        while (due := self.patron.next_deadline()) <= end:
            self.now = Instant(max(due, self.now.mono), self.now.wall_ms)
            self.patron.handle_timeout(self.now)
        self.now = Instant(end, self.now.wall_ms)

    def deposit(self, number: int) -> None:
        self.patron.deposits.deposit(Kind.BOX, id_of(number), box_bytes(number), self.now)

    def judge(self, verdict: Verdict) -> list[NodeId]:
        """Answer all deposits alike; return who was asked."""
        asked = self.asked(Deposit)
        for custodian, question in asked:
            self.answer(custodian, DepositAnswer(question.request, verdict.value, HOUR))
        return [custodian for custodian, _ in asked]


class TestDeposits:
    def test_a_box_goes_to_two_different_custodians_and_then_rests(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.deposit(1)
        asked = town.judge(Verdict.STORED)
        assert len(asked) == len(set(asked)) == 2
        assert {event.custodian for event in town.happened(DepositAnswered)} == set(asked)
        town.wait(10_000)
        assert town.asked(Deposit) == []
        assert len(town.patron.deposits) == 0

    def test_the_same_bytes_again_change_nothing(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.deposit(1)
        town.deposit(1)
        assert len(town.asked(Deposit)) == 2

    def test_a_silent_custodian_is_replaced(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.deposit(1)
        (first, question), (second, _) = town.asked(Deposit)
        town.answer(first, DepositAnswer(question.request, 0, HOUR))
        town.wait(PATIENCE)
        [(third, _)] = town.asked(Deposit)
        assert {first, second, third} == {ANN, BEN, CAT}

    def test_when_a_link_ends_another_custodian_is_asked_at_once(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.deposit(1)
        (first, _), _ = town.asked(Deposit)
        town.goes(first)
        assert len(town.asked(Deposit)) == 1

    def test_a_full_custodian_is_asked_again_later(self) -> None:
        town = Town(ANN)
        town.deposit(1)
        assert town.judge(Verdict.FULL) == [ANN]
        town.wait(FIRST_PAUSE / 2)
        assert town.judge(Verdict.FULL) == []
        town.wait(FIRST_PAUSE)
        assert town.judge(Verdict.STORED) == [ANN]

    @pytest.mark.parametrize("verdict", [v for v in Verdict if v not in {Verdict.STORED, Verdict.FULL}])
    def test_who_refuses_for_good_is_not_asked_again(self, verdict: Verdict) -> None:
        town = Town(ANN)
        town.deposit(1)
        assert town.judge(verdict) == [ANN]
        assert [event.verdict for event in town.happened(DepositAnswered)] == [verdict]
        town.wait(10_000)
        assert town.asked(Deposit) == []
        town.comes(BEN)
        assert town.judge(Verdict.STORED) == [BEN]

    def test_one_custodian_is_not_enough_and_the_second_is_asked_when_it_comes(self) -> None:
        town = Town()
        town.deposit(1)
        town.comes(ANN)
        assert town.judge(Verdict.STORED) == [ANN]
        town.wait(1000)
        town.comes(BEN)
        assert town.judge(Verdict.STORED) == [BEN]
        assert len(town.patron.deposits) == 0

    def test_what_is_withdrawn_is_not_tried_again(self) -> None:
        town = Town(ANN)
        town.deposit(1)
        town.judge(Verdict.FULL)
        town.patron.deposits.withdraw(id_of(1))
        town.wait(1000)
        town.comes(BEN)
        assert town.asked(Deposit) == []

    def test_a_record_takes_the_place_of_the_one_before(self) -> None:
        town = Town(ANN)
        for sequence in (1, 2):
            town.patron.deposits.deposit(Kind.RECORD, id_of(1), record_bytes(1, sequence), town.now)
        assert [question.parcel for _, question in town.asked(Deposit)] == [record_bytes(1, 1), record_bytes(1, 2)]
        assert len(town.patron.deposits) == 1

    def test_questions_under_way_are_bounded_and_all_boxes_get_there(self) -> None:
        town = Town(ANN, BEN)
        for number in range(200):
            town.deposit(number)
        assert MAX_ASKING <= len(town.questions) <= MAX_ASKING + 1
        asked = 0
        while town.questions:
            asked += len(town.judge(Verdict.STORED))
        assert asked == 400
        assert len(town.patron.deposits) == 0

    def test_a_full_send_queue_is_waited_for(self) -> None:
        town = Town(ANN, BEN)
        town.is_full = True
        town.deposit(1)
        town.wait(1)
        town.is_full = False
        town.wait(1)
        assert len(town.judge(Verdict.STORED)) == 2

    def test_the_table_is_bounded(self) -> None:
        town = Town()
        box = box_bytes(1)
        for number in range(MAX_DEPOSITS):
            town.patron.deposits.deposit(Kind.BOX, id_of(number), box, town.now)
        with pytest.raises(Overloaded):
            town.deposit(MAX_DEPOSITS)

    def test_an_answer_to_nothing_is_ignored(self) -> None:
        town = Town(ANN)
        town.answer(ANN, DepositAnswer(99, 0, HOUR))
        assert town.events == []


class TestFollows:
    def test_a_stream_begins_at_the_cursor_and_goes_on_from_the_last_one_reported(self) -> None:
        town = Town(ANN)
        town.patron.follows.follow(ANN, 0, 0, Cursor(RUN, 7), town.now)
        [(_, follow)] = town.asked(Follow)
        assert (follow.run, follow.arrival) == (RUN, 7)
        town.answer(ANN, Tags(follow.stream, RUN, 9, tag_number(1) + tag_number(2), caught_up=True))
        assert town.happened(TagsArrived) == [
            TagsArrived(ANN, Cursor(RUN, 9), (tag_number(1), tag_number(2)), caught_up=True)
        ]
        town.goes(ANN)
        town.comes(ANN)
        [(_, again)] = town.asked(Follow)
        assert (again.run, again.arrival) == (RUN, 9)

    def test_pieces_of_a_stream_that_was_left_are_ignored(self) -> None:
        town = Town(ANN)
        town.patron.follows.follow(ANN, 0, 0, None, town.now)
        [(_, old)] = town.asked(Follow)
        town.patron.follows.follow(ANN, 1 << 31, 1, None, town.now)
        town.answer(ANN, Tags(old.stream, RUN, 1, tag_number(1), caught_up=True))
        town.answer(BEN, Tags(old.stream, RUN, 1, tag_number(1), caught_up=True))
        assert town.happened(TagsArrived) == []

    def test_who_is_followed_before_it_is_there_is_followed_when_it_comes(self) -> None:
        town = Town()
        town.patron.follows.follow(ANN, 0, 0, None, town.now)
        town.comes(ANN)
        assert [custodian for custodian, _ in town.asked(Follow)] == [ANN]
        assert town.happened(CustodianUp) == [CustodianUp(ANN)]

    def test_a_full_send_queue_is_waited_for(self) -> None:
        town = Town(ANN)
        town.is_full = True
        town.patron.follows.follow(ANN, 0, 0, None, town.now)
        town.is_full = False
        town.wait(1)
        assert len(town.asked(Follow)) == 1

    def test_the_table_is_bounded(self) -> None:
        town = Town()
        for number in range(MAX_FOLLOWS):
            town.patron.follows.follow(NodeId(bytes([number]) * 32), 0, 0, None, town.now)
        with pytest.raises(Overloaded):
            town.patron.follows.follow(NodeId(bytes(33)), 0, 0, None, town.now)


def tags_of(fetch: Fetch) -> list[Tag]:
    return [Tag(fetch.tags[at : at + TAG_SIZE]) for at in range(0, len(fetch.tags), TAG_SIZE)]


class TestFetches:
    def test_a_box_is_fetched_among_decoys(self) -> None:
        town = Town(ANN)
        decoys = [tag_number(number) for number in range(10, 40)]
        town.patron.fetches.saw(decoys)
        town.patron.fetches.fetch([tag_number(1), tag_number(2), tag_number(3)], town.now)
        [(_, question)] = town.asked(Fetch)
        asked = tags_of(question)
        assert len(set(asked)) == 8
        assert set(asked) - set(decoys) == {tag_number(1), tag_number(2), tag_number(3)}
        town.answer(ANN, Boxes(question.request, [box_bytes(1), box_bytes(2), box_bytes(10)], is_last=True))
        assert town.happened(BoxArrived) == [BoxArrived(box_bytes(1)), BoxArrived(box_bytes(2))]
        assert town.happened(BoxAbsent) == [BoxAbsent(tag_number(3))]

    def test_without_decoys_the_wanted_go_alone(self) -> None:
        town = Town(ANN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        [(_, question)] = town.asked(Fetch)
        assert tags_of(question) == [tag_number(1)]

    def test_what_one_custodian_lacks_is_asked_of_the_others_before_it_is_absent(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        asked: set[NodeId] = set()
        for _ in range(3):
            assert town.happened(BoxAbsent) == []
            [(custodian, question)] = town.asked(Fetch)
            asked.add(custodian)
            town.answer(custodian, Boxes(question.request, [], is_last=True))
        assert asked == {ANN, BEN, CAT}
        assert town.happened(BoxAbsent) == [BoxAbsent(tag_number(1))]

    def test_silence_refusal_and_death_are_answered_by_asking_elsewhere(self) -> None:
        town = Town(ANN, BEN, CAT, DAN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        [(first, question)] = town.asked(Fetch)
        town.answer(first, Busy(question.request))
        [(second, _)] = town.asked(Fetch)
        town.goes(second)
        [(third, _)] = town.asked(Fetch)
        town.wait(PATIENCE)
        [(fourth, question)] = town.asked(Fetch)
        town.answer(fourth, Boxes(question.request, [box_bytes(1)], is_last=True))
        assert {first, second, third, fourth} == {ANN, BEN, CAT, DAN}
        assert town.happened(BoxArrived) == [BoxArrived(box_bytes(1))]

    def test_when_nobody_answers_all_are_asked_again_and_nothing_is_called_absent(self) -> None:
        town = Town(ANN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        town.wait(PATIENCE + PAUSE + 1)
        assert len(town.asked(Fetch)) == 2
        assert town.happened(BoxAbsent) == []

    def test_all_variants_are_reported(self) -> None:
        town = Town(ANN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        [(_, question)] = town.asked(Fetch)
        town.answer(ANN, Boxes(question.request, [box_bytes(1), box_bytes(1, content=b"2")], is_last=True))
        assert len(town.happened(BoxArrived)) == 2

    def test_boxes_that_are_forged_or_were_not_asked_for_are_dropped(self) -> None:
        town = Town(ANN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        [(_, question)] = town.asked(Fetch)
        forged = box_bytes(1)[:-1] + bytes([box_bytes(1)[-1] ^ 1])
        strange = b"\x02" + box_bytes(1)[1:]
        town.answer(ANN, Boxes(question.request, [forged, strange, box_bytes(2)], is_last=False))
        town.answer(ANN, Boxes(question.request + 1, [box_bytes(1)], is_last=True))
        assert town.happened(BoxArrived) == []

    def test_endless_answers_end_the_request(self) -> None:
        town = Town(ANN)
        town.patron.fetches.fetch([tag_number(1)], town.now)
        [(_, question)] = town.asked(Fetch)
        for _ in range(10):
            town.answer(ANN, Boxes(question.request, [], is_last=False))
        town.answer(ANN, Boxes(question.request, [box_bytes(1)], is_last=True))
        assert town.happened(BoxArrived) == []

    def test_many_tags_are_asked_in_several_requests(self) -> None:
        town = Town(ANN, BEN)
        town.patron.fetches.fetch([tag_number(number) for number in range(200)], town.now)
        found: set[Tag] = set()
        while questions := town.asked(Fetch):
            for custodian, question in questions:
                assert len(tags_of(question)) % 8 == 0
                found.update(tags_of(question))
                boxes = [box_bytes(n) for n in range(200) if tag_number(n) in tags_of(question)]
                town.answer(custodian, Boxes(question.request, boxes, is_last=True))
        assert len(town.happened(BoxArrived)) == len(found) == 200

    def test_the_table_is_bounded(self) -> None:
        town = Town()
        with pytest.raises(Overloaded):
            town.patron.fetches.fetch([Tag(n.to_bytes(8, "big")) for n in range(MAX_FETCHES + 1)], town.now)


class TestSearches:
    def test_three_custodians_are_asked_and_each_answer_reported(self) -> None:
        town = Town(ANN, BEN, CAT, DAN)
        town.patron.searches.search(id_of(1), town.now)
        asked = town.asked(FindRecord)
        assert len({custodian for custodian, _ in asked}) == 3
        for custodian, question in asked:
            town.answer(custodian, FoundRecord(question.request, record_bytes(1, 4) if custodian == ANN else b""))
        records = [event.record for event in town.happened(RecordAnswered)]
        assert len(records) == 3
        assert set(records) <= {None, record_bytes(1, 4)}
        town.wait(SEARCH_TIME)
        assert town.asked(FindRecord) == []

    def test_a_record_of_another_owner_is_as_good_as_silence(self) -> None:
        town = Town(ANN)
        town.patron.searches.search(id_of(1), town.now)
        [(_, question)] = town.asked(FindRecord)
        town.answer(ANN, FoundRecord(question.request, record_bytes(2, 4)))
        assert town.happened(RecordAnswered) == []

    def test_the_silent_and_the_busy_are_replaced(self) -> None:
        town = Town(ANN, BEN, CAT)
        town.patron.searches.search(id_of(1), town.now)
        (first, question), *_ = town.asked(FindRecord)
        town.comes(DAN)
        town.answer(first, Busy(question.request))
        assert [custodian for custodian, _ in town.asked(FindRecord)] == [DAN]

    def test_a_search_waits_a_minute_for_somebody_to_ask(self) -> None:
        town = Town()
        town.patron.searches.search(id_of(1), town.now)
        town.wait(SEARCH_TIME / 2)
        town.comes(ANN)
        assert len(town.asked(FindRecord)) == 1
        town.wait(SEARCH_TIME)
        town.comes(BEN)
        assert town.asked(FindRecord) == []

    def test_the_table_is_bounded(self) -> None:
        town = Town()
        for number in range(MAX_SEARCHES):
            town.patron.searches.search(id_of(number), town.now)
        with pytest.raises(Overloaded):
            town.patron.searches.search(id_of(MAX_SEARCHES), town.now)
