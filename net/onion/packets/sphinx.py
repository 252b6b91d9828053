"""The header of a Sphinx packet: a path of relays of which each can read its own step and nothing else.

One group element, *alpha*, serves all hops: a hop's shared secret is made from it, and the hop passes it on blinded, raised
to a power that only the sender and the hop know. *Beta* holds the routing slots, each wrapped in a layer of a stream
cipher; *gamma* authenticates it to the hop that is to read it. A hop appends a slot of zeros before it takes its layer off
and drops the slot in front, so a header never changes its size. The sender knows what those zeros will have become (the
*filler*) and counts it into the MACs. What lies behind the last slot is random. So no hop can tell how many came before it,
and none but the last how many follow.

Everything that is chosen rather than argued about, the group, the stream cipher, the hash and the sizes, is a ``Suite``.
That is how the tests hold this file against the public vectors of BOLT-04, which use others than we do.

Departures from the paper: a slot is routing ‖ MAC as in BOLT-04, and a flag in the routing bytes, not an address, marks the
last hop. The group is X25519, at half the cost of a prime-order group. Why it will do, though it knows only u-coordinates,
clamps every exponent, and takes any 32 bytes for an element:

- Powers commute, whatever the exponents and the element. So the sender applies its exponent and the blindings one after the
  other, as the hops do, and never multiplies exponents, a product of which clamping would change.
- k and -k act alike, and modulo the group's order one of both can be written clamped. So clamped exponents reach every
  element of the prime-order group, all equally often up to 2^-126, and a blinded alpha looks like a fresh one.
- Clamped exponents are multiples of 8: they make nothing of the small-order part of an element, on the curve and on its
  twist, and so tell nothing of the key. An element that is nothing else gives zeros and is refused. Of an element of the
  twist only the relay knows what its key makes, for its public key lies on the curve: no MAC will be right.
- An element has many spellings: u + p, the unused top bit, the sum with a point of small order all give the same power.
  The secret is a hash of alpha's very bytes. Respelled, alpha has another secret, and the MAC is wrong: such a packet is
  neither a replay under another name nor one that an accomplice could recognise.

Reference: G. Danezis, I. Goldberg, "Sphinx: A Compact and Provably Secure Mix Format" (2009); BOLT-04; RFC 7748.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final, NamedTuple, Protocol

from net.errors import Unauthenticated
from net.primitives import HASH_SIZE, KEY_SIZE, equal, expand, hmac, x25519, x25519_pair_of, xor

# Bytes by which a packet is known again: half a hash, for a sender gains nothing by making two of its own packets collide.
REPLAY_NAME_SIZE: Final = 16

LABEL_SECRET: Final = b"sottovoce/v1/sphinx"
LABEL_BLIND: Final = b"sottovoce/v1/sphinx/blind"
LABEL_MAC: Final = b"sottovoce/v1/sphinx/mac"
LABEL_STREAM: Final = b"sottovoce/v1/sphinx/stream"
LABEL_REPLAY: Final = b"sottovoce/v1/sphinx/replay"


class WrongKey(Unauthenticated):
    """The header was made for another key, or altered; the two look the same."""


class Shape(NamedTuple):
    """How many slots a header has, and of how many bytes: routing ‖ MAC."""

    slots: int
    routing_size: int
    mac_size: int

    @property
    def slot_size(self) -> int:
        """Bytes of one slot."""
        return self.routing_size + self.mac_size

    @property
    def beta_size(self) -> int:
        """Bytes of all slots."""
        return self.slots * self.slot_size


SHAPE: Final = Shape(slots=4, routing_size=32, mac_size=16)


class Suite(Protocol):
    """A group and the ciphers that go with it. Secrets of hops are 32 bytes, exponents and elements the group's affair."""

    @property
    def shape(self) -> Shape:
        """The sizes of the header."""
        ...

    def draw(self, random: Callable[[int], bytes]) -> bytes:
        """Return a random exponent."""
        ...

    def public(self, exponent: bytes) -> bytes:
        """Return the generator to this power."""
        ...

    def power(self, exponent: bytes, element: bytes) -> bytes:
        """Return an element to this power; powers commute. Raises ``Unauthenticated`` for what is no element to use."""
        ...

    def secret(self, alpha: bytes, shared: bytes) -> bytes:
        """Return a hop's secret from alpha and the element that sender and hop share."""
        ...

    def blinding(self, alpha: bytes, secret: bytes) -> bytes:
        """Return the exponent by which a hop blinds alpha."""
        ...

    def stream(self, secret: bytes, size: int) -> bytes:
        """Return a hop's key stream."""
        ...

    def mac(self, secret: bytes, beta: bytes) -> bytes:
        """Return what authenticates beta to a hop."""
        ...


