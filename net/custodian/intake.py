"""The way in: examine, commit, acknowledge, push on. Never in another order.

A deposit is acknowledged only after the store has committed it, and it is committed together with everything that came
while the commit before was under way: one disk sync for a hundred deposits under load, one for one when it is quiet. What
had to make room is deleted after what it made room for is durable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from net.custodian.admission import Admission, Terms
from net.custodian.eviction_order import key_on
from net.custodian.index import Index, id_part, name_in, stored_key
from net.custodian.jobs import ClientId, ClientPort, StoreJob
from net.custodian.quota import Capacity
from net.events import Verdict
from net.instant import Instant
from net.messages import Deposit, DepositAnswer, Parcel as PushedParcel
from net.parcel.store import Kind, ParcelStore, Stored

# Parcels admitted and not committed: a second's worth at the highest rates seen; beyond, deposits are refused.
MAX_WAITING: Final = 2048
# Parcels in one transaction: taking them into a full index and pushing them to mates takes 4 ms afterwards.
MAX_BATCH: Final = 128
# What may be deposited and pushed, by its number there. Other numbers are of other versions, or of our own store alone.
_KINDS: Final = {kind.value: kind for kind in (Kind.BOX, Kind.RECORD)}
# Askers remembered for one parcel that is being committed; a later one asks again.
MAX_ASKERS: Final = 8


@dataclass(slots=True)
class _Entry:
    stored: Stored
    pushes_out: list[bytes]  # ranks
    is_deposit: bool = False
    askers: list[tuple[ClientId, int]] = field(default_factory=list[tuple[ClientId, int]])


class Committed(NamedTuple):
    """One parcel that is durable now: its number of arrival, None when the disk had it, and whether it was deposited."""

    stored: Stored
    arrival: int | None
    is_deposit: bool


class Intake:
    """Parcels between the counter and the disk.

    ``committed(batch, ranks pushed out, now)`` is called once they are durable and before any client is told;
    ``price_of(size)`` goes with every answer (``net.custodian.price``).
    """

    def __init__(
        self,
        admission: Admission,
        room: Capacity,
        store: ParcelStore,
        outlet: ClientPort,
        committed: Callable[[list[Committed], list[bytes], Instant], None],
        price_of: Callable[[int], int],
    ) -> None:
        self._admission = admission
        self._room = room
        self._store = store
        self._outlet = outlet
        self._committed = committed
        self._price_of = price_of
        self._entries: dict[bytes, _Entry] = {}
        self._by_id: dict[bytes, set[bytes]] = {}
        self._usage: Counter[int] = Counter()  # parcels of each size
        self._queue: list[bytes] = []
        self._is_committing = False
        self.is_index_behind = False  # what was pushed out is still on the disk, or its tag in the log
        self.refused: Counter[Verdict] = Counter()
        self.pushes_refused = 0
        self.pushed_out = 0

    def usage(self, size: int) -> int:
        """Return how many parcels of one size wait for the disk."""
        return self._usage[size]

    def variants(self, part: bytes) -> set[bytes]:
        """Return the keys that wait for the disk and begin with ``part``, an ``id_part``."""
        return self._by_id.get(part, set())

    def deposit(self, client: ClientId, message: Deposit, terms: Terms, index: Index, now: Instant) -> None:
        """Examine a deposit; answer at once if it is refused or held already, else when it is on the disk."""
        kind = _KINDS.get(message.kind)
        if kind is None:
            self.answer(client, message, Verdict.MALFORMED, now)
            return
        verdict, entry = self._admit(kind, message.parcel, terms, index)
        if entry is None:
            self.answer(client, message, verdict, now)
        elif len(entry.askers) < MAX_ASKERS:
            entry.askers.append((client, message.request))

    def on_thrown(self, box: bytes, terms: Terms, index: Index) -> None:
        """Examine a box that came out of a Sphinx packet; there is no answer."""
        verdict, _ = self._admit(Kind.BOX, box, terms, index)
        self._note(verdict)

    def on_pushed(self, parcel: PushedParcel, terms: Terms, index: Index) -> None:
        """Take what another custodian holds, if there is room for it or it outbids; there is no answer."""
        kind = _KINDS.get(parcel.kind)
        if kind is None:
            self.pushes_refused += 1
            return
        verdict, stored = self._examine(kind, parcel.data, terms, index)
        if stored is None:
            self.pushes_refused += verdict is not Verdict.STORED
        elif stored_key(stored) not in self._entries:
            pushes_out = self._room.make(stored, index, self.usage(len(stored.data)))
            if pushes_out is None:
                self.pushes_refused += 1
            else:
                self._take_place(stored, pushes_out, index)

    def answer(self, client: ClientId, message: Deposit, verdict: Verdict, now: Instant) -> None:
        """Tell a depositor what became of its parcel."""
        self._answer(client, message.request, verdict, len(message.parcel), now)

    def _answer(self, client: ClientId, request: int, verdict: Verdict, size: int, now: Instant) -> None:
        self._note(verdict)
        answer = DepositAnswer(request, verdict.value, max(now.hour(), 0), self._price_of(size))
        self._outlet.send(client, answer, now)

    def _note(self, verdict: Verdict) -> None:
        if verdict is not Verdict.STORED:
            self.refused[verdict] += 1

    def next_job(self) -> StoreJob[list[int | None]] | None:
        """Return a commit of what waits, unless one is under way."""
        if self._is_committing or not self._queue:
            return None
        self._is_committing = True
        keys, self._queue = self._queue[:MAX_BATCH], self._queue[MAX_BATCH:]
        batch = [self._entries[key].stored for key in keys]
        pushed_out = [key_on(rank) for key in keys for rank in self._entries[key].pushes_out]
        gone = [name_in(key) for key in pushed_out if key not in keys]  # what came back with more work stays

        def run() -> list[int | None]:
            arrivals = self._store.put(batch)
            if gone:
                self._store.delete(gone)
            return arrivals

        def done(arrivals: list[int | None], now: Instant) -> None:
            self._on_committed(keys, arrivals, now)

        def failed(now: Instant) -> None:
            self._is_committing = False
            self.is_index_behind = self.is_index_behind or bool(gone)
            for entry in self._release(keys):
                for client, request in entry.askers:
                    self._answer(client, request, Verdict.FULL, len(entry.stored.data), now)

        return StoreJob(run, done, failed)

    def _examine(self, kind: Kind, data: bytes, terms: Terms, index: Index) -> tuple[Verdict, Stored | None]:
        if len(self._entries) >= MAX_WAITING:
            return Verdict.FULL, None
        return self._admission.examine(kind, data, terms, index, self.variants)

    def _admit(self, kind: Kind, data: bytes, terms: Terms, index: Index) -> tuple[Verdict, _Entry | None]:
        """Return the verdict and what is on its way to the disk."""
        verdict, stored = self._examine(kind, data, terms, index)
        if stored is None:
            return verdict, None
        entry = self._entries.get(stored_key(stored))
        if entry is None:
            pushes_out = self._room.make(stored, index, self.usage(len(stored.data)))
            if pushes_out is None:
                return Verdict.FULL, None
            entry = self._take_place(stored, pushes_out, index)
        entry.is_deposit = True
        return Verdict.STORED, entry

    def _take_place(self, stored: Stored, pushes_out: list[bytes], index: Index) -> _Entry:
        for rank in pushes_out:
            index.discard(rank)
        return self._enter(_Entry(stored, pushes_out))

    def _enter(self, entry: _Entry) -> _Entry:
        key = stored_key(entry.stored)
        self._entries[key] = entry
        self._by_id.setdefault(id_part(key), set()).add(key)
        self._queue.append(key)
        self._usage[len(entry.stored.data)] += 1
        return entry

    def _on_committed(self, keys: list[bytes], arrivals: list[int | None], now: Instant) -> None:
        self._is_committing = False
        entries = self._release(keys)
        gone = [rank for entry in entries for rank in entry.pushes_out]
        self.pushed_out += len(gone)
        self.is_index_behind = self.is_index_behind or bool(gone)
        batch = [
            Committed(each.stored, number, each.is_deposit) for each, number in zip(entries, arrivals, strict=True)
        ]
        self._committed(batch, gone, now)
        for entry in entries:
            for client, request in entry.askers:
                self._answer(client, request, Verdict.STORED, len(entry.stored.data), now)

    def _release(self, keys: list[bytes]) -> list[_Entry]:
        entries = [self._entries.pop(key) for key in keys]
        for key, entry in zip(keys, entries, strict=True):
            same_id = self._by_id[id_part(key)]
            same_id.discard(key)
            if not same_id:
                del self._by_id[id_part(key)]
            self._usage[len(entry.stored.data)] -= 1
        return entries
