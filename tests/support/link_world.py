"""Two or more link layers on a seeded wire that loses, doubles, delays and reorders; time is a number."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import FEATURES, CellReceived, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.link.table import LinkTable

EPOCH_MS = 1_800_000_000_000
SIZES = {256, 1232}


@dataclass
class Weather:
    """What the wire does to a datagram; probabilities, and seconds one way."""

    loss: float = 0.0
    double: float = 0.0
    delay: float = 0.005
    jitter: float = 0.0


class Host:
    """A layer at an address, and what happened to it."""

    def __init__(
        self, name: str, seed: int, *, role: Role = Role.FULL, features: int = FEATURES, **limits: int
    ) -> None:
        self.random = Random(f"{name} {seed}")
        self.endpoint = Endpoint(f"10.0.0.{ord(name[0]) - ord('a') + 1}", 4000)
        secret, random = self.random.randbytes(32), self.random.randbytes
        self.table = LinkTable(**limits)
        self.layer = LinkLayer(secret_key=secret, role=role, random=random, features=features, table=self.table)
        self.events: list[LinkEvent] = []

    def of(self, kind: type[LinkEvent]) -> list[LinkEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def link(self) -> LinkId:
        """The link that came up last."""
        return next(event.link for event in reversed(self.events) if isinstance(event, LinkUp))

    @property
    def messages(self) -> list[bytes]:
        return [event.data for event in self.events if isinstance(event, MessageReceived)]

    @property
    def cells(self) -> list[bytes]:
        return [event.data for event in self.events if isinstance(event, CellReceived)]


class World:
    """The wire, the clock and the hosts; ``limits`` are those of their tables of links."""

    def __init__(self, *names: str, seed: int = 1, weather: Weather | None = None, **limits: Any) -> None:
        self.random = Random(seed)
        self.weather = weather or Weather()
        self.now = Instant(1000.0, EPOCH_MS)
        self.hosts = {name: Host(name, seed, **limits) for name in names}
        self.sent: list[tuple[bytes, Endpoint, Endpoint]] = []
        self.keeps_sent = False
        self._air: list[tuple[float, int, bytes, Endpoint, Endpoint]] = []
        self._serial = itertools.count()

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def replace(self, name: str, seed: int) -> Host:
        """The same node, started anew: same key and address, no memory."""
        old = self.hosts[name]
        new = Host(name, seed)
        secret = Random(f"{name} 1").randbytes(32)
        new.layer = LinkLayer(secret_key=secret, role=Role.FULL, random=new.random.randbytes)
        assert new.layer.node_id == old.layer.node_id
        self.hosts[name] = new
        return new

    def join(self, a: str, b: str, *, with_key: bool = True) -> None:
        """Link ``a`` to ``b`` and run until both know."""
        peer: NodeId | None = self[b].layer.node_id if with_key else None
        self[a].layer.connect(self[b].endpoint, peer, self.now)
        assert self.run(10, lambda: bool(self[a].of(LinkUp) and self[b].of(LinkUp)))

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass; return whether ``until`` came true."""
        end = self.now.mono + seconds
        self.flush()
        standstill = 0
        while not until():
            times = [max(host.layer.next_deadline(), self.now.mono) for host in self.hosts.values()]
            next_at = min([*times, *(entry[0] for entry in self._air[:1])], default=end)
            if next_at >= end:
                self.set_time(end)
                return until()
            standstill = standstill + 1 if next_at == self.now.mono and not self._air else 0
            assert standstill < 100, "a deadline that no call satisfies"
            self.set_time(next_at)
            while self._air and self._air[0][0] <= next_at:
                _, _, data, source, target = heapq.heappop(self._air)
                for host in self.hosts.values():
                    if host.endpoint == target:
                        host.layer.receive_datagram(data, source, self.now)
            for host in self.hosts.values():
                if host.layer.next_deadline() <= self.now.mono:
                    host.layer.handle_timeout(self.now)
            self.flush()
        return True

    def set_time(self, mono: float) -> None:
        self.now = Instant(mono, EPOCH_MS + round((mono - 1000.0) * 1000))

    def flush(self) -> None:
        for host in self.hosts.values():
            while (event := host.layer.next_event()) is not None:
                host.events.append(event)
            while batch := host.layer.datagrams_to_send(self.now):
                for data, target in batch:
                    self._launch(data, host.endpoint, target)

    def indexes_to(self, host: Host) -> set[bytes]:
        """The first bytes of the frames kept in ``sent``: each stands for one epoch of keys."""
        return {data[:4] for data, _, target in self.sent if target == host.endpoint and data[0] & 0x80}

    def _launch(self, data: bytes, source: Endpoint, target: Endpoint) -> None:
        assert len(data) in SIZES
        if self.keeps_sent:
            self.sent.append((data, source, target))
        weather = self.weather
        for _ in range(2 if self.random.random() < weather.double else 1):
            if self.random.random() >= weather.loss:
                at = self.now.mono + weather.delay + self.random.random() * weather.jitter
                heapq.heappush(self._air, (at, next(self._serial), data, source, target))
