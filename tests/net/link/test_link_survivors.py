"""What somebody on the way, or a crowd of strangers, cannot do to a link or to whoever begins one."""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import cast

import pytest

from net.ids import Endpoint, NodeId
from net.link.attempts import MAX_ATTEMPTS, MAX_KEY_REQUESTS, RETRY_AFTER
from net.link.cookie import CookieJar
from net.link.envelope import COOKIE_SIZE, UNKNOWN_KEY, Envelope, Kind, mark_with_cookie, tag_of, try_open
from net.link.epochs import FORMER_KEYS_LIFE
from net.link.events import ConnectFailed, LinkId, LinkUp, Role
from net.link.frames import CELL_SIZE
from net.link.half_open import MAX_HALF_OPEN, HalfOpen, HalfOpenTable
from net.link.handshake import Initiation
from net.link.keys import FrameKeys, draw_index
from net.link.layer import MAX_OUTBOX
from net.link.noise import TransportKeys
from net.link.outbound import LAST_NUMBER
from net.link.replay_window import ReplayWindow
from net.link.session import Session
from net.primitives import x25519_keypair
from tests.support.link_world import Host, World

STRANGER = Endpoint("203.0.113.9", 999)
RANDOM = Random(7).randbytes


def questions(host: Host, world: World) -> list[bytes]:
    """Return what a host wants to send now."""
    return [data for data, _ in host.layer.datagrams_to_send(world.now)]


def frame_keys(now: float = 0.0) -> FrameKeys:
    secrets = TransportKeys(RANDOM(32), RANDOM(32), RANDOM(32))
    return FrameKeys(secrets, is_initiator=True, our_index=draw_index(RANDOM), their_index=draw_index(RANDOM), now=now)


def session_of(keys: FrameKeys, *, last_number: int = LAST_NUMBER) -> Session:
    up = LinkUp(LinkId(1), NodeId(bytes(32)), STRANGER, Role.FULL, 0, is_initiator=True)
    return Session(up, keys, lambda _: None, Random(1).randbytes, round_trip=0.01, now=0.0, last_number=last_number)


# Who is on the way.


def test_a_cookie_is_good_for_the_address_and_the_port_that_it_was_sent_to() -> None:
    jar = CookieJar(RANDOM)
    question = Envelope(UNKNOWN_KEY).seal(Kind.KEY_REQUEST, b"", RANDOM)
    marked = mark_with_cookie(question, jar.bake(STRANGER, 0.0))
    assert jar.is_marked(marked, STRANGER, 0.0)
    assert not jar.is_marked(marked, Endpoint(STRANGER.host, STRANGER.port + 1), 0.0)
    assert not jar.is_marked(marked, Endpoint("203.0.113.10", STRANGER.port), 0.0)


def test_a_key_told_by_somebody_on_the_way_does_not_replace_the_one_that_is_known() -> None:
    world = World("alice", "bob")
    alice, bob = world["alice"], world["bob"]
    mallory = x25519_keypair(RANDOM)
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    (initiation,) = questions(alice, world)
    # Whoever sees the datagrams knows the peer's public key and the question, and so can seal any answer.
    told = Envelope(bob.layer.node_id).seal(Kind.KEY_ANSWER, mallory.public, RANDOM, tag_of(initiation))
    alice.layer.receive_datagram(told, bob.endpoint, world.now)
    for _ in range(4):
        world.set_time(world.now.mono + 2 * RETRY_AFTER)
        alice.layer.handle_timeout(world.now)
        for datagram in questions(alice, world):
            assert try_open(Envelope(mallory.public), datagram) is None
            assert try_open(Envelope(bob.layer.node_id), datagram) is not None
    assert world.run(10, lambda: bool(alice.of(LinkUp)))
    assert [up.peer for up in alice.events if isinstance(up, LinkUp)] == [bob.layer.node_id]


def test_a_first_frame_that_was_altered_on_the_way_makes_no_link() -> None:
    world = World("alice", "bob")
    alice, bob = world["alice"], world["bob"]
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    for sender, receiver in ((alice, bob), (bob, alice)):
        (datagram,) = questions(sender, world)
        receiver.layer.receive_datagram(datagram, sender.endpoint, world.now)
    (first,) = questions(alice, world)
    bob.layer.receive_datagram(first[:-1] + bytes([first[-1] ^ 1]), STRANGER, world.now)
    assert bob.layer.next_event() is None
    assert bob.layer.links() == []
    bob.layer.receive_datagram(first, alice.endpoint, world.now)
    assert [link.endpoint for link in bob.layer.links()] == [alice.endpoint]


# Who would have us send to a third party.


def test_cookies_make_us_ask_once_more_and_not_without_end() -> None:
    world = World("alice")
    alice = world["alice"]
    alice.layer.connect(STRANGER, None, world.now)
    asked: list[int] = []
    for _ in range(5):
        now = questions(alice, world)
        asked.append(len(now))
        for question in now:
            cookie = Envelope(UNKNOWN_KEY).seal(Kind.COOKIE, RANDOM(COOKIE_SIZE), RANDOM, tag_of(question))
            alice.layer.receive_datagram(cookie, STRANGER, world.now)
    assert asked == [1, 1, 0, 0, 0]


