"""The header construction against the public vectors of BOLT-04: other group and ciphers, twenty slots, same maths."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from net.onion.packets.sphinx import Shape, create_header, open_header, padding_size, share_secrets
from net.primitives import hmac

VECTOR: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "bolt04_v0.json").read_text(encoding="ascii")
)
HOPS: list[dict[str, str]] = VECTOR["hops"]
SESSION_KEY = bytes.fromhex(VECTOR["session_key"])
ASSOCIATED = bytes.fromhex(VECTOR["associated_data"])
# version 1 | point 33 | header 1300 | MAC 32
ONION = bytes.fromhex(VECTOR["onion"])
# A realm byte and 32 bytes, and a MAC.
SHAPE = Shape(slots=20, routing_size=33, mac_size=32)

Point = tuple[int, int] | None
P = 2**256 - 2**32 - 977
G = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


def add(one: Point, other: Point) -> Point:
    """Add two points of secp256k1, by the book and slowly."""
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % P == 0:
        return None
    slope = 3 * x * x * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    z = (slope * slope - x - u) % P
    return z, (slope * (x - z) - y) % P


def times(scalar: int, point: Point) -> Point:
    result: Point = None
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encoded(point: Point) -> bytes:
    assert point is not None
    return bytes([2 + point[1] % 2]) + point[0].to_bytes(32, "big")


def decoded(data: bytes) -> Point:
    x = int.from_bytes(data[1:], "big")
    y = pow(x**3 + 7, (P + 1) // 4, P)
    return x, y if y % 2 == data[0] % 2 else P - y


class Bolt04Suite:
    """secp256k1, SHA-256, ChaCha20 and whole HMACs."""

    shape = SHAPE

    def draw(self, random: Callable[[int], bytes]) -> bytes:
        return random(32)

    def public(self, exponent: bytes) -> bytes:
        return self.power(exponent, encoded(G))

    def power(self, exponent: bytes, element: bytes) -> bytes:
        return encoded(times(int.from_bytes(exponent, "big"), decoded(element)))

    def secret(self, alpha: bytes, shared: bytes) -> bytes:
        del alpha
        return sha256(shared).digest()

    def blinding(self, alpha: bytes, secret: bytes) -> bytes:
        return sha256(alpha + secret).digest()

    def stream(self, secret: bytes, size: int) -> bytes:
        return chacha(hmac(b"rho", secret), size)

    def mac(self, secret: bytes, beta: bytes) -> bytes:
        return hmac(hmac(b"mu", secret), beta + ASSOCIATED)


def chacha(key: bytes, size: int) -> bytes:
    return Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor().update(bytes(size))


def routing_of(hop: dict[str, str]) -> bytes:
    return bytes(1) + bytes.fromhex(hop["payload"])


SUITE = Bolt04Suite()


@pytest.fixture(scope="module")
def shared() -> tuple[bytes, list[bytes]]:
    return share_secrets(SUITE, [bytes.fromhex(hop["public"]) for hop in HOPS], SESSION_KEY)


def test_the_keys_of_every_hop_are_those_of_the_vector(shared: tuple[bytes, list[bytes]]) -> None:
    alpha, secrets = shared
    assert alpha == ONION[1:34]
    assert [secret.hex() for secret in secrets] == [hop["shared_secret"] for hop in HOPS]
    assert [hmac(b"rho", secret).hex() for secret in secrets] == [hop["rho"] for hop in HOPS]
    assert [hmac(b"mu", secret).hex() for secret in secrets] == [hop["mu"] for hop in HOPS]


def test_the_header_has_the_bytes_of_the_vector(shared: tuple[bytes, list[bytes]]) -> None:
    padding = chacha(hmac(b"pad", SESSION_KEY), padding_size(SHAPE, len(HOPS)))
    gamma, beta = create_header(SUITE, shared[1], [routing_of(hop) for hop in HOPS], padding)
    assert bytes(1) + shared[0] + beta + gamma == ONION


def test_every_hop_finds_its_payload_in_the_vectors_onion() -> None:
    alpha, beta, gamma = ONION[1:34], ONION[34:1334], ONION[1334:]
    for hop in HOPS:
        secret = SUITE.secret(alpha, SUITE.power(bytes.fromhex(hop["secret_key"]), alpha))
        assert gamma.hex() == hop["hmac"]
        routing, gamma, beta = open_header(SUITE, secret, gamma, beta)
        assert routing == routing_of(hop)
        alpha = SUITE.power(SUITE.blinding(alpha, secret), alpha)
    assert gamma == bytes(32)  # BOLT-04's sign of the last hop
