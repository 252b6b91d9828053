"""Joining by name: every address, both families, and again when nobody answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from core.node.joining import HEAD_START, MAX_PAUSE, Joins
from core.node.options import JoinSpec, parse_join
from core.node.resolver import MAX_ADDRESSES, Unresolved, resolve, resolve_for, resolve_own
from net.errors import Overloaded, Unreachable
from net.ids import Endpoint
from net.peers.bootstraps import Outcome
from net.requests import Join, Leave, Request
from net.scope import EVERYWHERE

pytestmark = pytest.mark.trio
SEED = parse_join("seed.example:4040")


def at(host: str) -> Endpoint:
    return Endpoint(host, 4040)


class Node:
    """A node that dials nobody: who lives where is set."""

    def __init__(self, *alive: str) -> None:
        self.alive = {at(host) for host in alive}
        self.joined: list[Endpoint] = []
        self.log: list[tuple[float, str]] = []
        self.room = 100

    def request(self, request: Request) -> None:
        match request:
            case Join(endpoint):
                if len(self.joined) >= self.room:
                    raise Overloaded("bootstraps")
                self.joined.append(endpoint)
                self.log.append((trio.current_time(), endpoint.host))
            case Leave(endpoint):
                self.joined.remove(endpoint)
            case _:
                raise AssertionError(request)

    def outcome(self, endpoint: Endpoint) -> Outcome:
        if endpoint not in self.joined:
            return Outcome.UNTRIED
        return Outcome.LINKED if endpoint in self.alive else Outcome.SILENT


class Names:
    """What the name leads to, and how often it was asked for."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts
        self.asked: list[float] = []

    async def resolve(self, endpoint: Endpoint) -> list[Endpoint]:
        self.asked.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if not self.hosts:
            raise Unresolved("name or service not known")
        return [Endpoint(host, endpoint.port) for host in self.hosts]


@pytest.fixture
def names() -> Names:
    return Names()


def joins_of(node: Node, names: Names, listen: str = EVERYWHERE) -> Joins:
    return Joins(Endpoint(listen, 5), node.outcome, node.request, names.resolve)


async def run_for(seconds: float, joins: Joins, spec: JoinSpec = SEED) -> None:
    with trio.move_on_after(seconds):
        await joins.add(spec)()
        await trio.sleep_forever()


@pytest.mark.parametrize("hosts", [("192.0.2.1", "192.0.2.2"), ("192.0.2.2", "192.0.2.1")])
async def test_all_addresses_of_a_name_are_tried_at_once(
    names: Names, autojump_clock: MockClock, hosts: tuple[str, ...]
) -> None:
    names.hosts = hosts
    node = Node("192.0.2.2")
    joins = joins_of(node, names)
    await run_for(0.1, joins)
    assert node.joined == [at(host) for host in hosts]
    (status,) = joins.status()
    assert (status.state, status.answering) == ("linked", at("192.0.2.2"))


async def test_ipv6_follows_ipv4_and_is_left_alone_where_that_answers(names: Names, autojump_clock: MockClock) -> None:
    names.hosts = ("192.0.2.1", "2001:db8::1")
    silent, well = Node("2001:db8::1"), Node("192.0.2.1")
    start = trio.current_time()
    await run_for(60, joins_of(silent, names))
    assert [host for _, host in silent.log][:2] == ["192.0.2.1", "2001:db8::1"]
    assert silent.log[1][0] - start == pytest.approx(HEAD_START, abs=0.5)
    names.hosts = ("2001:db8::1",)
    await run_for(0.1, joins_of(alone := Node(), names))
    assert alone.joined == [at("2001:db8::1")], "alone, it need not wait"
    names.hosts = ("192.0.2.1", "2001:db8::1")
    await run_for(1, joins_of(well, names))
    assert well.joined[0] == at("192.0.2.1")


@pytest.mark.parametrize(("listen", "host"), [("192.0.2.9", "192.0.2.1"), ("2001:db8::9", "2001:db8::1")])
async def test_a_node_of_one_family_tries_what_it_can_send_to(
    names: Names, autojump_clock: MockClock, listen: str, host: str
) -> None:
    names.hosts = ("192.0.2.1", "2001:db8::1")
    await run_for(10, joins_of(node := Node(host), names, listen))
    assert node.joined == [at(host)]


async def test_what_is_of_another_family_alone_is_told(names: Names, autojump_clock: MockClock) -> None:
    names.hosts = ("2001:db8::1",)
    joins = joins_of(node := Node(), names, "192.0.2.9")
    await run_for(10, joins)
    (status,) = joins.status()
    assert (node.joined, status.state, status.addresses) == ([], "other-family", (at("2001:db8::1"),))


async def test_a_name_that_moves_is_followed_and_its_old_place_is_left(names: Names, autojump_clock: MockClock) -> None:
    names.hosts = ("192.0.2.1",)
    node = Node("192.0.2.7")
    joins = joins_of(node, names)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(joins.add(SEED))
        await trio.sleep(30)
        assert joins.status()[0].state == "silent"
        names.hosts = ("192.0.2.7",)
        await trio.sleep(60)
        nursery.cancel_scope.cancel()
    assert node.joined == [at("192.0.2.7")]
    assert joins.status()[0].answering == at("192.0.2.7")


async def test_a_node_that_goes_away_later_has_its_name_looked_up_again(
    names: Names, autojump_clock: MockClock
) -> None:
    names.hosts = ("192.0.2.1",)
    node = Node("192.0.2.1")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(joins_of(node, names).add(SEED))
        await trio.sleep(80_000)
        assert len(names.asked) == 1, "nobody is asked for a name while its node answers"
        node.alive, names.hosts = {at("192.0.2.5")}, ("192.0.2.5",)
        await trio.sleep(10)
        assert node.joined == [at("192.0.2.5")]
        nursery.cancel_scope.cancel()


