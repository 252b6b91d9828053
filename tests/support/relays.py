"""Relays for tests of paths: unsigned descriptors, a roster that holds them, and guards that answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from random import Random
from typing import Final

from net.cover_profile import NORMAL
from net.ids import Endpoint, NodeId, OverlayId
from net.instant import Instant
from net.onion.paths.guards import Guards
from net.onion.paths.paths import Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor, epoch_of, place_of
from simulator import EPOCH_MS

NOW: Final = Instant(1000.0, EPOCH_MS)
OWN: Final = NodeId(b"\xff" * 32)


def at(seconds: float) -> Instant:
    """Return the instant so many seconds after ``NOW``."""
    return Instant(NOW.mono + seconds, NOW.wall_ms + round(1000 * seconds))


def node_of(number: int) -> NodeId:
    """Return the name of a relay."""
    return NodeId(sha256(b"relay %d" % number).digest())


def public_host(number: int) -> str:
    """Return an address in a /16 of its own."""
    return f"{20 + number // 200}.{number % 200}.1.1"


def relay(number: int, host: str | None = None, key: bytes | None = None, now: Instant = NOW) -> Descriptor:
    """Return what a relay says of itself at ``now``; its overlay id is a hash of its number."""
    place = sha256(b"place %d" % number).digest()
    return Descriptor(
        node=node_of(number),
        signing_key=bytes(32),
        nonce=0,
        endpoint=Endpoint(host or public_host(number), 4000),
        epoch=epoch_of(now),
        sphinx_keys=(key or bytes([1]) * 32, key or bytes([2]) * 32),
        is_reachable=True,
        stamp=now.wall_ms,
        overlay_id=OverlayId(place),
        place=place_of(place),
        data=b"%d" % number,
    )


@dataclass
class FakeRoster:
    """A roster of whatever it is given."""

    nodes: dict[NodeId, Descriptor] = field(default_factory=dict[NodeId, Descriptor])
    is_ready: bool = True

    @classmethod
    def of(cls, *relays: Descriptor) -> FakeRoster:
        return cls({each.node: each for each in relays})

    def fresh(self) -> list[Descriptor]:
        return list(self.nodes.values())

    def get(self, node: NodeId) -> Descriptor | None:
        return self.nodes.get(node)


class Traveller:
    """A node with guards that are all linked, and its paths."""

    def __init__(self, roster: FakeRoster, seed: int = 1) -> None:
        self.roster = roster
        self.linked: dict[NodeId, Descriptor] = {}
        self.reputation = Reputation()
        self.guards = Guards(OWN, roster, Random(seed))
        self.paths = Paths(OWN, roster, self.linked.get, self.guards, self.reputation, Random(seed + 1), NORMAL)
        self.guards.handle_timeout(NOW)
        for guard in self.guards.contacts():
            self.guards.on_link_up(guard, NOW)
