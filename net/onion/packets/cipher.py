"""The onion's cryptography as its users see it, and the real one behind it.

A **packet** of 1207 bytes, exactly one cell of a link, takes one payload along a path of one to four hops:

    alpha 32 | gamma 16 | beta 192 = 4 slots x (routing 32 ‖ MAC 16) | payload 967

Header: ``sphinx``. The payload is a wide block (``wide_block``) that each hop opens once; only the last finds the sixteen
zeros in front and so knows that it was not altered. An altered payload is not noticed before, and by then it is noise.

A **layer** is what one hop of a circuit does to each cell in one direction: a wide block tweaked by a counter, so that a
cell left out, repeated or swapped leaves noise, too.

``OnionCipher`` is the port: ``plain_cipher`` has a stand-in for simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from ipaddress import IPv6Address
from itertools import pairwise
from struct import Struct
from typing import Final, NamedTuple, Protocol

from net.errors import DecodeError, Unauthenticated
from net.ids import NODE_TAG_SIZE, Endpoint
from net.messages import PACKET_SIZE
from net.numbers import HOST_SIZE, MAX_PORT
from net.onion.packets import sphinx
from net.onion.packets.sphinx import SHAPE, Suite, X25519Suite
from net.onion.packets.wide_block import WIDE_KEY_SIZE, WideBlock
from net.primitives import KEY_SIZE, expand

MAX_HOPS: Final = SHAPE.slots
# Zeros before the payload, found by the last hop alone.
INTEGRITY_SIZE: Final = 16
SEALED_PAYLOAD_SIZE: Final = PACKET_SIZE - KEY_SIZE - SHAPE.mac_size - SHAPE.beta_size
# What a sender may say to the last hop, in bytes.
PAYLOAD_SIZE: Final = SEALED_PAYLOAD_SIZE - INTEGRITY_SIZE

MAX_DELAY_MS: Final = 2**16 - 1

LABEL_PAYLOAD: Final = b"sottovoce/v1/sphinx/payload"

_SHIFT_SIZE: Final = 8

_FLAG_LAST: Final = 1
_FLAG_SETUP: Final = 2
_ZEROS: Final = bytes(3)
# Read and written for every packet, and one call where ``codec`` takes six.
_PACKET: Final = Struct(f"{KEY_SIZE}s{SHAPE.mac_size}s{SHAPE.beta_size}s{SEALED_PAYLOAD_SIZE}s")
# host 16 | port 2 | tag 8 | delay 2 (ms) | flags 1 | zeros 3
_ROUTING: Final = Struct(f"!{HOST_SIZE}sH{NODE_TAG_SIZE}sHB{len(_ZEROS)}s")


class Direction(Enum):
    """Of a circuit: from who opened it, or towards them. The value is the label of that direction's key."""

    FORWARD = b"sottovoce/v1/circuit/forward"
    BACKWARD = b"sottovoce/v1/circuit/backward"


# The keys of a direction's datagrams are others than those of its counted cells; and what a hop adds to their numbers.
_DATAGRAM_LABELS: Final = {
    Direction.FORWARD: b"sottovoce/v1/datagram/forward",
    Direction.BACKWARD: b"sottovoce/v1/datagram/backward",
}
_SHIFT_LABELS: Final = {
    Direction.FORWARD: b"sottovoce/v1/datagram-shift/forward",
    Direction.BACKWARD: b"sottovoce/v1/datagram-shift/backward",
}


class Hop(NamedTuple):
    """A relay on a path: its Sphinx key, how the hop before gets there, and how long the packet waits there.

    ``contact_host`` is an IPv6 address of 16 bytes, IPv4 mapped; with sixteen zeros and port 0 the hop before needs a link
    with it already. ``tag`` is the first 8 bytes of its node id.
    """

    key: bytes
    contact_host: bytes
    port: int
    tag: bytes
    delay_ms: int


class NextHop(NamedTuple):
    """Where a packet goes from here; without an endpoint, only over a link that exists."""

    endpoint: Endpoint | None
    tag: bytes


@dataclass(frozen=True, slots=True)
class Peeled:
    """What a hop finds in a packet.

    ``secret`` (32 bytes) is shared with the sender and no other hop, for ``OnionCipher.layer``. At the last hop ``next`` is
    None, ``packet`` empty and ``payload`` has 951 bytes; before it, ``packet`` is what to forward and ``payload`` empty.
    """

    secret: bytes = field(repr=False)
    next: NextHop | None
    delay_ms: int
    is_setup: bool
    packet: bytes = field(repr=False)
    payload: bytes = field(repr=False)


