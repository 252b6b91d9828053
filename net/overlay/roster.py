"""Whom to route through: descriptors of relays, a sample of the network as fair as it can be had.

Paths are drawn from here, not from the table: tables know the near, and whoever knows which nodes one knows can tell one
from another by the paths. The sample comes from lookups of random places, a few at the start and then about one a
minute, so that a share of the network has that share of the sample and no more.

Each lookup brings at most eight, the closest to its target. What others looked up for us (a leaf has no other way) counts
as their word: one teller's word fills at most a quarter of the roster, and beyond that replaces its own. One address
prefix fills at most a thirty-second.

Keys are good for hours, but nodes go away within minutes, and a path through one of them leads nowhere. A lookup finds who
answers near its target; whoever of us should have been among them and was not, twice in a row, has gone.

A linked node that describes itself in another epoch is *left out*, whatever others still tell of it, until it says otherwise
or its link ends.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from net.ids import NodeId
from net.overlay.descriptor import Descriptor, place_of
from net.scope import public_network_of

# Descriptors held: paths of three from 256 are sixteen million.
MAX_ROSTER: Final = 256
# Of these, by the word of one teller; and under one address prefix.
MAX_PER_TELLER: Final = MAX_ROSTER // 4
MAX_PER_PREFIX: Final = MAX_ROSTER // 32
# Taken from one lookup.
MAX_PER_LOOKUP: Final = 8
# Lookups in a row that should have found a node and did not, after which it is gone. One may have lost a datagram.
MAX_MISSES: Final = 2


@dataclass(slots=True)
class _Entry:
    """``teller`` None: we found it ourselves."""

    descriptor: Descriptor
    teller: NodeId | None
    misses: int = 0


class Roster:
    """Descriptors for path choice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._entries: dict[NodeId, _Entry] = {}
        self._epoch = 0
        self._left_out: dict[NodeId, bool] = {}  # whether it was here before; as many as there are links
        self.is_ready = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_full(self) -> bool:
        """Whether it holds all it takes."""
        return len(self._entries) >= MAX_ROSTER

    def turn(self, epoch: int) -> None:
        """An epoch begins: what tells no key for it any more goes. After a jump all stays, for the clock may be set back."""
        is_next = epoch == self._epoch + 1
        self._epoch = epoch
        for node in [node for node, each in self._entries.items() if is_next and each.descriptor.epoch + 1 < epoch]:
            del self._entries[node]

    def leave_out(self, node: NodeId) -> None:
        """A linked node says that it is of another time."""
        self._left_out[node] = self._entries.pop(node, None) is not None or self._left_out.get(node, False)

    def take_back(self, node: NodeId, descriptor: Descriptor | None = None) -> bool:
        """It is gone, or describes itself as of our time: then it is here again if it was before. Say if it was left out."""
        was_here = self._left_out.pop(node, None)
        if was_here and descriptor is not None:
            self.hear(descriptor)
        return was_here is not None

    def left_out(self) -> list[NodeId]:
        """Return the nodes that are left out."""
        return list(self._left_out)

    def hear_lookup(self, nodes: Collection[Descriptor], teller: NodeId | None = None) -> int:
        """Take the closest of what a lookup found; return how many were not here."""
        return sum(self.hear(each, teller) for each in list(nodes)[:MAX_PER_LOOKUP])

    def hear(self, descriptor: Descriptor, teller: NodeId | None = None) -> bool:
        """Take a checked descriptor, found by ourselves or by the word of ``teller``; return whether the node is new."""
        is_old = descriptor.epoch + 1 < self._epoch or descriptor.node in self._left_out
        if not descriptor.is_reachable or is_old:
            return False
        known = self._entries.get(descriptor.node)
        if known is not None:
            self._renew(known, descriptor, teller)
            return False
        if self._count_prefix(descriptor) >= MAX_PER_PREFIX or not self._evict_for(teller):
            return False
        self._entries[descriptor.node] = _Entry(descriptor, teller)
        return True

    def compare(self, target: bytes, tales: Sequence[Sequence[Descriptor]], count: int) -> int:
        """Compare us with what lookups of ``target`` found, closest first, ``count`` nodes at most; forget who has gone.

        Several tales must agree, so that no teller alone can talk us out of a node. Return how many were missed.
        """
        if not tales or not all(tales):
            return 0  # a teller that finds no node has no network
        place = place_of(target)
        found = {each.node for tale in tales for each in tale}
        crowded = {public_network_of(each.endpoint.host) for tale in tales for each in tale} - {None}
        reach = min(tale[-1].place ^ place if len(tale) >= count else math.inf for tale in tales)
        missed = 0
        for node, entry in list(self._entries.items()):
            if node in found:
                entry.misses = 0
            elif (
                entry.descriptor.place ^ place < reach
                and public_network_of(entry.descriptor.endpoint.host) not in crowded
            ):
                missed += 1
                entry.misses += 1
                if entry.misses >= MAX_MISSES:
                    self.forget(node)
        return missed

    def forget(self, node: NodeId) -> None:
        """This one is of no use."""
        self._entries.pop(node, None)

    def get(self, node: NodeId) -> Descriptor | None:
        """Return a node's descriptor."""
        entry = self._entries.get(node)
        return entry.descriptor if entry else None

    def fresh(self) -> list[Descriptor]:
        """Return all that can be routed through now."""
        return [each.descriptor for each in self._entries.values() if each.descriptor.key_of(self._epoch) is not None]

    def key_of(self, descriptor: Descriptor, epoch: int) -> bytes | None:
        """Return a node's Sphinx key for an epoch, or None when it is not told."""
        return descriptor.key_of(epoch)

    def _renew(self, known: _Entry, descriptor: Descriptor, teller: NodeId | None) -> None:
        """Take a newer descriptor of the same place. What we found ourselves stands above words about another place."""
        if descriptor.place == known.descriptor.place:
            is_of_the_future = known.descriptor.epoch > self._epoch + 1  # heard while our clock was ahead
            if descriptor.stamp > known.descriptor.stamp or is_of_the_future:
                known.descriptor = descriptor
            known.teller = known.teller if teller else None
        elif teller is None:
            known.descriptor, known.teller = descriptor, None

    def _count_prefix(self, descriptor: Descriptor) -> int:
        prefix = public_network_of(descriptor.endpoint.host)
        if not prefix:
            return 0
        return sum(public_network_of(each.descriptor.endpoint.host) == prefix for each in self._entries.values())

    def _evict_for(self, teller: NodeId | None) -> bool:
        """Strike out one at random where there is no room: of the teller's own words, else of the longest tale."""
        words: dict[NodeId | None, list[NodeId]] = {}
        for node, entry in self._entries.items():
            words.setdefault(entry.teller, []).append(node)
        if teller is not None and len(words.get(teller, ())) >= MAX_PER_TELLER:
            self.forget(self._rng.choice(words[teller]))
        elif len(self._entries) >= MAX_ROSTER:
            told = [each for name, each in words.items() if name is not None]
            if not told and teller is not None:
                return False  # words do not push out what we found
            self.forget(self._rng.choice(max(told, key=len, default=words.get(None, []))))
        return True
