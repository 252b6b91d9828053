"""The frontend: who stands there, what may be asked from afar and how often, and what ends a circuit."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec
import pytest

from net.bucket import Bucket
from net.custodian import Custodian
from net.errors import Overloaded
from net.ids import OverlayId
from net.instant import Instant
from net.link.events import LinkId
from net.messages import (
    AskDialBack,
    AskPeers,
    Compare,
    Deposit,
    DepositAnswer,
    FindNodes,
    FindRecord,
    Follow,
    FoundRecord,
    Introduce,
    Keeps,
    Lookup,
    Message,
    Nodes,
    Parcel,
    PleaseDial,
    Push,
    Refused,
    Tags,
    Want,
    decode_message,
    encode_message,
)
from net.messages.growth import REFUSAL_BURST, REFUSAL_RATE
from net.node.frontend import FIND_BURST, FIND_RATE, LOOKUP_BURST, MAX_LOOKUPS_EACH, MAX_LOOKUPS_FROM_AFAR, Frontend
from net.onion.circuits.transit import EndId
from net.parcel.memory_store import MemoryStore
from simulator import FREE
from tests.support.parcels import NOW, box_bytes, id_of, record_bytes, tag_number

LINK, END = LinkId(1), EndId(1)
TARGET = bytes(32)


class Counter:
    """A frontend with a custodian behind it, and the ends of links and circuits."""

    def __init__(self) -> None:
        self.now = NOW
        self.over_links: list[tuple[LinkId, Message]] = []
        self.over_circuits: list[tuple[EndId, Message]] = []
        self.closed: list[EndId] = []
        self.served: list[Callable[[list[bytes], Instant], None]] = []
        self.is_full = False
        self.frontend = Frontend(self, self.answer_find, self.serve)
        self.custodian = self.frontend.custodian = Custodian(
            store=MemoryStore(), outlet=self.frontend, random=Random(1).randbytes, price=FREE, slot=0.4
        )
        self.frontend.circuits = Circuits(self)
        self.run_store()

    # What the frontend needs of links and of the overlay.

    def writable(self, link: LinkId) -> bool:
        return not self.is_full

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        if self.is_full:
            raise Overloaded("link")
        self.over_links.append((link, decode_message(data)))

    def answer_find(self, target: bytes) -> list[bytes]:
        return []

    def serve(self, target: bytes, now: Instant, then: Callable[[list[bytes], Instant], None]) -> None:
        if self.is_full:
            raise Overloaded("lookups")
        self.served.append(then)

    # What tests do.

    def run_store(self) -> None:
        while jobs := self.custodian.store_jobs(self.now):
            for job in jobs:
                job.done(job.run(), self.now)

    def near(self, *messages: Message) -> list[Message]:
        """Say something over the link; return what came back."""
        for message in messages:
            self.frontend.receive(LINK, message, self.now)
        self.run_store()
        said, self.over_links = self.over_links, []
        return [message for _, message in said]

    def far(self, *messages: Message) -> list[Message]:
        """Say something through the circuit; return what came back."""
        for message in messages:
            self.frontend.on_circuit_data(END, encode_message(message), self.now)
        self.run_store()
        said, self.over_circuits = self.over_circuits, []
        return [message for _, message in said]

    def wait(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall_ms + round(1000 * seconds))
        self.custodian.handle_timeout(self.now)
        self.run_store()


class Circuits:
    """The exchange's part."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def writable(self, end: EndId) -> bool:
        return not self._counter.is_full

    def send(self, end: EndId, data: bytes, now: Instant) -> bool:
        if self._counter.is_full:
            return False
        self._counter.over_circuits.append((end, decode_message(data)))
        return True

    def close(self, end: EndId, now: Instant) -> None:
        self._counter.closed.append(end)


@pytest.fixture
def counter() -> Counter:
    made = Counter()
    made.frontend.on_link_up(LINK, made.now)
    made.frontend.on_circuit_opened(END, made.now)
    return made