class SphinxKeys(NamedTuple):
    """A relay's Sphinx key pair, 32 bytes each."""

    secret: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"SphinxKeys(public={self.public.hex()[:8]}…)"  # a secret never reaches a log


# Told the name (16 bytes) of a packet whose MAC is right, before anything else is done with it; raises to refuse it.
Admit = Callable[[bytes], None]


class Layer(Protocol):
    """One hop's cipher on the cells of a circuit in one direction. Each call is one cell; both ends count alike."""

    def seal(self, body: bytes) -> bytes:
        """Put this layer on the next cell; the size stays."""
        ...

    def open(self, body: bytes) -> bytes:
        """Take this layer off the next cell; noise when it is not the one that was sealed as that."""
        ...


class Block(Protocol):
    """A permutation of byte strings that keeps their size, one for each tweak (a u64)."""

    def seal(self, block: bytes, tweak: int = 0) -> bytes:
        """Apply it."""
        ...

    def open(self, block: bytes, tweak: int = 0) -> bytes:
        """Undo it."""
        ...


class OnionCipher(Protocol):
    """What relays and senders need."""

    def keypair(self, random: Callable[[int], bytes]) -> SphinxKeys:
        """Draw a relay's keys."""
        ...

    def create(
        self, hops: Sequence[Hop], payload: bytes, random: Callable[[int], bytes], *, is_setup: bool = False
    ) -> tuple[bytes, list[bytes]]:
        """Return a packet of 1207 bytes for the first of 1 to 4 hops, and the secret of each hop.

        A payload of less than 951 bytes is filled with zeros.

        Raises:
            Unauthenticated: a hop's key is none.
            ValueError: too many hops or none, a payload too long, a field of a hop of another size than it has.
        """
        ...

    def peel(self, secret: bytes, packet: bytes, admit: Admit | None = None) -> Peeled:
        """Take one layer off a packet, with one of our secret keys.

        Raises:
            WrongKey: the header is not for this key, or was altered.
            Unauthenticated: not a packet for any key; or, at the last hop, its payload was altered on the way.
            DecodeError: wrong length; or its sender wrote routing that makes no sense.
        """
        ...

    def layer(self, shared_secret: bytes, direction: Direction) -> Layer:
        """Return the cipher of one hop of a circuit, from the secret that ``create`` and ``peel`` gave."""
        ...

    def datagram_block(self, shared_secret: bytes, direction: Direction) -> Block:
        """Return what seals and opens one hop's datagrams in one direction; the tweak is their number there."""
        ...


class CountedLayer:
    """A ``Layer`` from a ``Block``: the cells' numbers, from 0, are the tweaks."""

    __slots__ = ("_block", "_number")

    def __init__(self, block: Block) -> None:
        self._block = block
        self._number = 0

    def seal(self, body: bytes) -> bytes:
        """Put this layer on the next cell."""
        return self._block.seal(body, self._count())

    def open(self, body: bytes) -> bytes:
        """Take this layer off the next cell."""
        return self._block.open(body, self._count())

    def _count(self) -> int:
        number = self._number
        self._number += 1
        return number


class SphinxCipher:
    """An ``OnionCipher`` made of a suite for headers and a kind of block for payloads and cells."""

    def __init__(self, suite: Suite, block_of: Callable[[bytes, bytes], Block]) -> None:
        """``block_of(secret, label)`` makes the block of a hop for one purpose."""
        self._suite = suite
        self._block_of = block_of

    def keypair(self, random: Callable[[int], bytes]) -> SphinxKeys:
        """Draw a relay's keys."""
        secret = self._suite.draw(random)
        return SphinxKeys(secret, self._suite.public(secret))

    def create(
        self, hops: Sequence[Hop], payload: bytes, random: Callable[[int], bytes], *, is_setup: bool = False
    ) -> tuple[bytes, list[bytes]]:
        """Return a packet and the secret of each hop."""
        if not 1 <= len(hops) <= MAX_HOPS or len(payload) > PAYLOAD_SIZE:
            raise ValueError("path or payload too long")
        for hop in hops:
            _check(hop)
        exponent, padding = self._suite.draw(random), random(sphinx.padding_size(SHAPE, len(hops)))
        alpha, secrets = sphinx.share_secrets(self._suite, [hop.key for hop in hops], exponent)
        gamma, beta = sphinx.create_header(self._suite, secrets, _routing_of(hops, is_setup=is_setup), padding)
        sealed = bytes(INTEGRITY_SIZE) + payload.ljust(PAYLOAD_SIZE, b"\0")
        for secret in reversed(secrets):
            sealed = self._block_of(secret, LABEL_PAYLOAD).seal(sealed)
        return alpha + gamma + beta + sealed, secrets

    def peel(self, secret: bytes, packet: bytes, admit: Admit | None = None) -> Peeled:
        """Take one layer off a packet. What costs most, payload and blinding, comes after all that may refuse it."""
        if len(packet) != PACKET_SIZE:
            raise DecodeError("packet: length")
        alpha, gamma, beta, sealed = _PACKET.unpack(packet)
        shared = self._suite.secret(alpha, self._suite.power(secret, alpha))
        opened = sphinx.open_header(self._suite, shared, gamma, beta)
        if admit is not None:
            admit(sphinx.replay_name(shared))
        next_hop, delay_ms, is_setup = _decode_routing(opened.routing)
        payload = self._block_of(shared, LABEL_PAYLOAD).open(sealed)
        if next_hop is None:
            return Peeled(shared, None, delay_ms, is_setup, b"", _verified(payload))
        alpha = self._suite.power(self._suite.blinding(alpha, shared), alpha)
        return Peeled(shared, next_hop, delay_ms, is_setup, alpha + opened.gamma + opened.beta + payload, b"")

    def layer(self, shared_secret: bytes, direction: Direction) -> Layer:
        """Return the cipher of one hop of a circuit."""
        return CountedLayer(self._block_of(shared_secret, direction.value))

    def datagram_block(self, shared_secret: bytes, direction: Direction) -> Block:
        """Return what seals and opens one hop's datagrams."""
        return self._block_of(shared_secret, _DATAGRAM_LABELS[direction])


