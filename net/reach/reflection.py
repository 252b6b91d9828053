"""Where others see us: an election.

Every full node that we are linked with is asked from which address our datagrams come. Names are free and addresses are not,
so each network (/16, or /32 of IPv6) has one vote; on this machine or this site, where there is only one network, each node
has one. It takes three votes, and more than half of all, and more than half of those whom we chose ourselves. Who reaches
as far as a site says nothing about public addresses, and the other way round.

One thing needs no election: a reflected address that is one of our own interfaces, with our own port, is true.

The ports tell what stands between: our own address, *open*; a single port for all, a *cone*, or *restricted* if strangers do
not come in through it (``net.reach.dial_back``); a port for each node we talk to, *symmetric*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from net.ids import Endpoint, NodeId
from net.scope import Scope, is_ipv6 as is_of_ipv6, network_of, scope_of

# Votes that it takes: with three, one liar is outvoted.
MIN_VOTES: Final = 3
# Nodes whose word is kept, of those that we dialled and of those that dialled in: a crowd at the door silences none.
MAX_VOTES_OF_A_KIND: Final = 24

T = TypeVar("T", bound=Hashable)


class Nat(StrEnum):
    """What stands between this node and the others."""

    UNKNOWN = "unknown"
    OPEN = "open"
    CONE = "cone"
    RESTRICTED = "restricted"
    SYMMETRIC = "symmetric"


class Place(NamedTuple):
    """What the votes say: ``port`` is None when each node sees another one; ``is_own`` when it is an interface's."""

    host: str
    port: int | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class _Vote:
    voter_host: str
    seen: Endpoint
    is_chosen: bool  # by us, who dialled


class Reflections:
    """What linked nodes say about our address."""

    def __init__(self) -> None:
        self._votes: dict[NodeId, _Vote] = {}
        self.outside: Endpoint | None = (
            None  # what others than nodes say: it counts while there are too few nodes to vote
        )

    def on_reflection(self, voter: NodeId, voter_host: str, seen: Endpoint, *, is_chosen: bool) -> None:
        """Note what a linked node said, in place of what it said before."""
        if self.has_room(voter, is_chosen=is_chosen):
            self._votes[voter] = _Vote(voter_host, seen, is_chosen)

    def has_room(self, voter: NodeId, *, is_chosen: bool) -> bool:
        """Say whether this node's word would be kept."""
        others = sum(vote.is_chosen == is_chosen for node, vote in self._votes.items() if node != voter)
        return others < MAX_VOTES_OF_A_KIND

    def forget(self, voter: NodeId) -> None:
        """A node is not linked any more."""
        self._votes.pop(voter, None)

    def place(self, own: Collection[Endpoint]) -> Place | None:
        """Return where we are; ``own`` are the addresses of our interfaces with the port that we listen at."""
        for scope in sorted(Scope, reverse=True):
            # A node of both families is at one place in each, and tells that of IPv4, where most can come to.
            found = [place for family in (False, True) if (place := self._place_in(scope, own, is_ipv6=family))]
            if found:
                return next((place for place in found if place.port is not None), found[0])
        return None

    def _place_in(self, scope: Scope, own: Collection[Endpoint], *, is_ipv6: bool) -> Place | None:
        votes = [
            vote
            for vote in self._votes.values()
            if scope_of(vote.voter_host) is scope
            and scope_of(vote.seen.host) is scope
            and is_of_ipv6(vote.seen.host) is is_ipv6
        ]
        voters = _one_per_network(votes) if scope is Scope.PUBLIC else votes
        return _own_place(votes, own) or _elected(voters) or self._told_outside(scope, voters, is_ipv6=is_ipv6)

    def _told_outside(self, scope: Scope, voters: list[_Vote], *, is_ipv6: bool) -> Place | None:
        outside = self.outside
        if outside is None or is_of_ipv6(outside.host) is not is_ipv6:
            return None
        if scope_of(outside.host) is not scope:
            return None
        # Where voters are enough and agree with it, they have elected it already; where one does not, it has no say.
        return None if any(vote.seen != outside for vote in voters) else Place(outside.host, outside.port, is_own=False)


def _own_place(votes: list[_Vote], own: Collection[Endpoint]) -> Place | None:
    seen = _most([vote.seen for vote in votes if vote.seen in own])
    return Place(seen.host, seen.port, is_own=True) if seen else None


def _one_per_network(votes: list[_Vote]) -> list[_Vote]:
    """The first of each network, those that we chose before the others."""
    first: dict[bytes, _Vote] = {}
    for vote in sorted(votes, key=lambda vote: not vote.is_chosen):
        first.setdefault(network_of(vote.voter_host), vote)
    return list(first.values())


def _elected(votes: list[_Vote]) -> Place | None:
    host = _most([vote.seen.host for vote in votes])
    if len(votes) < MIN_VOTES or host is None:
        return None
    chosen = [vote for vote in votes if vote.is_chosen]
    for electorate in (votes, chosen):
        if 2 * sum(vote.seen.host == host for vote in electorate) <= len(electorate) and electorate:
            return None
    ports = [vote.seen.port for vote in votes if vote.seen.host == host]
    port = _most(ports)
    return Place(host, port if port is not None and 2 * ports.count(port) > len(ports) else None, is_own=False)


def _most(values: Iterable[T]) -> T | None:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else None
