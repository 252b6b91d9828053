"""Our circuits by whom they lead to and what they are for, opened when first needed and replaced in time.

A circuit ties together all that is said over it: whoever is at its end knows that one reader said it. So every purpose has
ways of its own, and none lasts longer than its *terms* allow: after so many questions or so many seconds the next question
opens another one over other relays. The old one stays a while for answers that are still to come.

There are only so many circuits at a time. The one not used for longest makes room, unless it carries a stream that lasts.
"""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from net.agenda import Agenda
from net.errors import Overloaded, Unauthenticated, Unreachable
from net.ids import NodeId
from net.instant import Instant
from net.onion.circuits.admission import MAX_OWN_CIRCUITS
from net.onion.circuits.builder import CircuitId
from net.onion.packets.cipher import Hop
from net.onion.paths.paths import Path, Paths
from net.overlay.descriptor import Descriptor

K = TypeVar("K", bound=Hashable)
K_contra = TypeVar("K_contra", bound=Hashable, contravariant=True)

# Circuits that may carry lasting streams; the rest are for questions.
MAX_LASTING: Final = MAX_OWN_CIRCUITS * 3 // 4
# Seconds without a word after which an answer is not to be expected any more: above any patience of who asked.
LINGER: Final = 30.0
# How far a lasting way's end is moved at random, so that the ways of one reader do not end together.
JITTER: Final = 0.2


class Terms(Protocol):
    """How long a way may serve. ``age``: seconds since it was opened; ``idle``: seconds without use; infinity: for ever."""

    @property
    def age(self) -> float:
        """Seconds after which the next question takes another; for a lasting one, after which it ends."""
        ...

    @property
    def questions(self) -> float:
        """Questions after which the next takes another."""
        ...

    @property
    def idle(self) -> float:
        """Seconds without a word after which it ends."""
        ...

    @property
    def is_lasting(self) -> bool:
        """Whether it carries a stream: its end is told to who asked."""
        ...

    @property
    def is_judged(self) -> bool:
        """Whether what becomes of it counts for or against the nodes on its path."""
        ...


