"""Envelopes: one content for several devices, encrypted once, its key wrapped for each by the double ratchet.

Each device also receives a hash of what it will find, so that one body can not say different things to different devices
(AES-GCM does not commit to its key). Who wrote it is said inside: items are signed one by one
(``core.people.format.signing``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.crypto import primitives
from core.crypto.ratchet import Session
from core.errors import Malformed, OpenFailed
from core.people.format.bounds import MAX_AUDIENCE
from core.people.format.device import TAG_SIZE
from core.people.format.fragment import pad, padded_size, unpad
from net.codec import Reader, uint
from net.errors import DecodeError

_COMMITMENT_SIZE = 16
_ZERO_NONCE = bytes(12)  # the content key is random and used once


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A content key as one device gets it."""

    kind: int
    message: bytes


def seal(block: bytes, audience: Sequence[tuple[bytes, Session]], *, size: int | None = None) -> bytes:
    """Return the envelope, padded to a class (or to ``size``). ``audience`` is (device tag, session) per device.

    Every session's state has changed and must be stored with the envelope in one transaction.
    """
    content_key = primitives.random_bytes(32)
    wrap = content_key + primitives.sha256(block)[:_COMMITMENT_SIZE]
    head = bytes([len(audience)])
    for tag, session in audience:
        kind, message = session.encrypt(wrap)
        head += tag + bytes([kind]) + uint(len(message), 2) + message
    overhead = len(head) + primitives.SEAL_OVERHEAD
    total = padded_size(overhead + len(block)) if size is None else size
    return head + primitives.aead_seal(content_key, _ZERO_NONCE, pad(block, total - overhead), b"")


def decode(envelope: bytes) -> tuple[dict[bytes, Wrapped], bytes]:
    """Split an envelope into what each device gets and the body. Raises ``Malformed``."""
    reader = Reader(envelope, "envelope")
    try:
        count = reader.uint(1)
        if count > MAX_AUDIENCE:
            raise Malformed("envelope: audience")
        wraps: dict[bytes, Wrapped] = {}
        for _ in range(count):
            tag, kind = reader.take(TAG_SIZE), reader.uint(1)
            wraps[tag] = Wrapped(kind, reader.take(reader.uint(2)))
        return wraps, reader.rest()
    except DecodeError as error:
        raise Malformed(error.what) from error


def open_body(wrap: bytes, body: bytes) -> bytes:
    """Return the block inside ``body``, given what the ratchet unwrapped. Raises ``OpenFailed`` or ``Malformed``."""
    if len(wrap) != primitives.KEY_SIZE + _COMMITMENT_SIZE:
        raise Malformed("envelope: wrapped key")
    block = unpad(primitives.aead_open(wrap[:32], _ZERO_NONCE, body, b""))
    if not primitives.equal(primitives.sha256(block)[:_COMMITMENT_SIZE], wrap[32:]):
        raise OpenFailed
    return block


def open_envelope(envelope: bytes, our_tag: bytes, unwrap: Callable[[Wrapped], bytes]) -> bytes:
    """Return the block for the device ``our_tag``; ``unwrap`` runs the ratchet. Raises ``OpenFailed`` or ``Malformed``."""
    wraps, body = decode(envelope)
    ours = wraps.get(our_tag)
    if ours is None:
        raise OpenFailed
    return open_body(unwrap(ours), body)
