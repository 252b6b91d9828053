"""Which nodes lose what passes through them, and which custodians withheld something.

A path that fails does not say at which hop. So every hop of it bears the blame, and every hop of a path that worked gets the
credit: over many paths an honest node loses what the average path loses, and a node that drops loses more than its share.
The measure is how many standard deviations a node's losses lie above what that many tries through an average node would
lose; or, for one that went away after a good life, how improbable so many losses in a row are. When everything fails,
because our own network is down, every node's share is the same and none is to blame.

A node that drops on purpose can spoil the standing of honest nodes that share paths with it, but only by losing its own at
the same rate or a higher one; and no more than a third of the nodes with a record are avoided at a time, the worst first.
Evidence halves in half an hour: who is avoided gets a new chance, and a record says nothing about us for long.

Who does not answer on a link of our own is *away*: that is no matter of chance, and holds until it is heard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from net.ids import NodeId
from net.instant import Instant

# Seconds in which evidence loses half its weight.
HALF_LIFE: Final = 1800.0
# Nodes with a record: all that three hours of loops meet in the strong setting would be more, but the oldest weigh nothing.
MAX_RECORDS: Final = 1024
# Losses before a node can be blamed at all: two can be chance in any network.
MIN_LOSSES: Final = 3.0
# A healthy network still loses this share; without a floor three losses in a row would be beyond all chance.
USUAL_LOSS: Final = 0.05
# Standard deviations above its share from which a node is avoided: one honest node in a hundred at a time.
BLAME: Final = 2.3
# How probable a row of losses may be at most, by chance, to count as much: the same hundredth.
ROW_CHANCE: Final = 0.01
# Of the nodes with a record at most this part is avoided.
MAX_AVOIDED_SHARE: Final = 1 / 3
# A guard that lets through less than this of at least so many tries, or nothing of as many in a row, has to be replaced
# (``net.onion.paths.guards``).
HOPELESS_SHARE: Final = 0.2
HOPELESS_TRIES: Final = 6.0
# Seconds for which a custodian that withheld is not asked again, and how many such are remembered.
SUSPICION: Final = 86_400.0
MAX_SUSPECTS: Final = 256
# Seconds for which who was away when its link ended counts as that, and how many such are remembered.
ABSENCE: Final = 300.0
MAX_AWAY: Final = 512
# Seconds for which a list of the avoided is good.
_FRESH: Final = 5.0


@dataclass(slots=True)
class _Record:
    """Decayed counts as of ``at``, monotonic seconds."""

    at: float
    wins: float = 0.0
    losses: float = 0.0
    row: int = 0  # losses since the last win, between each two of which something came through elsewhere
    others_won: int = 0  # wins of all when the last of them was counted

    def decay(self, now: float) -> None:
        if now > self.at + HALF_LIFE:
            self.row = 0  # a node not tried for so long may be back
        if now > self.at:
            weight = 0.5 ** ((now - self.at) / HALF_LIFE)
            self.wins *= weight
            self.losses *= weight
            self.at = now


class Reputation:
    """What is known of nodes as relays and custodians."""

    def __init__(self) -> None:
        self._records: dict[NodeId, _Record] = {}  # the one touched longest ago first
        self._all = _Record(0.0)
        self._wins = 0
        self._suspects: dict[NodeId, float] = {}  # until when; the earliest first
        self._away: dict[NodeId, float] = {}  # until when; the earliest first
        self._avoided: frozenset[NodeId] = frozenset()
        self._avoided_at = -math.inf

    def __len__(self) -> int:
        return len(self._records)

    def on_path_worked(self, nodes: Iterable[NodeId], now: Instant) -> None:
        """What was sent through these nodes arrived."""
        self._all.decay(now.mono)
        for record in self._touch(nodes, now.mono):
            record.wins += 1.0
            record.row = 0
            self._wins += 1
            self._all.wins += 1.0

    def on_path_failed(self, nodes: Iterable[NodeId], now: Instant) -> None:
        """What was sent through these nodes did not arrive, or was not heard to."""
        self._all.decay(now.mono)
        for record in self._touch(nodes, now.mono):
            record.losses += 1.0
            if self._wins > record.others_won:
                record.row += 1
                record.others_won = self._wins
            self._all.losses += 1.0

    def avoided(self, now: Instant) -> frozenset[NodeId]:
        """Return the nodes that no path should lead through."""
        if now.mono >= self._avoided_at + _FRESH:
            self._away = {node: until for node, until in self._away.items() if until > now.mono}
            self._avoided = self._judge(now.mono) | self._away.keys()
            self._avoided_at = now.mono
        return self._avoided

    def is_away(self, node: NodeId) -> bool:
        """Say whether a node did not answer us lately."""
        return node in self._away

    def left(self, node: NodeId, *, until: float = math.inf) -> None:
        """A node does not answer, or its link ended while it did not: it is away until it is heard or that moment."""
        self._away.pop(node, None)
        self._away[node] = until
        if len(self._away) > MAX_AWAY:
            del self._away[next(iter(self._away))]
        self._avoided_at = -math.inf

    def came_back(self, node: NodeId) -> None:
        """A node was heard."""
        if self._away.pop(node, None) is not None:
            self._avoided_at = -math.inf

    def is_hopeless(self, node: NodeId, now: Instant) -> bool:
        """Say whether hardly anything comes through a node while others do better."""
        record = self._records.get(node)
        if record is None:
            return False
        record.decay(now.mono)
        tries = record.wins + record.losses
        is_bad = tries >= HOPELESS_TRIES and record.wins < HOPELESS_SHARE * tries
        return (is_bad or record.row >= HOPELESS_TRIES) and node in self.avoided(now)

    def suspect(self, node: NodeId, now: Instant) -> None:
        """A custodian withheld, altered or stayed silent: do not ask it for a day."""
        self._suspects.pop(node, None)
        if len(self._suspects) >= MAX_SUSPECTS:
            del self._suspects[next(iter(self._suspects))]
        self._suspects[node] = now.mono + SUSPICION

    def is_suspect(self, node: NodeId, now: Instant) -> bool:
        """Say whether a node is not to be asked as a custodian."""
        until = self._suspects.get(node)
        if until is not None and now.mono >= until:
            del self._suspects[node]
            return False
        return until is not None

    def _touch(self, nodes: Iterable[NodeId], now: float) -> list[_Record]:
        """Return up-to-date records; the one touched longest ago makes room."""
        records: list[_Record] = []
        for node in nodes:
            record = self._records.pop(node, None) or _Record(now)
            record.decay(now)
            self._records[node] = record
            records.append(record)
        while len(self._records) > MAX_RECORDS:
            del self._records[next(iter(self._records))]
        return records

    def _judge(self, now: float) -> frozenset[NodeId]:
        self._all.decay(now)
        total = self._all.wins + self._all.losses
        if total <= 0:
            return frozenset()
        share = max(self._all.losses / total, USUAL_LOSS)
        blamed: list[tuple[float, NodeId]] = []
        for node, touched in self._records.items():
            if touched.losses < MIN_LOSSES:
                continue
            record = replace(touched)  # what is only looked at is not touched, or a row would never end
            record.decay(now)
            blame = _deviations(record, share)
            if record.losses >= MIN_LOSSES and (blame >= BLAME or share**record.row <= ROW_CHANCE):
                blamed.append((blame, node))
        blamed.sort(reverse=True)
        return frozenset(node for _, node in blamed[: max(1, int(len(self._records) * MAX_AVOIDED_SHARE))])


def _deviations(record: _Record, share: float) -> float:
    """Return how far losses exceed what ``share`` would take of as many tries, in standard deviations (binomial)."""
    tries = record.wins + record.losses
    spread = math.sqrt(tries * share * (1 - share))
    return (record.losses - tries * share) / spread if spread > 0 else 0.0
