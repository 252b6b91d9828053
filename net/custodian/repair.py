"""Range-based set reconciliation: custodians of a swarm compare what they hold and exchange only what differs.

One side asks "of the keys from here to there I hold this digest"; the other says *the same*, or gives its keys when they
are few, or the digests of sixteen parts, and the asker descends into those that differ. With n parcels and d differences
that is about d * log16(n) short messages. The side that answers keeps no state.

A push may be lost with its link, and a custodian is away for hours: this is what makes copies reappear. It runs when two
custodians meet and every hour from then on. They compare the narrower of their scopes, which is one range of keys for
each kind; questions about anything else get no answer.

Hashing a full store takes ten milliseconds, so ranges of more than a few thousand keys are hashed in the store's thread,
one at a time, over the keys as they are when its turn comes.

Reference: A. Meyer, "Range-Based Set Reconciliation" (2023).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from net.custodian.index import Index, SortedKeys, id_part, sequence_of
from net.custodian.jobs import AnyStoreJob, ClientId, ClientPort, StoreJob
from net.instant import Instant
from net.messages import (
    MAX_KEYS_PER_ANSWER,
    MAX_RANGES_PER_ANSWER,
    U32,
    Compare,
    Compared,
    Range,
    Want,
)
from net.parcel.store import Kind

# Seconds between repairs with one custodian; the last quarter is drawn at random, so that a swarm does not march in step.
PERIOD: Final = 3600.0
SPREAD: Final = 0.25
# Seconds without an answer after which a repair is left until the next period.
PATIENCE: Final = 30.0
# Comparisons under way with one custodian: hides a round trip, not a bottleneck.
MAX_COMPARING: Final = 4
# Ranges waiting to be compared, and comparisons in one repair: a full store against an empty one needs 1100.
MAX_RANGES: Final = 4096
MAX_COMPARISONS: Final = 8192
# Times that one repair may hash as many keys as we hold: an honest one goes down a tree of sixteen, four levels deep.
MAX_PASSES: Final = 16
# Parcels to be given to one custodian; what does not fit is found again by the next repair.
MAX_GIVING: Final = 8192
# Keys that were asked for and are on their way; beyond, the next repair finds what is still lacking.
MAX_WANTED: Final = 16_384
# Keys hashed on the spot, a third of a millisecond.
MAX_HASHED_AT_ONCE: Final = 4096
# Comparisons that wait to be hashed elsewhere: four with each of sixteen mates. Beyond, who asked asks again later.
MAX_HASHING: Final = 64

_RECORD: Final = Kind.RECORD.value


@dataclass(slots=True)
class _Swarmmate:
    """One other custodian, as repair sees it. Ranges are [low, high) of keys."""

    ranges: list[tuple[bytes, bytes]]  # what both keep
    next_at: float
    last_heard: float = 0.0
    comparisons: int = 0
    hashed: int = 0  # keys, in the repair under way
    comparing: dict[int, tuple[bytes, bytes]] = field(default_factory=dict[int, tuple[bytes, bytes]])
    hashing: int = 0  # answers whose parts are being compared
    owes_until: float = 0.0  # it was asked for parcels
    waiting: deque[tuple[bytes, bytes]] = field(default_factory=deque[tuple[bytes, bytes]])
    giving: deque[bytes] = field(default_factory=deque[bytes])

    def is_repairing(self) -> bool:
        return bool(self.comparing or self.waiting or self.hashing)

    def deadline(self) -> float:
        return min(self.next_at, self.last_heard + PATIENCE) if self.comparing else self.next_at


class _Hashing(NamedTuple):
    """Something to be worked out from the keys in [low, high); ``then`` takes it, or None when that could not be."""

    low: bytes
    high: bytes
    work: Callable[[SortedKeys], Any]
    then: Callable[[Any, Instant], None]
    held: Index


def is_common(message: Compare, ranges: list[tuple[bytes, bytes]]) -> bool:
    """Say whether a question is about what two custodians both keep."""
    return any(low <= message.low < message.high <= high for low, high in ranges)


def comparison_cost(message: Compare, index: Index) -> int:
    """Return what answering costs, in the units of the allowance: hashing 64 keys takes about as long as one message."""
    return 1 + index.count(message.low, message.high) // MAX_KEYS_PER_ANSWER


def answer_comparison(message: Compare, index: SortedKeys) -> Compared:
    """Say how our part of the key space differs from the asker's."""
    low, high = message.low, message.high
    if index.digest(low, high) == message.digest:
        return Compared(message.request, is_same=True, keys=[], ranges=[])
    if index.count(low, high) <= MAX_KEYS_PER_ANSWER:
        return Compared(message.request, is_same=False, keys=index.keys(low, high), ranges=[])
    parts = [Range(*part) for part in index.split(low, high, MAX_RANGES_PER_ANSWER)]
    return Compared(message.request, is_same=False, keys=[], ranges=parts)


