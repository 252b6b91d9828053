"""A node's own place in the network, as a machine without I/O: ``Reach`` joins what this package can do.

    reflections of neighbours --> place --> dial-backs by strangers --> public, is_reachable, nat
    requests of neighbours    --> favours, introductions

A place that changes begins anew with nothing proved. Nothing is asked on loopback, where no NAT stands between.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from net.errors import DecodeError
from net.ids import Endpoint, NodeId, node_tag
from net.instant import Instant
from net.link.events import LinkId, Role
from net.link.port import Connect
from net.messages import (
    AskDialBack,
    AskReflection,
    DialBack,
    Introduce,
    Introduction,
    Message,
    PleaseDial,
    Reflection,
)
from net.peers.link_pool import Contact
from net.peers.requests import LinkRequests
from net.reach.address import unpack_host
from net.reach.dial_back import HELPERS, Contacted, Reachability, Verdict
from net.reach.dial_back_service import DialBackService
from net.reach.introductions import Introductions
from net.reach.neighbours import Neighbour, Neighbours
from net.reach.reflection import Nat, Place, Reflections
from net.scope import Scope, is_ipv6, network_of, scope_of

# Seconds between rounds of asking all neighbours how they see us: a provider gives a new address overnight.
REFLECT_PERIOD: Final = 600.0
# Neighbours asked each time: several times the votes that are needed, and no more, for a node may have hundreds.
REFLECTORS: Final = 12
# Seconds from knowing a place until the first round of dial-backs: neighbours' neighbours take a moment to link up.
FIRST_CHECK: Final = 2.0
# Seconds between rounds, doubled each time up to the most. Longer than the pause of those who dial for us, so that a second
# round is not told once more what the first was: a datagram may have been lost.
FIRST_PAUSE: Final = 75.0
MAX_PAUSE: Final = 1800.0
# Seconds that a helper has: two third nodes of five seconds each, and the way there and back.
HELPER_PATIENCE: Final = 15.0
# Seconds after which a link that was made to dial a node back ends; the other side has seen it by then.
PROBE_LINK_LIFE: Final = 10.0


class Reach:
    """Where one node is and who can reach it there.

    ``connect`` begins a link, ``send`` puts a message on a link and says whether there was room, ``close`` ends a link,
    ``seen_at`` says from where a link's datagrams come now.
    """

    def __init__(  # one of each thing it needs of the node
        self,
        *,
        calls: LinkRequests,
        rng: random.Random,
        connect: Connect,
        send: Callable[[LinkId, Message, Instant], bool],
        close: Callable[[LinkId, Instant], None],
        seen_at: Callable[[LinkId], Endpoint | None],
    ) -> None:
        self._calls = calls
        self._rng = rng
        self._close = close
        self._seen_at = seen_at
        self._neighbours = Neighbours()
        self._reflections = Reflections()
        self._contacted = Contacted()
        self._met = Contacted()  # those of them that we had a link with, and who so sent us something, too
        self._dial_back_service = DialBackService(self._neighbours, calls, rng, send, partial(connect, is_probe=True))
        self._introductions = Introductions(self._neighbours, send, partial(connect, is_probe=False))
        self._own: frozenset[Endpoint] = frozenset()
        self._place: Place | None = None
        self._reachability = Reachability()
        self._now = Instant(0.0, 0)
        self._reflect_at = math.inf
        self._check_at = math.inf
        self._pause = FIRST_PAUSE
        self._lacks_helpers = False  # there was no node to ask
        self._probe_links: dict[LinkId, float] = {}  # until when

    # --- what is known ------------------------------------------------------------------------------------------------

    @property
    def public(self) -> Endpoint | None:
        """Where others see us, if all see the same."""
        place = self._place
        return Endpoint(place.host, place.port) if place is not None and place.port is not None else None

    @property
    def is_reachable(self) -> bool | None:
        """Whether strangers reach us at ``public``; None while that is not known."""
        if self._place is None:
            return None
        if self._place.port is None:
            return False
        scope = scope_of(self._place.host)
        return self._reachability.conclusion(scope, self._now, is_own=self._place.is_own)

    @property
    def is_presumed_reachable(self) -> bool:
        """Whether to tell others that strangers reach us: known, or moot where there are no strangers."""
        is_moot = self.is_reachable is None and self._reachability.is_moot
        return self.public is not None and (self.is_reachable is True or is_moot)

    @property
    def nat(self) -> str:
        """What stands between us and the others: the value of a ``Nat``."""
        place, is_reachable = self._place, self.is_reachable
        if place is None:
            return Nat.UNKNOWN.value
        if place.port is None:
            return Nat.SYMMETRIC.value
        if is_reachable is False:
            return Nat.RESTRICTED.value
        if place.is_own:
            return Nat.OPEN.value
        is_proved = self._reachability.is_proved(scope_of(place.host), self._now)
        return (Nat.CONE if is_proved else Nat.UNKNOWN).value

    def is_wanted(self, node: NodeId, now: Instant) -> bool:
        """Say whether we asked to be introduced to a node: even a leaf takes such a link, from either side."""
        return self._introductions.is_wanted(node, now)

    # --- what the node tells and wants --------------------------------------------------------------------------------

    def set_own(self, endpoints: Collection[Endpoint]) -> None:
        """Say which addresses our interfaces have, each with the port that we listen at."""
        own = frozenset(endpoints)
        if own != self._own:
            self._own = own
            self._reflect_at = min(self._reflect_at, self._now.mono)  # we moved, so others see us elsewhere

    def on_contacted(self, endpoint: Endpoint, now: Instant) -> None:
        """Something goes out to an address that may never have heard of us."""
        self._contacted.note(endpoint, now)

    def introduce(self, node: NodeId, via: NodeId, now: Instant) -> bool:
        """Have a linked node introduce us to another; a link with it, if any comes of it, comes up as any other."""
        introducer = self._neighbours.with_node(via)
        return introducer is not None and self._introductions.ask(introducer.link, node, now)

    def on_link_up(self, neighbour: Neighbour, now: Instant) -> bool:
        """A link is there; True when it was made for a stranger's sake alone, and ends soon unless ``keep`` is called."""
        self._now = now
        self._neighbours.add(neighbour)
        if (
            not neighbour.is_chosen
            and self._is_of_place(neighbour)
            and not self._contacted.has(neighbour.endpoint, now)
        ):
            self._reachability.on_came_in(neighbour.endpoint.host, now)
        # From here on our own datagrams keep a hole open for it.
        self._contacted.note(neighbour.endpoint, now)
        self._met.note(neighbour.endpoint, now)
        is_on_demand = neighbour.is_chosen and self._dial_back_service.on_dialled(neighbour.node, now, is_reached=True)
        if is_on_demand:
            self._probe_links[neighbour.link] = now.mono + PROBE_LINK_LIFE
        else:
            if self._lacks_helpers:
                self._check_at = min(self._check_at, now.mono + FIRST_CHECK)
            self._ask_reflection(neighbour, now)
            self._reflect_at = min(self._reflect_at, now.mono + REFLECT_PERIOD)
        return is_on_demand

    def keep(self, link: LinkId) -> None:
        """A link that was made for a stranger's sake is wanted for good."""
        self._probe_links.pop(link, None)

    def on_link_down(self, link: LinkId, now: Instant) -> None:
        """A link is gone."""
        self._now = now
        self._probe_links.pop(link, None)
        self._dial_back_service.on_link_down(link)
        self._introductions.on_link_down(link)
        gone = self._neighbours.remove(link)
        if gone is not None:
            self._contacted.note(gone.endpoint, now)
            self._met.note(gone.endpoint, now)
            if self._neighbours.with_node(gone.node) is None:
                self._reflections.forget(gone.node)

    def on_connect_failed(self, node: NodeId | None, now: Instant) -> None:
        """No link came of a connect."""
        if node is not None:
            self._dial_back_service.on_dialled(node, now, is_reached=False)

    def handle(self, message: Message, link: LinkId, now: Instant) -> bool:
        """Take a neighbour's message; False when it is none for here."""
        self._now = now
        match message:
            case AskReflection():
                self._dial_back_service.reflect(link, message, self._seen_at(link), now)
            case AskDialBack():
                self._dial_back_service.have_dialled(link, message, now)
            case PleaseDial():
                self._dial_back_service.dial(link, message, now, is_known=self._is_known(message, now))
            case Introduce():
                self._introductions.introduce(link, message, now)
            case Introduction():
                self._introductions.follow(link, message, now)
            case _:
                return False
        return True

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._now = now
        self._dial_back_service.handle_timeout(now)
        for link in [each for each, until in self._probe_links.items() if until <= now.mono]:
            del self._probe_links[link]
            self._close(link, now)
        if now.mono >= self._reflect_at:
            self._reflect_at = now.mono + REFLECT_PERIOD
            full = list(self._neighbours.full())
            for neighbour in self._rng.sample(full, min(REFLECTORS, len(full))):
                self._ask_reflection(neighbour, now)
        if now.mono >= self._check_at:
            self._check(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds."""
        probes = min(self._probe_links.values(), default=math.inf)
        return min(self._reflect_at, self._check_at, probes, self._dial_back_service.next_deadline())

    # --- where we are -------------------------------------------------------------------------------------------------

    def _ask_reflection(self, neighbour: Neighbour, now: Instant) -> None:
        if not self._reflections.has_room(neighbour.node, is_chosen=neighbour.is_chosen):
            return
        contact = Contact(None, node_tag(neighbour.node), neighbour.node)
        self._calls.call(contact, AskReflection, now, partial(self._on_reflection, neighbour))

    def _on_reflection(self, neighbour: Neighbour, answer: Message | None, now: Instant) -> None:
        if not isinstance(answer, Reflection) or self._neighbours.with_node(neighbour.node) is None:
            return
        try:
            seen = Endpoint(unpack_host(answer.host), answer.port)
        except DecodeError:
            return
        if neighbour.role is Role.LEAF and seen not in self._own:
            return  # names of leaves are free; but what our own interfaces confirm, any node may say
        self._reflections.on_reflection(neighbour.node, neighbour.endpoint.host, seen, is_chosen=neighbour.is_chosen)
        self._look_for_place(now)

    def on_seen_outside(self, endpoint: Endpoint | None, now: Instant) -> None:
        """Take what others than nodes say of our place (``net.rendezvous.global_addresses``)."""
        self._reflections.outside = endpoint
        self._look_for_place(now)

    def _look_for_place(self, now: Instant) -> None:
        place = self._reflections.place(self._own)
        if place is not None and place != self._place:
            self._settle(place, now)

    def _settle(self, place: Place, now: Instant) -> None:
        """Take a new place. What came in before came to this one, unless there was another."""
        if self._place is not None:
            self._reachability = Reachability()
        self._place = place
        self._pause = FIRST_PAUSE
        has_check = place.port is not None and scope_of(place.host) is not Scope.LOOPBACK
        self._check_at = now.mono + FIRST_CHECK if has_check else math.inf

    # --- whether strangers reach us there -----------------------------------------------------------------------------

    def _check(self, now: Instant) -> None:
        scope = scope_of(self._place.host) if self._place else Scope.LOOPBACK
        helpers = [] if self._reachability.is_proved(scope, now) else self._helpers()
        self._lacks_helpers = not helpers
        self._check_at = now.mono + (self._pause if helpers else MAX_PAUSE)
        self._pause = min(2 * self._pause, MAX_PAUSE)
        self._reachability.begin(len(helpers))
        reachability = self._reachability
        for helper in helpers:
            contact = Contact(None, node_tag(helper.node), helper.node)
            then = partial(self._on_dial_back, reachability, helper)
            self._calls.call(contact, AskDialBack, now, then, HELPER_PATIENCE)

    def _helpers(self) -> list[Neighbour]:
        """A few full neighbours, of different networks as far as that goes."""
        full = [each for each in self._neighbours.full() if self._is_of_place(each)]
        self._rng.shuffle(full)
        full.sort(key=lambda each: not each.is_chosen)
        apart = {network_of(each.endpoint.host): each for each in reversed(full)}
        others = [each for each in full if each not in apart.values()]
        return [*apart.values(), *others][:HELPERS]

    def _is_of_place(self, neighbour: Neighbour) -> bool:
        """Say whether a neighbour sees us in the family of addresses that our place is in."""
        return self._place is None or is_ipv6(self._place.host) is is_ipv6(neighbour.endpoint.host)

    def _on_dial_back(
        self, reachability: Reachability, helper: Neighbour, answer: Message | None, now: Instant
    ) -> None:
        self._now = now
        if reachability is not self._reachability:
            return  # it was about another place
        reachability.on_verdict(helper.node, Verdict.of(answer.verdict) if isinstance(answer, DialBack) else None)

    def _is_known(self, message: PleaseDial, now: Instant) -> bool:
        try:
            host = unpack_host(message.host)
        except DecodeError:
            return True
        return self._met.has(Endpoint(host, message.port), now)
