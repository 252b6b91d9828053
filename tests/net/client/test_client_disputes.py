"""Custodians that withhold, invent, alter and flood, and honest ones that only look as if they did."""

from __future__ import annotations

from net.bucket import Bucket
from net.client.comparison import COMPARE_GRACE, MAX_UNSHARED, Comparison
from net.client.disputes import DISPUTE_PAUSE
from net.client.follows import TICK
from net.client.members import FLOOD
from net.events import CustodianDown, TagsArrived
from net.ids import NodeId, Tag
from net.messages import Fetch, Follow, Tags
from tests.support.parcels import box_bytes, tag_number
from tests.support.swarm import MINUTE, Swarm, split_tags

JUDGED = COMPARE_GRACE + 2 * TICK
NAMES = ("a", "b", "c", "d", "e")


def other(swarm: Swarm, node: NodeId) -> NodeId:
    [second] = set(swarm.pair()) - {node}
    return second


def reading(*names: str) -> tuple[Swarm, NodeId, NodeId]:
    swarm = Swarm(*names)
    swarm.store(box_bytes(0))
    swarm.read(0)
    first, second = swarm.pair()
    return swarm, first, second


class TestWithholding:
    def test_who_keeps_a_tag_back_is_replaced_by_whoever_told_of_it(self) -> None:
        swarm, honest, liar = reading(*NAMES)
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        swarm.wait(COMPARE_GRACE - MINUTE)
        assert swarm.agree() is True
        swarm.wait(3 * MINUTE)
        assert swarm.suspects == [liar]
        assert liar not in swarm.pair()
        assert honest in swarm.pair()
        assert swarm.agree() is True
        assert [down.custodian for down in swarm.happened(CustodianDown)] == [liar]

    def test_nothing_withheld_is_missed_by_the_owner(self) -> None:
        swarm, _, liar = reading(*NAMES)
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        swarm.settle()
        assert any(tag_number(1) in event.tags for event in swarm.happened(TagsArrived))

    def test_what_was_kept_back_of_a_backlog_shows_too(self) -> None:
        swarm = Swarm(*NAMES, is_owner=False)
        swarm.store(box_bytes(0))
        swarm.store(box_bytes(1))
        swarm.read(0)
        first, liar = swarm.pair()
        swarm.keepers[liar].hides.add(tag_number(1))
        for node in (first, liar):
            swarm.client.follow(node, Bucket(0, 0), None, swarm.now)
        swarm.wait(JUDGED)
        assert swarm.suspects == [liar]

    def test_who_will_not_list_what_it_has_does_not_get_away(self) -> None:
        swarm, _, liar = reading(*NAMES)
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        swarm.settle()
        swarm.wait(COMPARE_GRACE - MINUTE)
        swarm.keepers[liar].is_silent = True  # its stream is caught up, so that only the listing shows it
        swarm.wait(3 * MINUTE)
        assert swarm.suspects[-1] == liar
        assert liar not in swarm.pair()

    def test_while_a_tag_is_disputed_the_copies_do_not_agree(self) -> None:
        swarm, _, liar = reading("a", "b")
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        swarm.settle()
        now = swarm.now._replace(mono=swarm.now.mono + COMPARE_GRACE + 1)
        assert [view.agree for view in swarm.client.agreement(now)] == [False]

    def test_without_a_third_nobody_is_convicted(self) -> None:
        swarm, _, liar = reading("a", "b")
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        swarm.wait(JUDGED)
        assert swarm.suspects == []
        assert len(swarm.pair()) == 2

    def test_what_the_third_lacks_too_is_nobodys_fault(self) -> None:
        swarm, namer, _ = reading(*NAMES)
        swarm.store(box_bytes(1), namer)
        swarm.wait(JUDGED)
        assert swarm.suspects == []
        assert swarm.agree() is True

    def test_a_silent_judge_is_replaced_by_another(self) -> None:
        swarm, _, liar = reading(*NAMES)
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        thirds = [node for node in swarm.keepers if node not in swarm.pair()]
        swarm.keepers[thirds[0]].is_silent = swarm.keepers[thirds[1]].is_silent = True
        swarm.wait(JUDGED + 2 * MINUTE)
        assert liar in swarm.suspects
        assert liar not in swarm.pair()

    def test_a_box_outside_the_bucket_is_expected_of_nobody(self) -> None:
        halves = {"a": 0, "b": 1, "c": 2}
        swarm = Swarm(*halves, bits=1, addresses=halves)
        swarm.read(0)
        namer, accused = swarm.pair()
        swarm.keepers[namer].log.append((tag_number(1), 0))
        swarm.keepers[namer].boxes[tag_number(1)] = [box_bytes(1, prefix=1 << 31)]
        [third] = set(swarm.keepers) - {namer, accused}
        swarm.store(box_bytes(1), third)
        swarm.wait(JUDGED)
        assert accused not in swarm.suspects

    def test_who_keeps_a_narrower_bucket_is_not_blamed_for_the_rest(self) -> None:
        crowd = {f"{n:02}": n << 31 for n in range(2)} | {f"n{n:02}": n for n in range(20)}
        swarm = Swarm(*crowd, addresses=crowd)
        far = (1 << 31) + 5
        swarm.read(0)
        namer, accused = swarm.pair()
        box = box_bytes(1, prefix=far)
        swarm.store(box, *(node for node in swarm.keepers if node != accused))
        swarm.wait(JUDGED)
        assert swarm.shares(accused, far) == 0
        assert swarm.suspects == []
        assert namer in swarm.pair()


