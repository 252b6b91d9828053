"""Whom a node links to, and when: bootstraps, hearsay, feelers, patience."""

from __future__ import annotations

from random import Random

import pytest

from net.errors import Overloaded
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.messages import AskPeers, Message, Peer, Peers
from net.peers.bootstraps import MAX_BOOTSTRAPS, Outcome
from net.peers.dialer import FEELER_PERIOD, Dialer
from net.peers.peer_questions import MAX_ASK
from net.peers.retry import MAX_RETRY
from net.peers.table import PeerTable
from net.rendezvous.hints import Source
from tests.support.parcels import NOW

OWN = NodeId(bytes(32))


def node(number: int) -> NodeId:
    return NodeId(bytes([number]) * 32)


def at(number: int) -> Endpoint:
    return Endpoint(f"127.0.0.{number}", 4000)


class Phone:
    """A dialer with its table, and what it dialled and asked."""

    def __init__(self, role: Role = Role.LEAF) -> None:
        self.now = NOW
        self.dialled: list[Endpoint] = []
        self.called: list[tuple[Endpoint, NodeId | None]] = []  # with the key asked for
        self.asked: list[tuple[NodeId, int]] = []
        self.table = PeerTable(OWN, Random(1))
        self.probed: list[Endpoint] = []
        self.introductions: list[tuple[NodeId, NodeId]] = []
        self.dialer = Dialer(role, self.table, self.ask, Random(2), self._connect, self._introduce)

    def _connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        self.dialled.append(endpoint)
        self.called.append((endpoint, peer))
        if is_probe:
            self.probed.append(endpoint)

    def _introduce(self, node: NodeId, via: NodeId, now: Instant) -> bool:
        self.introductions.append((node, via))
        return True

    def ask(self, node: NodeId, message: Message, now: Instant) -> None:
        assert isinstance(message, AskPeers)
        self.asked.append((node, message.request))

    def dials(self) -> list[Endpoint]:
        """Return and forget what was dialled."""
        dialled, self.dialled = self.dialled, []
        return dialled

    def up(self, number: int) -> bool:
        return self.dialer.on_link_up(node(number), at(number), self.now)

    def tells(self, teller: int, *numbers: int) -> bool:
        """Let ``teller`` answer our last question."""
        request = [request for asked, request in self.asked if asked == node(teller)][-1]
        peers = [Peer(bytes([127, 0, 0, number]), 4000, node(number)) for number in numbers]
        return self.dialer.receive(node(teller), Peers(request, 0, peers), self.now)

    def wait(self, seconds: float) -> None:
        end = self.now.mono + seconds
        while (due := self.dialer.next_deadline()) <= end:
            self.now = Instant(max(due, self.now.mono + 1e-3), self.now.wall_ms)
            self.dialer.handle_timeout(self.now)
        self.now = Instant(end, self.now.wall_ms)


def test_a_bootstrap_is_dialled_at_once_and_again_for_ever_ever_more_rarely() -> None:
    phone = Phone()
    phone.dialer.join(at(1), None, phone.now)
    tries = 0
    for _ in range(24):
        for endpoint in phone.dials():
            tries += 1
            phone.dialer.on_connect_failed(endpoint, None, phone.now)
        phone.wait(MAX_RETRY / 4)
    assert 8 <= tries + len(phone.dials()) <= 24
    phone.wait(2 * MAX_RETRY)
    assert set(phone.dials()) == {at(1)}


def test_a_leaf_stops_at_four_links_and_dials_again_when_one_ends() -> None:
    phone = Phone()
    phone.dialer.join(at(1), None, phone.now)
    assert phone.up(1)
    phone.dials()
    phone.tells(1, *range(2, 10))
    first = phone.dials()
    assert len(first) == 3
    for endpoint in first:
        phone.up(int(endpoint.host.rsplit(".", 1)[1]))
    gone = int(first[0].host.rsplit(".", 1)[1])
    [feeler] = phone.dials()  # the links are enough now, so hearsay is probed
    phone.dialer.on_link_down(node(gone), phone.now)
    assert phone.dials() == []  # the feeler may become the fourth link
    phone.dialer.on_connect_failed(feeler, node(int(feeler.host.rsplit(".", 1)[1])), phone.now)
    assert len(phone.dials()) == 1


