"""Addresses: where in the network mail lies on one day, which only holders of its reader's secret can compute.

Custodians keep boxes by a 32-bit address of which a box shows the first bits, as many as the network's size asks for
(``net.bucket``). The address of a day is a pseudo-random function of a secret: of the account's *inbox secret*, which
contacts learn when they meet, or of an invitation's, which holders of the link know. So a writer can find the mailbox, the
swarm that keeps it changes every day, and an outsider can neither place nodes next to it nor link the addresses of two
days.

Many people's addresses begin with the same bits: a custodian learns only that a bucket of thousands is read.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.crypto import primitives
from core.people.moment import Moment
from net.bucket import ADDRESS_SIZE, Bucket
from net.instant import DAY_MS, HOUR_MS

_INBOX = b"sottovoce/v1/inbox"
# Boxes of today and of the two days before can still lie in the network.
_DAYS_BACK = 2
# Tomorrow's address is read so long before midnight: writers' clocks are ahead, and circuits take time. Milliseconds. Each
# reader draws its own moment for each day: were it the same one, the error of a clock would show whose circuits are one's.
EARLY_MS = HOUR_MS
LATEST_EARLY_MS = EARLY_MS // 4


def address_on(secret: bytes, day: int) -> int:
    """Return the 32-bit address of a day (days since 1970, network time)."""
    digest = primitives.hmac_sha256(secret, _INBOX + day.to_bytes(4, "big"))
    return int.from_bytes(digest[:ADDRESS_SIZE], "big")


def shown_prefix(secret: bytes, day: int, width: int) -> int:
    """Return what a box made on ``day`` shows of its address: the first ``width`` bits, the others zero."""
    return Bucket.of(address_on(secret, day), width).prefix


def days_read(now: Moment, early_ms: int = EARLY_MS) -> range:
    """Return the days whose addresses may hold mail now, tomorrow's from so long before midnight."""
    return range(now.day - _DAYS_BACK, (now.network_ms + early_ms) // DAY_MS + 1)


def addresses(secrets: Iterable[bytes], days: range) -> frozenset[int]:
    """Return the addresses of several secrets on several days."""
    return frozenset(address_on(secret, day) for secret in secrets for day in days)
