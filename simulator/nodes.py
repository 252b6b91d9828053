"""How to build nodes for simulated hosts: real links and ciphers, or stand-ins for worlds of thousands.

With *plain* nodes links, the onion's cipher and the signatures of descriptors are stand-ins; everything else is what runs in
the product. A node that restarts has its key, its store, and what a node's owner keeps for it: peers and guards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from net.cover_profile import NORMAL, CoverProfile
from net.ids import Endpoint, NodeId
from net.link.events import Role
from net.link.layer import LinkLayer
from net.link.port import Links
from net.node.node import Node
from net.node.wiring import Tuning
from net.onion.paths.guards import Guard
from net.overlay.descriptor import Verifier
from net.overlay.identity import Identity, identity_of
from net.requests import Join, SetOwnEndpoints
from simulator.plain_cipher import PlainOnionCipher
from simulator.plain_links import PlainLinks, Resident
from simulator.world import FREE, Build, Host, Machine

# Parcels and places in the overlay cost no work here.
CHEAP: Final = Tuning(price=FREE, id_work_bits=0)
# Peers kept over a restart, the latest first.
MAX_REMEMBERED: Final = 64
# Descriptors that all plain nodes of a process together remember to be genuine: ten thousand nodes in three epochs.
GENUINE: Final = 32_768


@dataclass(slots=True)
class _Home:
    """What a host keeps over restarts beside its store."""

    secret: bytes
    identity: Identity
    peers: list[tuple[Endpoint, NodeId]] = field(default_factory=list[tuple[Endpoint, NodeId]])
    guards: list[Guard] = field(default_factory=list[Guard])


def plain_tuning(cover_profile: CoverProfile = NORMAL) -> Tuning:
    """Return the tuning for plain nodes; those of one world share one, and so what they know to be genuine."""
    verifier = Verifier(work_bits=0, verify=lambda key, signature, message: True, memory=GENUINE)
    return Tuning(price=FREE, id_work_bits=0, cover_profile=cover_profile, cipher=PlainOnionCipher(), verifier=verifier)


def full_node(*bootstraps: Endpoint, tuning: Tuning = CHEAP, is_plain: bool = False) -> Build:
    """Return how to build a full node that keeps its key and its store over restarts."""
    return _node(Role.FULL, bootstraps, tuning, is_plain=is_plain)


def leaf_node(*bootstraps: Endpoint, tuning: Tuning = CHEAP, is_plain: bool = False) -> Build:
    """Return how to build a leaf that keeps its key over restarts."""
    return _node(Role.LEAF, bootstraps, tuning, is_plain=is_plain)


def _node(role: Role, bootstraps: tuple[Endpoint, ...], tuning: Tuning, *, is_plain: bool) -> Build:
    homes: dict[Endpoint, _Home] = {}

    def build(host: Host) -> Machine:
        home = homes.get(host.endpoint)
        if home is None:
            secret = host.rng.randbytes(32)
            home = homes[host.endpoint] = _Home(secret, identity_of(secret, tuning.id_work_bits))
        node = Node(
            _links(host, home, role, is_plain=is_plain),
            home.identity,
            role=role,
            store=host.store if role is Role.FULL else None,
            random=host.rng.randbytes,
            tuning=tuning,
        )
        host.on_kill = lambda: _keep(home, node)
        now = host.now()
        node.request(SetOwnEndpoints((host.endpoint,)), now)
        if home.peers or home.guards:
            node.remember(home.peers, home.guards, now)
        for endpoint in bootstraps:
            node.request(Join(endpoint), now)
        return node

    return build


def _keep(home: _Home, node: Node) -> None:
    home.peers = [(endpoint, peer) for endpoint, peer, _ in node.remembered()[:MAX_REMEMBERED]]
    home.guards = node.guards()


def _links(host: Host, home: _Home, role: Role, *, is_plain: bool) -> Links:
    if not is_plain:
        return LinkLayer(secret_key=home.secret, role=role, random=host.rng.randbytes)

    def census(endpoint: Endpoint) -> Resident | None:
        other = host.world.hosts.get(endpoint)
        if other is None or other.machine is None or host.world.is_parted(host.endpoint, endpoint):
            return None
        return Resident(other.node().node_id, other.life)

    return PlainLinks(node_id=home.identity.node, role=role, random=host.rng.randbytes, census=census)