class Builder(Protocol):
    """What is needed of ``Circuits``."""

    def open(self, hops: Sequence[Hop], now: Instant) -> CircuitId:
        """Begin a circuit. Raises ``Overloaded`` and ``Unauthenticated``."""
        ...

    def send(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """Send a message. Raises ``Overloaded`` and ``Unreachable``."""
        ...

    def close(self, circuit: CircuitId, now: Instant) -> None:
        """End a circuit without being told so."""
        ...


class User(Protocol[K_contra]):
    """Who asks. Never called out of ``ask`` or ``drop``."""

    def heard(self, key: K_contra, data: bytes, now: Instant) -> bool:
        """A message came back. Say whether it may answer what was asked; else it is passed over."""
        ...

    def lost(self, key: K_contra, now: Instant) -> None:
        """What was asked there and not answered will not be; a stream is over."""
        ...


@dataclass(slots=True, eq=False)
class _PooledCircuit(Generic[K]):
    key: K
    circuit: CircuitId
    path: Path
    terms: Terms
    ends_at: float
    used_at: float
    questions: int = 0
    is_open: bool = False
    is_retired: bool = False

    def quiet_at(self) -> float:
        """Return when it ends if nothing more is said."""
        idle = min(self.terms.idle, LINGER) if self.is_retired else self.terms.idle
        return min(self.used_at + idle, self.ends_at if self.terms.is_lasting else math.inf)


class CircuitPool(Generic[K]):
    """At most one current way for each key, besides those that linger. What ``Circuits`` calls back is passed on to it."""

    def __init__(self, circuits: Builder, paths: Paths, user: User[K], rng: random.Random) -> None:
        self._circuits = circuits
        self._paths = paths
        self._user = user
        self._rng = rng
        self._circuit_pool: dict[CircuitId, _PooledCircuit[K]] = {}
        self._current: dict[K, _PooledCircuit[K]] = {}
        self._silent: dict[K, frozenset[NodeId]] = {}  # relays of ways that brought nothing, until one is open
        self._checks: Agenda[CircuitId] = Agenda()

    def __len__(self) -> int:
        return len(self._circuit_pool)

    # --- for who asks -------------------------------------------------------------------------------------------------

    def ask(self, key: K, last: Descriptor, terms: Terms, data: bytes, now: Instant) -> None:
        """Send a message to ``last`` by the way of this key.

        Raises:
            Unreachable: there is no path for now.
            Overloaded: the way is full for the moment, or there are too many ways.
        """
        way = self._current.get(key)
        if way is not None and not terms.is_lasting and (way.questions >= terms.questions or now.mono >= way.ends_at):
            self._retire(way)
            way = None
        if way is None:
            way = self._open(key, last, terms, now)
        self._circuits.send(way.circuit, data, now)
        way.questions += 1
        self._use(way, now)

    def drop(self, key: K, now: Instant) -> None:
        """End a way at once; ``lost`` is not called."""
        if (way := self._current.get(key)) is not None:
            self._circuits.close(way.circuit, now)
            self._forget(way)

    def renew(self, key: K, now: Instant) -> None:
        """End a way that brings nothing; the next is built apart from it. ``lost`` is not called."""
        if (way := self._current.get(key)) is not None:
            self._build_apart_from(way)
        self.drop(key, now)

    def hang_up(self, now: Instant) -> None:
        """End all ways; ``lost`` is called for each."""
        for way in list(self._circuit_pool.values()):
            if way.circuit in self._circuit_pool:
                self._circuits.close(way.circuit, now)
                self._forget(way)
                self._user.lost(way.key, now)

    # --- for Circuits -------------------------------------------------------------------------------------------------

    def opened(self, circuit: CircuitId, now: Instant) -> None:
        """The far end answered."""
        if (way := self._circuit_pool.get(circuit)) is not None and not way.is_open:
            way.is_open = True
            self._silent.pop(way.key, None)
            if way.terms.is_judged:
                self._paths.worked(way.path, now)

    def received(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """A message came back."""
        if (way := self._circuit_pool.get(circuit)) is not None:
            self._use(way, now)
            is_answer = self._user.heard(way.key, data, now)
            if is_answer and way.terms.questions == 1 and circuit in self._circuit_pool:
                self._circuits.close(circuit, now)  # there was one question, and this was the answer
                self._forget(way)

    def closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """A circuit is over by no doing of ours."""
        way = self._circuit_pool.get(circuit)
        if way is None:
            return
        if is_silent or not way.is_open:
            if way.terms.is_judged:
                self._paths.failed(way.path, now)
            self._build_apart_from(way)
        self._forget(way)
        self._user.lost(way.key, now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """End what has served its time or is not used any more."""
        for circuit in self._checks.pop_due(now.mono):
            way = self._circuit_pool.get(circuit)
            if way is None:
                continue
            if now.mono < way.quiet_at():
                self._checks.schedule(circuit, way.quiet_at())  # it was used since
                continue
            self._circuits.close(circuit, now)
            self._forget(way)
            if way.terms.is_lasting:
                self._user.lost(way.key, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._checks.next_deadline()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _open(self, key: K, last: Descriptor, terms: Terms, now: Instant) -> _PooledCircuit[K]:
        if terms.is_lasting and sum(each.terms.is_lasting for each in self._circuit_pool.values()) >= MAX_LASTING:
            raise Overloaded("circuits")
        path = self._paths.choose(last, now, is_delayed=False, apart_from=self._silent.get(key, ()))
        if len(self._circuit_pool) >= MAX_OWN_CIRCUITS:
            self._make_room(now)
        try:
            circuit = self._circuits.open(path.hops, now)
        except Unauthenticated:
            self._paths.failed(path, now)  # somebody described itself with a key that is none
            raise Unreachable from None
        age = terms.age * self._rng.uniform(1 - JITTER, 1 + JITTER)
        way = _PooledCircuit(key, circuit, path, terms, now.mono + age, now.mono)
        self._circuit_pool[circuit] = self._current[key] = way
        self._use(way, now)
        return way

    def _build_apart_from(self, way: _PooledCircuit[K]) -> None:
        self._silent[way.key] = self._silent.pop(way.key, frozenset()).union(way.path.nodes[:-1])
        if len(self._silent) > MAX_OWN_CIRCUITS:
            del self._silent[next(iter(self._silent))]

    def _make_room(self, now: Instant) -> None:
        """End the way that was not used for longest and is probably done."""
        idle = [
            each
            for each in self._circuit_pool.values()
            if not each.terms.is_lasting and now.mono >= each.used_at + LINGER
        ]
        if not idle:
            raise Overloaded("circuits")
        oldest = min(idle, key=lambda each: each.used_at)
        self._circuits.close(oldest.circuit, now)
        self._forget(oldest)

    def _use(self, way: _PooledCircuit[K], now: Instant) -> None:
        way.used_at = now.mono
        self._checks.schedule(way.circuit, way.quiet_at())

    def _retire(self, way: _PooledCircuit[K]) -> None:
        way.is_retired = True
        del self._current[way.key]
        self._checks.schedule(way.circuit, way.quiet_at())

    def _forget(self, way: _PooledCircuit[K]) -> None:
        del self._circuit_pool[way.circuit]
        self._checks.cancel(way.circuit)
        if self._current.get(way.key) is way:
            del self._current[way.key]
