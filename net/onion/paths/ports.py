"""What guards and paths need of the overlay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from net.ids import NodeId
from net.overlay.descriptor import Descriptor


class Roster(Protocol):
    """The known nodes: ``net.overlay.roster``."""

    @property
    def is_ready(self) -> bool:
        """Say whether a first round of sampling is over."""
        ...

    def fresh(self) -> Sequence[Descriptor]:
        """Return reachable nodes with a key for the present epoch."""
        ...

    def get(self, node: NodeId) -> Descriptor | None:
        """Return what is known of a node."""
        ...


# What a linked node last said of itself. A guard is kept for weeks, and the roster forgets a node within hours.
Described = Callable[[NodeId], Descriptor | None]
