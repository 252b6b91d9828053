"""Functions that turn an honest simulated node into a liar. Each takes a running ``Node`` and changes what it does from
then on.

A villain keeps its keys, its links and its place in the overlay: it is a member in good standing that cheats at one thing.
"""
# pyright: reportPrivateUsage=false
# A villain reaches into its own parts; nothing but a test would.

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from net.custodian import ClientId
from net.ids import TAG_SIZE, Endpoint, NodeId, Tag
from net.instant import Instant
from net.link.events import LinkId
from net.messages import AskPeers, Boxes, Destroy, Message, Nodes, Parcel, Peers, Push, Setup, Tags
from net.node.node import Node
from net.node.wiring import Wiring
from net.overlay.descriptor import Descriptor, encode_descriptor, epoch_of
from net.overlay.identity import identity_of

Change = Callable[[Message], Sequence[Message]]


def parts_of(node: Node) -> Wiring:
    """Return what a node is made of."""
    return node._parts


def change_answers(node: Node, change: Change) -> None:
    """Put other messages in the place of those that its frontend sends: a custodian's answers, and its pushes."""
    frontend = parts_of(node).frontend
    honest = frontend.send

    def send(client: ClientId, message: Message, now: Instant) -> bool:
        sent = [honest(client, each, now) for each in change(message)]
        return all(sent)

    override(frontend, "send", send)


def withhold(node: Node, is_hidden: Callable[[Tag], bool]) -> None:
    """Neither name, nor give, nor pass on boxes with such tags."""

    def change(message: Message) -> Sequence[Message]:
        match message:
            case Tags():
                kept = b"".join(tag for tag in split_tags(message.tags) if not is_hidden(tag))
                return [Tags(message.stream, message.run, message.arrival, kept, message.caught_up)]
            case Boxes():
                boxes = [box for box in message.boxes if not is_hidden(_tag_in(box))]
                return [Boxes(message.request, boxes, message.is_last)]
            case Push():
                parcels = [each for each in message.parcels if not is_hidden(_tag_in(each.data))]
                return [Push(parcels)] if parcels else []
            case _:
                return [message]

    change_answers(node, change)


def replay(node: Node) -> None:
    """Say everything twice, and name old tags again with every new one."""
    named: list[bytes] = []

    def change(message: Message) -> Sequence[Message]:
        if isinstance(message, Tags):
            named.append(message.tags)
            old = b"".join(named[-20:])
            return [message, Tags(message.stream, message.run, message.arrival, old, message.caught_up)]
        return [message, message]

    change_answers(node, change)


def alter(node: Node) -> None:
    """Turn a bit in every box that is given or passed on."""

    def change(message: Message) -> Sequence[Message]:
        match message:
            case Boxes():
                return [Boxes(message.request, [flipped(box) for box in message.boxes], message.is_last)]
            case Push():
                return [Push([Parcel(each.kind, flipped(each.data)) for each in message.parcels])]
            case _:
                return [message]

    change_answers(node, change)


def flood(node: Node, rng: Random, tags: int = 1000) -> None:
    """Name a thousand tags of nothing beside every true piece, and push nonsense to the others."""

    def change(message: Message) -> Sequence[Message]:
        match message:
            case Tags():
                lies = rng.randbytes(tags * TAG_SIZE)
                return [message, Tags(message.stream, message.run, message.arrival, lies, message.caught_up)]
            case Push():
                return [message, *(Push([Parcel(0, rng.randbytes(921)) for _ in range(64)]) for _ in range(10))]
            case _:
                return [message]

    change_answers(node, change)


def drop_relayed(node: Node, share: float, rng: Random) -> None:
    """Lose this share of the packets and of the circuits that others send through us."""
    onion = parts_of(node).onion
    take, build = onion.relay.receive_packet, onion.circuit_relay.receive

    def receive_packet(link: LinkId, packet: bytes, now: Instant) -> None:
        if rng.random() >= share:
            take(link, packet, now)

    def receive(link: LinkId, message: Setup | Any | Destroy, now: Instant) -> bool:
        if isinstance(message, Setup) and rng.random() < share:
            return True
        return build(link, message, now)

    override(onion.relay, "receive_packet", receive_packet)
    override(onion.circuit_relay, "receive", receive)


def hold_back(node: Node, seconds: float, later: Callable[[float, Callable[[Instant], None]], None]) -> None:
    """Pass on packets only after so many seconds more than they ask for. ``later`` is ``Host.after``."""
    relay = parts_of(node).onion.relay
    take = relay.receive_packet

    def receive_packet(link: LinkId, packet: bytes, now: Instant) -> None:
        later(seconds, lambda then: take(link, packet, then))

    override(relay, "receive_packet", receive_packet)


def name_only(node: Node, told: Callable[[bytes, Instant], list[bytes]]) -> None:
    """Answer every question for nodes, over links and circuits, with these descriptors; and name no other peers."""
    parts = parts_of(node)

    def change(message: Message) -> Sequence[Message]:
        return [Nodes(message.request, told(b"", _now(node)))] if isinstance(message, Nodes) else [message]

    def answer_find(target: bytes) -> list[bytes]:
        return told(target, _now(node))

    def serve(target: bytes, now: Instant, then: Callable[[list[bytes], Instant], None]) -> None:
        then(told(target, now), now)

    def answer(_asker: NodeId, _endpoint: Endpoint, message: AskPeers, now: Instant) -> Peers:
        return Peers(message.request, now.wall_ms, [])

    change_answers(node, change)
    override(parts.overlay, "answer_find", answer_find)
    override(parts.overlay, "serve", serve)
    override(parts.dialer, "answer", answer)


def invented(rng: Random, count: int, endpoint: Endpoint, now: Instant) -> list[bytes]:
    """Return descriptors of nodes that do not run, well signed, all at one address."""
    made: list[bytes] = []
    for _ in range(count):
        identity = identity_of(rng.randbytes(32), 0)
        keys = (rng.randbytes(32), rng.randbytes(32))
        data = encode_descriptor(identity, endpoint, epoch_of(now), keys, now.wall_ms, is_reachable=True)
        made.append(data)
    return made


def own_descriptor(node: Node) -> bytes:
    """Return what a full node says of itself."""
    descriptor = parts_of(node).overlay.descriptor()
    assert descriptor is not None
    return descriptor


def roster_of(node: Node) -> list[Descriptor]:
    """Return whom a node would route through."""
    return parts_of(node).overlay.roster.fresh()


def avoided_by(node: Node) -> frozenset[NodeId]:
    """Return which relays a node avoids."""
    return parts_of(node).onion.reputation.avoided(_now(node))


def suspected_by(node: Node, other: NodeId) -> bool:
    """Return whether a node took another for a lying custodian."""
    return parts_of(node).onion.reputation.is_suspect(other, _now(node))


def split_tags(data: bytes) -> list[Tag]:
    """Return the tags that lie end to end."""
    return [Tag(data[at : at + TAG_SIZE]) for at in range(0, len(data), TAG_SIZE)]


def flipped(box: bytes) -> bytes:
    """Return a box with one bit of its ciphertext turned."""
    return box[:200] + bytes([box[200] ^ 1]) + box[201:]


def _tag_in(box: bytes) -> Tag:
    """Return the tag of an encoded box (or some bytes of a record)."""
    return Tag(box[9 : 9 + TAG_SIZE])


def _now(node: Node) -> Instant:
    assert node._now is not None
    return node._network_time(node._now)


def override(part: object, name: str, value: Any) -> None:
    """Let one object do, or have, otherwise than its class says."""
    setattr(part, name, value)
