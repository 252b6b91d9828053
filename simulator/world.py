"""A seeded world on one heap: thousands of machines, hours in seconds, the same seed always the same story.

Hosts run any machine with the five verbs. Datagrams take a path with latency, jitter (which reorders), loss and
duplication; hosts are killed, restarted, partitioned; their clocks are wrong, their disks are put back. Nothing here reads
a real clock or real randomness.

An *actor* owns a machine inside its host: it sets ``host.on_event``, calls the machine in callbacks made with
``host.after``, and is built anew with the machine when the host restarts.

    world = World(seed=7)
    hub = world.add(full_node())  # simulator.nodes
    leaf = world.add(leaf_node(hub.endpoint))
    world.run_for(10)
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, Protocol, cast, runtime_checkable

from net.custodian import StoreJob
from net.ids import Endpoint
from net.instant import Instant
from net.parcel.memory_store import MemoryStore, Snapshot
from net.parcel.work import WorkPrice

if TYPE_CHECKING:
    from net.node.node import Node

# The wall clock when a world begins, Unix ms: some moment in 2026, in the middle of an hour.
EPOCH_MS: Final = 1_790_000_000_000
# Port of every simulated host; addresses tell them apart.
PORT: Final = 4000
# Hosts in one world: addresses 127.0.0.1 onward, so that no cap per address prefix applies.
MAX_HOSTS: Final = 1 << 20
# Calls in a row of a machine that is due at once again; then others have their turn.
MAX_SLICES: Final = 4
# A machine that is still due then is called again after this many seconds: two of them cannot stop the clock.
LEAST_STEP: Final = 1e-4
# Parcels cost no work here.
FREE: Final = WorkPrice(0.0)


class Machine(Protocol):
    """Anything with the five verbs; its events are of its own types."""

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram."""
        ...

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        ...

    def next_deadline(self) -> float:
        """Return when to call ``handle_timeout``."""
        ...

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch."""
        ...

    def next_event(self) -> Any:  # noqa: ANN401 -- each kind of machine has its own events
        """Return what happened, or None."""
        ...


@runtime_checkable
class StoreUser(Protocol):
    """A machine with work for a store."""

    def store_jobs(self) -> list[StoreJob[Any]]:
        """Return work for the store."""
        ...

    def store_done(self, job: StoreJob[Any], result: Any, now: Instant) -> None:  # noqa: ANN401 -- as the job has it
        """Take a job's result."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """What happens to datagrams on their way: seconds and probabilities. Jitter is the mean of an exponential."""

    latency: float = 0.02
    jitter: float = 0.005
    loss: float = 0.0
    duplication: float = 0.0


@dataclass(slots=True)
class Totals:
    """Datagrams since the world began."""

    sent: int = 0
    delivered: int = 0
    lost: int = 0


Build = Callable[["Host"], Machine]
Tap = Callable[[float, Endpoint, Endpoint, bytes], None]