def test_a_feeler_probes_hearsay_and_its_link_is_not_kept() -> None:
    phone = Phone()
    for number in range(1, 5):
        phone.up(number)
    phone.tells(1, 7)
    phone.wait(FEELER_PERIOD)
    assert phone.dials() == [at(7)]
    assert phone.table.sample(node(9), at(9)) != []
    assert not any(peer.node == node(7) for peer in phone.table.sample(node(9), at(9)))
    assert not phone.up(7)
    assert any(peer.node == node(7) for peer in phone.table.sample(node(9), at(9)))


def test_hearsay_that_was_false_is_forgotten() -> None:
    phone = Phone()
    phone.up(1)
    phone.tells(1, 7)
    assert phone.dials() == [at(7)]
    phone.dialer.on_connect_failed(at(7), node(7), phone.now)
    assert phone.table.get(node(7)) is None


def test_only_answers_we_asked_for_are_believed_and_only_once() -> None:
    phone = Phone()
    phone.up(1)
    assert not phone.dialer.receive(node(2), Peers(1, 0, []), phone.now)
    assert not phone.dialer.receive(node(1), Peers(10**6, 0, []), phone.now)
    assert phone.tells(1, 7)
    assert not phone.tells(1, 8)
    assert phone.table.get(node(8)) is None


def test_a_hint_is_dialled_with_one_datagram() -> None:
    phone = Phone()
    phone.dialer.hint([at(7)], Source.LAN, phone.now)
    phone.dialer.join(at(8), None, phone.now)
    assert (set(phone.dials()), phone.probed) == ({at(7), at(8)}, [at(7)])


def test_a_mate_that_cannot_be_dialled_is_met_through_another_mate() -> None:
    phone = Phone(Role.FULL)
    for number in (1, 2):
        phone.up(number)
    mates = {node(number): at(number) for number in (1, 3)}
    phone.dialer.keep({**mates, node(4): at(4)}, phone.now, mates=mates)
    phone.dialer.on_connect_failed(at(4), node(4), phone.now)
    assert phone.introductions == []  # a guard: nobody is told
    phone.dialer.on_connect_failed(at(3), node(3), phone.now)
    assert phone.introductions == [(node(3), node(1))]


def test_asking_goes_on_ever_more_rarely() -> None:
    phone = Phone()
    phone.up(1)
    phone.wait(60)
    soon = len(phone.asked)
    phone.wait(10 * MAX_ASK)
    assert 4 <= soon <= 8
    assert len(phone.asked) - soon <= 20


def test_bootstraps_are_bounded() -> None:
    phone = Phone()
    for number in range(MAX_BOOTSTRAPS):
        phone.dialer.join(at(number), None, phone.now)
    with pytest.raises(Overloaded):
        phone.dialer.join(Endpoint("127.0.1.1", 4000), None, phone.now)


def test_what_became_of_a_bootstrap_is_told() -> None:
    phone = Phone()
    assert phone.dialer.outcome(at(1)) is Outcome.UNTRIED
    phone.dialer.join(at(1), None, phone.now)
    assert phone.dialer.outcome(at(1)) is Outcome.UNTRIED
    phone.dialer.on_connect_failed(at(1), None, phone.now)
    assert phone.dialer.outcome(at(1)) is Outcome.SILENT
    phone.up(1)
    assert phone.dialer.outcome(at(1)) is Outcome.LINKED
    phone.dialer.on_link_down(node(1), phone.now)
    assert phone.dialer.outcome(at(1)) is Outcome.ANSWERED
    phone.dialer.on_no_custodian(node(1), at(1), phone.now)
    assert phone.dialer.outcome(at(1)) is Outcome.USELESS


def test_a_bootstrap_that_is_linked_elsewhere_is_linked() -> None:
    phone = Phone()
    phone.dialer.join(at(1), node(2), phone.now)
    phone.up(2)
    assert phone.dialer.outcome(at(1)) is Outcome.LINKED


def test_a_bootstrap_that_is_left_is_tried_no_more() -> None:
    phone = Phone()
    phone.dialer.join(at(1), None, phone.now)
    phone.dialer.on_connect_failed(at(1), None, phone.now)
    phone.dials()
    phone.dialer.leave(at(1))
    phone.wait(MAX_RETRY)
    assert phone.dials() == []


