"""Stock libtorrent nodes as the only meeting place; every socket is on loopback."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from ipaddress import IPv4Address
from typing import Any

import pytest
import trio

from net.ids import Endpoint
from net.io.driver import system_clock
from net.rendezvous.dht_scope import believable
from net.rendezvous.mainline import PRIVATE_RULES, Mainline, MainlineState, session_settings
from net.rendezvous.topic import SHARDS, days_at, topic_of
from net.scope import Scope

lt = pytest.importorskip("libtorrent", reason="no libtorrent here")

PATIENCE = 30.0
HOST = "127.0.0.1"


def stock_node(router: Endpoint | None) -> Any:
    """A DHT node as anybody runs it, but for the rules that forbid loopback."""
    settings = {
        "listen_interfaces": f"{HOST}:0",
        "dht_bootstrap_nodes": str(router) if router else "",
        "dht_upload_rate_limit": 1_000_000,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        **PRIVATE_RULES,
    }
    return lt.session(settings)


@pytest.fixture
def routers() -> Iterator[list[Endpoint]]:
    """A router and three more nodes that know it; the endpoints of all four."""
    sessions = [stock_node(None)]
    while not sessions[0].listen_port():
        sessions[0].wait_for_alert(100)
    router = Endpoint(HOST, sessions[0].listen_port())
    sessions += [stock_node(router) for _ in range(3)]
    for session in sessions[1:]:
        session.add_dht_node(tuple(router))
        while not session.listen_port():
            session.wait_for_alert(100)
    yield [Endpoint(HOST, session.listen_port()) for session in sessions]
    sessions.clear()


class Meeting:
    """Nodes at made-up ports, and whom each heard of."""

    def __init__(self, router: Endpoint, nursery: trio.Nursery) -> None:
        self._router = router
        self._nursery = nursery
        self.heard: dict[int, set[int]] = {}
        self.news = trio.Event()

    async def add(self, port: int, *, is_serving: bool, host: str = HOST) -> Mainline:
        self.heard[port] = set()
        note: Callable[[Sequence[Endpoint]], None] = partial(self._note, port)
        mainline = Mainline(Endpoint(host, port), note, lambda _: None, routers=[self._router])
        mainline.set_serving(is_serving=is_serving)
        await self._nursery.start(mainline.run)
        return mainline

    def _note(self, port: int, endpoints: Sequence[Endpoint]) -> None:
        self.heard[port] |= {each.port for each in endpoints}
        self.news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        with trio.fail_after(PATIENCE):
            while not condition():
                self.news = trio.Event()
                await self.news.wait()


@pytest.mark.trio
@pytest.mark.network
@pytest.mark.slow
async def test_nodes_meet_in_a_stock_dht_and_who_does_not_serve_is_not_seen(routers: list[Endpoint]) -> None:
    async with trio.open_nursery() as nursery:
        meeting = Meeting(routers[0], nursery)
        serving = [
            await meeting.add(port, is_serving=True, host=host)
            for port, host in ((40_001, HOST), (40_002, "0.0.0.0"))  # who listens everywhere listens here, too
        ]
        quiet = await meeting.add(40_003, is_serving=False)
        await meeting.until(lambda: all({40_001, 40_002} <= heard for heard in meeting.heard.values()))
        assert not any(40_003 in heard for heard in meeting.heard.values())
        assert quiet.status.announced == 0
        assert all(each.status.state is MainlineState.RUNNING and each.status.announced for each in serving)
        nursery.cancel_scope.cancel()
    assert serving[0].status.state is MainlineState.STOPPED


# --- by hand, as BEP 5 and BEP 42 have it -----------------------------------------------------------------------------


def ask(query: bytes, node: Endpoint) -> tuple[dict[bytes, Any], tuple[str, int]]:
    """Send one KRPC query; return the answer, and from where it was sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(PATIENCE)
        asker.bind((HOST, 0))
        asker.sendto(query, node)
        return lt.bdecode(asker.recv(2000)), asker.getsockname()


def announce_by_hand(topic: bytes, port: int, node: Endpoint) -> None:
    """BEP 5: a token from get_peers, then announce_peer with it."""
    own = b"liar" * 5
    query = {b"t": b"aa", b"y": b"q", b"q": b"get_peers", b"a": {b"id": own, b"info_hash": topic}}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(PATIENCE)
        asker.sendto(lt.bencode(query), node)
        token = lt.bdecode(asker.recv(2000))[b"r"][b"token"]
        said = {b"id": own, b"info_hash": topic, b"port": port, b"token": token}
        asker.sendto(lt.bencode({b"t": b"ab", b"y": b"q", b"q": b"announce_peer", b"a": said}), node)
        assert lt.bdecode(asker.recv(2000))[b"y"] == b"r"


