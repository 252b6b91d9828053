"""People of a simulated town: they write to each other through their nodes, as ``core`` does, without ratchets.

A *person* owns one node. It has a secret inbox address for each day, reads those of the last three days, and keeps over
restarts what an account keeps: cursors, letters that two custodians have not named yet, tags that it still has to fetch.

A *letter* is one box. Its writer knows the reader's address, as contacts do, and the reader knows the box's tag
beforehand, as readers of a lane do. It is deposited again after each restart until two custodians have named it. Clocks are
the simulated ones; a letter counts as delivered at the moment when the reader has the box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from net.bucket import Bucket, address_of, mask_of
from net.errors import Overloaded
from net.events import BoxAbsent, BoxArrived, CustodianDown, CustodianUp, DepositAnswered, TagsArrived
from net.ids import Cursor, NodeId, ParcelId, Tag, tag_of
from net.instant import DAY_MS, Instant
from net.numbers import COPIES
from net.parcel.box import CIPHERTEXT_SIZE, MAX_BOX_HOURS, Box, decode_box, encode_box, signed_fields
from net.parcel.work import PUZZLES
from net.primitives import sign_by_seed
from net.requests import Deposit, Fetch, Follow, Read
from simulator.world import Host

# Days whose inbox is read: boxes live for two days.
DAYS_READ: Final = 3
# Hours that a letter lies with custodians: the most that they take.
LETTER_HOURS: Final = MAX_BOX_HOURS - 2
# Cursors kept; the oldest go.
MAX_CURSORS: Final = 64
# Seconds until a box that no custodian had, or that found no room, is asked for again; people look at the day as often.
RETRY_PAUSE: Final = 60.0
DAY_LOOK: Final = 900.0

_NO_ID: Final = ParcelId(b"")


@dataclass(slots=True)
class Letter:
    """One message. Times are seconds of the world, None: not yet. ``met_at``: the reader was online, then or later."""

    number: int
    writer: Person
    reader: Person
    sent_at: float
    box: bytes = b""
    box_id: ParcelId = _NO_ID
    named_by: set[NodeId] = field(default_factory=set[NodeId])
    stored_at: float | None = None
    met_at: float | None = None
    delivered_at: float | None = None
    held_by: set[NodeId] = field(default_factory=set[NodeId])  # a minute later


class Person:
    """The owner of the node of one host."""

    def __init__(self, number: int, secret: bytes) -> None:
        self.number = number
        self.outbox: dict[ParcelId, Letter] = {}
        self.awaited: dict[Tag, Letter] = {}
        self.host: Host | None = None
        self.node = NodeId(b"")
        self.delay = 0.0  # seconds from the next start of the node until its owner is there
        self._secret = secret
        self._wanted: set[Tag] = set()
        self._cursors: dict[tuple[NodeId, Bucket], Cursor] = {}
        self._read: tuple[int, ...] = ()

    def address(self, day: int) -> int:
        """Return the inbox address of a day."""
        return address_of(sha256(self._secret + day.to_bytes(4, "big")).digest())

    @property
    def is_online(self) -> bool:
        """Whether the person's node runs."""
        return self.host is not None and self.host.is_up

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, letter: Letter) -> None:
        """Write a letter; the node must be up."""
        host = self._here()
        now = host.now()
        width = host.node().shown_width()
        prefix = letter.reader.address(now.wall_ms // DAY_MS) & mask_of(width)
        letter.box = free_box(sha256(self._secret + letter.number.to_bytes(4, "big")).digest(), now, prefix)
        letter.box_id = decode_box(letter.box).box_id
        self.outbox[letter.box_id] = letter
        letter.reader.awaited[tag_of(letter.box_id)] = letter
        host.do(lambda then: self._deposit(letter, then))

    def _deposit(self, letter: Letter, now: Instant) -> None:
        host = self._here()
        try:
            host.node().request(Deposit(letter.box), now)
        except Overloaded:
            host.after(RETRY_PAUSE, lambda then: self._deposit(letter, then))

    # --- the node's life ----------------------------------------------------------------------------------------------

    def attach(self, host: Host) -> None:
        """Own the machine that is being built."""
        self.host = host
        self._read = ()
        host.on_event = self._on_event
        host.after(self.delay, self._come_online)
        self.delay = 0.0

    def _come_online(self, now: Instant) -> None:
        self.node = self._here().node().node_id
        for letter in self.awaited.values():
            if letter.met_at is None:
                letter.met_at = now.mono
        self._look_at_day(now)
        for letter in list(self.outbox.values()):
            self._deposit(letter, now)
        self._fetch(now)

    def _look_at_day(self, now: Instant) -> None:
        host = self._here()
        day = now.wall_ms // DAY_MS
        addresses = tuple(self.address(day - ago) for ago in range(DAYS_READ))
        if addresses != self._read:
            self._read = addresses
            host.node().request(Read(frozenset(addresses)), now)
        host.after(DAY_LOOK, self._look_at_day)

    def _fetch(self, now: Instant) -> None:
        host = self._here()
        if self._wanted:
            try:
                host.node().request(Fetch(tuple(sorted(self._wanted))), now)
            except Overloaded:
                host.after(RETRY_PAUSE, self._fetch)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _on_event(self, event: object, now: Instant) -> None:
        match event:
            case CustodianUp():
                cursor = self._cursors.get((event.custodian, event.bucket))
                self._here().node().request(Follow(event.custodian, event.bucket, cursor), now)
            case TagsArrived():
                self._on_tags(event, now)
            case BoxArrived():
                self._on_box(event.box, now)
            case BoxAbsent():
                self._here().after(RETRY_PAUSE, self._fetch)
            case DepositAnswered():
                self._on_named(event, now)
            case CustodianDown() | _:
                pass

    def _on_tags(self, event: TagsArrived, now: Instant) -> None:
        key = (event.custodian, event.bucket)
        self._cursors.pop(key, None)
        self._cursors[key] = event.cursor
        while len(self._cursors) > MAX_CURSORS:
            del self._cursors[next(iter(self._cursors))]
        ours = {tag for tag in event.tags if tag in self.awaited} - self._wanted
        if ours:
            self._wanted |= ours
            self._fetch(now)

    def _on_box(self, box: bytes, now: Instant) -> None:
        tag = tag_of(decode_box(box).box_id)
        self._wanted.discard(tag)
        letter = self.awaited.pop(tag, None)
        if letter is not None and letter.box == box:
            letter.delivered_at = now.mono

    def _on_named(self, event: DepositAnswered, now: Instant) -> None:
        letter = self.outbox.get(event.parcel_id)
        if letter is None:
            return
        letter.named_by.add(event.custodian)
        if len(letter.named_by) >= COPIES:
            letter.stored_at = now.mono
            del self.outbox[event.parcel_id]

    def _here(self) -> Host:
        if self.host is None:
            raise TypeError("nobody lives here yet")
        return self.host


def free_box(seed: bytes, now: Instant, prefix: int = 0) -> bytes:
    """Make a box that no work was done for, for a world where work is free."""
    hour = now.hour() + LETTER_HOURS
    ciphertext = seed * (CIPHERTEXT_SIZE // len(seed)) + bytes(CIPHERTEXT_SIZE % len(seed))
    box_id = ParcelId(sign_by_seed(seed, b"")[0])
    _, signature = sign_by_seed(seed, signed_fields(prefix, hour, box_id, ciphertext))
    return encode_box(Box(prefix, hour, box_id, (0,) * PUZZLES, ciphertext, signature))
