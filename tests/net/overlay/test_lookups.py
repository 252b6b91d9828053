"""Lookups in networks of a hundred and a thousand nodes: that they find the closest, and what liars can do about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from random import Random

import pytest

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.messages import FindNodes, Message
from net.overlay.descriptor import Descriptor, Verifier, place_of
from net.overlay.lookup_requests import OverLinks
from net.overlay.lookups import MAX_LOOKUPS, MAX_QUESTIONS, Found, Lookups, spread
from net.overlay.routing_table import MAX_PER_PREFIX_IN_BUCKET, K, nearest
from net.peers.link_pool import Contact
from tests.support.future import strange_descriptor
from tests.support.overlay_world import OverlayWorld, SimNode, forged_descriptor

LOOKUPS = 16

Make = Callable[[int], Message]
OnLink = Callable[[Message | None, Instant], None]
Tale = Callable[[OverlayWorld, list[SimNode], bytes], list[bytes]]


def network(size: int, seed: int = 1) -> OverlayWorld:
    world = OverlayWorld(size, seed)
    world.fill_tables()
    return world


def look_around(world: OverlayWorld, askers: list[SimNode], seed: int = 5) -> list[tuple[Found, list[NodeId]]]:
    """Look up random places; return what was found and who is truly closest."""
    rng = Random(seed)
    results: list[tuple[Found, list[NodeId]]] = []
    for _ in range(LOOKUPS):
        asker, target = rng.choice(askers), rng.randbytes(32)
        results.append((world.look_up(asker, target), world.closest(target, aside=asker)))
    return results


def share_found(results: list[tuple[Found, list[NodeId]]]) -> float:
    """Return which part of the truly closest was found."""
    right = sum(len({each.node for each in found.nodes} & set(truth)) for found, truth in results)
    return right / sum(len(truth) for _, truth in results)


@cache
def lookups_in(size: int) -> list[tuple[Found, list[NodeId]]]:
    world = network(size)
    return look_around(world, world.nodes)


@pytest.mark.slow
@pytest.mark.parametrize("size", [100, 1000])
def test_the_truly_closest_are_found(size: int) -> None:
    results = lookups_in(size)
    assert share_found(results) > 0.99
    assert all(found.nodes == nearest(found.nodes, place_of(found.target), K) for found, _ in results)


@pytest.mark.slow
def test_hops_and_questions_grow_as_the_logarithm() -> None:
    small, large = (
        sum(found.hops for found, _ in lookups_in(size)) / LOOKUPS for size in (100, 1000)
    )  # each hop gains at least log2(k) bits, but for the last ones
    assert large - small <= math.log2(10) / math.log2(K) + 0.5
    assert max(found.hops for found, _ in lookups_in(1000)) <= math.log2(1000) / 2
    assert max(found.questions for found, _ in lookups_in(1000)) <= K + 2 * math.log2(1000)


@pytest.mark.slow
def test_a_third_of_the_nodes_may_be_gone() -> None:
    world = network(200)
    for node in world.rng.sample(world.nodes, 60):
        node.is_up = False
    results = look_around(world, [node for node in world.nodes if node.is_up])
    assert share_found(results) > 0.9
    # A table never cleaned, and still: who counts as found is there.
    up = {node.identity.node for node in world.nodes if node.is_up}
    assert all(each.node in up for found, _ in results for each in found.nodes)
    assert max(found.questions for found, _ in results) < MAX_QUESTIONS


def silent(world: OverlayWorld, liars: list[SimNode], target: bytes) -> list[bytes]:
    """Name nobody."""
    return []


def each_other(world: OverlayWorld, liars: list[SimNode], target: bytes) -> list[bytes]:
    """Name the closest liars only."""
    return [each.data for each in nearest((liar.descriptor for liar in liars), place_of(target), K)]


def invented(world: OverlayWorld, liars: list[SimNode], target: bytes) -> list[bytes]:
    """Name sixteen of nobody right at the target, all over the world."""
    rng = Random(target[0])
    return [
        forged_descriptor(rng, Endpoint(f"{100 + n}.200.1.1", 4000), world.now(), place_of(target)) for n in range(K)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("tale", [silent, each_other, invented])
def test_a_fifth_of_liars_does_not_take_lookups_over(tale: Tale) -> None:
    world = network(200)
    liars = world.rng.sample(world.nodes, 40)
    for liar in liars:
        liar.lie = lambda target: tale(world, liars, target)
    honest = [node for node in world.nodes if node.lie is None]
    honest_names = {node.identity.node for node in honest}
    results = look_around(world, honest)
    right = total = firsts = 0
    for found, truth in results:
        true_names = [node for node in truth if node in honest_names]
        found_names = [each.node for each in found.nodes if each.node in honest_names]
        right += len(set(true_names) & set(found_names))
        total += len(true_names)
        firsts += found_names[:1] == true_names[:1]
    assert right / total > 0.95
    assert firsts >= 0.95 * LOOKUPS


class Stage:
    """One node's lookups on a stage of few others, whose answers the test says."""

    def __init__(self) -> None:
        self.world = OverlayWorld(8)
        self.me, *self.others = self.world.nodes
        self.known: list[Descriptor] = []
        self.claims: dict[NodeId, Descriptor] = {each.identity.node: each.descriptor for each in self.others}
        self.asked: list[NodeId] = []
        self.lookups = Lookups(
            self.me.identity.node, self, OverLinks(self.me, self.described), self.world.verifier, Random(1)
        )

    def closest(self, target: bytes) -> list[Descriptor]:
        return self.known

    def described(self, node: NodeId) -> Descriptor | None:
        return self.claims.get(node)

    def on_answered(self, node: NodeId, told: list[Descriptor], now: Instant) -> None:
        self.asked.append(node)

    def on_failed(self, node: NodeId, now: Instant) -> None:
        self.asked.append(node)

    def find(self, target: bytes = bytes(32)) -> Found:
        self.world.has_tables = True
        results: list[Found] = []
        self.lookups.find(target, self.world.now(), lambda found, now: results.append(found))
        for _ in range(200):
            if results:
                break
            self.world.run_for(0.05)
            self.lookups.handle_timeout(self.world.now())
        return results[0]


