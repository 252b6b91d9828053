"""What a node says of itself: 232 bytes that any node may pass on and none can alter.

A descriptor names the node's link key, its address and the Sphinx keys of two epochs, is signed by the node's signing
key, and gives the place in the overlay that follows from both keys (``identity``). It is good while one of its epochs
is the present one, for two to four hours: who is told of by others was there not long ago.

**What it does not prove**: the link key does not sign (X25519 cannot), so a liar may describe another's link key
beside a signing key and an address of his own. Only a node that sends a descriptor over its own link stands behind the
binding; lookups therefore count no node as found that did not (``lookups``).

Checks run from the cheap to the dear: length and fields, times, work, signature. Nothing is checked twice: verdicts
are remembered by the bytes they are about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final, TypeVar

from net.codec import Reader, uint
from net.errors import DecodeError, Unauthenticated, UnknownVersion
from net.ids import NODE_TAG_SIZE, Endpoint, NodeId, OverlayId
from net.instant import HOUR_MS, Instant
from net.messages import DESCRIPTOR_SIZE
from net.network_time import AGREEMENT_MS
from net.numbers import HOST_SIZE
from net.overlay.identity import ID_WORK_BITS, NONCE_SIZE, Identity, is_worked, overlay_id_of
from net.primitives import KEY_SIZE, SIGNATURE_SIZE, sign_by_seed, verify_signature

VERSION: Final = 1
LABEL_DESCRIPTOR: Final = b"sottovoce/v1/descriptor"
# Hours that a Sphinx key is in use.
EPOCH_HOURS: Final = 2
# Sphinx keys in a descriptor: of its epoch and of the next.
KEYS_TOLD: Final = 2
# Milliseconds that a stamp may lie in the future: an hour, by which clocks are wrong after a change to summer time, and what
# clocks kept by people are off besides.
MAX_AHEAD_MS: Final = HOUR_MS + AGREEMENT_MS
# Descriptors whose signature is known to be good, and bytes known to be bad. A lookup meets about a hundred.
MAX_GENUINE: Final = 2048
MAX_FORGED: Final = 512

_FLAG_REACHABLE: Final = 1
_SIGNED_SIZE: Final = DESCRIPTOR_SIZE - SIGNATURE_SIZE

V = TypeVar("V")


class OutOfDate(DecodeError):
    """A descriptor of another time than ours; whose clock is wrong remains to be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Descriptor:
    """A descriptor and its bytes. ``place`` is the overlay id as a number; ``stamp`` is in milliseconds of network time."""

    node: NodeId
    signing_key: bytes
    nonce: int
    endpoint: Endpoint
    epoch: int
    sphinx_keys: tuple[bytes, bytes]
    is_reachable: bool
    stamp: int
    overlay_id: OverlayId
    place: int
    data: bytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descriptor) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.data)

    @property
    def tag(self) -> bytes:
        """How routing slots name the node."""
        return self.node[:NODE_TAG_SIZE]

    def key_of(self, epoch: int) -> bytes | None:
        """Return the Sphinx key to use in an epoch, or None when this says nothing of it.

        Who says something of the next epoch is in it already, its clock being a little ahead, and opens what is made for it.
        """
        told = max(epoch - self.epoch, 0)
        return self.sphinx_keys[told] if epoch + 1 >= self.epoch and told < KEYS_TOLD else None


def epoch_of(now: Instant) -> int:
    """Return the epoch at ``now``, whose wall clock is network time."""
    return now.hour() // EPOCH_HOURS


def packed_host(host: str) -> bytes:
    """Return an address as 16 bytes; IPv4 is mapped into IPv6 (RFC 4291, 2.5.5.2)."""
    address = ip_address(host.partition("%")[0])
    return address.packed if len(address.packed) == HOST_SIZE else bytes(10) + b"\xff\xff" + address.packed


def encode_descriptor(  # one of each field that is not of the identity
    identity: Identity,
    endpoint: Endpoint,
    epoch: int,
    sphinx_keys: tuple[bytes, bytes],
    stamp: int,
    *,
    is_reachable: bool,
) -> bytes:
    """Return our own descriptor, signed."""
    signed = b"".join((
        uint(VERSION, 1),
        identity.node,
        identity.signing_key,
        uint(identity.nonce, NONCE_SIZE),
        packed_host(endpoint.host),
        uint(endpoint.port, 2),
        uint(epoch, 4),
        *sphinx_keys,
        uint(_FLAG_REACHABLE if is_reachable else 0, 1),
        uint(stamp, 8),
    ))  # fmt: skip
    return signed + sign_by_seed(identity.signing_seed, LABEL_DESCRIPTOR + signed)[1]


