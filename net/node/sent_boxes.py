"""Boxes sent as packets, each by a fresh path, and what became of them.

No answer comes back along the path of a box. That it arrived is known when a custodian names it; then the paths it went
are sound. When it is not named in time, they lost it, and the box is sent again by nodes other than theirs. Both count for
and against the nodes of a path (``net.onion.paths.paths``).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from net.ids import ParcelId
from net.instant import Instant
from net.onion.packet_sender import Kind, SendPacket
from net.onion.paths.paths import Path, Paths
from net.overlay.descriptor import Descriptor
from net.parcel.box import decode_box

# Sent boxes whose fate is still of interest; beyond, the oldest are forgotten. A night's queue of texts.
MAX_SENT_BOXES: Final = 1024
# Paths remembered of each box: two custodians, twice.
MAX_PATHS_PER_BOX: Final = 4


class _SentBox(NamedTuple):
    path: Path
    at: float  # monotonic seconds


class SentBoxes:
    """The boxes that were sent and not named yet."""

    def __init__(self, paths: Paths, send_packet: SendPacket) -> None:
        self._paths = paths
        self._send_packet = send_packet
        self._sent: dict[ParcelId, list[_SentBox]] = {}  # the one sent longest ago first
        self._lost: dict[ParcelId, list[Path]] = {}  # by which it did not arrive: the next goes apart from them

    def send(self, custodian: Descriptor, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        """Send a box by a fresh path. Raises ``Unreachable``, ``Overloaded``, ``DecodeError``."""
        box_id = decode_box(box).box_id
        before = [*self._lost.get(box_id, ()), *(each.path for each in self._sent.get(box_id, ()))] if is_again else []
        apart_from = {node for path in before for node in path.nodes}
        path = self._paths.choose(custodian, now, is_delayed=True, apart_from=apart_from)
        self._send_packet(path, Kind.BOX, box)
        sent = _SentBox(path, now.mono)
        self._sent[box_id] = [*self._sent.pop(box_id, [])[-MAX_PATHS_PER_BOX + 1 :], sent]
        if len(self._sent) > MAX_SENT_BOXES:
            del self._sent[next(iter(self._sent))]

    def path_of(self, box_id: ParcelId) -> Path:
        """Return the path by which a box was sent last."""
        return self._sent[box_id][-1].path

    def on_delivered(self, parcel_id: ParcelId, now: Instant) -> None:
        """A custodian named a box: the paths it went are sound, at least one of them."""
        for sent in self._sent.pop(parcel_id, ()):
            self._paths.on_path_worked(sent.path, now)
        self._lost.pop(parcel_id, None)

    def on_overdue(self, parcel_id: ParcelId, since: float, now: Instant) -> None:
        """A custodian that should know a box does not: the paths by which it was sent before ``since`` lost it."""
        sent = self._sent.get(parcel_id, [])
        late = [each for each in sent if each.at < since]
        if late:
            self._sent[parcel_id] = [each for each in sent if each.at >= since]
            self._lost[parcel_id] = [*self._lost.pop(parcel_id, []), *(each.path for each in late)][-MAX_PATHS_PER_BOX:]
            if len(self._lost) > MAX_SENT_BOXES:
                del self._lost[next(iter(self._lost))]
            for each in late:
                self._paths.on_path_failed(each.path, now)

    def on_missing(self, parcel_id: ParcelId, now: Instant) -> None:
        """No custodian named a box in time: on each of its paths a node lost it."""
        for sent in self._sent.pop(parcel_id, ()):
            self._paths.on_path_failed(sent.path, now)
        self._lost.pop(parcel_id, None)