class TestInventing:
    def test_who_cannot_show_what_it_named_is_left(self) -> None:
        swarm, liar, honest = reading(*NAMES)
        swarm.keepers[liar].log.append((Tag(b"invented"), 0))
        swarm.wait(JUDGED)
        assert swarm.suspects == [liar]
        assert honest in swarm.pair()
        assert liar not in swarm.pair()

    def test_a_box_that_expired_before_our_time_is_no_invention(self) -> None:
        swarm = Swarm(*NAMES)
        for keeper in swarm.keepers.values():
            keeper.log.append((tag_number(0), 0))
        swarm.keepers[next(iter(swarm.keepers))].log.append((tag_number(1), 0))
        swarm.read(0)
        swarm.wait(JUDGED)
        assert swarm.suspects == []

    def test_a_flood_of_inventions_is_cut_off_and_judged_at_once(self) -> None:
        swarm, liar, honest = reading(*NAMES)
        questions = dict(swarm.questions(Follow))
        swarm.happened(TagsArrived)
        arrival, told = 1, 0
        while told < 4 * FLOOD and liar in swarm.pair():
            piece = b"".join((told + number).to_bytes(8, "big") for number in range(1024))
            arrival, told = arrival + 1024, told + 1024
            swarm.tell(liar, Tags(questions[liar].stream, b"the run!", arrival, piece, caught_up=True))
        reported = sum(len(event.tags) for event in swarm.happened(TagsArrived))
        assert reported == FLOOD  # what came after was not listened to
        swarm.settle()
        assert swarm.suspects == [liar]
        assert honest in swarm.pair()
        assert swarm.agree() is True

    def test_a_crowd_of_true_boxes_is_listened_to_again(self) -> None:
        swarm, namer, second = reading("a", "b")
        swarm.questions(Follow)
        tags = [Tag((7 << 48 | number).to_bytes(8, "big")) for number in range(FLOOD)]
        keeper = swarm.keepers[namer]
        swarm.keepers[second].log.extend((tag, 0) for tag in tags)  # it is only late to say so
        swarm.keepers[second].streams.clear()
        keeper.log.extend((tag, 0) for tag in tags)
        swarm.settle()
        assert swarm.suspects == []
        assert [(node, question.arrival) for node, question in swarm.questions(Follow)] == [
            (second, 0),  # a whole listing
            (namer, FLOOD + 1),  # and on where it was cut off
        ]
        swarm.happened(TagsArrived)
        swarm.store(box_bytes(5), namer)
        swarm.settle()
        assert [event.tags for event in swarm.happened(TagsArrived)] == [(tag_number(5),)]

    def test_the_difference_that_is_remembered_is_bounded(self) -> None:
        comparison = Comparison()
        ann, ben = NodeId(b"a"), NodeId(b"b")
        comparison.join(ann)
        comparison.join(ben)
        tags = [Tag(number.to_bytes(8, "big")) for number in range(2 * MAX_UNSHARED)]
        comparison.on_tags_named(ann, tags, 0.0, is_live=True)
        assert comparison.live(ann) == len(comparison.unshared(ann)) == MAX_UNSHARED
        comparison.on_tags_named(ben, tags, 0.0, is_live=False)
        assert comparison.unshared(ann) == {}
        assert comparison.live(ann) == comparison.live(ben) == 0


class TestAltering:
    def test_who_alters_a_box_is_left_everywhere_and_the_box_is_asked_of_another(self) -> None:
        swarm, first, second = reading(*NAMES)
        good = box_bytes(1)
        for node in swarm.keepers:
            swarm.store(good, node)
        swarm.settle()
        for node in (first, second):
            swarm.keepers[node].boxes[tag_number(1)] = [good[:-1] + bytes([good[-1] ^ 1])]
        swarm.client.fetch([tag_number(1)], swarm.now)
        swarm.settle()
        assert set(swarm.suspects) == {first, second}
        assert set(swarm.pair()).isdisjoint({first, second})
        assert len(swarm.questions(Fetch)) == 3


