"""How to build nodes for simulated hosts."""

from __future__ import annotations

from net.ids import Endpoint
from net.link.events import Role
from net.node import NORMAL_SLOT, Node
from net.parcel.work import WorkPrice
from net.simulator.world import FREE, Build, Host, Machine


def full_node(*bootstraps: Endpoint, price: WorkPrice = FREE, slot: float = NORMAL_SLOT) -> Build:
    """Return how to build a full node that keeps its key and its store over restarts."""
    return _node(Role.FULL, bootstraps, price, slot)


def leaf_node(*bootstraps: Endpoint, price: WorkPrice = FREE) -> Build:
    """Return how to build a leaf that keeps its key over restarts."""
    return _node(Role.LEAF, bootstraps, price, NORMAL_SLOT)


def _node(role: Role, bootstraps: tuple[Endpoint, ...], price: WorkPrice, slot: float) -> Build:
    keys: dict[Endpoint, bytes] = {}

    def build(host: Host) -> Machine:
        key = keys.setdefault(host.endpoint, host.rng.randbytes(32))
        store = host.store if role is Role.FULL else None
        node = Node(secret_key=key, role=role, store=store, random=host.rng.randbytes, price=price, slot=slot)
        for endpoint in bootstraps:
            node.join(endpoint, None, host.now())
        return node

    return build
