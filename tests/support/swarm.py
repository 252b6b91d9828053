"""Custodians for a client, each as honest as the story wants, and the transport between them.

Answers wait in the transport until ``settle`` brings them; time moves by ``wait`` alone. The owner answers every
``CustodianUp`` with the cursor it committed last, as the people layer does.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from random import Random
from typing import Any

from net.bucket import Bucket, address_of, common_bits
from net.client import CustodianClient, Purpose
from net.client.friend_repair import FriendStorePort
from net.errors import Overloaded, Unreachable
from net.events import CustodianUp, NodeEvent, TagsArrived
from net.ids import TAG_SIZE, Cursor, NodeId, ParcelId, Tag, tag_of
from net.instant import Instant
from net.messages import (
    MAX_TAGS_PER_PIECE,
    Boxes,
    Deposit,
    DepositAnswer,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Message,
    Tags,
    Unfollow,
)
from net.parcel.box import decode_box
from net.parcel.record import decode_record
from tests.support.parcels import CHEAP, HOUR, NOW

MINUTE = 60.0


def split_tags(data: bytes) -> list[Tag]:
    return [Tag(data[at : at + TAG_SIZE]) for at in range(0, len(data), TAG_SIZE)]


@dataclass(eq=False)
class Keeper:
    """One custodian. What it ``hides`` it neither names nor gives."""

    node: NodeId
    run: bytes = b"the run!"
    log: list[tuple[Tag, int]] = field(default_factory=list[tuple[Tag, int]])  # tag, prefix
    boxes: dict[Tag, list[bytes]] = field(default_factory=dict[Tag, list[bytes]])
    records: dict[ParcelId, bytes] = field(default_factory=dict[ParcelId, bytes])
    hides: set[Tag] = field(default_factory=set[Tag])
    is_silent: bool = False
    streams: dict[int, tuple[Bucket, int, bool]] = field(default_factory=dict[int, tuple[Bucket, int, bool]])
    verdict: int = 0
    price: int = 0  # that it names in its answers

    def keep(self, box: bytes) -> None:
        decoded = decode_box(box)
        tag = tag_of(decoded.box_id)
        if box not in self.boxes.get(tag, []):
            self.boxes.setdefault(tag, []).append(box)
            self.log.append((tag, decoded.prefix))

    def answer(self, message: Message) -> list[Message]:
        if self.is_silent:
            return []
        match message:
            case Follow():
                arrival = message.arrival if message.run == self.run and message.arrival <= len(self.log) else 0
                self.streams[message.stream] = (Bucket(message.prefix, message.width), arrival, False)
            case Unfollow():
                self.streams.pop(message.stream, None)
            case Fetch():
                found = [
                    box for tag in split_tags(message.tags) if tag not in self.hides for box in self.boxes.get(tag, [])
                ]
                return [Boxes(message.request, found, is_last=True)]
            case FindRecord():
                return [FoundRecord(message.request, self.records.get(ParcelId(message.record_id), b""))]
            case Deposit():
                record = decode_record(message.parcel)
                held = self.records.get(record.record_id)
                if not self.verdict and (held is None or decode_record(held).sequence < record.sequence):
                    self.records[record.record_id] = message.parcel
                return [DepositAnswer(message.request, self.verdict, HOUR, self.price)]
            case _:
                pass
        return []

    def pieces(self) -> list[Tags]:
        """Return what the streams lack."""
        if self.is_silent:
            return []
        pieces: list[Tags] = []
        for number, (bucket, position, is_told) in list(self.streams.items()):
            reached, tags = position, list[Tag]()
            while reached < len(self.log) and len(tags) < MAX_TAGS_PER_PIECE:
                tag, prefix = self.log[reached]
                reached += 1
                if bucket.covers(prefix) and tag not in self.hides:
                    tags.append(tag)
            is_end = reached == len(self.log)
            if tags or (is_end and not is_told):
                pieces.append(Tags(number, self.run, reached, b"".join(tags), caught_up=is_end))
            self.streams[number] = (bucket, reached, is_told or is_end)
        return pieces


class Swarm:
    """A client, its transport, and custodians by name."""

    def __init__(
        self,
        *names: str,
        bits: int = 0,
        addresses: dict[str, int] | None = None,
        is_owner: bool = True,
        friend_store: FriendStorePort | None = None,
    ) -> None:
        self.now = NOW
        self.bits = bits
        self.keepers: dict[NodeId, Keeper] = {}
        self.addresses: dict[NodeId, int] = {}
        for name in names:
            self.comes(name, (addresses or {}).get(name))
        self.events: list[NodeEvent] = []
        self.asked: list[tuple[NodeId, Purpose, Any]] = []
        self.sent_boxes: list[tuple[NodeId, bytes]] = []
        self.apart: list[bool] = []  # of each box, whether it is to go apart from those before
        self.renewed: list[NodeId] = []
        self.late: list[tuple[ParcelId, float]] = []
        self.suspects: list[NodeId] = []
        self.sound: list[ParcelId] = []
        self.lossy: list[ParcelId] = []
        self.cursors: dict[tuple[NodeId, Bucket], Cursor] = {}
        self.unreachable: set[NodeId] = set()
        self.is_full = False
        self.is_owner = is_owner
        self.drops = False
        self._answers: deque[tuple[NodeId, Message]] = deque()
        self.client = CustodianClient(
            self, Random(1), self._report, Instant.hour, price=CHEAP, friend_store=friend_store
        )

    # --- the transport ------------------------------------------------------------------------------------------------

    def known(self, address: int) -> list[NodeId]:
        bucket = Bucket.of(address, self.bits)
        inside = [node for node in self.keepers if bucket.covers(self.addresses[node])]
        return sorted(inside, key=lambda node: -common_bits(address, self.addresses[node]))

    def shares(self, custodian: NodeId, address: int) -> int:
        return common_bits(self.addresses.get(custodian, ~address), address)

    def width(self) -> int:
        return self.bits

    def ask(self, custodian: NodeId, purpose: Purpose, message: Message, now: Instant) -> None:
        if self.is_full:
            raise Overloaded("send")
        if custodian not in self.keepers or custodian in self.unreachable:
            raise Unreachable
        self.asked.append((custodian, purpose, message))
        self._answers.extend((custodian, answer) for answer in self.keepers[custodian].answer(message))

    def send_box(self, custodian: NodeId, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        if self.is_full:
            raise Overloaded("send")
        if custodian in self.unreachable:
            raise Unreachable
        self.sent_boxes.append((custodian, box))
        self.apart.append(is_again)
        if not self.drops:
            self.store(box)

    def renew(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        self.renewed.append(custodian)
        self._answers = deque(each for each in self._answers if each[0] != custodian)
        if custodian in self.keepers:
            self.keepers[custodian].streams.clear()

    def suspect(self, custodian: NodeId, now: Instant) -> None:
        self.suspects.append(custodian)

    def on_delivered(self, parcel_id: ParcelId, now: Instant) -> None:
        self.sound.append(parcel_id)

    def on_overdue(self, parcel_id: ParcelId, since: float, now: Instant) -> None:
        self.late.append((parcel_id, since))

    def on_missing(self, parcel_id: ParcelId, now: Instant) -> None:
        self.lossy.append(parcel_id)

    # --- what happens -------------------------------------------------------------------------------------------------

    def comes(self, name: str, address: int | None = None) -> NodeId:
        node = node_of(name)
        self.keepers[node] = Keeper(node)
        self.addresses[node] = address_of(node) if address is None else address
        return node

    def goes(self, node: NodeId) -> None:
        """A custodian dies, with all circuits to it."""
        del self.keepers[node]
        for purpose in Purpose:
            self.lose(node, purpose)

    def store(self, box: bytes, *nodes: NodeId) -> None:
        """Some custodians hold a box, or all of them."""
        for node in nodes or list(self.keepers):
            self.keepers[node].keep(box)

    def lose(self, node: NodeId, purpose: Purpose = Purpose.FOLLOW) -> None:
        """A circuit ends with all that is under way in it."""
        self._answers = deque(each for each in self._answers if each[0] != node)
        if purpose is Purpose.FOLLOW and node in self.keepers:
            self.keepers[node].streams.clear()
        self.client.on_circuit_lost(node, purpose, self.now)

    def tell(self, node: NodeId, message: Message) -> None:
        self.client.receive(node, message, self.now)

    def settle(self) -> None:
        """Bring every answer, until nothing moves any more at this moment."""
        for _ in range(10_000):
            while self.client.next_deadline() <= self.now.mono:
                self.client.handle_timeout(self.now)
            for node, keeper in self.keepers.items():
                self._answers.extend((node, piece) for piece in keeper.pieces())
            if not self._answers and self.client.next_deadline() > self.now.mono:
                return
            while self._answers:
                self.tell(*self._answers.popleft())
        raise AssertionError("never settles")

    def wait(self, seconds: float) -> None:
        """Let time pass, and everything that is due with it."""
        end = self.now.mono + seconds
        self.settle()
        while (due := self.client.next_deadline()) <= end:
            self._pass(max(due, self.now.mono))
            self.settle()
        self._pass(end)
        self.settle()

    def read(self, *addresses: int) -> None:
        self.client.read(addresses, self.now)
        self.settle()

    # --- what can be seen ---------------------------------------------------------------------------------------------

    def happened(self, kind: type[Any]) -> list[Any]:
        """Return and forget the events of one kind."""
        found = [each for each in self.events if isinstance(each, kind)]
        self.events[:] = [each for each in self.events if not isinstance(each, kind)]
        return found

    def questions(self, kind: type[Any]) -> list[tuple[NodeId, Any]]:
        """Return and forget the questions of one kind."""
        found = [(node, message) for node, _, message in self.asked if isinstance(message, kind)]
        self.asked[:] = [each for each in self.asked if not isinstance(each[2], kind)]
        return found

    def pair(self, bucket: Bucket | None = None) -> list[NodeId]:
        """Return who is followed in a bucket, or in the only one."""
        views = {view.bucket: view for view in self.client.agreement(self.now)}
        return list(views[bucket or next(iter(views))].custodians)

    def agree(self) -> bool | None:
        [view] = self.client.agreement(self.now)
        return view.agree

    def _pass(self, mono: float) -> None:
        self.now = Instant(mono, NOW.wall_ms + int(1000 * (mono - NOW.mono)))

    def _report(self, event: NodeEvent) -> None:
        self.events.append(event)
        if isinstance(event, TagsArrived):
            self.cursors[event.custodian, event.bucket] = event.cursor
        if isinstance(event, CustodianUp) and self.is_owner:
            cursor = self.cursors.get((event.custodian, event.bucket))
            self.client.follow(event.custodian, event.bucket, cursor, self.now)


def node_of(name: str) -> NodeId:
    return NodeId(name.encode().ljust(32, b"\0"))
