"""Network time: the own clock, unless enough others agree that it is wrong.

Expiry, day and epoch are shared, so a node whose clock is hours off would lose mail. It does not set its clock; it adds an
offset: the median of what its peers' clocks say, when at least three of them, and more than half of all, agree within ten
minutes, and when that is more than ten minutes from its own. A minority of liars moves nothing. Names are free, and a crowd
can dial in: so most of those that this node itself dialled must agree as well.

A peer's clock is compared once, when it tells its time; the difference is kept. That difference means nothing any more
when the own clock has been set or the machine has slept, which shows as the two own clocks moving apart; then everything
is forgotten and asked anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from net.ids import NodeId
from net.instant import Instant

# Peers needed to overrule the own clock.
MIN_PEERS: Final = 3
# Within this they agree, and beyond it they differ from us: clocks kept by people are minutes off, in milliseconds.
AGREEMENT_MS: Final = 10 * 60 * 1000
# Peers whose clocks are remembered; many more than anybody is linked to.
MAX_PEERS: Final = 64
# A clock further from ours than this tells no time at all: a machine without a battery wakes up half a century ago.
MAX_DIFFERENCE_MS: Final = 100 * 365 * 24 * 3600 * 1000
# The own clocks moving apart by more than this between two looks is a jump, in milliseconds.
JUMP_MS: Final = 60 * 1000


class NetworkTime:
    """What the clocks of linked full nodes make of ours."""

    def __init__(self) -> None:
        self._differences: dict[NodeId, int] = {}
        self._chosen: set[NodeId] = set()  # those of them that we dialled
        self._seen: Instant | None = None
        self.offset_ms = 0

    def heard(self, peer: NodeId, wall_ms: int, now: Instant, *, is_chosen: bool = True) -> None:
        """Note that ``peer``'s wall clock shows ``wall_ms`` now; ``is_chosen`` when it was us who dialled."""
        if abs(wall_ms - now.wall_ms) > MAX_DIFFERENCE_MS:
            return
        if peer in self._differences or len(self._differences) < MAX_PEERS:
            self._differences[peer] = wall_ms - now.wall_ms
            (self._chosen.add if is_chosen else self._chosen.discard)(peer)
            self._agree()

    def forget(self, peer: NodeId) -> None:
        """A peer is gone; its clock does not count any more."""
        if self._differences.pop(peer, None) is not None:
            self._chosen.discard(peer)
            self._agree()

    def look(self, now: Instant) -> bool:
        """Look at the own clocks; True when they jumped, so that all peers must be asked again."""
        before, self._seen = self._seen, now
        if before is None:
            return False
        apart = (now.wall_ms - before.wall_ms) - (now.mono - before.mono) * 1000
        if abs(apart) <= JUMP_MS:
            return False
        self._differences.clear()
        self._chosen.clear()
        self.offset_ms = 0
        return True

    def _agree(self) -> None:
        offset = agreed_offset_ms(list(self._differences.values()))
        near = sum(abs(self._differences[peer] - offset) <= AGREEMENT_MS for peer in self._chosen)
        self.offset_ms = offset if 2 * near > len(self._chosen) else 0

    def difference_ms(self) -> int:
        """Return how far the peers' median is ahead of the own clock, for display; 0 when nobody is known."""
        return round(median(self._differences.values())) if self._differences else 0


def agreed_offset_ms(differences: Sequence[int]) -> int:
    """Return what to add to the own clock, given how far the peers' clocks are ahead of it."""
    if len(differences) < MIN_PEERS:
        return 0
    middle = median(differences)
    near = [each for each in differences if abs(each - middle) <= AGREEMENT_MS / 2]
    if len(near) < MIN_PEERS or 2 * len(near) <= len(differences):
        return 0
    agreed = round(median(near))
    return agreed if abs(agreed) > AGREEMENT_MS else 0
