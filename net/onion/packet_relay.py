"""One-shot Sphinx packets: peel, wait, pass on.

A packet comes as a link cell and leaves as one, always ``PACKET_SIZE`` bytes, after the delay that its sender drew for this
hop from an exponential distribution: packets that came in one order leave in another, which is what mixes them. The last
hop delivers what is inside. A relay never answers, so nothing can be learned by asking, and nothing that comes in can
make more go out.

Peeling costs 0.2 ms, so arrivals wait in a bounded inbox and are peeled in slices. No link gets more than its rate, nor a
network (``net.address_shares``) more than is fair, and none can hold more than its share of what is kept; what is beyond is
dropped, as any cell may be.

Reference: A. Piotrowska et al., "The Loopix Anonymity System" (2017), sections 3 and 4.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from typing import Final

from net.address_shares import Networks, Shares
from net.cover_profile import MAX_DELAY_MS
from net.errors import DecodeError, Unauthenticated
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import SendCell
from net.messages import PACKET_SIZE
from net.onion.circuits.admission import apart
from net.onion.circuits.ports import Peel
from net.onion.packets.cipher import Peeled
from net.onion.packets.keyring import Replayed
from net.peers.link_pool import Contact, Reach
from net.token_bucket import FairUse, TokenBucket

# Packets a second that one link may bring in the long run, and at once: less than a tenth of what a core relays.
PACKET_RATE: Final = 200.0
PACKET_BURST: Final = 400.0
# Packets of all links, half of a core, and at once: as many as may wait to be peeled. A network alone brings four hundred a
# second in the long run, and two thirds of those at once.
ALL_PACKETS_RATE: Final = 2500.0
NETWORK_SHARE: Final = 2.0
# Packets waiting to be peeled, 1.2 MB and 0.2 s of work.
MAX_INBOX: Final = 1024
# Packets waiting for their time or for a link, 10 MB: 2500 a second at a mean of a second, three times over.
MAX_HELD: Final = 8192
# Of which brought by one link: five times what its rate comes to at a mean delay of a second.
MAX_HELD_PER_LINK: Final = 1024
# Of which brought by one network, 2 MB.
MAX_HELD_PER_NETWORK: Final = 1280
# Packets peeled in one ``handle_timeout``, and packets sent: 2 ms and 1 ms.
_PEELS: Final = 10
_SENDS: Final = 128

Deliver = Callable[[bytes, LinkId, Instant], None]


@dataclass(slots=True)
class PacketRelayCounters:
    """Packets since the start."""

    forwarded: int = 0
    delivered: int = 0  # we were the last hop
    replayed: int = 0
    refused: int = 0  # not for our keys, malformed, a circuit's, or with a delay beyond reason
    dropped_rate: int = 0  # more than a link may bring
    dropped_full: int = 0  # no room in the inbox, or among what is held
    unreachable: int = 0  # the next hop was not to be had


class PacketRelay:
    """Passes on packets.

    ``peel`` opens one with the keys of the time, ``deliver`` takes what ends here, ``networks`` says where a link leads.
    """

    def __init__(
        self,
        *,
        peel: Peel,
        link_pool: Reach,
        send_cell: SendCell,
        deliver: Deliver,
        networks: Callable[[LinkId], Networks] = apart,
    ) -> None:
        self.counters = PacketRelayCounters()
        self._peel = peel
        self._link_pool = link_pool
        self._send_cell = send_cell
        self._deliver = deliver
        self._networks = networks
        self._rates: dict[LinkId, TokenBucket] = {}
        self._for_all = FairUse(TokenBucket(ALL_PACKETS_RATE, MAX_INBOX), NETWORK_SHARE)
        self._inbox: deque[tuple[LinkId, bytes]] = deque()
        # (due, number, from where, what), the number to break ties
        self._waiting: list[tuple[float, int, LinkId, Peeled]] = []
        self._count = 0
        self._held: Shares[LinkId] = Shares()

    def receive_packet(self, link: LinkId, packet: bytes, now: Instant) -> None:
        """Take a packet that came as a cell over ``link``."""
        bucket = self._rates.get(link)
        if bucket is None:
            bucket = self._rates[link] = TokenBucket(PACKET_RATE, PACKET_BURST)
        if len(packet) != PACKET_SIZE:
            self.counters.refused += 1
        elif not bucket.take(1.0, now.mono) or not self._for_all.take(self._networks(link), now.mono):
            self.counters.dropped_rate += 1
        elif len(self._inbox) >= MAX_INBOX:
            self.counters.dropped_full += 1
        else:
            self._inbox.append((link, packet))

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone; what it brought goes on its way."""
        self._rates.pop(link, None)

    def handle_timeout(self, now: Instant) -> None:
        """Send what waited long enough, and peel a slice of what came."""
        for _ in range(min(_PEELS, len(self._inbox))):
            link, packet = self._inbox.popleft()
            self._take_in(link, packet, now)
        for _ in range(_SENDS):
            if not self._waiting or self._waiting[0][0] > now.mono:
                break
            _, _, link, peeled = heappop(self._waiting)
            assert peeled.next is not None  # what ends here was delivered
            contact = Contact(peeled.next.endpoint, peeled.next.tag)
            self._link_pool.reach(contact, now, partial(self._forward, link, peeled.packet))

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds; in the past while packets wait to be peeled."""
        if self._inbox:
            return 0.0
        return self._waiting[0][0] if self._waiting else math.inf

    def _take_in(self, link: LinkId, packet: bytes, now: Instant) -> None:
        try:
            peeled = self._peel(packet, now)
        except Replayed:
            self.counters.replayed += 1
            return
        except (Unauthenticated, DecodeError):
            self.counters.refused += 1
            return
        if peeled.is_setup or peeled.delay_ms > MAX_DELAY_MS:
            # A setup comes as a message. As a cell it would make one secret serve two purposes.
            self.counters.refused += 1
        elif peeled.next is None:
            self.counters.delivered += 1
            self._deliver(peeled.payload, link, now)
        elif not self._has_room_for(link):
            self.counters.dropped_full += 1
        else:
            self._count += 1
            self._held.count(link, self._networks, 1)
            heappush(self._waiting, (now.mono + peeled.delay_ms / 1000, self._count, link, peeled))

    def _has_room_for(self, link: LinkId) -> bool:
        if self._held.total >= MAX_HELD or self._held.weight_of(link) >= MAX_HELD_PER_LINK:
            return False
        return self._held.weight_of_network(self._networks(link)) < MAX_HELD_PER_NETWORK

    def _forward(self, source: LinkId, packet: bytes, link: LinkId | None, now: Instant) -> None:
        self._held.count(source, self._networks, -1)
        if link is None:
            self.counters.unreachable += 1
            return
        self.counters.forwarded += 1
        self._send_cell(link, packet, now)
