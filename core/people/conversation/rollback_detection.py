"""Detects another copy of this state at work: by ids of our own lanes in the network that we have not used.

A restored copy of a home would use indexes and ratchet keys a second time. Its boxes reveal it, since no one else can sign
them. A tag alone proves nothing: a reader of a lane of ours knows its next ids, and could have a custodian name them to
make us drop everything again and again. So a tag is a *suspicion*: nothing is written for a while, and the box is asked
for. A signed box is proof; when no custodian has it, the tag was a lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from core.people.conversation import lane_writer
from core.people.format.lane import OwnId
from core.people.work import Work
from core.storage import deposits, lanes
from net.ids import ParcelId, Tag, tag_of
from net.parcel.box import Box, is_signed

# Writing waits this long at most for an answer to a suspicion, and then the box is asked for again. Seconds.
PATIENCE = 30.0


class RollbackDetection:
    """The ids that only another copy of this state can have used, and those of them that a custodian named."""

    def __init__(self) -> None:
        self._future: dict[Tag, OwnId] = {}
        self._suspected: dict[Tag, tuple[OwnId, float]] = {}  # and when it was asked for

    def foresee(self, work: Work) -> None:
        """Note the ids of indexes we have not used.

        They are looked for as long as this engine runs: a custodian that has been away may be the only one to know.
        """
        days = range(work.now.day - 2, work.now.day + 1)
        for row in lanes.every_writing(work.tx):
            for index, box_id in lane_writer.future_ids(row, days):
                own = OwnId(row.generation, index, ParcelId(box_id))
                self._future[tag_of(own.box_id)] = own

    def look(self, work: Work, tags: Iterable[Tag]) -> None:
        """Suspect the ids that should not be there yet, and ask for their boxes."""
        for tag in tags:
            own = self._future.get(tag)
            if own is not None and self._is_unused(work, own):
                self.suspect(work, own)

    def suspect(self, work: Work, own: OwnId) -> None:
        """Ask for a box that can only be there if this state is old."""
        tag = tag_of(own.box_id)
        known = self._suspected.get(tag)
        if known is None or work.now.mono - known[1] >= PATIENCE:
            self._suspected[tag] = own, work.now.mono
            work.want([tag])

    def is_waiting(self, now: float) -> bool:
        """Tell whether nothing should be written until a suspicion is answered."""
        return now < self.waits_until()

    def waits_until(self) -> float:
        """Return when there is nothing to wait for any more."""
        return max((asked_at + PATIENCE for _, asked_at in self._suspected.values()), default=-math.inf)

    def absent(self, tag: Tag) -> bool:
        """Note that no custodian holds a box; tell whether that settles a suspicion."""
        return self._suspected.pop(tag, None) is not None

    def is_proof(self, work: Work, box: Box) -> bool:
        """Tell whether a box was written by another copy of us."""
        suspicion = self._suspected.pop(tag_of(box.box_id), None)
        own = None if suspicion is None else suspicion[0]
        if own is None or own.box_id != box.box_id or deposits.find(work.tx, box.box_id) is not None:
            return False
        row = lanes.written(work.tx, own.generation)
        return row is not None and not row.ended and is_signed(box)

    def clear(self) -> None:
        """Start over."""
        self._future.clear()
        self._suspected.clear()

    @staticmethod
    def _is_unused(work: Work, own: OwnId) -> bool:
        row = lanes.written(work.tx, own.generation)
        return row is not None and not row.ended and own.index >= row.next_index