def datagram_shift(shared_secret: bytes, direction: Direction) -> int:
    """Return what a hop adds to the number of each datagram that it passes on in one direction, a u64."""
    return int.from_bytes(expand(shared_secret, _SHIFT_LABELS[direction], _SHIFT_SIZE), "big")


class RealOnionCipher(SphinxCipher):
    """The product's: X25519 and wide blocks."""

    def __init__(self) -> None:
        super().__init__(X25519Suite(), _wide_block_of)


def _wide_block_of(secret: bytes, label: bytes) -> WideBlock:
    return WideBlock(expand(secret, label, WIDE_KEY_SIZE))


def _verified(opened: bytes) -> bytes:
    """Return the payload behind the zeros."""
    if any(opened[:INTEGRITY_SIZE]):
        raise Unauthenticated("payload")
    return opened[INTEGRITY_SIZE:]


def _check(hop: Hop) -> None:
    """Refuse what ``Struct`` would cut or fill up in silence, and a key whose end the multiplication would not look for."""
    sizes = len(hop.key), len(hop.contact_host), len(hop.tag)
    if sizes != (KEY_SIZE, HOST_SIZE, NODE_TAG_SIZE):
        raise ValueError("hop: size of a field")
    if not (0 <= hop.port <= MAX_PORT and 0 <= hop.delay_ms <= MAX_DELAY_MS):
        raise ValueError("hop: port or delay out of range")


def _routing_of(hops: Sequence[Hop], *, is_setup: bool) -> list[bytes]:
    """Return the 32 routing bytes of each hop: where to after it, how long to wait at it, and flags."""
    setup = _FLAG_SETUP if is_setup else 0
    routing = [
        _ROUTING.pack(after.contact_host, after.port, after.tag, hop.delay_ms, setup, _ZEROS)
        for hop, after in pairwise(hops)
    ]
    last = _ROUTING.pack(bytes(HOST_SIZE), 0, bytes(NODE_TAG_SIZE), hops[-1].delay_ms, setup | _FLAG_LAST, _ZEROS)
    return [*routing, last]


def _decode_routing(routing: bytes) -> tuple[NextHop | None, int, bool]:
    """Return the next hop (None at the last), the delay, and whether a circuit is set up."""
    host, port, tag, delay_ms, flags, zeros = _ROUTING.unpack(routing)
    if flags & ~(_FLAG_LAST | _FLAG_SETUP) or zeros != _ZEROS:
        raise DecodeError("routing: flags")
    if any(host) != bool(port):
        raise DecodeError("routing: endpoint")
    is_setup = bool(flags & _FLAG_SETUP)
    if not flags & _FLAG_LAST:
        return NextHop(Endpoint(_host_of(host), port) if port else None, tag), delay_ms, is_setup
    if port or any(tag):
        raise DecodeError("routing: after the last hop")
    return None, delay_ms, is_setup


# A relay forwards to few others again and again, and ``ipaddress`` takes ten microseconds.
@lru_cache(maxsize=1024)
def _host_of(packed: bytes) -> str:
    address = IPv6Address(packed)
    host = address.ipv4_mapped or address
    # No single node is there; what an operating system makes of trying differs.
    if host.is_multicast or host.is_unspecified:
        raise DecodeError("routing: endpoint")
    return str(host)
