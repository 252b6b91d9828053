"""How a node comes to its place in the overlay.

The place is a hash of both its keys and a nonce, and it must be paid for: of 65 536 nonces about one gives a place that
counts. So a place cannot be chosen freely, each further one costs a tenth of a second of a processor, and an attacker who
wants one among the sixteen closest to a given address of a network of n nodes pays n/16 times that.

The work is a pure function of the keys: it is done once for each node key, in a worker thread of the owner.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import count
from typing import Final

from net.codec import uint
from net.ids import NodeId, OverlayId
from net.primitives import KEY_SIZE, hkdf, sha256, sign_by_seed, x25519_pair_of

# Zero bits that the work of a place begins with.
ID_WORK_BITS: Final = 16
NONCE_SIZE: Final = 8

LABEL_SIGNING_SEED: Final = b"sottovoce/v1/node-sign"
LABEL_PLACE: Final = b"sottovoce/v1/node-id"
LABEL_WORK: Final = b"sottovoce/v1/node-work"

# The work is looked at through its first four bytes; more bits than these would never be asked.
_SAMPLE_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Identity:
    """A node's keys and its place."""

    node: NodeId
    signing_key: bytes
    nonce: int
    overlay_id: OverlayId
    signing_seed: bytes

    def __repr__(self) -> str:
        return f"Identity({self.overlay_id.hex()[:8]}…)"  # a secret never reaches a log


def identity_of(secret_key: bytes, work_bits: int = ID_WORK_BITS) -> Identity:
    """Return the place of the node with this X25519 secret. Does the work: a fifth of a second; call it in a thread."""
    node = NodeId(x25519_pair_of(secret_key).public)
    seed = hkdf(secret_key, salt=b"", label=LABEL_SIGNING_SEED, size=KEY_SIZE)
    signing_key, _ = sign_by_seed(seed, b"")
    nonce = find_nonce(node, signing_key, work_bits)
    return Identity(node, signing_key, nonce, overlay_id_of(node, signing_key, nonce), seed)


def overlay_id_of(node: NodeId, signing_key: bytes, nonce: int) -> OverlayId:
    """Return the place that these keys and this nonce give."""
    return OverlayId(sha256(LABEL_PLACE + node + signing_key + uint(nonce, NONCE_SIZE)))


def is_worked(overlay_id: OverlayId, work_bits: int) -> bool:
    """Say whether a place was paid for with 0 … 32 bits of work."""
    head = int.from_bytes(sha256(LABEL_WORK + overlay_id)[:_SAMPLE_SIZE], "big")
    return head >> (8 * _SAMPLE_SIZE - work_bits) == 0


def find_nonce(node: NodeId, signing_key: bytes, work_bits: int) -> int:
    """Return the smallest nonce that gives these keys a place that counts: on average 2**work_bits trials."""
    keys = hashlib.sha256(LABEL_PLACE + node + signing_key)
    work = hashlib.sha256(LABEL_WORK)
    limit = 1 << (8 * _SAMPLE_SIZE - work_bits)
    for nonce in count():
        place = keys.copy()
        place.update(nonce.to_bytes(NONCE_SIZE, "big"))
        trial = work.copy()
        trial.update(place.digest())
        if int.from_bytes(trial.digest()[:_SAMPLE_SIZE], "big") < limit:
            return nonce
    raise AssertionError("counting does not end")
