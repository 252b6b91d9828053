"""What nobody can make a node remember, believe or dial by describing others."""

from __future__ import annotations

from random import Random

import pytest

from net.errors import DecodeError
from net.ids import Endpoint, OverlayId
from net.link.events import Role
from net.messages import DESCRIPTOR_SIZE
from net.overlay.descriptor import Descriptor, decode_descriptor, encode_descriptor, epoch_of
from net.overlay.identity import Identity, overlay_id_of
from net.overlay.overlay import MAX_DESCRIBED
from net.overlay.routing_table import K, RoutingTable
from tests.support.overlay_world import OverlayWorld, forged_descriptor, identity, link


@pytest.mark.parametrize("version", [0, 2, 255])
def test_a_descriptor_of_another_version_is_not_taken_for_one_of_this(version: int) -> None:
    data = OverlayWorld(1).nodes[0].descriptor.data
    assert len(data) == DESCRIPTOR_SIZE
    with pytest.raises(DecodeError, match="version"):
        decode_descriptor(bytes([version]) + data[1:])


@pytest.mark.parametrize("host", ["224.0.0.1", "239.1.2.3", "0.0.0.0", "ff02::1", "::"])
def test_a_descriptor_sends_nobody_to_an_address_that_is_no_nodes(host: str) -> None:
    world = OverlayWorld(1)
    data = forged_descriptor(Random(1), Endpoint(host, 4000), world.now())
    with pytest.raises(DecodeError, match="address"):
        decode_descriptor(data)


def test_descriptions_of_linked_nodes_are_bounded_and_the_oldest_goes() -> None:
    world = OverlayWorld(1)
    overlay = world.nodes[0].overlay
    described: list[Descriptor] = []
    for number in range(MAX_DESCRIBED + 3):
        data = forged_descriptor(Random(number), Endpoint("203.0.113.7", 4000), world.now())
        descriptor = decode_descriptor(data)
        overlay.on_descriptor(data, descriptor.node, descriptor.endpoint, world.now())
        described.append(descriptor)
    assert [overlay.described(each.node) is not None for each in described] == [False] * 3 + [True] * MAX_DESCRIBED


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.7", "169.254.1.1", "::1"])
def test_a_teller_out_there_does_not_make_a_leaf_knock_in_its_own_network(host: str) -> None:
    world = OverlayWorld(2)
    leaf = world.add(Role.LEAF)
    liars = world.nodes
    at_home = forged_descriptor(Random(1), Endpoint(host, 22), world.now())
    out_there = forged_descriptor(Random(2), Endpoint("11.50.0.1", 4000), world.now())
    for each in liars:
        each.lie = lambda target: [at_home, out_there]
        link(leaf, each)
    world.run_for(20.0)
    assert [each.endpoint.host for each in leaf.overlay.roster.fresh()] == ["11.50.0.1"]


@pytest.mark.parametrize(("host", "questions"), [("11.50.0.1", 2), ("127.0.0.1", 1), ("10.0.0.1", 1), ("fe80::1", 1)])
def test_somebody_out_there_does_not_make_us_knock_in_our_own_network(host: str, questions: int) -> None:
    world = OverlayWorld(2)
    seeker, liar = world.nodes
    link(seeker, liar)
    told = forged_descriptor(Random(77), Endpoint(host, 22), world.now())
    liar.lie = lambda target: [told]
    assert world.look_up(seeker, bytes(32)).questions == questions


# --- the table --------------------------------------------------------------------------------------------------------


def described(world: OverlayWorld, who: Identity, host: str, stamp: int = 0) -> Descriptor:
    now = world.now()
    keys = (who.signing_seed, who.signing_seed)
    data = encode_descriptor(who, Endpoint(host, 4000), epoch_of(now), keys, now.wall_ms + stamp, is_reachable=True)
    return world.verifier.check(data, now)


def test_hearsay_from_the_same_network_gives_a_node_no_other_place_and_no_other_keys() -> None:
    world, rng = OverlayWorld(1), Random(3)
    who, liar = identity(rng), identity(rng)
    table = RoutingTable(OverlayId(bytes(32)))
    genuine = described(world, who, "11.0.0.1")
    assert table.on_descriptor(genuine, genuine.endpoint, world.now())
    # The liar signs with a key of his own for another's link key, and for an address beside the true one.
    false = Identity(who.node, liar.signing_key, 0, overlay_id_of(who.node, liar.signing_key, 0), liar.signing_seed)
    table.refresh(described(world, false, "11.0.0.1", stamp=5))
    assert [entry.descriptor for entry in table] == [genuine]
    renewed = described(world, who, "11.0.0.1", stamp=6)
    table.refresh(renewed)
    assert [entry.descriptor for entry in table] == [renewed]


def test_one_network_does_not_push_others_out_of_the_waiting_list() -> None:
    world, rng = OverlayWorld(1), Random(4)
    table = RoutingTable(OverlayId(bytes(32)))

    def farthest(host: str) -> Descriptor:
        while True:
            who = identity(rng)
            if who.overlay_id[0] & 0x80:
                return described(world, who, host)

    held = [farthest(f"11.{number}.0.1") for number in range(K)]
    waiting = [farthest(f"12.{number}.0.1") for number in range(3)]
    crowd = [farthest(f"13.0.0.{1 + number}") for number in range(2 * K)]
    for each in (*held, *waiting, *crowd):
        table.on_descriptor(each, each.endpoint, world.now())
    assert {entry.descriptor for entry in table} == set(held)
    for each in held[:3]:
        table.on_failed(each.node, is_counted=True)
    now_held = {entry.descriptor for entry in table}
    assert len(now_held) == K
    assert waiting[-1] in now_held
    assert len(now_held & set(crowd)) == 2
