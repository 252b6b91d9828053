"""What all links may hold together, and whose has to go."""

from __future__ import annotations

from random import Random

import pytest

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.link import frames
from net.link.cells import MAX_QUEUED_CELLS
from net.link.events import LinkDown, LinkId, LinkUp, Role
from net.link.frames import CELL_SIZE
from net.link.keys import FrameKeys, draw_index
from net.link.noise import TransportKeys
from net.link.session import Session
from net.link.stream import FIRST_WINDOW
from net.link.table import GRAIN, MAX_HELD, MAX_LINKS, TIGHT, LinkTable
from net.numbers import MAX_MESSAGE_SIZE
from tests.support.link_world import Host, World

RANDOM = Random(3)
PERSON = "9.9.9.9"


class Crowd:
    """A table, and peers who write on their links what they like."""

    def __init__(self, max_links: int = MAX_LINKS, max_held: int = MAX_HELD) -> None:
        self.table = LinkTable(max_links, max_held)
        self.ended: list[Session] = []
        self._peers: dict[LinkId, FrameKeys] = {}
        self._numbers: dict[LinkId, int] = {}

    def join(self, host: str) -> Session:
        random = RANDOM.randbytes
        secrets = TransportKeys(random(32), random(32), random(32))
        link, ours, theirs = LinkId(len(self._peers) + 1), draw_index(random), draw_index(random)
        keys = FrameKeys(secrets, is_initiator=False, our_index=ours, their_index=theirs, now=0.0)
        self._peers[link] = FrameKeys(secrets, is_initiator=True, our_index=theirs, their_index=ours, now=0.0)
        up = LinkUp(link, NodeId(random(32)), Endpoint(host, 1), Role.LEAF, 0, is_initiator=False)
        session = Session(up, keys, lambda _: None, random, round_trip=0.01, now=0.0)
        self.table.add(session)
        return session

    def write(self, session: Session, offset: int, data: bytes) -> None:
        """Put bytes into a link's stream, and let end what has to."""
        self._numbers[session.link] = number = self._numbers.get(session.link, -1) + 1
        frame = self._peers[session.link].seal(number, frames.encode_parts([frames.encode_stream(offset, data)]))
        session.receive(session.epochs.current, frame, session.endpoint, 0.0)
        self.settle(session)

    def settle(self, session: Session) -> None:
        self.table.weigh(session)
        while (heaviest := self.table.too_heavy()) is not None:
            self.ended.append(heaviest)
            heaviest.close()
            self.table.remove(heaviest)

    def held(self) -> int:
        return sum(session.held for session in self.table.sessions.values())


def begun_message(crowd: Crowd, session: Session) -> None:
    """Write the beginning of a largest message, and nothing more."""
    whole = MAX_MESSAGE_SIZE.to_bytes(3, "big") + bytes(MAX_MESSAGE_SIZE - 100)
    for offset in range(0, len(whole), 1000):
        if session not in crowd.ended:
            crowd.write(session, offset, whole[offset : offset + 1000])


def gaps(crowd: Crowd, session: Session) -> None:
    """Write crumbs with gaps between them."""
    for offset in range(1, 2000, 2):
        if session not in crowd.ended:
            crowd.write(session, offset, b"x")