class Host:
    """One computer: an address, a disk, a clock, and the machine that runs on it while it is up."""

    def __init__(self, world: World, endpoint: Endpoint, build: Build, seed: int) -> None:
        self.world = world
        self.endpoint = endpoint
        self.skew_ms = 0
        self.store_delay = 0.002  # seconds that a job on the store takes
        self.rng = random.Random(seed)
        self.store = MemoryStore()
        self.machine: Machine | None = None
        self._store_user: StoreUser | None = None  # the machine, if it has jobs
        self.on_event: Callable[[Any, Instant], None] | None = None
        self.on_kill: Callable[[], None] | None = None  # sees the machine a last time
        self.life = 0  # counts starts and ends
        self._build = build
        self._wake_at = math.inf
        self._store_free_at = 0.0
        self._is_crashing = False

    @property
    def is_up(self) -> bool:
        """Whether the host runs."""
        return self.machine is not None

    def node(self) -> Node:
        """Return the machine, which is a ``Node`` and up."""
        if self.machine is None:
            raise TypeError("no node runs here")
        return cast("Node", self.machine)

    def now(self) -> Instant:
        """Return this host's clocks."""
        mono = self.world.now
        return Instant(mono, EPOCH_MS + int(mono * 1000) + self.skew_ms)

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Switch on; the disk is as it was."""
        self.life += 1
        self._wake_at = math.inf
        self._store_free_at = self.world.now
        self._is_crashing = False
        self.machine = machine = self._build(self)
        self._store_user = machine if isinstance(machine, StoreUser) else None
        self.flush()

    def kill(self) -> None:
        """Switch off at once: what was not committed and what was not sent is gone."""
        if self.machine is not None and self.on_kill is not None:
            self.on_kill()
        self.life += 1
        self.machine = self._store_user = self.on_kill = self.on_event = None

    def restart(self, *, lose_store: bool = False) -> None:
        """Switch off and on, with the disk or with an empty one."""
        self.kill()
        if lose_store:
            self.store = MemoryStore()
        self.start()

    def roll_back(self, snapshot: Snapshot) -> None:
        """Come up with an old copy of the disk (``host.store.snapshot()``)."""
        self.kill()
        self.store.restore(snapshot)
        self.start()

    def crash_at_next_commit(self) -> None:
        """Die right after the next commit of the store: it is on disk, and the machine was not told."""
        self._is_crashing = True

    def after(self, delay: float, callback: Callable[[Instant], None]) -> None:
        """Call back in ``delay`` seconds, if this life of the host lasts so long; the machine is flushed afterwards."""
        self.world.schedule(self.world.now + delay, self._call, callback, self.life)

    def do(self, callback: Callable[[Instant], None]) -> None:
        """Call ``callback`` with this host's clocks and flush the machine: how tests act on it."""
        callback(self.now())
        self.flush()

    # --- its machine --------------------------------------------------------------------------------------------------

    def deliver(self, data: bytes, source: Endpoint) -> None:
        """Hand over a datagram."""
        machine = self.machine
        if machine is None:
            self.world.totals.lost += 1
            return
        self.world.totals.delivered += 1
        now = self.now()
        machine.receive_datagram(data, source, now)
        self._flush(machine, now)

    def flush(self) -> None:
        """Send what the machine has to send, hand out its events, do its jobs, note its deadline."""
        if self.machine is not None:
            self._flush(self.machine, self.now())

    def _flush(self, machine: Machine, now: Instant) -> None:
        """Let the machine do what it can do now, and note when it wants to be called again."""
        self._empty(machine, now)
        deadline = machine.next_deadline()
        for _ in range(MAX_SLICES):
            if deadline > now.mono:
                break
            machine.handle_timeout(now)
            self._empty(machine, now)
            deadline = machine.next_deadline()
        if deadline < self._wake_at:
            self._wake_at = max(deadline, self.world.now + LEAST_STEP)
            self.world.schedule(self._wake_at, self._wake, self._wake_at, self.life)

    def _empty(self, machine: Machine, now: Instant) -> None:
        send = self.world.send
        while True:
            while datagrams := machine.datagrams_to_send(now):
                for data, destination in datagrams:
                    send(self.endpoint, destination, data)
            event = machine.next_event()
            if event is None:
                break
            while event is not None:
                if self.on_event is not None:
                    self.on_event(event, now)
                event = machine.next_event()
        if self._store_user is not None and (jobs := self._store_user.store_jobs()):
            self._take_jobs(jobs)

    def _wake(self, when: float, life: int) -> None:
        machine = self.machine
        if machine is None or life != self.life or when != self._wake_at:
            return
        self._wake_at = math.inf
        self._flush(machine, self.now())

    def _call(self, callback: Callable[[Instant], None], life: int) -> None:
        if life == self.life:
            self.do(callback)

    def _take_jobs(self, jobs: list[StoreJob[Any]]) -> None:
        for job in jobs:
            self._store_free_at = max(self._store_free_at, self.world.now) + self.store_delay
            self.world.schedule(self._store_free_at, self._run_job, job, self.life)

    def _run_job(self, job: StoreJob[Any], life: int) -> None:
        if life != self.life or self._store_user is None:
            return
        before = self.store.usage()
        result = job.run()
        if self._is_crashing and self.store.usage() != before:
            self.kill()
        else:
            self._store_user.store_done(job, result, self.now())
            self.flush()


