"""A lane: one device writing into one conversation, as a chain of box addresses only the two sides can link.

The writer holds a secret scalar ``a``; readers hold the point P = a·B and the chain. From chain secret H_i come K_i, which
blinds P into the box id of index i, and E_i, which seals it. Readers can find and open, never write; to outsiders two ids
of a lane look like ids of two strangers. Old chain secrets are deleted, so what was sent stays sealed.

An index is used for one block only, ever: the state that says so is committed before a box leaves. The construction is
Katzenpost's BACAP with a day in the blinding, so that the same index can be deposited again tomorrow without being
recognised. See ``docs/PROTOCOL.md`` 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from core.crypto import primitives
from core.people.format.bounds import Bytes16, Index, Key
from net.ids import ParcelId
from net.instant import DAY_MS

# A reader derives this many indexes ahead: room for the largest block and a burst, at 0.13 ms an id and day.
WINDOW = 48
# Boxes of today and of the two days before can still lie in the network.
DAYS = 3
# Re-key before the block that would exceed this number since the last time, or after this long, whichever comes first.
# The ten between this and what is promised are for a key that is on its way.
REKEY_AFTER_BLOCKS = 40
REKEY_AFTER_MS = 6 * DAY_MS
# What is promised while the other side answers; beyond, it is overdue and shown as that.
REKEY_PROMISED_BLOCKS = 50
REKEY_PROMISED_MS = 7 * DAY_MS

_NEXT = b"sottovoce/v1/lane/next"
_BLIND = b"sottovoce/v1/lane/blind"
_SEAL = b"sottovoce/v1/lane/seal"
_BESIDE = 1 << 31  # no day of any calendar: ids and keys of a copy beside are others than those of the day
_ONE = (1).to_bytes(32, "little")


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """What introduces a generation of a lane to its readers: ``chain`` is of index ``first``."""

    generation: Bytes16
    point: Key
    chain: Key
    first: Index = 0


@dataclass(frozen=True, slots=True)
class BoxSecrets:
    """K_i and E_i of one index: enough to deposit or to find and open that index on any day, and nothing else."""

    blind: bytes
    seal: bytes

    def pack(self) -> bytes:
        """Return both as 64 bytes."""
        return self.blind + self.seal

    @staticmethod
    def unpack(data: bytes) -> BoxSecrets:
        """Undo ``pack``."""
        return BoxSecrets(data[:32], data[32:64])


@dataclass(frozen=True, slots=True)
class OwnId:
    """An id of a lane of ours on some day."""

    generation: bytes
    index: int
    box_id: ParcelId


def new_lane() -> tuple[bytes, Offer]:
    """Return a fresh generation: the write scalar and the offer."""
    scalar = primitives.scalar_from(primitives.random_bytes(64))
    return scalar, Offer(primitives.random_bytes(16), primitives.scalar_public(scalar), primitives.random_bytes(32))


def check_offer(offer: Offer) -> Offer:
    """Return an offer whose lane can be read. Raises ``Malformed`` when its point is none."""
    primitives.point_multiply(_ONE, offer.point)
    return offer


def step(chain: bytes) -> tuple[BoxSecrets, bytes]:
    """Return the secrets of the chain's index and the chain of the next index."""
    secrets = BoxSecrets(primitives.hmac_sha256(chain, _BLIND), primitives.hmac_sha256(chain, _SEAL))
    return secrets, primitives.hmac_sha256(chain, _NEXT)


def rekey(chain: bytes, secret: bytes) -> bytes:
    """Mix a fresh secret into the chain that follows a re-keying block."""
    return primitives.hkdf(chain + secret, b"sottovoce/v1/lane/rekey")


def _factor(secrets: BoxSecrets, day: int) -> bytes:
    return primitives.scalar_from(b"sottovoce/v1/lane/id" + secrets.blind + day.to_bytes(4, "big"))


def beside(day: int) -> int:
    """Return the day under which the copy of a box goes that lies beside, at another address of the same reader."""
    return day | _BESIDE


def plain_day(day: int) -> int:
    """Return the day of a copy, wherever it lies."""
    return day & ~_BESIDE


def box_id(point: bytes, secrets: BoxSecrets, day: int) -> bytes:
    """Return the id under which an index is deposited on ``day``: 0.13 ms, one point multiplication."""
    return primitives.point_multiply(_factor(secrets, day), point)


def box_scalar(scalar: bytes, secrets: BoxSecrets, day: int) -> bytes:
    """Return the scalar that signs for ``box_id``."""
    return primitives.scalar_multiply(_factor(secrets, day), scalar)


def box_key(secrets: BoxSecrets, day: int) -> bytes:
    """Return the key that seals an index on ``day``."""
    return primitives.hkdf(secrets.seal, b"sottovoce/v1/lane/box" + day.to_bytes(4, "big"))
