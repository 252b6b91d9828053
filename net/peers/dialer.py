"""Which nodes to link to, and when.

Some nodes are *kept*: the guards of our own traffic, the other custodians of our swarm. They are dialled whenever they are
not linked. Beyond them a full node wants links to sixteen others; a leaf wants four until its guards are there, and then
no more, so that only they and the nodes that led to them ever learn its address.

Bootstraps that the owner named (``bootstraps``) are tried for ever, the table's entries as long as they answer, hints
(addresses from the BitTorrent DHT or the local network) a few times, with one datagram each, for a machine that has nothing
to do with us may be there. While links are lacking, each new one is asked for peers (``peer_questions``). Once there are
enough, a *feeler* probes an entry of hearsay now and then, so that the table stays true and what we pass on is known to
exist; a leaf passes nothing on, and sends no feelers.

A custodian of our swarm that does not answer may have a NAT before it: another one is asked to introduce us, for they are
linked with each other. No node is asked to introduce us to a guard: it would learn which our guards are.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.events import Role
from net.link.port import Connect
from net.messages import AskPeers, Peers
from net.peers.bootstraps import Bootstraps, Outcome
from net.peers.peer_questions import PeerQuestions, SendTo
from net.peers.retry import FIRST_RETRY, Retry, retry_pause
from net.peers.table import KnownPeer, PeerTable
from net.rendezvous.hints import Hints, Source

# Links to full nodes that are wanted beside the kept ones. Four for a leaf that has no guards yet: three tell the time.
LINKS_WANTED: Final = {Role.LEAF: 4, Role.FULL: 16}
# Connects under way at a time.
MAX_DIALING: Final = 8
# Seconds until more hints are tried while links are lacking.
HINT_PAUSE: Final = 5.0
# Seconds between feelers.
FEELER_PERIOD: Final = 60.0
# Seconds after which a connect that was never answered for counts as failed; the link layer always answers sooner.
DIAL_PATIENCE: Final = 120.0
# What a leaf needs of guards before it lets go of all others.
GUARDS_NEEDED: Final = 2


# Has a linked node, the second, introduce us to one that we cannot reach: ``Reach.introduce``. A link that comes of it
# comes up as any other.
Introduce = Callable[[NodeId, NodeId, Instant], bool]


@dataclass(slots=True)
class _Kept:
    endpoint: Endpoint
    retry: Retry = field(default_factory=Retry)


class Dialer:
    """Keeps a node linked. ``connect`` begins a link, ``introduce`` has one begun, ``send`` carries questions for peers."""

    def __init__(  # one of each thing it joins
        self,
        role: Role,
        table: PeerTable,
        send: SendTo,
        rng: random.Random,
        connect: Connect,
        introduce: Introduce,
    ) -> None:
        self._role = role
        self._table = table
        self._rng = rng
        self._connect = connect
        self._introduce = introduce
        self._bootstraps = Bootstraps()
        self._questions = PeerQuestions(table, send, rng)
        self._kept: dict[NodeId, _Kept] = {}
        self._mates: frozenset[NodeId] = frozenset()
        self._sources: dict[NodeId, str] = {}  # of those linked
        self.hints = Hints(rng)
        self._linked: dict[NodeId, Endpoint] = {}
        self._dialing: dict[Endpoint, float] = {}  # since when
        self._feelers: set[NodeId] = set()
        self._feeler_at = 0.0
        self._next_dial = math.inf

    def join(self, endpoint: Endpoint, node: NodeId | None, now: Instant) -> None:
        """Link to this endpoint, and try for ever. Raises ``Overloaded``."""
        self._bootstraps.join(endpoint, node)
        self.dial(now)

    def leave(self, endpoint: Endpoint) -> None:
        """Try this endpoint no more; a link that there is stays."""
        self._bootstraps.leave(endpoint)

    def outcome(self, endpoint: Endpoint) -> Outcome:
        """Return what became of an endpoint that was joined."""
        return self._bootstraps.outcome(endpoint, self._linked)

    def keep(self, contacts: Mapping[NodeId, Endpoint], now: Instant, *, mates: Collection[NodeId] = ()) -> None:
        """Keep links with just these nodes from now on, whatever others there are; ``mates`` are those of our swarm."""
        self._mates = frozenset(mates)
        if contacts.keys() == self._kept.keys() and all(self._kept[n].endpoint == e for n, e in contacts.items()):
            return
        self._kept = {node: self._kept.get(node) or _Kept(endpoint) for node, endpoint in contacts.items()}
        for node, endpoint in contacts.items():
            self._kept[node].endpoint = endpoint
        self.dial(now)

    def hint(self, endpoints: Sequence[Endpoint], source: Source, now: Instant) -> None:
        """Take addresses where a node may live."""
        if self.hints.hear(endpoints, source, now):
            self.dial(now)

    def is_kept(self, node: NodeId) -> bool:
        """Say whether a link with this node is to last."""
        return node in self._kept

    def surplus(self) -> list[NodeId]:
        """Return linked nodes that are not needed any more: for a leaf, all but its guards once they are there."""
        return [node for node in self._linked if node not in self._kept] if self._is_settled() else []

    def sources(self) -> dict[str, int]:
        """Return how many linked nodes were found in which way."""
        return dict(Counter(self._sources.values()))

    def on_link_up(self, node: NodeId, endpoint: Endpoint, now: Instant, *, is_ours: bool = True) -> bool:
        """A full node is linked; False when it was only to be probed and the link should be closed.

        ``is_ours``: it was us who dialled.
        """
        self._dialing.pop(endpoint, None)
        self._sources[node] = self._source(node, endpoint) if is_ours else "incoming"
        self.hints.on_worked(endpoint)
        self._table.on_seen(endpoint, node, now)
        if node in self._feelers and self._lacking() <= 0 and node not in self._kept:
            self._feelers.discard(node)
            self._sources.pop(node, None)
            return False
        self._feelers.discard(node)
        self._linked[node] = endpoint
        if kept := self._kept.get(node):
            kept.retry.failures = 0
        self._bootstraps.on_link_up(node, endpoint)
        if self._lacking() > 0:
            self._questions.hasten(now)
            self.ask(node, now)
        else:
            self._questions.on_enough(now)
        self.dial(now)
        return True

    def on_link_down(self, node: NodeId, now: Instant) -> None:
        """A full node's link ended: try again soon."""
        self._linked.pop(node, None)
        self._questions.on_link_down(node)
        self._sources.pop(node, None)
        retry_at = now.mono + retry_pause(0, self._rng)
        if kept := self._kept.get(node):
            kept.retry.retry_at = retry_at
        if entry := self._table.get(node):
            entry.retry_at = retry_at
        self._bootstraps.on_link_down(node, retry_at)
        if self._lacking() > 0:
            self._questions.hasten(now)
        self.dial(now)

    def on_connect_failed(self, endpoint: Endpoint, node: NodeId | None, now: Instant) -> None:
        """No link came of a connect."""
        self._dialing.pop(endpoint, None)
        self.hints.on_failed(endpoint)
        if node is not None and (kept := self._kept.get(node)):
            kept.retry.on_failed(now.mono, self._rng)
            self._ask_introduction(node, now)
        if node is not None:
            self._feelers.discard(node)
            entry = self._table.get(node)
            failures = entry.failures if entry else 0
            self._table.on_failed(node, now.mono + retry_pause(failures, self._rng), is_counted=bool(self._linked))
        self._bootstraps.on_failed(endpoint, now.mono, self._rng)
        self.dial(now)

    def on_no_custodian(self, node: NodeId, endpoint: Endpoint, now: Instant) -> None:
        """What answered there is a leaf (or ourselves): of no use to us."""
        self._table.forget(node)
        self.on_connect_failed(endpoint, None, now)
        self._bootstraps.on_useless(endpoint)

    def answer(self, asker: NodeId, endpoint: Endpoint, message: AskPeers, now: Instant) -> Peers:
        """Say whom we know."""
        return self._questions.answer(asker, endpoint, message, now)

    def receive(self, node: NodeId, message: Peers, now: Instant) -> bool:
        """Take an answer; False when we did not ask."""
        if node not in self._linked or not self._questions.is_awaited(node, message):
            return False
        if self._questions.take(node, self._linked[node], message):
            self.dial(now)
        return True

    def ask(self, node: NodeId, now: Instant) -> None:
        """Ask one linked node whom it knows and what time it is."""
        self._questions.ask(node, now)

    def handle_timeout(self, now: Instant) -> None:
        """Dial and ask what is due."""
        for endpoint in [each for each, since in self._dialing.items() if now.mono >= since + DIAL_PATIENCE]:
            del self._dialing[endpoint]
            self._next_dial = now.mono
        self._questions.handle_timeout(self._linked, now, is_lacking=self._lacking() > 0)
        if now.mono >= self._next_dial:
            self.dial(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        given_up = min(self._dialing.values(), default=math.inf) + DIAL_PATIENCE
        return min(self._questions.next_deadline(), self._next_dial, given_up)

    def dial(self, now: Instant) -> None:
        """Begin the links that are due, and note when the next will be."""
        self._next_dial = math.inf
        for node, kept in self._kept.items():
            if self._is_free(kept.endpoint, node):
                self._begin(kept.endpoint, node, kept.retry.retry_at, now)
        lacking = self._lacking() - len(self._dialing)
        for bootstrap in self._bootstraps.all():
            if lacking > 0 and self._is_free(bootstrap.endpoint, bootstrap.node):
                lacking -= self._begin(bootstrap.endpoint, bootstrap.node, bootstrap.retry.retry_at, now)
        if lacking > 0:
            self._dial_others(lacking, now)
        elif not self._is_settled():
            self._feel(now)

    def _dial_others(self, lacking: int, now: Instant) -> None:
        """Half of what is lacking from the table and half from hints, so that no single source surrounds us."""
        hints = [each for each in self.hints.take(-(-lacking // 2)) if self._is_free(each, None)]
        for endpoint in hints:
            self._begin(endpoint, None, 0.0, now, is_probe=True)
        entries = [each for each in self._table if self._is_free(each.endpoint, each.node)]
        self._rng.shuffle(entries)
        room = lacking - len(hints)
        for entry in entries[:room]:
            self._begin(entry.endpoint, entry.node, entry.retry_at, now)
        for entry in entries[room:]:
            self._next_dial = min(self._next_dial, max(entry.retry_at, now.mono + FIRST_RETRY))
        if len(self.hints):
            self._next_dial = min(self._next_dial, now.mono + HINT_PAUSE)

    def _ask_introduction(self, node: NodeId, now: Instant) -> None:
        others = [each for each in sorted(self._mates) if each in self._linked]
        if node in self._mates and others:
            self._introduce(node, self._rng.choice(others), now)

    def _lacking(self) -> int:
        """Return how many links are still wanted."""
        return 0 if self._is_settled() else LINKS_WANTED[self._role] - len(self._linked)

    def _is_settled(self) -> bool:
        """Say whether this is a leaf with guards: it shows itself to no other node, not even by a feeler."""
        return self._role is Role.LEAF and sum(node in self._kept for node in self._linked) >= GUARDS_NEEDED

    def _source(self, node: NodeId, endpoint: Endpoint) -> str:
        if endpoint in self._bootstraps:
            return "join"
        if source := self.hints.source_of(endpoint):
            return source
        entry = self._table.get(node)
        return "exchange" if entry is not None and entry.teller is not None else "remembered"

    def _begin(
        self, endpoint: Endpoint, node: NodeId | None, retry_at: float, now: Instant, *, is_probe: bool = False
    ) -> bool:
        if now.mono < retry_at or len(self._dialing) >= MAX_DIALING:
            self._next_dial = min(self._next_dial, max(retry_at, now.mono + FIRST_RETRY))
            return False
        self._dialing[endpoint] = now.mono
        self._connect(endpoint, node, now, is_probe=is_probe)
        return True

    def _feel(self, now: Instant) -> None:
        """Probe one entry that is only hearsay, if any is."""
        if now.mono >= self._feeler_at:
            self._feeler_at = now.mono + FEELER_PERIOD
            hearsay = [each for each in self._table if not each.is_probed and self._is_free(each.endpoint, each.node)]
            if hearsay:
                entry: KnownPeer = self._rng.choice(hearsay)
                self._feelers.add(entry.node)
                self._begin(entry.endpoint, entry.node, entry.retry_at, now)
        self._next_dial = min(self._next_dial, self._feeler_at)

    def _is_free(self, endpoint: Endpoint, node: NodeId | None) -> bool:
        """Say whether there is neither a link nor an attempt."""
        if endpoint in self._dialing or (node is not None and node in self._linked):
            return False
        return node is not None or endpoint not in self._linked.values()
