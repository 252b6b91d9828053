"""Finding each other on real networks: namespaces with NATs and without a way out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import pytest

from tests.support.lab_world import LabWorld, nat_of, talk
from tests.support.nat_box import NatKind
from tests.support.netlab import LabHost, NetLab, Programs, Weather, lines, why_not
from tests.support.story_world import PEOPLE

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

PATIENCE = 20.0
PORT = 4000

# Sends "HOST PORT TEXT" from a line to there, says "HOST PORT TEXT" of what came.
TALKER = f"""
import socket, sys, threading
talk = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
talk.bind(("0.0.0.0", {PORT}))
def hear():
    while True:
        data, source = talk.recvfrom(2000)
        print(*source, data.decode(), flush=True)
threading.Thread(target=hear, daemon=True).start()
print("ready", flush=True)
for line in sys.stdin:
    host, port, text = line.split()
    talk.sendto(text.encode(), (host, int(port)))
"""

# Two stock nodes of the BitTorrent DHT, the second of which knows the first; says at which ports they are.
ROUTERS = """
import sys
import libtorrent as lt
from net.rendezvous.mainline import PRIVATE_RULES
def stock(**known):
    quiet = {"enable_lsd": False, "enable_upnp": False, "enable_natpmp": False}
    session = lt.session({"listen_interfaces": sys.argv[1] + ":0", **known, **quiet, **PRIVATE_RULES})
    while not session.listen_port():
        session.wait_for_alert(100)
    print(session.listen_port(), flush=True)
    return session
first = stock(dht_bootstrap_nodes="")
second = stock(dht_bootstrap_nodes=f"{sys.argv[1]}:{first.listen_port()}")
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[NetLab]:
    if reason := why_not():
        pytest.skip(reason)
    with NetLab() as made:
        yield made


@pytest.fixture
def programs() -> Iterator[Programs]:
    started = Programs()
    yield started
    started.close()


