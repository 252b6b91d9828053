"""Stories of whole links on a wire that does its worst."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.link import frames
from net.link.attempts import ATTEMPT_LIFE
from net.link.cells import MAX_QUEUED_CELLS, MAX_QUEUED_DATAGRAMS
from net.link.envelope import CONTENT_SIZE, LABEL_ENVELOPE, UNKNOWN_KEY
from net.link.epochs import REKEY_AFTER, KeyEpochs
from net.link.events import FEATURES, CellReceived, ConnectFailed, LinkDown, LinkQuiet, LinkUp, Role
from net.link.frames import CELL_SIZE, CellKind
from net.link.keys import FrameKeys, draw_index
from net.link.layer import LinkLayer
from net.link.live_links import MAX_UNREAD_CELLS
from net.link.noise import TransportKeys
from net.link.stream import WINDOW
from net.numbers import MAX_MESSAGE_SIZE
from net.primitives import Aead, hkdf
from tests.support.link_world import EPOCH_MS, Host, Weather, World

STORM = Weather(loss=0.08, double=0.08, delay=0.02, jitter=0.03)
STRANGER = Endpoint("203.0.113.9", 999)


def linked(weather: Weather | None = None, seed: int = 1, *, with_key: bool = True) -> tuple[World, Host, Host]:
    world = World("alice", "bob", seed=seed, weather=weather)
    world.join("alice", "bob", with_key=with_key)
    return world, world["alice"], world["bob"]


def fingerprint(host: Host) -> object:
    return (host.layer.links(), host.layer.next_event(), host.layer.next_deadline())


# Coming up.


def test_a_link_comes_up_in_one_round_trip_and_tells_role_and_time() -> None:
    world = World("alice", "bob")
    world.hosts["bob"] = Host("bob", 1, role=Role.LEAF)
    alice, bob = world["alice"], world["bob"]
    world.join("alice", "bob")
    (up,) = alice.events
    assert up == LinkUp(alice.link, bob.layer.node_id, bob.endpoint, Role.LEAF, EPOCH_MS + 5, is_initiator=True)
    (up,) = bob.events
    assert up == LinkUp(bob.link, alice.layer.node_id, alice.endpoint, Role.FULL, EPOCH_MS, is_initiator=False)


def test_both_ends_know_what_the_other_says_that_it_can_do_as_long_as_they_are_linked() -> None:
    world = World("alice", "bob")
    world.hosts["bob"] = Host("bob", 1, features=2**32 - 1)
    world.hosts["alice"] = Host("alice", 1, features=5)
    alice, bob = world["alice"], world["bob"]
    world.join("alice", "bob")
    assert [event.features for event in alice.events if isinstance(event, LinkUp)] == [2**32 - 1]
    assert [event.features for event in bob.events if isinstance(event, LinkUp)] == [5]
    world.keeps_sent = True
    for _ in range(2 * round(REKEY_AFTER)):
        alice.layer.send_message(alice.link, b"on and on", world.now)
        world.run(1)
    assert len(world.indexes_to(bob)) > 1, "with new keys"
    assert (alice.layer.features_of(alice.link), bob.layer.features_of(bob.link)) == (2**32 - 1, 5)
    assert [info.features for info in alice.layer.links()] == [2**32 - 1]
    alice.layer.close(alice.link, world.now)
    assert alice.layer.features_of(alice.link) == 0


def test_this_version_can_do_nothing_beyond_the_first() -> None:
    _world, alice, bob = linked()
    assert FEATURES == alice.layer.features_of(alice.link) == bob.layer.features_of(bob.link) == 0


def test_who_knows_only_an_endpoint_asks_for_the_key() -> None:
    _world, alice, bob = linked(with_key=False)
    (up,) = alice.events
    assert isinstance(up, LinkUp)
    assert up.peer == bob.layer.node_id
    assert bob.layer.counters.cookies_sent == 1


@pytest.mark.parametrize("seed", range(6))
def test_a_link_comes_up_through_a_storm(seed: int) -> None:
    _world, alice, bob = linked(Weather(loss=0.2, double=0.1, delay=0.05, jitter=0.1), seed, with_key=seed % 2 == 0)
    assert alice.layer.links()[0].peer == bob.layer.node_id


def test_connecting_twice_is_connecting_once() -> None:
    world = World("alice", "bob")
    alice, bob = world["alice"], world["bob"]
    for _ in range(3):
        alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
        alice.layer.connect(bob.endpoint, None, world.now)
    world.run(1)
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    alice.layer.connect(bob.endpoint, None, world.now)
    world.run(1)
    assert len(alice.of(LinkUp)) == len(bob.of(LinkUp)) == 1
    assert not alice.of(ConnectFailed)


@pytest.mark.parametrize("seed", range(4))
def test_two_that_connect_to_each_other_at_once_get_one_link(seed: int) -> None:
    world = World("alice", "bob", seed=seed, weather=Weather(delay=0.03, jitter=0.02, loss=0.1 * seed))
    alice, bob = world["alice"], world["bob"]
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    bob.layer.connect(alice.endpoint, alice.layer.node_id, world.now)
    world.run(30)
    for host in (alice, bob):
        assert len(host.layer.links()) == 1
        assert len(host.of(LinkUp)) == len(host.of(LinkDown)) + 1
        assert not host.of(ConnectFailed)
    alice.layer.send_message(alice.link, b"one link", world.now)
    assert world.run(5, lambda: bob.messages == [b"one link"])


def test_an_endpoint_without_a_node_fails_in_time() -> None:
    world = World("alice")
    alice = world["alice"]
    alice.layer.connect(STRANGER, NodeId(Random(9).randbytes(32)), world.now)
    alice.layer.connect(Endpoint("203.0.113.10", 1), None, world.now)
    world.run(ATTEMPT_LIFE + 1)
    assert [type(event) for event in alice.events] == [ConnectFailed, ConnectFailed]
    assert alice.layer.next_deadline() == math.inf


def test_a_node_with_another_key_is_not_the_one_asked_for() -> None:
    world = World("alice", "bob", "carol")
    alice, bob, carol = world["alice"], world["bob"], world["carol"]
    alice.layer.connect(bob.endpoint, carol.layer.node_id, world.now)
    world.run(ATTEMPT_LIFE + 1)
    assert [type(event) for event in alice.events] == [ConnectFailed]
    assert not bob.events


@pytest.mark.parametrize("key", [bytes(32), bytes([1]) + bytes(31)])
def test_a_key_of_small_order_is_no_peer(key: bytes) -> None:
    world = World("alice", "bob")
    world["alice"].layer.connect(world["bob"].endpoint, NodeId(key), world.now)
    world.flush()
    assert world["alice"].events == [ConnectFailed(world["bob"].endpoint, NodeId(key), "not a key")]


def test_a_node_does_not_link_to_itself() -> None:
    world = World("alice")
    alice = world["alice"]
    alice.layer.connect(alice.endpoint, alice.layer.node_id, world.now)
    alice.layer.connect(alice.endpoint, None, world.now)
    world.run(2)
    assert [event.reason for event in alice.events if isinstance(event, ConnectFailed)] == ["ourselves", "ourselves"]


# Carrying.


@pytest.mark.parametrize("seed", range(3))
def test_messages_arrive_once_and_in_order_through_a_storm(seed: int) -> None:
    world, alice, bob = linked(STORM, seed)
    sent: dict[str, list[bytes]] = {"alice": [], "bob": []}
    for round_number in range(60):
        for host, name in ((alice, "alice"), (bob, "bob")):
            size = MAX_MESSAGE_SIZE if round_number == 30 else world.random.randrange(1, 4000)
            message = world.random.randbytes(size)
            host.layer.send_message(host.link, message, world.now)
            sent[name].append(message)
        world.run(0.05)
    assert world.run(60, lambda: bob.messages == sent["alice"] and alice.messages == sent["bob"])
    world.run(30)
    assert bob.messages == sent["alice"]
    assert not alice.of(LinkDown)


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 10_000),
    st.floats(0, 0.25),
    st.floats(0, 0.25),
    st.floats(0, 0.1),
    st.lists(st.integers(1, 6000), min_size=1, max_size=25),
)
def test_whatever_the_weather(seed: int, loss: float, double: float, jitter: float, sizes: list[int]) -> None:
    world, alice, bob = linked(seed=seed)
    world.weather = Weather(loss, double, 0.01, jitter)
    messages = [world.random.randbytes(size) for size in sizes]
    for message in messages:
        alice.layer.send_message(alice.link, message, world.now)
    assert world.run(120, lambda: len(bob.messages) >= len(messages))
    assert bob.messages == messages


def test_cells_arrive_at_most_once_and_whole() -> None:
    world, alice, bob = linked(STORM)
    cells = [world.random.randbytes(CELL_SIZE) for _ in range(200)]
    for cell in cells:
        alice.layer.send_cell(alice.link, cell, world.now)
        world.run(0.01)
    world.run(2)
    assert len(bob.cells) == len(set(bob.cells))
    assert set(bob.cells) <= set(cells)
    assert len(bob.cells) > 150


def test_cells_and_messages_share_a_link() -> None:
    world, alice, bob = linked()
    message = world.random.randbytes(60_000)
    alice.layer.send_message(alice.link, message, world.now)
    for _ in range(50):
        alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
    world.run(3)
    assert bob.messages == [message]
    assert len(bob.cells) == 50


def test_a_short_message_takes_two_small_datagrams() -> None:
    world, alice, _bob = linked()
    world.run(1)
    world.keeps_sent = True
    alice.layer.send_message(alice.link, b"x" * 200, world.now)
    world.run(1)
    assert [len(data) for data, _, _ in world.sent] == [256, 256]  # the message, the acknowledgement


def test_an_answer_carries_the_acknowledgement() -> None:
    world, alice, bob = linked()
    world.run(1)
    world.keeps_sent = True
    alice.layer.send_message(alice.link, b"question", world.now)
    assert world.run(1, lambda: bool(bob.messages))
    bob.layer.send_message(bob.link, b"answer", world.now)
    assert world.run(1, lambda: bool(alice.messages))
    assert len([1 for _, source, _ in world.sent if source == bob.endpoint]) == 1


# Bounds.


def test_a_full_send_buffer_is_told_and_empties() -> None:
    world, alice, bob = linked()
    count = 0
    while alice.layer.writable(alice.link):
        alice.layer.send_message(alice.link, bytes(MAX_MESSAGE_SIZE), world.now)
        count += 1
    with pytest.raises(Overloaded):
        alice.layer.send_message(alice.link, bytes(MAX_MESSAGE_SIZE), world.now)
    assert world.run(20, lambda: len(bob.messages) == count)
    world.run(1)
    assert alice.layer.writable(alice.link)


def test_an_owner_that_takes_nothing_stops_the_sender() -> None:
    world, alice, bob = linked()
    world.run(1)
    for _ in range(3000):
        if alice.layer.writable(alice.link):
            alice.layer.send_message(alice.link, bytes(60_000), world.now)
        world.set_time(world.now.mono + 0.01)
        for host, other in ((alice, bob), (bob, alice)):
            host.layer.handle_timeout(world.now)
            for data, _ in host.layer.datagrams_to_send(world.now):
                other.layer.receive_datagram(data, host.endpoint, world.now)
    assert alice.layer.links()[0].bytes_out < 1.5 * WINDOW
    while (event := bob.layer.next_event()) is not None:
        bob.events.append(event)
    assert sum(map(len, bob.messages)) <= WINDOW
    before = len(bob.messages)
    assert world.run(10, lambda: len(bob.messages) > before)


def test_cells_beyond_the_queue_are_dropped_and_counted() -> None:
    world, alice, bob = linked()
    for _ in range(MAX_QUEUED_CELLS + 7):
        alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
    assert alice.layer.counters.cells_dropped == 7
    world.run(5)
    assert len(bob.cells) == MAX_QUEUED_CELLS


def test_cells_that_nobody_takes_are_dropped_and_counted() -> None:
    world, alice, bob = linked()
    for _ in range(300):
        for _ in range(50):
            alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
        world.set_time(world.now.mono + 0.01)
        for host, other in ((alice, bob), (bob, alice)):
            host.layer.handle_timeout(world.now)
            for data, _ in host.layer.datagrams_to_send(world.now):
                other.layer.receive_datagram(data, host.endpoint, world.now)
    assert bob.layer.counters.cells_dropped > 0
    world.flush()
    assert len(bob.of(CellReceived)) == MAX_UNREAD_CELLS


def test_datagrams_of_circuits_have_a_queue_of_their_own_and_take_turns_with_packets() -> None:
    world, alice, bob = linked()
    packet, datagram = b"p" * CELL_SIZE, b"d" * CELL_SIZE
    sent = [alice.layer.send_cell(alice.link, packet, world.now) for _ in range(MAX_QUEUED_CELLS + 1)]
    assert sent == [True] * MAX_QUEUED_CELLS + [False]
    sent = [
        alice.layer.send_cell(alice.link, datagram, world.now, CellKind.DATAGRAM)
        for _ in range(MAX_QUEUED_DATAGRAMS + 1)
    ]
    assert sent == [True] * MAX_QUEUED_DATAGRAMS + [False]
    assert alice.layer.counters.cells_dropped == 1, "a datagram waits above, and is tried again"
    alice.layer.send_message(alice.link, bytes(50_000), world.now)
    world.run(5)
    first = bob.cells[: 2 * MAX_QUEUED_DATAGRAMS]
    assert first.count(datagram) == first.count(packet) == MAX_QUEUED_DATAGRAMS
    kinds = {event.data: event.kind for event in bob.of(CellReceived) if isinstance(event, CellReceived)}
    assert kinds == {packet: CellKind.PACKET, datagram: CellKind.DATAGRAM}
    assert bob.messages == [bytes(50_000)]


@pytest.mark.parametrize("size", [0, CELL_SIZE - 1, CELL_SIZE + 1])
def test_a_cell_of_another_size_is_our_own_mistake(size: int) -> None:
    world, alice, _ = linked()
    with pytest.raises(ValueError, match="a cell has"):
        alice.layer.send_cell(alice.link, bytes(size), world.now)


def test_verbs_on_a_link_that_is_gone_do_nothing() -> None:
    world, alice, bob = linked()
    alice.layer.close(alice.link, world.now)
    alice.layer.send_message(alice.link, b"late", world.now)
    alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
    alice.layer.close(alice.link, world.now)
    assert not alice.layer.writable(alice.link)
    world.run(1)
    assert [event.reason for event in alice.of(LinkDown) if isinstance(event, LinkDown)] == ["closed"]
    assert [event.reason for event in bob.of(LinkDown) if isinstance(event, LinkDown)] == ["closed by peer"]


# Hostile bytes.


def test_replayed_datagrams_change_nothing() -> None:
    world, alice, bob = linked()
    world.keeps_sent = True
    for size in (10, 5000):
        alice.layer.send_message(alice.link, bytes(size), world.now)
    alice.layer.send_cell(alice.link, bytes(CELL_SIZE), world.now)
    world.run(1)
    before = fingerprint(bob)
    for data, source, target in world.sent:
        if target == bob.endpoint:
            bob.layer.receive_datagram(data, source, world.now)
            bob.layer.receive_datagram(data, STRANGER, world.now)
    assert fingerprint(bob) == before
    assert bob.layer.datagrams_to_send(world.now) == []


def test_a_replayed_initiation_gets_no_answer() -> None:
    world = World("alice", "bob")
    world.keeps_sent = True
    world.join("alice", "bob")
    initiation = world.sent[0][0]
    bob = world["bob"]
    world.run(1)
    bob.layer.receive_datagram(initiation, STRANGER, world.now)
    assert bob.layer.datagrams_to_send(world.now) == []
    assert bob.layer.counters.dropped_forged == 1


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_altered_and_truncated_datagrams_change_nothing(data: st.DataObject) -> None:
    world, alice, bob = linked()
    world.run(1)
    alice.layer.send_message(alice.link, bytes(data.draw(st.sampled_from([5, 500]))), world.now)
    ((datagram, _),) = alice.layer.datagrams_to_send(world.now)
    at = data.draw(st.integers(0, len(datagram) - 1))
    flip = data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(0, len(datagram) - 1))
    before = fingerprint(bob)
    altered = datagram[:at] + bytes([datagram[at] ^ flip]) + datagram[at + 1 :]
    for hostile in (altered, datagram[:cut], datagram + b"x"):
        bob.layer.receive_datagram(hostile, alice.endpoint, world.now)
    assert fingerprint(bob) == before
    assert bob.layer.datagrams_to_send(world.now) == []
    bob.layer.receive_datagram(datagram, alice.endpoint, world.now)
    assert fingerprint(bob) != before


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(st.binary(max_size=1500), st.binary(min_size=256, max_size=256), st.binary(min_size=1232, max_size=1232))
)
def test_random_datagrams_change_nothing(junk: bytes) -> None:
    layer = LinkLayer(secret_key=bytes(31) + b"x", role=Role.FULL, random=Random(1).randbytes)
    world = World("alice")
    layer.receive_datagram(junk, STRANGER, world.now)
    assert layer.next_event() is None
    assert layer.datagrams_to_send(world.now) == []
    counters = layer.counters
    assert counters.dropped_size + counters.dropped_forged + counters.dropped_unknown == 1


def test_a_peer_that_breaks_a_rule_loses_its_link() -> None:
    world, alice, bob = linked()
    world.run(1)
    broken = alice.table.sessions[alice.link].outbound.seal(frames.encode_parts([b"\x77"]))
    bob.layer.receive_datagram(broken, alice.endpoint, world.now)
    world.run(1)
    assert [event.reason for event in bob.of(LinkDown) if isinstance(event, LinkDown)] == ["part: unknown kind"]
    assert bob.layer.counters.dropped_malformed == 1


def test_no_reply_is_larger_than_its_question() -> None:
    world = World("alice", "bob")
    world.keeps_sent = True
    world.join("alice", "bob", with_key=False)
    to_bob = [len(data) for data, source, _ in world.sent if source == world["alice"].endpoint]
    to_alice = [len(data) for data, source, _ in world.sent if source == world["bob"].endpoint]
    assert set(to_bob) | set(to_alice) == {256}
    assert len(to_alice) <= len(to_bob)


def test_under_load_a_cookie_stands_before_the_handshake_and_honest_nodes_get_in() -> None:
    world = World("alice", "bob", "mallory")
    alice, bob, mallory = world["alice"], world["bob"], world["mallory"]
    # One prepared host after another knocks from forged addresses that never answer.
    knocks = 0
    while bob.layer.counters.cookies_sent == 0:
        stranger = LinkLayer(secret_key=mallory.random.randbytes(32), role=Role.FULL, random=mallory.random.randbytes)
        stranger.connect(bob.endpoint, bob.layer.node_id, world.now)
        ((datagram, _),) = stranger.datagrams_to_send(world.now)
        bob.layer.receive_datagram(datagram, Endpoint(f"198.51.100.{knocks % 250}", knocks + 1), world.now)
        knocks += 1
        assert knocks < 200
    alice.layer.connect(bob.endpoint, bob.layer.node_id, world.now)
    assert world.run(0.2, lambda: bool(alice.of(LinkUp)))
    assert bob.layer.counters.cookies_sent == 2
    assert len(bob.layer.links()) <= 1
    world.run(60)
    assert alice.layer.links() == [] or len(bob.layer.links()) == 1


# Life.


def test_an_idle_link_stays_up_on_little() -> None:
    world, alice, bob = linked()
    world.run(1)
    before = alice.layer.counters.datagrams_out + bob.layer.counters.datagrams_out
    world.run(3600)
    assert not alice.of(LinkDown)
    assert not bob.of(LinkDown)
    per_minute = (alice.layer.counters.datagrams_out + bob.layer.counters.datagrams_out - before) / 60
    assert per_minute < 6


def test_silence_is_noticed_sooner_when_something_is_owed() -> None:
    world, alice, bob = linked()
    world.run(1)
    world.weather.loss = 1.0
    start = world.now.mono
    alice.layer.send_message(alice.link, b"anybody there?", world.now)
    assert world.run(60, lambda: bool(alice.of(LinkDown)))
    assert 15 <= world.now.mono - start <= 25
    assert world.run(60, lambda: bool(bob.of(LinkDown)))
    assert world.now.mono - start <= 55
    assert not alice.of(ConnectFailed)
    assert alice.layer.links() == []
    world.run(20)
    assert alice.layer.next_deadline() == math.inf
    assert bob.layer.next_deadline() == math.inf


def test_a_short_silence_is_survived() -> None:
    world, alice, bob = linked()
    alice.layer.send_message(alice.link, b"before", world.now)
    world.run(1)
    world.weather.loss = 1.0
    alice.layer.send_message(alice.link, b"during", world.now)
    world.run(12)
    world.weather.loss = 0.0
    assert world.run(10, lambda: bob.messages == [b"before", b"during"])
    assert not alice.of(LinkDown)
    assert len(bob.of(LinkUp)) == 1


def test_keys_are_renewed_while_messages_flow() -> None:
    world, alice, bob = linked(STORM)
    world.keeps_sent = True
    sent: list[bytes] = []
    for number in range(500):
        message = f"message {number}".encode()
        alice.layer.send_message(alice.link, message, world.now)
        sent.append(message)
        world.run(2)
    assert world.run(20, lambda: bob.messages == sent)
    assert 4 <= len(world.indexes_to(bob)) <= 5
    assert [type(event) for event in alice.events] == [LinkUp]


def test_keys_are_renewed_after_many_frames() -> None:
    random = Random(1).randbytes
    secrets = TransportKeys(random(32), random(32), random(32))
    keys = FrameKeys(
        secrets, is_initiator=True, our_index=draw_index(random), their_index=draw_index(random), now=1000.0
    )
    epochs = KeyEpochs(keys, is_initiator=True, rekey_frames=3)
    epochs.is_used = True
    for number in range(3):
        assert not epochs.is_rekey_due(1001.0, is_suspected=False)
        keys.seal(number, bytes(1208))
    assert epochs.next_deadline() <= 1001.0
    assert epochs.is_rekey_due(1001.0, is_suspected=False)


def test_an_unused_link_keeps_its_keys() -> None:
    world, _alice, bob = linked()
    world.keeps_sent = True
    world.run(1000)
    assert len(world.indexes_to(bob)) == 1


def test_a_peer_that_started_anew_and_connects_replaces_its_link() -> None:
    world, alice, bob = linked()
    world.run(5)
    bob = world.replace("bob", 2)
    bob.layer.connect(alice.endpoint, alice.layer.node_id, world.now)
    assert world.run(2, lambda: len(alice.of(LinkUp)) == 2)
    assert [type(event) for event in alice.events] == [LinkUp, LinkDown, LinkUp]
    assert len(alice.layer.links()) == 1
    alice.layer.send_message(alice.link, b"again", world.now)
    assert world.run(2, lambda: bob.messages == [b"again"])


def test_a_peer_that_started_anew_is_found_again_within_seconds() -> None:
    world, alice, bob = linked()
    world.run(5)
    bob = world.replace("bob", 2)
    start = world.now.mono
    alice.layer.send_message(alice.link, b"lost with the old link", world.now)
    assert world.run(30, lambda: len(alice.of(LinkUp)) == 2)
    assert world.now.mono - start < 5
    assert [type(event) for event in alice.events] == [LinkUp, LinkQuiet, LinkDown, LinkUp]
    alice.layer.send_message(alice.link, b"new", world.now)
    assert world.run(2, lambda: bob.messages == [b"new"])


def test_a_peer_may_roam() -> None:
    world, alice, bob = linked()
    world.run(1)
    alice.endpoint = Endpoint("10.9.9.9", 7777)
    alice.layer.send_message(alice.link, b"from elsewhere", world.now)
    assert world.run(5, lambda: bob.messages == [b"from elsewhere"])
    bob.layer.send_message(bob.link, b"found you", world.now)
    assert world.run(5, lambda: alice.messages == [b"found you"])
    assert bob.layer.links()[0].endpoint == alice.endpoint
    assert not bob.of(LinkDown)


def test_an_old_frame_does_not_move_a_peer() -> None:
    world, alice, bob = linked()
    world.run(1)
    alice.layer.send_message(alice.link, b"first", world.now)
    ((late, _),) = alice.layer.datagrams_to_send(world.now)
    alice.layer.send_message(alice.link, b"second", world.now)
    ((newer, _),) = alice.layer.datagrams_to_send(world.now)
    bob.layer.receive_datagram(newer, alice.endpoint, world.now)
    bob.layer.receive_datagram(late, STRANGER, world.now)
    assert {to for _, to in bob.layer.datagrams_to_send(world.now)} == {alice.endpoint}, "it is not even asked"
    assert bob.layer.links()[0].endpoint == alice.endpoint


def test_many_links_at_once() -> None:
    names = [chr(ord("a") + number) for number in range(12)]
    world = World(*names, weather=Weather(loss=0.02, delay=0.02, jitter=0.01))
    for name in names:
        for other in names:
            if other != name:
                world[name].layer.connect(world[other].endpoint, world[other].layer.node_id, world.now)
    world.run(15)
    for name in names:
        links = world[name].layer.links()
        assert len(links) == len(names) - 1
        for info in links:
            world[name].layer.send_message(info.link, name.encode(), world.now)
    world.run(5)
    for name in names:
        assert sorted(world[name].messages) == [other.encode() for other in names if other != name]


@pytest.mark.parametrize("kind", [0, 6, 127, 128, 255])
def test_handshake_datagrams_of_a_later_version_are_dropped_and_change_nothing(kind: int) -> None:
    world, alice, bob = linked()
    world.run(1)
    before = fingerprint(bob)
    sealed = bytes([kind]) + b"?" * CONTENT_SIZE
    for recipient in (bob.layer.node_id, UNKNOWN_KEY, alice.layer.node_id):
        nonce = bytes([1]) * 12
        key = hkdf(recipient, salt=b"", label=LABEL_ENVELOPE, size=32)
        small = nonce + Aead(key).seal(nonce, sealed, b"") + bytes(16)
        for datagram in (small, small.ljust(1232, b"?")):
            bob.layer.receive_datagram(datagram, alice.endpoint, world.now)
            bob.layer.receive_datagram(datagram, STRANGER, world.now)
    assert fingerprint(bob) == before
    assert bob.layer.datagrams_to_send(world.now) == []
    alice.layer.send_message(alice.link, b"as ever", world.now)
    assert world.run(1, lambda: bob.messages == [b"as ever"])
