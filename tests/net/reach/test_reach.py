"""A node learns where it is, and nobody it asks can be made a weapon."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError
from net.ids import Endpoint, NodeId
from net.messages import AskDialBack, DialBack, Introduction, Message, PleaseDial
from net.reach import Nat
from net.reach.address import pack_host, unpack_host
from net.reach.introductions import INTRODUCE_BURST
from net.reach.reflection import Reflections
from tests.support.nat_box import NatKind
from tests.support.reach_world import Node, ReachWorld

HERE = Endpoint("5.5.5.5", 4000)
LIE = Endpoint("6.6.6.6", 4000)
VICTIM = "9.9.9.9"


def votes(*words: tuple[str, Endpoint], is_chosen: bool = True) -> Reflections:
    reflections = Reflections()
    for number, (voter_host, seen) in enumerate(words):
        reflections.on_reflection(NodeId(bytes([is_chosen, number]) * 16), voter_host, seen, is_chosen=is_chosen)
    return reflections


# --- where we are -----------------------------------------------------------------------------------------------------


def test_three_networks_elect_a_place() -> None:
    assert votes(("1.1.0.1", HERE), ("1.2.0.1", HERE)).place([]) is None
    place = votes(("1.1.0.1", HERE), ("1.2.0.1", HERE), ("1.3.0.1", HERE)).place([])
    assert place == (HERE.host, HERE.port, False)


SIX = Endpoint("2a01::5", 4000)


def three(seen: Endpoint, *, ports: int = 1) -> list[tuple[str, Endpoint]]:
    hosts = [f"2a0{n}::1" if ":" in seen.host else f"1.{n}.0.1" for n in range(2, 5)]
    return [(host, Endpoint(seen.host, seen.port + at % ports)) for at, host in enumerate(hosts)]


def test_a_node_of_both_families_is_at_its_place_in_ipv4_and_in_ipv6_where_there_is_none() -> None:
    assert votes(*three(HERE), *three(SIX)).place([]) == (HERE.host, HERE.port, False)
    assert votes(*three(HERE)[:1], *three(SIX)).place([]) == (SIX.host, SIX.port, False)
    assert votes(*three(HERE), *three(SIX)).place([SIX]) == (HERE.host, HERE.port, False)
    split = votes(*three(HERE)[:2], *three(SIX)[:2])
    assert split.place([]) is None, "votes of two families are no majority of one"
    symmetric = votes(*three(HERE, ports=3), *three(SIX))
    assert symmetric.place([]) == (SIX.host, SIX.port, False), "where everybody sees another port, nobody can come"


@given(honest=st.integers(3, 8), at=st.integers(0, 8), lie=st.sampled_from([LIE, Endpoint(HERE.host, 9)]))
def test_one_liar_among_four_moves_nothing(honest: int, at: int, lie: Endpoint) -> None:
    words = [(f"1.{number}.0.1", HERE) for number in range(honest)]
    words.insert(at, ("2.1.0.1", lie))
    assert votes(*words).place([]) == (HERE.host, HERE.port, False)


def test_many_liars_of_one_network_have_one_vote() -> None:
    liars = [(f"2.1.0.{number}", LIE) for number in range(1, 20)]
    assert votes(*liars).place([]) is None
    honest = [(f"1.{number}.0.1", HERE) for number in range(3)]
    assert votes(*liars, *honest).place([]) == (HERE.host, HERE.port, False)


def test_a_crowd_at_the_door_does_not_outvote_those_that_we_chose() -> None:
    reflections = votes(*[(f"2.{number}.0.1", LIE) for number in range(100)], is_chosen=False)
    for number in range(3):
        reflections.on_reflection(NodeId(bytes([9, number]) * 16), f"1.{number}.0.1", HERE, is_chosen=True)
    assert reflections.place([]) is None


def test_a_port_for_each_peer_is_a_symmetric_nat() -> None:
    words = [(f"1.{number}.0.1", Endpoint(HERE.host, 4000 + number)) for number in range(4)]
    assert votes(*words).place([]) == (HERE.host, None, False)


def test_our_own_interface_needs_no_election_and_a_neighbour_knows_no_public_address() -> None:
    own = Endpoint("192.168.1.7", 4000)
    assert votes(("192.168.1.9", own)).place([own]) == (own.host, own.port, True)
    assert votes(*[(f"192.168.1.{number}", LIE) for number in range(5)]).place([own]) is None
    assert votes(("1.1.0.1", Endpoint("127.0.0.1", 4000))).place([Endpoint("127.0.0.1", 4000)]) is None


@given(st.binary(min_size=16, max_size=16))
def test_any_sixteen_bytes_are_an_address_or_refused(data: bytes) -> None:
    try:
        host = unpack_host(data)
    except DecodeError:
        return
    assert pack_host(host) == data


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"])
def test_addresses_of_many_or_of_nobody_are_refused(host: str) -> None:
    with pytest.raises(DecodeError):
        unpack_host(pack_host(host))


# --- what stands between ----------------------------------------------------------------------------------------------


def town(world: ReachWorld) -> tuple[list[Node], Node]:
    """Three nodes in the open, and a fourth that all of them know."""
    helpers = [world.node(f"1.{number}.0.1") for number in range(3)]
    third = world.node("2.1.0.1")
    for helper in helpers:
        world.join(helper, third)
    return helpers, third


@pytest.mark.parametrize(
    ("kind", "nat", "is_reachable"),
    [
        (None, Nat.OPEN, True),
        (NatKind.FULL_CONE, Nat.CONE, True),
        (NatKind.RESTRICTED, Nat.RESTRICTED, False),
        (NatKind.PORT_RESTRICTED, Nat.RESTRICTED, False),
        (NatKind.SYMMETRIC, Nat.SYMMETRIC, False),
    ],
)
def test_a_node_learns_its_class(kind: NatKind | None, nat: Nat, is_reachable: bool) -> None:
    world = ReachWorld()
    helpers, _ = town(world)
    node = world.node("5.5.5.5", kind)
    for helper in helpers:
        world.join(node, helper)
    assert world.run(60, lambda: node.reach.nat == nat.value and node.reach.is_reachable is is_reachable)
    public = node.reach.public
    assert public is None if kind is NatKind.SYMMETRIC else public is not None and public.host == "5.5.5.5"


def test_who_has_no_third_node_hopes_for_the_best_and_says_that_nobody_knows() -> None:
    world = ReachWorld()
    node = world.node("5.5.5.5", NatKind.PORT_RESTRICTED)
    for number in range(3):
        world.join(node, world.node(f"1.{number}.0.1"))
    assert not node.reach.is_presumed_reachable
    assert world.run(60, lambda: node.reach.is_presumed_reachable)
    assert node.reach.is_reachable is None
    assert node.reach.nat == Nat.UNKNOWN.value


def test_whoever_moves_asks_at_once_where_it_is() -> None:
    world = ReachWorld()
    node = world.node("5.5.5.5")
    for number in range(3):
        world.join(node, world.node(f"1.{number}.0.1"))
    assert world.run(5, lambda: node.reach.public == node.inside)
    moved = node.inside = node.inside._replace(host="6.6.6.6")
    node.reach.set_own([moved])
    assert world.run(5, lambda: node.reach.public == moved)


def says(verdict: int) -> Callable[[Message], Message | None]:
    return lambda message: DialBack(message.request, verdict) if isinstance(message, AskDialBack) else None


@pytest.mark.parametrize(("kind", "truth"), [(NatKind.FULL_CONE, True), (NatKind.PORT_RESTRICTED, False)])
@pytest.mark.parametrize("verdict", [0, 1, 2, 3, 255])
def test_a_helper_that_lies_convinces_nobody(kind: NatKind, truth: bool, verdict: int) -> None:
    world = ReachWorld()
    helpers, _ = town(world)
    helpers[0].lie = says(verdict)
    node = world.node("5.5.5.5", kind)
    for helper in helpers:
        world.join(node, helper)
    assert world.run(60, lambda: node.reach.is_reachable is not None)
    assert node.reach.is_reachable is truth


def test_words_alone_make_nobody_reachable() -> None:
    world = ReachWorld()
    helpers, _ = town(world)
    for helper in helpers:
        helper.lie = says(0)
    node = world.node("5.5.5.5", NatKind.PORT_RESTRICTED)
    for helper in helpers:
        world.join(node, helper)
    world.run(600)
    assert not node.reach.is_reachable


def test_a_probe_that_was_lost_is_made_good_by_the_next_round() -> None:
    world = ReachWorld()
    helpers, third = town(world)
    node = world.node("5.5.5.5", NatKind.FULL_CONE)
    world.loses = lambda source, target: source == third.inside and target.host == "5.5.5.5"
    for helper in helpers:
        world.join(node, helper)
    assert world.run(30, lambda: node.reach.nat == Nat.RESTRICTED.value)
    world.loses = lambda _source, _target: False
    assert world.run(100, lambda: node.reach.nat == Nat.CONE.value)


def test_the_link_of_a_dial_back_ends_soon() -> None:
    world = ReachWorld()
    helpers, third = town(world)
    node = world.node("5.5.5.5")
    for helper in helpers:
        world.join(node, helper)
    assert world.run(10, lambda: node.is_linked(third))
    assert world.run(15, lambda: not node.is_linked(third) and not third.is_linked(node))
    assert node.reach.is_reachable


def test_a_link_that_came_of_a_dial_back_may_be_kept() -> None:
    world = ReachWorld()
    helpers, third = town(world)
    node = world.node("5.5.5.5")
    for helper in helpers:
        world.join(node, helper)
    assert world.run(10, lambda: third.is_linked(node))
    third.reach.keep(third.link_with(node))
    assert not world.run(60, lambda: not third.is_linked(node))


# --- no reflector -----------------------------------------------------------------------------------------------------


def bytes_to(world: ReachWorld, host: str) -> int:
    return sum(size for _, target, size in world.wire if target.host == host)


def test_a_dial_for_others_is_one_datagram_and_never_more_than_was_asked() -> None:
    world = ReachWorld()
    villain, fool = world.node("1.1.0.1"), world.node("1.2.0.1")
    world.join(villain, fool)
    world.wire.clear()
    link = villain.link_with(fool)
    for request in range(200):
        villain.send(
            link, PleaseDial(request, pack_host(VICTIM), 2000 + request, Random(request).randbytes(32)), world.now
        )
        world.run(0.5)
    assert 0 < bytes_to(world, VICTIM) <= 2 * 256  # in a hundred seconds: one a minute to an address
    asked = sum(size for source, target, size in world.wire if source == villain.inside and target == fool.inside)
    assert bytes_to(world, VICTIM) <= asked


def test_dials_for_others_are_few_whatever_the_addresses() -> None:
    world = ReachWorld()
    villain, fool = world.node("1.1.0.1"), world.node("1.2.0.1")
    world.join(villain, fool)
    world.wire.clear()
    link = villain.link_with(fool)
    for request in range(200):
        villain.send(
            link, PleaseDial(request, pack_host(f"9.9.{request}.9"), 2000, Random(request).randbytes(32)), world.now
        )
    world.run(30)
    astray = [target for _, target, _ in world.wire if target.host.startswith("9.9.")]
    assert 0 < len(astray) <= 6


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.1", "10.0.0.1", "255.255.255.255"])
def test_a_stranger_has_nobody_dial_into_its_own_house(host: str) -> None:
    world = ReachWorld()
    villain, fool = world.node("1.1.0.1"), world.node("1.2.0.1")
    world.join(villain, fool)
    villain.send(villain.link_with(fool), PleaseDial(7, pack_host(host), 2000, bytes(32)), world.now)
    world.run(5)
    assert fool.dialled == []


def test_who_has_itself_dialled_all_the_time_is_not_served() -> None:
    world = ReachWorld()
    helpers, third = town(world)
    villain = world.node("5.5.5.5", NatKind.PORT_RESTRICTED)
    world.join(villain, helpers[0])
    for request in range(100):
        villain.send(villain.link_with(helpers[0]), AskDialBack(1000 + request), world.now)
        world.run(0.2)
    assert len([each for each in third.dialled if each.host == "5.5.5.5"]) <= 1


# --- introductions ----------------------------------------------------------------------------------------------------


def pair(world: ReachWorld, one: NatKind, other: NatKind) -> tuple[Node, Node, Node]:
    introducer = world.node("1.1.0.1")
    a, b = world.node("5.5.5.5", one), world.node("6.6.6.6", other)
    world.join(a, introducer)
    world.join(b, introducer)
    return a, b, introducer


@pytest.mark.parametrize(
    ("one", "other", "is_linked"),
    [
        (NatKind.PORT_RESTRICTED, NatKind.PORT_RESTRICTED, True),
        (NatKind.RESTRICTED, NatKind.PORT_RESTRICTED, True),
        (NatKind.SYMMETRIC, NatKind.RESTRICTED, True),
        (NatKind.SYMMETRIC, NatKind.PORT_RESTRICTED, False),  # nobody can: they stay linked through others
    ],
)
def test_two_behind_nats_are_introduced(one: NatKind, other: NatKind, is_linked: bool) -> None:
    world = ReachWorld()
    a, b, introducer = pair(world, one, other)
    began = world.now.mono
    assert a.reach.introduce(b.node_id, introducer.node_id, world.now)
    assert a.reach.is_wanted(b.node_id, world.now)
    assert world.run(12, lambda: a.is_linked(b) and b.is_linked(a)) is is_linked
    assert not is_linked or world.now.mono - began < 3


def test_nobody_is_introduced_to_who_is_not_there() -> None:
    world = ReachWorld()
    a, _, introducer = pair(world, NatKind.PORT_RESTRICTED, NatKind.PORT_RESTRICTED)
    nobody = NodeId(b"n" * 32)
    dialled = len(a.dialled)
    assert a.reach.introduce(nobody, introducer.node_id, world.now)
    assert world.run(5, lambda: not a.reach.is_wanted(nobody, world.now))
    assert len(a.dialled) == dialled


def test_introductions_that_nobody_asked_for_are_followed_rarely_and_only_from_whom_we_chose() -> None:
    world = ReachWorld()
    a, _, introducer = pair(world, NatKind.PORT_RESTRICTED, NatKind.PORT_RESTRICTED)
    link = introducer.link_with(a)
    for number in range(50):
        said = Introduction(0, pack_host(f"9.9.{number}.9"), 4000, Random(number).randbytes(32))
        introducer.send(link, said, world.now)
        a.send(a.link_with(introducer), said, world.now)
    world.run(5)
    assert 0 < len([each for each in a.dialled if each.host.startswith("9.9.")]) <= INTRODUCE_BURST
    assert introducer.dialled == []


def test_an_answer_to_another_question_is_no_introduction() -> None:
    world = ReachWorld()
    a, b, introducer = pair(world, NatKind.PORT_RESTRICTED, NatKind.PORT_RESTRICTED)
    dialled = len(a.dialled)
    introducer.send(introducer.link_with(a), Introduction(99, pack_host(VICTIM), 4000, b.node_id), world.now)
    world.run(2)
    assert len(a.dialled) == dialled
