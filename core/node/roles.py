"""Which part a device plays: a *full node* relays and stores for others, a *leaf* does not.

A network lives from its full nodes, so whoever says nothing is one. Told to decide for itself (``auto``), a device is a
leaf only where serving would cost money or could not work: on a line that its owner calls metered (the sparing setting), or
behind a symmetric NAT through which nobody came. And never while fewer than sixteen full nodes are known: a small network
needs everybody.

The part is chosen when the program starts, by what former runs noted (``core.storage.line``): a node that changed it while
it runs would take its parcels and circuits from those who count on them.
"""

from __future__ import annotations

from typing import Final

from core.node.options import Part
from core.storage.line import Line
from net.link.events import Role
from net.node.snapshot import NodeSnapshot

# Full nodes known, of which one less is not missed.
ENOUGH_FULL_NODES: Final = 16


def role_of(part: Part, line: Line) -> Role:
    """Return what to be, as asked for and by what is known of the line."""
    if part != "auto":
        return Role.LEAF if part == "leaf" else Role.FULL
    is_hindered = line.is_metered or line.is_shut
    return Role.LEAF if is_hindered and line.full_nodes >= ENOUGH_FULL_NODES else Role.FULL


def is_shut(view: NodeSnapshot) -> bool:
    """Say whether nobody can come in: a symmetric NAT, and neither dial-back nor hole punching went through it."""
    return view.nat == "symmetric" and view.is_reachable is False and not view.sources.get("incoming")
