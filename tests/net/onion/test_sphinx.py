"""Sphinx packets: what each hop learns, and what becomes of packets that somebody touched.

Told of the real cipher and of the simulations' stand-in alike.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint
from net.messages import CELL_BODY_SIZE, PACKET_SIZE
from net.numbers import HOST_SIZE
from net.onion.packets.cipher import (
    INTEGRITY_SIZE,
    MAX_DELAY_MS,
    MAX_HOPS,
    PAYLOAD_SIZE,
    Direction,
    Hop,
    NextHop,
    Peeled,
    RealOnionCipher,
    SphinxCipher,
    SphinxKeys,
)
from net.onion.packets.sphinx import (
    SHAPE,
    Suite,
    WrongKey,
    X25519Suite,
    create_header,
    open_header,
    padding_size,
    share_secrets,
)
from net.primitives import sha256
from simulator.plain_cipher import PlainOnionCipher, PlainSuite

REAL, PLAIN = RealOnionCipher(), PlainOnionCipher()
BOTH = pytest.mark.parametrize("cipher", [REAL, PLAIN], ids=["real", "plain"])
VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "sphinx.json").read_text(encoding="ascii"))
HEADER_SIZE = PACKET_SIZE - INTEGRITY_SIZE - PAYLOAD_SIZE
ALPHA_SIZE = 32


def host(*octets: int) -> bytes:
    return bytes(10) + b"\xff\xff" + bytes(octets)


def path_of(
    cipher: SphinxCipher, count: int, random: Random, *, delay_ms: int = 100
) -> tuple[list[SphinxKeys], list[Hop]]:
    """Return relays' keys and the hops 10.0.0.1:5001, 10.0.0.2:5002 … that lead through them."""
    keys = [cipher.keypair(random.randbytes) for _ in range(count)]
    hops = [
        Hop(pair.public, host(10, 0, 0, at + 1), 5001 + at, bytes([at]) * 8, delay_ms + at)
        for at, pair in enumerate(keys)
    ]
    return keys, hops


def walk(cipher: SphinxCipher, keys: list[SphinxKeys], packet: bytes) -> list[Peeled]:
    """Peel a packet at each relay in turn."""
    found: list[Peeled] = []
    for pair in keys:
        found.append(cipher.peel(pair.secret, packet))
        packet = found[-1].packet
    return found


