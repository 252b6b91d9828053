"""What a node does so that others find out about themselves: say how it sees them, have them dialled, dial.

None of it may be turned against a third party. Dialling goes to addresses that the asker proved in its handshake, never to
words of its own; whoever dials at another node's bidding sends one datagram, no more than the request cost, to each address
once a minute at most, and so many in all; and it dials as far as its bidder reaches, not into its own house for a stranger.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from net.errors import DecodeError
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.link.events import LinkId
from net.messages import (
    AskDialBack,
    AskReflection,
    DialBack,
    Dialed,
    Message,
    PleaseDial,
    Reflection,
)
from net.numbers import FIRST_PORT
from net.peers.link_pool import Contact
from net.peers.requests import LinkRequests
from net.reach.address import pack_host, unpack_host
from net.reach.dial_back import Verdict
from net.reach.neighbours import Neighbour, Neighbours
from net.scope import Scope, is_ipv6, network_of, scope_of
from net.token_bucket import TokenBucket

# Questions about its own address that a link may put.
REFLECTION_RATE: Final = 0.1
REFLECTION_BURST: Final = 4.0
# Times that a link may have itself dialled, and others: a round asks once and comes again after minutes.
DIAL_BACK_RATE: Final = 1 / 60
DIAL_BACK_BURST: Final = 3.0
# Dials for others: of one link, and of all together.
DIAL_RATE: Final = 1 / 15
DIAL_BURST: Final = 4.0
ALL_DIALS_RATE: Final = 0.5
ALL_DIALS_BURST: Final = 16.0
# Seconds during which an address is dialled for others once, who then all hear the same, and addresses of which that is
# remembered.
ADDRESS_PAUSE: Final = 60.0
MAX_ADDRESSES: Final = 256
# Third nodes that are asked one after another while they are silent.
MAX_THIRDS: Final = 2
# Seconds until a dial for another node counts as failed; the link layer gives a probe three.
DIAL_PATIENCE: Final = 4.0
# Nodes dialled for others lately, and requests that wait for one of them.
MAX_DIALS: Final = 64
MAX_BIDDERS: Final = 8


@dataclass(slots=True)
class _Allowance:
    reflections: TokenBucket = field(default_factory=lambda: TokenBucket(REFLECTION_RATE, REFLECTION_BURST))
    dial_backs: TokenBucket = field(default_factory=lambda: TokenBucket(DIAL_BACK_RATE, DIAL_BACK_BURST))
    dials: TokenBucket = field(default_factory=lambda: TokenBucket(DIAL_RATE, DIAL_BURST))


@dataclass(slots=True)
class _Dial:
    """A dial for others; ``outcome`` is None while it is under way."""

    endpoint: Endpoint
    until: float
    bidders: list[tuple[LinkId, int]]  # links, and the numbers of their requests
    outcome: bool | None = None


class DialBackService:
    """Requests of linked nodes. ``send`` puts a message on a link, ``probe`` dials with one datagram."""

    def __init__(
        self,
        neighbours: Neighbours,
        calls: LinkRequests,
        rng: random.Random,
        send: Callable[[LinkId, Message, Instant], bool],
        probe: Callable[[Endpoint, NodeId, Instant], None],
    ) -> None:
        self._neighbours = neighbours
        self._calls = calls
        self._rng = rng
        self._send = send
        self._probe = probe
        self._allowances: dict[LinkId, _Allowance] = {}
        self._all_dials = TokenBucket(ALL_DIALS_RATE, ALL_DIALS_BURST)
        self._dials: dict[NodeId, _Dial] = {}
        self._dialled: dict[str, float] = {}  # until when an address is not dialled again, the oldest first

    def on_link_down(self, link: LinkId) -> None:
        """A neighbour is gone."""
        self._allowances.pop(link, None)

    # --- how we see others --------------------------------------------------------------------------------------------

    def reflect(self, link: LinkId, message: AskReflection, seen: Endpoint | None, now: Instant) -> None:
        """Say from where a neighbour's datagrams come."""
        if seen is not None and self._allowance(link).reflections.take(1, now.mono):
            self._send(link, Reflection(message.request, pack_host(seen.host), seen.port), now)

    # --- having others dialled ----------------------------------------------------------------------------------------

    def have_dialled(self, link: LinkId, message: AskDialBack, now: Instant) -> None:
        """Have a third node dial a neighbour, at the address that it proved."""
        asker = self._neighbours.get(link)
        if asker is not None and self._allowance(link).dial_backs.take(1, now.mono):
            self._ask_third(asker, message.request, self._thirds(asker), now)

    def _thirds(self, asker: Neighbour) -> list[Neighbour]:
        """Some full neighbours: those that we reached ourselves first, then those in other networks than the asker's.

        A node that dialled us may sit behind a NAT, and be dialling the asker for another node at this very moment: holes
        that both make let any node in.
        """
        full = [
            each
            for each in self._neighbours.full()
            if each.node != asker.node and is_ipv6(each.endpoint.host) is is_ipv6(asker.endpoint.host)
        ]
        if scope_of(asker.endpoint.host) is not Scope.LOOPBACK:
            full = [each for each in full if each.endpoint.host != asker.endpoint.host]
        self._rng.shuffle(full)
        network = network_of(asker.endpoint.host)
        full.sort(key=lambda each: (not each.is_chosen, network_of(each.endpoint.host) == network))
        return full[:MAX_THIRDS]

    def _ask_third(self, asker: Neighbour, request: int, thirds: list[Neighbour], now: Instant) -> None:
        if not thirds:
            self._send(asker.link, DialBack(request, Verdict.NOBODY), now)
            return
        third, *others = thirds

        def make(number: int) -> Message:
            return PleaseDial(number, pack_host(asker.endpoint.host), asker.endpoint.port, asker.node)

        contact = Contact(None, node_tag(third.node), third.node)
        self._calls.call(contact, make, now, partial(self._on_third, asker, request, others))

    def _on_third(
        self, asker: Neighbour, request: int, others: list[Neighbour], answer: Message | None, now: Instant
    ) -> None:
        if isinstance(answer, Dialed):
            verdict = Verdict.REACHED if answer.is_reached else Verdict.NOT_REACHED
            self._send(asker.link, DialBack(request, verdict), now)
        else:
            self._ask_third(asker, request, others, now)

    # --- dialling for others ------------------------------------------------------------------------------------------

    def dial(self, link: LinkId, message: PleaseDial, now: Instant, *, is_known: bool) -> None:
        """Dial a stranger for a neighbour. ``is_known`` when it had a link with us lately: then be silent."""
        bidder = self._neighbours.get(link)
        endpoint = _dialable(message)
        node = NodeId(message.node)
        if bidder is None or endpoint is None or not self._allowance(link).dials.take(1, now.mono):
            return
        dial = self._dials.get(node)
        if dial is not None:
            if dial.endpoint == endpoint and len(dial.bidders) < MAX_BIDDERS:
                dial.bidders.append((link, message.request))
                self._tell(dial, now)
            return
        is_far_enough = scope_of(endpoint.host) >= scope_of(bidder.endpoint.host)
        is_stranger = not is_known and self._neighbours.with_node(node) is None
        if is_far_enough and is_stranger and self._may_dial(endpoint, now):
            self._dials[node] = _Dial(endpoint, now.mono + DIAL_PATIENCE, [(link, message.request)])
            self._probe(endpoint, node, now)

    def _may_dial(self, endpoint: Endpoint, now: Instant) -> bool:
        for host in [each for each, until in self._dialled.items() if until <= now.mono]:
            del self._dialled[host]
        if len(self._dials) >= MAX_DIALS or endpoint.host in self._dialled or len(self._dialled) >= MAX_ADDRESSES:
            return False
        if not self._all_dials.take(1, now.mono):
            return False
        if scope_of(endpoint.host) is not Scope.LOOPBACK:
            self._dialled[endpoint.host] = now.mono + ADDRESS_PAUSE
        return True

    def on_dialled(self, node: NodeId, now: Instant, *, is_reached: bool) -> bool:
        """A dial ended; True when it was for another node."""
        dial = self._dials.get(node)
        if dial is None or dial.outcome is not None:
            return False
        dial.outcome = is_reached
        dial.until = now.mono + ADDRESS_PAUSE
        self._tell(dial, now)
        return True

    def _tell(self, dial: _Dial, now: Instant) -> None:
        if dial.outcome is not None:
            for link, request in dial.bidders:
                self._send(link, Dialed(request, dial.outcome), now)
            dial.bidders.clear()

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, and forget what is over."""
        for node in [each for each, dial in self._dials.items() if dial.until <= now.mono]:
            if not self.on_dialled(node, now, is_reached=False):
                del self._dials[node]

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds."""
        return min((dial.until for dial in self._dials.values()), default=math.inf)

    def _allowance(self, link: LinkId) -> _Allowance:
        return self._allowances.setdefault(link, _Allowance())


def _dialable(message: PleaseDial) -> Endpoint | None:
    try:
        host = unpack_host(message.host)
    except DecodeError:
        return None
    return Endpoint(host, message.port) if message.port >= FIRST_PORT else None
