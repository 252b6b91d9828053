"""A node: links, custodian, patron, peers and time as one machine without I/O.

             links                    (encrypted, to other nodes)
        ┌──────┼─────────┬────────┐
    custodian  patron   dialer   network time
        │
      store jobs                      (run by the owner in a worker thread)

The five verbs are those of ``LinkLayer``; beyond them the owner drains ``store_jobs`` after each verb and gives results to
``store_done``. A full node has a store and serves everybody; a leaf has none, and is linked to full nodes only.
"""

from __future__ import annotations

import math
import random as random_module
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from net.custodian import Custodian, Quota, Requester, StoreJob
from net.custodian.allowance import TokenBucket
from net.dialer import Dialer
from net.errors import DecodeError, Overloaded
from net.events import NodeEvent
from net.ids import Cursor, Endpoint, NodeId, ParcelId, Tag
from net.instant import Instant
from net.link.events import CellReceived, ConnectFailed, LinkDown, LinkEvent, LinkId, LinkUp, MessageReceived, Role
from net.link.layer import LinkLayer
from net.link_courier import LinkCourier, LinkOutlet, NodeCounters
from net.messages import (
    AskPeers,
    Boxes,
    Busy,
    DepositAnswer,
    FoundRecord,
    Peers,
    Tags,
    decode_message,
    encode_message,
)
from net.parcel.box import decode_box
from net.parcel.record import decode_record
from net.parcel.work import FULL_PRICE, WorkPrice
from net.patron import Patron
from net.peers import PeerTable
from net.store import Kind, ParcelStore
from net.timekeeping import NetworkTime

# Seconds between two pushes of tags in the normal setting.
NORMAL_SLOT: Final = 0.4
# Events that wait for the owner; beyond, messages wait in their links, and so with their senders.
MAX_EVENTS: Final = 4096
# Questions for peers that one link may put: two at once, then one in two seconds.
ASK_RATE: Final = 0.5
ASK_BURST: Final = 4.0