class World:
    """Hosts, the paths between them, and one clock in seconds. All chance comes from ``seed``."""

    def __init__(self, seed: int = 0, path: Path | None = None) -> None:
        self.now = 0.0
        self.rng = random.Random(seed)
        self.path = path or Path()
        self.totals = Totals()
        self.hosts: dict[Endpoint, Host] = {}
        self.taps: list[Tap] = []
        self._paths: dict[tuple[Endpoint, Endpoint], Path] = {}
        self._sides: dict[Endpoint, int] | None = None
        self._heap: list[tuple[float, int, Callable[[Any, Any], None], Any, Any]] = []
        self._scheduled = 0

    def add(self, build: Build, *, skew_ms: int = 0, is_up: bool = True) -> Host:
        """Add a host, switched on unless told otherwise."""
        number = len(self.hosts) + 1
        if number > MAX_HOSTS:
            raise ValueError("too many hosts")
        address = f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        host = Host(self, Endpoint(address, PORT), build, self.rng.getrandbits(64))
        host.skew_ms = skew_ms
        self.hosts[host.endpoint] = host
        if is_up:
            host.start()
        return host

    def set_path(self, one: Host, other: Host, path: Path) -> None:
        """Set what the way between two hosts is like, both directions."""
        self._paths[one.endpoint, other.endpoint] = path
        self._paths[other.endpoint, one.endpoint] = path

    def partition(self, *sides: Iterable[Host]) -> None:
        """Let datagrams pass only within a side; hosts not named are a side of their own."""
        self._sides = {host.endpoint: number for number, side in enumerate(sides) for host in side}

    def is_parted(self, one: Endpoint, other: Endpoint) -> bool:
        """Return whether nothing passes between two endpoints."""
        return self._sides is not None and self._sides.get(one) != self._sides.get(other)

    def heal(self) -> None:
        """End the partition."""
        self._sides = None

    def churn(self, hosts: Iterable[Host], up: float, down: float) -> None:
        """Switch hosts off and on from now on, for exponential times with these means in seconds."""
        for host in hosts:
            self.schedule(self.now + self.rng.expovariate(1 / up), self._toggle, host, (up, down))

    def at(self, when: float, callback: Callable[[], None]) -> None:
        """Call ``callback`` at a time of the world."""
        self.schedule(when, _call, callback, None)

    def run_until(self, when: float) -> None:
        """Let the world go on to ``when``."""
        heap = self._heap
        while heap and heap[0][0] <= when:
            self.now, _, action, one, other = heappop(heap)
            action(one, other)
        self.now = when

    def run_for(self, seconds: float) -> None:
        """Let the world go on for so long."""
        self.run_until(self.now + seconds)

    def run_while(self, condition: Callable[[], bool], limit: float, step: float = 0.1) -> bool:
        """Go on while ``condition`` holds, for ``limit`` seconds at most; False when it still holds then."""
        end = self.now + limit
        while condition():
            if self.now >= end:
                return False
            self.run_for(step)
        return True

    def schedule(self, when: float, action: Callable[[Any, Any], None], one: Any, other: Any) -> None:  # noqa: ANN401 -- the action's
        """Call ``action(one, other)`` at ``when``; ties go in order of scheduling."""
        self._scheduled += 1
        heappush(self._heap, (when, self._scheduled, action, one, other))

    def send(self, source: Endpoint, destination: Endpoint, data: bytes) -> None:
        """Put a datagram on its way."""
        totals = self.totals
        totals.sent += 1
        for tap in self.taps:
            tap(self.now, source, destination, data)
        host = self.hosts.get(destination)
        if host is None or (self._sides is not None and self.is_parted(source, destination)):
            totals.lost += 1
            return
        path = self._paths.get((source, destination), self.path) if self._paths else self.path
        chance = self.rng.random
        if path.loss and chance() < path.loss:
            totals.lost += 1
            return
        # 1 - chance() is never 0, so the logarithm is always there.
        self.schedule(self.now + path.latency - path.jitter * math.log(1 - chance()), host.deliver, data, source)
        if path.duplication and chance() < path.duplication:
            self.schedule(self.now + path.latency - path.jitter * math.log(1 - chance()), host.deliver, data, source)

    def _toggle(self, host: Host, means: tuple[float, float]) -> None:
        up, down = means
        if host.is_up:
            host.kill()
        else:
            host.start()
        mean = up if host.is_up else down
        self.schedule(self.now + self.rng.expovariate(1 / mean), self._toggle, host, means)


def _call(callback: Callable[[], None], _unused: None) -> None:
    callback()
