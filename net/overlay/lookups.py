"""Finding the nodes closest to a place, by asking ever closer ones.

A lookup walks three *disjoint paths* (S/Kademlia): each has its own list of candidates, a node is asked by one path
only, and what it tells stays on that path. Each path asks the closest candidate it has, one at a time, and one more for
each that is slow, until the k closest that it knows of have been asked by some path. So a liar spoils the path that it is
on, and its tale must stand against what the other two found.

**Who counts as found.** Not who was named, but who answered, at the place that it claims itself over the link that it
answers on, wherever others put it. So invented nodes are never found, nor is a node moved to a place that is not its own,
and of three paths one that meets no liar suffices: the result is the k closest that any path found. What a liar can still
do is what any node can: stand close, having paid for that place and answering there.

**Whom to believe.** A liar may name crowds of invented nodes right at the target, each costing a wait. So those who named
four that do not answer, and none that does, are not believed any further: a node that no other named is passed over. Where
many of the closest share an address prefix, two are taken and the others come after all others.

The number of hops reported is the length of the chain of answers that led to the closest node found; it grows as log n.
"""

from __future__ import annotations

import random
from bisect import insort
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from net.agenda import Agenda
from net.errors import DecodeError, Overloaded, Unauthenticated
from net.ids import NodeId
from net.instant import Instant
from net.messages import FindNodes, Nodes
from net.overlay.descriptor import Descriptor, Verifier, place_of
from net.overlay.lookup_requests import Questions, Reply
from net.overlay.routing_table import MAX_PER_PREFIX_IN_BUCKET, K
from net.scope import public_network_of, scope_of

# Disjoint paths, one question under way on each: Kademlia's alpha.
PATHS: Final = 3
# Questions under way on one path, the slow ones counted.
MAX_UNDER_WAY: Final = 4
# Questions of one lookup; an honest one needs about k, and two for each hop.
MAX_QUESTIONS: Final = 96
# Candidates that a path remembers.
MAX_CANDIDATES: Final = 4 * K
# Lookups under way at a time, for ourselves and for others.
MAX_LOOKUPS: Final = 32
# Nodes named by one teller of whom none answered, until the teller is not believed any more. Of honest tellers' nodes
# three in ten may be gone at a bad time, all of the first four at one teller in a hundred.
MAX_EMPTY_NAMES: Final = 4

OnFound = Callable[["Found", Instant], None]


class Neighbours(Protocol):
    """What a lookup needs of the node it is made at."""

    def closest(self, target: bytes) -> list[Descriptor]:
        """Return whom to ask first."""
        ...

    def on_answered(self, node: NodeId, told: list[Descriptor], now: Instant) -> None:
        """A node answered, and told this."""
        ...

    def on_failed(self, node: NodeId, now: Instant) -> None:
        """A node did not answer."""
        ...


class Found(NamedTuple):
    """What a lookup for ``wanted`` nodes found: the closest that answered, closest first; what it took; what each told."""

    target: bytes
    nodes: list[Descriptor]
    hops: int
    questions: int
    unanswered: int
    tales: Sequence[Sequence[Descriptor]] = ()
    wanted: int = K


# A lookup of our own for the ``count`` nodes closest to ``target``, each asked for ``told``: raises ``Overloaded``.
LookUp = Callable[[bytes, int, Instant, OnFound, int | None], None]


@dataclass(slots=True)
class _Candidate:
    """A node that was named. ``hops``: answers that led to it, counting its own."""

    descriptor: Descriptor
    hops: int
    tellers: set[NodeId]


@dataclass(slots=True)
class _Path:
    shortlist: list[tuple[int, NodeId]] = field(default_factory=list[tuple[int, NodeId]])  # by distance
    candidates: dict[NodeId, _Candidate] = field(default_factory=dict[NodeId, _Candidate])
    under_way: set[NodeId] = field(default_factory=set[NodeId])
    slow: set[NodeId] = field(default_factory=set[NodeId])

    def add(self, candidate: _Candidate, distance: int) -> None:
        node = candidate.descriptor.node
        known = self.candidates.get(node)
        if known is not None:
            if known.descriptor.place == candidate.descriptor.place:
                known.tellers |= candidate.tellers
            return
        self.candidates[node] = candidate
        insort(self.shortlist, (distance, node))
        if len(self.shortlist) > MAX_CANDIDATES:
            _, farthest = self.shortlist.pop()
            del self.candidates[farthest]


