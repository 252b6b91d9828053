"""A node as one machine without I/O.

    links ── link pool, requests ── dialer, reach, overlay         who is there, and how to get to them
      │
      ├── onion ──────────────── transport ── client           what hides our own traffic, and what it is for
      └── frontend ── custodian                                  what we do for others
                     └── store jobs (run by the owner in a worker thread)

The five verbs are those of ``LinkLayer``; beyond them the owner drains ``store_jobs`` after each verb and gives results to
``store_done``. A full node has a store, keeps parcels and relays for others; a leaf does neither. Above the links every
instant carries network time (``net.network_time``) in its wall clock. ``net.node.wiring`` joins the parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from net.bucket import Bucket
from net.client import FriendBackupView
from net.custodian import StoreJob
from net.events import ClocksChanged, NodeEvent
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.link.port import Links
from net.node.snapshot import NodeSnapshot, snapshot_of
from net.node.wiring import Tuning, Wiring
from net.onion.paths.guards import Guard
from net.overlay.identity import Identity
from net.parcel.store import ParcelStore
from net.peers.bootstraps import Outcome
from net.requests import Request

# Events that wait for the owner; beyond, messages wait in their links, and so with their senders.
MAX_EVENTS: Final = 4096


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One link; ``rtt`` in seconds, ``is_guard`` when our own traffic enters the network there.

    ``is_answering``: nothing is owed to us for longer than an answer takes.
    """

    node: NodeId
    endpoint: Endpoint
    role: Role
    rtt: float
    is_guard: bool
    is_answering: bool = True


