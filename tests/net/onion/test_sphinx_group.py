"""X25519 as Sphinx's group: elements of small order, the many spellings of one element, powers that commute."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from net.errors import Unauthenticated
from net.messages import PACKET_SIZE
from net.numbers import HOST_SIZE
from net.onion.packets.cipher import Hop, RealOnionCipher
from net.onion.packets.sphinx import SHAPE, WrongKey, X25519Suite, create_header, padding_size
from net.primitives import x25519, x25519_pair_of

REAL = RealOnionCipher()
ALPHA_SIZE = 32
HEADER_SIZE = ALPHA_SIZE + SHAPE.mac_size + SHAPE.beta_size
P = 2**255 - 19
TOP_BIT = 2**255
# The u-coordinates of all points of small order, on the curve (0; 1; and two of order 8) and on its twist (0; -1).
ORDER_EIGHT = [
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]
SMALL_ORDER = [0, 1, *ORDER_EIGHT, P - 1, P, P + 1]


def element(u: int) -> bytes:
    return u.to_bytes(ALPHA_SIZE, "little")


@pytest.mark.parametrize("u", [*SMALL_ORDER, *(u + TOP_BIT for u in SMALL_ORDER)], ids="{:.6e}".format)
def test_elements_of_small_order_are_refused_however_they_are_spelt(u: int) -> None:
    random = Random(9)
    pair = REAL.keypair(random.randbytes)
    hop = Hop(pair.public, bytes(HOST_SIZE), 0, bytes(8), 0)
    packet, _ = REAL.create([hop], b"", random.randbytes)
    with pytest.raises(Unauthenticated):
        x25519(pair.secret, element(u))
    with pytest.raises(Unauthenticated):
        REAL.peel(pair.secret, element(u) + packet[ALPHA_SIZE:])
    with pytest.raises(Unauthenticated):
        REAL.create([hop._replace(key=element(u))], b"", random.randbytes)


# The base point's other u below 2^256, with the unused bit set, and as the sum with the point of order 2: 1/u.
@pytest.mark.parametrize("other", [9 + P, 9 + TOP_BIT, pow(9, -1, P)], ids=["not reduced", "top bit", "torsion"])
def test_a_packet_whose_alpha_is_spelt_otherwise_is_no_other_packet(other: int) -> None:
    """All spellings make one element, so it is the hash of the spelling that keeps a replay from having another name."""
    random, suite = Random(9), X25519Suite()
    pair = REAL.keypair(random.randbytes)
    alpha = element(9)
    assert x25519(pair.secret, element(other)) == x25519(pair.secret, alpha) == pair.public
    secret = suite.secret(alpha, pair.public)
    routing = bytes(28) + b"\1" + bytes(3)
    gamma, beta = create_header(suite, [secret], [routing], random.randbytes(padding_size(SHAPE, 1)))
    rest = gamma + beta + bytes(PACKET_SIZE - HEADER_SIZE)
    names: list[bytes] = []
    with pytest.raises(Unauthenticated, match="payload"):
        REAL.peel(pair.secret, alpha + rest, names.append)
    with pytest.raises(WrongKey):
        REAL.peel(pair.secret, element(other) + rest, names.append)
    assert len(names) == 1


@given(start=st.binary(min_size=32, max_size=32), blinds=st.lists(st.binary(min_size=32, max_size=32), max_size=3))
def test_powers_commute_whatever_the_exponents(start: bytes, blinds: list[bytes]) -> None:
    """What the sender makes of a relay's key, the relay makes of what the hops made of alpha."""
    suite = X25519Suite()
    relay = x25519_pair_of(bytes(range(32)))
    alpha, shared = suite.public(start), suite.power(start, relay.public)
    for blind in blinds:
        alpha, shared = suite.power(blind, alpha), suite.power(blind, shared)
    assert suite.power(relay.secret, alpha) == shared
