"""The way in: examine, commit, acknowledge, push on. Never in another order.

A deposit is acknowledged only after the store has committed it, and it is committed together with everything that came
while the commit before was under way: one disk sync for a hundred deposits under load, one for one when it is quiet.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.custodian.admission import Admission
from net.custodian.index import Index, id_part, stored_key
from net.custodian.outlet import Outlet, Requester, StoreJob
from net.events import Verdict
from net.ids import ParcelId
from net.instant import Instant
from net.messages import Deposit, DepositAnswer, Parcel as PushedParcel
from net.store import Kind, ParcelStore, Stored

# Parcels admitted and not committed: a second's worth at the highest rates seen; beyond, deposits are refused.
MAX_WAITING: Final = 2048
# Parcels in one transaction: a quarter of a megabyte of boxes.
MAX_BATCH: Final = 256
# Askers remembered for one parcel that is being committed; whoever comes after asks again.
MAX_ASKERS: Final = 8


@dataclass(slots=True)
class _Entry:
    stored: Stored
    is_deposit: bool
    askers: list[tuple[Requester, int]] = field(default_factory=list[tuple[Requester, int]])


class Intake:
    """Parcels between the counter and the disk.

    ``committed(batch, now)`` is called with (parcel, arrival number or None, whether a client deposited it) once they are
    durable and before anybody is told.
    """

    def __init__(
        self,
        admission: Admission,
        store: ParcelStore,
        outlet: Outlet,
        committed: Callable[[list[tuple[Stored, int | None, bool]], Instant], None],
    ) -> None:
        self.parcels = 0
        self.size = 0
        self.refused = 0
        self._admission = admission
        self._store = store
        self._outlet = outlet
        self._committed = committed
        self._entries: dict[bytes, _Entry] = {}
        self._by_id: dict[bytes, set[bytes]] = {}
        self._queue: list[bytes] = []
        self._is_committing = False

    def variants(self, kind: Kind, parcel_id: ParcelId) -> set[bytes]:
        """Return the keys of one id that wait for the disk."""
        return self._by_id.get(bytes([kind.value]) + parcel_id, set())

    def deposit(self, requester: Requester, message: Deposit, index: Index, now: Instant) -> None:
        """Examine a deposit; answer at once if it is refused or held already, else when it is on the disk."""
        verdict, stored = self._examine(Kind(message.kind), message.parcel, index, now)
        if stored is None:
            self.answer(requester, message.request, verdict, now)
            return
        entry = self._admit(stored)
        entry.is_deposit = True
        if len(entry.askers) < MAX_ASKERS:
            entry.askers.append((requester, message.request))

    def pushed(self, parcel: PushedParcel, index: Index, now: Instant) -> None:
        """Take what another custodian holds, on the same terms as a deposit; nobody is answered."""
        _, stored = self._examine(Kind(parcel.kind), parcel.data, index, now)
        if stored is not None:
            self._admit(stored)

    def answer(self, requester: Requester, request: int, verdict: Verdict, now: Instant) -> None:
        """Tell a depositor what became of its parcel."""
        self.refused += verdict is not Verdict.STORED
        self._outlet.send(requester, DepositAnswer(request, verdict.value, max(now.hour(), 0)), now)

    def next_job(self) -> StoreJob[list[int | None]] | None:
        """Return a commit of what waits, unless one is under way."""
        if self._is_committing or not self._queue:
            return None
        self._is_committing = True
        keys, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        batch = [self._entries[key].stored for key in keys]

        def run() -> list[int | None]:
            return self._store.put(batch)

        def done(arrivals: list[int | None], now: Instant) -> None:
            self._on_committed(keys, arrivals, now)

        def failed(now: Instant) -> None:
            self._is_committing = False
            for entry in self._release(keys):
                for requester, request in entry.askers:
                    self.answer(requester, request, Verdict.FULL, now)

        return StoreJob(run, done, failed)

    def _examine(self, kind: Kind, data: bytes, index: Index, now: Instant) -> tuple[Verdict, Stored | None]:
        if len(self._entries) >= MAX_WAITING:
            return Verdict.FULL, None
        return self._admission.examine(kind, data, now.hour(), index, self)

    def _admit(self, stored: Stored) -> _Entry:
        key = stored_key(stored)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry(stored, is_deposit=False)
            self._by_id.setdefault(id_part(key), set()).add(key)
            self._queue.append(key)
            self.parcels += 1
            self.size += len(stored.data)
        return entry

    def _on_committed(self, keys: list[bytes], arrivals: list[int | None], now: Instant) -> None:
        self._is_committing = False
        entries = self._release(keys)
        self._committed(
            [(entry.stored, number, entry.is_deposit) for entry, number in zip(entries, arrivals, strict=True)], now
        )
        for entry in entries:
            for requester, request in entry.askers:
                self.answer(requester, request, Verdict.STORED, now)

    def _release(self, keys: list[bytes]) -> list[_Entry]:
        entries = [self._entries.pop(key) for key in keys]
        for key, entry in zip(keys, entries, strict=True):
            same_id = self._by_id[id_part(key)]
            same_id.discard(key)
            if not same_id:
                del self._by_id[id_part(key)]
            self.parcels -= 1
            self.size -= len(entry.stored.data)
        return entries
