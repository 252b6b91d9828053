"""Links on demand: a part that has something for a node says so here and is called back with a link to it, or with none.

Routing slots name a node by its endpoint and the first bytes of its key. Where there is a link already, that is the one;
else the endpoint is dialled, and the key it proves must fit. Links that were made on demand end when nothing has passed
for a while, unless the dialer wants to keep them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from net.agenda import Agenda
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.link.events import LinkId
from net.numbers import FIRST_PORT
from net.scope import Scope, scope_of

# Nodes being dialled at a time on demand of all kinds. A relay's stranger costs at most one of these.
MAX_DIALING: Final = 128
# Of these, for strangers: a stranger who names nodes that do not exist must not keep us from our own.
MAX_DIALING_FORWARDING: Final = 96
# Errands that wait for one node; more are told that it cannot be reached.
MAX_WAITING: Final = 64
# Seconds after which a node counts as not reachable: the link layer tries for ten.
PATIENCE: Final = 12.0
# Seconds without any use after which a link that was made on demand ends: longer than circuits stay silent.
IDLE: Final = 660.0
# Seconds between two looks for idle links.
LOOK_PERIOD: Final = 30.0

OnLink = Callable[[LinkId | None, Instant], None]


class Contact(NamedTuple):
    """How to reach a node. ``endpoint`` None: only over an existing link; ``node`` None: known by its tag alone."""

    endpoint: Endpoint | None
    tag: bytes
    node: NodeId | None = None


class Reach(Protocol):
    """Links to nodes, made on demand: ``LinkPool``, or ``ForwardingPool`` for what strangers send."""

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        """Call ``then`` with a link, now or later, or with None."""
        ...

    def on_used(self, link: LinkId, now: Instant) -> None:
        """Something passed over a link."""
        ...


class ForwardingPool:
    """The switch as strangers' packets use it: they choose whom we dial, so not every address will do.

    ``least`` gives how far an address must reach: as far as our own. Else a stranger could have us knock at the machines of
    this house, or of this computer.
    """

    def __init__(self, link_pool: LinkPool, least: Callable[[], Scope]) -> None:
        self._link_pool = link_pool
        self._least = least

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        """As ``LinkPool.reach``; an address that does not reach far enough counts as not reachable."""
        endpoint = contact.endpoint
        if endpoint is not None and (
            endpoint.port < FIRST_PORT
            or scope_of(endpoint.host) < self._least()
            or self._link_pool.dialing >= MAX_DIALING_FORWARDING
        ):
            contact = Contact(None, contact.tag)
        self._link_pool.reach(contact, now, then)

    def on_used(self, link: LinkId, now: Instant) -> None:
        """As ``LinkPool.on_used``."""
        self._link_pool.on_used(link, now)


class _Goal(NamedTuple):
    """Who is dialled where. A wrong address that is named for a node keeps no others from dialling the right one."""

    tag: bytes
    endpoint: Endpoint


class LinkPool:
    """All links by tag. ``connect`` begins one, ``close`` ends one."""

    def __init__(
        self,
        connect: Callable[[Endpoint, NodeId | None, Instant], None],
        close: Callable[[LinkId, Instant], None],
    ) -> None:
        self._connect = connect
        self._close = close
        self._links: dict[bytes, LinkId] = {}
        self._peers: dict[LinkId, NodeId] = {}
        self._dials: dict[_Goal, list[OnLink]] = {}  # who waits
        self._silences: Agenda[_Goal] = Agenda()
        self._on_demand: dict[LinkId, float] = {}  # links made on demand: when last used
        self._look_at = math.inf

    @property
    def dialing(self) -> int:
        """How many dials are under way."""
        return len(self._dials)

    def link_of(self, tag: bytes) -> LinkId | None:
        """Return the link to the node with this tag."""
        return self._links.get(tag)

    def peer_of(self, link: LinkId) -> NodeId | None:
        """Return who is at the other end of a link."""
        return self._peers.get(link)

    def reach(self, contact: Contact, now: Instant, then: OnLink) -> None:
        """Call ``then`` with a link to the node: now, later, or with None when there will be none."""
        link = self._links.get(contact.tag)
        if link is not None:
            self.on_used(link, now)
            then(link, now)
            return
        waiting = self._waiting_for(contact, now)
        if waiting is None or len(waiting) >= MAX_WAITING:
            then(None, now)
        else:
            waiting.append(then)

    def _waiting_for(self, contact: Contact, now: Instant) -> list[OnLink] | None:
        """Return who waits for a dial to this contact, which begins now if it has not; None when there can be none."""
        if contact.endpoint is None:
            return next((waiting for goal, waiting in self._dials.items() if goal.tag == contact.tag), None)
        goal = _Goal(contact.tag, contact.endpoint)
        if goal not in self._dials and len(self._dials) < MAX_DIALING:
            self._dials[goal] = []
            self._silences.schedule(goal, now.mono + PATIENCE)
            self._connect(contact.endpoint, contact.node, now)
        return self._dials.get(goal)

    def on_used(self, link: LinkId, now: Instant) -> None:
        """Something passed over a link."""
        if link in self._on_demand:
            self._on_demand[link] = now.mono

    def keep(self, link: LinkId) -> None:
        """A link is wanted for good."""
        self._on_demand.pop(link, None)

    def on_link_up(self, link: LinkId, peer: NodeId, endpoint: Endpoint, now: Instant) -> bool:
        """A link is there; True when it was waited for."""
        tag = node_tag(peer)
        self._links[tag] = link
        self._peers[link] = peer
        waiting = [then for goal in [*self._dials] if goal.tag == tag for then in self._end(goal)]
        for goal in [each for each in self._dials if each.endpoint == endpoint]:
            self._fail(goal, now)  # another node lives there
        if not waiting:
            return False
        self._on_demand[link] = now.mono
        self._look_at = min(self._look_at, now.mono + LOOK_PERIOD)
        for then in waiting:
            then(link, now)
        return True

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone."""
        self._on_demand.pop(link, None)
        peer = self._peers.pop(link, None)
        if peer is not None and self._links.get(node_tag(peer)) == link:
            del self._links[node_tag(peer)]

    def on_connect_failed(self, endpoint: Endpoint, peer: NodeId | None, now: Instant) -> None:
        """No link came of a connect."""
        for goal in [each for each in self._dials if each.endpoint == endpoint]:
            if peer is None or node_tag(peer) == goal.tag:
                self._fail(goal, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent and end unused links."""
        for goal in self._silences.pop_due(now.mono):
            self._fail(goal, now)
        if now.mono >= self._look_at:
            self._look_at = now.mono + LOOK_PERIOD if self._on_demand else math.inf
            for link in [each for each, used in self._on_demand.items() if now.mono >= used + IDLE]:
                del self._on_demand[link]
                self._close(link, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._silences.next_deadline(), self._look_at)

    def _end(self, goal: _Goal) -> list[OnLink]:
        self._silences.cancel(goal)
        return self._dials.pop(goal, [])

    def _fail(self, goal: _Goal, now: Instant) -> None:
        for then in self._end(goal):
            then(None, now)
