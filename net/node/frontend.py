"""What serves the clients of this node: the ends of links, and the ends of strangers' circuits.

A client is a number; whether it is a neighbour or four hops away matters to nothing behind the frontend, but for one thing:
only neighbours can be custodians of our swarm. What comes from clients is decoded here, paid from their
allowances, and handed to the custodian or the overlay; what they answer finds its way back here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from net.custodian import ClientId, Custodian
from net.errors import DecodeError, Overloaded
from net.ids import OverlayId
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import MessageLinks
from net.messages import (
    Deposit,
    Fetch,
    FindNodes,
    FindRecord,
    Follow,
    Lookup,
    Message,
    Nodes,
    Refusals,
    Refused,
    Unfollow,
    UnknownMessage,
    decode_message,
    encode_message,
)
from net.node.ports import Circuits
from net.onion.circuits.transit import EndId
from net.token_bucket import TokenBucket

# Questions for nodes out of our table that one client may put: a lookup asks each node once.
FIND_RATE: Final = 2.0
FIND_BURST: Final = 32.0
# Lookups that one client may have us do, each of some thirty questions to others: a reader needs one now and then.
LOOKUP_RATE: Final = 0.1
LOOKUP_BURST: Final = 12.0
# Lookups under way for one client; and for those who come over circuits, who are as many as they like. Leaves that are
# linked with us have no other node to ask.
MAX_LOOKUPS_EACH: Final = 2
MAX_LOOKUPS_FROM_AFAR: Final = 8

# What a client may ask over a circuit; the rest is for neighbours.
_FROM_AFAR: Final = (Deposit, Follow, Unfollow, Fetch, FindRecord, FindNodes, Lookup)


# ``Overlay.answer_find``: the descriptors closest to a target that we know.
AnswerFind = Callable[[bytes], list[bytes]]
# ``Overlay.serve``: looks for the nodes closest to a target for a client. Raises ``Overloaded``.
ServeLookup = Callable[[bytes, Instant, Callable[[list[bytes], Instant], None]], None]


@dataclass(slots=True)
class FrontendCounters:
    """What went wrong at the frontend, since the start."""

    malformed: int = 0  # messages that ended their link or circuit
    unsent: int = 0  # answers that found no room


@dataclass(slots=True)
class _Session:
    origin: LinkId | EndId
    is_near: bool
    finds: TokenBucket = field(default_factory=lambda: TokenBucket(FIND_RATE, FIND_BURST))
    lookups: TokenBucket = field(default_factory=lambda: TokenBucket(LOOKUP_RATE, LOOKUP_BURST))
    looking: int = 0  # lookups under way
    refusals: Refusals = field(default_factory=Refusals)


class Frontend:
    """Clients, and the way to and from them. ``circuits`` is set once the circuit relay is there."""

    def __init__(self, links: MessageLinks, answer_find: AnswerFind, serve_lookup: ServeLookup) -> None:
        self.counters = FrontendCounters()
        self.custodian: Custodian | None = None
        self.circuits: Circuits | None = None
        self._links = links
        self._answer_find = answer_find
        self._serve_lookup = serve_lookup
        self._last = 0
        self._sessions: dict[ClientId, _Session] = {}
        self._of_link: dict[LinkId, ClientId] = {}
        self._of_end: dict[EndId, ClientId] = {}
        self._looking_from_afar = 0

    # --- who comes and goes -------------------------------------------------------------------------------------------

    def on_link_up(self, link: LinkId, now: Instant) -> None:
        """A neighbour is linked."""
        self._of_link[link] = self._admit(_Session(link, is_near=True), now)

    def on_described(self, link: LinkId, overlay_id: OverlayId, now: Instant) -> None:
        """A neighbour proved where in the overlay it is."""
        client = self._of_link.get(link)
        if client is not None and self.custodian is not None:
            self.custodian.on_client_known(client, overlay_id, now)

    def on_link_down(self, link: LinkId) -> None:
        """A neighbour is gone."""
        self._dismiss(self._of_link.pop(link, None))

    def on_circuit_opened(self, end: EndId, now: Instant) -> None:
        """A stranger's circuit ends here."""
        self._of_end[end] = self._admit(_Session(end, is_near=False), now)

    def on_circuit_closed(self, end: EndId, now: Instant) -> None:
        """A circuit is gone."""
        self._dismiss(self._of_end.pop(end, None))

    def hang_up(self, now: Instant) -> None:
        """End all circuits: our time is another now, and a client is to ask nodes that agree with it."""
        for end in list(self._of_end):
            self.on_circuit_closed(end, now)
            if self.circuits is not None:
                self.circuits.close(end, now)

    def _admit(self, session: _Session, now: Instant) -> ClientId:
        self._last += 1
        client = ClientId(self._last)
        self._sessions[client] = session
        if self.custodian is not None:
            self.custodian.on_client_up(client, now, None)
        return client

    def _dismiss(self, client: ClientId | None) -> None:
        if client is not None:
            del self._sessions[client]
            if self.custodian is not None:
                self.custodian.on_client_down(client)

    # --- what they say ------------------------------------------------------------------------------------------------

    def on_circuit_data(self, end: EndId, data: bytes, now: Instant) -> None:
        """Take a message out of a circuit; what is none for here ends it, and what we do not know does not."""
        client = self._of_end.get(end)
        if client is None:
            return
        try:
            message = decode_message(data)
        except UnknownMessage as unknown:
            if (refusal := self._sessions[client].refusals.answer(unknown, now)) is not None:
                self.send(client, refusal, now)
            return
        except DecodeError:
            message = None
        if isinstance(message, _FROM_AFAR):
            self._serve(client, message, now)
            return
        if isinstance(message, Refused):
            return  # nothing is answered to that, and nothing was asked
        self.counters.malformed += 1
        self.on_circuit_closed(end, now)
        if self.circuits is not None:
            self.circuits.close(end, now)

    def receive(self, link: LinkId, message: Message, now: Instant) -> None:
        """Take a neighbour's message. A message for no part of this node is ignored."""
        client = self._of_link.get(link)
        if client is not None:
            self._serve(client, message, now)

    def take_box(self, box: bytes, link: LinkId, now: Instant) -> None:
        """Take a box that a packet brought over a link."""
        client = self._of_link.get(link)
        if client is not None and self.custodian is not None:
            self.custodian.take_box(box, client, now)

    def _serve(self, client: ClientId, message: Message, now: Instant) -> None:
        session = self._sessions[client]
        if isinstance(message, FindNodes):
            if session.finds.take(1, now.mono):
                found = self._answer_find(message.target)[: message.most]
                self.send(client, Nodes(message.request, found), now)
        elif isinstance(message, Lookup):
            self._look_up(client, session, message, now)
        elif self.custodian is not None:
            self.custodian.receive(client, message, now)

    def _look_up(self, client: ClientId, session: _Session, message: Lookup, now: Instant) -> None:
        has_room = session.is_near or self._looking_from_afar < MAX_LOOKUPS_FROM_AFAR
        if not has_room or session.looking >= MAX_LOOKUPS_EACH or not session.lookups.take(1, now.mono):
            return

        def found(descriptors: list[bytes], now: Instant) -> None:
            self._count_lookup(session, -1)
            self.send(client, Nodes(message.request, descriptors), now)

        self._count_lookup(session, 1)
        try:
            self._serve_lookup(message.target, now, found)
        except Overloaded:  # the asker asks elsewhere
            self._count_lookup(session, -1)

    def _count_lookup(self, session: _Session, change: int) -> None:
        session.looking += change
        self._looking_from_afar += 0 if session.is_near else change

    # --- the way back -------------------------------------------------------------------------------------------------

    def writable(self, client: ClientId) -> bool:
        """Say whether more than small answers may be sent now."""
        session = self._sessions.get(client)
        if session is None:
            return False
        if session.is_near:
            return self._links.writable(LinkId(session.origin))
        return self.circuits is not None and self.circuits.writable(EndId(session.origin))

    def send(self, client: ClientId, message: Message, now: Instant) -> bool:
        """Send, or count and say that there was no room (or no such client any more)."""
        session = self._sessions.get(client)
        is_sent = session is not None and self._put(session, encode_message(message), now)
        self.counters.unsent += not is_sent
        return is_sent

    def _put(self, session: _Session, data: bytes, now: Instant) -> bool:
        if not session.is_near:
            return self.circuits is not None and self.circuits.send(EndId(session.origin), data, now)
        try:
            self._links.send_message(LinkId(session.origin), data, now)
        except Overloaded:
            return False
        return True
