"""What one of two custodians named and the other has not.

Both keep the same boxes, so what one names the other names soon, before or after. Tags that both named are forgotten at
once: only the difference is kept, and while none lies it is what is being pushed at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from net.ids import NodeId, Tag

# Seconds after which a tag that only one has named needs an explanation: longer than a push among custodians and the
# repair that follows when it was lost.
COMPARE_GRACE: Final = 600.0
# Tags of one custodian that wait for the other; beyond, the oldest are forgotten.
MAX_UNSHARED: Final = 8192


@dataclass(frozen=True, slots=True)
class Naming:
    """When a tag was named; ``is_live`` when it was not part of a backlog, so that its box cannot have expired since."""

    at: float
    is_live: bool


@dataclass(slots=True)
class _Unshared:
    """What one custodian alone has named, the oldest first."""

    tags: dict[Tag, Naming] = field(default_factory=dict[Tag, Naming])
    live: int = 0

    def add(self, tag: Tag, naming: Naming) -> None:
        if tag not in self.tags:
            self.tags[tag] = naming
            self.live += naming.is_live

    def take(self, tag: Tag) -> bool:
        naming = self.tags.pop(tag, None)
        if naming is None:
            return False
        self.live -= naming.is_live
        return True


class Comparison:
    """The difference between the streams of one bucket."""

    def __init__(self) -> None:
        self._unshared: dict[NodeId, _Unshared] = {}

    def join(self, custodian: NodeId) -> None:
        """Begin to compare a custodian: what the others name is expected of it."""
        self._unshared.setdefault(custodian, _Unshared())

    def leave(self, custodian: NodeId) -> None:
        """Forget a custodian; what it named is expected of no other any more."""
        self._unshared.pop(custodian, None)

    def on_tags_named(self, custodian: NodeId, tags: Iterable[Tag], now: float, *, is_live: bool) -> None:
        """Take note of what a custodian named."""
        own = self._unshared[custodian]
        others = [unshared for other, unshared in self._unshared.items() if other != custodian]
        naming = Naming(now, is_live)
        for tag in tags:
            if not sum(other.take(tag) for other in others):  # a sum, since each of them must let go of it
                own.add(tag, naming)
        while len(own.tags) > MAX_UNSHARED:
            own.take(next(iter(own.tags)))

    def unshared(self, custodian: NodeId) -> dict[Tag, Naming]:
        """Return all that only this custodian has named."""
        return dict(self._unshared[custodian].tags)

    def live(self, custodian: NodeId) -> int:
        """Return how many of those were no part of a backlog."""
        return self._unshared[custodian].live

    def overdue(self, custodian: NodeId, since: float, now: float) -> dict[Tag, Naming]:
        """Return what this one alone has named for too long; both have been caught up ``since``."""
        if now - since <= COMPARE_GRACE:
            return {}
        own = self._unshared[custodian].tags
        return {tag: naming for tag, naming in own.items() if now - naming.at > COMPARE_GRACE}

    def settle(self, custodian: NodeId, tags: Iterable[Tag]) -> None:
        """Forget tags that were explained."""
        if own := self._unshared.get(custodian):
            for tag in tags:
                own.take(tag)
