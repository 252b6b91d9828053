"""Links without ciphers: what simulations rely on, they share with real links."""

from __future__ import annotations

from functools import partial
from random import Random

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.attempts import ATTEMPT_LIFE, PROBE_LIFE
from net.link.events import CellReceived, ConnectFailed, LinkDown, LinkEvent, LinkUp, MessageReceived, Role
from net.link.frames import CELL_SIZE
from net.link.session import DOWN_AFTER, PROBE_AFTER
from simulator.plain_links import PlainLinks, Resident
from simulator.world import Host, Path, World

WAVERING = Path(latency=0.02, jitter=0.2)


class Ends:
    """Two hosts with links, and what each was told."""

    def __init__(self, seed: int = 1, path: Path | None = None, features: int = 0) -> None:
        self.features = features
        self.world = World(seed, path)
        self.heard: dict[Endpoint, list[LinkEvent]] = {}
        self.one = self.add()
        self.other = self.add()

    def add(self) -> Host:
        return self.world.add(self._build)

    def _build(self, host: Host) -> PlainLinks:
        heard = self.heard.setdefault(host.endpoint, [])
        host.on_event = lambda event, _now: heard.append(event)
        return PlainLinks(
            node_id=node_of(host),
            role=Role.FULL,
            random=host.rng.randbytes,
            census=self._census,
            features=self.features,
        )

    def _census(self, endpoint: Endpoint) -> Resident | None:
        host = self.world.hosts.get(endpoint)
        return Resident(node_of(host), host.life) if host is not None and host.is_up else None

    def connect(self, host: Host, to: Host, *, is_known: bool = True, is_probe: bool = False) -> None:
        peer = node_of(to) if is_known else None
        host.do(lambda now: links_of(host).connect(to.endpoint, peer, now, is_probe=is_probe))

    def send(self, host: Host, *messages: bytes) -> None:
        for message in messages:
            host.do(partial(links_of(host).send_message, links_of(host).links()[0].link, message))

    def of(self, host: Host, kind: type[LinkEvent]) -> list[LinkEvent]:
        return [event for event in self.heard[host.endpoint] if isinstance(event, kind)]

    def messages(self, host: Host) -> list[bytes]:
        return [event.data for event in self.heard[host.endpoint] if isinstance(event, MessageReceived)]


def node_of(host: Host) -> NodeId:
    return NodeId(Random(repr(host.endpoint)).randbytes(32))


def links_of(host: Host) -> PlainLinks:
    assert isinstance(host.machine, PlainLinks)
    return host.machine


def test_features_are_told_as_by_real_links() -> None:
    ends = Ends(features=9)
    ends.connect(ends.one, ends.other)
    ends.world.run_for(1)
    for host in (ends.one, ends.other):
        [info] = links_of(host).links()
        assert info.features == links_of(host).features_of(info.link) == 9
        assert [up.features for up in ends.of(host, LinkUp) if isinstance(up, LinkUp)] == [9]


def is_waiting(ends: Ends) -> bool:
    return not ends.of(ends.other, LinkUp)


def linked(path: Path | None = None, seed: int = 1) -> Ends:
    ends = Ends(seed, path)
    ends.connect(ends.one, ends.other)
    ends.world.run_for(5)
    return ends


def test_a_link_comes_up_at_both_ends_and_carries_messages_and_cells() -> None:
    ends = linked()
    ends.send(ends.one, b"there")
    ends.send(ends.other, b"and back")
    links = links_of(ends.one)

    def send_cell(now: Instant) -> None:
        assert links.send_cell(links.links()[0].link, bytes(CELL_SIZE), now)

    ends.one.do(send_cell)
    ends.world.run_for(1)
    assert ends.messages(ends.other) == [b"there"]
    assert ends.messages(ends.one) == [b"and back"]
    assert len(ends.of(ends.other, CellReceived)) == 1
    assert [event.peer for event in ends.of(ends.one, LinkUp) if isinstance(event, LinkUp)] == [node_of(ends.other)]


