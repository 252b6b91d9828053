"""Beacons: what they say and to whom, and that they arrive."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from ipaddress import IPv4Interface
from random import Random
from types import SimpleNamespace

import ifaddr
import pytest
import trio
from hypothesis import given, strategies as st

from net.errors import DecodeError
from net.ids import Endpoint
from net.instant import DAY_MS, HOUR_MS, Instant
from net.primitives import Aead
from net.rendezvous.beacon import (
    ANSWER_PAUSE,
    BEACON_RUN_SIZE,
    BEACON_SIZE,
    CALL_SIZE,
    LAST_PAUSE,
    Beacon,
    BeaconKind,
    Beacons,
    beacon_key,
    decode_beacon,
    encode_beacon,
)
from net.rendezvous.interfaces import in_one_family, own_endpoints
from net.rendezvous.lan import LocalDiscovery, networks_for
from net.scope import EVERYWHERE

DAY = 20_000
NOON = Instant(1000.0, DAY * DAY_MS + 12 * HOUR_MS)
ALICE, BOB = Endpoint("192.168.1.2", 50_000), Endpoint("192.168.1.3", 50_001)


def at(mono: float) -> Instant:
    return Instant(mono, NOON.wall_ms + round((mono - NOON.mono) * 1000))


def beacons(port: int) -> Beacons:
    return Beacons(port, Random(port).randbytes)


def call_of(caller: Beacons, now: Instant) -> bytes:
    call = caller.call(now)
    assert call is not None
    return call


# --- the codec --------------------------------------------------------------------------------------------------------


@given(
    kind=st.sampled_from(BeaconKind),
    port=st.integers(1, 65535),
    run=st.binary(min_size=BEACON_RUN_SIZE, max_size=BEACON_RUN_SIZE),
    call=st.binary(min_size=CALL_SIZE, max_size=CALL_SIZE),
    nonce=st.binary(min_size=12, max_size=12),
)
def test_a_beacon_says_what_was_put_in(kind: BeaconKind, port: int, run: bytes, call: bytes, nonce: bytes) -> None:
    beacon = Beacon(kind, port, run, call)
    data = encode_beacon(beacon, DAY, nonce)
    assert len(data) == BEACON_SIZE
    assert decode_beacon(data, [DAY + 1, DAY]) == beacon
    with pytest.raises(DecodeError):
        decode_beacon(data, [DAY + 1])


@given(kind=st.sampled_from(BeaconKind) | st.integers(0, 255), more=st.binary(min_size=201, max_size=201))
def test_a_beacon_of_a_later_version_is_understood_as_far_as_it_goes(kind: int, more: bytes) -> None:
    content = bytes([kind]) + (4000).to_bytes(2, "big") + b"run 8888" + b"call 16161616161" + more
    data = bytes(12) + Aead(beacon_key(DAY)).seal(bytes(12), content, b"")
    assert len(data) == BEACON_SIZE
    alice = beacons(5000)
    if kind in set(BeaconKind):
        assert decode_beacon(data, [DAY]) == Beacon(BeaconKind(kind), 4000, b"run 8888", b"call 16161616161")
    else:
        with pytest.raises(DecodeError):
            decode_beacon(data, [DAY])
        assert alice.receive(data, BOB, NOON) is None
    assert len(alice.answers_to_send()) <= 1
    assert alice.receive(call_of(beacons(4001), NOON), ALICE, NOON) == Endpoint(ALICE.host, 4001), "and hears on"


@given(st.binary(max_size=300))
def test_noise_is_no_beacon(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_beacon(data, [DAY])


@given(at=st.integers(0, BEACON_SIZE * 8 - 1))
def test_an_altered_beacon_is_none(at: int) -> None:
    data = bytearray(encode_beacon(Beacon(BeaconKind.CALL, 4000, bytes(8), bytes(16)), DAY, bytes(12)))
    data[at // 8] ^= 1 << at % 8
    with pytest.raises(DecodeError):
        decode_beacon(bytes(data), [DAY])


def test_two_calls_have_nothing_in_common_that_a_passer_by_sees() -> None:
    caller = beacons(4000)
    one, other = call_of(caller, at(1000)), call_of(caller, at(1100))
    same = sum(a == b for a, b in zip(one, other, strict=True))
    assert same < 16  # of 256 random bytes one is the same by chance


# --- calls and answers ------------------------------------------------------------------------------------------------


def test_a_call_is_answered_and_both_learn_where_the_other_listens() -> None:
    alice, bob = beacons(4000), beacons(5000)
    assert bob.receive(call_of(alice, NOON), ALICE, NOON) == Endpoint(ALICE.host, 4000)
    [(answer, target)] = bob.answers_to_send()
    assert target == ALICE
    assert len(answer) == BEACON_SIZE
    assert alice.receive(answer, BOB, NOON) == Endpoint(BOB.host, 5000)
    assert alice.answers_to_send() == []  # an answer is not answered


def test_nobody_hears_itself() -> None:
    alice = beacons(4000)
    assert alice.receive(call_of(alice, NOON), ALICE, NOON) is None
    assert alice.answers_to_send() == []


def test_an_answer_that_nobody_called_for_counts_for_nothing() -> None:
    alice, bob, carol = beacons(4000), beacons(5000), beacons(6000)
    bob.receive(call_of(carol, NOON), ALICE, NOON)
    [(answer, _)] = bob.answers_to_send()
    assert alice.receive(answer, BOB, NOON) is None


def test_a_sender_is_answered_once_a_minute_and_a_replay_gets_no_more() -> None:
    alice, bob = beacons(4000), beacons(5000)
    call = call_of(alice, NOON)
    for _ in range(20):
        bob.receive(call, ALICE, NOON)
    assert len(bob.answers_to_send()) == 1
    bob.receive(call, ALICE, at(1000 + ANSWER_PAUSE))
    assert len(bob.answers_to_send()) == 1


def test_a_crowd_is_answered_no_faster_than_it_may_ask() -> None:
    alice, bob = beacons(4000), beacons(5000)
    call = call_of(alice, NOON)
    for number in range(5000):
        bob.receive(call, Endpoint(f"10.0.{number // 256}.{number % 256}", 50_000), NOON)
    assert len(bob.answers_to_send()) <= 256


def test_calls_come_often_at_first_and_then_once_a_minute() -> None:
    alice = beacons(4000)
    times = [1000.0]
    for _ in range(12):
        call_of(alice, at(times[-1]))
        assert alice.call(at(times[-1])) is None
        times.append(alice.next_deadline())
    assert times[1] - times[0] < 2
    assert 0.75 * LAST_PAUSE <= times[-1] - times[-2] <= 1.25 * LAST_PAUSE


# --- interfaces and sockets -------------------------------------------------------------------------------------------


def test_a_node_bound_to_one_address_stays_in_its_network() -> None:
    interfaces = [IPv4Interface(each) for each in ("127.0.0.1/8", "192.168.1.7/24", "10.1.1.1/32")]
    assert [str(each) for each in networks_for("127.0.0.1", interfaces)] == ["127.0.0.0/8"]
    assert [str(each) for each in networks_for("0.0.0.0", interfaces)] == ["127.0.0.0/8", "192.168.1.0/24"]
    assert networks_for("203.0.113.5", interfaces) == []


def test_a_node_knows_where_it_is_on_its_own_machine() -> None:
    assert own_endpoints(Endpoint("127.0.0.1", 4000)) == [Endpoint("127.0.0.1", 4000)]
    assert Endpoint("127.0.0.1", 4000) in own_endpoints(Endpoint("0.0.0.0", 4000))
    assert all(":" in each.host for each in own_endpoints(Endpoint("::", 4000)))


@pytest.mark.parametrize(
    ("hosts", "met"),
    [
        (["127.0.0.1", "::1"], "0.0.0.0"),
        (["127.0.0.1", "192.168.1.7", "::1", "2001:db8::1"], "0.0.0.0"),
        (["127.0.0.1", "::1", "fe80::1%eth0"], "0.0.0.0"),
        (["127.0.0.1", "::1", "fe80::1%eth0", "fd00:1::1"], "::"),
        (["::1", "2001:db8::1"], "::"),
    ],
)
def test_who_speaks_both_families_meets_others_in_ipv6_where_there_is_nothing_else(
    hosts: list[str], met: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ips = [SimpleNamespace(ip=(host, 0, 0) if ":" in host else host) for host in hosts]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: [SimpleNamespace(ips=ips)])
    assert in_one_family(Endpoint(EVERYWHERE, 4000)) == Endpoint(met, 4000)
    assert in_one_family(Endpoint("192.0.2.1", 4000)) == Endpoint("192.0.2.1", 4000)
    assert own_endpoints(Endpoint(EVERYWHERE, 4000)) == [Endpoint(host, 4000) for host in hosts]


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def require_broadcast() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        probe.bind(("127.0.0.1", 0))
        try:
            probe.sendto(b"", ("127.255.255.255", free_port()))
        except OSError as error:
            if error.errno == errno.ECONNREFUSED:
                return
            pytest.skip(f"no broadcasts on loopback here: {error.strerror}")


@pytest.mark.trio
@pytest.mark.network
async def test_nodes_of_one_machine_find_each_other_by_broadcast() -> None:
    require_broadcast()
    heard: dict[int, set[Endpoint]] = {4001: set(), 4002: set(), 4003: set()}
    news = trio.Event()

    def note(port: int) -> Callable[[Endpoint], None]:
        def hear(endpoint: Endpoint) -> None:
            heard[port].add(endpoint)
            news.set()

        return hear

    lan_port = free_port()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            for port in heard:
                service = LocalDiscovery(Endpoint("127.0.0.1", port), note(port), port=lan_port)
                await nursery.start(service.run)
                assert service.status.is_running, service.status.reason
            while not all(len(each) == 2 for each in heard.values()):
                news = trio.Event()
                await news.wait()
            nursery.cancel_scope.cancel()
    for port, found in heard.items():
        assert found == {Endpoint("127.0.0.1", other) for other in heard if other != port}


@pytest.mark.trio
async def test_where_it_cannot_be_it_says_why() -> None:
    service = LocalDiscovery(Endpoint("::", 4000), lambda _: None, port=free_port())
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
    assert not service.status.is_running
    assert service.status.reason