def names(found: Found) -> set[NodeId]:
    return {each.node for each in found.nodes}


def test_where_nobody_is_known_nobody_is_found() -> None:
    found = Stage().find()
    assert (found.nodes, found.hops, found.questions) == ([], 0, 0)


def test_who_is_told_of_is_asked_and_found_a_hop_further() -> None:
    stage = Stage()
    first, second = stage.others[:2]
    stage.known = [first.descriptor]
    first.lie = lambda target: [second.descriptor.data]
    second.lie = lambda target: []
    found = stage.find()
    assert names(found) == {first.identity.node, second.identity.node}
    assert found.hops == (2 if found.nodes[0].node == second.identity.node else 1)


def test_who_does_not_stand_behind_a_description_is_found_where_he_stands() -> None:
    """A link key beside another's signing key: the real node answers there, and is at its own place."""
    stage = Stage()
    liar, victim = stage.others[:2]
    forged = bytearray(forged_descriptor(Random(1), victim.endpoint, stage.world.now()))
    forged[1:33] = victim.identity.node
    stage.known = [liar.descriptor]
    liar.lie = lambda target: [bytes(forged)]
    victim.lie = lambda target: []
    places = {each.node: each.place for each in stage.find().nodes}
    assert places[victim.identity.node] == victim.descriptor.place


def test_who_does_not_describe_himself_is_not_found() -> None:
    stage = Stage()
    mute = stage.others[0]
    del stage.claims[mute.identity.node]
    stage.known = [mute.descriptor]
    mute.lie = lambda target: []
    assert stage.find().nodes == []


def test_a_node_is_asked_once_whoever_names_it() -> None:
    stage = Stage()
    stage.known = [each.descriptor for each in stage.others[:3]]
    for each in stage.others:
        each.lie = lambda target: [other.descriptor.data for other in stage.others]
    stage.find()
    assert sorted(stage.asked) == sorted(each.identity.node for each in stage.others)


def test_loopback_is_not_believed_of_somebody_out_there() -> None:
    stage = Stage()
    liar = stage.others[0]
    stage.known = [liar.descriptor]
    at_home = forged_descriptor(Random(77), Endpoint("127.0.0.1", 4000), stage.world.now())
    liar.lie = lambda target: [at_home]
    assert stage.find().questions == 1