@pytest.mark.parametrize("write", [begun_message, gaps])
@pytest.mark.parametrize("host", ["8.8.8.8", "8.8.8.{0}", "2a00:1:2:{0:x}00::1", "2a00:1:2:{0:x}::1", "127.0.99.1"])
def test_what_one_networks_links_hold_is_bounded_and_costs_nobody_elses(write: object, host: str) -> None:
    crowd = Crowd(max_held=MAX_HELD // 8)
    persons = [crowd.join(PERSON) for _ in range(2)]
    for person in persons:
        begun_message(crowd, person)
    attackers = [crowd.join(host.format(number)) for number in range(40)]
    for attacker in attackers:
        write(crowd, attacker)  # type: ignore[operator] # one of the two above
    assert sum(attacker.held for attacker in attackers if attacker not in crowd.ended) <= MAX_HELD // 16 + 40 * GRAIN
    assert crowd.ended
    assert not [person for person in persons if person in crowd.ended]


def test_networks_that_hold_what_they_may_leave_something_for_others() -> None:
    crowd = Crowd(max_held=MAX_HELD // 8)
    for number in range(40):
        attacker = crowd.join(f"8.8.{number % 3}.8")
        begun_message(crowd, attacker)
    assert crowd.held() <= MAX_HELD // 8 * 3 // 4 + GRAIN * len(crowd.table)
    person = crowd.join(PERSON)
    assert crowd.table.may_grow(person)
    assert crowd.table.lets_hold(person, TIGHT + 1)
    heavy = next(session for session in crowd.table.sessions.values() if session is not person)
    assert not crowd.table.may_grow(heavy)
    assert not crowd.table.lets_hold(heavy, TIGHT)


def test_what_512_links_hold_stays_far_below_32_megabytes() -> None:
    assert MAX_HELD + MAX_LINKS * GRAIN < 16 * 1024 * 1024


def test_cells_that_a_peer_does_not_fetch_count() -> None:
    crowd = Crowd(max_held=MAX_HELD // 8)
    for number in range(10):
        slow = crowd.join(f"8.8.8.{number}")
        for _ in range(MAX_QUEUED_CELLS):
            if slow not in crowd.ended:
                slow.send_cell(bytes(CELL_SIZE))
                crowd.settle(slow)
    assert crowd.ended
    assert crowd.held() <= MAX_HELD // 8 + GRAIN * len(crowd.table)


def test_a_peer_that_moved_counts_where_it_is() -> None:
    crowd = Crowd(max_links=3)
    mover, other, _ = crowd.join("8.8.8.8"), crowd.join("7.7.7.7"), crowd.join("6.6.6.6")
    mover.paths.endpoint = Endpoint("7.7.7.7", 1)
    crowd.table.on_moved(mover)
    assert crowd.table.networks_of(mover.link) == crowd.table.networks_of(other.link)
    assert crowd.table.loser_to(Endpoint("5.5.5.5", 1), is_ours=False) in {mover, other}


def test_a_link_that_we_begin_finds_room_though_each_network_has_one_only() -> None:
    crowd = Crowd(max_links=3)
    for number in range(3):
        crowd.join(f"8.8.{number}.8")
    there = Endpoint(PERSON, 1)
    assert crowd.table.has_room_for(there, is_ours=True)
    assert not crowd.table.has_room_for(there, is_ours=False)


def stopped(world: World, host: Host) -> LinkId:
    """Return a link over which everything is lost from now on."""
    world.weather.loss = 1.0
    return host.link


def test_a_link_of_a_network_that_holds_its_share_may_hold_a_largest_message_only() -> None:
    world = World("alice", "bob", max_held=2 * FIRST_WINDOW)
    world.join("alice", "bob")
    alice = world["alice"]
    link = stopped(world, alice)
    assert alice.layer.writable(link)
    while alice.layer.writable(link):
        alice.layer.send_message(link, bytes(20_000), world.now)
    with pytest.raises(Overloaded):
        alice.layer.send_message(link, bytes(MAX_MESSAGE_SIZE), world.now)
    world.flush()
    assert not alice.of(LinkDown), "what we send ourselves stops before anybody has to go"
    assert TIGHT >= MAX_MESSAGE_SIZE


def test_beyond_what_all_may_hold_the_heaviest_link_ends() -> None:
    world = World("alice", "bob", max_held=64 * 1024)
    world.join("alice", "bob")
    alice = world["alice"]
    link = stopped(world, alice)
    alice.layer.send_message(link, bytes(MAX_MESSAGE_SIZE), world.now)
    world.flush()
    assert [event.reason for event in alice.of(LinkDown) if isinstance(event, LinkDown)] == ["too much at once"]
