"""The other custodians of our swarm: who they are, and what they are given at once.

A custodian keeps a bucket around its own place, its *scope*. Two are *mates* when one's scope lies in the other's; they
tell each other the widths, which follow each one's estimate of the network's size and so may differ while it grows or
shrinks. A mate gets each fresh parcel that lies in its scope, and is repaired with over the narrower of the two scopes, so
whoever writes at one width and reads at the other still meets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from net.bucket import Bucket, address_of, common_bits
from net.custodian.index import Index, key_ranges, name_in, stored_key
from net.custodian.jobs import AnyStoreJob, ClientId, ClientPort, StoreJob
from net.custodian.repair import Repair
from net.custodian.streams import RETRY_AFTER
from net.ids import OverlayId
from net.instant import Instant
from net.messages import MAX_KEYS_PER_ANSWER, Keeps, Parcel, Push
from net.parcel.store import ParcelStore, Stored

# Widths of mates differ by so many bits at most: estimates that are further apart are of different networks, or lies.
MAX_WIDTH_GAP: Final = 2
# Seconds until a mate that could not be told our width is told again.
TELL_AFTER: Final = 30.0
# Bytes of parcels in one push: leaves room for framing in a link message of 80 KiB.
MAX_PUSH_SIZE: Final = 68 * 1024


@dataclass(slots=True)
class _Neighbour:
    """A node that may be a mate: its place, once it is known, and the width it told."""

    overlay_id: OverlayId | None = None
    width: int | None = None
    common: Bucket | None = None  # what both keep


class Swarm:
    """Mates, and the parcels that go to them.

    Not ``is_settled``: there are none before ``set_scope``, since what is to be kept is not known yet.
    """

    def __init__(
        self,
        store: ParcelStore,
        outlet: ClientPort,
        random: Callable[[int], bytes],
        *,
        is_settled: bool = True,
    ) -> None:
        self.scope = Bucket(0, 0)
        self.coverage = 0  # the width of the network's buckets
        self._is_settled = is_settled
        self.repair = Repair(outlet, random)
        self.pushes_lost = 0
        self._store = store
        self._outlet = outlet
        self._neighbours: dict[ClientId, _Neighbour] = {}
        self._untold: set[ClientId] = set()
        self._tell_at = math.inf
        self._is_giving = False
        self._give_at = math.inf

    # --- who they are -------------------------------------------------------------------------------------------------

    def set_scope(self, scope: Bucket, now: Instant, coverage: int = 0) -> None:
        """Keep another bucket from now on; tells all who may be mates, and repairs with those with whom it matters."""
        self.coverage = coverage
        if scope == self.scope and self._is_settled:
            return
        self.scope, self._is_settled = scope, True
        for client, neighbour in self._neighbours.items():
            self._tell(client, neighbour, now)
            self._relate(client, neighbour, now)

    def on_known(self, client: ClientId, overlay_id: OverlayId, now: Instant) -> None:
        """A client is a node of the overlay, at this place."""
        neighbour = self._neighbours.setdefault(client, _Neighbour())
        if neighbour.overlay_id != overlay_id:
            neighbour.overlay_id = overlay_id
            self._tell(client, neighbour, now)
            self._relate(client, neighbour, now)

    def on_width_told(self, client: ClientId, width: int, now: Instant) -> None:
        """A client says how wide a bucket it keeps; its place may become known later."""
        neighbour = self._neighbours.setdefault(client, _Neighbour())
        neighbour.width = width
        self._relate(client, neighbour, now)

    def forget(self, client: ClientId) -> None:
        """A client is gone."""
        self._neighbours.pop(client, None)
        self._untold.discard(client)
        self.repair.forget(client)

    def mates(self) -> list[ClientId]:
        """Return the other custodians of what we keep."""
        return [client for client, neighbour in self._neighbours.items() if neighbour.common is not None]

    def is_mate(self, client: ClientId) -> bool:
        """Say whether a client keeps some of what we do."""
        neighbour = self._neighbours.get(client)
        return neighbour is not None and neighbour.common is not None

    def _tell(self, client: ClientId, neighbour: _Neighbour, now: Instant) -> None:
        """Tell our width to each node that may be a mate."""
        if neighbour.overlay_id is None or not self._is_settled:
            return
        shared = common_bits(address_of(neighbour.overlay_id), self.scope.prefix)
        if shared < self.scope.width - MAX_WIDTH_GAP or self._outlet.send(client, Keeps(self.scope.width), now):
            self._untold.discard(client)
        else:
            self._untold.add(client)
            self._tell_at = min(self._tell_at, now.mono + TELL_AFTER)

    def _relate(self, client: ClientId, neighbour: _Neighbour, now: Instant) -> None:
        """Work out what both keep, and repair when that is news."""
        common = self._common(neighbour)
        if common == neighbour.common:
            return
        neighbour.common = common
        if common is None:
            self.repair.forget(client)
        else:
            self.repair.meet(client, key_ranges(common), now)

    def _common(self, neighbour: _Neighbour) -> Bucket | None:
        if neighbour.overlay_id is None or neighbour.width is None or not self._is_settled:
            return None
        theirs = Bucket.of(address_of(neighbour.overlay_id), neighbour.width)
        if abs(theirs.width - self.scope.width) > MAX_WIDTH_GAP or not theirs.meets(self.scope):
            return None
        return max(theirs, self.scope, key=lambda bucket: bucket.width)

    # --- parcels for them ---------------------------------------------------------------------------------------------

    def push(self, parcels: list[Stored], now: Instant) -> None:
        """Give fresh parcels to all mates that keep them."""
        if not parcels:
            return
        for client, neighbour in self._neighbours.items():
            common = neighbour.common
            if common is not None:
                self._push(client, [each for each in parcels if common.covers(each.address)], now)

    def _push(self, client: ClientId, parcels: list[Stored], now: Instant) -> None:
        for piece in _pieces(parcels):
            message = Push([Parcel(stored.kind.value, stored.data) for stored in piece])
            if not (self._outlet.writable(client) and self._outlet.send(client, message, now)):
                self.pushes_lost += 1
                self.repair.retry_soon(client, now)
                return

    def next_job(self, now: Instant) -> AnyStoreJob | None:
        """Read the next parcels that a mate lacks; one such job at a time."""
        if self._is_giving or not self.repair.is_giving():
            return None
        gift = self.repair.to_give(MAX_KEYS_PER_ANSWER)
        if gift is None:
            self._give_at = now.mono + RETRY_AFTER
            return None
        self._is_giving = True
        self._give_at = math.inf
        client, keys = gift

        def done(found: list[Stored], now: Instant) -> None:
            self._is_giving = False
            self._push(client, found, now)

        def failed(_now: Instant) -> None:
            self._is_giving = False

        return StoreJob(partial(_read_keys, self._store, keys), done, failed)

    # --- time ---------------------------------------------------------------------------------------------------------

    def handle_timeout(self, index: Index, now: Instant) -> None:
        """Do what is due: repairs, and telling who could not be told."""
        if now.mono >= self._give_at:
            self._give_at = math.inf
        if now.mono >= self._tell_at:
            self._tell_at = math.inf
            for client in list(self._untold):
                self._tell(client, self._neighbours[client], now)
        self.repair.handle_timeout(index, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` or ``next_job`` is due, in monotonic seconds."""
        return min(self._give_at, self._tell_at, self.repair.next_deadline())


def _pieces(parcels: list[Stored]) -> list[list[Stored]]:
    """Cut parcels into runs that fit a message each."""
    pieces: list[list[Stored]] = []
    size = 0
    for stored in parcels:
        if not pieces or len(pieces[-1]) >= MAX_KEYS_PER_ANSWER or size + len(stored.data) > MAX_PUSH_SIZE:
            pieces.append([])
            size = 0
        pieces[-1].append(stored)
        size += len(stored.data)
    return pieces


def _read_keys(store: ParcelStore, keys: list[bytes]) -> list[Stored]:
    """Read the parcels of these keys, those that are still there."""
    wanted = set(keys)
    ids = dict.fromkeys(name_in(key)[:2] for key in keys)
    return [stored for kind, parcel_id in ids for stored in store.get(kind, parcel_id) if stored_key(stored) in wanted]
