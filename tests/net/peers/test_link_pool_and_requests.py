"""Links on demand and questions over them."""

from __future__ import annotations

from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.link.events import LinkId
from net.messages import AskReflection, Message, Nodes, Refused
from net.peers.link_pool import (
    IDLE,
    LOOK_PERIOD,
    MAX_WAITING,
    PATIENCE as DIAL_PATIENCE,
    Contact,
    ForwardingPool,
    LinkPool,
)
from net.peers.requests import MAX_CALLS, PATIENCE, Requests
from net.scope import Scope
from tests.support.parcels import NOW

PEER = NodeId(bytes([7]) * 32)
OTHER = NodeId(bytes([8]) * 32)
HERE = Endpoint("127.0.0.7", 4000)
CONTACT = Contact(HERE, node_tag(PEER))


class Frontend:
    """A switch and calls over it, with what they dialled, closed and sent."""

    def __init__(self) -> None:
        self.now = NOW
        self.dialled: list[Endpoint] = []
        self.closed: list[LinkId] = []
        self.sent: list[tuple[LinkId, Message]] = []
        self.is_full = False
        self.link_pool = LinkPool(
            lambda endpoint, _node, _now: self.dialled.append(endpoint), lambda link, _now: self.closed.append(link)
        )
        self.calls = Requests(self.link_pool, self.send)
        self.heard: list[Message | None] = []
        self.links: list[LinkId | None] = []

    def send(self, link: LinkId, message: Message, _now: Instant) -> bool:
        self.sent.append((link, message))
        return not self.is_full

    def reach(self, contact: Contact = CONTACT) -> None:
        self.link_pool.reach(contact, self.now, lambda link, _now: self.links.append(link))

    def call(self) -> None:
        self.calls.call(CONTACT, AskReflection, self.now, lambda answer, _now: self.heard.append(answer))

    def up(self, link: int, peer: NodeId = PEER) -> bool:
        return self.link_pool.on_link_up(LinkId(link), peer, HERE, self.now)

    def wait(self, seconds: float) -> None:
        self.now = Instant(self.now.mono + seconds, self.now.wall_ms)
        self.link_pool.handle_timeout(self.now)
        self.calls.handle_timeout(self.now)


def test_a_link_that_is_there_is_given_at_once() -> None:
    frontend = Frontend()
    assert not frontend.up(1)
    frontend.reach()
    assert (frontend.links, frontend.dialled) == ([1], [])


def test_a_node_is_dialled_once_for_all_that_wait() -> None:
    frontend = Frontend()
    frontend.reach()
    frontend.reach()
    assert frontend.dialled == [HERE]
    assert frontend.up(1)
    assert frontend.links == [1, 1]


def test_whoever_else_answers_at_the_address_is_not_who_was_meant() -> None:
    frontend = Frontend()
    frontend.reach()
    assert not frontend.up(1, OTHER)
    assert frontend.links == [None]


def test_without_an_address_only_an_existing_link_will_do() -> None:
    frontend = Frontend()
    frontend.reach(Contact(None, node_tag(PEER)))
    assert (frontend.links, frontend.dialled) == ([None], [])


def test_those_who_wait_hear_of_failure_and_of_silence() -> None:
    frontend = Frontend()
    frontend.reach()
    frontend.link_pool.on_connect_failed(HERE, None, frontend.now)
    assert frontend.links == [None]
    frontend.reach()
    frontend.wait(DIAL_PATIENCE)
    assert frontend.links == [None, None]


def test_no_more_than_so_many_wait_for_one_node() -> None:
    frontend = Frontend()
    for _ in range(MAX_WAITING + 1):
        frontend.reach()
    assert frontend.links == [None]


def test_a_link_made_on_demand_ends_when_idle_unless_it_is_kept() -> None:
    frontend = Frontend()
    frontend.reach()
    frontend.up(1)
    for _ in range(int(IDLE / LOOK_PERIOD) + 2):
        frontend.wait(LOOK_PERIOD)
    assert frontend.closed == [1]
    kept = Frontend()
    kept.reach()
    kept.up(1)
    kept.link_pool.keep(LinkId(1))
    kept.wait(2 * IDLE)
    assert kept.closed == []


def test_an_answer_counts_from_the_link_that_was_asked_and_once() -> None:
    frontend = Frontend()
    frontend.call()
    frontend.up(1)
    [(link, question)] = frontend.sent
    assert isinstance(question, AskReflection)
    answer = Nodes(question.request, [])
    assert not frontend.calls.receive(LinkId(2), answer, frontend.now)
    assert frontend.calls.receive(link, answer, frontend.now)
    assert not frontend.calls.receive(link, answer, frontend.now)
    assert frontend.heard == [answer]


def test_every_question_ends() -> None:
    frontend = Frontend()
    frontend.up(1)
    frontend.call()
    frontend.wait(PATIENCE)
    frontend.call()
    frontend.calls.on_link_down(LinkId(1), frontend.now)
    frontend.is_full = True
    frontend.call()
    assert frontend.heard == [None, None, None]


def test_questions_under_way_are_bounded() -> None:
    frontend = Frontend()
    frontend.up(1)
    for _ in range(MAX_CALLS + 1):
        frontend.call()
    assert frontend.heard == [None]


def test_strangers_cannot_have_us_dial_closer_to_home_than_we_are() -> None:
    frontend = Frontend()
    forwarding_pool = ForwardingPool(frontend.link_pool, lambda: Scope.PUBLIC)
    for host in ("127.0.0.1", "192.168.1.1", "::1", "fe80::1"):
        forwarding_pool.reach(
            Contact(Endpoint(host, 4000), node_tag(PEER)), frontend.now, lambda link, _now: frontend.links.append(link)
        )
    assert (frontend.links, frontend.dialled) == ([None] * 4, [])
    frontend.up(1)
    forwarding_pool.reach(CONTACT, frontend.now, lambda link, _now: frontend.links.append(link))
    assert frontend.links[-1] == 1  # whom we are linked with anyway
    forwarding_pool.reach(Contact(Endpoint("8.8.8.8", 4000), node_tag(OTHER)), frontend.now, lambda _link, _now: None)
    assert frontend.dialled == [Endpoint("8.8.8.8", 4000)]


def test_who_does_not_know_a_question_will_not_answer_it_and_nobody_waits() -> None:
    frontend = Frontend()
    frontend.up(1)
    frontend.call()
    [(_, question)] = frontend.sent
    assert isinstance(question, AskReflection)
    assert not frontend.calls.receive(LinkId(2), Refused(question.request, 24), frontend.now), "only who was asked"
    assert frontend.heard == []
    assert frontend.calls.receive(LinkId(1), Refused(question.request, 24), frontend.now)
    assert frontend.heard == [None]
    assert not frontend.calls.receive(LinkId(1), Refused(question.request, 24), frontend.now)
