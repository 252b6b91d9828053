"""P8 told with processes: whatever is thrown at a program while two people talk, it runs on and does not grow."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.support.packet_tap import Tap
from tests.support.processes import PATIENCE, ROOT, Rpc, seeded
from tests.support.story_world import World, connected, send, wait_received, wait_states

pytestmark = [pytest.mark.network, pytest.mark.slow, pytest.mark.timeout(240)]

LINES = 400
DATAGRAMS, ALL_DATAGRAMS = 2000, 6000
# Bytes that a program may grow by: caches fill, and the allocator keeps what a burst needed once.
MAX_GROWTH = 48 * 1024 * 1024
TEXTS = [f"through the hail {number:02}" for number in range(20)]


def garbage_lines(chance: random.Random) -> list[bytes]:
    """Return lines that are wrong in every way we can think of; none of them is a request."""
    deep = 20_000
    fixed = [
        b"[" * deep,
        b'{"jsonrpc":"2.0","id":1,"method":"account.info","params":' + b"[" * deep + b"]" * deep + b"}",
        b'{"a":' * deep + b"1" + b"}" * deep,
        b'{"jsonrpc":"2.0","method":"message.list","id":' + b"9" * 50_000 + b"}",
        b'{"jsonrpc":"2.0","method":"message.list","id":"a","params":{"conversation":"x","limit":' + b"9" * 400 + b"}}",
        b'{"jsonrpc":"2.0","method":"message.list","id":"b","params":{"conversation":"x","limit":1e999}}',
        b'{"jsonrpc":"2.0","method":"invite.create","id":"c","params":{"expires_in":-9223372036854775809}}',
        b'{"jsonrpc":"2.0","method":"message.send","id":"d","params":{"conversation":"\\ud800","text":"\\udfff"}}',
        b'{"jsonrpc":"2.0","method":"account.unlock","id":"e","params":[1,2,3]}',
        b'{"jsonrpc":"2.0","method":"account.info","id":{"x":1}}',
        b'{"jsonrpc":"2.0","method":7,"id":"f"}',
        b'{"jsonrpc":"1.0","method":"account.info","id":"g"}',
        b'{"method":"account.info","id":"h"}',
        b'[{"jsonrpc":"2.0","method":"account.info","id":"i"}]',
        b"null", b"true", b"0", b'""', b"{}", b"[]", b"{", b"}", b'"', b"\xff\xfe", b"\x00" * 500, b"nan",
        b"x" * (2 * 1024 * 1024),
        json.dumps({"jsonrpc": "2.0", "method": "x" * 100_000, "id": "j"}).encode(),
    ]  # fmt: skip
    while len(fixed) < LINES:
        fixed.append(chance.randbytes(chance.randrange(1, 3000)).replace(b"\n", b" "))
    chance.shuffle(fixed)
    return [line for line in fixed if line.strip()]


def test_garbage_on_standard_input(town: World, pair: tuple[Rpc, Rpc]) -> None:
    alice, bob = pair
    a, b = town.conversation["alice"], town.conversation["bob"]
    lines = garbage_lines(seeded(6))
    before = alice.memory()
    asked: list[int] = []
    for at, line in enumerate(lines):
        alice.write(line + b"\n")
        if at % (len(lines) // len(TEXTS)) == 0 and len(asked) < len(TEXTS):
            text = TEXTS[len(asked)]
            asked.append(alice.ask("message.send", conversation=a, text=text, uid=text))
    for number in asked:
        alice.answer(number)
    alice.until("every line has its answer", lambda: len(alice.stray) >= len(lines))
    assert all("error" in stray for stray in alice.stray)
    kinds = {stray["error"]["data"]["kind"] for stray in alice.stray}
    assert kinds <= {"bad-request", "unknown-method", "unknown-conversation"}
    sent = TEXTS[: len(asked)]
    wait_received(bob, b, sent)
    wait_states(alice, a, sent, ["delivered"])
    assert alice.memory() - before < MAX_GROWTH
    assert "Traceback" not in alice.errors()
    alice.stop()


def test_hostile_datagrams(world: World, is_full: bool) -> None:
    """Random, short, long, recorded, altered and replayed ones, at a node and at a person, while the two talk."""
    tap = tap_to_throw_into(world)
    world.prefix = tap.prefix if tap else ()
    try:
        world.start_nodes()
        alice, bob = world.open_all()
        a, b = world.conversation["alice"], world.conversation["bob"]
        connected(alice)
        connected(bob)
        targets = [world.ports["node0"], world.ports["alice"]]
        victims = [world.nodes["node0"], alice]
        send(alice, a, TEXTS[:5])
        wait_received(bob, b, TEXTS[:5])
        recorded = [packet.payload for packet in tap.so_far()] if tap else []
        before = [process.memory() for process in victims]
        count = ALL_DATAGRAMS if is_full else DATAGRAMS
        hail = hostile(seeded(7), recorded, count)
        throw(hail, targets, tap)
        send(alice, a, TEXTS[5:])
        throw(hail[::-1], targets, tap)
        wait_received(bob, b, TEXTS)
        wait_states(alice, a, TEXTS, ["delivered"])
        counted = alice.call("network.status")
        assert counted["datagrams_dropped"] > count / 4, "hardly anything of it arrived"
        for process, memory in zip(victims, before, strict=True):
            assert process.memory() - memory < MAX_GROWTH
            assert "Traceback" not in process.errors()
        world.stop()
    finally:
        world.close()
        if tap:
            tap.close()


def tap_to_throw_into(world: World) -> Tap | None:
    """Return a tap if this system allows one that the test itself can enter; without it nothing recorded is replayed."""
    tap = Tap.open(world.root / "packets", ROOT)
    if tap is None:
        return None
    try:
        tap.open_socket().close()
    except OSError:
        tap.close()
        return None
    return tap


def hostile(chance: random.Random, recorded: list[bytes], count: int) -> list[bytes]:
    """Return datagrams of every bad kind; those recorded come again as they were, and with a bit changed."""
    sizes = [1232, 1232, 256, 256, 0, 1, 255, 257, 1231, 1233, 1400]
    hail = [chance.randbytes(chance.choice(sizes)) for _ in range(count if not recorded else count // 2)]
    while recorded and len(hail) < count:
        replayed = bytearray(chance.choice(recorded))
        if chance.random() < 0.5:
            replayed[chance.randrange(len(replayed))] ^= 1 << chance.randrange(8)
        hail.append(bytes(replayed))
    chance.shuffle(hail)
    return hail


def throw(hail: list[bytes], targets: list[int], tap: Tap | None) -> None:
    """Send everything to every target, from inside the tap's namespace if there is one."""
    with thrower(tap) as out:
        for datagram in hail:
            for port in targets:
                out.sendto(datagram, ("127.0.0.1", port))


@contextmanager
def thrower(tap: Tap | None) -> Generator[socket.socket]:
    """Give a socket where the targets can be reached."""
    out = tap.open_socket() if tap else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    out.settimeout(PATIENCE)
    with out:
        yield out