@pytest.mark.parametrize(("is_probe", "count"), [(False, MAX_KEY_REQUESTS), (True, 1)])
def test_an_address_that_we_only_heard_of_gets_few_questions(is_probe: bool, count: int) -> None:
    world = World("alice")
    world.keeps_sent = True
    world["alice"].layer.connect(STRANGER, None, world.now, is_probe=is_probe)
    world.run(20)
    assert len(world.sent) == count
    assert len(world["alice"].of(ConnectFailed)) == 1


def test_hearsay_of_a_node_gets_one_datagram() -> None:
    world = World("alice")
    world.keeps_sent = True
    world["alice"].layer.connect(STRANGER, NodeId(x25519_keypair(RANDOM).public), world.now, is_probe=True)
    world.run(20)
    assert len(world.sent) == 1


# Crowds.


def test_handshakes_that_we_began_are_bounded() -> None:
    world = World("alice")
    world.keeps_sent = True
    for port in range(1, MAX_ATTEMPTS + 20):
        world["alice"].layer.connect(Endpoint(STRANGER.host, port), None, world.now)
    world.flush()
    assert len({target for _, _, target in world.sent}) == MAX_ATTEMPTS
    refused = [event.reason for event in world["alice"].events if isinstance(event, ConnectFailed)]
    assert refused == ["too many links"] * 19


def test_handshakes_that_strangers_leave_half_open_are_bounded_and_the_oldest_goes() -> None:
    table = HalfOpenTable()
    nothing_said = cast("Initiation", None)
    added = [
        HalfOpen(NodeId(number.to_bytes(32, "big")), STRANGER, nothing_said, frame_keys(), None, float(number))
        for number in range(MAX_HALF_OPEN + 5)
    ]
    for half in added:
        table.add(half)
    assert len(table) == MAX_HALF_OPEN
    assert [table.get(half.keys.our_index) is half for half in added] == [False] * 5 + [True] * MAX_HALF_OPEN


def half_open(number: int, host: str) -> HalfOpen:
    nothing_said = cast("Initiation", None)
    return HalfOpen(
        NodeId(number.to_bytes(32, "big")), Endpoint(host, 1), nothing_said, frame_keys(), None, float(number)
    )


def test_handshakes_that_one_network_leaves_half_open_displace_nobody_elses() -> None:
    table = HalfOpenTable()
    person = half_open(0, "9.9.9.9")
    table.add(person)
    for number in range(1, 3 * MAX_HALF_OPEN):
        table.add(half_open(number, f"8.8.8.{number % 250}"))
    assert len(table) == MAX_HALF_OPEN
    assert table.get(person.keys.our_index) is person


def test_handshakes_left_half_open_in_the_names_of_many_networks_keep_no_newcomer_out() -> None:
    table = HalfOpenTable()
    for number in range(1, 2 * MAX_HALF_OPEN):
        table.add(half_open(number, f"8.{number // 250}.{number % 250}.1"))
    person = half_open(0, "9.9.9.9")
    table.add(person)
    assert table.get(person.keys.our_index) is person
    assert len(table) == MAX_HALF_OPEN


def test_links_are_bounded_though_every_stranger_has_an_address_of_his_own() -> None:
    strangers = "cdefgh"
    world = World("bob", *strangers, max_links=4)
    for stranger in strangers:
        world[stranger].layer.connect(world["bob"].endpoint, world["bob"].layer.node_id, world.now)
        world.run(2)
    assert len(world["bob"].layer.links()) == 4


def test_answers_to_strangers_that_wait_to_be_sent_are_bounded() -> None:
    world = World("bob")
    bob = world["bob"].layer
    for number in range(MAX_OUTBOX + 50):
        question = Envelope(UNKNOWN_KEY).seal(Kind.KEY_REQUEST, b"", RANDOM)
        bob.receive_datagram(question, Endpoint(STRANGER.host, 1 + number), world.now)
    sent = 0
    while batch := bob.datagrams_to_send(world.now):
        sent += len(batch)
    assert sent == MAX_OUTBOX
    assert bob.counters.dropped_queue == 50


# Keys.


def test_a_link_that_used_up_its_numbers_sends_nothing_more_under_its_keys() -> None:
    session = session_of(frame_keys(), last_number=3)
    for _ in range(10):
        assert session.send_cell(bytes(CELL_SIZE))
    assert len(session.datagrams(0.0, 100)) == 4
    assert session.datagrams(0.1, 100) == []
    assert session.close() is None
    other = session_of(frame_keys(), last_number=3)
    for _ in range(10):
        other.send_cell(bytes(CELL_SIZE))
    other.datagrams(0.0, 100)
    assert other.handle_timeout(0.2) == "worn out"


def test_former_keys_are_forgotten_after_a_while() -> None:
    former, later = frame_keys(), frame_keys(now=100.0)
    session = session_of(former)
    session.adopt(later, must_show=False)
    assert session.epochs.is_known_as(former.our_index)
    assert session.deadline() <= 100.0 + FORMER_KEYS_LIFE
    session.handle_timeout(100.0 + FORMER_KEYS_LIFE - 1)
    assert session.epochs.is_known_as(former.our_index)
    session.handle_timeout(100.0 + FORMER_KEYS_LIFE)
    assert not session.epochs.is_known_as(former.our_index)
    assert session.epochs.retired == [former.our_index]


def test_a_jump_of_the_numbers_takes_no_memory() -> None:
    window = ReplayWindow()
    window.mark(0)
    tracemalloc.start()
    window.mark(1 << 28)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 20
    assert not window.is_new(0)
    assert window.is_new((1 << 28) - 1)
