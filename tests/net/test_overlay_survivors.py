"""What nobody can make a node remember, believe or dial by describing others."""

from __future__ import annotations

from random import Random

import pytest

from net.errors import DecodeError
from net.ids import Endpoint
from net.link.events import Role
from net.messages import DESCRIPTOR_SIZE
from net.overlay.descriptor import Descriptor, decode_descriptor
from net.overlay.overlay import MAX_DESCRIBED
from tests.support.overlay_world import OverlayWorld, SimNode, forged_descriptor, link


def found_by(node: SimNode, target: bytes) -> list[Descriptor]:
    results: list[list[Descriptor]] = []
    node.overlay.find(target, node.world.now(), lambda nodes, now: results.append(nodes))
    node.wake()
    for _ in range(100):
        if not results:
            node.world.run_for(0.2)
    return results[0]


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
        overlay.met(data, descriptor.node, descriptor.endpoint, world.now())
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
    assert [each.endpoint.host for each in found_by(leaf, bytes(32))] == ["11.50.0.1"]
