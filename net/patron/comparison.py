"""What one of two custodians named and the other has not.

Both keep the same boxes, so what one names the other names soon, before or after. Tags that both named are forgotten at
once: only the difference is kept, and while nobody lies it is what is being pushed at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


class Comparison:
    """The difference between two streams of one bucket."""

    def __init__(self) -> None:
        self._unshared: dict[NodeId, dict[Tag, Naming]] = {}

    def named(self, custodian: NodeId, tags: Iterable[Tag], now: float, *, is_live: bool) -> None:
        """Take note of what a custodian named."""
        own = self._unshared.setdefault(custodian, {})
        others = [tags for other, tags in self._unshared.items() if other != custodian]
        naming = Naming(now, is_live)
        for tag in tags:
            if not any([other.pop(tag, None) for other in others]):  # a list: each of the others must let go of it
                own.setdefault(tag, naming)
        while len(own) > MAX_UNSHARED:
            del own[next(iter(own))]

    def unshared(self, custodian: NodeId) -> int:
        """Return how many tags only this custodian has named."""
        return len(self._unshared.get(custodian, ()))

    def overdue(self, custodian: NodeId, since: float, now: float) -> dict[Tag, Naming]:
        """Return what this one alone has named for too long; both have been caught up ``since``."""
        if now - since <= COMPARE_GRACE:
            return {}
        own = self._unshared.get(custodian, {})
        return {tag: naming for tag, naming in own.items() if now - naming.at > COMPARE_GRACE}

    def all_unshared(self, custodian: NodeId) -> dict[Tag, Naming]:
        """Return all that only this custodian has named."""
        return dict(self._unshared.get(custodian, {}))

    def settle(self, custodian: NodeId, tags: Iterable[Tag]) -> None:
        """Forget tags that were explained."""
        own = self._unshared.get(custodian, {})
        for tag in tags:
            own.pop(tag, None)

    def join(self, custodian: NodeId) -> None:
        """Begin to compare a custodian: what the others name from now on is expected of it."""
        self._unshared.setdefault(custodian, {})

    def leave(self, custodian: NodeId) -> None:
        """Forget a custodian; what it named is expected of nobody any more."""
        self._unshared.pop(custodian, None)
