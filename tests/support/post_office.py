"""Two or more people around one imaginary custodian office: the engine's effects carried out at once, in memory.

No sockets and no node: what is tested here is the protocol between people. Boxes can be lost, and any person can be
switched off, crashed or put back to an old copy of its file. All read the buckets that were asked for and no
others; with ``coverage`` 0, as in a small network, that is all there is.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core import api
from core.people.effects import Effect, Emit, Solve
from core.people.engine import Engine
from core.people.format.account_keys import keys_of_seed
from core.people.limits import PEOPLE_LIMITS, PeopleLimits
from core.people.moment import Attention, Moment
from core.session import commands
from core.session.commands.search import Searching
from core.session.people_protocol import prove
from net.bucket import Bucket
from net.events import BoxArrived, CustodianUp, DepositAnswered, NodeEvent, RecordAnswered, TagsArrived, Verdict
from net.ids import Cursor, NodeId, ParcelId, Tag, tag_of
from net.instant import HOUR_MS
from net.numbers import MAX_VARIANTS
from net.parcel.box import decode_box
from net.parcel.record import decode_record
from net.parcel.work import WorkPrice
from net.requests import Deposit, Fetch, FindRecord, Follow, KeepForFriends, PutRecord, Read
from tests.support.histories import open_history
from tests.support.kept import keep_keys, slot_ids

CHEAP = WorkPrice(0.0)
opened = lru_cache(maxsize=1 << 15)(decode_box)
keep_keys()
CUSTODIANS = (NodeId(bytes(range(0xC0, 0xE0))), NodeId(bytes(range(0xE0, 0x100))))  # no UTF-8 anywhere
START_MS = 20_000 * 24 * HOUR_MS + 12 * HOUR_MS


@dataclass
class Office:
    """What two custodians hold, alike; and the clock that all people share."""

    now_ms: int = START_MS
    mono: float = 1000.0
    boxes: list[bytes] = field(default_factory=list[bytes])
    records: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    variants: dict[tuple[Path, bytes], set[bytes]] = field(default_factory=dict[tuple[Path, bytes], set[bytes]])
    is_lost: set[int] = field(default_factory=set[int])
    coverage: int = 0
    liars: dict[NodeId, dict[bytes, bytes]] = field(default_factory=dict[NodeId, dict[bytes, bytes]])
    takes_anything: bool = False  # as from an attacker who writes many things into one slot

    def put(self, data: bytes, by: Path) -> None:
        """Take a box. Two people who draw the same slot are two boxes; a person who deposits one id twice has to repeat its
        bytes.

        The slots of resets come round: one that was for the second reader is the first one's three generations later, and
        a person that lost count begins again. So there may be as many boxes in a slot as custodians take.
        """
        if self.takes_anything:
            self.boxes.append(data)
            return
        box = opened(data)
        assert Bucket.of(box.prefix, self.shown_width).prefix == box.prefix, "bits are shown that are not in use"
        known = self.variants.setdefault((by, box.box_id), set())
        known.add(box.variant())
        most = MAX_VARIANTS if box.box_id in slot_ids else 1
        assert len(known) <= most, "one id was seen with different contents"
        if data not in self.boxes:
            self.boxes.append(data)

    def put_record(self, data: bytes) -> Verdict:
        record = decode_record(data)
        known = self.find_record(record.record_id)
        if known == data:
            return Verdict.STORED
        if known is not None and decode_record(known).sequence >= record.sequence:
            return Verdict.STALE
        self.records[record.record_id] = data
        return Verdict.STORED

    def find_record(self, record_id: bytes, custodian: NodeId | None = None) -> bytes | None:
        """Return what is held under an id; a custodian among the ``liars`` tells what it likes."""
        held = self.records if custodian is None else self.liars.get(custodian, self.records)
        data = held.get(record_id)
        is_over = data is not None and decode_record(data).expiry_hour <= self.now_ms // HOUR_MS
        return None if is_over else data

    @property
    def shown_width(self) -> int:
        return self.coverage + 1

    def living(self) -> list[tuple[int, bytes]]:
        hour = self.now_ms // HOUR_MS
        return [
            (n, box) for n, box in enumerate(self.boxes, 1) if n not in self.is_lost and opened(box).expiry_hour > hour
        ]

    def wait(self, seconds: float) -> None:
        self.mono += seconds
        self.now_ms += int(seconds * 1000)


class Person:
    """An engine on a real SQLCipher file."""

    def __init__(
        self,
        office: Office,
        folder: Path,
        name: str,
        device: str | None = None,
        limits: PeopleLimits = PEOPLE_LIMITS,
    ) -> None:
        """``device`` names a further device of the account ``name``, restored from its seed."""
        self.limits = limits
        self.office, self.name = office, name
        self.path = folder / f"{device or name}.db"
        self.key, self.seed = name.encode().ljust(32, b"k"), name.encode().ljust(32, b"s")
        self.events: list[api.Event] = []
        self.skew_ms = 0
        self.online = True
        self.attention = Attention()
        self.open()
        if device is None:
            self.call(api.AccountRename(name=name))

    def open(self, *, distrust: bool = False) -> None:
        self.database = open_history(self.path, self.key)
        keys, moment, limits = keys_of_seed(self.seed), self.moment(), self.limits
        self.engine = Engine(self.database, keys, moment, distrust=distrust, price=CHEAP, limits=limits)
        self.mark = max(getattr(self, "mark", 0), self.engine.counter)
        self.addresses: frozenset[int] = frozenset()
        self.kept: frozenset[int] = frozenset()  # at which mail is kept for others
        self._arrivals: dict[Bucket, int] = {}
        self.carry_out(self.engine.start(self.moment()))

    def close(self) -> None:
        self.database.close()

    def limit(self, limits: PeopleLimits) -> None:
        """Go on with other limits."""
        self.close()
        self.limits = limits
        self.open()

    def copy(self) -> Path:
        """Copy the file as a backup would, while no program uses it."""
        self.close()
        backup = self.path.with_suffix(".copy")
        shutil.copy(self.path, backup)
        self.open()
        return backup

    def put_back(self, backup: Path) -> None:
        self.close()
        shutil.copy(backup, self.path)
        self.mark = 0
        self.open(distrust=True)

    def moment(self) -> Moment:
        custodians = len(CUSTODIANS) if self.online else 0
        office = self.office
        own_ms = office.now_ms + self.skew_ms
        return Moment(own_ms, office.now_ms, office.mono, custodians, office.shown_width, self.attention)

    def call(self, command: api.Command[api.R]) -> api.R:
        result, effects = self.engine.command(commands.act_of(command), self.moment())
        self.carry_out(effects)
        return result

    def feed(self, events: list[NodeEvent]) -> None:
        if events:
            self.carry_out(self.engine.network(events, self.moment()))

    def carry_out(self, effects: list[Effect]) -> None:
        self.mark = self.engine.counter
        # Where to read first: what is found at once may change it again.
        for effect in sorted(effects, key=lambda each: not isinstance(each, Read | KeepForFriends)):
            match effect:
                case Emit():
                    self.events.append(effect.event)
                case Solve():
                    self._solve(effect)
                case Deposit() if self.online:
                    self.office.put(effect.box, self.path)
                    box_id = opened(effect.box).box_id
                    self.feed([DepositAnswered(c, box_id, Verdict.STORED, 0) for c in CUSTODIANS])
                case PutRecord() if self.online:
                    record_id = decode_record(effect.record).record_id
                    verdict = self.office.put_record(effect.record)
                    self.feed([DepositAnswered(c, record_id, verdict, 0) for c in CUSTODIANS])
                case FindRecord() if self.online:
                    found = [(c, self.office.find_record(effect.record_id, c)) for c in CUSTODIANS]
                    self.feed([RecordAnswered(c, effect.record_id, record) for c, record in found])
                case Fetch() if self.online:
                    self._fetch(effect.tags)
                case Read() | KeepForFriends() | Follow():
                    self._listen(effect)
                case _:
                    pass

    def _listen(self, effect: Read | KeepForFriends | Follow) -> None:
        match effect:
            case Read():
                self.addresses = effect.addresses
            case KeepForFriends():
                self.kept = effect.addresses
            case Follow():
                self._arrivals[effect.bucket] = 0 if effect.cursor is None else effect.cursor.arrival

    def _solve(self, effect: Solve) -> None:
        hour = self.office.now_ms // HOUR_MS
        nonces = prove(effect.draft, hour, CHEAP)
        self.carry_out(self.engine.solved([(effect.draft, nonces)], self.moment()))

    def _fetch(self, tags: tuple[Tag, ...]) -> None:
        wanted = set(tags)
        found = [box for _, box in self.office.living() if tag_of(opened(box).box_id) in wanted]
        self.feed([BoxArrived(box) for box in found])

    def poll(self) -> None:
        """Follow every tag stream to its end, and let time's duties run."""
        if not self.online:
            return
        for bucket in sorted({Bucket.of(address, self.office.coverage) for address in self.addresses}):
            self._follow(bucket)
        self.carry_out(self.engine.tick(self.moment()))

    def start_over(self) -> None:
        """Read every stream from its beginning, as after a custodian lost its numbers."""
        self._arrivals = dict.fromkeys(self._arrivals, 0)

    def _follow(self, bucket: Bucket) -> None:
        if bucket not in self._arrivals:
            self.feed([CustodianUp(CUSTODIANS[0], bucket)])
        boxes = [(n, opened(box)) for n, box in self.office.living() if n > self._arrivals[bucket]]
        fresh = [(n, tag_of(box.box_id)) for n, box in boxes if bucket.covers(box.prefix)]
        self._arrivals[bucket] = arrival = max((n for n, _ in fresh), default=self._arrivals[bucket])
        tags = tuple(tag for _, tag in fresh)
        self.feed([TagsArrived(CUSTODIANS[0], bucket, Cursor(b"run-run-", arrival), tags, caught_up=True)])

    def record(self, record_id: bytes) -> bytes | None:
        return self.office.records.get(ParcelId(record_id))

    # --- what a person does -------------------------------------------------------------------------------------------

    def say(self, conversation: str, text: str) -> str:
        return self.call(api.MessageSend(conversation=conversation, text=text)).id

    def rows(self, conversation: str) -> list[api.Message]:
        return self.call(api.MessageList(conversation=conversation, limit=500))

    def search(self, query: str) -> list[api.Found]:
        searching = Searching(api.MessageSearch(query=query))
        while not searching.is_over:
            self.carry_out(self.engine.command(searching.go_on, self.moment())[1])
        return searching.found

    def heard(self, conversation: str) -> list[str]:
        return [row.text for row in self.rows(conversation) if row.sender != "me"]

    def said(self, conversation: str) -> list[str]:
        return [row.state for row in self.rows(conversation) if row.sender == "me"]


def settle(office: Office, *people: Person, rounds: int = 8, seconds: float = 31.0) -> None:
    """Let all read, write and acknowledge for a while."""
    for _ in range(rounds):
        office.wait(seconds)
        for person in people:
            person.poll()