async def test_a_name_that_does_not_resolve_is_asked_for_again_ever_more_rarely(
    names: Names, autojump_clock: MockClock
) -> None:
    joins = joins_of(node := Node("192.0.2.1"), names)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(joins.add(SEED))
        await trio.sleep(10_000)
        pauses = [later - earlier for earlier, later in zip(names.asked, names.asked[1:], strict=False)]
        assert pauses == sorted(pauses)
        assert pauses[-1] == pytest.approx(MAX_PAUSE)
        assert (joins.status()[0].state, joins.status()[0].reason) == ("unknown-name", "name or service not known")
        names.hosts = ("192.0.2.1",)
        await trio.sleep(MAX_PAUSE)
        nursery.cancel_scope.cancel()
    assert node.joined == [at("192.0.2.1")]
    assert joins.status()[0].reason == ""


async def test_what_was_known_of_a_name_is_tried_on_when_it_does_not_resolve(
    names: Names, autojump_clock: MockClock
) -> None:
    names.hosts = ("192.0.2.1",)
    joins = joins_of(node := Node(), names)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(joins.add(SEED))
        await trio.sleep(1)
        names.hosts = ()
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert node.joined == [at("192.0.2.1")]
    assert joins.status()[0].state == "silent"


async def test_an_address_is_joined_once_and_nobody_is_asked() -> None:
    node = Node()
    joins = Joins(Endpoint(EVERYWHERE, 5), node.outcome, node.request)
    with trio.fail_after(5):
        await joins.add(parse_join("192.0.2.1:4040"))()
    assert node.joined == [at("192.0.2.1")]


async def test_joins_are_told_in_the_order_given_before_they_begin() -> None:
    joins = joins_of(Node(), Names())
    specs = [parse_join(f"{name}.example:1") for name in "abc"]
    for spec in specs:
        joins.add(spec)
    assert [(each.spec, each.state) for each in joins.status()] == [(spec, "resolving") for spec in specs]


async def test_a_node_that_has_no_room_for_more_goes_on(names: Names, autojump_clock: MockClock) -> None:
    names.hosts = ("192.0.2.1", "192.0.2.2")
    node = Node()
    node.room = 1
    await run_for(20, joins_of(node, names))
    assert node.joined == [at("192.0.2.1")]


# --- the resolver -----------------------------------------------------------------------------------------------------

Info = tuple[socket.AddressFamily, int, int, str, tuple[object, ...]]


def answers(*hosts: str) -> Callable[..., list[Info]]:
    def getaddrinfo(_host: str, port: int, **_more: object) -> list[Info]:
        return [(socket.AF_INET6 if ":" in host else socket.AF_INET, 2, 17, "", (host, port)) for host in hosts]

    return getaddrinfo


async def test_a_resolver_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = threading.Event()

    def hang(*_args: object, **_more: object) -> None:
        hung.wait(60)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with trio.fail_after(30):
        for _ in range(20):  # more than there may be under way at a time
            with pytest.raises(Unresolved, match="nobody answers"):
                await resolve(SEED.endpoint, deadline=0.05)
        assert await trio.to_thread.run_sync(lambda: 5) == 5, "and other threads have room"
    hung.set()


@pytest.mark.parametrize("host", ["a..b", ".example", "a" * 64 + ".example", "x" * 300, "my_node.invalid", "1.2.3.4.5"])
async def test_what_is_no_name_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(name: str, *args: object, **more: object) -> object:
        name.encode("idna")  # as the library begins
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    with pytest.raises(Unresolved):
        await resolve(at(host))
    with pytest.raises(Unreachable, match="cannot listen"):
        await resolve_own(at(host))
    assert await resolve_for(at(host), at("0.0.0.0")) is None


async def test_ipv4_comes_first_and_neither_family_takes_the_others_room(monkeypatch: pytest.MonkeyPatch) -> None:
    four, six = [f"192.0.2.{n}" for n in range(6)], [f"2001:db8::{n}" for n in range(1, 7)]
    monkeypatch.setattr(socket, "getaddrinfo", answers(*six, *four, *six))
    found = [each.host for each in await resolve(SEED.endpoint)]
    assert found == [*four[:2], *six[:2]]
    assert len(found) == MAX_ADDRESSES
    monkeypatch.setattr(socket, "getaddrinfo", answers(*six))
    assert [each.host for each in await resolve(SEED.endpoint)] == six[:4]
    monkeypatch.setattr(socket, "getaddrinfo", answers(six[0], *four))
    assert [each.host for each in await resolve(SEED.endpoint)] == [*four[:3], six[0]]
    monkeypatch.setattr(socket, "getaddrinfo", answers())
    with pytest.raises(Unresolved, match="no address"):
        await resolve(SEED.endpoint)


async def test_an_address_to_send_to_is_of_a_family_that_we_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("192.0.2.1", "2001:db8::1"))
    assert await resolve_for(SEED.endpoint, at("::")) == at("2001:db8::1")
    assert await resolve_for(SEED.endpoint, at(EVERYWHERE)) == at("192.0.2.1")
    monkeypatch.setattr(socket, "getaddrinfo", answers("192.0.2.1"))
    assert await resolve_for(SEED.endpoint, at("::")) is None


async def test_a_name_of_this_machine_can_be_listened_on_and_every_interface_is_no_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("192.0.2.1"))
    assert await resolve_own(at("here")) == at("192.0.2.1")
    for host in (EVERYWHERE, "::", "fe80::1%eth0"):
        assert await resolve_own(at(host)) == at(host)
