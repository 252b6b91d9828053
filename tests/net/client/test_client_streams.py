"""Whatever circuits do, every tag of a custodian is reported once, in the order of its arrival."""

from __future__ import annotations

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from net.bucket import Bucket
from net.events import TagsArrived
from net.ids import Cursor, NodeId, Tag
from tests.support.swarm import Swarm, node_of

EVERYTHING = Bucket(0, 0)
NAMES = ("a", "b")
nodes = st.sampled_from([node_of(name) for name in NAMES])


class Circuits(RuleBasedStateMachine):
    """Boxes arrive, circuits end at any moment, time passes, the program starts anew."""

    @initialize()
    def begin(self) -> None:
        self.count = 0
        self.reported: dict[NodeId, list[Tag]] = {node_of(name): [] for name in NAMES}
        self.arrived: dict[NodeId, list[Tag]] = {node_of(name): [] for name in NAMES}
        self.swarm = Swarm(*NAMES)
        self.swarm.read(0)

    @rule(node=nodes, count=st.integers(1, 5))
    def a_custodian_gets_boxes(self, node: NodeId, count: int) -> None:
        for _ in range(count):
            self.count += 1
            tag = Tag(self.count.to_bytes(8, "big"))
            self.swarm.keepers[node].log.append((tag, 0))
            self.arrived[node].append(tag)

    @rule(node=nodes, pieces=st.integers(0, 2))
    def a_circuit_ends_among_its_pieces(self, node: NodeId, pieces: int) -> None:
        for piece in self.swarm.keepers[node].pieces()[:pieces]:
            self.swarm.tell(node, piece)
        self.swarm.lose(node)

    @rule(node=nodes)
    def a_circuit_ends_before_it_opened(self, node: NodeId) -> None:
        self.swarm.lose(node)
        self.swarm.client.handle_timeout(self.swarm.now)
        self.swarm.lose(node)

    @rule(node=nodes, is_there=st.booleans())
    def a_way_closes_or_opens(self, node: NodeId, is_there: bool) -> None:
        (self.swarm.unreachable.discard if is_there else self.swarm.unreachable.add)(node)

    @rule(seconds=st.sampled_from([0.1, 3.0, 40.0]))
    def time_passes(self, seconds: float) -> None:
        self.swarm.wait(seconds)

    @rule()
    def the_program_starts_anew(self) -> None:
        self.collect()
        cursors = self.swarm.cursors
        keepers, now = self.swarm.keepers, self.swarm.now
        self.swarm = Swarm(*NAMES)
        self.swarm.keepers, self.swarm.now, self.swarm.cursors = keepers, now, cursors
        for keeper in keepers.values():
            keeper.streams.clear()
        self.swarm.read(0)

    @invariant()
    def all_that_is_reported_came_once_and_in_order(self) -> None:
        self.collect()
        for node, tags in self.reported.items():
            assert tags == self.arrived[node][: len(tags)]

    def collect(self) -> None:
        for event in self.swarm.happened(TagsArrived):
            self.reported[event.custodian].extend(event.tags)
            assert event.cursor == Cursor(b"the run!", len(self.reported[event.custodian]))

    def teardown(self) -> None:
        self.swarm.unreachable.clear()
        self.swarm.wait(400)
        self.collect()
        assert self.reported == self.arrived


TestCircuits = Circuits.TestCase
TestCircuits.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