def test_an_answer_with_a_forgery_in_it_is_not_used() -> None:
    stage = Stage()
    liar = stage.others[0]
    stage.known = [liar.descriptor]
    liar.lie = lambda target: [stage.others[1].descriptor.data]
    strict = Verifier(work_bits=0, verify=lambda key, signature, message: signature[-1] != 0xFF)
    stage.lookups = Lookups(stage.me.identity.node, stage, OverLinks(stage.me, stage.described), strict, Random(1))
    good = stage.find()
    assert good.questions == 2
    liar.lie = lambda target: [stage.others[1].descriptor.data, stage.others[2].descriptor.data[:-1] + b"\xff"]
    assert stage.find().questions == 1


def test_descriptors_of_a_later_version_do_not_spoil_an_answer() -> None:
    stage = Stage()
    teller, good = stage.others[:2]
    stage.known = [teller.descriptor]
    known = good.descriptor.data
    later = [strange_descriptor(known), strange_descriptor(known, 0, b""), b"\xff"]
    teller.lie = lambda target: [*later, known, *later]
    good.lie = lambda target: later
    stage.lookups = Lookups(
        stage.me.identity.node, stage, OverLinks(stage.me, stage.described), stage.world.verifier, Random(1)
    )
    found = stage.find()
    assert names(found) == {teller.identity.node, good.identity.node}
    assert found.questions == 2


def test_four_empty_names_are_enough() -> None:
    stage = Stage()
    liar = stage.others[0]
    stage.known = [liar.descriptor]
    liar.lie = lambda target: invented(stage.world, [], target)
    found = stage.find()
    assert names(found) == {liar.identity.node}
    assert 4 <= found.unanswered <= 7  # those already under way when the fourth fell silent


class Nobody:
    """Answers nothing, at once or never."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once

    def call(self, contact: Contact, make: Make, now: Instant, then: OnLink, patience: float = 5.0) -> None:
        if self.at_once:
            then(None, now)


def test_questions_that_fail_at_once_end_a_lookup_at_once() -> None:
    stage = Stage()
    stage.known = [each.descriptor for each in stage.others]
    lookups = Lookups(
        stage.me.identity.node, stage, OverLinks(Nobody(at_once=True), stage.described), stage.world.verifier, Random(1)
    )
    results: list[Found] = []
    lookups.find(bytes(32), stage.world.now(), lambda found, now: results.append(found))
    assert results[0].unanswered == len(stage.others)
    assert len(lookups) == 0


def test_lookups_under_way_are_bounded() -> None:
    stage = Stage()
    stage.known = [each.descriptor for each in stage.others]
    lookups = Lookups(
        stage.me.identity.node,
        stage,
        OverLinks(Nobody(at_once=False), stage.described),
        stage.world.verifier,
        Random(1),
    )
    results: list[Found] = []
    for _ in range(MAX_LOOKUPS):
        lookups.find(bytes(32), stage.world.now(), lambda found, now: results.append(found))
    with pytest.raises(Overloaded):
        lookups.find(bytes(32), stage.world.now(), lambda found, now: results.append(found))
    for step in range(100):
        lookups.handle_timeout(Instant(step / 4, stage.world.now().wall_ms))
    assert len(results) == MAX_LOOKUPS
    assert lookups.next_deadline() == math.inf


def test_where_many_share_a_prefix_two_come_first_and_the_others_last() -> None:
    world = OverlayWorld(6, endpoint=lambda number: Endpoint(f"11.{7 if number < 4 else number}.0.1", number + 1))
    descriptors = [node.descriptor for node in world.nodes]
    ordered = spread(descriptors)
    assert ordered == [*descriptors[:MAX_PER_PREFIX_IN_BUCKET], *descriptors[4:], *descriptors[2:4]]


def test_the_question_is_for_the_target() -> None:
    stage = Stage()
    questions: list[Message] = []

    class InboxAddresses(Nobody):
        def call(self, contact: Contact, make: Make, now: Instant, then: OnLink, patience: float = 5.0) -> None:
            questions.append(make(9))

    stage.known = [stage.others[0].descriptor]
    lookups = Lookups(
        stage.me.identity.node,
        stage,
        OverLinks(InboxAddresses(at_once=False), stage.described),
        stage.world.verifier,
        Random(1),
    )
    lookups.find(b"\x05" * 32, stage.world.now(), lambda found, now: None)
    assert questions == [FindNodes(9, b"\x05" * 32)]
