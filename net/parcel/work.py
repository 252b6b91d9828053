"""Proof of work: the price of a stranger's disk, in SHA-256 compressions.

A parcel of L bytes kept for h hours costs ``W(L, h) = 0.2316 * (L + 16384) * (h + 1)`` compressions: proportional to size
times duration, with a floor for what any parcel costs. The digest binds every signed field, the expiry among them, so
work can be neither stockpiled nor reused.

A trial is one PBKDF2-HMAC-SHA256 of 32 iterations, 66 compressions, all in C: plain hashing in Python would be five to
ten times slower than an attacker's. Eight small puzzles instead of one large keep the slowest solves near twice the mean
(a single puzzle: near five times), and a forgery is noticed after one trial. Nonces count from zero, so the work, and
with it every byte of a parcel, is a function of its content: depositing again never makes a second variant.

``solve`` takes tens of milliseconds and releases the GIL: run it in a worker thread. ``check`` takes about 0.1 ms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from typing import Final

LABEL_WORK: Final = b"sottovoce/v1/work"

PUZZLES: Final = 8
NONCE_SIZE: Final = 4
WORK_SIZE: Final = PUZZLES * NONCE_SIZE

# PBKDF2 iterations of a trial: enough that the time is spent hashing in C rather than calling from Python.
ITERATIONS: Final = 32
# SHA-256 compressions of a trial: two per iteration and two for the HMAC keys.
COMPRESSIONS_PER_TRIAL: Final = 66

# What the network is charged for beside a parcel's own bytes: index entries, signatures, repair. In bytes.
OVERHEAD_SIZE: Final = 16384

# A trial wins when its first eight bytes fall below this over W: on average W / 66 / 8 trials per puzzle.
_WINNING: Final = float(2**64 * COMPRESSIONS_PER_TRIAL * PUZZLES)
_ALWAYS: Final = float(2**64)

# Doublings of pay that are told apart, above the yardstick and below it: no depositor has 2**32 times as much to spare.
MAX_SURPLUS: Final = 32

# Greetings reach strangers, so they cost four times a box; the inviter checks it, custodians cannot tell.
GREETING_FACTOR: Final = 4


@dataclass(frozen=True, slots=True)
class WorkPrice:
    """What a byte-hour costs, in SHA-256 compressions. Nodes that disagree about it refuse each other's parcels."""

    per_byte_hour: float


# One text for 48 hours comes to 200 000 compressions, about 50 ms of one core.
FULL_PRICE: Final = WorkPrice(0.2316)


def required_work(size: int, hours: int, price: WorkPrice = FULL_PRICE, factor: int = 1) -> float:
    """Return W for a parcel of ``size`` bytes on the wire kept for ``hours`` (negative counts as none)."""
    return factor * price.per_byte_hour * (size + OVERHEAD_SIZE) * (max(hours, 0) + 1)


def is_dearer(digest: bytes, nonces: tuple[int, ...], yardstick: float, surplus: int) -> bool:
    """Say whether nonces carry at least twice what has this surplus; one trial for what does not."""
    work = yardstick * 2.0 ** (surplus + 1)
    return work > 0 and has_begun(digest, nonces, work) and check(digest, nonces, work)


def has_begun(digest: bytes, nonces: tuple[int, ...], work: float) -> bool:
    """Say whether the first nonce wins: a fiftieth of a millisecond to tell a forgery from what may be paid for."""
    return bool(nonces) and _trial(digest + b"\0", nonces[0]) < _limit(work)


def work_digest(fields: bytes) -> bytes:
    """Return the 32 bytes that the puzzles of a parcel with these signed fields are about."""
    return sha256(LABEL_WORK + fields).digest()


def solve(digest: bytes, work: float) -> tuple[int, ...]:
    """Return the smallest winning nonce of each puzzle. Blocks for about ``work`` / 5 000 000 seconds."""
    limit = _limit(work)
    return tuple(_smallest_nonce(digest + bytes([puzzle]), limit) for puzzle in range(PUZZLES))


def check(digest: bytes, nonces: tuple[int, ...], work: float) -> bool:
    """Say whether every nonce wins; stops at the first that does not."""
    return appraise(digest, nonces, work, work) is not None


def appraise(digest: bytes, nonces: tuple[int, ...], work: float, yardstick: float) -> int | None:
    """Check as ``check`` does; return how many times ``yardstick`` was doubled, or None when ``work`` was not done.

    That is -32 … 32: below zero, how often the yardstick would have to be halved. Who looks for harder nonces finds smaller
    trials, so the largest of the eight tells what was paid, and costs nothing to know. Luck makes a parcel look twice as
    dear once in 256: paying double is far cheaper than hoping for that.
    """
    if len(nonces) != PUZZLES:
        return None
    limit, measure = _limit(work), _limit(yardstick)
    if limit == measure == _ALWAYS:
        return 0
    largest = 0
    for puzzle, nonce in enumerate(nonces):
        trial = _trial(digest + bytes([puzzle]), nonce)
        if trial >= limit:
            return None
        largest = max(largest, trial)
    return min(max(math.floor(math.log2(measure / (largest + 1))), -MAX_SURPLUS), MAX_SURPLUS)


def _limit(work: float) -> float:
    return min(_WINNING / work, _ALWAYS) if work > 0 else _ALWAYS


def _trial(password: bytes, nonce: int) -> int:
    salt = nonce.to_bytes(NONCE_SIZE, "big")
    return int.from_bytes(pbkdf2_hmac("sha256", password, salt, ITERATIONS, 8), "big")


def _smallest_nonce(password: bytes, limit: float) -> int:
    nonce = 0
    # A nonce beyond four bytes would need a price thousands of times the highest: to_bytes then raises OverflowError.
    while _trial(password, nonce) >= limit:
        nonce += 1
    return nonce