class Talker:
    """A program on a host that sends and hears."""

    def __init__(self, host: LabHost, programs: Programs) -> None:
        self.host = host
        self._process = programs.start(host, sys.executable, "-c", TALKER)
        assert lines(self._process, 1, PATIENCE) == ["ready"]

    def say(self, to: str, port: int, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{to} {port} {text}\n")

    def hear(self) -> tuple[str, int, str]:
        """The next datagram: from where, and its text."""
        [line] = lines(self._process, 1, PATIENCE)
        host, port, text = line.split()
        return host, int(port), text


@pytest.mark.parametrize("kind", list(NatKind))
def test_a_nat_lets_in_whom_its_kind_lets_in(lab: NetLab, programs: Programs, kind: NatKind) -> None:
    internet = lab.internet()
    hidden = Talker(internet.host(kind), programs)
    friend, stranger = Talker(internet.host(), programs), Talker(internet.host(), programs)
    hidden.say(friend.host.public, PORT, "hello")
    host, port, text = friend.hear()
    assert (host, text) == (hidden.host.public, "hello")
    stranger.say(host, port, "guess")
    stranger.say(friend.host.public, PORT, "guessed")
    assert friend.hear()[2] == "guessed"
    friend.say(host, port, "answer")
    heard = hidden.hear()
    if kind is NatKind.FULL_CONE:
        assert heard == (stranger.host.public, PORT, "guess")
    else:
        assert heard == (friend.host.public, PORT, "answer")
    hidden.say(stranger.host.public, PORT, "again")
    assert (stranger.hear()[1] == port) is (kind is not NatKind.SYMMETRIC)


def test_weather_loses_delays_and_reorders(lab: NetLab, programs: Programs) -> None:
    internet = lab.internet(Weather(loss=0.3))
    one, other = Talker(internet.host(), programs), Talker(internet.host(), programs)
    for text in [*map(str, range(200)), *["end"] * 20]:
        one.say(other.host.public, PORT, text)
    heard: list[str] = []
    while (text := other.hear()[2]) != "end":
        heard.append(text)
    assert 100 < len(heard) < 180
    assert heard == sorted(heard, key=int)
    internet.weather = Weather(delay=0.06, jitter=0.04)
    began = time.monotonic()
    for number in range(50):
        one.say(other.host.public, PORT, f"late{number}")
    late = [text for text in iter(lambda: other.hear()[2], "late49") if text != "end"]
    assert time.monotonic() - began > 0.02
    assert late != sorted(late, key=lambda text: int(text[4:])) or len(late) < 49


@pytest.fixture
def world(origin: Path, tmp_path: Path) -> Iterator[LabWorld]:
    """Nobody yet."""
    made = LabWorld.plan(tmp_path / "world", origin)
    yield made
    made.close()


def test_people_find_each_other_on_a_cable_with_no_way_out(lab: NetLab, world: LabWorld) -> None:
    one, other, *rest = lab.lan(4)
    world.finding = ("--no-mainline",)
    world.start_nodes(rest, is_joined=False)
    alice, bob = world.open({"alice": one, "bob": other})
    talk(world, alice, bob, "along the cable")
    assert sum(rpc.call("network.status")["peers_by_source"]["lan"] for rpc in (alice, bob)) > 0
    assert nat_of(alice) == nat_of(bob) == ("open", True)


def test_people_behind_nats_find_each_other_in_the_mainline_dht(
    lab: NetLab, world: LabWorld, programs: Programs
) -> None:
    pytest.importorskip("libtorrent", reason="no libtorrent here")
    internet = lab.internet()
    meeting_place = internet.host()
    stock = programs.start(meeting_place, sys.executable, "-c", ROUTERS, meeting_place.address)
    ports = lines(stock, 2, PATIENCE)
    routers = [part for port in ports for part in ("--mainline-router", f"{meeting_place.address}:{port}")]
    world.finding = ("--no-lan", *routers)
    world.start_nodes([internet.host() for _ in range(4)], is_joined=False)
    hidden = internet.host(NatKind.PORT_RESTRICTED), internet.host(NatKind.SYMMETRIC)
    alice, bob = world.open(dict(zip(PEOPLE, hidden, strict=True)))
    talk(world, alice, bob, "by the topic of the day")
    assert sum(rpc.call("network.status")["peers_by_source"]["mainline"] for rpc in (alice, bob)) > 0


@pytest.mark.parametrize("kind", [NatKind.PORT_RESTRICTED, pytest.param(NatKind.FULL_CONE, marks=pytest.mark.full)])
def test_two_newcomers_behind_cones_are_all_that_is_needed(
    lab: NetLab, world: LabWorld, programs: Programs, kind: NatKind
) -> None:
    """Found by the DHT alone, and nobody else is there."""
    pytest.importorskip("libtorrent", reason="no libtorrent here")
    internet = lab.internet()
    meeting_place = internet.host()
    stock = programs.start(meeting_place, sys.executable, "-c", ROUTERS, meeting_place.address)
    ports = lines(stock, 2, PATIENCE)
    routers = [part for port in ports for part in ("--mainline-router", f"{meeting_place.address}:{port}")]
    world.finding = ("--no-lan", *routers)
    alice, bob = world.open(dict(zip(PEOPLE, [internet.host(kind) for _ in PEOPLE], strict=True)))
    talk(world, alice, bob, "by the topic of the day")


class NodeProgram:
    """A node on a host; what it says is remembered."""

    def __init__(self, host: LabHost, programs: Programs, seed: int) -> None:
        self.host = host
        words = [sys.executable, "-m", "tests.support.reach_program", host.address, str(seed)]
        self._process = programs.start(host, *words)
        self._said: set[str] = set()

    @cached_property
    def key(self) -> str:
        return self._until("key ").removeprefix("key ")

    def do(self, *words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(words) + "\n")

    def join(self, other: NodeProgram) -> None:
        self.do("connect", other.host.public, str(PORT), other.key)
        self.until(f"linked {other.key}")

    def until(self, wanted: str) -> None:
        self._until(wanted)

    def _until(self, wanted: str) -> str:
        while not (said := [line for line in self._said if line.startswith(wanted)]):
            heard = lines(self._process, 1, PATIENCE)
            assert heard, f"{wanted} was not heard, only {self._said}"
            self._said |= set(heard)
        return said[0]


def test_nodes_behind_nats_learn_their_class_and_are_introduced(lab: NetLab, programs: Programs, is_full: bool) -> None:
    if not is_full:
        pytest.skip("told with --full; net/reach/test_reach.py tells it on a wire without sockets")
    internet = lab.internet(Weather(delay=0.04, jitter=0.02))
    # All at one provider, so to say: the addresses of the lab are not public, and each node has a vote.
    helpers = [NodeProgram(internet.host(), programs, seed) for seed in range(3)]
    third = NodeProgram(internet.host(), programs, 3)
    cone = NodeProgram(internet.host(NatKind.FULL_CONE), programs, 10)
    one, other = (NodeProgram(internet.host(NatKind.PORT_RESTRICTED), programs, seed) for seed in (11, 12))
    for helper in helpers:
        helper.join(third)
    for node in (cone, one, other):
        for helper in helpers:
            node.join(helper)
    one.do("introduce", other.key, helpers[0].key)
    one.until(f"linked {other.key}")
    other.until(f"linked {one.key}")
    cone.until("nat cone")
    one.until("nat restricted")
