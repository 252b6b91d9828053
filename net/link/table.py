"""The links that are up, and whose has to go when there are too many or they hold too much.

Both are shared out by network (``net.address_shares``). A newcomer to a full table displaces a link of the heaviest
network. It is refused only where its own would then be the heaviest; but of its own address it displaces the link that
was not used for longest. Links that others began weigh twice those that we began: so of one address theirs go first,
and ours displace theirs. More than that ours are not favoured, for strangers' packets make us begin links, too.

Of what links *hold* (streams that wait for bytes or for their owner, what waits to be sent or confirmed) there is
``MAX_HELD`` for all together, and no outermost network may hold more than what is left of it: one alone half, two a third
each. Of one that does, the heaviest link ends. Long before that, from half of what is left on, its windows stop growing and
we queue no more than ``TIGHT`` on a link of it. So something is always left for a network that holds little, whatever others
do. A peer is where it has shown to be (``net.link.paths``), and counts there.

Reference: A. Choudhury, E. Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches" (1998).
"""

from __future__ import annotations

from typing import Final

from net.address_shares import Networks, Shares, nested_networks
from net.ids import Endpoint, NodeId
from net.link.events import LinkId
from net.link.keys import FrameKeys
from net.link.session import Session

MAX_LINKS: Final = 512
# What a link weighs by who began it.
OURS: Final = 1
THEIRS: Final = 2
# Bytes that all links may hold. With what 512 links cost by themselves, 8 MB, and what circuits and packets of one network
# take, 1024 and 1280 of them, an attacker costs us less than 32 MB.
MAX_HELD: Final = 10 * 1024 * 1024
# Bytes that one link may hold though its network holds its share: a largest message, and half of another.
TIGHT: Final = 128 * 1024
# Bytes by which what a link holds is counted; less is nothing, and no change worth counting.
GRAIN: Final = 4 * 1024


class LinkTable:
    """All links: ``sessions`` by name, and by peer, and by what frames name them.

    There are at most ``max_links``, and they hold at most ``max_held`` bytes.
    """

    def __init__(self, max_links: int = MAX_LINKS, max_held: int = MAX_HELD) -> None:
        self._max_links = max_links
        self._max_held = max_held
        self.sessions: dict[LinkId, Session] = {}
        self._by_peer: dict[NodeId, Session] = {}
        self._by_index: dict[bytes, tuple[Session, FrameKeys]] = {}
        self._hosts: dict[LinkId, str] = {}
        self._places: Shares[LinkId] = Shares()
        self._held: Shares[LinkId] = Shares()
        self._grains: dict[LinkId, int] = {}  # what is counted there, at hand for every datagram

    def __len__(self) -> int:
        return len(self.sessions)

    def with_peer(self, peer: NodeId) -> Session | None:
        """Return the link with a peer; there is one at most."""
        return self._by_peer.get(peer)

    def find(self, index: bytes) -> tuple[Session, FrameKeys] | None:
        """Return which link a frame is of, and under which keys."""
        return self._by_index.get(index)

    def networks_of(self, link: LinkId) -> Networks:
        """Return which networks a link's peer is in; those that are gone are all in one."""
        return nested_networks(self._hosts.get(link, ""))

    # Who is there.

    def has_room_for(self, endpoint: Endpoint, *, is_ours: bool) -> bool:
        """Say whether one more link is to be had, if need be in place of another."""
        return len(self.sessions) < self._max_links or self._loser_to(endpoint, is_ours=is_ours) is not None

    def loser_to(self, endpoint: Endpoint, *, is_ours: bool) -> Session | None:
        """Return which link has to end for a new one, if any."""
        loser = self._loser_to(endpoint, is_ours=is_ours) if len(self.sessions) >= self._max_links else None
        return None if loser is None else self.sessions[loser]

    def add(self, session: Session) -> None:
        """Take up a link."""
        host = session.endpoint.host
        self.sessions[session.link] = self._by_peer[session.peer] = session
        self._hosts[session.link] = host
        self._places.add(session.link, nested_networks(host), OURS if session.is_initiator else THEIRS)
        self.add_keys(session)

    def add_keys(self, session: Session) -> None:
        """A link has keys that it had not."""
        self._by_index[session.epochs.current.our_index] = (session, session.epochs.current)
        self.drop_retired(session)

    def drop_retired(self, session: Session) -> None:
        """Forget the names under which a link is not known any more."""
        for index in session.epochs.retired:
            self._by_index.pop(index, None)
        session.epochs.retired.clear()

    def remove(self, session: Session) -> None:
        """A link has ended."""
        self.drop_retired(session)
        del self.sessions[session.link], self._by_peer[session.peer], self._hosts[session.link]
        self._places.remove(session.link)
        self._held.remove(session.link)
        self._grains.pop(session.link, None)

    def on_used(self, link: LinkId) -> None:
        """Something came over a link that was more than a sign of life."""
        self._places.on_used(link)

    def on_moved(self, session: Session) -> None:
        """A peer may be somewhere else now."""
        link, host = session.link, session.endpoint.host
        if self._hosts[link] != host:
            self._hosts[link] = host
            for shares in (self._places, self._held):
                if link in shares:
                    shares.add(link, nested_networks(host), shares.weight_of(link))

    # What they hold.

    def weigh(self, session: Session) -> bool:
        """Count anew what a link holds; tell whether it holds more."""
        link, weight = session.link, session.held // GRAIN
        before = self._grains.get(link, 0)
        if weight != before:
            self._grains[link] = weight
            self._held.count(link, self.networks_of, weight - before)
        return weight > before

    def may_grow(self, session: Session) -> bool:
        """Say whether a link's network holds so little that its windows may grow."""
        return self._held_by_network_of(session.link) <= self._left() // 2

    def lets_hold(self, session: Session, more: int) -> bool:
        """Say whether a link may hold so many bytes more of what we want to send."""
        if session.held + more <= TIGHT:
            return True
        return self._held_by_network_of(session.link) + more <= self._left() // 2

    def too_heavy(self) -> Session | None:
        """Return which link has to end because its network holds more than what is left, if any."""
        left = self._left()
        if left >= self._max_held // 2:
            return None
        link = self._held.heaviest()
        return None if link is None or self._held_by_network_of(link) <= left else self.sessions[link]

    def _left(self) -> int:
        return self._max_held - self._held.total * GRAIN

    def _held_by_network_of(self, link: LinkId) -> int:
        return self._held.weight_of_network(self.networks_of(link)) * GRAIN

    def _loser_to(self, endpoint: Endpoint, *, is_ours: bool) -> LinkId | None:
        networks, weight = nested_networks(endpoint.host), OURS if is_ours else THEIRS
        return self._places.loser(LinkId(0), networks, weight, may_replace=True)  # 0 names no link
