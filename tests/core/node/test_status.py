"""What ``network.status`` tells of a node, and what it costs to be one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import trio

from core import api
from core.node.cover import PACES, name_of, pace_of
from core.node.discovery import FindingStatus
from core.node.opening import open_node
from core.node.service import NodeStatus
from core.node.status import SOURCES, describe_network
from core.node.traffic import Hour
from net.bucket import Bucket
from net.client import BucketView
from net.cover_profile import NORMAL, STRONG
from net.custodian import CustodianStatus
from net.ids import Endpoint, NodeId
from net.link.events import Role
from net.link.status import Counters
from net.network_time import Clocks
from net.node.node import PeerStatus
from net.node.snapshot import NodeSnapshot
from net.rendezvous.lan import LanStatus
from net.rendezvous.mainline import MainlineState, MainlineStatus
from tests.support.cheap_node import CHEAP, HURRIED, LOOPBACK, alone

PATIENCE = 20.0


def node(number: int) -> NodeId:
    return NodeId(bytes([number]) * 32)


def peer(number: int, role: Role = Role.FULL) -> PeerStatus:
    return PeerStatus(node(number), Endpoint("192.0.2.1", 4000 + number), role, 0.0185, is_guard=number == 1)


VIEW = NodeSnapshot(
    nat="restricted", is_reachable=False, public=Endpoint("198.51.100.7", 4400), size=77, known=60, hops=4,
    cover_profile=STRONG,
    guards=3, guards_linked=2, sources={"mainline": 2},
    buckets=(
        BucketView(Bucket(0, 3), (node(1), node(2)), agree=True),
        BucketView(Bucket(1 << 31, 3), (node(3),), agree=None),
    ),
    loops_sent=10, loops_lost=1,
    custodian=CustodianStatus(5, 4500, Bucket(0, 3), 9, 60.0, 2, {}, 0, 0),
)  # fmt: skip
STATUS = NodeStatus(
    listen=Endpoint("0.0.0.0", 4400), role=Role.FULL, peers=(peer(1), peer(2), peer(3, Role.LEAF)), custodians=60,
    network_offset_ms=0, clock_difference_ms=-40, counters=Counters(dropped_size=1, dropped_load=2), view=VIEW,
    finding=FindingStatus(MainlineStatus(MainlineState.MISSING), LanStatus(is_running=True, networks=2, heard=5)),
    uptime=43_200.0, bytes_in=1_000_000, bytes_out=500_000,
)  # fmt: skip


def test_everything_that_scripts_rely_on_is_there_and_survives_json() -> None:
    told = describe_network(STATUS)
    fields = msgspec.json.decode(msgspec.json.encode(told))
    assert {
        "listen", "peers", "role", "nat", "reachable", "custodians", "copies_agree", "clock_offset_ms",
        "anonymity_set", "hour_out", "hour_in", "peers_by_source",
    } <= set(fields)  # fmt: skip
    assert msgspec.convert(fields, api.NetworkStatus) == told


def test_whose_clock_is_off_is_told_by_short_names() -> None:
    clocks = Clocks(agreeing=(node(1),), off=((node(2), -18_000_000), (node(3), 900_000)), against=(node(2),))
    view = replace(VIEW, clocks=clocks, left_out=(node(2),))
    told = describe_network(replace(STATUS, view=view))
    assert [(each.ahead_ms, each.left_out) for each in told.clocks_off] == [(-18_000_000, True), (900_000, False)]
    assert [len(each.node) for each in told.clocks_off] == [12, 12]
    assert (told.clocks_agreeing, told.clock_alone) == (1, None)


def test_when_the_own_clock_is_the_odd_one_the_others_are_not_off_but_against_it() -> None:
    off = ((node(1), 18_000_000), (node(2), 18_000_000), (node(3), 900_000))
    view = replace(VIEW, clocks=Clocks((), off, (node(1), node(2)), is_alone=True))
    told = describe_network(replace(STATUS, view=view))
    assert told.clock_alone is not None
    assert [each.ahead_ms for each in told.clock_alone.against] == [18_000_000, 18_000_000]
    assert [each.ahead_ms for each in told.clocks_off] == [900_000]


def test_each_linked_node_has_one_source() -> None:
    told = describe_network(STATUS)
    assert set(told.peers_by_source) == set(SOURCES)
    assert told.peers_by_source["mainline"] == 2
    assert told.peers_by_source["incoming"] == 1  # the leaf
    assert sum(told.peers_by_source.values()) == told.peers


def test_custodians_of_the_mail_are_told_by_short_names() -> None:
    first, second = describe_network(STATUS).mailboxes
    assert (first.bits, first.agree, second.agree) == (3, True, None)
    assert [len(name) for name in first.custodians] == [12, 12]
    assert describe_network(STATUS).copies_agree is True


def test_traffic_is_that_of_the_last_hour_with_what_the_other_dht_costs() -> None:
    finding = FindingStatus(MainlineStatus(), LanStatus(), Hour(10, 20, 3600.0))
    told = describe_network(replace(STATUS, hour=Hour(1000, 2000, 1800.0), finding=finding))
    assert (told.hour_out, told.hour_in, told.hour_seconds) == (1010, 2020, 1800.0)
    assert told.cover_bytes_per_day == {name: pace.bytes_per_day for name, pace in PACES.items()}
    assert told.pace == "strong"


def test_a_finder_that_does_not_run_says_why() -> None:
    told = describe_network(STATUS)
    assert told.mainline is not None
    assert told.lan is not None
    assert (told.mainline.running, told.mainline.reason) == (False, "libtorrent is not installed")
    assert (told.lan.running, told.lan.contacts, told.lan.heard) == (True, 2, 5)


def test_a_leaf_keeps_nothing() -> None:
    leaf = NodeStatus(
        LOOPBACK, Role.LEAF, (), 0, 0, 0, Counters(), NodeSnapshot("unknown", None, None, 0, 0, 0, NORMAL, 0, 0, {}),
        FindingStatus(),
    )  # fmt: skip
    told = describe_network(leaf)
    assert (told.role, told.public, told.parcels, told.swarm, told.price_factor) == ("leaf", "", 0, 0, 1)
    assert (told.mainline, told.lan, told.mailboxes, told.copies_agree) == (None, None, [], None)


def test_a_pace_is_known_by_its_name() -> None:
    assert [name_of(pace_of(name, NORMAL)) for name in PACES] == list(PACES)
    assert pace_of("normal", HURRIED) == HURRIED
    assert pace_of("strong", HURRIED) == STRONG


@pytest.mark.trio
@pytest.mark.network
async def test_what_goes_over_the_wire_is_counted_on_both_sides(tmp_path: Path) -> None:
    async with (
        open_node(
            tmp_path / "a.db", database_key=bytes(32), node_secret=bytes(32), options=alone(), tuning=CHEAP
        ) as first,
        open_node(
            tmp_path / "b.db", database_key=bytes(32), node_secret=bytes([1]) * 32, options=alone(first.spec),
            tuning=CHEAP,
        ) as second,
    ):  # fmt: skip
        with trio.fail_after(PATIENCE):
            while not (first.links_up() and second.links_up()):  # noqa: ASYNC110 - a link comes up without an event
                await trio.sleep(0.01)
        one, other = first.status(), second.status()
        assert 0 < one.bytes_in <= other.bytes_out
        assert 0 < other.bytes_in <= one.bytes_out
        assert describe_network(other).peers_by_source["join"] == 1
        assert describe_network(one).peers_by_source["incoming"] == 1
