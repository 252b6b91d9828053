"""Beacons: how nodes of one local network find each other, as a machine without I/O.

A node broadcasts a *call* of 256 bytes, often at first and then once a minute; a node that hears it sends an *answer* back,
at most one per sender and minute. Both say at which port of their source address a node listens. What comes of it is a hint.

    nonce 12 | AEAD(kind 1 ‖ port 2 ‖ run 8 ‖ call 16 ‖ zeros 201) | tag 16      key = HKDF of the day

Every copy of this program knows the key; it keeps others from seeing more than noise of a common length, and it
changes daily. ``run`` is random, new at each start, and lets a node pass over its own beacons; ``call`` is random in a call
and repeated in its answers, so that an answer to no call counts for nothing. No key, name or person is in a beacon.
An answer is as large as a call and goes to its source only: nothing is multiplied.
Kinds of a later version are passed over, and so is what it puts in place of the zeros.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

from net.codec import Reader, uint
from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint
from net.instant import Instant
from net.numbers import SMALL_DATAGRAM_SIZE
from net.primitives import KEY_SIZE, NONCE_SIZE, TAG_SIZE, Aead, hkdf
from net.rendezvous.topic import days_at
from net.token_bucket import TokenBucket

BEACON_SIZE: Final = SMALL_DATAGRAM_SIZE
BEACON_RUN_SIZE: Final = 8
CALL_SIZE: Final = 16
_CONTENT_SIZE: Final = BEACON_SIZE - NONCE_SIZE - TAG_SIZE
_LABEL: Final = b"sottovoce/v1/beacon"

# Seconds between calls: doubled from the first to the last, each a quarter shorter or longer by chance.
FIRST_PAUSE: Final = 1.0
LAST_PAUSE: Final = 60.0
# Seconds during which one sender is answered once.
ANSWER_PAUSE: Final = 60.0
# Senders answered that are remembered; more in a minute are not answered.
MAX_ANSWERED: Final = 256
# Beacons opened in a second and at once, 10 µs each: a flood costs nothing but itself.
OPEN_RATE: Final = 100.0
OPEN_BURST: Final = 200.0
# Own calls whose answers count.
MAX_CALLS: Final = 4


class BeaconKind(IntEnum):
    """What a beacon is; ``value`` is the byte in it."""

    CALL = 1
    ANSWER = 2


class Beacon(NamedTuple):
    """What a beacon says: its sender's overlay port, its run (8 bytes), and the call (16 bytes) it makes or answers."""

    kind: BeaconKind
    port: int
    run: bytes
    call: bytes


def beacon_key(day: int) -> bytes:
    """Return the key of a day, 32 bytes."""
    return hkdf(_LABEL, salt=b"", label=uint(day, 4), size=KEY_SIZE)


def encode_beacon(beacon: Beacon, day: int, nonce: bytes) -> bytes:
    """Return a beacon's 256 bytes. ``nonce`` is 12 random bytes: the key is public, so nothing hangs on a repetition."""
    content = uint(beacon.kind, 1) + uint(beacon.port, 2) + beacon.run + beacon.call
    return nonce + Aead(beacon_key(day)).seal(nonce, content.ljust(_CONTENT_SIZE, b"\0"), b"")


def decode_beacon(data: bytes, days: list[int]) -> Beacon:
    """Open a beacon with the keys of some days. Raises ``DecodeError`` for anything that is none."""
    if len(data) != BEACON_SIZE:
        raise DecodeError("beacon: length")
    for day in days:
        try:
            content = Aead(beacon_key(day)).open(data[:NONCE_SIZE], data[NONCE_SIZE:], b"")
        except Unauthenticated:
            continue
        return _decode_content(content)
    raise DecodeError("beacon: seal")


def _decode_content(content: bytes) -> Beacon:
    reader = Reader(content, "beacon")
    kind, port = reader.uint(1), reader.uint(2)
    if kind not in {BeaconKind.CALL, BeaconKind.ANSWER} or not port:
        raise DecodeError("beacon: kind or port")
    return Beacon(BeaconKind(kind), port, reader.take(BEACON_RUN_SIZE), reader.take(CALL_SIZE))


class Beacons:
    """Calls and answers of one node that listens at ``port``."""

    def __init__(self, port: int, random: Callable[[int], bytes]) -> None:
        self._port = port
        self._random = random
        self._rng = random_module.Random(random(16))  # for jitter, which needs no secrecy
        self._run = random(BEACON_RUN_SIZE)
        self._calls: list[bytes] = []  # our own, the latest last
        self._answered: dict[Endpoint, float] = {}  # until when, the oldest first
        self._opening = TokenBucket(OPEN_RATE, OPEN_BURST)
        self._pause = FIRST_PAUSE
        self._call_at = 0.0
        self._answers: list[tuple[bytes, Endpoint]] = []

    def call(self, now: Instant) -> bytes | None:
        """Return a beacon to broadcast when it is time, else None."""
        if now.mono < self._call_at:
            return None
        self._call_at = now.mono + self._pause * self._rng.uniform(0.75, 1.25)
        self._pause = min(2 * self._pause, LAST_PAUSE)
        self._calls = [*self._calls, self._random(CALL_SIZE)][-MAX_CALLS:]
        return self._encode(BeaconKind.CALL, self._calls[-1], now)

    def next_deadline(self) -> float:
        """Return when ``call`` has something to broadcast, monotonic seconds."""
        return self._call_at

    def receive(self, data: bytes, source: Endpoint, now: Instant) -> Endpoint | None:
        """Take a datagram; return where its sender's node lives, if that is news worth having."""
        if not self._opening.take(1, now.mono):
            return None
        try:
            beacon = decode_beacon(data, days_at(now.wall_ms))
        except DecodeError:
            return None
        if beacon.run == self._run or (beacon.kind is BeaconKind.ANSWER and beacon.call not in self._calls):
            return None
        if beacon.kind is BeaconKind.CALL:
            self._answer(beacon.call, source, now)
        return Endpoint(source.host, beacon.port)

    def answers_to_send(self) -> list[tuple[bytes, Endpoint]]:
        """Return the answers that are due, and where they go."""
        answers, self._answers = self._answers, []
        return answers

    def _answer(self, call: bytes, source: Endpoint, now: Instant) -> None:
        for sender in [each for each, until in self._answered.items() if until <= now.mono]:
            del self._answered[sender]
        if source not in self._answered and len(self._answered) < MAX_ANSWERED:
            self._answered[source] = now.mono + ANSWER_PAUSE
            self._answers.append((self._encode(BeaconKind.ANSWER, call, now), source))

    def _encode(self, kind: BeaconKind, call: bytes, now: Instant) -> bytes:
        beacon = Beacon(kind, self._port, self._run, call)
        return encode_beacon(beacon, days_at(now.wall_ms)[0], self._random(NONCE_SIZE))
