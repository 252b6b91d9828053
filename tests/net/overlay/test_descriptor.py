"""Descriptors: what they say, what cannot be altered, and in which order they are checked."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from ipaddress import ip_address
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint, NodeId
from net.instant import HOUR_MS, Instant
from net.messages import DESCRIPTOR_SIZE
from net.network_time import AGREEMENT_MS
from net.overlay.descriptor import (
    EPOCH_HOURS,
    MAX_GENUINE,
    Descriptor,
    Verifier,
    decode_descriptor,
    encode_descriptor,
    epoch_of,
)
from net.overlay.identity import ID_WORK_BITS, Identity, find_nonce, identity_of, is_worked, overlay_id_of
from net.primitives import verify_signature
from tests.support.overlay_world import forged_descriptor
from tests.support.parcels import NOW

HERE = Endpoint("203.0.113.7", 4242)
KEYS = (b"\x01" * 32, b"\x02" * 32)
EPOCH = epoch_of(NOW)


@cache
def ours() -> Identity:
    return identity_of(b"\x07" * 32, 0)


def encoded(endpoint: Endpoint = HERE, epoch: int = EPOCH, stamp: int = NOW.wall_ms) -> bytes:
    return encode_descriptor(ours(), endpoint, epoch, KEYS, stamp, is_reachable=True)


class Counting:
    """Verifies for real, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, key: bytes, signature: bytes, message: bytes) -> bool:
        self.count += 1
        return verify_signature(key, signature, message)


def verifier() -> Verifier:
    return Verifier(work_bits=0)


def test_the_bytes_are_frozen() -> None:
    """The product's own work, and one descriptor in full: whoever changes them changes the protocol."""
    identity = identity_of(b"\x07" * 32)
    data = encode_descriptor(identity, HERE, 250_000, KEYS, 1_800_000_000_000, is_reachable=True)
    assert identity.nonce == 27561
    assert identity.overlay_id.hex() == "f2be56471cda21f821d38e4790e83f30a5ef05c22501012211713163b897da85"
    assert hashlib.sha256(data).hexdigest() == "a1879a1869d3208cbca07ee42e0f30572186a0a7af252df1ec15f3db1500ba13"


def test_a_descriptor_says_what_was_put_in() -> None:
    data = encoded()
    descriptor = verifier().check(data, NOW)
    assert len(data) == DESCRIPTOR_SIZE
    assert (descriptor.node, descriptor.endpoint, descriptor.sphinx_keys) == (ours().node, HERE, KEYS)
    assert (descriptor.is_reachable, descriptor.stamp, descriptor.data) == (True, NOW.wall_ms, data)
    assert descriptor.overlay_id == ours().overlay_id == descriptor.place.to_bytes(32, "big")
    assert [descriptor.key_of(EPOCH + later) for later in (-2, -1, 0, 1, 2)] == [None, KEYS[0], *KEYS, None]
    assert descriptor.tag == ours().node[:8]


@given(st.ip_addresses(), st.integers(1, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1), st.booleans())
def test_every_address_and_time_comes_back(host: object, port: int, epoch: int, stamp: int, reachable: bool) -> None:
    data = encode_descriptor(ours(), Endpoint(str(host), port), epoch, KEYS, stamp, is_reachable=reachable)
    if ip_address(str(host)).is_multicast or ip_address(str(host)).is_unspecified:
        with pytest.raises(DecodeError, match="address"):
            decode_descriptor(data)
        return
    descriptor = decode_descriptor(data)
    assert (descriptor.epoch, descriptor.stamp, descriptor.is_reachable) == (epoch, stamp, reachable)
    again = encode_descriptor(ours(), descriptor.endpoint, epoch, KEYS, stamp, is_reachable=reachable)
    assert again == data


@pytest.mark.parametrize("host", ["224.0.0.1", "0.0.0.0", "::", "ff02::1"])
def test_an_address_that_nobody_can_have_is_refused(host: str) -> None:
    with pytest.raises(DecodeError):
        verifier().check(encoded(Endpoint(host, 1)), NOW)


@given(st.binary(max_size=300) | st.binary(min_size=DESCRIPTOR_SIZE, max_size=DESCRIPTOR_SIZE))
def test_any_bytes_are_refused_or_mean_something(data: bytes) -> None:
    with pytest.raises((DecodeError, Unauthenticated)):
        verifier().check(data, NOW)