def decode_descriptor(data: bytes) -> Descriptor:
    """Take a descriptor apart; proves nothing. Raises ``DecodeError``, ``UnknownVersion``. Unknown flags are passed over."""
    reader = Reader(data, "descriptor")
    if reader.uint(1) != VERSION:
        raise UnknownVersion("descriptor: version")
    if len(data) != DESCRIPTOR_SIZE:
        raise DecodeError("descriptor: length")
    node, signing_key, nonce = NodeId(reader.take(KEY_SIZE)), reader.take(KEY_SIZE), reader.uint(NONCE_SIZE)
    endpoint = _endpoint(reader.take(HOST_SIZE), reader.uint(2))
    epoch, sphinx_keys = reader.uint(4), (reader.take(KEY_SIZE), reader.take(KEY_SIZE))
    flags, stamp = reader.uint(1), reader.uint(8)
    overlay_id = overlay_id_of(node, signing_key, nonce)
    return Descriptor(
        node=node,
        signing_key=signing_key,
        nonce=nonce,
        endpoint=endpoint,
        epoch=epoch,
        sphinx_keys=sphinx_keys,
        is_reachable=bool(flags & _FLAG_REACHABLE),
        stamp=stamp,
        overlay_id=overlay_id,
        place=place_of(overlay_id),
        data=data,
    )


def place_of(overlay_id: bytes) -> int:
    """Return a 32-byte id as a number, between which XOR is the distance."""
    return int.from_bytes(overlay_id, "big")


def _endpoint(packed: bytes, port: int) -> Endpoint:
    address = IPv6Address(packed)
    host = address.ipv4_mapped or address
    # No node can be reached there; what an operating system makes of trying differs.
    if host.is_multicast or host.is_unspecified or not port:
        raise DecodeError("descriptor: address")
    return Endpoint(str(host), port)


class Verifier:
    """Checks descriptors, and remembers what it found.

    ``work_bits`` and ``verify`` are the product's; simulations pass cheaper ones, and share one memory among all nodes.
    """

    def __init__(
        self,
        *,
        work_bits: int = ID_WORK_BITS,
        verify: Callable[[bytes, bytes, bytes], bool] = verify_signature,
        memory: int = MAX_GENUINE,
    ) -> None:
        self._work_bits = work_bits
        self._verify = verify
        self._memory = memory
        self._genuine: dict[bytes, Descriptor] = {}
        self._forged: dict[bytes, None] = {}

    def check(self, data: bytes, now: Instant) -> Descriptor:
        """Return a genuine descriptor of the present; the wall clock of ``now`` is network time.

        Raises:
            DecodeError: malformed, not worked for; ``OutOfDate``: by our clock, that is; ``UnknownVersion``.
            Unauthenticated: the signature is bad.
        """
        descriptor = self._genuine.get(data)
        if descriptor is not None:
            _check_times(descriptor, now)
            return descriptor
        if data in self._forged:
            raise Unauthenticated("descriptor")
        descriptor = decode_descriptor(data)
        _check_times(descriptor, now)
        if not is_worked(descriptor.overlay_id, self._work_bits):
            raise DecodeError("descriptor: work")
        signed, signature = data[:_SIGNED_SIZE], data[_SIGNED_SIZE:]
        if not self._verify(descriptor.signing_key, signature, LABEL_DESCRIPTOR + signed):
            _remember(self._forged, data, None, MAX_FORGED)
            raise Unauthenticated("descriptor")
        _remember(self._genuine, data, descriptor, self._memory)
        return descriptor


def is_current(descriptor: Descriptor, epoch: int) -> bool:
    """Say whether a descriptor may still be told of: its epoch is the present one, or the one before or after."""
    return epoch - 1 <= descriptor.epoch <= epoch + 1


def _check_times(descriptor: Descriptor, now: Instant) -> None:
    if not is_current(descriptor, epoch_of(now)):
        raise OutOfDate("descriptor: epoch")
    if descriptor.stamp > now.wall_ms + MAX_AHEAD_MS:
        raise OutOfDate("descriptor: stamp")


def _remember(verdicts: dict[bytes, V], data: bytes, verdict: V, limit: int) -> None:
    """Keep a verdict at the cost of the oldest; what is met again after that is checked again."""
    if len(verdicts) >= limit:
        del verdicts[next(iter(verdicts))]
    verdicts[data] = verdict
