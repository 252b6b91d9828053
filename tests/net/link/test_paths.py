"""A peer that seems to have moved: it has to show it, and nobody else is sent anything for it (RFC 9000, 8 and 9.3)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import Overloaded
from net.ids import Endpoint
from net.link import frames
from net.link.epochs import REKEY_AFTER
from net.link.events import LinkDown, LinkUp
from net.link.frames import TOKEN_SIZE
from net.link.paths import FIRST_PAUSE, LEAST_PATIENCE, REST, TRIES, Owed, Paths
from net.link.recovery import SUSPECT_AFTER
from net.numbers import SMALL_DATAGRAM_SIZE
from tests.support.link_world import Host, World

HERE, THERE, ELSEWHERE = (Endpoint(f"10.0.0.{n}", 4000) for n in (1, 2, 3))
VICTIM = Endpoint("198.51.100.7", 9)


def paths() -> Paths:
    return Paths(HERE, Random(1).randbytes)


def tokens(owed: list[Owed]) -> dict[Endpoint, bytes]:
    return {each.to: each.token for each in owed if not each.is_answer}


# --- the rules --------------------------------------------------------------------------------------------------------


def test_who_answers_from_a_new_place_alone_has_moved() -> None:
    p = paths()
    p.on_newest(THERE, 0.0)
    asked = tokens(p.owed(0.0))
    assert asked.keys() == {HERE, THERE}
    assert p.endpoint == HERE
    p.on_answer(asked[THERE], 0.02)
    assert not p.settle(0.01, 0.02), "the former place has time for its answer"
    assert p.settle(0.01, LEAST_PATIENCE)
    assert p.endpoint == THERE


@pytest.mark.parametrize("order", ["former first", "new first", "former alone"])
def test_the_former_place_is_kept_if_it_answers(order: str) -> None:
    p = paths()
    p.on_newest(THERE, 0.0)
    asked = tokens(p.owed(0.0))
    for place in {"former first": (HERE, THERE), "new first": (THERE, HERE), "former alone": (HERE,)}[order]:
        p.on_answer(asked[place], 0.02)
    assert not p.settle(0.01, 10.0)
    assert p.endpoint == HERE
    p.on_newest(THERE, 1.0)
    assert p.owed(1.0) == [], "it is not asked with each frame"
    p.on_newest(THERE, 0.02 + REST)
    assert tokens(p.owed(0.02 + REST)).keys() == {HERE, THERE}


def test_a_place_that_does_not_answer_is_asked_a_few_times_and_forgotten() -> None:
    p = paths()
    now, asked = 0.0, 0
    p.on_newest(THERE, now)
    while (deadline := p.deadline(0.01)) < 100:
        now = max(now, deadline)
        asked += THERE in tokens(p.owed(now))
        assert not p.settle(0.01, now)
    assert asked == TRIES
    assert now <= FIRST_PAUSE * (1 << TRIES)
    assert p.endpoint == HERE


def test_a_wrong_answer_moves_nobody() -> None:
    p = paths()
    p.on_answer(bytes(TOKEN_SIZE), 0.0)
    p.on_newest(THERE, 0.0)
    asked = tokens(p.owed(0.0))
    assert len(set(asked.values())) == 2
    p.on_answer(bytes(TOKEN_SIZE), 0.0)
    p.on_newest(ELSEWHERE, 0.1)
    p.on_answer(asked[THERE], 0.2)  # of a trial that another took the place of
    assert not p.settle(0.01, 10.0)
    assert p.endpoint == HERE


def test_one_answer_goes_out_for_each_frame_however_many_challenges_it_carries() -> None:
    p = paths()
    for n in range(5):
        p.on_challenge(bytes([n]) * TOKEN_SIZE, VICTIM)
    assert p.owed(0.0) == [Owed(bytes([4]) * TOKEN_SIZE, VICTIM, is_answer=True)]
    assert p.owed(0.0) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([HERE, THERE, ELSEWHERE, VICTIM]),
            st.sampled_from([256, 1232]),
            st.floats(0, 2),
        ),
        max_size=40,
    )
)
def test_a_place_that_has_not_answered_gets_no_more_than_three_times_what_came_from_it(
    told: list[tuple[Endpoint, int, float]],
) -> None:
    p, now = paths(), 0.0
    came: dict[Endpoint, int] = {}
    went: dict[Endpoint, int] = {}
    for source, size, pause in told:
        now += pause
        came[source] = came.get(source, 0) + size
        p.on_newest(source, now)
        for _ in range(3):
            for each in p.owed(now):
                went[each.to] = went.get(each.to, 0) + SMALL_DATAGRAM_SIZE
            p.settle(0.01, now)
        assert p.endpoint == HERE
    assert all(sent <= 3 * came.get(place, 0) for place, sent in went.items() if place != HERE)


# --- in every state of a link, over every message ---------------------------------------------------------------------


class Forger:
    """A peer that writes somebody else's address on what it sends, and gets what is sent to its own."""

    def __init__(self, world: World, forger: Host, target: Host) -> None:
        self.world, self.forger, self.target = world, forger, target
        self.own, self.came, self.went = forger.endpoint, 0, list[bytes]()
        self.claims_victim = True
        self.answers = True

    def run(self, seconds: float, step: float = 0.05) -> None:
        """Let time pass, both sending as they like."""
        end = self.world.now.mono + seconds
        while self.world.now.mono < end:
            self.world.set_time(self.world.now.mono + step)
            for host in (self.forger, self.target):
                host.layer.handle_timeout(self.world.now)
            self._send()
            while batch := self.target.layer.datagrams_to_send(self.world.now):
                for data, to in batch:
                    if to == VICTIM:
                        self.went.append(data)
                    elif self.answers:
                        self.forger.layer.receive_datagram(data, self.target.endpoint, self.world.now)
            for host in (self.forger, self.target):
                while (event := host.layer.next_event()) is not None:
                    host.events.append(event)

    def _send(self) -> None:
        while batch := self.forger.layer.datagrams_to_send(self.world.now):
            for data, _ in batch:
                self.came += len(data) if self.claims_victim else 0
                source = VICTIM if self.claims_victim else self.own
                self.target.layer.receive_datagram(data, source, self.world.now)

    def check(self) -> None:
        """Check what the victim was sent."""
        assert self.came > 0
        assert all(len(data) == SMALL_DATAGRAM_SIZE for data in self.went), "challenges and nothing else"
        assert sum(map(len, self.went)) <= 3 * self.came


