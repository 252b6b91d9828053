"""Two circuits joined at a node: who may, what passes, how it ends, and what strangers with cookies get."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings, strategies as st

from net.errors import DecodeError
from net.instant import Instant
from net.messages import (
    COOKIE_SIZE,
    MAX_MESSAGE_SIZE,
    LeaveCookie,
    PresentCookie,
    Refused,
    RendezvousAnswer,
    UnknownMessage,
    decode_message,
    encode_message,
)
from net.messages.circuits import Meeting
from net.onion.circuits.builder import CircuitId
from net.onion.circuits.datagrams import MAX_DATAGRAM_SIZE
from net.onion.circuits.rendezvous import COOKIE_LIFE, MAX_COOKIES, MAX_COOKIES_PER_LINK, Rendezvous
from net.onion.circuits.rendezvous_client import ANSWER_PATIENCE, Outcome, RendezvousClient
from net.onion.circuits.stream import HOLD_ABOVE, MAX_JOINED_BUFFER, WINDOW
from net.onion.packets.cipher import RealOnionCipher
from tests.support.circuit_world import Node, World
from tests.support.future import strange_message

COOKIE = b"\7" * COOKIE_SIZE
# Where they meet.
PLACE = 4


class Guest:
    """A party to rendezvous at ``PLACE``, by relays of its own."""

    def __init__(self, world: World, number: int, *relays: int) -> None:
        self.world, self.node, self.path = world, world.nodes[number], (*relays, PLACE)
        self.number = number
        self.outcomes: list[Outcome] = []
        self.client = RendezvousClient(self.node.circuits, self, random.Random(number).randbytes)
        self.node.ours.meetings = self.client
        self.circuit = CircuitId(0)

    def on_rendezvous(self, circuit: CircuitId, outcome: Outcome, now: Instant) -> None:
        self.outcomes.append(outcome)

    def leave(self, cookie: bytes = COOKIE) -> Guest:
        self.circuit = self.world.open(*self.path, by=self.number)
        self.client.leave(self.circuit, cookie, self.world.now)
        self.world.run()
        return self

    def present(self, cookie: bytes = COOKIE) -> Guest:
        self.circuit = self.world.open(*self.path, by=self.number)
        self.client.present(self.circuit, cookie, self.world.now)
        self.world.run()
        return self

    def say(self, *messages: bytes) -> None:
        for each in messages:
            self.world.send(self.circuit, each, by=self.number)
        self.world.run()

    def throw(self, data: bytes) -> bool:
        is_sent = self.node.circuits.send_datagram(self.circuit, data, self.world.now)
        self.world.run()
        return is_sent

    def close(self) -> None:
        self.node.circuits.close(self.circuit, self.world.now)
        self.world.run()

    @property
    def got(self) -> list[bytes]:
        return self.node.ours.got

    @property
    def datagrams(self) -> list[bytes]:
        return [data for _, data in self.node.ours.datagrams]

    def is_linked(self) -> bool:
        return any(each.id == self.circuit for each in self.node.circuits._circuits.values())  # pyright: ignore[reportPrivateUsage]


def guests(world: World | None = None) -> tuple[World, Guest, Guest]:
    world = world or World(count=8)
    return world, Guest(world, 0, 1, 2), Guest(world, 5, 6)


def joined(world: World | None = None) -> tuple[World, Guest, Guest]:
    world, one, other = guests(world)
    one.leave()
    other.present()
    assert one.outcomes == [Outcome.WAITING, Outcome.JOINED]
    assert other.outcomes == [Outcome.JOINED]
    return world, one, other


def place(world: World) -> tuple[Node, Rendezvous]:
    return world.nodes[PLACE], world.nodes[PLACE].rendezvous


def assert_nothing_is_left(world: World) -> None:
    node, rendezvous = place(world)
    assert len(node.circuit_relay) == 0
    for held in (rendezvous._waiting, rendezvous._cookies, rendezvous._partners):  # pyright: ignore[reportPrivateUsage]
        assert not held
    assert rendezvous._places.total == 0  # pyright: ignore[reportPrivateUsage]
    assert rendezvous.next_deadline() == float("inf")


# --- what passes ---------------------------------------------------------------------------------------------------------


def test_messages_and_datagrams_of_either_come_out_at_the_other() -> None:
    world, one, other = joined(World(count=8, cipher=RealOnionCipher()))
    rng = random.Random(1)
    for sender, taker in ((one, other), (other, one)):
        messages = [rng.randbytes(size) for size in (1, 5000, MAX_MESSAGE_SIZE, 3)]
        sender.say(*messages)
        assert taker.got == messages
        assert sender.throw(b"speech")
        assert sender.throw(bytes(MAX_DATAGRAM_SIZE))
        assert taker.datagrams == [b"speech", bytes(MAX_DATAGRAM_SIZE)]
    node, rendezvous = place(world)
    assert node.theirs.got == node.theirs.datagrams == []
    assert node.theirs.closed_ends == node.theirs.opened_ends, "neither is a client of the node's any more"
    assert (rendezvous.counters.left, rendezvous.counters.joined) == (1, 1)


def test_what_looks_like_a_request_passes_as_anything_else_once_joined() -> None:
    world, one, other = joined()
    sent = [
        encode_message(PresentCookie(1, COOKIE)),
        encode_message(LeaveCookie(1, COOKIE)),
        b"\xff",
        strange_message(99),
    ]
    one.say(*sent)
    other.say(encode_message(RendezvousAnswer(1, Meeting.REFUSED)))
    assert other.got == sent
    assert one.got == [encode_message(RendezvousAnswer(1, Meeting.REFUSED))]
    assert place(world)[1].counters.refused == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_however_links_stall_and_sizes_fall_both_streams_arrive_whole_and_memory_stays_bounded(seed: int) -> None:
    rng = random.Random(seed)
    world, one, other = joined()
    sent: dict[int, list[bytes]] = {0: [], 5: []}
    wires = [(0, 1), (1, 2), (2, 4), (4, 2), (5, 6), (6, 4), (4, 6), (6, 5)]
    for _ in range(60):
        act = rng.random()
        if act < 0.5:
            guest = rng.choice((one, other))
            message = rng.randbytes(rng.choice((1, 900, 5000, MAX_MESSAGE_SIZE)))
            if guest.node.circuits.writable(guest.circuit):
                sent[guest.number].append(message)
                guest.say(message)
        elif act < 0.7:
            world.blocked = {rng.choice(wires) for _ in range(rng.randrange(3))}
        else:
            world.wait(0.06)
        for end in place(world)[0].circuit_relay._ends._circuits.values():  # pyright: ignore[reportPrivateUsage]
            assert end.end is not None
            assert end.end.stream.buffered <= MAX_JOINED_BUFFER
    world.blocked = set()
    world.wait(3.0)
    assert other.got == sent[0]
    assert one.got == sent[5]
    assert one.is_linked()
    assert other.is_linked()


def test_a_slow_reader_holds_the_sender_back_and_loses_nothing() -> None:
    world, one, other = joined()
    world.blocked = {(5, 6)}  # no credit comes from the reader
    sent: list[bytes] = []
    while one.node.circuits.writable(one.circuit):
        sent.append(bytes([len(sent)]) * MAX_MESSAGE_SIZE)
        one.say(sent[-1])
        assert len(sent) < 20
    node, _ = place(world)
    held = [each.end.stream.buffered for each in node.circuit_relay._ends._circuits.values() if each.end]  # pyright: ignore[reportPrivateUsage]
    assert HOLD_ABOVE < max(held) <= MAX_JOINED_BUFFER
    assert len(b"".join(sent)) > WINDOW * 1133
    world.blocked = set()
    world.wait(2.0)
    assert other.got == sent
    assert one.node.circuits.writable(one.circuit)
    one.say(b"and on")
    assert other.got[-1] == b"and on"


# --- how it ends -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closes", [0, 1])
def test_whoever_ends_its_circuit_ends_both(closes: int) -> None:
    world, *both = joined()
    both[closes].close()
    assert not any(guest.is_linked() for guest in both)
    assert both[1 - closes].node.ours.closed_circuits == [(both[1 - closes].circuit, False)]
    assert_nothing_is_left(world)


@pytest.mark.parametrize("lost", [(0, 1), (2, 4), (6, 4), (5, 6)])
def test_a_lost_link_ends_both(lost: tuple[int, int]) -> None:
    world, one, other = joined()
    world.link_down(*lost)
    world.run()
    assert not one.is_linked()
    assert not other.is_linked()
    assert_nothing_is_left(world)


def test_a_cookie_that_is_not_presented_in_time_is_gone_with_its_circuit() -> None:
    world, one, other = guests()
    one.leave()
    world.wait(COOKIE_LIFE - 1)
    assert one.outcomes == [Outcome.WAITING]
    world.wait(2)
    assert one.outcomes == [Outcome.WAITING, Outcome.LOST]
    assert place(world)[1].counters.expired == 1
    other.present()
    assert other.outcomes == [Outcome.REFUSED]
    assert_nothing_is_left(world)


def test_who_leaves_takes_the_cookie_along() -> None:
    world, one, other = guests()
    one.leave().close()
    assert_nothing_is_left(world)
    other.present()
    assert other.outcomes == [Outcome.REFUSED]
    assert not other.is_linked()


# --- strangers with cookies ------------------------------------------------------------------------------------------------


def test_a_guessed_cookie_costs_the_circuit_and_opens_nothing() -> None:
    world, one, other = guests()
    one.leave()
    other.present(COOKIE[:-1] + b"\0")
    assert other.outcomes == [Outcome.REFUSED]
    assert not other.is_linked()
    assert one.outcomes == [Outcome.WAITING]
    assert Guest(world, 5, 6).present().outcomes == [Outcome.JOINED]


@pytest.mark.parametrize("said", [PresentCookie(1, b"guessed " * 4), LeaveCookie(1, COOKIE)])
def test_a_guess_is_answered_and_costs_the_circuit_whatever_the_guesser_does(said: PresentCookie | LeaveCookie) -> None:
    world, one, _ = guests()
    one.leave()
    circuit = world.open(6, PLACE, by=5)
    world.send(circuit, encode_message(said), by=5)
    world.run()
    assert world.nodes[5].ours.got == [encode_message(RendezvousAnswer(1, Meeting.REFUSED))]
    assert world.nodes[5].ours.closed_circuits == [(circuit, False)]
    assert len(place(world)[0].circuit_relay) == 1


def test_a_cookie_serves_once() -> None:
    world, one, other = joined()
    third = Guest(world, 7, 6).present()
    assert third.outcomes == [Outcome.REFUSED]
    one.say(b"still here")
    assert other.got == [b"still here"]
    fourth = Guest(world, 3, 2).leave()
    assert fourth.outcomes == [Outcome.WAITING], "used, so it may be left anew"
    assert third.got == []


def test_a_cookie_that_lies_there_is_not_left_by_another() -> None:
    world, one, other = guests()
    one.leave()
    third = Guest(world, 7, 6).leave()
    assert third.outcomes == [Outcome.REFUSED]
    assert not third.is_linked()
    other.present()
    other.say(b"hello")
    assert one.got == [b"hello"]


@pytest.mark.parametrize(
    "said",
    [
        encode_message(PresentCookie(9, COOKIE)),
        encode_message(LeaveCookie(9, b"?" * 32)),
        b"hello",
        strange_message(99),
    ],
)
def test_who_waits_and_says_anything_loses_the_circuit(said: bytes) -> None:
    world, one, _ = guests()
    one.leave()
    one.say(said)
    assert not one.is_linked()
    assert place(world)[1].counters.joined == 0
    assert one.outcomes == [Outcome.WAITING, Outcome.LOST]
    assert_nothing_is_left(world)


def test_what_is_only_to_be_passed_over_ends_no_waiting_and_goes_to_nobody() -> None:
    _, one, other = guests()
    one.leave()
    one.say(strange_message(200, b"news"))
    one.throw(b"early")
    other.present()
    assert one.outcomes == [Outcome.WAITING, Outcome.JOINED]
    assert other.got == other.datagrams == []


def test_a_party_may_meet_itself_over_two_circuits() -> None:
    world = World(count=8)
    one = Guest(world, 0, 1, 2).leave()
    first = one.circuit
    one.present()
    assert one.outcomes == [Outcome.WAITING, Outcome.JOINED, Outcome.JOINED]
    one.say(b"to myself")
    assert one.node.ours.by_circuit == {first: [b"to myself"]}


def test_cookies_of_a_link_are_bounded() -> None:
    world = World(count=8)
    for number in range(MAX_COOKIES_PER_LINK + 16):
        by = 0 if number % 2 else 5
        circuit = world.open(2, PLACE, by=by)
        world.send(circuit, encode_message(LeaveCookie(number, number.to_bytes(COOKIE_SIZE, "big"))), by=by)
        world.run()
    _, rendezvous = place(world)
    assert (rendezvous.counters.left, rendezvous.counters.refused) == (MAX_COOKIES_PER_LINK, 16)
    answers = [decode_message(each) for number in (0, 5) for each in world.nodes[number].ours.got]
    meetings = [each.meeting for each in answers if isinstance(each, RendezvousAnswer)]
    assert (meetings.count(Meeting.WAITING), meetings.count(Meeting.FULL)) == (MAX_COOKIES_PER_LINK, 16)
    assert Guest(world, 7, 6).leave(b"!" * COOKIE_SIZE).outcomes == [Outcome.WAITING]


def test_one_network_that_left_all_cookies_keeps_nobody_out() -> None:
    world = World(count=30, max_cookies=8)
    world.hosts = {number: f"8.8.8.{number}" for number in range(10, 20)} | {25: "8.8.9.1", 26: "8.8.10.1"}
    for number in range(10, 20):
        for more in range(2):
            circuit = world.open(PLACE, by=number)
            world.send(circuit, encode_message(LeaveCookie(more, bytes([number, more]) * 16)), by=number)
    world.run()
    _, rendezvous = place(world)
    assert len(rendezvous._waiting) == 4  # pyright: ignore[reportPrivateUsage]
    for number in (25, 26, 27):
        guest = Guest(world, number).leave(bytes([number]) * 32)
        assert guest.outcomes == [Outcome.WAITING]
    for number in range(10, 20):
        circuit = world.open(PLACE, by=number)
        world.send(circuit, encode_message(LeaveCookie(9, bytes([number, 9]) * 16)), by=number)
    world.run()
    for number in (25, 26, 27):
        assert bytes([number]) * 32 in rendezvous._waiting  # pyright: ignore[reportPrivateUsage]
    assert len(rendezvous._waiting) <= 8 < MAX_COOKIES  # pyright: ignore[reportPrivateUsage]


# --- the asker -------------------------------------------------------------------------------------------------------------


def test_a_node_that_does_not_know_rendezvous_refuses_as_it_does_all_that_it_does_not_know() -> None:
    for ask in ("leave", "present"):
        world = World(count=8, has_rendezvous=False)

        def refuse(data: bytes) -> bytes:
            message = decode_message(data)
            assert isinstance(message, LeaveCookie | PresentCookie)
            return encode_message(Refused(message.request, data[1]))

        world.nodes[PLACE].theirs.answer = refuse
        one = Guest(world, 0, 1, 2)
        getattr(one, ask)()
        assert one.outcomes == [Outcome.UNSUPPORTED]
        assert not one.is_linked()


def test_the_types_are_of_the_half_that_is_refused() -> None:
    for said in (LeaveCookie(5, COOKIE), PresentCookie(5, COOKIE), RendezvousAnswer(5, 0)):
        data = encode_message(said)
        assert decode_message(data) == said
        assert data[1] < 128


@pytest.mark.parametrize("size", [0, COOKIE_SIZE - 1, COOKIE_SIZE + 1])
def test_a_cookie_has_one_size(size: int) -> None:
    for said in (LeaveCookie(5, bytes(size)), PresentCookie(5, bytes(size))):
        with pytest.raises(DecodeError) as raised:
            decode_message(encode_message(said))
        assert not isinstance(raised.value, UnknownMessage)


def answering(*answers: bytes) -> Guest:
    """Return a guest whose node says these, with the request's number in place of the first's."""
    world = World(count=8, has_rendezvous=False)
    node = world.nodes[PLACE]
    one = Guest(world, 0, 1, 2).leave()
    [end] = node.theirs.opened_ends
    for each in answers:
        node.circuit_relay.send(end, each, world.now)
    world.run()
    return one


def number_of(guest_number: int = 0) -> int:
    return int.from_bytes(random.Random(guest_number).randbytes(4), "big")


@pytest.mark.parametrize(
    ("answers", "outcomes"),
    [
        ([Meeting.WAITING, Meeting.JOINED], [Outcome.WAITING, Outcome.JOINED]),
        ([Meeting.FULL], [Outcome.FULL]),
        ([77], [Outcome.REFUSED]),
        ([Meeting.JOINED], [Outcome.NONSENSE]),
        ([Meeting.WAITING, Meeting.WAITING], [Outcome.WAITING, Outcome.NONSENSE]),
        ([Meeting.WAITING, Meeting.FULL], [Outcome.WAITING, Outcome.NONSENSE]),
    ],
)
def test_a_node_that_answers_out_of_turn_is_left(answers: list[int], outcomes: list[Outcome]) -> None:
    one = answering(*(encode_message(RendezvousAnswer(number_of(), each)) for each in answers))
    assert one.outcomes == outcomes
    assert one.is_linked() is (outcomes[-1] is Outcome.JOINED)


def test_answers_to_another_request_and_noise_are_nonsense_and_news_are_passed_over() -> None:
    assert answering(encode_message(RendezvousAnswer(number_of() ^ 1, Meeting.WAITING))).outcomes == [Outcome.NONSENSE]
    assert answering(b"\xc1").outcomes == [Outcome.NONSENSE]
    assert answering(encode_message(Refused(number_of(), 3))).outcomes == [Outcome.NONSENSE]
    waiting = encode_message(RendezvousAnswer(number_of(), Meeting.WAITING))
    assert answering(strange_message(200), waiting).outcomes == [Outcome.WAITING]
    assert answering(waiting, encode_message(Refused(number_of(), 35))).outcomes[-1] is Outcome.NONSENSE


def test_who_hears_nothing_gives_up() -> None:
    one = answering()
    one.world.mono += ANSWER_PATIENCE + 0.1
    one.client.handle_timeout(one.world.now)
    assert one.outcomes == [Outcome.SILENT]
    assert not one.is_linked()
    late = answering(encode_message(RendezvousAnswer(number_of(), Meeting.WAITING)))
    assert late.client.next_deadline() == late.world.mono + COOKIE_LIFE + ANSWER_PATIENCE
    late.client.forget(late.circuit)
    assert late.client.next_deadline() == float("inf")
