"""Three nodes that connect, talk, hang up, start anew, move and lose their network, in any order."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.link.events import CellReceived, LinkDown, LinkId, LinkUp, MessageReceived
from net.link.frames import CELL_SIZE
from tests.support.link_world import Host, Weather, World

NAMES: tuple[str, ...] = ("alice", "bob", "carol")
names = st.sampled_from(NAMES)
# Who sent it, in which life, on which of its links, the how-manieth on that link.
Origin = tuple[str, int, int]


class Chaos(RuleBasedStateMachine):
    """Checks after every step what an owner may rely on."""

    @initialize(seed=st.integers(0, 2**32), delay=st.floats(0, 0.1), jitter=st.floats(0, 0.1))
    def begin(self, seed: int, delay: float, jitter: float) -> None:
        self.world = World(*NAMES, seed=1, weather=Weather(loss=0.05, double=0.1, delay=delay, jitter=jitter))
        self.world.random = Random(seed)
        self.lives = dict.fromkeys(NAMES, 1)
        self.up: dict[str, dict[LinkId, NodeId]] = {name: {} for name in NAMES}
        self.sent: dict[Origin, int] = {}
        self.got: dict[tuple[Origin, str, int], int] = {}

    @rule(name=names, other=names, with_key=st.booleans())
    def connect(self, name: str, other: str, with_key: bool) -> None:
        peer = self.world[other].layer.node_id if with_key else None
        self.world[name].layer.connect(self.world[other].endpoint, peer, self.world.now)

    @rule(name=names, count=st.integers(1, 12), size=st.integers(0, 4000))
    def talk(self, name: str, count: int, size: int) -> None:
        layer = self.world[name].layer
        for info in layer.links():
            origin = (name, self.lives[name], info.link)
            layer.send_cell(info.link, bytes(CELL_SIZE), self.world.now)
            for _ in range(count):
                number = self.sent.get(origin, 0)
                message = f"{name}:{origin[1]}:{origin[2]}:{number}:".encode() + bytes(size)
                try:
                    layer.send_message(info.link, message, self.world.now)
                except Overloaded:
                    break
                self.sent[origin] = number + 1

    @rule(name=names)
    def hang_up(self, name: str) -> None:
        for info in self.world[name].layer.links()[:1]:
            self.world[name].layer.close(info.link, self.world.now)

    @rule(name=names)
    def start_anew(self, name: str) -> None:
        self.check()
        self.lives[name] += 1
        self.world.replace(name, seed=self.lives[name])
        self.up[name] = {}

    @rule(name=names, host=st.integers(1, 250), port=st.integers(1, 65535))
    def move(self, name: str, host: int, port: int) -> None:
        if all(other.endpoint.host != f"10.1.0.{host}" for other in self.world.hosts.values()):
            self.world[name].endpoint = Endpoint(f"10.1.0.{host}", port)

    @rule(loss=st.sampled_from([0.0, 0.1, 0.3, 1.0]))
    def turn_the_weather(self, loss: float) -> None:
        self.world.weather.loss = loss

    @rule(seconds=st.sampled_from([0.01, 0.2, 1.0, 5.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.world.run(seconds)
        self.check()

    def check(self) -> None:
        self.world.flush()
        for name in NAMES:
            host = self.world[name]
            for event in host.events:
                if isinstance(event, LinkUp):
                    assert event.peer not in self.up[name].values(), "two links to one peer"
                    self.up[name][event.link] = event.peer
                elif isinstance(event, LinkDown):
                    assert self.up[name].pop(event.link) == event.peer
                elif isinstance(event, MessageReceived | CellReceived):
                    assert event.link in self.up[name], "a message of a link that is not up"
                    if isinstance(event, MessageReceived):
                        self.check_message(name, event)
            host.events.clear()
            assert {info.link for info in host.layer.links()} == set(self.up[name])

    def check_message(self, name: str, event: MessageReceived) -> None:
        sender, life, link, number, _ = event.data.decode().split(":")
        key = ((sender, int(life), int(link)), name, self.lives[name])
        assert int(number) == self.got.get(key, 0), "lost, twice or out of order"
        self.got[key] = int(number) + 1

    def teardown(self) -> None:
        """In fair weather both ends of every link agree, and whatever was sent on it arrived."""
        if not hasattr(self, "world"):
            return
        self.world.weather.loss = 0.0
        self.world.run(120)
        self.check()
        for name in NAMES:
            for info in self.world[name].layer.links():
                other = next(other for other in NAMES if self.world[other].layer.node_id == info.peer)
                assert self.world[name].layer.node_id in self.up[other].values(), "a link with one end"
                origin = (name, self.lives[name], info.link)
                assert self.got.get((origin, other, self.lives[other]), 0) == self.sent.get(origin, 0)


TestChaos = Chaos.TestCase
TestChaos.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_the_world_keeps_a_nodes_key_when_it_starts_anew() -> None:
    world = World("alice")
    before: Host = world["alice"]
    assert world.replace("alice", seed=2).layer.node_id == before.layer.node_id