def linked() -> tuple[World, Host, Host]:
    world = World("alice", "bob")
    world.join("alice", "bob")
    world.run(1)
    return world, world["alice"], world["bob"]


def asks_much(world: World, alice: Host, bob: Host) -> None:
    """Bob has a lot to say: more than any window."""
    with suppress(Overloaded):
        while True:
            bob.layer.send_message(bob.link, bytes(60_000), world.now)


def ask_cells(world: World, alice: Host, bob: Host) -> None:
    for _ in range(200):
        bob.layer.send_cell(bob.link, bytes(frames.CELL_SIZE), world.now)


@pytest.mark.parametrize("ask", [asks_much, ask_cells])
@pytest.mark.parametrize("state", ["fresh", "used", "silent", "suspected", "renewing", "answering nothing"])
def test_nobody_is_sent_anything_for_a_peer_that_claims_to_be_there(
    state: str, ask: Callable[[World, Host, Host], None]
) -> None:
    world, alice, bob = linked()
    forger = Forger(world, alice, bob)
    if state == "used":
        alice.layer.send_message(alice.link, b"hello", world.now)
        world.run(1)
    elif state == "silent":
        world.run(20)
    elif state == "suspected":
        forger.claims_victim = False
        ask(world, alice, bob)
        bob.layer.datagrams_to_send(world.now)
        world.set_time(world.now.mono + SUSPECT_AFTER + 1)
        bob.layer.handle_timeout(world.now)
        forger.claims_victim = True
    elif state == "renewing":
        alice.layer.send_message(alice.link, b"hello", world.now)
        world.run(REKEY_AFTER - 1)
        alice.layer.send_message(alice.link, b"hello again", world.now)
    elif state == "answering nothing":
        forger.answers = False
    ask(world, alice, bob)
    alice.layer.send_message(alice.link, b"from the victim's address", world.now)
    forger.run(30)
    forger.check()


def test_a_link_is_made_where_the_handshake_was_answered_whatever_its_first_frame_claims() -> None:
    world = World("alice", "bob")
    alice, bob = world["alice"], world["bob"]
    forger = Forger(world, alice, bob)
    forger.claims_victim = False
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    ((question, _),) = alice.layer.datagrams_to_send(world.now)
    bob.layer.receive_datagram(question, alice.endpoint, world.now)
    ((response, _),) = bob.layer.datagrams_to_send(world.now)
    alice.layer.receive_datagram(response, bob.endpoint, world.now)
    forger.claims_victim = True
    forger.run(0.2)
    assert bob.of(LinkUp)
    assert bob.layer.links()[0].endpoint == alice.endpoint
    asks_much(world, alice, bob)
    forger.run(20)
    forger.check()


def test_who_answers_a_handshake_from_elsewhere_is_where_it_was_asked() -> None:
    world = World("alice", "bob")
    alice, bob = world["alice"], world["bob"]
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    ((question, _),) = alice.layer.datagrams_to_send(world.now)
    bob.layer.receive_datagram(question, alice.endpoint, world.now)
    ((response, _),) = bob.layer.datagrams_to_send(world.now)
    alice.layer.receive_datagram(response, VICTIM, world.now)
    assert alice.layer.links()[0].endpoint == bob.endpoint


# --- who really moves -------------------------------------------------------------------------------------------------


def test_a_peer_that_moves_is_written_to_there_within_a_second_and_loses_nothing() -> None:
    world, alice, bob = linked()
    alice.endpoint = Endpoint("10.9.9.9", 7777)
    bob.layer.send_message(bob.link, b"sent to the former place", world.now)
    alice.layer.send_message(alice.link, b"from elsewhere", world.now)
    began = world.now.mono
    assert world.run(5, lambda: alice.messages == [b"sent to the former place"])
    assert world.now.mono - began < 1.0
    assert bob.layer.links()[0].endpoint == alice.endpoint
    assert not bob.of(LinkDown)


def test_both_move_one_after_the_other() -> None:
    world, alice, bob = linked()
    for n, host in enumerate((alice, bob, alice, bob)):
        host.endpoint = Endpoint(f"10.9.9.{n + 1}", 7777)
        host.layer.send_message(host.link, b"moved", world.now)
        world.run(2)
    assert [len(host.messages) for host in (alice, bob)] == [2, 2]
    assert alice.layer.links()[0].endpoint == bob.endpoint
    assert bob.layer.links()[0].endpoint == alice.endpoint
