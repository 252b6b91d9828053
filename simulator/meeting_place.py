"""A stand-in for the BitTorrent DHT: endpoints announced lately, told to every host that asks; some of them have left since.

Nodes come as often as the product's (``net.rendezvous.rounds``). An announcement is forgotten after as long as stock DHT
nodes keep one.
"""

from __future__ import annotations

from random import Random
from typing import Final

from net.ids import Endpoint
from net.instant import Instant
from net.link.events import Role
from net.peers.dialer import LINKS_WANTED
from net.rendezvous.hints import MAX_PER_REPLY, Source
from net.rendezvous.rounds import Rounds
from net.requests import TryHints
from simulator.world import Host

# Seconds for which an announcement is kept.
KEPT: Final = 45 * 60.0


class MeetingPlace:
    """Endpoints by when they announced last, the latest last."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._announced: dict[Endpoint, float] = {}

    def come(self, host: Host) -> None:
        """Have a host announce itself and ask for others now and again while it is up."""
        rounds = Rounds(Random(host.rng.random()))

        def visit(now: Instant) -> None:
            node = host.node()
            rounds.set_lacking(now, is_lacking=len(node.peers()) < LINKS_WANTED[Role.FULL])
            due = rounds.take(now, is_serving=True)
            if due is not None and due.looks_up:
                node.request(TryHints(tuple(self._told(host.endpoint, now.mono)), Source.MAINLINE), now)
            if due is not None and due.announces:
                self._announced.pop(host.endpoint, None)
                self._announced[host.endpoint] = now.mono
            host.after(max(rounds.next_deadline() - now.mono, 1.0), visit)

        host.after(0.0, visit)

    def _told(self, asker: Endpoint, now: float) -> list[Endpoint]:
        for endpoint in [each for each, at in self._announced.items() if at < now - KEPT]:
            del self._announced[endpoint]
        others = [each for each in self._announced if each != asker]
        return self._rng.sample(others, min(MAX_PER_REPLY, len(others)))
