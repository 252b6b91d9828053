"""A reset as it lies in the network: how a device announces a new generation of its lane, or asks for one.

It lies in a slot of a *root*, a secret that both sides share, and is sealed under that root and a random nonce. What opens
the new lane is sealed once more, to an X-Wing key that the reader gave to this device alone and that is used once: an older
copy of either side's file opens none of it. A device that knows no such key of the reader's announces itself without a
lane, and is answered under the key that it brings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

from core.crypto import primitives
from core.errors import Malformed, OpenFailed
from core.people.format import greeting, signing
from core.people.format.bounds import (
    Bytes4,
    Bytes8,
    Bytes16,
    Index,
    Key,
    Millis,
    Number,
    Signature,
    decode,
    decode_versioned,
)
from core.people.format.device import Certificate, check
from core.people.format.fragment import pad, unpad
from core.people.format.lane import Offer, check_offer
from core.people.format.prekey import Prekey, check_prekey
from core.people.format.slot import SLOT_SIZE

VERSION = 1
NOBODY = bytes(16)  # "answers" of a reset that answers none; "old generation" of a device that has none
NO_KEY = bytes(8)  # "to" of one that knows no key of its reader
ANY = bytes(4)  # "reader" of one that is for every device
_NONCE_SIZE = 12


class Own(Malformed):
    """A reset that our own account wrote."""


class Reset(msgspec.Struct, frozen=True, array_like=True):
    """A new generation of a lane, announced outside it. ``last_index`` is −1 where the writer does not know it.

    ``made_at``: network time, and later than that of every reset of this device before, as far as it knows. ``answers``:
    the generation whose reset this one answers; ``heard``: that one's lane could be opened. ``prekey`` is for the reader's
    answer. ``sealed`` holds a ``Way`` sealed to the reader's prekey ``to``; empty without one.
    """

    version: Annotated[int, msgspec.Meta(ge=1, lt=1 << 16)]
    certificate: Certificate
    reader: Bytes4  # tag of the device it is for
    generation: Bytes16
    old_generation: Bytes16
    last_index: Annotated[int, msgspec.Meta(ge=-1, lt=1 << 53)]
    known: Bytes16  # the latest lane of the reader's that the writer read, zeros without one,
    known_next: Index  # and the first index of it that it lacks; the first block of the lane says the rest
    made_at: Millis
    answers: Bytes16
    heard: bool
    inbox: Key  # secret of the writer's addresses
    inbox_number: Number
    prekey: Prekey
    to: Bytes8
    sealed: Annotated[bytes, msgspec.Meta(max_length=2048)]
    signature: Signature

    @property
    def is_answer(self) -> bool:
        """Whether it answers one of ours."""
        return self.answers != NOBODY


class Way(msgspec.Struct, frozen=True, array_like=True):
    """What opens the lane: its point and chain at index ``first``, and a secret from which both make their next root."""

    point: Key
    chain: Key
    first: Index
    fresh: Annotated[bytes, msgspec.Meta(max_length=32)]  # empty: no other root


@dataclass(frozen=True, slots=True)
class Between:
    """The identities of the reset's writer and its reader."""

    writer: bytes
    reader: bytes

    @property
    def conversation(self) -> bytes:
        """The name of their conversation."""
        return signing.conversation_hash(self.writer, self.reader)


def _signed(between: Between, root: bytes, reset: Reset) -> bytes:
    bare = msgspec.structs.replace(reset, signature=bytes(64))
    context = between.conversation + between.reader + greeting.root_name(root)
    return b"sottovoce/v1/reset-signature" + context + msgspec.msgpack.encode(bare)


def _way_info(between: Between, reset: Reset) -> bytes:
    return b"sottovoce/v1/reset-way" + between.conversation + reset.certificate.device + reset.generation


def seal_way(between: Between, reset: Reset, way: Way, prekey: Prekey) -> Reset:
    """Return a reset with the way into its lane, sealed to ``prekey``."""
    sealed = primitives.xwing_seal(prekey.xwing, msgspec.msgpack.encode(way), _way_info(between, reset))
    return msgspec.structs.replace(reset, to=prekey.key_id, sealed=sealed)


def way_info(between: Between, reset: Reset) -> bytes:
    """Return what binds the way to its reset."""
    return _way_info(between, reset)


def decode_way(data: bytes, generation: bytes) -> tuple[Offer, bytes]:
    """Return the lane and the fresh secret of an opened way. Raises ``Malformed``."""
    way = decode(Way, data, "way")
    return check_offer(Offer(generation, way.point, way.chain, way.first)), way.fresh


def seal(between: Between, root: bytes, reset: Reset, device_seed: bytes) -> bytes:
    """Sign a reset and seal it under a root: what goes into a slot."""
    signature = primitives.ed25519_sign(device_seed, _signed(between, root, reset))
    encoded = msgspec.msgpack.encode(msgspec.structs.replace(reset, signature=signature))
    nonce = primitives.random_bytes(_NONCE_SIZE)
    padded = pad(encoded, SLOT_SIZE - _NONCE_SIZE - primitives.SEAL_OVERHEAD)
    return nonce + primitives.aead_seal(greeting.reset_key(root), nonce, padded, b"")


def open_reset(between: Between, root: bytes, sealed: bytes) -> Reset:
    """Open and check what lay in a slot of a root. Raises ``OpenFailed``, ``Own``, ``Newer`` or ``Malformed``."""
    padded = primitives.aead_open(greeting.reset_key(root), sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], b"")
    reset = decode_versioned(Reset, unpad(padded), "reset", VERSION)
    if reset.certificate.identity == between.reader != between.writer:
        raise Own("reset")
    certificate = check(reset.certificate)
    if certificate.identity != between.writer:
        raise Malformed("reset: identity")
    check_prekey(reset.prekey)
    if not primitives.ed25519_verify(certificate.device, reset.signature, _signed(between, root, reset)):
        raise OpenFailed
    return reset
