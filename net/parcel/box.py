"""Box: one message fragment under an id that is used once (``docs/PROTOCOL.md`` 2).

The id is a blinded Ed25519 key: the holder of its key may write it, and no node can link two ids to each other or to
a person. A custodian can therefore check that a deposit is well-formed, paid for and written by the id's owner, and
learns nothing else. Two boxes of one id with different bytes are *variants*.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from net.bucket import ADDRESS_BITS, Bucket, mask_of
from net.codec import Reader, uint
from net.errors import DecodeError, UnknownVersion
from net.events import Verdict
from net.ids import ParcelId
from net.parcel.work import (
    FULL_PRICE,
    MAX_SURPLUS,
    NONCE_SIZE,
    PUZZLES,
    WORK_SIZE,
    WorkPrice,
    appraise,
    has_begun,
    required_work,
    work_digest,
)
from net.primitives import SIGNATURE_SIZE, verify_signature

LABEL_BOX: Final = b"sottovoce/v1/box"

VERSION: Final = 1
ID_SIZE: Final = 32
# 768 bytes of plaintext, the smallest class of content, and the AEAD tag.
CIPHERTEXT_SIZE: Final = 768 + 16
BOX_SIZE: Final = 1 + 4 + 4 + ID_SIZE + WORK_SIZE + CIPHERTEXT_SIZE + SIGNATURE_SIZE
VARIANT_SIZE: Final = 16
# Version, prefix, expiry: with the id behind them what all versions of boxes begin with.
_HEAD_SIZE: Final = 1 + 4 + 4

PREFIX_BITS: Final = ADDRESS_BITS
# Bits that a writer may show beyond those that a custodian's scope has: widths differ by one while the network grows.
SPARE_BITS: Final = 2

# A custodian takes boxes that expire within this many hours: the promised 48, and two for clocks that differ.
MAX_BOX_HOURS: Final = 50
# The same two hours are not asked to be paid for, so that a sender with a slightly fast clock is not turned away.
UNPAID_HOURS: Final = 2


@dataclass(frozen=True, slots=True)
class Box:
    """A decoded box. Sizes are those of the layout; the signature is not checked yet."""

    prefix: int
    expiry_hour: int
    box_id: ParcelId
    work: tuple[int, ...]
    ciphertext: bytes
    signature: bytes

    def fields(self) -> bytes:
        """Return the fields that the work and the signature cover."""
        return _fields(self.prefix, self.expiry_hour, self.box_id, self.ciphertext)

    def variant(self) -> bytes:
        """Return the 16 bytes that tell boxes of one id apart; other work for the same content is the same variant."""
        return sha256(self.fields() + self.signature).digest()[:VARIANT_SIZE]


def signed_fields(prefix: int, expiry_hour: int, box_id: ParcelId, ciphertext: bytes) -> bytes:
    """Return the bytes that the owner of ``box_id`` signs."""
    return LABEL_BOX + _fields(prefix, expiry_hour, box_id, ciphertext)


def box_digest(prefix: int, expiry_hour: int, box_id: ParcelId, ciphertext: bytes) -> bytes:
    """Return the digest to give to ``solve``; the work does not cover the signature, so both can be made at once."""
    return work_digest(_fields(prefix, expiry_hour, box_id, ciphertext))


def encode_box(box: Box) -> bytes:
    """Return the 921 bytes of a box. Fields of a wrong size are our own bug: ``ValueError``."""
    nonces = b"".join(uint(nonce, NONCE_SIZE) for nonce in box.work)
    head = box.fields()[: -len(box.ciphertext)]
    data = head + nonces + box.ciphertext + box.signature
    if len(data) != BOX_SIZE:
        raise ValueError("box: size of a field")
    return data


def decode_box(data: bytes) -> Box:
    """Take a box apart. Raises ``DecodeError`` on a wrong length, ``UnknownVersion``; checks nothing else."""
    reader = Reader(data, "box")
    if reader.uint(1) != VERSION:
        raise UnknownVersion("box: version")
    if len(data) != BOX_SIZE:
        raise DecodeError("box: length")
    return Box(
        prefix=reader.uint(4),
        expiry_hour=reader.uint(4),
        box_id=ParcelId(reader.take(ID_SIZE)),
        work=tuple(reader.uint(NONCE_SIZE) for _ in range(PUZZLES)),
        ciphertext=reader.take(CIPHERTEXT_SIZE),
        signature=reader.take(SIGNATURE_SIZE),
    )


def id_in_box(data: bytes) -> ParcelId | None:
    """Return the id of a box of any version, which all have it at the same place; None where nothing is."""
    reader = Reader(data, "box")
    try:
        reader.take(_HEAD_SIZE)
        return ParcelId(reader.take(ID_SIZE))
    except DecodeError:
        return None


def check_box_terms(box: Box, hour: int, scope: Bucket, coverage: int = 0) -> Verdict | None:
    """Check what costs nothing: expiry against network time ``hour``, and that the box belongs into ``scope``.

    A prefix shows only as many bits of the secret address as its swarm needs, and two more at most; of a scope that is
    wider than the network's ``coverage`` as many as the coverage needs.
    """
    if not hour <= box.expiry_hour <= hour + MAX_BOX_HOURS:
        return Verdict.EXPIRY
    hidden = box.prefix & ~mask_of(min(max(scope.width, coverage) + SPARE_BITS, PREFIX_BITS))
    return Verdict.PREFIX if hidden or not scope.covers(box.prefix) else None


def appraise_box(box: Box, hour: int, price: WorkPrice = FULL_PRICE) -> Verdict | int:
    """Check the work (0.1 ms, a forgery 0.02) and then the signature (0.07 ms); return its surplus.

    That is measured against a box for the longest time, whatever this one's, so that two custodians agree about it at
    any hour, and so that nothing short-lived and cheap outranks what has two days to wait: it is below zero then.
    """
    work = required_work(BOX_SIZE, box.expiry_hour - hour - UNPAID_HOURS, price)
    surplus = appraise(work_digest(box.fields()), box.work, work, yardstick(price))
    if surplus is None:
        return Verdict.WORK
    return surplus if is_signed(box) else Verdict.SIGNATURE


def surplus_of_box(box: Box, price: WorkPrice) -> int | None:
    """Return what a box carries, in doublings of the price of the longest time; None when that is next to nothing."""
    return appraise(work_digest(box.fields()), box.work, yardstick(price) / 2**MAX_SURPLUS, yardstick(price))


def may_be_paid(box: Box, price: WorkPrice) -> bool:
    """Say at the cost of one trial whether a box may have been paid for the longest time."""
    return has_begun(work_digest(box.fields()), box.work, yardstick(price))


def yardstick(price: WorkPrice) -> float:
    """Return the work of a box for the longest time."""
    return required_work(BOX_SIZE, MAX_BOX_HOURS - UNPAID_HOURS, price)


def is_signed(box: Box) -> bool:
    """Say whether the owner of the id wrote this box. Readers check this much of what a custodian gives them."""
    return verify_signature(box.box_id, box.signature, LABEL_BOX + box.fields())


def _fields(prefix: int, expiry_hour: int, box_id: ParcelId, ciphertext: bytes) -> bytes:
    return uint(VERSION, 1) + uint(prefix, 4) + uint(expiry_hour, 4) + box_id + ciphertext