class Repair:
    """Repairs with every other custodian that is linked; ``random(n)`` spreads them."""

    def __init__(self, outlet: ClientPort, random: Callable[[int], bytes]) -> None:
        self._outlet = outlet
        self._random = random
        self._mates: dict[ClientId, _Swarmmate] = {}
        self._request = 0
        self._takers: dict[ClientId, None] = {}  # an ordered set: those that wait for parcels
        self._due: float | None = None  # None: to be worked out
        self._wanted: dict[bytes, float] = {}  # keys asked of a mate, until when they may be under way
        self._hashing: deque[_Hashing] = deque()
        self._is_hashing = False
        self._seen_at = 0.0  # monotonic seconds of the last answer
        self.pulled = 0
        self.finished_at: float | None = None  # monotonic seconds when a repair was last carried through

    def meet(self, client: ClientId, ranges: list[tuple[bytes, bytes]], now: Instant) -> None:
        """Another custodian is there, or shares other ranges than before: compare with it at once."""
        self.forget(client)
        self._mates[client] = _Swarmmate(ranges, next_at=now.mono)
        self._due = None

    def forget(self, client: ClientId) -> None:
        """A custodian is gone; what it owed others are asked for soon."""
        mate = self._mates.pop(client, None)
        self._takers.pop(client, None)
        if mate is not None and mate.owes_until > self._seen_at:
            for other in self._mates.values():
                other.next_at = min(other.next_at, mate.owes_until)
            self._due = None

    def ranges(self, client: ClientId) -> list[tuple[bytes, bytes]]:
        """Return what is compared with a custodian; nothing when it is none of ours."""
        mate = self._mates.get(client)
        return mate.ranges if mate else []

    def retry_soon(self, client: ClientId, now: Instant) -> None:
        """A push did not get through: repair within half a minute."""
        if mate := self._mates.get(client):
            mate.next_at = min(mate.next_at, now.mono + PATIENCE)
            self._due = None

    def answer(self, client: ClientId, message: Compare, index: Index, now: Instant) -> None:
        """Say how what we hold differs from what another custodian does."""
        work = partial(answer_comparison, message)
        self._hash(_Hashing(message.low, message.high, work, partial(self._tell, client), index), now)

    def on_wanted(self, client: ClientId, keys: list[bytes], index: Index) -> None:
        """Queue what another custodian asks for."""
        if mate := self._mates.get(client):
            self._give(client, mate, [key for key in keys if key in index])

    def on_compared(self, client: ClientId, message: Compared, index: Index, now: Instant) -> None:
        """Descend into what differs; ask for what we lack and give what they lack."""
        mate = self._mates.get(client)
        asked = mate.comparing.pop(message.request, None) if mate else None
        if mate is None or asked is None:
            return
        mate.last_heard = self._seen_at = now.mono
        self._due = None
        if message.ranges:
            self._descend(client, mate, asked, message.ranges, index, now)
        elif not message.is_same:
            self._circuit_relay(client, mate, asked, message.keys, index, now)
        self._proceed(client, mate, index, now)

    def handle_timeout(self, index: Index, now: Instant) -> None:
        """Begin repairs that are due and leave those that got no answer."""
        if now.mono < self.next_deadline():
            return
        self._due = None
        for client, mate in list(self._mates.items()):
            if mate.comparing and now.mono >= mate.last_heard + PATIENCE:
                mate.comparing.clear()
                mate.waiting.clear()
            if now.mono >= mate.next_at:
                mate.next_at = now.mono + PERIOD * (1 - SPREAD * self._random(1)[0] / 256)
                if not mate.is_repairing():
                    mate.comparisons, mate.hashed, mate.last_heard = 0, 0, now.mono
                    mate.waiting.extend(mate.ranges)
                    self._ask(client, mate, index, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        if self._due is None:
            self._due = min((mate.deadline() for mate in self._mates.values()), default=math.inf)
        return self._due

    def to_give(self, limit: int) -> tuple[ClientId, list[bytes]] | None:
        """Take up to ``limit`` keys whose parcels a custodian that can take them should be sent."""
        for client in self._takers:
            if self._outlet.writable(client):
                giving = self._mates[client].giving
                keys = [giving.popleft() for _ in range(min(limit, len(giving)))]
                if not giving:
                    del self._takers[client]
                return client, keys
        return None

    def is_giving(self) -> bool:
        """Say whether any mate waits for parcels."""
        return bool(self._takers)

    def next_job(self) -> AnyStoreJob | None:
        """Return the next comparison to be hashed in the store's thread, unless one is under way."""
        if self._is_hashing or not self._hashing:
            return None
        low, high, work, then, held = self._hashing.popleft()
        self._is_hashing = True

        def done(result: object, now: Instant) -> None:
            self._is_hashing = False
            then(result, now)

        return StoreJob(partial(work, held.snapshot(low, high)), done, partial(done, None))

    def _hash(self, wanted: _Hashing, now: Instant) -> None:
        if wanted.held.count(wanted.low, wanted.high) <= MAX_HASHED_AT_ONCE:
            wanted.then(wanted.work(wanted.held), now)
        elif len(self._hashing) < MAX_HASHING:
            self._hashing.append(wanted)
        else:
            wanted.then(None, now)

    def _tell(self, client: ClientId, message: Compare | Compared | None, now: Instant) -> None:
        if message is not None:
            self._outlet.send(client, message, now)

    def _proceed(self, client: ClientId, mate: _Swarmmate, index: Index, now: Instant) -> None:
        self._ask(client, mate, index, now)
        if not mate.is_repairing():
            self.finished_at = now.mono

    def _ask(self, client: ClientId, mate: _Swarmmate, index: Index, now: Instant) -> None:
        while mate.waiting and len(mate.comparing) < MAX_COMPARING and mate.comparisons < MAX_COMPARISONS:
            low, high = mate.waiting.popleft()
            self._request = (self._request + 1) & U32
            mate.comparing[self._request] = low, high
            mate.comparisons += 1
            # What does not get through is answered by the timeout.
            work = partial(_question, self._request, low, high)
            self._hash(_Hashing(low, high, work, partial(self._tell, client), index), now)

    def _descend(
        self,
        client: ClientId,
        mate: _Swarmmate,
        asked: tuple[bytes, bytes],
        ranges: list[Range],
        index: Index,
        now: Instant,
    ) -> None:
        mate.hashed += index.count(*asked)
        if mate.hashed > MAX_PASSES * (index.count(b"", b"") + MAX_KEYS_PER_ANSWER):
            mate.waiting.clear()
            return  # a partner that sends us round in circles
        mate.hashing += 1

        def found(differing: list[tuple[bytes, bytes]] | None, now: Instant) -> None:
            mate.hashing -= 1
            if self._mates.get(client) is mate:
                mate.waiting.extend((differing or [])[: MAX_RANGES - len(mate.waiting)])
                self._proceed(client, mate, index, now)

        self._hash(_Hashing(*asked, partial(_differing, asked, ranges), found, index), now)

    def _circuit_relay(
        self,
        client: ClientId,
        mate: _Swarmmate,
        asked: tuple[bytes, bytes],
        theirs: list[bytes],
        index: Index,
        now: Instant,
    ) -> None:
        ours = index.keys(*asked)
        lacking = self._not_under_way(_ahead(theirs, ours), now)
        if lacking:
            self.pulled += len(lacking)
            mate.owes_until = now.mono + PATIENCE
            self._outlet.send(client, Want(lacking), now)
        gifts = _ahead(ours, theirs)
        if len(gifts) <= MAX_KEYS_PER_ANSWER:  # who lacks more compares for itself, and asks each for a part
            self._give(client, mate, gifts)

    def _not_under_way(self, keys: list[bytes], now: Instant) -> list[bytes]:
        """Return the keys that no mate was asked for lately: sixteen mates have the same."""
        if len(self._wanted) > MAX_WANTED:
            self._wanted = {key: until for key, until in self._wanted.items() if until > now.mono}
        room = MAX_WANTED - len(self._wanted)
        fresh = [key for key in keys if self._wanted.get(key, 0.0) <= now.mono][: max(room, 0)]
        self._wanted.update(dict.fromkeys(fresh, now.mono + PATIENCE))
        return fresh

    def _give(self, client: ClientId, mate: _Swarmmate, keys: list[bytes]) -> None:
        if keys:
            mate.giving.extend(keys[: MAX_GIVING - len(mate.giving)])
            self._takers[client] = None


def _question(request: int, low: bytes, high: bytes, keys: SortedKeys) -> Compare:
    return Compare(request, low, high, keys.digest(low, high))


def _differing(asked: tuple[bytes, bytes], parts: list[Range], keys: SortedKeys) -> list[tuple[bytes, bytes]]:
    """Return the parts of a range that differ, up to one that is no answer to what was asked."""
    low, end = asked
    differing: list[tuple[bytes, bytes]] = []
    for part in parts:
        if not low < part.high <= end:
            break
        if keys.digest(low, part.high) != part.digest:
            differing.append((low, part.high))
        low = part.high
    return differing


def _ahead(some: list[bytes], others: list[bytes]) -> list[bytes]:
    """Return the keys that ``others`` lack, without records of which they have a later one."""
    there = set(others)
    latest = {id_part(key): sequence_of(key) for key in others if key[0] == _RECORD}
    return [
        key
        for key in some
        if key not in there and (key[0] != _RECORD or sequence_of(key) > latest.get(id_part(key), -1))
    ]