def test_messages_keep_their_order_though_datagrams_overtake_each_other() -> None:
    ends = linked(WAVERING)
    messages = [bytes([number]) for number in range(100)]
    ends.send(ends.one, *messages)
    ends.world.run_for(20)
    assert ends.messages(ends.other) == messages


def test_words_that_overtake_the_answer_are_kept_until_it_comes() -> None:
    for seed in range(20):
        ends = Ends(seed, WAVERING)
        ends.connect(ends.one, ends.other)
        ends.world.run_while(partial(is_waiting, ends), 5, step=0.001)
        ends.send(ends.other, b"welcome", b"stranger")
        ends.world.run_for(5)
        assert ends.messages(ends.one) == [b"welcome", b"stranger"], seed
        assert not ends.of(ends.one, LinkDown), seed


def test_of_two_that_call_each_other_at_once_one_link_stays() -> None:
    for seed in range(20):
        ends = Ends(seed, Path(latency=0.05, jitter=0.01))
        for host, to in ((ends.one, ends.other), (ends.other, ends.one)):
            ends.connect(host, to, is_known=seed % 2 == 0)
        ends.world.run_for(5)
        ends.send(ends.one, b"a")
        ends.send(ends.other, b"b")
        ends.world.run_for(5)
        for host, message in ((ends.one, b"b"), (ends.other, b"a")):
            assert ends.messages(host) == [message]
            assert len(ends.of(host, LinkUp)) == 1
            assert not ends.of(host, LinkDown) + ends.of(host, ConnectFailed)


def test_nobody_at_home_is_found_out_in_time() -> None:
    ends = Ends()
    ends.other.kill()
    ends.connect(ends.one, ends.other)
    ends.world.run_for(ATTEMPT_LIFE - 0.1)
    assert not ends.of(ends.one, ConnectFailed)
    ends.world.run_for(0.2)
    assert len(ends.of(ends.one, ConnectFailed)) == 1
    ends.connect(ends.one, ends.other, is_probe=True)
    ends.world.run_for(PROBE_LIFE + 0.1)
    assert len(ends.of(ends.one, ConnectFailed)) == 2


def test_who_answers_instead_of_another_is_refused() -> None:
    ends = Ends()
    ends.one.do(lambda now: links_of(ends.one).connect(ends.other.endpoint, node_of(ends.one), now))
    ends.one.do(lambda now: links_of(ends.one).connect(ends.other.endpoint, NodeId(bytes(32)), now))
    ends.world.run_for(1)
    reasons = [event.reason for event in ends.of(ends.one, ConnectFailed) if isinstance(event, ConnectFailed)]
    assert reasons == ["ourselves", "another node"]


def test_a_dead_peer_is_noticed_sooner_when_something_is_owed() -> None:
    ends = linked()
    ends.other.kill()
    ends.send(ends.one, b"anybody there?")
    ends.world.run_for(DOWN_AFTER + 0.1)
    assert len(ends.of(ends.one, LinkDown)) == 1
    ends = linked()
    ends.other.kill()
    ends.world.run_for(PROBE_AFTER + DOWN_AFTER + 0.1)
    assert len(ends.of(ends.one, LinkDown)) == 1


def test_a_peer_that_came_back_is_not_taken_for_the_one_that_was_there() -> None:
    ends = linked()
    ends.other.restart()
    ends.world.run_for(PROBE_AFTER + DOWN_AFTER + 0.1)
    assert len(ends.of(ends.one, LinkDown)) == 1
    ends.connect(ends.other, ends.one)
    ends.world.run_for(1)
    ends.send(ends.other, b"here again")
    ends.world.run_for(1)
    assert ends.messages(ends.one) == [b"here again"]


def test_what_is_closed_is_closed_at_both_ends() -> None:
    ends = linked()
    ends.one.do(lambda now: links_of(ends.one).close(links_of(ends.one).links()[0].link, now))
    ends.world.run_for(1)
    assert len(ends.of(ends.other, LinkDown)) == len(ends.of(ends.one, LinkDown)) == 1
    assert not links_of(ends.one).links() + links_of(ends.other).links()