def test_boxes_records_and_streams_are_to_be_had_near_and_far(counter: Counter) -> None:
    for ask in (counter.near, counter.far):
        assert ask(Deposit(1, 1, record_bytes(1, 1))) == [DepositAnswer(1, 0, NOW.hour())]
        assert ask(FindRecord(2, id_of(1))) == [FoundRecord(2, record_bytes(1, 1))]
        assert ask(FindNodes(3, TARGET)) == [Nodes(3, [])]
    counter.near(Deposit(4, 0, box_bytes(1)))
    [piece] = counter.far(Follow(5, 0, 0, b"", 0))
    assert isinstance(piece, Tags)
    assert piece.tags == tag_number(1)


@pytest.mark.parametrize(
    "message",
    [
        AskPeers(1),
        AskDialBack(1),
        PleaseDial(1, bytes(16), 4000, bytes(32)),
        Introduce(1, bytes(32)),
        Push([Parcel(0, box_bytes(1))]),
        Compare(1, b"", b"", bytes(16)),
        Want([bytes(61)]),
        Keeps(0),
        Nodes(1, []),
    ],
)
def test_what_is_for_neighbours_ends_the_circuit_it_came_through(counter: Counter, message: Message) -> None:
    assert counter.far(message) == []
    assert counter.closed == [END]
    assert counter.frontend.counters.malformed == 1
    assert counter.far(FindNodes(2, TARGET)) == [], "and nobody stands there any more"


def test_bytes_that_are_no_message_end_the_circuit(counter: Counter) -> None:
    counter.frontend.on_circuit_data(END, b"\xc1 nonsense", counter.now)
    assert counter.closed == [END]


def test_a_type_of_a_later_version_is_refused_or_passed_over_and_ends_no_circuit(counter: Counter) -> None:
    for kind in (128, 255, 1000):
        counter.frontend.on_circuit_data(END, msgspec.msgpack.encode([kind, 4, b"news"]), counter.now)
    assert counter.far() == []
    counter.frontend.on_circuit_data(END, msgspec.msgpack.encode([127, 4, b"please"]), counter.now)
    assert counter.far() == [Refused(4, 127)]
    assert counter.far(Refused(4, 1)) == [], "nothing is answered to a refusal"
    assert counter.closed == []
    assert counter.far(FindNodes(2, TARGET)) == [Nodes(2, [])]


def test_refusals_are_rationed_for_each_circuit(counter: Counter) -> None:
    other, data = EndId(2), msgspec.msgpack.encode([127])
    counter.frontend.on_circuit_opened(other, counter.now)
    for _ in range(100):
        counter.frontend.on_circuit_data(END, data, counter.now)
    assert counter.far() == [Refused(0, 127)] * round(REFUSAL_BURST)
    counter.frontend.on_circuit_data(other, data, counter.now)
    assert counter.far() == [Refused(0, 127)], "another one's ration is untouched"
    counter.wait(2 / REFUSAL_RATE)
    for _ in range(100):
        counter.frontend.on_circuit_data(END, data, counter.now)
    assert counter.far() == [Refused(0, 127)] * 2
    assert counter.closed == []


def test_nobody_becomes_a_mate_through_a_circuit(counter: Counter) -> None:
    counter.custodian.set_scope(Bucket(0, 0), counter.now)
    counter.frontend.on_described(LINK, OverlayId(bytes(32)), counter.now)
    counter.near(Keeps(0))
    status = counter.custodian.status(counter.now)
    assert status.mates == 1
    counter.frontend.on_link_down(LINK)
    assert counter.custodian.status(counter.now).mates == 0


def test_questions_for_nodes_are_rationed_for_each(counter: Counter) -> None:
    burst = [FindNodes(number, TARGET) for number in range(2 * round(FIND_BURST))]
    assert len(counter.far(*burst)) == FIND_BURST
    assert len(counter.near(*burst)) == FIND_BURST, "another one's ration is untouched"
    counter.wait(5)
    assert len(counter.far(*burst)) == 5 * FIND_RATE