class TestHonest:
    def test_two_that_keep_the_same_are_never_asked_to_explain(self) -> None:
        swarm, *_ = reading(*NAMES)
        swarm.questions(Follow)
        for number in range(20):
            swarm.store(box_bytes(number))
            swarm.wait(2 * MINUTE)
        assert swarm.agree() is True
        assert swarm.questions(Follow) == swarm.questions(Fetch) == []

    def test_a_push_that_comes_within_the_grace_is_no_difference(self) -> None:
        swarm, first, second = reading(*NAMES)
        swarm.questions(Follow)
        swarm.store(box_bytes(1), first)
        swarm.wait(COMPARE_GRACE - MINUTE)
        swarm.store(box_bytes(1), second)
        swarm.wait(JUDGED)
        assert swarm.questions(Fetch) == swarm.questions(Follow) == []

    def test_whoever_keeps_a_narrower_bucket_than_it_was_followed_in_is_not_blamed(self) -> None:
        swarm = Swarm(*NAMES, addresses=dict.fromkeys(NAMES, 0xC0000000))
        swarm.read(0)
        _, narrow = swarm.pair()
        swarm.keepers[narrow].hides.add(tag_number(1))  # it lies in the other half
        swarm.store(box_bytes(1))
        swarm.bits = 1  # the network is found to have two
        swarm.wait(JUDGED)
        assert swarm.suspects == []

    def test_a_bucket_that_is_left_gets_no_other_custodians(self) -> None:
        swarm = Swarm(*NAMES, addresses=dict.fromkeys(NAMES, 0))
        swarm.read(0)
        swarm.bits = 1
        swarm.wait(2 * TICK)
        former = swarm.client.follows.get(Bucket(0, 0))
        assert former is not None
        gone, _ = former.members
        swarm.goes(gone)
        swarm.wait(2 * TICK)
        assert len(former.members) == 1

    def test_what_one_named_before_our_cursor_is_found_in_its_listing(self) -> None:
        swarm, first, second = reading(*NAMES)
        swarm.store(box_bytes(1), first)
        swarm.settle()
        place = swarm.client.follows.buckets()[0]
        swarm.store(box_bytes(1), second)
        swarm.keepers[second].streams.clear()  # named to us in a former life, say
        assert place.recent.namers(tag_number(1)) == (first,)
        swarm.wait(JUDGED)
        assert swarm.questions(Fetch) == []
        assert swarm.suspects == []

    def test_circuits_that_are_replaced_do_not_put_the_comparison_off(self) -> None:
        swarm, _, liar = reading(*NAMES)
        swarm.keepers[liar].hides.add(tag_number(1))
        swarm.store(box_bytes(1))
        for _ in range(4):
            swarm.wait(COMPARE_GRACE / 3)
            for node in swarm.pair():
                swarm.lose(node)
            swarm.settle()
        assert swarm.suspects == [liar]

    def test_one_bucket_is_not_disputed_all_the_time(self) -> None:
        swarm, namer, _ = reading(*NAMES)
        swarm.store(box_bytes(1), namer)
        swarm.wait(JUDGED)
        swarm.questions(Fetch)
        for number in range(2, 20):
            swarm.store(box_bytes(number), namer)
            swarm.wait(MINUTE)
        begun = len(swarm.questions(Fetch))
        assert begun <= 18 * MINUTE / DISPUTE_PAUSE + 1

    def test_a_probe_looks_like_any_other_fetch(self) -> None:
        swarm, namer, _ = reading(*NAMES)
        for number in range(10, 20):
            swarm.store(box_bytes(number))
        swarm.store(box_bytes(1), namer)
        swarm.wait(JUDGED)
        [(asked, question)] = swarm.questions(Fetch)
        assert asked == namer
        assert len(split_tags(question.tags)) == 8

    def test_who_does_not_answer_a_probe_is_asked_again_later(self) -> None:
        swarm, namer, _ = reading(*NAMES)
        swarm.store(box_bytes(1), namer)
        swarm.settle()
        swarm.keepers[namer].is_silent = True
        swarm.wait(JUDGED)
        assert len(swarm.questions(Fetch)) == 1
        swarm.wait(DISPUTE_PAUSE + MINUTE)
        assert len(swarm.questions(Fetch)) == 1
