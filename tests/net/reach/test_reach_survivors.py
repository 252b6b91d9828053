"""What favours cannot be turned into: nobody has us knock where he could not, or more often than it costs him."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import LinkId, Role
from net.messages import AskDialBack, AskPeers, Introduce, Introduction, Message, Peers, PleaseDial, encode_message
from net.node.linked_peers import ASK_BURST
from net.numbers import FIRST_PORT
from net.peers.link_pool import Contact
from net.peers.table import PeerTable
from net.reach.address import pack_host
from net.reach.dial_back_service import ADDRESS_PAUSE, ALL_DIALS_BURST, DIAL_BACK_BURST, DIAL_BURST, DialBackService
from net.reach.introductions import FOLLOW_BURST, INTRODUCE_BURST, Introductions
from net.reach.neighbours import Neighbour, Neighbours
from simulator import World
from simulator.nodes import full_node, plain_tuning
from tests.support.parcels import NOW
from tests.support.villains import override, parts_of

LINK, OTHER = LinkId(1), LinkId(2)
PUBLIC = "14.0.0.7"


def node(number: int) -> NodeId:
    return NodeId(number.to_bytes(32, "big"))


def target(number: int = 0, port: int = 4000) -> Endpoint:
    """Return an address out in the world, each in a network of its own."""
    return Endpoint(f"11.{number % 200}.{number // 200}.1", port)


def please_dial(number: int, endpoint: Endpoint) -> PleaseDial:
    return PleaseDial(number, pack_host(endpoint.host), endpoint.port, node(1000 + number))


class Helper:
    """A node with one neighbour out in the world on ``LINK`` and as many others as wanted."""

    def __init__(self, host: str = PUBLIC, others: int = 0) -> None:
        self.neighbours = Neighbours()
        self.add(LINK, host)
        for number in range(others):
            self.add(LinkId(10 + number), f"12.{number}.0.1")
        self.dialled: list[Endpoint] = []
        self.is_probe: list[bool] = []
        self.sent: list[tuple[LinkId, Message]] = []
        self.asked: list[Message] = []
        self.dial_back_service = DialBackService(self.neighbours, self, Random(1), self._send, self._probe)
        self.introductions = Introductions(self.neighbours, self._send, self._connect)

    def add(self, link: LinkId, host: str, *, is_chosen: bool = True) -> None:
        self.neighbours.add(Neighbour(link, node(link), Endpoint(host, 4000), Role.FULL, is_chosen))

    def _send(self, link: LinkId, message: Message, now: Instant) -> bool:
        self.sent.append((link, message))
        return True

    def _probe(self, endpoint: Endpoint, peer: NodeId, now: Instant) -> None:
        self.dialled.append(endpoint)

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        self.dialled.append(endpoint)
        self.is_probe.append(is_probe)

    def call(
        self,
        contact: Contact,
        make: Callable[[int], Message],
        now: Instant,
        then: Callable[[Message | None, Instant], None],
        patience: float = 5.0,
    ) -> None:
        self.asked.append(make(1))

    def dial(self, number: int, endpoint: Endpoint, link: LinkId = LINK, now: Instant = NOW) -> None:
        self.dial_back_service.dial(link, please_dial(number, endpoint), now, is_known=False)


# --- dialling for others ----------------------------------------------------------------------------------------------


def test_a_favour_dials_no_port_of_another_service() -> None:
    helper = Helper()
    for number, port in enumerate((22, 53, FIRST_PORT - 1)):
        helper.dial(number, target(number, port))
    assert helper.dialled == []
    helper.dial(3, target(3, FIRST_PORT))
    assert helper.dialled == [target(3, FIRST_PORT)]


@pytest.mark.parametrize("host", ["127.0.0.1", "192.168.1.1", "10.0.0.1", "fd00::1"])
def test_a_favour_for_somebody_out_there_dials_nobody_in_this_house(host: str) -> None:
    helper = Helper()
    helper.dial(1, Endpoint(host, 4000))
    assert helper.dialled == []
    at_home = Helper("127.0.0.1")
    at_home.dial(1, Endpoint(host, 4000))
    assert at_home.dialled == [Endpoint(host, 4000)]


def test_a_favour_dials_nobody_whom_we_know() -> None:
    helper = Helper(others=1)
    helper.dial_back_service.dial(LINK, PleaseDial(1, pack_host("12.0.0.1"), 4000, node(10)), NOW, is_known=False)
    helper.dial_back_service.dial(LINK, please_dial(2, target(2)), NOW, is_known=True)
    assert helper.dialled == []


def test_an_address_is_dialled_for_others_once_in_a_while_whatever_the_port_and_the_name() -> None:
    helper = Helper(others=8)
    for number in range(6):
        helper.dial(number, target(0, 4000 + number), LinkId(10 + number))
    assert helper.dialled == [target(0, 4000)]
    later = Instant(NOW.mono + ADDRESS_PAUSE + 1, NOW.wall_ms)
    helper.dial(7, target(0, 4007), LinkId(16), later)
    assert helper.dialled == [target(0, 4000), target(0, 4007)]


def test_favours_have_a_rate_for_each_link_and_in_all() -> None:
    helper = Helper(others=30)
    for number in range(20):
        helper.dial(number, target(number))
    assert len(helper.dialled) == int(DIAL_BURST)
    for number in range(30):
        helper.dial(100 + number, target(100 + number), LinkId(10 + number))
    assert len(helper.dialled) == int(ALL_DIALS_BURST)


def test_who_has_itself_dialled_does_so_now_and_then() -> None:
    helper = Helper(others=3)
    for number in range(20):
        helper.dial_back_service.have_dialled(LINK, AskDialBack(number), NOW)
    assert len(helper.asked) == int(DIAL_BACK_BURST)
    assert all(isinstance(each, PleaseDial) and each.host == pack_host(PUBLIC) for each in helper.asked)


# --- introductions ----------------------------------------------------------------------------------------------------


def introduced(helper: Helper, endpoint: Endpoint, number: int = 0, link: LinkId = LINK) -> None:
    helper.introductions.follow(
        link, Introduction(0, pack_host(endpoint.host), endpoint.port, node(2000 + number)), NOW
    )


def test_an_introduction_leads_into_no_house_and_to_no_port_of_another_service() -> None:
    helper = Helper()
    for number, endpoint in enumerate((Endpoint("127.0.0.1", 4000), Endpoint("192.168.1.1", 4000), target(0, 22))):
        introduced(helper, endpoint, number)
    assert helper.dialled == []
    introduced(helper, target(), 9)
    assert (helper.dialled, helper.is_probe) == ([target()], [True])


def test_who_dialled_in_has_nobody_dialled() -> None:
    helper = Helper()
    helper.add(OTHER, "12.1.1.1", is_chosen=False)
    introduced(helper, target(), link=OTHER)
    assert helper.dialled == []


def test_introductions_are_followed_at_a_rate_for_each_link_and_in_all() -> None:
    helper = Helper(others=30)
    for number in range(20):
        introduced(helper, target(number), number)
    assert len(helper.dialled) == int(INTRODUCE_BURST)
    for number in range(30):
        introduced(helper, target(100 + number), 100 + number, LinkId(10 + number))
    assert len(helper.dialled) == int(FOLLOW_BURST)


def test_nobody_but_whom_we_asked_introduces_us_to_whom_we_asked_for() -> None:
    helper = Helper(others=1)
    assert helper.introductions.ask(LINK, node(77), NOW)
    ((_, question),) = helper.sent
    assert isinstance(question, Introduce)
    host = pack_host(target().host)
    for link, name in ((LinkId(10), node(77)), (LINK, node(78))):
        helper.introductions.follow(link, Introduction(question.request, host, 4000, name), NOW)
    assert helper.dialled == []
    helper.introductions.follow(LINK, Introduction(question.request, host, 4000, node(77)), NOW)
    assert helper.dialled == [target()]


def test_introducing_has_a_rate_for_each_link() -> None:
    helper = Helper(others=2)
    for number in range(20):
        helper.introductions.introduce(LINK, Introduce(number, node(10)), NOW)
    assert len([each for link, each in helper.sent if link == LinkId(10)]) == int(INTRODUCE_BURST)


# --- what is told of others -------------------------------------------------------------------------------------------


def test_nobody_out_there_is_told_of_the_machines_in_this_house() -> None:
    table = PeerTable(node(1), Random(1))
    for number, host in enumerate(("192.168.1.7", "127.0.0.1", "11.0.0.1")):
        table.on_seen(Endpoint(host, 4000), node(10 + number), NOW)
    told = table.sample(node(99), Endpoint("12.0.0.1", 4000))
    assert [peer.node for peer in told] == [node(12)]
    assert len(table.sample(node(99), Endpoint("127.0.0.1", 4000))) == 3


def test_who_asks_for_peers_without_end_gets_a_few_answers_and_stays_linked() -> None:
    world = World(seed=1)
    tuning = plain_tuning()
    victim = world.add(full_node(tuning=tuning, is_plain=True))
    flooder = world.add(full_node(victim.endpoint, tuning=tuning, is_plain=True))
    world.run_for(30)
    dialer = parts_of(victim.node()).dialer
    asked: list[int] = []
    honest = dialer.answer

    def answer(asker: NodeId, endpoint: Endpoint, question: AskPeers, now: Instant) -> Peers:
        asked.append(question.request)
        return honest(asker, endpoint, question, now)

    override(dialer, "answer", answer)

    def flood(now: Instant) -> None:
        links = flooder.node().links
        for number in range(200):
            links.send_message(links.links()[0].link, encode_message(AskPeers(number)), now)

    flooder.do(flood)
    world.run_for(1)
    assert 0 < len(asked) <= ASK_BURST
    assert len(victim.node().peers()) == 1
