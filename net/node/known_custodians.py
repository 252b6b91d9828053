"""Which custodians a node can ask: those of the roster, and in a large network those that directories found.

The roster is a uniform sample of all nodes. In a small network it holds all of a bucket's custodians; in a large one too
few, and the bucket is searched (``net.onion.paths.directory``). For a bucket with hardly any node in it those of the next
wider one cover (``net.overlay.coverage``).

A bucket for which few were named is looked at again, ever more rarely, and the client is told when there are more.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Final

from net.bucket import Bucket, address_of, common_bits
from net.ids import NodeId
from net.instant import Instant
from net.node.ports import OverlayPort
from net.onion.circuits.requests import CircuitRequests
from net.onion.paths.directory import FEW, Directory
from net.onion.paths.paths import Paths
from net.onion.paths.reputation import Reputation
from net.overlay.descriptor import Descriptor, epoch_of

# Custodians of a bucket below which more are searched for, and how many unsuspected ones suffice to name no others.
ENOUGH: Final = 4
ENOUGH_UNSUSPECTED: Final = 2
# Buckets for which more custodians than are known would be news; beyond, those asked for longest ago are forgotten.
MAX_LACKING: Final = 256
# Seconds between two looks for news, and how that grows up to the most while there are none.
FIRST_LOOK: Final = 0.1
LOOK_GROWTH: Final = 1.25
MAX_LOOK: Final = 30.0

_EVERYWHERE: Final = Bucket(0, 0)


class KnownCustodians:
    """The custodians that can be asked. ``serve`` comes before anything else.

    ``check`` returns a genuine descriptor (``net.overlay.descriptor.Verifier.check``); ``on_found`` is called when more
    custodians are known than were named for some bucket.
    """

    _paths: Paths
    _reputation: Reputation

    def __init__(
        self,
        overlay: OverlayPort,
        check: Callable[[bytes, Instant], Descriptor],
        circuit_requests: CircuitRequests,
        rng: random.Random,
        on_found: Callable[[Instant], None],
    ) -> None:
        self._overlay = overlay
        self._rng = rng
        self._on_found = on_found
        self._directory = Directory(circuit_requests, self._others, check, rng, self.tell_found)
        self._lacking: dict[Bucket, int] = {}  # how many were named last; the one asked for longest ago first
        self._look_at = math.inf
        self._look_pause = FIRST_LOOK

    def serve(self, paths: Paths, reputation: Reputation) -> None:
        """Name no custodian while ``paths`` has no circuits to it, and suspected ones only where others are few."""
        self._paths = paths
        self._reputation = reputation

    def near(self, address: int, now: Instant) -> list[NodeId]:
        """Return custodians for the bucket of an address, those that share most bits with it first.

        Of the address no more bits count than a writer shows. When there are few, a search begins; when there are none
        that can be reached, ``on_found`` is called as soon as there are.
        """
        width = self._overlay.width()
        bucket = Bucket.of(address, width)
        nodes = self._known_in(bucket, now)
        while len(nodes) < FEW and bucket.width and (not self._is_sample() or self._directory.is_searched(bucket)):
            bucket = Bucket.of(address, bucket.width - 1)
            nodes = self._known_in(bucket, now)
        if len(nodes) < ENOUGH:
            self._look_out(bucket, len(nodes), now)
        self._rng.shuffle(nodes)
        nodes.sort(key=lambda each: -min(width + 1, common_bits(address, address_of(each.overlay_id))))
        trusted = [each.node for each in nodes if self._is_trusted(each.node, now)]
        if len(trusted) >= ENOUGH_UNSUSPECTED:
            return trusted
        return trusted + [each.node for each in nodes if each.node not in trusted]

    def all(self, now: Instant) -> list[NodeId]:
        """Return the nodes that questions can go to now."""
        return [each.node for each in self._custodians(_EVERYWHERE, now)]

    def descriptor(self, node: NodeId, now: Instant) -> Descriptor | None:
        """Return a descriptor of a node with a key for this epoch; the roster's counts more than what a directory told."""
        epoch = epoch_of(now)
        for each in (self._overlay.roster.get(node), self._directory.get(node)):
            if each is not None and each.key_of(epoch) is not None:
                return each
        return None

    def on_asked(self, descriptor: Descriptor, now: Instant) -> None:
        """A custodian is asked something: where its keys end with this epoch, have its bucket searched for new ones."""
        if self._is_sample() and descriptor.epoch < epoch_of(now):
            # The roster forgets it soon; a custodian that serves well is worth looking up.
            self._directory.want(Bucket.of(address_of(descriptor.overlay_id), self._overlay.width()))

    def forget(self, node: NodeId) -> None:
        """Drop what directories told of a node."""
        self._directory.forget(node)

    def tell_found(self, now: Instant) -> None:
        """Call the owner, which asks again for what it still lacks."""
        self._lacking.clear()
        self._look_at = math.inf
        self._on_found(now)

    def handle_timeout(self, now: Instant) -> None:
        """Go on with searches, and look for news when it is time."""
        self._directory.handle_timeout(now)
        if now.mono >= self._look_at:
            self._look(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return min(self._directory.next_deadline(), self._look_at)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _others(self, count: int, now: Instant) -> Sequence[Descriptor]:
        return self._paths.others(count, now)

    def _is_trusted(self, node: NodeId, now: Instant) -> bool:
        return not self._reputation.is_suspect(node, now) and not self._reputation.is_away(node)

    def _custodians(self, bucket: Bucket, now: Instant) -> list[Descriptor]:
        """Return the known custodians of a bucket; none while nothing can be sent."""
        if not self._paths.is_possible(now):
            return []
        fresh = [each for each in self._overlay.roster.fresh() if bucket.covers(address_of(each.overlay_id))]
        own = self._paths.own
        known = {each.node for each in fresh} | {own}
        return [each for each in fresh if each.node != own] + [
            each for each in self._directory.found(bucket, epoch_of(now)) if each.node not in known
        ]

    def _known_in(self, bucket: Bucket, now: Instant) -> list[Descriptor]:
        """Return the known custodians of a bucket, and have it searched where the roster holds too few of them."""
        nodes = self._custodians(bucket, now)
        if self._is_sample() and sum(self._overlay.roster.get(each.node) is not None for each in nodes) < ENOUGH:
            self._directory.want(bucket)
        return nodes

    def _is_sample(self) -> bool:
        """Say whether there are nodes that the roster does not hold."""
        return self._overlay.size() > len(self._overlay.roster.fresh()) + 1

    def _look_out(self, bucket: Bucket, count: int, now: Instant) -> None:
        """Look out for more custodians of a bucket than so many."""
        is_new = self._lacking.pop(bucket, None) is None
        self._lacking[bucket] = count
        if len(self._lacking) > MAX_LACKING:
            del self._lacking[next(iter(self._lacking))]
        if is_new or self._look_at == math.inf:
            self._look_pause = FIRST_LOOK
            self._look_at = min(self._look_at, now.mono + FIRST_LOOK)

    def _look(self, now: Instant) -> None:
        """Tell the owner when a bucket has more custodians than were named for it."""
        counts = {bucket: len(self._custodians(bucket, now)) for bucket in self._lacking}
        if any(count > self._lacking[bucket] for bucket, count in counts.items()):
            self.tell_found(now)
            return
        self._look_pause = min(LOOK_GROWTH * self._look_pause, MAX_LOOK)
        self._look_at = now.mono + self._look_pause