def test_lookups_are_rationed_and_their_answer_finds_its_way_back(counter: Counter) -> None:
    numbers = iter(range(100))
    for _ in range(round(LOOKUP_BURST)):
        number = next(numbers)
        assert counter.far(Lookup(number, TARGET)) == []
        counter.served.pop()([], counter.now)
        assert counter.far() == [Nodes(number, [])]
    counter.far(Lookup(next(numbers), TARGET))
    assert counter.served == [], "that was all for now"
    counter.wait(10)
    counter.far(Lookup(next(numbers), TARGET))
    counter.frontend.on_circuit_closed(END, counter.now)
    counter.served.pop()([], counter.now)
    assert counter.far() == [], "who asked is gone"
    assert counter.frontend.counters.unsent == 1


def test_one_has_few_lookups_under_way_and_circuits_leave_room_for_neighbours(counter: Counter) -> None:
    ends = [EndId(number) for number in range(10, 30)]
    for end in ends:
        counter.frontend.on_circuit_opened(end, counter.now)
        for number in range(5):
            counter.frontend.on_circuit_data(end, encode_message(Lookup(number, TARGET)), counter.now)
    assert len(counter.served) == MAX_LOOKUPS_FROM_AFAR
    counter.near(*(Lookup(number, TARGET) for number in range(5)))
    assert len(counter.served) == MAX_LOOKUPS_FROM_AFAR + MAX_LOOKUPS_EACH
    for found in counter.served:
        found([], counter.now)
    counter.served.clear()
    counter.far(Lookup(9, TARGET))
    assert len(counter.served) == 1, "room is given back"


def test_who_is_too_busy_to_look_says_nothing(counter: Counter) -> None:
    counter.is_full = True
    assert counter.far(Lookup(1, TARGET)) == []
    assert counter.near(FindNodes(1, TARGET)) == []
    assert counter.frontend.counters.unsent == 1
    assert counter.closed == []


def test_clients_come_and_go_and_leave_nothing(counter: Counter) -> None:
    for number in range(2, 500):
        counter.frontend.on_circuit_opened(EndId(number), counter.now)
        counter.frontend.on_circuit_data(EndId(number), encode_message(Follow(1, 0, 0, b"", 0)), counter.now)
        counter.frontend.on_circuit_closed(EndId(number), counter.now)
        counter.frontend.on_link_up(LinkId(number), counter.now)
        counter.frontend.on_link_down(LinkId(number))
    counter.over_circuits.clear()
    counter.near(Deposit(1, 0, box_bytes(1)))
    counter.wait(5)
    assert counter.over_circuits == [], "no stream outlives who follows it"
    counter.frontend.on_circuit_closed(END, counter.now)
    counter.frontend.on_link_down(LINK)
    counter.frontend.on_link_down(LINK)
    assert counter.near(FindNodes(1, TARGET)) == counter.far(FindNodes(1, TARGET)) == []


def test_a_box_out_of_a_packet_is_kept_if_its_link_is_still_there(counter: Counter) -> None:
    counter.frontend.take_box(box_bytes(1), LINK, counter.now)
    counter.frontend.take_box(box_bytes(2), LinkId(77), counter.now)
    counter.run_store()
    assert counter.custodian.parcels == 1
    assert counter.near() == [], "nobody is answered"


def test_a_leaf_has_nothing_behind_its_frontend() -> None:
    counter = Counter()
    frontend = Frontend(counter, counter.answer_find, counter.serve)
    frontend.on_link_up(LINK, NOW)
    frontend.take_box(box_bytes(1), LINK, NOW)
    frontend.receive(LINK, Deposit(1, 0, box_bytes(1)), NOW)
    assert counter.over_links == []
