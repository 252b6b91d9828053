"""The role of a device: a *full node* relays and stores for others, a *leaf* does not.

A network needs full nodes, so that is the default. Told to decide for itself (``auto``), a device is a leaf only where
serving would cost money or could not work: on a line that its owner calls metered (the sparing setting), or behind a
symmetric NAT through which no peer came. And never while fewer than sixteen full nodes are known: a small network needs
every one.

The role is chosen when the program starts, by what former runs noted (``core.storage.line``): a node that changed it while
running would take parcels and circuits from the peers that count on them.
"""

from __future__ import annotations

from typing import Final

from core.node.options import Part
from core.storage.line import Line
from net.link.events import Role
from net.node.snapshot import NodeSnapshot

# Full nodes known from which on the network can do without one more.
ENOUGH_FULL_NODES: Final = 16


def role_of(part: Part, line: Line) -> Role:
    """Return the role that ``part`` and what is known of the line lead to."""
    if part != "auto":
        return Role.LEAF if part == "leaf" else Role.FULL
    is_hindered = line.is_metered or line.is_shut
    return Role.LEAF if is_hindered and line.full_nodes >= ENOUGH_FULL_NODES else Role.FULL


def is_shut(view: NodeSnapshot) -> bool:
    """Say whether no peer can come in: a symmetric NAT, and neither dial-back nor hole punching went through it."""
    return view.nat == "symmetric" and view.is_reachable is False and not view.sources.get("incoming")
