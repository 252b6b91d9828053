"""A leaf finds out for itself who is there: over circuits, past guards and strangers that lie."""

from __future__ import annotations

from random import Random

import pytest

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.messages import FindNodes, Lookup, Message, Nodes
from net.onion.circuits.requests import CircuitRequests
from net.overlay.chores import MOST
from net.overlay.descriptor import Descriptor
from net.overlay.leaf_sampling import COUNT, FIRST_OWN, FIRST_PERIOD, MAX_CALM_PERIOD, PERIOD, known_by_most
from net.overlay.lookups import Found
from net.overlay.routing_table import K
from tests.support.overlay_world import OverlayWorld, SimNode, forged_descriptor, link

# Seconds until a leaf has looked for itself as often as it does at first, and a little more.
SETTLED = 2 * FIRST_OWN * FIRST_PERIOD + 10 * PERIOD
DAY = 86_400.0


def joined(size: int = 24, *, links: int = 3, seed: int = 3) -> tuple[OverlayWorld, SimNode]:
    """Return a network, and a leaf that has just been linked."""
    world = OverlayWorld(size, seed=seed)
    world.join(pause=0.2)
    world.run_for(60.0)
    leaf = world.add(Role.LEAF)
    for each in world.nodes[:links]:
        link(leaf, each)
    return world, leaf


def begin(world: OverlayWorld, leaf: SimNode) -> None:
    """Let time pass until the leaf's first round is over."""
    while not leaf.overlay.roster.is_ready:
        world.run_for(0.2)


def known(leaf: SimNode) -> set[NodeId]:
    return {each.node for each in leaf.overlay.roster.fresh()}


def truly(world: OverlayWorld) -> set[NodeId]:
    return {each.identity.node for each in world.nodes if each.is_up}


def invent(world: OverlayWorld, seed: int = 99) -> list[bytes]:
    """Return descriptors of sixteen that do not exist."""
    rng = Random(seed)
    return [forged_descriptor(rng, Endpoint(f"150.{each}.0.1", 1), world.now()) for each in range(K)]


