"""Parcels, descriptors, verdicts and prices of a later version: nobody is blamed for them, and all else goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.bucket import Bucket
from net.client.comparison import COMPARE_GRACE
from net.client.follows import TICK
from net.client.ports import PATIENCE
from net.client.records import FIRST_PAUSE
from net.custodian import ClientId
from net.errors import DecodeError, Unauthenticated, UnknownVersion
from net.events import BoxAbsent, BoxArrived, DepositAnswered, RecordAnswered, Verdict
from net.ids import Endpoint, NodeId, Tag, tag_of
from net.messages import (
    MAX_PRICE_FACTOR,
    Deposit,
    DepositAnswer,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Message,
    Price,
    Refused,
)
from net.overlay.descriptor import Verifier, decode_descriptor
from net.parcel.box import BOX_SIZE, ID_SIZE, decode_box, id_in_box
from net.parcel.record import decode_record
from net.parcel.store import Kind
from tests.support.counter import ALICE, Counter, push
from tests.support.future import strange_box, strange_descriptor, strange_record
from tests.support.parcels import NOW, box_bytes, id_of, record_bytes, tag_number
from tests.support.swarm import MINUTE, Keeper, Swarm, node_of
from tests.support.villains import invented

NAMES = ("a", "b", "c", "d", "e")
JUDGED = COMPARE_GRACE + 2 * TICK
MATE = ClientId(50)
OTHER_VERSIONS = st.integers(0, 255).filter(lambda version: version != 1)


# --- as bytes ---------------------------------------------------------------------------------------------------------


@given(OTHER_VERSIONS, st.binary(max_size=2 * BOX_SIZE))
def test_another_version_is_told_from_rubbish_whatever_follows(version: int, rest: bytes) -> None:
    for decode in (decode_box, decode_record, decode_descriptor):
        with pytest.raises(UnknownVersion):
            decode(bytes([version]) + rest)
        with pytest.raises(DecodeError) as error:
            decode(b"\1" + rest[:100])
        assert not isinstance(error.value, UnknownVersion)
        with pytest.raises(DecodeError) as error:
            decode(b"")
        assert not isinstance(error.value, UnknownVersion)


@given(OTHER_VERSIONS, st.binary(min_size=8, max_size=8), st.binary(min_size=32, max_size=32), st.binary(max_size=99))
def test_boxes_of_all_versions_have_their_id_at_the_same_place(
    version: int, head: bytes, box_id: bytes, rest: bytes
) -> None:
    assert id_in_box(bytes([version]) + head + box_id + rest) == box_id
    assert id_in_box((bytes([version]) + head + box_id)[: 8 + ID_SIZE]) is None
    assert id_in_box(box_bytes(1)) == id_of(1)


# --- at a custodian ---------------------------------------------------------------------------------------------------


@pytest.fixture
def counter() -> Counter:
    counter = Counter()
    counter.meet(ALICE)
    counter.meet(MATE, is_custodian=True)
    return counter


@pytest.mark.parametrize("kind", [2, 3, 4, 255])
def test_a_kind_that_is_not_known_is_refused_and_never_mistaken_for_one_of_our_store(
    counter: Counter, kind: int
) -> None:
    assert counter.deposit(box_bytes(1), kind=kind) is Verdict.MALFORMED
    counter.say(MATE, push((kind, box_bytes(1)), (0, box_bytes(2))))
    counter.run_store()
    assert [counter.store.get(each, id_of(1)) for each in Kind] == [[]] * len(Kind)
    assert counter.fetch(tag_number(2)) == [box_bytes(2)], "the rest of the push counts"
    assert counter.custodian.status(counter.now).pushes_refused == 1
    assert counter.deposit(box_bytes(1)) is Verdict.STORED


@pytest.mark.parametrize("more", [b"", bytes(3309)])
def test_another_version_is_malformed_and_whoever_brings_it_is_served_as_before(counter: Counter, more: bytes) -> None:
    strange = strange_box(box_bytes(1), more=more)
    assert counter.deposit(strange) is Verdict.MALFORMED
    assert counter.deposit(strange_record(record_bytes(3, 1), more=more), kind=1) is Verdict.MALFORMED
    counter.send_box(strange)
    counter.say(MATE, push((0, strange), (1, strange_record(record_bytes(3, 1), more=more)), (0, box_bytes(2))))
    counter.run_store()
    assert counter.custodian.parcels == 1
    assert counter.custodian.status(counter.now).mates == 1
    counter.send_box(box_bytes(4))
    assert set(counter.fetch(tag_number(1), tag_number(2), tag_number(4))) == {box_bytes(2), box_bytes(4)}


# --- at a client ------------------------------------------------------------------------------------------------------


@dataclass(eq=False)
class Refusing(Keeper):
    """A custodian of a version that has given some questions up."""

    gave_up: tuple[type[Message], ...] = field(default=())

    def answer(self, message: Message) -> list[Message]:
        if not isinstance(message, self.gave_up):
            return super().answer(message)
        request = message.stream if isinstance(message, Follow) else message.request  # type: ignore[union-attr]
        return [Refused(request, 1)]


def reading() -> tuple[Swarm, NodeId, NodeId]:
    swarm = Swarm(*NAMES)
    swarm.store(box_bytes(0))
    swarm.read(0)
    first, second = swarm.pair()
    return swarm, first, second


def hold_strange(swarm: Swarm, node: NodeId, numbers: range, shown_as: int = 0) -> None:
    """A custodian names boxes of a later version, and shows them under ids so much further on."""
    for number in numbers:
        swarm.keepers[node].log.append((tag_number(number), 0))
        swarm.keepers[node].boxes[tag_number(number)] = [strange_box(box_bytes(number + shown_as), more=bytes(99))]


class TestVerdicts:
    @pytest.mark.parametrize("verdict", [9, 128, 254, 255])
    def test_a_verdict_that_is_not_known_is_a_refusal_for_now(self, verdict: int) -> None:
        assert Verdict(verdict) is Verdict.REFUSED
        swarm = Swarm("a", "b")
        swarm.keepers[node_of("a")].verdict = verdict
        swarm.client.deposit(Kind.RECORD, id_of(1), record_bytes(1, 1), swarm.now)
        swarm.wait(FIRST_PAUSE / 2)
        told = {event.custodian: event.verdict for event in swarm.happened(DepositAnswered)}
        assert told == {node_of("a"): Verdict.REFUSED, node_of("b"): Verdict.STORED}
        swarm.keepers[node_of("a")].verdict = 0
        swarm.wait(FIRST_PAUSE)
        assert [event.verdict for event in swarm.happened(DepositAnswered)] == [Verdict.STORED]
        assert swarm.suspects == []

    def test_what_is_no_number_is_no_verdict(self) -> None:
        with pytest.raises(ValueError):
            Verdict("stored")

    def test_a_price_beyond_all_known_counts_as_the_highest(self) -> None:
        swarm, first, second = reading()
        for node in (first, second):
            for number in swarm.keepers[node].streams:
                swarm.tell(node, Price(number, 1_000_000))
        assert swarm.client.price_factor(Bucket(0, 0)) == MAX_PRICE_FACTOR


class TestBoxes:
    def test_a_box_of_another_version_is_as_good_as_not_there_and_nobody_is_blamed(self) -> None:
        swarm, first, second = reading()
        hold_strange(swarm, first, range(1, 2))
        swarm.settle()
        swarm.client.fetch([tag_number(1)], swarm.now)
        swarm.settle()
        assert swarm.happened(BoxAbsent) == [BoxAbsent(tag_number(1))]
        assert swarm.happened(BoxArrived) == []
        assert swarm.suspects == []
        assert set(swarm.pair()) == {first, second}

    def test_the_same_box_in_our_version_is_found_elsewhere(self) -> None:
        swarm, first, second = reading()
        hold_strange(swarm, first, range(1, 2))
        swarm.store(box_bytes(1), second)
        swarm.settle()
        swarm.questions(Fetch)
        swarm.client.fetch([tag_number(1)], swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]
        assert swarm.happened(BoxAbsent) == []
        assert swarm.suspects == []

    def test_boxes_of_two_versions_under_one_tag_give_the_one_we_read(self) -> None:
        swarm, first, _ = reading()
        hold_strange(swarm, first, range(1, 2))
        swarm.keepers[first].boxes[tag_number(1)].append(box_bytes(1))
        swarm.settle()
        swarm.client.fetch([tag_number(1)], swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]
        assert swarm.suspects == []

    def test_who_names_boxes_of_another_version_and_shows_them_invents_nothing(self) -> None:
        swarm, first, second = reading()
        hold_strange(swarm, first, range(1, 9))
        swarm.wait(JUDGED + 5 * MINUTE)
        assert swarm.questions(Fetch), "it was asked to show them"
        assert swarm.suspects == []
        assert set(swarm.pair()) == {first, second}
        assert swarm.agree() is True

    def test_who_shows_others_than_it_named_is_left_all_the_same(self) -> None:
        swarm, liar, honest = reading()
        hold_strange(swarm, liar, range(1, 9), shown_as=100)
        swarm.wait(JUDGED)
        assert swarm.suspects == [liar]
        assert liar not in swarm.pair()
        assert honest in swarm.pair()


class TestRecords:
    def test_a_record_of_another_version_is_no_answer_and_nobody_is_blamed(self) -> None:
        swarm = Swarm(*NAMES)
        for name in NAMES[:3]:
            swarm.keepers[node_of(name)].records[id_of(1)] = strange_record(record_bytes(1, 9), more=bytes(70_000))
        for name in NAMES[3:]:
            swarm.keepers[node_of(name)].records[id_of(1)] = record_bytes(1, 4)
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert len(swarm.questions(FindRecord)) == 5, "those who gave it are replaced by others"
        assert [event.record for event in swarm.happened(RecordAnswered)] == [record_bytes(1, 4)] * 2
        assert swarm.questions(Deposit) == [], "and not told that ours is the newest"
        assert swarm.suspects == []


class TestRefusals:
    def put(self, *gave_up: type[Message]) -> tuple[Swarm, NodeId]:
        """Return a swarm of which the first has given up some questions."""
        swarm = Swarm("a", "b")
        node = node_of("a")
        swarm.keepers[node] = Refusing(node, gave_up=gave_up)
        return swarm, node

    def test_a_stream_that_is_refused_is_followed_elsewhere_at_once(self) -> None:
        swarm = Swarm(*NAMES)
        for name in NAMES[:2]:
            swarm.keepers[node_of(name)] = Refusing(node_of(name), gave_up=(Follow,))
        swarm.store(box_bytes(1))
        swarm.read(0)
        swarm.wait(PATIENCE / 2)
        assert not {node_of(name) for name in NAMES[:2]} & set(swarm.pair())
        assert len(swarm.pair()) == 2

    def test_a_fetch_that_is_refused_is_asked_elsewhere_at_once(self) -> None:
        swarm, node = self.put(Fetch)
        swarm.store(box_bytes(1))
        swarm.read(0)
        swarm.client.fetch([tag_number(1)], swarm.now)
        swarm.settle()
        assert swarm.happened(BoxArrived) == [BoxArrived(box_bytes(1))]
        assert node in swarm.pair()

    def test_a_search_that_is_refused_is_asked_elsewhere_at_once(self) -> None:
        swarm, _ = self.put(FindRecord)
        swarm.keepers[node_of("b")].records[id_of(1)] = record_bytes(1, 4)
        swarm.comes("c")
        swarm.comes("d")
        swarm.client.search(id_of(1), swarm.now)
        swarm.settle()
        assert len(swarm.questions(FindRecord)) == 4
        assert len(swarm.happened(RecordAnswered)) == 3
        assert swarm.suspects == []

    def test_a_record_that_is_refused_is_brought_elsewhere_and_here_again_later(self) -> None:
        swarm, node = self.put(Deposit)
        swarm.client.deposit(Kind.RECORD, id_of(1), record_bytes(1, 1), swarm.now)
        swarm.wait(FIRST_PAUSE / 2)
        asked = [each for each, _ in swarm.questions(Deposit)]
        assert asked.count(node) == 1
        assert asked.count(node_of("b")) == 1
        swarm.wait(FIRST_PAUSE)
        assert [each for each, _ in swarm.questions(Deposit)] == [node]

    def test_refusals_of_what_was_not_asked_change_nothing(self) -> None:
        swarm, first, second = reading()
        swarm.client.search(id_of(1), swarm.now)
        for node in (first, second):
            for number in (0, 1, 2**32 - 1):
                swarm.tell(node, Refused(number, 3))
        swarm.settle()
        assert set(swarm.pair()) == {first, second}
        assert swarm.agree() is True
        swarm.tell(first, FoundRecord(0, b""))
        swarm.tell(first, DepositAnswer(0, 200, 0))
        assert swarm.suspects == []


# --- descriptors ------------------------------------------------------------------------------------------------------


def test_a_descriptor_of_another_version_is_neither_taken_nor_taken_for_a_forgery() -> None:
    [data] = invented(Random(1), 1, Endpoint("127.0.0.9", 4000), NOW)
    verifier = Verifier(work_bits=0)
    for strange in (strange_descriptor(data), strange_descriptor(data, more=b""), strange_descriptor(data, 0, b"")):
        for _ in range(2):
            with pytest.raises(UnknownVersion):
                verifier.check(strange, NOW)
    forged = data[:-1] + bytes([data[-1] ^ 1])
    with pytest.raises(Unauthenticated):
        verifier.check(forged, NOW)
    assert verifier.check(data, NOW).data == data


def test_tags_of_strange_boxes_are_those_of_their_ids() -> None:
    box_id = id_in_box(strange_box(box_bytes(1)))
    assert box_id is not None
    assert tag_of(box_id) == Tag(tag_number(1))
