"""How to build nodes for simulated hosts: real links and ciphers, or stand-ins for worlds of thousands."""

from __future__ import annotations

from dataclasses import dataclass

from net.ids import Endpoint
from net.link.events import Role
from net.link.layer import LinkLayer
from net.link.port import Links
from net.node import Node
from net.overlay.identity import Identity, identity_of
from net.parts import Tuning
from net.simulator.plain_links import PlainLinks
from net.simulator.world import FREE, Build, Host, Machine

# Parcels and places in the overlay cost no work here.
CHEAP = Tuning(price=FREE, id_work_bits=0)


@dataclass(slots=True)
class _Home:
    """What a host keeps over restarts beside its store."""

    secret: bytes
    identity: Identity


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
        node.set_own([host.endpoint], host.now())
        for endpoint in bootstraps:
            node.join(endpoint, None, host.now())
        return node

    return build


def _links(host: Host, home: _Home, role: Role, *, is_plain: bool) -> Links:
    if not is_plain:
        return LinkLayer(secret_key=home.secret, role=role, random=host.rng.randbytes)

    def is_up(endpoint: Endpoint) -> bool:
        other = host.world.hosts.get(endpoint)
        return other is not None and other.is_up

    return PlainLinks(node_id=home.identity.node, role=role, random=host.rng.randbytes, is_up=is_up)