@pytest.mark.network
def test_the_examples_of_bep_5_are_answered_and_bep_42_tells_our_address(routers: list[Endpoint]) -> None:
    answer, ours = ask(b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe", routers[0])
    assert (answer[b"t"], answer[b"y"], len(answer[b"r"][b"id"])) == (b"aa", b"r", 20)
    assert answer[b"ip"] == IPv4Address(ours[0]).packed + ours[1].to_bytes(2, "big")
    query = b"d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe"
    answer, _ = ask(query, routers[0])
    assert answer[b"r"][b"token"]


@pytest.mark.trio
@pytest.mark.network
@pytest.mark.slow
async def test_what_anybody_announces_is_heard_as_a_hint_and_no_more(routers: list[Endpoint]) -> None:
    async with trio.open_nursery() as nursery:
        meeting = Meeting(routers[0], nursery)
        for day in days_at(system_clock().wall_ms):
            for shard in range(SHARDS):
                for node in routers[1:]:  # whom a search enters by is not asked
                    announce_by_hand(topic_of(day, shard), 6_666, node)
        await meeting.add(40_001, is_serving=False)
        await meeting.until(lambda: 6_666 in meeting.heard[40_001])
        nursery.cancel_scope.cancel()


def crc32c(data: bytes) -> int:
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("host", "draw", "node_id"),
    [
        ("124.31.75.21", 1, "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401"),
        ("21.75.31.124", 86, "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256"),
        ("65.23.51.170", 22, "a5d43220bc8f112a3d426c84764f8c2a1150e616"),
        ("84.124.73.14", 65, "1b0321dd1bb1fe518101ceef99462b947a01ff41"),
        ("43.213.53.83", 90, "e56f6cbf5b7c4be0237986d5243b87aa6d51305a"),
    ],
)
def test_the_ids_of_bep_42(host: str, draw: int, node_id: str) -> None:
    masked = int(IPv4Address(host)) & 0x030F3FFF | (draw & 7) << 29
    bound = crc32c(masked.to_bytes(4, "big"))
    given = bytes.fromhex(node_id)
    assert (int.from_bytes(given[:4], "big") ^ bound) >> 11 == 0  # the first 21 bits
    assert given[-1] == draw


# --- without a DHT ----------------------------------------------------------------------------------------------------


@pytest.mark.trio
async def test_without_libtorrent_it_says_so_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libtorrent", None)
    mainline = Mainline(Endpoint(HOST, 4000), lambda _: None, lambda _: None)
    async with trio.open_nursery() as nursery:
        await nursery.start(mainline.run)
    assert mainline.status.state is MainlineState.MISSING
    assert mainline.status.reason


def test_libtorrent_is_a_dht_node_and_nothing_else() -> None:
    leaf: dict[str, Any] = {**session_settings(Endpoint("0.0.0.0", 4000), [], is_serving=False)}
    assert leaf["dht_read_only"]
    assert not leaf["enable_lsd"]
    assert (leaf["user_agent"], leaf["peer_fingerprint"]) == ("", "")
    assert leaf["enable_upnp"]
    assert leaf["enable_natpmp"]
    assert not PRIVATE_RULES.keys() & leaf.keys()
    server: dict[str, Any] = {**session_settings(Endpoint(HOST, 4000), [Endpoint(HOST, 6881)], is_serving=True)}
    assert not server["dht_read_only"]
    assert not server["enable_upnp"]
    assert server["dht_bootstrap_nodes"] == f"{HOST}:6881"
    assert server.keys() >= PRIVATE_RULES.keys()


def test_the_public_dht_has_nothing_to_say_about_private_addresses() -> None:
    peers = [("127.0.0.1", 4000), ("192.168.1.1", 4000), ("10.0.0.1", 4000), ("5.5.5.5", 4000), ("2600::1", 4000)]
    assert believable(peers, "0.0.0.0", Scope.PUBLIC) == [Endpoint("5.5.5.5", 4000)]
    assert believable(peers, "::", Scope.PUBLIC) == [Endpoint("2600::1", 4000)]
    assert len(believable(peers, "127.0.0.1", Scope.LOOPBACK)) == 4