def flipped(data: bytes, bit: int) -> bytes:
    altered = bytearray(data)
    altered[bit // 8] ^= 1 << bit % 8
    return bytes(altered)


# --- the way ----------------------------------------------------------------------------------------------------------


@BOTH
@given(
    count=st.integers(1, MAX_HOPS), payload=st.binary(max_size=PAYLOAD_SIZE), setup=st.booleans(), seed=st.integers()
)
def test_a_payload_arrives_at_the_last_hop_and_each_hop_learns_only_the_next(
    cipher: SphinxCipher, count: int, payload: bytes, setup: bool, seed: int
) -> None:
    random = Random(seed)
    keys, hops = path_of(cipher, count, random)
    packet, secrets = cipher.create(hops, payload, random.randbytes, is_setup=setup)
    found = walk(cipher, keys, packet)
    assert [each.secret for each in found] == secrets
    assert [each.delay_ms for each in found] == [hop.delay_ms for hop in hops]
    assert all(each.is_setup is setup for each in found)
    assert [each.next for each in found[:-1]] == [
        NextHop(Endpoint(f"10.0.0.{at + 1}", 5001 + at), bytes([at]) * 8) for at in range(1, count)
    ]
    assert all((len(each.packet), each.payload) == (PACKET_SIZE, b"") for each in found[:-1])
    assert (found[-1].next, found[-1].packet) == (None, b"")
    assert found[-1].payload == payload.ljust(PAYLOAD_SIZE, b"\0")


@BOTH
def test_a_hop_may_be_reached_by_ipv6_or_only_over_a_link_that_exists(cipher: SphinxCipher) -> None:
    random = Random(1)
    keys, hops = path_of(cipher, 3, random, delay_ms=MAX_DELAY_MS - 2)
    hops[1] = hops[1]._replace(contact_host=bytes.fromhex("20010db8" + 23 * "0" + "1"))
    hops[2] = hops[2]._replace(contact_host=bytes(HOST_SIZE), port=0)
    first, second, third = walk(cipher, keys, cipher.create(hops, b"", random.randbytes)[0])
    assert first.next == NextHop(Endpoint("2001:db8::1", 5002), hops[1].tag)
    assert second.next == NextHop(None, hops[2].tag)
    assert third.delay_ms == MAX_DELAY_MS


@BOTH
def test_a_path_has_one_to_four_hops_and_a_payload_fits(cipher: SphinxCipher) -> None:
    random = Random(2)
    _, hops = path_of(cipher, MAX_HOPS + 1, random)
    for too_long, payload in [(hops, b""), ([], b""), (hops[:1], bytes(PAYLOAD_SIZE + 1))]:
        with pytest.raises(ValueError):
            cipher.create(too_long, payload, random.randbytes)


# --- altered packets --------------------------------------------------------------------------------------------------


@BOTH
def test_every_bit_flipped_in_the_header_is_refused_by_the_next_hop(cipher: SphinxCipher) -> None:
    random = Random(3)
    keys, hops = path_of(cipher, 2, random)
    packet = cipher.peel(keys[0].secret, cipher.create(hops, b"hush", random.randbytes)[0]).packet
    for bit in range(8 * HEADER_SIZE):
        with pytest.raises(Unauthenticated):
            cipher.peel(keys[1].secret, flipped(packet, bit))


@BOTH
def test_every_byte_altered_in_the_payload_is_refused_by_the_last_hop(cipher: SphinxCipher) -> None:
    random = Random(4)
    (pair,), hops = path_of(cipher, 1, random)
    packet, _ = cipher.create(hops, b"hush", random.randbytes)
    for at in range(HEADER_SIZE, PACKET_SIZE):
        with pytest.raises(Unauthenticated):
            cipher.peel(pair.secret, flipped(packet, 8 * at + random.randrange(8)))


@BOTH
@given(bit=st.integers(8 * HEADER_SIZE, 8 * PACKET_SIZE - 1), at=st.integers(0, 3))
def test_a_payload_altered_anywhere_is_forwarded_as_if_nothing_were_and_refused_at_the_end(
    cipher: SphinxCipher, bit: int, at: int
) -> None:
    random = Random(5)
    keys, hops = path_of(cipher, 4, random)
    packet, _ = cipher.create(hops, b"hush", random.randbytes)
    *_, before = [packet, *(each.packet for each in walk(cipher, keys[:at], packet))]
    whole = walk(cipher, keys[at:-1], before)
    touched = walk(cipher, keys[at:-1], flipped(before, bit))
    assert [each.next for each in whole] == [each.next for each in touched]
    assert [each.packet[:HEADER_SIZE] for each in whole] == [each.packet[:HEADER_SIZE] for each in touched]
    with pytest.raises(Unauthenticated) as refusal:
        cipher.peel(keys[-1].secret, touched[-1].packet if touched else flipped(before, bit))
    assert not isinstance(refusal.value, WrongKey)


@given(at=st.integers(0, 3), bit=st.integers(0, 8 * PACKET_SIZE - 1), is_stranger=st.booleans())
def test_the_stand_in_fails_where_the_real_cipher_does(at: int, bit: int, is_stranger: bool) -> None:
    def refused_at(cipher: SphinxCipher) -> int | None:
        random = Random(6)
        keys, hops = path_of(cipher, 4, random)
        stranger = cipher.keypair(random.randbytes)
        packet, _ = cipher.create(hops, b"hush", random.randbytes)
        for hop, pair in enumerate(keys):
            key = pair.secret
            if hop == at:
                packet, key = (packet, stranger.secret) if is_stranger else (flipped(packet, bit), key)
            try:
                packet = cipher.peel(key, packet).packet
            except Unauthenticated:
                return hop
        return None

    refused = refused_at(REAL)
    assert refused is not None
    assert refused == refused_at(PLAIN)


@BOTH
@pytest.mark.parametrize("size", [0, 1, HEADER_SIZE, PACKET_SIZE - 1, PACKET_SIZE + 1])
def test_a_packet_of_another_size_is_none(cipher: SphinxCipher, size: int) -> None:
    with pytest.raises(DecodeError):
        cipher.peel(cipher.keypair(Random(7).randbytes).secret, bytes(size))


@BOTH
@given(data=st.binary(min_size=PACKET_SIZE, max_size=PACKET_SIZE))
def test_any_bytes_are_refused(cipher: SphinxCipher, data: bytes) -> None:
    with pytest.raises(Unauthenticated):
        cipher.peel(cipher.keypair(Random(8).randbytes).secret, data)


@BOTH
@given(at=st.integers(0, 3), seed=st.integers())
def test_an_alpha_put_in_by_a_relay_leaves_no_mark_that_the_next_would_pass_on(
    cipher: SphinxCipher, at: int, seed: int
) -> None:
    """Whatever takes alpha's place, blinded once more or another packet's, the next hop stops it."""
    random = Random(seed)
    keys, hops = path_of(cipher, 4, random)
    packet, _ = cipher.create(hops, b"hush", random.randbytes)
    *_, before = [packet, *(each.packet for each in walk(cipher, keys[:at], packet))]
    suite: Suite = X25519Suite() if cipher is REAL else PlainSuite()
    again = suite.power(suite.draw(random.randbytes), before[:ALPHA_SIZE])
    for alpha in (again, suite.public(suite.draw(random.randbytes))):
        with pytest.raises(WrongKey):
            cipher.peel(keys[at].secret, alpha + before[ALPHA_SIZE:])


@BOTH
@pytest.mark.parametrize(
    "wrong",
    [
        {"key": bytes(31)},
        {"key": bytes(33)},
        {"contact_host": bytes(4)},
        {"contact_host": bytes(17)},
        {"tag": bytes(7)},
        {"tag": bytes(32)},
        {"port": 2**16},
        {"port": -1},
        {"delay_ms": MAX_DELAY_MS + 1},
        {"delay_ms": -1},
    ],
)
def test_a_hop_with_a_field_that_does_not_fit_is_refused_and_not_cut(
    cipher: SphinxCipher, wrong: dict[str, Any]
) -> None:
    random = Random(10)
    _, hops = path_of(cipher, 2, random)
    for at in range(2):
        bad = [hop._replace(**wrong) if at == which else hop for which, hop in enumerate(hops)]
        with pytest.raises(ValueError, match="hop"):
            cipher.create(bad, b"", random.randbytes)


@BOTH
@pytest.mark.parametrize(
    "routing",
    [
        bytes(28) + b"\4" + bytes(3),  # an unknown flag
        bytes(29) + b"\0\0\1",  # zeros that are none
        host(10, 0, 0, 1) + bytes(16),  # an address without a port
        bytes(16) + b"\0\1" + bytes(14),  # a port without an address
        host(224, 0, 0, 1) + b"\0\1" + bytes(14),  # an address of many
        bytes(18) + b"friend's" + bytes(2) + b"\1" + bytes(3),  # somebody after the last hop
    ],
)
def test_routing_that_makes_no_sense_is_refused(cipher: SphinxCipher, routing: bytes) -> None:
    random = Random(11)
    (pair,), (hop,) = path_of(cipher, 1, random)
    suite: Suite = X25519Suite() if cipher is REAL else PlainSuite()
    alpha, secrets = share_secrets(suite, [hop.key], suite.draw(random.randbytes))
    gamma, beta = create_header(suite, secrets, [routing], random.randbytes(padding_size(SHAPE, 1)))
    with pytest.raises(DecodeError):
        cipher.peel(pair.secret, alpha + gamma + beta + bytes(PACKET_SIZE - HEADER_SIZE))


@BOTH
def test_a_packet_that_is_not_admitted_goes_no_further(cipher: SphinxCipher) -> None:
    random = Random(12)
    (pair,), hops = path_of(cipher, 1, random)
    packet, _ = cipher.create(hops, b"", random.randbytes)
    names: list[bytes] = []

    def refuse(name: bytes) -> None:
        names.append(name)
        raise Unauthenticated("seen")

    for data in (packet, flipped(packet, 8 * PACKET_SIZE - 1)):  # the same packet, whatever its payload
        with pytest.raises(Unauthenticated, match="seen"):
            cipher.peel(pair.secret, data, refuse)
    with pytest.raises(WrongKey):
        cipher.peel(pair.secret, flipped(packet, 8 * ALPHA_SIZE), refuse)  # forged: never even asked about
    assert len(names) == 2
    assert names[0] == names[1]


# --- what a hop can tell ----------------------------------------------------------------------------------------------


def views(count: int, seed: int) -> list[tuple[bytes, bytes]]:
    """Return for each hop the packet as it comes and the header as the hop's key opens it."""
    random, suite = Random(seed), X25519Suite()
    keys, hops = path_of(REAL, count, random)
    packet, secrets = REAL.create(hops, b"", random.randbytes)
    seen: list[tuple[bytes, bytes]] = []
    for pair, secret in zip(keys, secrets, strict=True):
        gamma = packet[ALPHA_SIZE : ALPHA_SIZE + SHAPE.mac_size]
        opened = open_header(suite, secret, gamma, packet[ALPHA_SIZE + SHAPE.mac_size : HEADER_SIZE])
        seen.append((packet, opened.beta))
        packet = REAL.peel(pair.secret, packet).packet
    return seen


@pytest.mark.parametrize("count", range(1, MAX_HOPS + 1))
def test_no_hop_can_tell_how_many_came_before_it_or_follow(count: int) -> None:
    for packet, beta in views(count, seed=13):
        assert (len(packet), len(beta)) == (PACKET_SIZE, SHAPE.beta_size)
        # Slots that are used up, or were never used, would show as zeros or as a pattern in what is left of the header.
        assert bytes(3) not in beta
        assert len({beta[at : at + 4] for at in range(SHAPE.beta_size - 3)}) == SHAPE.beta_size - 3


def test_no_two_links_of_a_path_carry_anything_in_common() -> None:
    packets = [packet for packet, _ in views(4, seed=14)]
    for at, one in enumerate(packets):
        pieces = {one[start : start + 4] for start in range(PACKET_SIZE - 3)}
        for other in packets[at + 1 :]:
            assert not pieces & {other[start : start + 4] for start in range(PACKET_SIZE - 3)}


def test_two_packets_with_one_content_have_nothing_in_common() -> None:
    random = Random(15)
    _, hops = path_of(REAL, 3, random)
    one, other = (REAL.create(hops, b"hush", random.randbytes)[0] for _ in range(2))
    assert not {one[at : at + 4] for at in range(PACKET_SIZE - 3)} & {
        other[at : at + 4] for at in range(PACKET_SIZE - 3)
    }


# --- circuits ---------------------------------------------------------------------------------------------------------


@BOTH
def test_cells_go_through_three_hops_and_come_back(cipher: SphinxCipher) -> None:
    random = Random(16)
    secrets = [random.randbytes(32) for _ in range(3)]
    for direction in Direction:
        ours, theirs = ([cipher.layer(secret, direction) for secret in secrets] for _ in range(2))
        for number in range(3):
            body = cell = bytes(INTEGRITY_SIZE) + random.randbytes(CELL_BODY_SIZE - INTEGRITY_SIZE)
            for layer in reversed(ours):
                cell = layer.seal(cell)
                assert len(cell) == CELL_BODY_SIZE
            assert cell != body, number
            for layer in theirs:
                cell = layer.open(cell)
            assert cell == body


@BOTH
@pytest.mark.parametrize("fate", ["altered", "lost", "twice", "other direction"])
def test_a_cell_that_was_touched_or_is_out_of_order_is_noise_at_the_end(cipher: SphinxCipher, fate: str) -> None:
    secret, other = Random(17).randbytes(32), Random(18).randbytes(32)
    ours = [cipher.layer(each, Direction.FORWARD) for each in (secret, other)]
    cells = [ours[1].seal(ours[0].seal(bytes(CELL_BODY_SIZE))) for _ in range(2)]
    arriving = {
        "altered": [flipped(cells[0], 9000)],
        "lost": [cells[1]],
        "twice": [cells[0], cells[0]],
        "other direction": [cells[0]],
    }[fate]
    direction = Direction.BACKWARD if fate == "other direction" else Direction.FORWARD
    theirs = [cipher.layer(each, direction) for each in (secret, other)]
    opened = [theirs[0].open(theirs[1].open(cell)) for cell in arriving]
    assert any(opened[-1][:INTEGRITY_SIZE])


# --- vectors ----------------------------------------------------------------------------------------------------------


def test_packets_and_cells_have_the_bytes_of_our_own_vectors() -> None:
    """Frozen with the first version of the protocol; random bytes are SHA-256 of a counter."""
    count = iter(range(1000))

    def random(size: int) -> bytes:
        return b"".join(sha256(bytes([next(count)])) for _ in range(-(-size // 32)))[:size]

    keys = [REAL.keypair(random) for _ in range(MAX_HOPS)]
    assert [[pair.secret.hex(), pair.public.hex()] for pair in keys] == VECTOR["keys"]
    hops = [
        Hop(pair.public, host(192, 0, 2, at), 1000 + at, bytes([0xA0 + at]) * 8, 10 * at)
        for at, pair in enumerate(keys)
    ]
    packet, secrets = REAL.create(hops, b"sotto voce", random, is_setup=True)
    assert [secret.hex() for secret in secrets] == VECTOR["secrets"]
    found = walk(REAL, keys, packet)
    assert [data.hex() for data in (packet, *(each.packet for each in found[:-1]))] == VECTOR["packets"]
    cells = [REAL.layer(secrets[0], direction) for direction in Direction]
    assert [[sha256(layer.seal(bytes(CELL_BODY_SIZE))).hex() for _ in range(2)] for layer in cells] == VECTOR["cells"]
