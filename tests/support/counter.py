"""A custodian without links: clients are numbers, answers are collected, the store is run by hand or at once."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import Any, Final

from net.bucket import Bucket
from net.custodian import ClientId, Custodian, Quota, StoreJob
from net.events import Verdict
from net.ids import TAG_SIZE, OverlayId
from net.instant import Instant
from net.messages import (
    Boxes,
    Busy,
    Deposit,
    DepositAnswer,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Keeps,
    Message,
    Parcel,
    Push,
    Tags,
    decode_message,
    encode_message,
)
from net.parcel.memory_store import MemoryStore
from net.parcel.work import WorkPrice
from simulator import FREE
from tests.support.parcels import NOW

ALICE: Final = ClientId(1)
BOB: Final = ClientId(2)
SLOT: Final = 0.4


class Counter:
    """Owns a custodian as a node does, without links."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        *,
        price: WorkPrice = FREE,
        quota: Quota | None = None,
        seed: int = 1,
        is_loaded: bool = True,
    ) -> None:
        self.now = NOW
        self.store = store or MemoryStore()
        self.sent: dict[ClientId, list[Message]] = defaultdict(list)
        self.closed: set[ClientId] = set()  # those that take nothing more
        self.custodian = Custodian(
            store=self.store, outlet=self, random=Random(seed).randbytes, price=price, slot=SLOT, quota=quota
        )
        if is_loaded:
            self.run_store()

    # What the custodian needs.

    def writable(self, client: ClientId) -> bool:
        return client not in self.closed

    def send(self, client: ClientId, message: Message, now: Instant) -> bool:
        if client in self.closed:
            return False
        self.sent[client].append(decode_message(encode_message(message)))
        return True

    # What tests do.

    def meet(self, *clients: ClientId, is_custodian: bool = False) -> None:
        """Let clients come to the counter: leaves, or custodians that keep everything."""
        for client in clients:
            if is_custodian:
                self.meet_mate(client, place_of(client), 0)
            else:
                self.custodian.on_client_up(client, self.now, None)

    def meet_mate(self, client: ClientId, place: OverlayId, width: int) -> None:
        """Let a custodian come that keeps the bucket of this width around its place."""
        self.custodian.on_client_up(client, self.now, place)
        self.say(client, Keeps(width))

    def keep(self, prefix: int, width: int) -> None:
        """Keep another bucket from now on."""
        self.custodian.set_scope(Bucket.of(prefix, width), self.now)

    def send_box(self, box: bytes, via: ClientId = ALICE) -> None:
        """Let a box come out of a Sphinx packet, and the disk turn."""
        self.custodian.take_box(box, via, self.now)
        self.run_store()

    def say(self, client: ClientId, message: Message) -> None:
        self.custodian.receive(client, message, self.now)

    def jobs(self) -> list[StoreJob[Any]]:
        return self.custodian.store_jobs(self.now)

    def run_store(self) -> None:
        """Let the custodian do what it wants to do at once, and the disk turn."""
        while self.custodian.is_examining:
            self.custodian.handle_timeout(self.now)
        while jobs := self.jobs():
            for job in jobs:
                job.done(job.run(), self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping wherever the custodian has something to do."""
        end = self.now.mono + seconds
        while (due := self.custodian.next_deadline()) <= end:
            self._go(max(due, self.now.mono + 1e-6))
        self._go(end)

    def _go(self, mono: float) -> None:
        passed = mono - self.now.mono
        self.now = Instant(mono, self.now.wall_ms + round(passed * 1000))
        self.custodian.handle_timeout(self.now)
        self.run_store()

    def take(self, client: ClientId, kind: type[Any]) -> list[Any]:
        """Return and forget the messages of one kind that a client got."""
        messages = self.sent[client]
        self.sent[client] = [each for each in messages if not isinstance(each, kind)]
        return [each for each in messages if isinstance(each, kind)]

    def deposit(self, parcel: bytes, client: ClientId = ALICE, *, kind: int = 0) -> Verdict:
        """Deposit, let the disk turn, return the answer."""
        self.say(client, Deposit(77, kind, parcel))
        self.run_store()
        [answer] = self.take(client, DepositAnswer)
        return Verdict(answer.verdict)

    def fetch(self, *tags: bytes, client: ClientId = ALICE) -> list[bytes]:
        """Fetch and return the boxes."""
        self.say(client, Fetch(78, b"".join(tags)))
        self.run_store()
        assert not self.take(client, Busy)
        return [box for answer in self.take(client, Boxes) for box in answer.boxes]

    def find(self, record_id: bytes, client: ClientId = ALICE) -> bytes:
        """Search and return the record."""
        self.say(client, FindRecord(79, record_id))
        self.run_store()
        [answer] = self.take(client, FoundRecord)
        return bytes(answer.record)

    def follow(
        self, run: bytes = b"", arrival: int = 0, *, client: ClientId = ALICE, width: int = 0, prefix: int = 0
    ) -> None:
        """Follow as stream 5."""
        self.say(client, Follow(5, prefix, width, run, arrival))

    def pieces(self, client: ClientId = ALICE) -> list[Tags]:
        """Return the pieces of the stream since the last look."""
        return self.take(client, Tags)


def place_of(client: ClientId) -> OverlayId:
    """Return a place in the overlay for a custodian that is a number."""
    return OverlayId(bytes(28) + client.to_bytes(4, "big"))


def tags_in(pieces: list[Tags]) -> list[bytes]:
    """Return all tags of some pieces."""
    joined = b"".join(piece.tags for piece in pieces)
    return [joined[at : at + TAG_SIZE] for at in range(0, len(joined), TAG_SIZE)]


def push(*parcels: tuple[int, bytes]) -> Push:
    """Return a push of (kind, bytes)."""
    return Push([Parcel(kind, data) for kind, data in parcels])


def talk(one: Counter, other: Counter, *, as_seen_by_one: ClientId, as_seen_by_other: ClientId) -> int:
    """Carry messages between two custodians until neither says more; return how many."""
    carried = 0
    while True:
        there, one.sent[as_seen_by_one] = one.sent[as_seen_by_one], []
        back, other.sent[as_seen_by_other] = other.sent[as_seen_by_other], []
        if not there and not back:
            return carried
        carried += len(there) + len(back)
        for message in there:
            other.say(as_seen_by_other, message)
        for message in back:
            one.say(as_seen_by_one, message)
        one.run_store()
        other.run_store()