class Opened(NamedTuple):
    """What a hop gets out of a header: its routing bytes, and gamma and beta for the next."""

    routing: bytes
    gamma: bytes
    beta: bytes


def share_secrets(suite: Suite, keys: Sequence[bytes], exponent: bytes) -> tuple[bytes, list[bytes]]:
    """Return the alpha that the first hop gets, and the secret of every hop.

    Raises:
        Unauthenticated: a key is no element of the group.
    """
    first = alpha = suite.public(exponent)
    exponents, secrets = [exponent], list[bytes]()
    for key in keys:
        if secrets:
            exponents.append(suite.blinding(alpha, secrets[-1]))
            alpha = suite.power(exponents[-1], alpha)
        shared = reduce(lambda element, each: suite.power(each, element), exponents, key)
        secrets.append(suite.secret(alpha, shared))
    return first, secrets


def create_header(
    suite: Suite, secrets: Sequence[bytes], routing: Sequence[bytes], padding: bytes
) -> tuple[bytes, bytes]:
    """Return gamma and beta for the first hop.

    ``routing`` has the bytes of each hop; ``padding`` is random and fills the slots of a full header that the path leaves.
    """
    shape = suite.shape
    streams = [suite.stream(secret, shape.beta_size + shape.slot_size) for secret in secrets]
    last = routing[-1] + bytes(shape.mac_size) + padding
    beta = xor(last, streams[-1][: len(last)]) + _filler(shape, streams[:-1])
    gamma = suite.mac(secrets[-1], beta)
    for secret, stream, own in reversed(list(zip(secrets[:-1], streams[:-1], routing[:-1], strict=True))):
        beta = xor(own + gamma + beta[: -shape.slot_size], stream[: shape.beta_size])
        gamma = suite.mac(secret, beta)
    return gamma, beta


def open_header(suite: Suite, secret: bytes, gamma: bytes, beta: bytes) -> Opened:
    """Take a hop's layer off. Raises ``WrongKey`` before anything is decrypted."""
    if not equal(suite.mac(secret, beta), gamma):
        raise WrongKey("header")
    routing_size, slot_size, beta_size = suite.shape.routing_size, suite.shape.slot_size, suite.shape.beta_size
    plain = xor(beta + bytes(slot_size), suite.stream(secret, beta_size + slot_size))
    return Opened(plain[:routing_size], plain[routing_size:slot_size], plain[slot_size:])


def padding_size(shape: Shape, hops: int) -> int:
    """Return how many random bytes a path of so many hops needs."""
    return shape.beta_size - hops * shape.slot_size


def _filler(shape: Shape, streams: Sequence[bytes]) -> bytes:
    """Return what the hops before the last make of the zeros they append, as the last one finds it."""
    filler = b""
    for stream in streams:
        filler += bytes(shape.slot_size)
        filler = xor(filler, stream[-len(filler) :])
    return filler


class X25519Suite:
    """What sottovoce uses: X25519, SHAKE-256 for keys and streams, HMAC-SHA-256."""

    shape: Shape = SHAPE

    def draw(self, random: Callable[[int], bytes]) -> bytes:
        """Return 32 random bytes: every use clamps them."""
        return random(KEY_SIZE)

    def public(self, exponent: bytes) -> bytes:
        """Return the base point to this power."""
        return x25519_pair_of(exponent).public

    def power(self, exponent: bytes, element: bytes) -> bytes:
        """Return a u-coordinate, or raise ``Unauthenticated`` for an element of small order."""
        return x25519(exponent, element)

    def secret(self, alpha: bytes, shared: bytes) -> bytes:
        """Return a hash of both; with alpha's bytes in it, a secret belongs to one header, one spelling and one hop."""
        return expand(alpha + shared, LABEL_SECRET, HASH_SIZE)

    def blinding(self, alpha: bytes, secret: bytes) -> bytes:
        """Return an exponent from the secret, which binds alpha already."""
        del alpha
        return expand(secret, LABEL_BLIND, KEY_SIZE)

    def stream(self, secret: bytes, size: int) -> bytes:
        """Return SHAKE-256's output: for 240 bytes a fifth of what setting up a block cipher costs."""
        return expand(secret, LABEL_STREAM, size)

    def mac(self, secret: bytes, beta: bytes) -> bytes:
        """Return HMAC, cut to 16 bytes."""
        return hmac(expand(secret, LABEL_MAC, KEY_SIZE), beta)[: SHAPE.mac_size]


def replay_name(secret: bytes) -> bytes:
    """Return the bytes by which a hop knows a packet again; they tell nothing of the secret."""
    return expand(secret, LABEL_REPLAY, REPLAY_NAME_SIZE)
