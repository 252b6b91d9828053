"""Records: brought to three custodians, looked for at three, and repaired by whoever compared them."""

from __future__ import annotations

import pytest

from net.client import Purpose
from net.client.ports import PATIENCE
from net.client.records import FIRST_PAUSE, MAX_ASKING, MAX_RECORDS
from net.client.searches import MAX_SEARCHES, SEARCH_TIME
from net.errors import Overloaded
from net.events import DepositAnswered, RecordAnswered, Verdict
from net.messages import Busy, Deposit, DepositAnswer, FindRecord, FoundRecord
from net.parcel.store import Kind
from tests.support.parcels import HOUR, id_of, record_bytes
from tests.support.swarm import Swarm, node_of

NAMES = ("a", "b", "c", "d", "e")


def put(swarm: Swarm, number: int, sequence: int = 1) -> None:
    swarm.client.deposit(Kind.RECORD, id_of(number), record_bytes(number, sequence), swarm.now)


class TestRecords:
    def test_a_record_goes_to_three_custodians_over_circuits_for_records_and_then_rests(self) -> None:
        swarm = Swarm(*NAMES)
        put(swarm, 1)
        assert {purpose for _, purpose, _ in swarm.asked} == {Purpose.RECORD}
        swarm.settle()
        answers = swarm.happened(DepositAnswered)
        assert len({answer.custodian for answer in answers}) == 3
        assert {(answer.verdict, answer.hour) for answer in answers} == {(Verdict.STORED, HOUR)}
        swarm.wait(10_000)
        assert len(swarm.questions(Deposit)) == 3
        assert len(swarm.client.records) == 0

    def test_the_same_bytes_again_change_nothing_and_a_newer_record_takes_the_place(self) -> None:
        swarm = Swarm("a")
        put(swarm, 1)
        put(swarm, 1)
        put(swarm, 1, sequence=2)
        assert [question.parcel for _, question in swarm.questions(Deposit)] == [record_bytes(1, 1), record_bytes(1, 2)]
        assert len(swarm.client.records) == 1

    def test_the_silent_and_those_whose_circuit_ended_are_replaced(self) -> None:
        swarm = Swarm(*NAMES)
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        put(swarm, 1)
        first, second, third = [node for node, _ in swarm.questions(Deposit)]
        swarm.client.on_circuit_lost(first, Purpose.RECORD, swarm.now)
        [(fourth, _)] = swarm.questions(Deposit)
        swarm.wait(2 * PATIENCE)
        assert len({first, second, third, fourth}) == 4
        assert {node for node, _ in swarm.questions(Deposit)} >= set(swarm.keepers) - {first, second, third, fourth}

    def test_a_full_custodian_is_asked_again_later(self) -> None:
        swarm = Swarm("a")
        swarm.keepers[node_of("a")].verdict = Verdict.FULL.value
        put(swarm, 1)
        swarm.wait(FIRST_PAUSE / 2)
        assert len(swarm.questions(Deposit)) == 1
        swarm.keepers[node_of("a")].verdict = Verdict.STORED.value
        swarm.wait(FIRST_PAUSE)
        assert [answer.verdict for answer in swarm.happened(DepositAnswered)] == [Verdict.FULL, Verdict.STORED]

    @pytest.mark.parametrize(
        "verdict", [v for v in Verdict if v not in {Verdict.STORED, Verdict.FULL, Verdict.REFUSED}]
    )
    def test_who_refuses_for_good_is_not_asked_again(self, verdict: Verdict) -> None:
        swarm = Swarm("a")
        swarm.keepers[node_of("a")].verdict = verdict.value
        put(swarm, 1)
        swarm.wait(10_000)
        assert len(swarm.questions(Deposit)) == 1
        swarm.comes("b")
        swarm.client.on_custodians_found(swarm.now)
        swarm.settle()
        assert [node for node, _ in swarm.questions(Deposit)] == [node_of("b")]

    def test_what_is_withdrawn_is_not_tried_again(self) -> None:
        swarm = Swarm("a")
        swarm.keepers[node_of("a")].verdict = Verdict.FULL.value
        put(swarm, 1)
        swarm.settle()
        swarm.client.withdraw(id_of(1), swarm.now)
        swarm.questions(Deposit)
        swarm.wait(1000)
        assert swarm.questions(Deposit) == []

    def test_questions_under_way_are_bounded_and_all_records_get_there(self) -> None:
        swarm = Swarm("a", "b", "c")
        for number in range(30):
            put(swarm, number)
        assert MAX_ASKING <= len(swarm.asked) <= MAX_ASKING + 2
        swarm.settle()
        assert len(swarm.questions(Deposit)) == 90
        assert len(swarm.client.records) == 0

    def test_a_full_send_queue_is_waited_for(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.is_full = True
        put(swarm, 1)
        swarm.wait(1)
        swarm.is_full = False
        swarm.wait(1)
        assert len(swarm.happened(DepositAnswered)) == 3

    def test_the_table_is_bounded(self) -> None:
        swarm = Swarm()
        for number in range(MAX_RECORDS):
            swarm.client.deposit(Kind.RECORD, id_of(number), b"", swarm.now)
        with pytest.raises(Overloaded):
            put(swarm, MAX_RECORDS)

    def test_an_answer_to_nothing_is_ignored(self) -> None:
        swarm = Swarm("a")
        swarm.tell(node_of("a"), DepositAnswer(99, 0, HOUR))
        assert swarm.events == []


class TestSearches:
    def test_three_custodians_are_asked_and_each_answer_reported(self) -> None:
        swarm = Swarm(*NAMES)
        for keeper in list(swarm.keepers.values())[:4]:
            keeper.records[id_of(1)] = record_bytes(1, 4)
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert len({node for node, _ in swarm.questions(FindRecord)}) == 3
        records = [event.record for event in swarm.happened(RecordAnswered)]
        assert len(records) == 3
        assert record_bytes(1, 4) in records
        swarm.wait(2 * SEARCH_TIME)
        assert swarm.questions(FindRecord) == []

    def test_who_has_an_old_record_or_none_is_told_the_newest(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.keepers[node_of("a")].records[id_of(1)] = record_bytes(1, 1)
        swarm.keepers[node_of("b")].records[id_of(1)] = record_bytes(1, 2)
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert {keeper.records[id_of(1)] for keeper in swarm.keepers.values()} == {record_bytes(1, 2)}
        assert {node for node, _ in swarm.questions(Deposit)} == {node_of("a"), node_of("c")}
        assert swarm.happened(DepositAnswered) == []

    def test_a_record_nobody_has_repairs_nothing(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert [event.record for event in swarm.happened(RecordAnswered)] == [None, None, None]
        assert swarm.questions(Deposit) == []

    def test_a_record_of_another_owner_is_as_good_as_silence_and_shows_a_liar(self) -> None:
        swarm = Swarm("a")
        swarm.keepers[node_of("a")].records[id_of(1)] = record_bytes(2, 4)
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert swarm.happened(RecordAnswered) == []
        assert swarm.suspects == [node_of("a")]

    def test_the_silent_the_busy_and_the_lost_are_replaced(self) -> None:
        swarm = Swarm(*NAMES)
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        swarm.client.search(id_of(1), swarm.now)
        (first, question), (second, _), (third, _) = swarm.questions(FindRecord)
        swarm.tell(first, Busy(question.request))
        [(fourth, _)] = swarm.questions(FindRecord)
        swarm.client.on_circuit_lost(second, Purpose.RECORD, swarm.now)
        [(fifth, _)] = swarm.questions(FindRecord)
        assert {first, second, third, fourth, fifth} == set(swarm.keepers)

    def test_a_search_waits_a_minute_for_somebody_to_ask(self) -> None:
        swarm = Swarm()
        swarm.client.search(id_of(1), swarm.now)
        swarm.wait(SEARCH_TIME / 2)
        swarm.comes("a")
        swarm.client.on_custodians_found(swarm.now)
        assert len(swarm.questions(FindRecord)) == 1
        swarm.wait(SEARCH_TIME)
        swarm.comes("b")
        swarm.client.on_custodians_found(swarm.now)
        assert swarm.questions(FindRecord) == []

    def test_an_answer_that_comes_twice_counts_once(self) -> None:
        swarm = Swarm("a")
        swarm.keepers[node_of("a")].is_silent = True
        swarm.client.search(id_of(1), swarm.now)
        [(_, question)] = swarm.questions(FindRecord)
        for _ in range(2):
            swarm.tell(node_of("a"), FoundRecord(question.request, b""))
        assert len(swarm.happened(RecordAnswered)) == 1

    def test_the_table_is_bounded(self) -> None:
        swarm = Swarm()
        for number in range(MAX_SEARCHES):
            swarm.client.search(id_of(number), swarm.now)
        with pytest.raises(Overloaded):
            swarm.client.search(id_of(MAX_SEARCHES), swarm.now)