@dataclass(slots=True)
class _Word:
    """How true a teller's words proved."""

    answered: int = 0
    silent: int = 0

    def hold_against(self, *, is_there: bool) -> None:
        self.answered += is_there
        self.silent += not is_there

    @property
    def is_believed(self) -> bool:
        return self.answered > 0 or self.silent < MAX_EMPTY_NAMES


class _Question(NamedTuple):
    path: _Path
    candidate: _Candidate


@dataclass(slots=True)
class _Lookup:
    number: int
    target: bytes
    place: int
    count: int
    told: int
    then: OnFound
    paths: list[_Path]
    asked: dict[NodeId, _Question] = field(default_factory=dict[NodeId, _Question])
    silent: set[NodeId] = field(default_factory=set[NodeId])
    found: list[_Candidate] = field(default_factory=list[_Candidate])
    words: dict[NodeId, _Word] = field(default_factory=dict[NodeId, _Word])
    tales: dict[NodeId, list[Descriptor]] = field(default_factory=dict[NodeId, list[Descriptor]])

    def is_believed(self, candidate: _Candidate) -> bool:
        """Say whether a credible node named this one. Those that the table gave were named by none."""
        return not candidate.tellers or any(self.words[each].is_believed for each in candidate.tellers)

    def next_on(self, path: _Path) -> _Candidate | None:
        """Return whom a path asks next: the closest not asked yet, unless ``count`` closer ones were and may answer."""
        ahead = 0
        for _, node in path.shortlist:
            candidate = path.candidates[node]
            if node in self.asked:
                ahead += not (node in self.silent or node in self.asked[node].path.slow)
                if ahead >= self.count:
                    return None
            elif self.is_believed(candidate):
                return candidate
        return None

    def judge(self, described: Descriptor, *, is_there: bool) -> None:
        """Credit or debit all who named a node, on whatever path."""
        for path in self.paths:
            candidate = path.candidates.get(described.node)
            if candidate is not None and candidate.descriptor.place == described.place:
                for teller in candidate.tellers:
                    self.words[teller].hold_against(is_there=is_there)

    def hear(self, path: _Path, told: Descriptor, hops: int, teller: NodeId) -> None:
        """Note whom a teller named; what became of that one may be known already."""
        path.add(_Candidate(told, hops, {teller}), told.place ^ self.place)
        if told.node in self.silent:
            self.words[teller].hold_against(is_there=False)
        elif any(each.descriptor.place == told.place for each in self.found):
            self.words[teller].hold_against(is_there=True)

    def result(self) -> Found:
        """Return the closest that were found; prefixes that crowd come last."""
        ordered = sorted(self.found, key=lambda each: each.descriptor.place ^ self.place)
        nodes = spread([each.descriptor for each in ordered])[: self.count]
        nodes.sort(key=lambda each: each.place ^ self.place)
        hops = ordered[0].hops if ordered else 0
        tales = [self.tales[each.node] for each in nodes]
        return Found(self.target, nodes, hops, len(self.asked), len(self.silent), tales, self.count)