_FOR_PATRON: Final = (DepositAnswer, Tags, Boxes, FoundRecord, Busy)


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One link; ``rtt`` in seconds, ``is_followed`` when we read its tags."""

    node: NodeId
    endpoint: Endpoint
    role: Role
    rtt: float
    is_followed: bool


@dataclass(slots=True)
class _Acquaintance:
    """Who is at the other end of a link."""

    node: NodeId
    endpoint: Endpoint
    role: Role
    is_chosen: bool  # we dialled it, so it did not choose us
    asks: TokenBucket


class Node:
    """One node of the network. ``price`` and ``slot`` are for tests and the strong setting."""

    def __init__(
        self,
        *,
        secret_key: bytes,
        role: Role,
        store: ParcelStore | None,
        random: Callable[[int], bytes],
        price: WorkPrice = FULL_PRICE,
        slot: float = NORMAL_SLOT,
        quota: Quota | None = None,
    ) -> None:
        if (role is Role.FULL) != (store is not None):
            raise ValueError("a full node has a store and a leaf has none")
        self.counters = NodeCounters()
        self.links = LinkLayer(secret_key=secret_key, role=role, random=random)
        self.node_id = self.links.node_id
        self.role = role
        # Choices among peers need no secrecy, only that nobody can foretell them.
        rng = random_module.Random(random(16))
        self._courier = LinkCourier(self.links)
        self._table = PeerTable(self.node_id, rng)
        self._dialer = Dialer(role, self._table, self._courier, rng, self.links.connect)
        self._patron = Patron(self._courier, rng, self._report)
        self._time = NetworkTime()
        self._custodian: Custodian | None = None
        if store is not None:
            outlet = LinkOutlet(self.links, self.counters)
            self._custodian = Custodian(store=store, outlet=outlet, random=random, price=price, slot=slot, quota=quota)
        self._others: dict[LinkId, _Acquaintance] = {}
        self._events: deque[NodeEvent] = deque()
        self._now: Instant | None = None
        # Most datagrams and most timeouts concern links alone. What lies above them is asked for its deadline and its
        # jobs only after something reached it.
        self._deadline: float | None = None  # None: to be asked for
        self._may_have_jobs = True

    # --- what the owner wants -----------------------------------------------------------------------------------------

    def join(self, endpoint: Endpoint, peer: NodeId | None, now: Instant) -> None:
        """Link to a node and try for ever; without ``peer``, whoever answers there. Raises ``Overloaded``."""
        self._dialer.join(endpoint, peer, now)
        self._touch()
        self._drain(now)

    def follow(self, custodian: NodeId, prefix: int, width: int, cursor: Cursor | None, now: Instant) -> None:
        """Read a custodian's tags now and whenever it is linked: ``TagsArrived``. Raises ``Overloaded``."""
        self._touch()
        self._patron.follows.follow(custodian, prefix, width, cursor, now)

    def unfollow(self, custodian: NodeId, now: Instant) -> None:
        """Stop reading a custodian's tags."""
        self._touch()
        self._patron.follows.unfollow(custodian, now)

    def fetch(self, tags: Sequence[Tag], now: Instant) -> None:
        """Look for boxes: a ``BoxArrived`` for each found, else ``BoxAbsent``. Raises ``Overloaded`` and takes none."""
        self._touch()
        self._patron.fetches.fetch(tags, now)

    def deposit(self, box: bytes, now: Instant) -> None:
        """Bring a box to two custodians: ``DepositAnswered`` for each answer. Raises ``Overloaded``, ``DecodeError``."""
        self._touch()
        self._patron.deposits.deposit(Kind.BOX, decode_box(box).box_id, box, now)

    def withdraw(self, parcel_id: ParcelId) -> None:
        """Stop trying to deposit a box or record."""
        self._touch()
        self._patron.deposits.withdraw(parcel_id)

    def put_record(self, record: bytes, now: Instant) -> None:
        """Bring a record to two custodians, in place of an earlier one. Raises ``Overloaded``, ``DecodeError``."""
        self._touch()
        self._patron.deposits.deposit(Kind.RECORD, decode_record(record).record_id, record, now)

    def get_record(self, record_id: ParcelId, now: Instant) -> None:
        """Ask up to three custodians for a record: a ``RecordAnswered`` for each answer. Raises ``Overloaded``."""
        self._touch()
        self._patron.searches.search(record_id, now)

    def remembered(self) -> list[tuple[Endpoint, NodeId, int]]:
        """Return full nodes worth keeping over a restart, the latest first: (endpoint, node, Unix ms when last seen)."""
        return [(entry.endpoint, entry.node, entry.seen_ms) for entry in self._table.probed()]

    def remember(self, peers: Sequence[tuple[Endpoint, NodeId]], now: Instant) -> None:
        """Take back what ``remembered`` gave; an address that has gone is forgotten again."""
        self._touch()
        self._table.recall(peers)
        self._dialer.dial(now)
        self._drain(now)

    # --- what the owner may ask ---------------------------------------------------------------------------------------

    def network_offset_ms(self) -> int:
        """Return what to add to the own wall clock to get network time."""
        return self._time.offset_ms

    def clock_difference_ms(self) -> int:
        """Return how far the peers' clocks are ahead of ours, for display."""
        return self._time.difference_ms()

    def custodians(self) -> list[NodeId]:
        """Return the full nodes that can be asked now."""
        return self._courier.custodians()

    def peers(self) -> list[PeerStatus]:
        """Return the links that are up."""
        followed = set(self._patron.follows.followed())
        return [
            PeerStatus(link.peer, link.endpoint, link.role, link.rtt, link.peer in followed)
            for link in self.links.links()
        ]

    def parcels(self) -> int:
        """Return how many parcels we keep for others."""
        return self._custodian.parcels if self._custodian else 0

    # --- the five verbs -----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram from anybody."""
        self._look(now)
        self.links.receive_datagram(data, source, now)
        self._drain(now)

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._look(now)
        self.links.handle_timeout(now)
        self._drain(now)
        if now.mono >= self._deadline_above_links():
            self._touch()
            self._dialer.handle_timeout(now)
            self._patron.handle_timeout(now)
            if self._custodian:
                self._custodian.handle_timeout(self._network_time(now))
            self._drain(now)

    def next_deadline(self) -> float | None:
        """Return when ``handle_timeout`` should be called next, monotonic seconds; in the past when there is work now."""
        deadline = self._deadline_above_links()
        links = self.links.next_deadline()
        if links is not None and links < deadline:
            return links
        return deadline if deadline < math.inf else None

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch of datagrams; call until it returns none."""
        return self.links.datagrams_to_send(now)

    def next_event(self) -> NodeEvent | None:
        """Return what happened next, or None."""
        if not self._events and self._now is not None:
            self._drain(self._now)
        return self._events.popleft() if self._events else None

    # --- the store ----------------------------------------------------------------------------------------------------

    def store_jobs(self) -> list[StoreJob[Any]]:
        """Return work for the store, to be run one after another in this order; each job is returned once."""
        if self._custodian is None or self._now is None or not self._may_have_jobs:
            return []
        # What is thrown away stays away, so it must be over by our own clock too, whatever others say.
        earlier = Instant(self._now.mono, self._now.wall_ms + min(self._time.offset_ms, 0))
        jobs = self._custodian.store_jobs(earlier)
        self._deadline = None
        self._may_have_jobs = bool(jobs)
        return jobs

    def store_done(self, job: StoreJob[Any], result: Any, now: Instant) -> None:  # noqa: ANN401 -- what job.run returned
        """Give back what ``job.run()`` returned; in the order of the jobs."""
        self._look(now)
        self._touch()
        job.done(result, self._network_time(now))

    def store_failed(self, job: StoreJob[Any], now: Instant) -> None:
        """Tell that ``job.run()`` raised: disk full, say. Depositors hear *full*, readers *busy*."""
        self._look(now)
        self._touch()
        job.failed(self._network_time(now))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _touch(self) -> None:
        self._deadline = None
        self._may_have_jobs = True

    def _deadline_above_links(self) -> float:
        if self._deadline is None:
            self._deadline = min(self._dialer.next_deadline(), self._patron.next_deadline())
            if self._custodian:
                self._deadline = min(self._deadline, self._custodian.next_deadline())
        return self._deadline

    def _report(self, event: NodeEvent) -> None:
        self._events.append(event)

    def _network_time(self, now: Instant) -> Instant:
        return Instant(now.mono, now.wall_ms + self._time.offset_ms)

    def _look(self, now: Instant) -> None:
        self._now = now
        if self._time.look(now):
            for custodian in self._courier.custodians():
                self._dialer.ask(custodian, now)

    def _drain(self, now: Instant) -> None:
        """Take what the links have for us, as long as the owner keeps up."""
        self._now = now
        while len(self._events) < MAX_EVENTS and (event := self.links.next_event()) is not None:
            self._touch()
            self._on_link_event(event, now)

    def _on_link_event(self, event: LinkEvent, now: Instant) -> None:
        match event:
            case MessageReceived():
                self._on_message(event, now)
            case LinkUp():
                self._on_link_up(event, now)
            case LinkDown():
                self._on_link_down(event, now)
            case ConnectFailed():
                if event.peer == self.node_id:
                    self._table.forget(self.node_id)
                self._dialer.connect_failed(event.endpoint, event.peer, now)
            case CellReceived():
                pass  # Sphinx packets: nobody here peels them yet

    def _on_link_up(self, up: LinkUp, now: Instant) -> None:
        if up.role is Role.LEAF and self.role is Role.LEAF:
            self._dialer.is_no_custodian(up.peer, up.endpoint, now)
            self.links.close(up.link, now)
            return
        if self.role is Role.LEAF and not up.is_initiator:
            self.links.close(up.link, now)  # whoever could dial in could make itself all the custodians we have
            return
        asks = TokenBucket(ASK_RATE, ASK_BURST)
        self._others[up.link] = _Acquaintance(up.peer, up.endpoint, up.role, up.is_initiator, asks)
        if self._custodian:
            is_custodian = up.role is Role.FULL
            self._custodian.requester_up(Requester(up.link), self._network_time(now), is_custodian=is_custodian)
        if up.role is Role.LEAF:
            self._table.forget(up.peer)
            return
        self._time.heard(up.peer, up.peer_wall_ms, now, is_chosen=up.is_initiator)
        self._courier.link_of[up.peer] = up.link
        if self._dialer.link_up(up.peer, up.endpoint, now):
            self._patron.custodian_up(up.peer, now)
        else:
            del self._courier.link_of[up.peer]
            self.links.close(up.link, now)

    def _on_link_down(self, down: LinkDown, now: Instant) -> None:
        other = self._others.pop(down.link, None)
        if other is None:
            return
        if self._custodian:
            self._custodian.requester_down(Requester(down.link))
        if self._courier.link_of.get(down.peer) == down.link:
            del self._courier.link_of[down.peer]
            self._time.forget(down.peer)
            self._patron.custodian_down(down.peer, now)
            self._dialer.link_down(down.peer, now)

    def _on_message(self, received: MessageReceived, now: Instant) -> None:
        other = self._others.get(received.link)
        if other is None:
            return
        try:
            message = decode_message(received.data)
        except DecodeError:
            self.counters.malformed += 1
            self.links.close(received.link, now)
            return
        if isinstance(message, AskPeers):
            if other.asks.take(1, now.mono):
                self._answer_peers(received.link, other, message, now)
        elif isinstance(message, Peers):
            if other.role is Role.FULL and self._dialer.receive(other.node, message, now):
                self._time.heard(other.node, message.wall_ms, now, is_chosen=other.is_chosen)
        elif isinstance(message, _FOR_PATRON):
            if other.role is Role.FULL:
                self._patron.receive(other.node, message, now)
        elif self._custodian:
            self._custodian.receive(Requester(received.link), message, self._network_time(now))

    def _answer_peers(self, link: LinkId, other: _Acquaintance, message: AskPeers, now: Instant) -> None:
        answer = self._dialer.answer(other.node, other.endpoint, message, now)
        try:
            self.links.send_message(link, encode_message(answer), now)
        except Overloaded:
            self.counters.unsent += 1
