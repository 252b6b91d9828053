"""Whatever a peer says, and in whatever order: a node goes on, within its bounds, and serves the next."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from net import requests
from net.custodian import ClientId
from net.events import BoxAbsent
from net.ids import Endpoint, NodeId
from net.instant import HOUR_MS, Instant
from net.link.events import CellReceived, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.frames import CELL_SIZE
from net.link.layer import LinkLayer
from net.messages import (
    CELL_BODY_SIZE,
    DESCRIPTOR_SIZE,
    PACKET_SIZE,
    Cell,
    Describe,
    Fetch,
    FindNodes,
    FindRecord,
    Follow,
    Lookup,
    Message,
    Setup,
    encode_message,
)
from net.node.node import MAX_EVENTS, Node
from net.overlay.identity import identity_of
from net.parcel.memory_store import MemoryStore
from tests.support.counter import ALICE, Counter
from tests.support.messages import MESSAGES
from tests.support.parcels import NOW, box_bytes, id_of, record_bytes, tag_number
from tests.support.village import Village, tuning
from tests.support.villains import own_descriptor, parts_of

PEER, LINK = NodeId(bytes(range(32))), LinkId(1)


def linked(role: Role, peer_role: Role) -> Node:
    """A node that believes in a link with a peer, as the link layer would tell it."""
    random = Random(1).randbytes
    store = MemoryStore() if role is Role.FULL else None
    links = LinkLayer(secret_key=bytes(32), role=role, random=random)
    node = Node(links, identity_of(bytes(32), 0), role=role, store=store, random=random, tuning=tuning(is_plain=True))
    node.handle_timeout(NOW)
    finish(node, NOW)
    hear(node, LinkUp(LINK, PEER, Endpoint("127.0.0.9", 9), peer_role, NOW.wall_ms, is_initiator=True), NOW)
    return node


def finish(node: Node, now: Instant) -> None:
    while jobs := node.store_jobs():
        for job in jobs:
            node.store_done(job, job.run(), now)
    while node.datagrams_to_send(now):
        pass
    while node.next_event() is not None:
        pass


def hear(node: Node, event: LinkEvent, now: Instant) -> None:
    """Let the links tell something."""
    links = node.links
    assert isinstance(links, LinkLayer)
    links._live.tell(event)  # pyright: ignore[reportPrivateUsage] -- as if it had come over the wire
    node.handle_timeout(now)


def malformed(node: Node) -> int:
    return node._router.malformed  # pyright: ignore[reportPrivateUsage] -- nobody but tests counts them


@settings(max_examples=150)
@given(
    role=st.sampled_from(Role),
    peer_role=st.sampled_from(Role),
    said=st.lists(MESSAGES | st.binary(min_size=CELL_SIZE, max_size=CELL_SIZE), max_size=12),
    pause=st.sampled_from([0.0, 0.5, 20.0, 4000.0]),
)
def test_no_sequence_of_messages_and_cells_breaks_a_node(
    role: Role, peer_role: Role, said: list[Message | bytes], pause: float
) -> None:
    node = linked(role, peer_role)
    now = NOW
    node.request(requests.Read(frozenset({1})), now)
    node.request(requests.Fetch((tag_number(1),)), now)
    node.request(requests.Deposit(box_bytes(1)), now)
    node.request(requests.PutRecord(record_bytes(2, 1)), now)
    node.request(requests.FindRecord(id_of(2)), now)
    for each in said:
        if isinstance(each, bytes):
            hear(node, CellReceived(LINK, each), now)
        else:
            hear(node, MessageReceived(LINK, encode_message(each)), now)
        now = Instant(now.mono + pause, now.wall_ms + round(pause * 1000))
        node.handle_timeout(now)
        finish(node, now)
    node.view()
    # Whoever describes itself falsely is done with; every other message is fine at any time.
    assert malformed(node) <= sum(isinstance(each, Describe) for each in said)


NONSENSE = {
    "no message": b"\xc1",
    "nothing": b"",
    "a false descriptor": encode_message(Describe(b"\x01" + bytes(DESCRIPTOR_SIZE - 1))),
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("role", Role)
def test_nonsense_closes_the_link_it_came_over(role: Role, data: bytes) -> None:
    village = Village(2, 1)
    village.settle()
    host = village.fulls[0] if role is Role.FULL else village.residents[0].host
    link = link_to(host.node(), village.fulls[1].node().node_id)
    host.do(lambda now: hear(host.node(), MessageReceived(link, data), now))
    assert malformed(host.node()) == 1
    assert link not in {each.link for each in host.node().links.links()}
    village.settle()
    assert len(host.node().peers()) == 2, "whoever it was may try to do better"


def test_a_forged_descriptor_of_another_time_waits_for_its_time_and_does_no_harm_then() -> None:
    village = Village(3, 0)
    village.settle()
    host = village.fulls[2]
    link = link_to(host.node(), village.fulls[1].node().node_id)
    said = own_descriptor(village.fulls[1].node())
    forged = said[:-1] + bytes([said[-1] ^ 1])
    host.skew_ms = 100 * HOUR_MS
    village.settle()  # it has too few witnesses
    host.do(lambda now: hear(host.node(), MessageReceived(link, encode_message(Describe(forged))), now))
    assert malformed(host.node()) == 0
    host.skew_ms = 0
    village.settle()
    assert malformed(host.node()) == 1


def link_to(node: Node, peer: NodeId) -> LinkId:
    [link] = [each.link for each in node.links.links() if each.peer == peer]
    return link


@settings(max_examples=100)
@given(st.lists(MESSAGES, max_size=20))
def test_no_sequence_of_messages_breaks_a_custodian(messages: list[Message]) -> None:
    counter = Counter()
    other = ClientId(7)
    counter.meet(ALICE)
    counter.meet(other, is_custodian=True)
    for message in messages:
        counter.say(other, message)
        counter.run_store()
        counter.wait(1)
    assert counter.deposit(box_bytes(1)).value == 0


def test_messages_wait_in_their_links_while_the_owner_does_not_read() -> None:
    node = linked(Role.FULL, Role.FULL)
    report = node._report  # pyright: ignore[reportPrivateUsage] -- as the parts do
    for number in range(MAX_EVENTS):
        report(BoxAbsent(tag_number(number % 8)))
    hear(node, MessageReceived(LINK, b"\xc1 nonsense"), NOW)
    assert malformed(node) == 0, "it was not taken yet"
    seen = 0
    while node.next_event() is not None:
        seen += 1
    assert seen == MAX_EVENTS
    assert malformed(node) == 1


FLOODS: dict[str, Callable[[int], Message]] = {
    "follows": lambda number: Follow(number, 0, 0, b"", 0),
    "fetches": lambda number: Fetch(number, b"".join(tag_number(each) for each in range(8))),
    "searches": lambda number: FindRecord(number, id_of(1)),
    "finds": lambda number: FindNodes(number, bytes(32)),
    "lookups": lambda number: Lookup(number, bytes(32)),
    "setups": lambda number: Setup(number.to_bytes(5, "big"), bytes(PACKET_SIZE)),
    "cells": lambda number: Cell(number.to_bytes(5, "big"), bytes(CELL_BODY_SIZE)),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_requests_stays_within_bounds_and_others_are_served(flood: str) -> None:
    village = Village(4, 2, is_quiet=True)
    writer, reader = village.residents
    village.settle()
    attacker, victim = village.fulls[3], village.fulls[0]
    before = victim.node().links.counters.datagrams_out

    def pour(now: Instant) -> None:
        link = link_to(attacker.node(), victim.node().node_id)
        for number in range(100):
            if attacker.node().links.writable(link):
                attacker.node().links.send_message(link, encode_message(FLOODS[flood](number)), now)

    reader.await_boxes([1])
    for _ in range(10):
        attacker.do(pour)
        village.world.run_for(0.5)
    assert victim.node().links.counters.datagrams_out - before < 3000
    writer.deposit(box_bytes(1))
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2, 60)


def test_a_flood_of_packets_is_dropped_at_the_first_relay() -> None:
    village = Village(4, 2, is_quiet=True)
    writer, reader = village.residents
    village.settle()
    attacker, victim = village.fulls[3], village.fulls[0]
    counters = parts_of(victim.node()).onion.relay.counters

    def pour(now: Instant) -> None:
        link = link_to(attacker.node(), victim.node().node_id)
        for number in range(200):
            attacker.node().links.send_cell(link, number.to_bytes(2, "big") * 603 + b".", now)

    for _ in range(20):
        attacker.do(pour)
        village.world.run_for(0.2)
    assert counters.refused > 0
    assert counters.forwarded < 50
    reader.await_boxes([1])
    writer.deposit(box_bytes(1))
    assert village.world.run_while(lambda: not reader.is_served() or writer.copies() < 2, 60)