@given(st.integers(0, 8 * DESCRIPTOR_SIZE - 1))
def test_no_bit_can_be_flipped(bit: int) -> None:
    altered = bytearray(encoded())
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises((DecodeError, Unauthenticated)):
        verifier().check(bytes(altered), NOW)


def test_verdicts_are_remembered() -> None:
    verify = Counting()
    checks = Verifier(work_bits=0, verify=verify)
    good, bad = encoded(), encoded()[:-1] + b"\x00"
    for _ in range(3):
        assert checks.check(good, NOW).node == ours().node
        with pytest.raises(Unauthenticated):
            checks.check(bad, NOW)
    assert verify.count == 2


def test_the_memory_of_verdicts_is_bounded_and_the_oldest_goes_first() -> None:
    verify = Counting()
    checks = Verifier(work_bits=0, verify=lambda key, signature, message: verify(key, signature, message) or True)
    rng = Random(1)
    first = forged_descriptor(rng, HERE, NOW)
    checks.check(first, NOW)
    checks.check(first, NOW)
    assert verify.count == 1
    template = bytearray(encoded())
    for number in range(MAX_GENUINE):
        template[-4:] = number.to_bytes(4, "big")
        checks.check(bytes(template), NOW)
    checks.check(first, NOW)
    assert verify.count == MAX_GENUINE + 2


def test_nothing_dear_is_done_for_what_fails_a_cheap_check() -> None:
    verify = Counting()
    late = Instant(NOW.mono, NOW.wall_ms + 3 * EPOCH_HOURS * HOUR_MS)
    with pytest.raises(DecodeError, match="epoch"):
        Verifier(work_bits=0, verify=verify).check(encoded(), late)
    with pytest.raises(DecodeError, match="work"):
        Verifier(work_bits=32, verify=verify).check(encoded(), NOW)
    with pytest.raises(DecodeError, match="version"):
        Verifier(work_bits=0, verify=verify).check(b"\x02" + encoded()[1:], NOW)
    assert verify.count == 0


@pytest.mark.parametrize(("epoch", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_only_the_present_epoch_and_those_beside_it_are_taken(epoch: int, is_taken: bool) -> None:
    checks = verifier()
    data = encoded(epoch=EPOCH + epoch)
    if is_taken:
        assert checks.check(data, NOW).epoch == EPOCH + epoch
    else:
        with pytest.raises(DecodeError, match="epoch"):
            checks.check(data, NOW)


def test_what_was_good_is_refused_once_its_time_is_over() -> None:
    checks = verifier()
    data = encoded()
    checks.check(data, NOW)
    with pytest.raises(DecodeError, match="epoch"):
        checks.check(data, Instant(0, NOW.wall_ms + 2 * EPOCH_HOURS * HOUR_MS))


def test_a_stamp_may_be_an_hour_and_ten_minutes_ahead_and_no_more() -> None:
    most = NOW.wall_ms + HOUR_MS + AGREEMENT_MS
    assert verifier().check(encoded(stamp=most), NOW)
    with pytest.raises(DecodeError, match="stamp"):
        verifier().check(encoded(stamp=most + 1), NOW)


def test_the_nonce_is_the_smallest_that_pays() -> None:
    node, signing_key = NodeId(b"\x03" * 32), b"\x04" * 32
    nonce = find_nonce(node, signing_key, 8)
    assert is_worked(overlay_id_of(node, signing_key, nonce), 8)
    assert not any(is_worked(overlay_id_of(node, signing_key, each), 8) for each in range(nonce))


def test_another_link_key_is_another_place() -> None:
    assert overlay_id_of(NodeId(b"\x01" * 32), ours().signing_key, 0) != ours().overlay_id
    assert ID_WORK_BITS == 16


def test_an_identity_shows_no_secret() -> None:
    assert ours().signing_seed.hex()[:8] not in repr(ours())


def test_descriptors_are_equal_by_their_bytes() -> None:
    one, other = decode_descriptor(encoded()), decode_descriptor(encoded())
    assert one == other
    assert hash(one) == hash(other)
    assert one != replace(one, data=b"")
    assert isinstance(one, Descriptor)