@pytest.mark.parametrize(("named", "asked"), [(None, None), (node(1), node(1))], ids=["no key", "a key"])
def test_where_nobody_answers_any_more_somebody_else_may_live_unless_a_key_was_named(
    named: NodeId | None, asked: NodeId | None
) -> None:
    phone = Phone()
    phone.dialer.join(at(1), named, phone.now)
    phone.up(1)
    phone.dialer.on_link_down(node(1), phone.now)
    phone.wait(3)
    assert phone.called[-1] == (at(1), node(1)), "who was met there is asked first"
    phone.dialer.on_connect_failed(at(1), node(1), phone.now)
    phone.table.forget(node(1))
    phone.wait(5)
    assert phone.called[-1] == (at(1), asked)


def test_kept_nodes_are_dialled_whatever_links_there_are_and_again_when_they_go() -> None:
    phone = Phone(Role.FULL)
    for number in range(1, 31):
        phone.up(number)
    phone.dials()
    phone.dialer.keep({node(40): at(40)}, phone.now)
    assert phone.dials() == [at(40)]
    phone.up(40)
    assert phone.dialer.is_kept(node(40))
    phone.dialer.on_link_down(node(40), phone.now)
    phone.wait(2)
    assert at(40) in phone.dials()
    phone.dialer.keep({}, phone.now)
    phone.dialer.on_connect_failed(at(40), node(40), phone.now)
    phone.wait(MAX_RETRY)
    assert at(40) not in phone.dials()


def test_a_kept_node_that_moved_is_dialled_where_it_is() -> None:
    phone = Phone()
    phone.dialer.keep({node(40): at(40)}, phone.now)
    phone.dialer.on_connect_failed(at(40), node(40), phone.now)
    phone.dials()
    phone.dialer.keep({node(40): at(41)}, phone.now)
    phone.wait(2)
    assert at(41) in phone.dials()
    assert at(40) not in phone.dials()


def test_a_leaf_with_guards_lets_go_of_the_others_and_shows_itself_to_nobody_else() -> None:
    phone = Phone()
    for number in range(1, 5):
        phone.up(number)
    phone.tells(1, *range(10, 18))
    phone.dials()
    phone.dialer.keep({node(number): at(number) for number in (1, 2, 9)}, phone.now)
    assert sorted(phone.dialer.surplus()) == [node(3), node(4)]
    for number in (3, 4):
        phone.dialer.on_link_down(node(number), phone.now)
    phone.dials()
    phone.dialer.hint([at(77)], Source.LAN, phone.now)
    phone.wait(10 * FEELER_PERIOD)
    assert set(phone.dials()) <= {at(9)}, "no feelers, no hints: only the guard that is still missing"


def test_a_leaf_with_one_guard_holds_on_to_the_others() -> None:
    phone = Phone()
    for number in range(1, 5):
        phone.up(number)
    phone.dialer.keep({node(1): at(1)}, phone.now)
    assert phone.dialer.surplus() == []


def test_a_full_node_has_no_surplus() -> None:
    phone = Phone(Role.FULL)
    for number in range(1, 40):
        phone.up(number)
    phone.dialer.keep({node(number): at(number) for number in range(1, 4)}, phone.now)
    assert phone.dialer.surplus() == []


def test_half_of_what_is_lacking_comes_from_hints_so_that_no_source_surrounds_us() -> None:
    phone = Phone(Role.FULL)
    phone.up(1)
    phone.dials()
    phone.dialer.hint([at(number) for number in range(100, 108)], Source.LAN, phone.now)
    phone.tells(1, *range(10, 18))
    dialled = phone.dials()
    hinted = [endpoint for endpoint in dialled if int(endpoint.host.rsplit(".", 1)[1]) >= 100]
    assert 0 < len(hinted) <= 8


def test_the_sources_of_links_are_told() -> None:
    phone = Phone(Role.FULL)
    phone.dialer.join(at(1), None, phone.now)
    phone.up(1)
    phone.dialer.hint([at(100)], Source.LAN, phone.now)
    phone.up(100)
    phone.tells(1, 10)
    phone.up(10)
    phone.dialer.on_link_up(node(50), at(50), phone.now, is_ours=False)
    assert phone.dialer.sources() == {"join": 1, "lan": 1, "exchange": 1, "incoming": 1}
