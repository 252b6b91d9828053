"""Whatever a peer says, and in whatever order: a node goes on, within its bounds, and serves the next."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings, strategies as st

from net.custodian import Requester
from net.events import TagsArrived
from net.ids import Cursor, Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId, LinkUp, MessageReceived, Role
from net.memory_store import MemoryStore
from net.messages import Message, Tags, encode_message
from net.node import MAX_EVENTS, Node
from net.simulator import FREE, Path
from tests.support.counter import ALICE, Counter
from tests.support.messages import MESSAGES
from tests.support.parcels import NOW, box_bytes, id_of, record_bytes, tag_number
from tests.support.village import Village

PEER, LINK = NodeId(bytes(range(32))), LinkId(1)


def linked(role: Role, peer_role: Role) -> Node:
    """A node that believes in a link with a peer, as the link layer would tell it."""
    random = Random(1).randbytes
    store = MemoryStore() if role is Role.FULL else None
    node = Node(secret_key=bytes(32), role=role, store=store, random=random, price=FREE)
    node.handle_timeout(NOW)
    finish(node, NOW)
    node._on_link_event(  # pyright: ignore[reportPrivateUsage] -- the link layer's part, without its cryptography
        LinkUp(LINK, PEER, Endpoint("127.0.0.9", 9), peer_role, NOW.wall_ms, is_initiator=True), NOW
    )
    return node


def finish(node: Node, now: Instant) -> None:
    while jobs := node.store_jobs():
        for job in jobs:
            node.store_done(job, job.run(), now)
    while node.datagrams_to_send(now):
        pass
    while node.next_event() is not None:
        pass


def hear(node: Node, message: Message, now: Instant) -> None:
    received = MessageReceived(LINK, encode_message(message))
    node._on_link_event(received, now)  # pyright: ignore[reportPrivateUsage] -- as above


@settings(max_examples=150)
@given(
    role=st.sampled_from(Role),
    peer_role=st.sampled_from(Role),
    messages=st.lists(MESSAGES, max_size=12),
    pause=st.sampled_from([0.0, 0.5, 20.0, 4000.0]),
)
def test_no_sequence_of_messages_breaks_a_node(
    role: Role, peer_role: Role, messages: list[Message], pause: float
) -> None:
    node = linked(role, peer_role)
    now = NOW
    if role is Role.LEAF and peer_role is Role.FULL:
        node.follow(PEER, 0, 0, None, now)
        node.fetch([tag_number(1)], now)
        node.deposit(box_bytes(1), now)
        node.put_record(record_bytes(2, 1), now)
        node.get_record(id_of(2), now)
    for message in messages:
        hear(node, message, now)
        now = Instant(now.mono + pause, now.wall_ms + round(pause * 1000))
        node.handle_timeout(now)
        finish(node, now)
    assert node.counters.malformed == 0


@settings(max_examples=100)
@given(st.lists(MESSAGES, max_size=20))
def test_no_sequence_of_messages_breaks_a_custodian(messages: list[Message]) -> None:
    counter = Counter()
    other = Requester(7)
    counter.meet(ALICE)
    counter.meet(other, is_custodian=True)
    for message in messages:
        counter.say(other, message)
        counter.run_store()
        counter.wait(1)
    assert counter.deposit(box_bytes(1)).value == 0


def test_messages_wait_in_their_links_while_the_owner_does_not_read() -> None:
    village = Village(fulls=1, residents=1, path=Path(latency=0.001))
    [resident] = village.residents
    village.settle()
    host = resident.host
    assert host is not None
    host.on_event = None
    node = host.node()
    [custodian] = node.custodians()
    node.follow(custodian, 0, 0, Cursor(b"none yet", 0), host.now())
    stream = node._patron.follows._streams[custodian].number  # pyright: ignore[reportPrivateUsage] -- to play its part
    link = node._courier.link_of[custodian]  # pyright: ignore[reportPrivateUsage]
    for arrival in range(MAX_EVENTS + 100):
        piece = MessageReceived(link, encode_message(Tags(stream, b"some run", arrival, b"", caught_up=True)))
        node.links._events.append(piece)  # pyright: ignore[reportPrivateUsage] -- as if it had come over the wire
    node.handle_timeout(host.now())
    assert len(node._events) == MAX_EVENTS  # pyright: ignore[reportPrivateUsage]
    seen = 0
    while (event := node.next_event()) is not None:
        seen += isinstance(event, TagsArrived)
    assert seen == MAX_EVENTS + 100
