"""Noise IK against the public vectors, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from net.errors import DecodeError, Unauthenticated
from net.link.noise import Initiator, Responder, TransportKeys
from net.primitives import Aead, KeyPair, x25519, x25519_keypair, x25519_pair_of

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "noise_ik.json").read_text(encoding="ascii")
)["vectors"]
PROLOGUE = b"test"
# A point of order 8 (RFC 7748's curve); every secret gives zero with it.
SMALL_ORDER = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")


def pair(name: str) -> KeyPair:
    return x25519_keypair(Random(name).randbytes)


def parties() -> tuple[Initiator, Responder]:
    alice, bob = pair("alice"), pair("bob")
    return Initiator(PROLOGUE, alice, pair("ephemeral"), bob.public), Responder(PROLOGUE, bob)


def key_of(vector: dict[str, Any], name: str) -> KeyPair:
    return x25519_pair_of(bytes.fromhex(vector[name]))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["from"] for vector in VECTORS])
def test_the_handshake_gives_the_bytes_of_the_public_vectors(vector: dict[str, Any]) -> None:
    responder_key = key_of(vector, "resp_static")
    assert responder_key.public.hex() == vector["init_remote_static"]
    alice = Initiator(
        bytes.fromhex(vector["init_prologue"]),
        key_of(vector, "init_static"),
        key_of(vector, "init_ephemeral"),
        responder_key.public,
    )
    bob = Responder(bytes.fromhex(vector["resp_prologue"]), responder_key)
    first, second, *rest = [(bytes.fromhex(m["payload"]), bytes.fromhex(m["ciphertext"])) for m in vector["messages"]]

    assert alice.create_message_1(first[0]) == first[1]
    assert bob.consume_message_1(first[1]) == (key_of(vector, "init_static").public, first[0])
    message, bobs = bob.create_message_2(second[0], key_of(vector, "resp_ephemeral"))
    assert message == second[1]
    payload, alices = alice.consume_message_2(second[1])
    assert payload == second[0]

    assert alices == bobs
    if "handshake_hash" in vector:
        assert alices.handshake_hash.hex() == vector["handshake_hash"]
    check_transport(alices, rest)


def check_transport(keys: TransportKeys, messages: list[tuple[bytes, bytes]]) -> None:
    """Transport messages alternate, the initiator first; each direction counts its nonces."""
    directions = (Aead(keys.initiator_to_responder), Aead(keys.responder_to_initiator))
    assert messages
    for at, (payload, ciphertext) in enumerate(messages):
        nonce = bytes(4) + (at // 2).to_bytes(8, "big")
        assert directions[at % 2].seal(nonce, payload, b"") == ciphertext


@pytest.mark.parametrize("at", [0, 31, 32, 79, 80, 100])
def test_an_altered_first_message_is_refused(at: int) -> None:
    alice, bob = parties()
    message = bytearray(alice.create_message_1(b"hello"))
    message[at] ^= 1
    with pytest.raises(Unauthenticated):
        bob.consume_message_1(bytes(message))


@pytest.mark.parametrize("at", [0, 31, 32, 48])
def test_an_altered_second_message_is_refused(at: int) -> None:
    alice, bob = parties()
    bob.consume_message_1(alice.create_message_1(b""))
    message = bytearray(bob.create_message_2(b"hello", pair("other"))[0])
    message[at] ^= 1
    with pytest.raises(Unauthenticated):
        alice.consume_message_2(bytes(message))


def test_another_prologue_is_another_protocol() -> None:
    alice, _ = parties()
    bob = Responder(b"other", pair("bob"))
    with pytest.raises(Unauthenticated):
        bob.consume_message_1(alice.create_message_1(b""))


def test_a_message_for_another_node_is_refused() -> None:
    alice, _ = parties()
    with pytest.raises(Unauthenticated):
        Responder(PROLOGUE, pair("carol")).consume_message_1(alice.create_message_1(b""))


def test_short_messages_are_malformed() -> None:
    alice, bob = parties()
    message = alice.create_message_1(b"")
    with pytest.raises(DecodeError):
        bob.consume_message_1(message[:-1])
    with pytest.raises(DecodeError):
        alice.consume_message_2(bytes(47))


@pytest.mark.parametrize("point", [bytes(32), bytes([1]) + bytes(31), SMALL_ORDER])
def test_keys_of_small_order_are_refused(point: bytes) -> None:
    with pytest.raises(Unauthenticated):
        x25519(pair("alice").secret, point)


def test_secrets_do_not_show_in_logs() -> None:
    alice = pair("alice")
    keys = TransportKeys(b"a" * 32, b"b" * 32, b"c" * 32)
    assert alice.secret.hex()[:8] not in repr(alice)
    assert repr(alice.secret) not in repr(alice)
    assert "aaaa" not in repr(keys)
