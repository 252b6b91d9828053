"""Our circuits by whom they lead to and what they are for, opened when first needed and replaced in time.

A circuit ties together all that is said over it: the node at its end knows that one reader said it. So every purpose has
circuits of its own, and none lasts longer than its *terms* allow: after so many questions or so many seconds the next
question opens another one over other relays. The old one stays a while for answers that are still to come.

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
# How far the end of a lasting circuit is moved at random, so that the circuits of one reader do not end together.
JITTER: Final = 0.2


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a circuit may serve; infinity: for ever."""

    age: float  # seconds since it was opened after which the next question takes another; a lasting one ends
    questions: float  # after which the next takes another
    idle: float  # seconds without a word after which it ends
    is_lasting: bool = False  # it carries a stream: its end is told to the user
    is_judged: bool = True  # what becomes of it counts for or against the nodes on its path


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

    def on_message(self, key: K_contra, data: bytes, now: Instant) -> bool:
        """A message came back. Say whether it may answer what was asked; else it is passed over."""
        ...

    def on_circuit_lost(self, key: K_contra, now: Instant) -> None:
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
    """At most one current circuit for each key, besides those that linger. ``Circuits`` calls its callbacks."""

    def __init__(self, circuits: Builder, paths: Paths, user: User[K], rng: random.Random) -> None:
        self._circuits = circuits
        self._paths = paths
        self._user = user
        self._rng = rng
        self._circuit_pool: dict[CircuitId, _PooledCircuit[K]] = {}
        self._current: dict[K, _PooledCircuit[K]] = {}
        self._silent: dict[K, frozenset[NodeId]] = {}  # relays of circuits that brought nothing, until one is open
        self._checks: Agenda[CircuitId] = Agenda()

    def __len__(self) -> int:
        return len(self._circuit_pool)

    # --- for who asks -------------------------------------------------------------------------------------------------

    def ask(self, key: K, last: Descriptor, terms: Terms, data: bytes, now: Instant) -> None:
        """Send a message to ``last`` by the circuit of this key.

        Raises:
            Unreachable: there is no path for now.
            Overloaded: the circuit is full for the moment, or there are too many circuits.
        """
        pooled = self._current.get(key)
        if (
            pooled is not None
            and not terms.is_lasting
            and (pooled.questions >= terms.questions or now.mono >= pooled.ends_at)
        ):
            self._retire(pooled)
            pooled = None
        if pooled is None:
            pooled = self._open(key, last, terms, now)
        self._circuits.send(pooled.circuit, data, now)
        pooled.questions += 1
        self._use(pooled, now)

    def drop(self, key: K, now: Instant) -> None:
        """End a circuit at once; ``on_circuit_lost`` is not called."""
        if (pooled := self._current.get(key)) is not None:
            self._circuits.close(pooled.circuit, now)
            self._forget(pooled)

    def renew(self, key: K, now: Instant) -> None:
        """End a circuit that brings nothing; the next is built apart from it. ``on_circuit_lost`` is not called."""
        if (pooled := self._current.get(key)) is not None:
            self._build_apart_from(pooled)
        self.drop(key, now)

    def hang_up(self, now: Instant) -> None:
        """End all circuits; ``on_circuit_lost`` is called for each."""
        for pooled in list(self._circuit_pool.values()):
            if pooled.circuit in self._circuit_pool:
                self._circuits.close(pooled.circuit, now)
                self._forget(pooled)
                self._user.on_circuit_lost(pooled.key, now)

    # --- for Circuits -------------------------------------------------------------------------------------------------

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        """The far end answered."""
        if (pooled := self._circuit_pool.get(circuit)) is not None and not pooled.is_open:
            pooled.is_open = True
            self._silent.pop(pooled.key, None)
            if pooled.terms.is_judged:
                self._paths.on_path_worked(pooled.path, now)

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """A message came back."""
        if (pooled := self._circuit_pool.get(circuit)) is not None:
            self._use(pooled, now)
            is_answer = self._user.on_message(pooled.key, data, now)
            if is_answer and pooled.terms.questions == 1 and circuit in self._circuit_pool:
                self._circuits.close(circuit, now)  # there was one question, and this was the answer
                self._forget(pooled)

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """A circuit is over by no doing of ours."""
        pooled = self._circuit_pool.get(circuit)
        if pooled is None:
            return
        if is_silent or not pooled.is_open:
            if pooled.terms.is_judged:
                self._paths.on_path_failed(pooled.path, now)
            self._build_apart_from(pooled)
        self._forget(pooled)
        self._user.on_circuit_lost(pooled.key, now)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: Instant) -> None:
        """End what has served its time or is not used any more."""
        for circuit in self._checks.pop_due(now.mono):
            pooled = self._circuit_pool.get(circuit)
            if pooled is None:
                continue
            if now.mono < pooled.quiet_at():
                self._checks.schedule(circuit, pooled.quiet_at())  # it was used since
                continue
            self._circuits.close(circuit, now)
            self._forget(pooled)
            if pooled.terms.is_lasting:
                self._user.on_circuit_lost(pooled.key, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._checks.next_deadline()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _open(self, key: K, last: Descriptor, terms: Terms, now: Instant) -> _PooledCircuit[K]:
        if terms.is_lasting and sum(each.terms.is_lasting for each in self._circuit_pool.values()) >= MAX_LASTING:
            raise Overloaded("circuits")
        path = self._paths.choose(last, now, is_delayed=False, apart_from=self._silent.get(key, ()))
        if len(self._circuit_pool) >= MAX_OWN_CIRCUITS:
            self._evict(now)
        try:
            circuit = self._circuits.open(path.hops, now)
        except Unauthenticated:
            self._paths.on_path_failed(path, now)  # a descriptor names a key that is none
            raise Unreachable from None
        age = terms.age * self._rng.uniform(1 - JITTER, 1 + JITTER)
        pooled = _PooledCircuit(key, circuit, path, terms, now.mono + age, now.mono)
        self._circuit_pool[circuit] = self._current[key] = pooled
        self._use(pooled, now)
        return pooled

    def _build_apart_from(self, pooled: _PooledCircuit[K]) -> None:
        self._silent[pooled.key] = self._silent.pop(pooled.key, frozenset()).union(pooled.path.nodes[:-1])
        if len(self._silent) > MAX_OWN_CIRCUITS:
            del self._silent[next(iter(self._silent))]

    def _evict(self, now: Instant) -> None:
        """End the circuit that was not used for longest and is probably done."""
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

    def _use(self, pooled: _PooledCircuit[K], now: Instant) -> None:
        pooled.used_at = now.mono
        self._checks.schedule(pooled.circuit, pooled.quiet_at())

    def _retire(self, pooled: _PooledCircuit[K]) -> None:
        pooled.is_retired = True
        del self._current[pooled.key]
        self._checks.schedule(pooled.circuit, pooled.quiet_at())

    def _forget(self, pooled: _PooledCircuit[K]) -> None:
        del self._circuit_pool[pooled.circuit]
        self._checks.cancel(pooled.circuit)
        if self._current.get(pooled.key) is pooled:
            del self._current[pooled.key]