def asked_over_links(nodes: list[SimNode], monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Return a list of what nodes are asked over links from now on by whoever is no full node."""
    asked: list[Message] = []
    take = SimNode.take

    def noting(self: SimNode, asker: SimNode | None, question: Message, hear: object) -> None:
        if asker is not None and asker.overlay.descriptor() is None:
            asked.append(question)
        take(self, asker, question, hear)  # type: ignore[arg-type]

    monkeypatch.setattr(SimNode, "take", noting)
    return asked


def test_a_leaf_takes_the_word_of_its_links_only_until_it_can_ask_over_circuits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, leaf = joined()
    asked = asked_over_links(world.nodes, monkeypatch)
    begin(world, leaf)
    world.run_for(1.0)
    assert asked
    assert all(isinstance(each, Lookup) for each in asked)
    asked.clear()
    world.run_for(SETTLED)
    assert not asked
    assert len(leaf.afar.asked) >= FIRST_OWN * COUNT
    assert {each.identity.node for each in leaf.links.values()} <= {each.identity.node for each in world.nodes[:3]}
    assert len(known(leaf)) >= MOST * len(world.nodes)
    assert 0.65 * len(world.nodes) < leaf.overlay.size() < 1.35 * len(world.nodes)


def test_what_a_lying_guard_invented_is_forgotten() -> None:
    world, leaf = joined(links=2)
    liar = world.nodes[0]
    told = invent(world)
    liar.lie = lambda target: told
    begin(world, leaf)
    assert known(leaf) - truly(world), "the guard was believed at first"
    world.run_for(SETTLED)
    assert not known(leaf) - truly(world)
    assert len(known(leaf)) >= MOST * len(world.nodes)


def test_a_guard_that_hides_the_network_does_not_hide_it_for_long() -> None:
    """One of two shows a few of its own alone: seen over circuits, all the others come."""
    world, leaf = joined(links=2)
    few = [each.descriptor.data for each in world.nodes[:3]]
    for guard in world.nodes[:2]:
        guard.lie = lambda target: few
    world.run_for(5.0)
    assert len(known(leaf)) <= len(few)
    assert leaf.overlay.size() <= len(few)
    world.run_for(SETTLED)
    assert len(known(leaf)) >= MOST * len(world.nodes)
    assert leaf.overlay.size() > 0.65 * len(world.nodes)


def test_guards_that_crowd_every_place_make_the_network_look_large_at_first_alone() -> None:
    world, leaf = joined(links=3)
    rng = Random(5)

    def crowd(target: bytes) -> list[bytes]:
        near = int.from_bytes(target, "big")
        return [forged_descriptor(rng, Endpoint(f"150.{each}.0.1", 1), world.now(), near) for each in range(K)]

    for liar in world.nodes[:2]:
        liar.lie = crowd
    begin(world, leaf)
    assert leaf.overlay.size() > 2 * len(world.nodes)
    for liar in world.nodes[:2]:
        liar.lie = None
    world.run_for(10 * PERIOD)
    assert leaf.overlay.size() < 1.5 * len(world.nodes)


def test_strangers_that_lie_add_nobody_and_hide_nobody() -> None:
    world, leaf = joined()
    told = invent(world)
    for liar in world.nodes[3:8]:
        liar.lie = lambda target: told
    world.run_for(SETTLED + 4 * MAX_CALM_PERIOD)
    assert not known(leaf) - truly(world)
    assert len(known(leaf)) >= MOST * len(world.nodes)
    assert leaf.overlay.size() < 1.5 * len(world.nodes)


def test_who_is_gone_is_forgotten_though_a_liar_names_it() -> None:
    world, leaf = joined()
    world.run_for(SETTLED)
    gone, liar = world.nodes[10], world.nodes[11]
    data = gone.descriptor.data
    liar.lie = lambda target: [data]
    gone.is_up = False
    assert gone.identity.node in known(leaf)
    for _ in range(40):
        leaf.overlay.doubt(world.now())
        leaf.wake()
        world.run_for(20.0)
    assert gone.identity.node not in known(leaf)


def test_without_circuits_those_linked_are_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world, leaf = joined()
    world.run_for(SETTLED)
    asked = asked_over_links(world.nodes, monkeypatch)
    far = len(leaf.afar.asked)
    leaf.afar.is_open = False
    world.run_for(2 * MAX_CALM_PERIOD)
    assert any(isinstance(each, Lookup) for each in asked)
    leaf.afar.is_open = True
    asked.clear()
    world.run_for(2 * MAX_CALM_PERIOD)
    assert len(leaf.afar.asked) > far
    assert not asked


def _possible(now: Instant) -> bool:
    return True


def test_where_circuits_bring_nothing_every_other_look_is_by_those_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Circuits seem possible, and whoever is asked stays silent: nobody is left without news for that."""
    world, leaf = joined(5)
    world.run_for(5.0)
    asked = asked_over_links(world.nodes, monkeypatch)
    monkeypatch.setattr(leaf.afar, "is_open", False)
    monkeypatch.setattr(leaf.afar, "is_possible", _possible)
    world.run_for(SETTLED)
    assert sum(isinstance(each, Lookup) for each in asked) >= 2
    assert len(known(leaf)) == 5


def test_in_a_calm_network_a_leaf_asks_seldom() -> None:
    world, leaf = joined(10)
    world.run_for(SETTLED)
    before = len(leaf.afar.asked)
    world.run_for(DAY / 8)
    looks = DAY / 8 / MAX_CALM_PERIOD
    assert 0 < len(leaf.afar.asked) - before <= 2 * looks * COUNT


def test_only_whom_most_name_is_known() -> None:
    world = OverlayWorld(8)
    nodes = [each.descriptor for each in world.nodes]
    tales = [nodes[:5], nodes[:4], [*nodes[:3], nodes[6]], [nodes[7]]]
    found = Found(bytes(32), nodes[4:6], 1, 4, 0, tales)
    assert {each.node for each in known_by_most(found)} == {each.node for each in [*nodes[:3], *nodes[4:6]]}


# --- questions over a circuit each ---


class Line:
    """Notes what is asked over circuits and ended."""

    def __init__(self) -> None:
        self.asked: list[tuple[NodeId, int, Message]] = []
        self.ended: list[int] = []

    def is_possible(self, now: Instant) -> bool:
        return True

    def ask_afar(self, node: Descriptor, number: int, message: Message, now: Instant) -> None:
        self.asked.append((node.node, number, message))

    def end_afar(self, node: NodeId, number: int, now: Instant) -> None:
        self.ended.append(number)


def stage() -> tuple[CircuitRequests, Line, list[SimNode], list[Nodes | None]]:
    world = OverlayWorld(2)
    calls, line, heard = CircuitRequests(Random(1)), Line(), list[Nodes | None]()
    calls.line = line
    calls.call(
        world.nodes[0].descriptor,
        lambda number: FindNodes(number, bytes(32)),
        world.now(),
        lambda answer, now: heard.append(answer),
        8.0,
    )
    return calls, line, world.nodes, heard


def test_an_answer_counts_once_from_who_was_asked_and_to_what_was_asked() -> None:
    calls, line, (asked, other), heard = stage()
    ((_, number, question),) = line.asked
    assert isinstance(question, FindNodes)
    assert question.request == number
    now = asked.world.now()
    calls.receive(other.identity.node, Nodes(number, []), now)
    calls.receive(asked.identity.node, Nodes(number ^ 1, []), now)
    assert not heard
    calls.receive(asked.identity.node, Nodes(number, []), now)
    calls.receive(asked.identity.node, Nodes(number, []), now)
    calls.on_circuit_lost(number, now)
    assert heard == [Nodes(number, [])]
    assert line.ended == [number]
    assert calls.next_deadline() == float("inf")


def test_who_is_silent_or_lost_is_told_of_once() -> None:
    calls, line, (asked, _), heard = stage()
    now = asked.world.now()
    assert calls.next_deadline() == now.mono + 8.0
    calls.handle_timeout(Instant(now.mono + 8.0, now.wall_ms))
    assert heard == [None]
    calls.on_circuit_lost(line.asked[0][1], now)
    assert heard == [None]


def test_without_circuits_a_question_has_failed_at_once() -> None:
    world, heard = OverlayWorld(1), list[Nodes | None]()
    calls = CircuitRequests(Random(1))
    assert not calls.is_possible(world.now())
    calls.call(
        world.nodes[0].descriptor,
        lambda number: FindNodes(number, bytes(32)),
        world.now(),
        lambda answer, now: heard.append(answer),
        8.0,
    )
    assert heard == [None]