class Lookups:
    """The lookups under way at one node."""

    def __init__(
        self, own: NodeId, neighbours: Neighbours, questions: Questions, verifier: Verifier, rng: random.Random
    ) -> None:
        self._own = own
        self._neighbours = neighbours
        self._questions = questions
        self._verifier = verifier
        self._rng = rng
        self._lookups: dict[int, _Lookup] = {}
        self._waits: Agenda[tuple[int, NodeId]] = Agenda()
        self._begun = 0

    def __len__(self) -> int:
        return len(self._lookups)

    def find(self, target: bytes, now: Instant, then: OnFound, *, count: int = K, told: int | None = None) -> None:
        """Look for the ``count`` nodes closest to ``target`` (32 bytes); ``then`` hears once.

        ``told``: how many each node is asked for, ``count`` unless said. Raises ``Overloaded``.
        """
        if len(self._lookups) >= MAX_LOOKUPS:
            raise Overloaded("lookups")
        self._begun += 1
        place = place_of(target)
        lookup = _Lookup(self._begun, target, place, count, told or count, then, [_Path() for _ in range(PATHS)])
        self._lookups[lookup.number] = lookup
        # Dealt out closest first, to the paths in a random order: no node can tell which path it is on.
        paths = self._rng.sample(lookup.paths, PATHS)
        for turn, descriptor in enumerate(self._neighbours.closest(target)):
            paths[turn % PATHS].add(_Candidate(descriptor, 1, set()), descriptor.place ^ place)
        self._advance(lookup, now)

    def handle_timeout(self, now: Instant) -> None:
        """Go on past the slow, and give up on the silent."""
        for number, node in self._waits.pop_due(now.mono):
            lookup = self._lookups.get(number)
            path = lookup.asked[node].path if lookup else None
            if lookup is None or path is None or node not in path.under_way:
                continue  # it was answered while this list was worked off
            if node in path.slow:
                self._miss(lookup, node, now)
            else:
                path.slow.add(node)
                self._waits.schedule((number, node), now.mono + self._questions.patience - self._questions.slow)
            self._advance(lookup, now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._waits.next_deadline()

    def _advance(self, lookup: _Lookup, now: Instant) -> None:
        """Put the questions that are due; end the lookup when there are none and none is under way."""
        is_idle = False
        while not is_idle:  # a question may be answered, or fail, at once
            is_idle = True
            for path in lookup.paths:
                if len(path.under_way) > len(path.slow) or len(path.under_way) >= MAX_UNDER_WAY:
                    continue
                candidate = lookup.next_on(path) if len(lookup.asked) < MAX_QUESTIONS else None
                if candidate is not None:
                    is_idle = False
                    self._ask(lookup, path, candidate, now)
        if lookup.number in self._lookups and not any(path.under_way for path in lookup.paths):
            del self._lookups[lookup.number]
            lookup.then(lookup.result(), now)

    def _ask(self, lookup: _Lookup, path: _Path, candidate: _Candidate, now: Instant) -> None:
        descriptor = candidate.descriptor
        lookup.asked[descriptor.node] = _Question(path, candidate)
        path.under_way.add(descriptor.node)
        self._waits.schedule((lookup.number, descriptor.node), now.mono + self._questions.slow)
        is_putting = True

        def answered(reply: Reply | None, now: Instant) -> None:
            if self._take(lookup, path, candidate, reply, now) and not is_putting:
                self._advance(lookup, now)

        self._questions.ask(descriptor, lambda request: FindNodes(request, lookup.target, lookup.told), now, answered)
        is_putting = False

    def _take(self, lookup: _Lookup, path: _Path, candidate: _Candidate, reply: Reply | None, now: Instant) -> bool:
        """Take an answer, or that there is none; False when it is not waited for any more."""
        node = candidate.descriptor.node
        if node not in path.under_way:
            return False
        if reply is None:
            self._miss(lookup, node, now)
            return True
        self._settle(lookup, path, node)
        told = self._checked(reply.nodes, candidate.descriptor, now)
        self._neighbours.on_answered(node, told, now)
        described = reply.described
        lookup.judge(
            candidate.descriptor, is_there=described is not None and described.place == candidate.descriptor.place
        )
        if described is not None and described.is_reachable:
            lookup.found.append(_Candidate(described, candidate.hops, candidate.tellers))
            lookup.tales[described.node] = told
        lookup.words[node] = _Word()
        for each in told:
            lookup.hear(path, each, candidate.hops + 1, node)
        return True

    def _checked(self, answer: Nodes, teller: Descriptor, now: Instant) -> list[Descriptor]:
        """Return the genuine descriptors of an answer. A forged one spoils it all; honest tellers check what they tell."""
        told: list[Descriptor] = []
        scope = scope_of(teller.endpoint.host)
        for data in answer.descriptors:
            try:
                descriptor = self._verifier.check(data, now)
            except DecodeError:
                continue  # out of date, perhaps only by our clock
            except Unauthenticated:
                return []
            if descriptor.node != self._own and descriptor.is_reachable and scope_of(descriptor.endpoint.host) >= scope:
                told.append(descriptor)
        return told

    def _miss(self, lookup: _Lookup, node: NodeId, now: Instant) -> None:
        """A node did not answer."""
        path, candidate = lookup.asked[node]
        self._settle(lookup, path, node)
        lookup.silent.add(node)
        lookup.judge(candidate.descriptor, is_there=False)
        self._neighbours.on_failed(node, now)

    def _settle(self, lookup: _Lookup, path: _Path, node: NodeId) -> None:
        path.under_way.discard(node)
        path.slow.discard(node)
        self._waits.cancel((lookup.number, node))


def spread(descriptors: list[Descriptor]) -> list[Descriptor]:
    """Return the same descriptors, those beyond two of one address prefix moved behind all others."""
    counts: Counter[bytes | None] = Counter()
    ahead: list[Descriptor] = []
    behind: list[Descriptor] = []
    for each in descriptors:
        prefix = public_network_of(each.endpoint.host)
        counts[prefix] += bool(prefix)
        (behind if counts[prefix] > MAX_PER_PREFIX_IN_BUCKET else ahead).append(each)
    return ahead + behind