class Node:
    """One node of the network. ``links`` is a ``LinkLayer`` with the node's key, or a simulator's stand-in for one."""

    def __init__(
        self,
        links: Links,
        identity: Identity,
        *,
        role: Role,
        store: ParcelStore | None,
        random: Callable[[int], bytes],
        tuning: Tuning | None = None,
    ) -> None:
        if (role is Role.FULL) != (store is not None):
            raise ValueError("a full node has a store and a leaf has none")
        self.links = links
        self.node_id = identity.node
        self.role = role
        self._parts = Wiring(links, identity, role, store, random, tuning or Tuning(), self._report)
        self._machines = self._parts.machines()
        self._router = self._parts.router
        self._events: deque[NodeEvent] = deque()
        self._now: Instant | None = None
        self._clocks = False, frozenset[NodeId](), frozenset[NodeId]()  # what was told of them last
        # Most datagrams and most timeouts concern links alone. What lies above them is asked for its deadline and its
        # jobs only after something reached it.
        self._deadline: float | None = None  # None: to be asked for
        self._may_have_jobs = True

    # --- what the owner wants -----------------------------------------------------------------------------------------

    def request(self, request: Request, now: Instant) -> None:
        """Do what is asked. Raises what the request says (``net.requests``)."""
        self._act(now, lambda then: self._parts.requests.handle(request, then))

    def outcome(self, endpoint: Endpoint) -> Outcome:
        """Return what became of joining through this endpoint."""
        return self._parts.dialer.outcome(endpoint)

    def remembered(self) -> list[tuple[Endpoint, NodeId, int]]:
        """Return full nodes worth keeping over a restart, the latest first: (endpoint, node, Unix ms when last seen)."""
        return [(entry.endpoint, entry.node, entry.seen_ms) for entry in self._parts.table.probed()]

    def guards(self) -> list[Guard]:
        """Return our guards, to be kept over a restart."""
        return self._parts.onion.guards.remembered()

    def remember(self, peers: Sequence[tuple[Endpoint, NodeId]], guards: Sequence[Guard], now: Instant) -> None:
        """Take back what ``remembered`` and ``guards`` gave; an address that has gone is forgotten again."""
        self._parts.table.recall(peers)
        self._parts.onion.guards.recall(guards, self._network_time(now))
        self._act(now, self._parts.dialer.dial)

    # --- what the owner may ask ---------------------------------------------------------------------------------------

    def network_offset_ms(self) -> int:
        """Return what to add to the own wall clock to get network time."""
        return self._parts.time.offset_ms

    def clock_difference_ms(self) -> int:
        """Return how far the peers' clocks are ahead of ours, for display."""
        return self._parts.time.difference_ms()

    def custodians(self) -> list[NodeId]:
        """Return the custodians that our own traffic can go to now."""
        return self._parts.transport.custodians()

    def shown_width(self) -> int:
        """Return how many bits of an address a new box shows: one more than buckets have."""
        return self._parts.overlay.width() + 1

    def price_factor(self, address: int) -> int:
        """Return how many times the work of a box the custodians of an address ask for now."""
        return self._parts.client.price_factor(Bucket.of(address, self._parts.overlay.width()))

    def keeping(self) -> FriendBackupView | None:
        """Return what keeping friends' mail costs; None for a leaf, which cannot."""
        keeping, custodian = self._parts.client.keeping, self._parts.custodian
        return keeping.view(custodian.parcels) if keeping and custodian else None

    def peers(self) -> list[PeerStatus]:
        """Return the links that are up."""
        guards = self._parts.onion.guards.contacts()
        return [
            PeerStatus(link.peer, link.endpoint, link.role, link.rtt, link.peer in guards, link.is_answering)
            for link in self.links.links()
        ]

    def is_reachable(self) -> bool | None:
        """Return whether strangers reach us; None while that is not known."""
        return self._parts.reach.is_reachable

    def view(self) -> NodeSnapshot:
        """Return the network as we see it."""
        return snapshot_of(self._parts, self._network_time(self._now) if self._now else Instant(0.0, 0))

    def look(self, now: Instant) -> bool:
        """Look at the own clocks; True when they jumped, so that there are questions to send."""
        self._now = now
        has_jumped = self._parts.time.look(now)
        if has_jumped:
            self._touch()
            self._parts.upkeep.on_clock_jump(self._parts.time.leapt_ms, now)
            self._parts.linked_peers.ask_all(self._network_time(now))
        return has_jumped

    # --- the five verbs -----------------------------------------------------------------------------------------------

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram from any address."""
        self.look(now)
        self.links.receive_datagram(data, source, now)
        self._drain(now)

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self.look(now)
        self.links.handle_timeout(now)
        self._drain(now)
        if now.mono >= self._deadline_above_links():
            self._touch()
            then = self._network_time(now)
            for machine in self._machines:
                if machine.next_deadline() <= now.mono:
                    machine.handle_timeout(then)
            self._router.tidy(then)
            self._note_clocks()
            self._drain(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds: in the past when there is work now, inf for never."""
        return min(self._deadline_above_links(), self.links.next_deadline())

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
        custodian = self._parts.custodian
        if custodian is None or self._now is None or not self._may_have_jobs:
            return []
        # What is thrown away stays away, so it must be over by our own clock too, whatever others say.
        earlier = Instant(self._now.mono, self._now.wall_ms + self._parts.time.caution_ms(self._now))
        jobs = custodian.store_jobs(earlier)
        self._deadline = None
        self._may_have_jobs = bool(jobs)
        return jobs

    def store_done(self, job: StoreJob[Any], result: Any, now: Instant) -> None:  # noqa: ANN401 -- what job.run returned
        """Give back what ``job.run()`` returned; in the order of the jobs."""
        self._act(now, lambda then: job.done(result, then))

    def store_failed(self, job: StoreJob[Any], now: Instant) -> None:
        """Tell that ``job.run()`` raised: disk full, say. Depositors hear *full*, readers *busy*."""
        self._act(now, job.failed)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _act(self, now: Instant, act: Callable[[Instant], None]) -> None:
        self.look(now)
        self._touch()
        act(self._network_time(now))
        self._drain(now)

    def _touch(self) -> None:
        self._deadline = None
        self._may_have_jobs = True

    def _deadline_above_links(self) -> float:
        if self._deadline is None:
            self._deadline = min(machine.next_deadline() for machine in self._machines)
        return self._deadline

    def _report(self, event: NodeEvent) -> None:
        self._events.append(event)

    def _note_clocks(self) -> None:
        """Tell when other clocks are wrong than before, or our own."""
        clocks, left_out = self._parts.time.clocks(), self._parts.overlay.roster.left_out()
        state = clocks.is_alone, frozenset(node for node, _ in clocks.off), frozenset(left_out)
        if state != self._clocks:
            self._clocks = state
            self._report(ClocksChanged())

    def _network_time(self, now: Instant) -> Instant:
        return Instant(now.mono, now.wall_ms + self._parts.time.offset_ms)

    def _drain(self, now: Instant) -> None:
        """Take what the links have for us, as long as the owner keeps up."""
        self._now = now
        while len(self._events) < MAX_EVENTS and (event := self.links.next_event()) is not None:
            self._touch()
            self._router.receive(event, self._network_time(now))
