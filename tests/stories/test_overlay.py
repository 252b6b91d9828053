"""Twelve nodes, two people on leaves, and a BitTorrent DHT as their only meeting place: P2 and P3 seen from outside.

The two are strangers, each node knows no other, and every datagram is overheard. What must hold of it:

- Datagrams of the overlay have two sizes and look like noise; no secret is in them, nor on the disk of any node.
- A leaf exchanges datagrams with its guards alone, once it has let go of those by whom it found the network. They were
  drawn before it heard of the other person, and nothing that the two do together changes with whom it exchanges any: so
  nobody who sees its line learns anything from *whom* it sees.
- So the two exchange none.

That a leaf's guards are custodians of the other's inbox, or the other's guards, no more often than chance has it cannot be
seen here: below 18 nodes everybody is a custodian of everything, so chance has all three guards be custodians of the
other's inbox, and 3 · 3 / 12 = 0.75 of them guards of the other. ``tests.net.overlay.test_leaf_privacy`` has it from many
leaves.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.packet_tap import Packet, Tap
from tests.support.processes import ROOT, Place, Process, Rpc
from tests.support.story_world import PASSCODE, World, meet, send, wait_received, wait_states
from tests.support.wiretap import judge_overlay, leaks, spellings

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(300)]

NODES = 12
DHT_NODES = 4
GUARDS = 3
FAMILY = "von Sternberg"
TEXTS = ["Meet me at the old lighthouse", "the grey door, not the red one", "bring the brass compass " * 40]
ANSWERS = ["I shall be there before the tide turns", "with the compass and a lantern"]


@pytest.fixture
def tap(tmp_path: Path) -> Generator[Tap]:
    opened = Tap.open(tmp_path / "packets", ROOT)
    if opened is None:
        pytest.skip("this system allows no network namespace, so nothing can be overheard")
    yield opened
    opened.close()


@pytest.fixture
def dht(tap: Tap, tmp_path: Path) -> Generator[int]:
    """The port of a router that knows three more."""
    pytest.importorskip("libtorrent", reason="no libtorrent here")
    command = [*tap.prefix, sys.executable, "-m", "tests.support.stock_dht", str(DHT_NODES)]
    process = Process("DHT", command, Place(tmp_path / "dht"))
    try:
        line = process.lines.get(timeout=30)
        assert line is not None, process.failure("did not start")
        yield json.loads(line)[0]
    finally:
        process.kill()


@pytest.fixture
def village(tap: Tap, dht: int, strangers: dict[str, Place], tmp_path: Path) -> Generator[World]:
    """Nodes and people who find each other by the DHT or not at all."""
    world = World.plan(tmp_path / "village", (), NODES)
    for name, place in strangers.items():
        world.take_in(name, place)
    world.finding = ("--no-lan", "--mainline-router", f"127.0.0.1:{dht}")
    world.leaves = frozenset(strangers)
    world.prefix = tap.prefix
    try:
        yield world
    finally:
        world.close()


def test_strangers_meet_and_talk_and_nobody_learns_of_it(village: World, tap: Tap) -> None:
    for node in [village.start_node(name) for name in village.node_names]:
        node.wait_ready()
    carol, dave = village.open_all(["carol", "dave"])
    secrets: dict[str, bytes] = {"passcode": PASSCODE.encode(), "name": FAMILY.encode()}
    for rpc in (carol, dave):
        rpc.call("account.rename", name=f"{rpc.name} {FAMILY}")
        secrets |= secrets_of(rpc)
    drawn = {rpc.name: rpc.until("guards alone", lambda rpc=rpc: guards_alone(rpc)) for rpc in (carol, dave)}  # type: ignore[misc]  # bound at once
    before = len(tap.so_far())

    secrets |= converse(carol, dave)

    assert {rpc.name: guards_alone(rpc) for rpc in (carol, dave)} == drawn
    for process in village.processes:
        process.kill()
    packets, ports = tap.so_far(), set(village.ports.values())
    overlay = [each for each in packets if each.source in ports]
    assert {each.destination for each in overlay} <= ports, "a node sent something to the DHT from its own port"
    assert {each.source for each in packets if each.destination in ports} <= ports
    judge_overlay(overlay)
    judge_lines(packets[before:], village, drawn)
    assert leaks(b"".join(each.payload for each in packets), secrets) == []
    judge_disks(village, secrets)


def secrets_of(rpc: Rpc) -> dict[str, bytes]:
    identity = str(rpc.call("account.info")["identity"])
    key = base64.b32decode(identity.upper() + "====")[:32]
    return {f"identity of {rpc.name}": identity.encode(), f"key of {rpc.name}": key}


def guards_alone(rpc: Rpc) -> set[int]:
    """Return the ports of the nodes where somebody's traffic enters the network, if there are no other links any more."""
    links = rpc.call("network.status")["links"]
    found = {int(link["endpoint"].rpartition(":")[2]) for link in links if link["following"]}
    return found if len(found) == len(links) == GUARDS else set()


def converse(carol: Rpc, dave: Rpc) -> dict[str, bytes]:
    """Let dave greet carol and both talk; return everything that must not be seen anywhere."""
    link = str(carol.call("invite.create", expires_in=600)["link"])
    c, d = meet(carol, dave)
    send(carol, c, TEXTS)
    send(dave, d, ANSWERS)
    wait_received(dave, d, TEXTS)
    wait_received(carol, c, ANSWERS)
    wait_states(carol, c, TEXTS, ["delivered"])
    wait_states(dave, d, ANSWERS, ["delivered"])
    body = link.partition(":")[2]
    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    secrets = {f"text {text[:12]}": text[:25].encode() for text in (*TEXTS, *ANSWERS)}
    return secrets | {"link": link[10:40].encode(), "link's secret": raw[38:54], "greeting": b"hello, dave here"}


def judge_lines(packets: list[Packet], village: World, drawn: dict[str, set[int]]) -> None:
    """Check with whom each person exchanged datagrams: with all guards, and with nobody else of the overlay."""
    ports = set(village.ports.values())
    for name, expected in drawn.items():
        own = village.ports[name]
        ends = [(each.source, each.destination) for each in packets if own in (each.source, each.destination)]
        met = {end for pair in ends for end in pair} - {own}
        assert met & ports == expected
        assert village.ports["dave" if name == "carol" else "carol"] not in met


def judge_disks(village: World, secrets: dict[str, bytes]) -> None:
    for name in village.ports:
        files = village.place(name).files()
        assert any(path.stat().st_size for path in files)
        for path in files:
            assert leaks(path.read_bytes(), secrets) == [], f"{name}: {path.name}"
            assert leaks(path.name.encode(), secrets) == []


def test_the_leak_finder_finds() -> None:
    secrets = {"text": b"Meet me at the old lighthouse"}
    for data in (b"xx" + s + b"yy" for s in spellings(secrets["text"])):
        assert leaks(data, secrets)
    assert not leaks(b"nothing of interest", secrets)
    assert leaks(base64.b64encode(b"ab" + secrets["text"] + b"tail"), secrets)
