"""P2 and P3 seen from outside: what passes over the wire, and what lies on disks, says nothing about anybody."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packet_tap import Packet, Tap
from tests.support.processes import ROOT
from tests.support.story_world import PASSCODE, PEOPLE, World, connected, meet, send, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(300)]

SIZES = {1232, 256}
# Random bytes grow by 0.03 % under zlib; a fixed header of 12 bytes in each datagram would gain 1 %.
MAX_GAIN = 0.02
SHORTEST_SECRET = 6  # bytes; what is shorter turns up in random bytes by chance
TEXTS = ["Meet me at the old lighthouse", "the grey door, not the red one", "bring the brass compass " * 40]
ANSWERS = ["I shall be there before the tide turns", "with the compass and a lantern"]


def spellings(secret: bytes) -> Iterator[bytes]:
    """Yield a secret as careless programs write it; what depends on neighbours is tried at each offset."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for pad in range(3):
        whole = base64.b64encode(bytes(pad) + secret)[4 if pad else 0 :].rstrip(b"=")[:-2]
        yield whole
        yield whole.replace(b"+", b"-").replace(b"/", b"_")
    for pad in range(5):
        whole = base64.b32encode(bytes(pad) + secret)[8 if pad else 0 :].rstrip(b"=")[:-2]
        yield whole
        yield whole.lower()
    try:
        yield secret.decode().encode("utf-16-le")
        yield secret.decode().encode("utf-16-be")
    except UnicodeDecodeError:
        return


def leaks(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    """Return what is told by ``data``, in whatever spelling."""
    return [
        f"{name} as {spelling[:40]!r}"
        for name, secret in secrets.items()
        for spelling in spellings(secret)
        if len(spelling) >= SHORTEST_SECRET and spelling in data
    ]


def test_the_leak_finder_finds() -> None:
    secrets = {"text": b"Meet me at the old lighthouse"}
    for data in (b"xx" + s + b"yy" for s in spellings(secrets["text"])):
        assert leaks(data, secrets)
    assert not leaks(b"nothing of interest", secrets)
    assert leaks(base64.b64encode(b"ab" + secrets["text"] + b"tail"), secrets)


def test_the_wire_and_the_disks_say_nothing(world: World) -> None:
    tap = Tap.open(world.root / "packets", ROOT)
    if tap is None:
        pytest.skip("this system allows no network namespace, so nothing can be overheard")
    try:
        world.prefix = tap.prefix
        secrets = converse(world)
        for process in world.processes:
            process.kill()
    finally:
        world.close()
        packets = tap.close()
    judge_packets(packets, {world.ports[name] for name in PEOPLE}, secrets)
    judge_disks(world, secrets)


def converse(world: World) -> dict[str, bytes]:
    """Talk, and let a stranger be greeted; return everything that must not be seen anywhere."""
    world.start_nodes()
    alice, bob = world.open_all()
    connected(alice)
    connected(bob)
    a, b = world.conversation["alice"], world.conversation["bob"]
    send(alice, a, TEXTS)
    send(bob, b, ANSWERS)
    wait_received(bob, b, TEXTS)
    wait_received(alice, a, ANSWERS)
    wait_states(alice, a, TEXTS, ["delivered"])
    link = str(alice.call("invite.create", expires_in=600)["link"])
    secrets = {f"text {text[:12]}": text[:25].encode() for text in (*TEXTS, *ANSWERS, "first of alice")}
    body = link.partition(":")[2]
    raw = base64.b32decode(body + "=" * (-len(body) % 8))
    secrets |= {"link": link[10:40].encode(), "link's secret": raw[38:54], "passcode": PASSCODE.encode()}
    secrets |= {"greeting": b"hello, bob here"}
    for name, identity in world.identity.items():
        secrets |= {f"identity of {name}": identity.encode(), f"key of {name}": key_of(identity)}
    return secrets


def key_of(identity: str) -> bytes:
    """Return the 32 bytes that an identity spells."""
    return base64.b32decode(identity.upper() + "====")[:32]


def judge_packets(packets: list[Packet], people: set[int], secrets: dict[str, bytes]) -> None:
    assert len(packets) > 200, "hardly anything was overheard"
    assert not [p for p in packets if {p.source, p.destination} == people], "the two talked directly"
    assert all(people & {p.source, p.destination} or p.source != p.destination for p in packets)
    assert {len(packet.payload) for packet in packets} == SIZES
    everything = b"".join(packet.payload for packet in packets)
    gain = 1 - len(zlib.compress(everything, 9)) / len(everything)
    assert gain < MAX_GAIN, f"the wire shrinks by {gain:.1%}"
    by_position = b"".join(bytes(column) for column in zip(*(p.payload[:64] for p in packets), strict=True))
    gain = 1 - len(zlib.compress(by_position, 9)) / len(by_position)
    assert gain < MAX_GAIN, f"the beginnings of datagrams shrink by {gain:.1%}"
    assert leaks(everything, secrets) == []


def judge_disks(world: World, secrets: dict[str, bytes]) -> None:
    for name in (*world.node_names, *PEOPLE):
        files = world.place(name).files()
        assert any(path.stat().st_size for path in files)
        for path in files:
            assert leaks(path.read_bytes(), secrets) == [], f"{name}: {path.name}"
            assert leaks(path.name.encode(), secrets) == []


def test_strangers_meet_by_link_unheard(world: World, tmp_path: Path) -> None:
    """Greeting and acceptance pass over the wire too, and name nobody."""
    tap = Tap.open(tmp_path / "packets", ROOT)
    if tap is None:
        pytest.skip("this system allows no network namespace, so nothing can be overheard")
    packets: list[Packet] = []
    try:
        world.prefix = tap.prefix
        world.start_nodes(["node0", "node1"])
        fresh = World.plan(tmp_path / "strangers", ("carol", "dave"), nodes=0)
        fresh.prefix, fresh.nodes = tap.prefix, world.nodes
        try:
            carol, dave = fresh.start("carol"), fresh.start("dave")
            identities = [
                str(rpc.call("account.create", passcode=PASSCODE, name=f"{rpc.name} von Sternberg")["identity"])
                for rpc in (carol, dave)
            ]
            meet(carol, dave)
        finally:
            fresh.close()
    finally:
        world.close()
        packets = tap.close()
    secrets = {"name": b"von Sternberg", "carol": b"carol von", "greeting": b"hello, dave here"}
    secrets |= {f"identity {n}": identity.encode() for n, identity in enumerate(identities)}
    secrets |= {f"key {n}": key_of(identity) for n, identity in enumerate(identities)}
    judge_packets(packets, set(fresh.ports.values()), secrets)
