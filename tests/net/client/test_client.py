"""Whom a client follows, and how its deposits are confirmed; among custodians that play along or do not."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from net.bucket import Bucket
from net.client.deposits import MAX_DEPOSITS, MAX_UNDER_WAY
from net.client.follows import MAX_READ, RETIRE_TIME, TICK
from net.client.members import SERVICE_TIME
from net.client.ports import ScatteredNumbers, Waits
from net.client.streams import MAX_TAGS_PER_HOUR
from net.cover_profile import NORMAL, STRONG
from net.errors import Overloaded
from net.events import CustodianDown, CustodianUp, DepositAnswered, TagsArrived, Verdict
from net.ids import Cursor, ParcelId
from net.messages import Follow, Price, Tags, Unfollow
from net.parcel.store import Kind
from tests.support.parcels import HOUR, box_bytes, id_of, tag_number
from tests.support.swarm import MINUTE, Swarm, node_of

EVERYTHING = Bucket(0, 0)
DAY = 86_400.0
HALVES = {"a": 0, "b": 1, "c": 2, "x": 1 << 31, "y": 1 + (1 << 31), "z": 2 + (1 << 31)}


def deposit(swarm: Swarm, number: int, prefix: int = 0) -> None:
    swarm.client.deposit(Kind.BOX, id_of(number), box_bytes(number, prefix=prefix), swarm.now)


class TestFollows:
    def test_two_custodians_are_followed_and_their_tags_reported(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.store(box_bytes(1))
        swarm.read(7)
        ups = swarm.happened(CustodianUp)
        assert len({up.custodian for up in ups}) == 2
        assert {up.bucket for up in ups} == {EVERYTHING}
        assert [(event.custodian, event.tags, event.caught_up) for event in swarm.happened(TagsArrived)] == [
            (up.custodian, (tag_number(1),), True) for up in ups
        ]

    def test_addresses_of_one_bucket_are_read_as_one(self) -> None:
        swarm = Swarm("a", "b", bits=1, addresses=HALVES)
        swarm.read(1, 2, 3)
        assert {up.bucket for up in swarm.happened(CustodianUp)} == {Bucket(0, 1)}

    def test_a_stream_begins_at_the_owners_cursor(self) -> None:
        swarm = Swarm("a", "b")
        for number in range(3):
            swarm.store(box_bytes(number))
        for name in ("a", "b"):
            swarm.cursors[node_of(name), EVERYTHING] = Cursor(b"the run!", 2)
        swarm.read(7)
        assert {event.tags for event in swarm.happened(TagsArrived)} == {(tag_number(2),)}

    def test_nothing_is_asked_before_the_owner_says_from_where(self) -> None:
        swarm = Swarm("a", "b", is_owner=False)
        swarm.read(7)
        swarm.wait(10 * MINUTE)
        assert swarm.questions(Follow) == []

    def test_an_answer_for_a_bucket_that_is_not_read_is_ignored(self) -> None:
        swarm = Swarm("a", "b")
        swarm.client.follow(node_of("a"), EVERYTHING, None, swarm.now)
        swarm.settle()
        assert swarm.questions(Follow) == []

    def test_the_same_two_serve_for_a_day_and_somebody_else_before_three_are_over(self) -> None:
        swarm = Swarm("a", "b", "c", "d", "e", "f")
        swarm.read(7)
        first = swarm.pair()
        swarm.wait(SERVICE_TIME - MINUTE)
        assert swarm.pair() == first
        swarm.wait(SERVICE_TIME + 2 * MINUTE)
        assert set(swarm.pair()) != set(first)
        assert len(swarm.pair()) == 2

    def test_who_is_replaced_by_turn_is_followed_until_the_other_has_caught_up(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.read(7)
        [third] = set(swarm.keepers) - set(swarm.pair())
        swarm.keepers[third].is_silent = True
        swarm.questions(Follow)
        swarm.wait(3 * SERVICE_TIME)
        assert third in {node for node, _ in swarm.questions(Follow)}
        assert {down.custodian for down in swarm.happened(CustodianDown)} == {third}
        swarm.keepers[third].is_silent = False
        swarm.wait(2 * SERVICE_TIME)
        assert {down.custodian for down in swarm.happened(CustodianDown)} - {third} != set()

    def test_a_silent_custodian_is_replaced_and_suspected(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.keepers[node_of("a")].is_silent = True
        swarm.keepers[node_of("b")].is_silent = True
        swarm.read(7)
        swarm.wait(MINUTE)
        assert swarm.happened(CustodianDown) != []
        assert node_of("c") in swarm.pair()
        assert set(swarm.suspects) <= {node_of("a"), node_of("b")}

    def test_when_nobody_answers_it_is_our_own_network_and_nobody_is_suspected(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        swarm.read(7)
        swarm.wait(10 * MINUTE)
        assert swarm.suspects == []
        for keeper in swarm.keepers.values():
            keeper.is_silent = False
        swarm.wait(MINUTE)
        assert swarm.agree() is True

    def test_a_custodian_that_dies_is_replaced_at_the_next_look(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.read(7)
        swarm.goes(swarm.pair()[0])
        swarm.wait(MINUTE)
        assert set(swarm.pair()) <= set(swarm.keepers)
        assert swarm.agree() is True

    def test_a_custodian_out_of_sight_is_replaced_smoothly(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.read(7)
        gone = swarm.pair()[0]
        swarm.bits, swarm.addresses[gone] = 0, swarm.addresses[gone]
        hidden = swarm.keepers
        swarm.known = lambda address: [node for node in hidden if node != gone]  # type: ignore[method-assign] # a story's turn
        swarm.wait(10 * MINUTE)
        assert gone not in swarm.pair()
        assert len(swarm.pair()) == 2

    def test_without_custodians_the_news_of_some_is_waited_for(self) -> None:
        swarm = Swarm()
        swarm.read(7)
        swarm.comes("a")
        swarm.client.on_custodians_found(swarm.now)
        swarm.settle()
        assert swarm.pair() == [node_of("a")]
        assert swarm.agree() is None

    def test_a_full_send_queue_is_waited_for(self) -> None:
        swarm = Swarm("a", "b")
        swarm.is_full = True
        swarm.read(7)
        swarm.is_full = False
        swarm.wait(1)
        assert swarm.agree() is True

    def test_addresses_are_bounded_and_too_many_change_nothing(self) -> None:
        swarm = Swarm("a")
        swarm.read(7)
        with pytest.raises(Overloaded):
            swarm.client.read(range(MAX_READ + 1), swarm.now)
        assert [view.bucket for view in swarm.client.agreement(swarm.now)] == [EVERYTHING]


class TestStreams:
    def test_a_circuit_that_ends_is_gone_on_with_from_the_last_tag(self) -> None:
        swarm = Swarm("a", "b")
        swarm.store(box_bytes(1))
        swarm.read(7)
        swarm.happened(TagsArrived)
        swarm.questions(Follow)
        swarm.lose(node_of("a"))
        swarm.store(box_bytes(2))
        swarm.settle()
        assert [(node, question.arrival) for node, question in swarm.questions(Follow)] == [(node_of("a"), 1)]
        assert sorted(event.tags for event in swarm.happened(TagsArrived)) == [(tag_number(2),)] * 2

    def test_what_comes_late_over_a_circuit_that_ended_is_ignored(self) -> None:
        swarm = Swarm("a")
        swarm.read(7)
        [(_, question)] = swarm.questions(Follow)
        swarm.lose(node_of("a"))
        swarm.settle()
        swarm.happened(TagsArrived)
        swarm.tell(node_of("a"), Tags(question.stream, b"the run!", 1, tag_number(9), caught_up=True))
        assert swarm.happened(TagsArrived) == []

    def test_nobody_can_speak_in_the_stream_of_another(self) -> None:
        swarm = Swarm("a", "b")
        swarm.read(7)
        questions = dict(swarm.questions(Follow))
        swarm.happened(TagsArrived)
        alien = Tags(questions[node_of("a")].stream, b"the run!", 1, tag_number(9), caught_up=True)
        swarm.tell(node_of("b"), alien)
        assert swarm.happened(TagsArrived) == []

    def test_a_custodian_with_a_new_run_is_read_from_the_start(self) -> None:
        swarm = Swarm("a")
        swarm.store(box_bytes(1))
        swarm.read(7)
        swarm.happened(TagsArrived)
        swarm.keepers[node_of("a")].run = b"new run!"
        swarm.lose(node_of("a"))
        swarm.settle()
        assert [(event.tags, event.cursor) for event in swarm.happened(TagsArrived)] == [
            ((tag_number(1),), Cursor(b"new run!", 1))
        ]

    @pytest.mark.parametrize(
        "piece",
        [
            ("the run!", 1, 1),  # back
            ("the run!", 3, 2),  # more tags than arrivals
            ("new run!", 5, 1),  # another run in the middle
        ],
    )
    def test_who_breaks_the_order_of_a_stream_is_left(self, piece: tuple[str, int, int]) -> None:
        swarm = Swarm("a")
        swarm.store(box_bytes(1))
        swarm.store(box_bytes(2))
        swarm.read(7)
        [(_, question)] = swarm.questions(Follow)
        run, arrival, count = piece
        tags = b"".join(tag_number(20 + number) for number in range(count))
        swarm.tell(node_of("a"), Tags(question.stream, run.encode(), arrival, tags, caught_up=True))
        assert swarm.suspects == [node_of("a")]
        assert swarm.pair() == []

    def test_who_names_more_than_a_custodian_can_hold_is_left(self) -> None:
        swarm = Swarm("a")
        swarm.read(7)
        [(_, question)] = swarm.questions(Follow)
        piece = b"".join(number.to_bytes(8, "big") for number in range(1024))
        arrival = 0
        while not swarm.suspects:
            arrival += 1024
            assert arrival <= MAX_TAGS_PER_HOUR + 1024
            swarm.tell(node_of("a"), Tags(question.stream, b"the run!", arrival, piece, caught_up=True))
        assert swarm.pair() == []

    def test_a_backlog_that_never_ends_is_left(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.read(7)
        slow = swarm.pair()[0]
        keeper = swarm.keepers[slow]
        swarm.lose(slow)
        keeper.is_silent = True
        swarm.settle()
        question = [each for node, each in swarm.questions(Follow) if node == slow][-1]
        for arrival in range(1, 2000):
            swarm.tell(slow, Tags(question.stream, b"the run!", arrival, tag_number(1), caught_up=False))
            swarm.wait(5)
        assert slow not in swarm.pair()

    def test_a_custodian_whose_circuits_all_fail_is_given_up_without_blame(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.read(7)
        lost = swarm.pair()[0]
        swarm.unreachable.add(lost)
        swarm.lose(lost)
        swarm.wait(MINUTE)
        assert lost not in swarm.pair()
        assert swarm.suspects == []


class TestChanges:
    def test_when_the_width_grows_the_new_bucket_is_followed_before_the_old_is_left(self) -> None:
        swarm = Swarm(*HALVES, addresses=HALVES)
        swarm.read(7)
        swarm.bits = 1
        swarm.wait(TICK)
        assert {view.bucket for view in swarm.client.agreement(swarm.now)} == {EVERYTHING, Bucket(0, 1)}
        assert all(view.agree for view in swarm.client.agreement(swarm.now))
        swarm.wait(RETIRE_TIME / 2 - 2 * TICK)
        assert len(swarm.client.agreement(swarm.now)) == 2
        swarm.wait(RETIRE_TIME / 2 + 2 * TICK)
        assert [view.bucket for view in swarm.client.agreement(swarm.now)] == [Bucket(0, 1)]
        assert {down.bucket for down in swarm.happened(CustodianDown)} == {EVERYTHING}

    def test_a_width_that_comes_back_in_time_changes_nothing(self) -> None:
        swarm = Swarm(*HALVES, addresses=HALVES)
        swarm.read(7)
        pair = swarm.pair(EVERYTHING)
        swarm.bits = 1
        swarm.wait(TICK)
        swarm.bits = 0
        swarm.wait(2 * RETIRE_TIME)
        assert [view.bucket for view in swarm.client.agreement(swarm.now)] == [EVERYTHING]
        assert swarm.pair(EVERYTHING) == pair

    def test_readers_leave_the_former_day_at_different_moments(self) -> None:
        ends: set[float] = set()
        for seed in range(3):
            swarm = Swarm(*HALVES, addresses=HALVES, bits=1)
            swarm.client.follows._rng = Random(seed)  # pyright: ignore[reportPrivateUsage] -- readers differ in this alone
            swarm.read(0)
            swarm.read(1 << 31)
            while len(swarm.client.agreement(swarm.now)) > 1:
                swarm.wait(TICK)
            ends.add(swarm.now.mono)
        assert len(ends) == 3
        assert max(ends) <= RETIRE_TIME + 2 * TICK

    def test_an_owner_that_goes_hears_nothing_more_and_the_next_hears_of_everybody_anew(self) -> None:
        swarm = Swarm("a", "b")
        swarm.read(7)
        swarm.read()
        assert {down.bucket for down in swarm.happened(CustodianDown)} == {EVERYTHING}
        swarm.store(box_bytes(1))
        swarm.wait(MINUTE)
        assert not any(event.tags for event in swarm.happened(TagsArrived))
        swarm.cursors.clear()
        swarm.read(7)
        assert len(swarm.happened(CustodianUp)) == 4
        assert [event.tags for event in swarm.happened(TagsArrived)][-2:] == [(tag_number(1),)] * 2

    def test_streams_of_a_bucket_that_is_left_are_ended(self) -> None:
        swarm = Swarm("a", "b")
        swarm.read(7)
        swarm.read()
        swarm.wait(2 * RETIRE_TIME)
        assert len(swarm.questions(Unfollow)) == 2
        assert swarm.client.follows.buckets() == []


class TestDeposits:
    def test_a_box_is_sent_to_two_and_done_when_two_have_named_it(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        deposit(swarm, 1)
        swarm.settle()
        assert len({node for node, _ in swarm.sent_boxes}) == 2
        answers = swarm.happened(DepositAnswered)
        assert len({answer.custodian for answer in answers}) == 2
        assert {(answer.parcel_id, answer.verdict, answer.hour) for answer in answers} == {
            (id_of(1), Verdict.STORED, HOUR)
        }
        assert len(swarm.client.deposits) == 0
        swarm.wait(10 * MINUTE)
        assert len(swarm.sent_boxes) == 2
        assert swarm.sound == [id_of(1)]

    def test_those_sent_to_are_others_than_those_watched(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        deposit(swarm, 1)
        swarm.settle()
        watched = {answer.custodian for answer in swarm.happened(DepositAnswered)}
        assert watched.isdisjoint(node for node, _ in swarm.sent_boxes)

    def test_a_watch_tells_the_owner_nothing_and_ends_five_minutes_after_the_last_box(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        deposit(swarm, 1)
        swarm.wait(2 * MINUTE)
        deposit(swarm, 2)
        swarm.wait(4 * MINUTE)
        assert swarm.questions(Unfollow) == []
        swarm.wait(2 * MINUTE)
        assert len(swarm.questions(Unfollow)) == 2
        assert swarm.happened(CustodianUp) == swarm.happened(TagsArrived) == []

    def test_a_bucket_that_is_read_anyway_is_watched_there(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.read(7)
        swarm.questions(Follow)
        deposit(swarm, 1)
        swarm.settle()
        assert len(swarm.happened(DepositAnswered)) == 2
        assert swarm.questions(Follow) == []

    def test_a_watched_bucket_that_begins_to_be_read_is_read_from_the_owners_cursor(self) -> None:
        swarm = Swarm("a", "b")
        deposit(swarm, 1)
        swarm.settle()
        for name in ("a", "b"):
            swarm.cursors[node_of(name), EVERYTHING] = Cursor(b"the run!", 1)
        swarm.read(7)
        assert all(event.tags == () for event in swarm.happened(TagsArrived))
        swarm.store(box_bytes(2))
        swarm.settle()
        assert len(swarm.happened(TagsArrived)) == 2

    def test_nothing_is_reported_of_a_watched_bucket_before_the_owner_says_from_where(self) -> None:
        swarm = Swarm("a", "b", is_owner=False)
        deposit(swarm, 1)
        swarm.settle()
        swarm.read(7)
        swarm.store(box_bytes(2))
        swarm.settle()
        assert len(swarm.happened(CustodianUp)) == 2
        assert swarm.happened(TagsArrived) == []

    def test_a_lost_box_is_sent_again_to_others_and_the_paths_are_blamed(self) -> None:
        swarm = Swarm("a", "b", "c", "d", "e", "f")
        swarm.drops = True
        deposit(swarm, 1)
        swarm.wait(1)
        first = {node for node, _ in swarm.sent_boxes}
        swarm.wait(2 * Waits.at(NORMAL).naming)
        second = {node for node, _ in swarm.sent_boxes[2:4]}
        assert len(second) == 2
        assert first.isdisjoint(second)
        assert set(swarm.lossy) == {id_of(1)}
        swarm.drops = False
        swarm.wait(10 * MINUTE)
        assert len(swarm.happened(DepositAnswered)) == 2

    def test_pauses_double_up_to_five_minutes(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.drops = True
        deposit(swarm, 1)
        swarm.wait(3600)
        assert 24 <= len(swarm.sent_boxes) <= 44

    def test_one_alone_is_enough_when_nobody_else_is_known(self) -> None:
        swarm = Swarm("a")
        deposit(swarm, 1)
        swarm.settle()
        assert len(swarm.happened(DepositAnswered)) == 1
        assert len(swarm.client.deposits) == 0

    def test_one_that_names_it_is_not_enough_when_two_are_known(self) -> None:
        swarm = Swarm("a", "b", "c")
        swarm.drops = True
        deposit(swarm, 1)
        swarm.wait(1)
        watched = [node for node, _ in swarm.questions(Follow)]
        swarm.store(box_bytes(1), watched[0])
        swarm.settle()
        assert [answer.custodian for answer in swarm.happened(DepositAnswered)] == [watched[0]]
        swarm.store(box_bytes(1), watched[1])
        swarm.settle()
        assert [answer.custodian for answer in swarm.happened(DepositAnswered)] == [watched[1]]
        assert len(swarm.client.deposits) == 0

    def test_what_was_named_before_a_restart_is_found_in_a_whole_listing(self) -> None:
        swarm = Swarm("a", "b")
        swarm.store(box_bytes(1))
        for name in ("a", "b"):
            swarm.cursors[node_of(name), EVERYTHING] = Cursor(b"the run!", 1)
        swarm.read(7)
        deposit(swarm, 1)
        swarm.settle()
        assert swarm.happened(DepositAnswered) == []
        swarm.wait(MINUTE)
        assert len(swarm.happened(DepositAnswered)) == 2
        assert swarm.lossy == []
        assert all(event.tags == () for event in swarm.happened(TagsArrived))  # the owner's cursor stands

    def test_what_was_named_a_moment_ago_is_not_sent_again(self) -> None:
        swarm = Swarm("a", "b")
        swarm.store(box_bytes(1))
        swarm.read(7)
        deposit(swarm, 1)
        assert len(swarm.happened(DepositAnswered)) == 2
        assert swarm.sent_boxes == []

    def test_a_box_goes_to_the_bucket_of_its_prefix(self) -> None:
        swarm = Swarm(*HALVES, bits=1, addresses=HALVES)
        deposit(swarm, 1, prefix=1 << 31)
        swarm.settle()
        assert {node for node, _ in swarm.sent_boxes} < {node_of(name) for name in "xyz"}
        assert {question.prefix for _, question in swarm.questions(Follow)} == {1 << 31}

    def test_a_box_under_way_while_the_width_changes_is_confirmed_in_either_bucket(self) -> None:
        swarm = Swarm(*HALVES, addresses=HALVES)
        swarm.drops = True
        deposit(swarm, 1)
        swarm.wait(1)
        swarm.bits = 1
        swarm.wait(MINUTE)
        assert {question.width for _, question in swarm.questions(Follow)} == {0, 1}
        swarm.drops = False
        swarm.wait(5 * MINUTE)
        assert len(swarm.happened(DepositAnswered)) >= 2
        assert len(swarm.client.deposits) == 0

    def test_boxes_wait_for_the_first_custodian(self) -> None:
        swarm = Swarm()
        deposit(swarm, 1)
        swarm.wait(10 * MINUTE)
        swarm.comes("a")
        swarm.client.on_custodians_found(swarm.now)
        swarm.settle()
        assert len(swarm.happened(DepositAnswered)) == 1

    def test_after_a_time_in_the_dark_boxes_are_sent_again_soon(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.drops = True
        for keeper in swarm.keepers.values():
            keeper.is_silent = True
        deposit(swarm, 1)
        swarm.wait(3600)
        for keeper in swarm.keepers.values():
            keeper.is_silent = False
        swarm.drops = False
        swarm.wait(2 * TICK)
        assert len(swarm.happened(DepositAnswered)) == 2
        assert swarm.lossy == []  # nobody could have seen it

    def test_hundreds_go_at_once_the_oldest_first_and_no_more_than_a_window(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.drops = True
        for number in range(MAX_UNDER_WAY + 20):
            deposit(swarm, number)
        assert len(swarm.sent_boxes) == 2 * MAX_UNDER_WAY
        sent = [box for _, box in swarm.sent_boxes[::2]]
        assert sent == [box_bytes(number) for number in range(MAX_UNDER_WAY)]
        swarm.drops = False
        for _, box in swarm.sent_boxes[:]:
            swarm.store(box)
        swarm.settle()
        assert len(swarm.client.deposits) == 0

    def test_fifteen_texts_a_second_are_confirmed_by_one_watch(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        for number in range(150):
            deposit(swarm, number)
            swarm.wait(1 / 15)
        assert len(swarm.happened(DepositAnswered)) == 300
        assert len(swarm.questions(Follow)) == 2

    def test_a_full_send_queue_is_waited_for(self) -> None:
        swarm = Swarm("a", "b")
        swarm.is_full = True
        deposit(swarm, 1)
        swarm.wait(1)
        swarm.is_full = False
        swarm.wait(1)
        assert len(swarm.happened(DepositAnswered)) == 2

    def test_who_cannot_be_reached_is_passed_over(self) -> None:
        swarm = Swarm("a", "b", "c", "d")
        swarm.unreachable = {node_of("a"), node_of("b")}
        deposit(swarm, 1)
        swarm.settle()
        assert {node for node, _ in swarm.sent_boxes} == {node_of("c"), node_of("d")}

    def test_what_is_withdrawn_is_not_sent_again(self) -> None:
        swarm = Swarm("a", "b")
        swarm.drops = True
        deposit(swarm, 1)
        swarm.settle()
        swarm.client.withdraw(id_of(1), swarm.now)
        swarm.wait(3600)
        assert len(swarm.sent_boxes) == 2

    def test_the_same_bytes_again_change_nothing_and_others_take_their_place(self) -> None:
        swarm = Swarm("a", "b")
        swarm.drops = True
        deposit(swarm, 1)
        deposit(swarm, 1)
        assert len(swarm.sent_boxes) == 2
        swarm.client.deposit(Kind.BOX, id_of(1), box_bytes(1, content=b"other"), swarm.now)
        assert [box for _, box in swarm.sent_boxes[2:]] == [box_bytes(1, content=b"other")] * 2
        assert len(swarm.client.deposits) == 1

    def test_the_table_is_bounded(self) -> None:
        swarm = Swarm()
        box = box_bytes(1)
        for number in range(MAX_DEPOSITS):
            swarm.client.deposit(Kind.BOX, id_of_number(number), box, swarm.now)
        with pytest.raises(Overloaded):
            deposit(swarm, MAX_DEPOSITS)


def id_of_number(number: int) -> ParcelId:
    return ParcelId(number.to_bytes(32, "little"))


class TestTerms:
    def test_the_price_is_one_until_two_say_otherwise_and_then_what_the_lower_says(self) -> None:
        swarm = Swarm("a", "b")
        swarm.read(7)
        streams = {node: question.stream for node, question in swarm.questions(Follow)}
        assert swarm.client.price_factor(EVERYTHING) == 1
        swarm.tell(node_of("a"), Price(streams[node_of("a")], 8))
        assert swarm.client.price_factor(EVERYTHING) == 1
        swarm.tell(node_of("b"), Price(streams[node_of("b")], 4))
        assert swarm.client.price_factor(EVERYTHING) == 4
        swarm.tell(node_of("b"), Price(streams[node_of("a")], 64))  # not its stream
        assert swarm.client.price_factor(EVERYTHING) == 4
        swarm.lose(node_of("a"))
        assert swarm.client.price_factor(EVERYTHING) == 4, "a circuit that ends says nothing about the price"
        swarm.settle()  # the new stream said no price before its tags
        assert swarm.client.price_factor(EVERYTHING) == 1
        assert swarm.client.price_factor(Bucket(1 << 31, 1)) == 1

    def test_what_one_alone_asks_is_not_paid(self) -> None:
        swarm = Swarm("a")
        swarm.read(7)
        [(node, question)] = swarm.questions(Follow)
        swarm.tell(node, Price(question.stream, 8))
        assert swarm.client.price_factor(EVERYTHING) == 1

    def test_the_strong_setting_waits_longer(self) -> None:
        waits = Waits.at(NORMAL)
        naming = waits.naming
        waits.set(STRONG)
        assert waits.naming > 2 * naming

    def test_numbers_of_requests_show_neither_order_nor_reader(self) -> None:
        numbers = ScatteredNumbers(Random(1))
        drawn = [numbers.draw() for _ in range(1000)]
        assert len(set(drawn)) == 1000
        rises = sum(after > before for before, after in itertools.pairwise(drawn))
        assert 400 < rises < 600
        assert ScatteredNumbers(Random(2)).draw() != drawn[0]
