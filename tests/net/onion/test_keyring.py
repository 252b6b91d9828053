"""A relay's keys come and go with the epochs, and no packet is taken twice."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import DecodeError, Unauthenticated
from net.messages import PACKET_SIZE
from net.onion.packets.cipher import Block, Hop, OnionCipher, Peeled, RealOnionCipher, SphinxCipher
from net.onion.packets.keyring import Keyring, Replayed, ReplayList
from net.onion.packets.sphinx import WrongKey
from simulator.plain_cipher import PlainBlock, PlainOnionCipher, PlainSuite

EPOCH = 231_000
NAMES = st.binary(min_size=16, max_size=16)


def relay(cipher: OnionCipher | None = None, *, seed: int = 1, max_seen: int = 100) -> Keyring:
    keyring = Keyring(cipher or PlainOnionCipher(), Random(seed).randbytes, max_seen=max_seen)
    keyring.turn(EPOCH)
    return keyring


def packet_for(key: bytes, *, number: int = 0, cipher: OnionCipher | None = None) -> bytes:
    hop = Hop(key, bytes(16), 0, bytes(8), 0)
    return (cipher or PlainOnionCipher()).create([hop], b"hush", Random(number).randbytes)[0]


def altered(packet: bytes, at: int) -> bytes:
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1 :]


@pytest.mark.parametrize("cipher", [RealOnionCipher(), PlainOnionCipher()], ids=["real", "plain"])
def test_a_packet_is_peeled_once(cipher: OnionCipher) -> None:
    keyring = relay(cipher)
    packet = packet_for(keyring.publics(EPOCH)[0], cipher=cipher)
    assert keyring.peel(packet, EPOCH).payload.startswith(b"hush")
    for _ in range(2):
        with pytest.raises(Replayed):
            keyring.peel(packet, EPOCH)
    with pytest.raises(Replayed):
        keyring.peel(packet, EPOCH + 1)  # nor when it is tried under the former epoch's key


def test_a_key_serves_three_epochs_and_is_told_before_the_first() -> None:
    told = relay().publics(EPOCH)[1]
    packets = [packet_for(told, number=number) for number in range(3)]
    keyring = relay()
    for number, packet in enumerate(packets):
        assert keyring.peel(packet, EPOCH + number).payload
        keyring.turn(EPOCH + number + 1)
    assert keyring.publics(EPOCH + 3) != relay().publics(EPOCH)


def test_what_was_recorded_cannot_be_opened_when_its_key_is_gone() -> None:
    keyring = relay()
    key = keyring.publics(EPOCH)[0]
    keyring.turn(EPOCH + 1)
    assert keyring.peel(packet_for(key, number=1), EPOCH + 1).payload
    keyring.turn(EPOCH + 2)
    with pytest.raises(WrongKey):
        keyring.peel(packet_for(key, number=2), EPOCH + 2)
    keyring.turn(EPOCH)  # not even when the clock goes back
    with pytest.raises(WrongKey):
        keyring.peel(packet_for(key, number=2), EPOCH)


def test_the_next_epochs_key_is_the_one_that_was_announced() -> None:
    keyring = relay()
    _, announced = keyring.publics(EPOCH)
    assert keyring.publics(EPOCH + 1)[0] == announced


def test_a_clock_set_back_across_the_turn_costs_no_announced_key() -> None:
    keyring = relay()
    keyring.turn(EPOCH + 1)
    announced = keyring.publics(EPOCH + 1)
    keyring.turn(EPOCH)
    keyring.turn(EPOCH + 1)
    assert keyring.publics(EPOCH + 1) == announced


def test_keys_are_drawn_anew_at_every_start() -> None:
    assert not set(relay(seed=1).publics(EPOCH)) & set(relay(seed=2).publics(EPOCH))


def test_forged_packets_do_not_fill_the_list() -> None:
    keyring = relay(max_seen=1)
    packet = packet_for(keyring.publics(EPOCH)[0])
    for at in range(0, 240, 7):
        with pytest.raises(WrongKey):
            keyring.peel(altered(packet, at), EPOCH)
    assert keyring.peel(packet, EPOCH).payload


def test_a_full_list_takes_nothing_more_and_forgets_nothing() -> None:
    keyring = relay(max_seen=3)
    now, following = keyring.publics(EPOCH)
    packets = [packet_for(now, number=number) for number in range(4)]
    for packet in packets[:3]:
        keyring.peel(packet, EPOCH)
    for packet in packets:
        with pytest.raises(Replayed):
            keyring.peel(packet, EPOCH)
    assert keyring.peel(packet_for(following, number=9), EPOCH).payload  # each key has a list of its own


def test_a_packet_whose_payload_was_spoilt_is_remembered_all_the_same() -> None:
    keyring = relay()
    packet = packet_for(keyring.publics(EPOCH)[0])
    with pytest.raises(Unauthenticated) as first:
        keyring.peel(altered(packet, PACKET_SIZE - 1), EPOCH)
    assert not isinstance(first.value, WrongKey | Replayed)
    with pytest.raises(Replayed):
        keyring.peel(packet, EPOCH)


class CountingCipher(SphinxCipher):
    """Counts the payloads that are opened."""

    def __init__(self) -> None:
        super().__init__(PlainSuite(), self._block)
        self.opened = 0

    def _block(self, secret: bytes, label: bytes) -> Block:
        self.opened += 1
        return PlainBlock(secret, label)


def test_a_replay_costs_no_payload_decryption() -> None:
    cipher = CountingCipher()
    keyring = relay(cipher)
    packet = packet_for(keyring.publics(EPOCH)[0])
    keyring.peel(packet, EPOCH)
    assert cipher.opened == 1
    with pytest.raises(Replayed):
        keyring.peel(packet, EPOCH)
    assert cipher.opened == 1


class TracingCipher(PlainOnionCipher):
    """Writes down with which keys a packet was tried."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[bytes] = []

    def peel(self, secret: bytes, packet: bytes, admit: Callable[[bytes], None] | None = None) -> Peeled:
        self.tried.append(secret)
        return super().peel(secret, packet, admit)


def test_the_present_epochs_key_is_tried_first() -> None:
    cipher = TracingCipher()
    keyring = relay(cipher)
    keyring.turn(EPOCH + 1)
    keyring.peel(packet_for(keyring.publics(EPOCH + 1)[0]), EPOCH + 1)
    assert len(cipher.tried) == 1
    with pytest.raises(WrongKey):
        keyring.peel(packet_for(relay(seed=2).publics(EPOCH)[0]), EPOCH + 1)
    assert len(cipher.tried) == len(set(cipher.tried)) + 1 == 4


def test_before_the_first_turn_there_is_nothing_to_peel_with() -> None:
    with pytest.raises(WrongKey):
        Keyring(PlainOnionCipher(), Random(1).randbytes).peel(packet_for(relay().publics(EPOCH)[0]), EPOCH)


@given(data=st.binary(max_size=PACKET_SIZE + 1))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((Unauthenticated, DecodeError)):
        relay().peel(data, EPOCH)


@given(names=st.lists(NAMES | st.sampled_from([bytes(16), bytes(15) + b"\1"]), max_size=60), limit=st.integers(0, 40))
def test_the_list_is_a_bounded_set(names: list[bytes], limit: int) -> None:
    seen, model = ReplayList(limit), set[bytes]()
    for name in names:
        if name in model or len(model) >= limit:
            with pytest.raises(Replayed):
                seen.admit(name)
        else:
            seen.admit(name)
            model.add(name)
    assert len(seen) == len(model)
