"""P4 told with processes: whatever dies, each text arrives once, in order, and says so."""

from __future__ import annotations

import threading

import pytest

from tests.support.processes import Rpc, seeded
from tests.support.story_world import PEOPLE, World, send, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(300)]

TEXTS, ALL_TEXTS = 24, 120


def numbered(who: str, count: int) -> list[str]:
    """Return texts that say where they belong, of lengths for every padding class but the largest."""
    return [f"{who} {number:03}" + " lorem" * (200 if number % 40 == 7 else number % 9) for number in range(count)]


def test_many_texts_each_way_at_once(town: World, pair: tuple[Rpc, Rpc], is_full: bool) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    count = ALL_TEXTS if is_full else TEXTS
    mine, theirs = numbered("alice", count), numbered("bob", count)
    send(alice, a, mine)
    send(bob, b, theirs)
    wait_received(bob, b, mine)
    wait_received(alice, a, theirs)
    wait_states(alice, a, mine, ["delivered"])
    wait_states(bob, b, theirs, ["delivered"])


def test_half_of_the_custodians_are_killed_at_once_and_then_all_that_are_left(world: World, is_full: bool) -> None:
    """The sender never comes back, nor does half of who held what was said; new nodes took their places."""
    world.start_nodes()
    alice = world.open("alice")
    texts = numbered("alice", ALL_TEXTS if is_full else TEXTS)
    send(alice, world.conversation["alice"], texts)
    wait_states(alice, world.conversation["alice"], texts, ["stored"])
    for process in (alice, world.nodes.pop("node0"), world.nodes.pop("node1")):
        process.kill()
    world.settle("node4", "node5")
    world.start_nodes(["node4", "node5"])
    left = list(world.nodes.values())
    for node in left:
        node.kill()
    world.start_nodes([node.name for node in left])
    bob = world.open("bob")
    wait_received(bob, world.conversation["bob"], texts)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_everybody_is_killed_at_random_moments(world: World, seed: int, is_full: bool) -> None:
    if seed > 1 and not is_full:
        pytest.skip("told with --full")
    rounds, each = (15, 8) if is_full else (4, 4)
    chance = seeded(seed)
    world.start_nodes()
    people: dict[str, Rpc] = dict(zip(PEOPLE, world.open_all(), strict=True))
    texts = {name: numbered(name, rounds * each) for name in PEOPLE}
    accepted = dict.fromkeys(PEOPLE, 0)  # how many texts were answered for
    moment = threading.Event()  # never set: waiting for it is waiting for a moment of chance
    for number in range(1, rounds + 1):
        asked = {name: send_on(people[name], world, texts[name][accepted[name] : number * each]) for name in PEOPLE}
        moment.wait(chance.uniform(0.0, 1.5))
        victims = chance.sample([*world.node_names, *PEOPLE], chance.randint(1, 4))
        for victim in victims:
            (people.get(victim) or world.nodes[victim]).kill()
        for name in PEOPLE:
            accepted[name] += count_answers(people[name], asked[name])
        for victim in victims:
            if victim in people:
                people[victim] = world.open(victim)
            else:
                world.start_node(victim).wait_ready()
    for name in PEOPLE:
        send(people[name], world.conversation[name], texts[name][accepted[name] :])
    for name, other in (PEOPLE, PEOPLE[::-1]):
        wait_received(people[other], world.conversation[other], texts[name])
        wait_states(people[name], world.conversation[name], texts[name], ["delivered"])


def send_on(rpc: Rpc, world: World, texts: list[str]) -> list[int]:
    """Ask for texts to be sent and do not wait; the same uid after a restart makes it the same text."""
    conversation = world.conversation[rpc.name]
    return [rpc.ask("message.send", conversation=conversation, text=text, uid=text[:64]) for text in texts]


def count_answers(rpc: Rpc, asked: list[int]) -> int:
    """Return how many of these questions were answered, up to the first that was not."""
    for count, number in enumerate(asked):
        try:
            rpc.answer(number)
        except AssertionError:
            return count
    return len(asked)
