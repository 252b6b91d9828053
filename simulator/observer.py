"""What nodes that collude learn by doing their work: a record of the real paths of a town, judged afterwards.

**The attacker** runs a share of the full nodes. They behave well, so no node avoids them, and put together what they see: a
*guard* sees the address from which a packet or circuit begins at it, and when; a *custodian* sees a box and which neighbour
brought the packet or asks over the circuit, and when; a relay sees its neighbours. They need not break anything.

**One letter is linked** when he sees its writer and its reader at it:

  sharp      he is the guard of a path by which the writer threw the box and the custodian at its end; and he is the guard of
             a circuit by which the reader fetched the box and the custodian at its end. Two ends of one path find each
             other by moments, sizes being all alike; this counts it as if they always did.
  at worst   he is the guard of a path by which the writer threw the box, and of a circuit by which the reader fetched it,
             and holds a place in the bucket, whichever. He must then tell by moments alone which of all packets under way
             became the box; in a quiet network that works, and this counts it as if it always did.

A pair of people is linked when one of their letters is. Only people whose own nodes are honest count as attacked. Since the
attacker only watches, one run serves for any number of draws of his nodes.

It does not count: an observer of the whole network, active attacks on links to move guards (``net.onion.paths.guards``
bounds those), and what he knows from elsewhere, such as when a person sleeps.
"""

# It reads private parts of nodes, as the product never does.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from random import Random
from typing import NamedTuple

from net.client.ports import Purpose
from net.ids import TAG_SIZE, NodeId, Tag, tag_of
from net.instant import Instant
from net.messages import Fetch, Message
from net.node.node import Node
from net.node.onion_transport import OnionTransport, _Key
from net.parcel.box import decode_box


class Walk(NamedTuple):
    """One way that a person's packet or circuit went, from the guard to the custodian."""

    who: NodeId
    nodes: tuple[NodeId, ...]


class Exchange(NamedTuple):
    """A letter, by nodes: whose it was, whom it was for, how it went and came."""

    writer: NodeId
    reader: NodeId
    sent_boxes: tuple[Walk, ...]
    fetches: tuple[Walk, ...]
    custodians: frozenset[NodeId]  # all that held it at the end


class Shares(NamedTuple):
    """Parts of all letters and of all pairs that an attacker links, 0 … 1."""

    letters_sharp: float
    letters_at_worst: float
    pairs_sharp: float
    pairs_at_worst: float


class Observer:
    """Writes down the paths of boxes at the nodes it watches."""

    def __init__(self) -> None:
        self.sent_boxes: defaultdict[Tag, set[Walk]] = defaultdict(set)
        self.fetches: defaultdict[Tag, set[Walk]] = defaultdict(set)

    def watch(self, node: Node) -> None:
        """See what this node sends from now on."""
        _Eye(self, node.node_id, node._parts.transport)


class _Eye:
    """Stands between one node's client and its transport."""

    def __init__(self, observer: Observer, node: NodeId, transport: OnionTransport) -> None:
        self._observer = observer
        self._node = node
        self._transport = transport
        self._send_box, self._ask = transport.send_box, transport.ask
        # The client keeps the transport itself, so its verbs are covered up one by one.
        setattr(transport, "send_box", self.send_box)  # noqa: B010 -- said outright, it would look like a method
        setattr(transport, "ask", self.ask)  # noqa: B010 -- likewise

    def send_box(self, custodian: NodeId, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        self._send_box(custodian, box, now, is_again=is_again)
        box_id = decode_box(box).box_id
        path = self._transport._sent_boxes.path_of(box_id)
        self._observer.sent_boxes[tag_of(box_id)].add(Walk(self._node, path.nodes))

    def ask(self, custodian: NodeId, purpose: Purpose, message: Message, now: Instant) -> None:
        self._ask(custodian, purpose, message, now)
        if isinstance(message, Fetch):
            way = self._transport._circuit_pool._current[_Key(custodian, purpose)]
            for at in range(0, len(message.tags), TAG_SIZE):
                self._observer.fetches[Tag(message.tags[at : at + TAG_SIZE])].add(Walk(self._node, way.path.nodes))


def linked(exchanges: Collection[Exchange], nodes: Collection[NodeId], share: float, draws: int, rng: Random) -> Shares:
    """Return what an attacker with a share of the nodes links, on the mean over so many draws of his nodes."""
    everybody = sorted(nodes)
    sums = [0.0] * len(Shares._fields)
    counted = 0
    for _ in range(draws):
        his = frozenset(rng.sample(everybody, round(share * len(everybody))))
        victims = [each for each in exchanges if each.writer not in his and each.reader not in his]
        if not victims:
            continue
        counted += 1
        sharp = [each for each in victims if _is_sharp(each, his)]
        worst = [each for each in victims if _is_possible(each, his)]
        pairs = len({each[:2] for each in victims})
        found = (
            len(sharp) / len(victims),
            len(worst) / len(victims),
            len({each[:2] for each in sharp}) / pairs,
            len({each[:2] for each in worst}) / pairs,
        )
        sums = [total + each for total, each in zip(sums, found, strict=True)]
    return Shares(*(total / max(counted, 1) for total in sums))


def _is_sharp(exchange: Exchange, his: Collection[NodeId]) -> bool:
    return _has_both_ends(exchange.sent_boxes, his) and _has_both_ends(exchange.fetches, his)


def _has_both_ends(walks: Collection[Walk], his: Collection[NodeId]) -> bool:
    return any(walk.nodes[0] in his and walk.nodes[-1] in his for walk in walks)


def _is_possible(exchange: Exchange, his: Collection[NodeId]) -> bool:
    sees_writer = any(walk.nodes[0] in his for walk in exchange.sent_boxes)
    sees_reader = any(walk.nodes[0] in his for walk in exchange.fetches)
    return sees_writer and sees_reader and not exchange.custodians.isdisjoint(his)
