"""All links of one node, as one machine without I/O.

    datagram of 256 or 1232 bytes
       top bit set   -> index -> session -> messages and cells
       top bit clear -> envelope -> initiation, response, cookie, key request, key answer

The five verbs: ``receive_datagram``, ``handle_timeout``, ``next_deadline``, ``datagrams_to_send``, ``next_event``. After any
call there may be datagrams to send; ``datagrams_to_send`` returns a bounded batch, so it is called until it returns none.
Hostile bytes never raise and never change anything but ``counters``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from net.address_shares import Networks
from net.errors import DecodeError, Overloaded, Unauthenticated
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.attempts import RETRY_AFTER, Answered, Attempts
from net.link.envelope import Kind, try_open
from net.link.events import (
    FEATURES,
    CellReceived,
    ConnectFailed,
    LinkDown,
    LinkEvent,
    LinkId,
    LinkUp,
    MessageReceived,
    Role,
    SessionEvent,
)
from net.link.frames import CellKind
from net.link.handshake import Initiation, Response
from net.link.keys import FRAME_BIT, INDEX_SIZE, FrameKeys
from net.link.reception import Reception
from net.link.session import CLOSED_BY_PEER, Session
from net.link.status import Counters, LinkInfo
from net.link.table import LinkTable
from net.link.timers import Timers
from net.numbers import LARGE_DATAGRAM_SIZE, MAX_MESSAGE_SIZE, SMALL_DATAGRAM_SIZE
from net.primitives import x25519_pair_of

MAX_OUTBOX: Final = 1024  # handshake datagrams waiting to be sent; more are dropped, their askers ask again
MAX_UNREAD_CELLS: Final = 4096  # of each kind, waiting for the owner, 5 MB
BATCH: Final = 128  # datagrams that one call returns: 2 ms of sealing, and 1 ms of sending


class LinkLayer:
    """All links of the node with the X25519 key ``secret_key``; ``features``: what it says it can do; ``table``: empty."""

    def __init__(
        self,
        *,
        secret_key: bytes,
        role: Role,
        random: Callable[[int], bytes],
        features: int = FEATURES,
        table: LinkTable | None = None,
    ) -> None:
        self._ours = x25519_pair_of(secret_key)
        self.node_id = NodeId(self._ours.public)
        self.counters = Counters()
        self._random = random
        self._attempts = Attempts(self._ours, role, features, random, self._post, self._objection)
        self._reception = Reception(self._ours, role, features, random, self._post, self._judge, self.counters)
        self._half_open = self._reception.half_open
        self._table = LinkTable() if table is None else table
        self._sessions = self._table.sessions
        self._last_link = 0
        self._events: deque[LinkEvent] = deque()
        self._unread_cells = dict.fromkeys(CellKind, 0)
        self._outbox: deque[tuple[bytes, Endpoint]] = deque()
        self._dirty: dict[LinkId, Session] = {}  # may have something to send
        self._timers: Timers[LinkId] = Timers()

    # What the owner does.

    def connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link; with ``peer`` None, ask the endpoint for its key first.

        A probe goes where only hearsay leads: one datagram, and more only for answers to it, so that whoever spread the
        hearsay can make us send nobody more than it cost to spread.

        A no-op while such an attempt is under way or such a link is up; else it ends in ``LinkUp`` or ``ConnectFailed``.
        """
        if (peer is not None and self._table.with_peer(peer)) or self._attempts.is_under_way(endpoint, peer):
            return
        if peer is None and any(session.endpoint == endpoint for session in self._sessions.values()):
            return
        reason = "ourselves" if peer == self.node_id else None
        if self._attempts.is_full() or not self._table.has_room_for(endpoint, is_ours=True):
            reason = "too many links"
        if self._attempts.is_busy(endpoint):
            reason = "endpoint busy"
        if reason is not None:
            self._events.append(ConnectFailed(endpoint, peer, reason))
            return
        self._attempts.begin(endpoint, peer, now, is_probe=is_probe)
        self._report_failed()

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Queue a message, 1 … ``MAX_MESSAGE_SIZE`` bytes; on a link that is gone, nothing happens.

        Raises:
            Overloaded: the link's send buffer is full, or all links hold much and this one its share.
            ValueError: empty or too large.
        """
        if (session := self._sessions.get(link)) is None:
            return
        if not self._table.lets_hold(session, len(data)):
            raise Overloaded("links")
        session.send_message(data)
        self._dirty[link] = session
        self._weigh(session, now)

    def writable(self, link: LinkId) -> bool:
        """Return whether one more largest message fits the link's send buffer."""
        session = self._sessions.get(link)
        return session is not None and session.is_writable() and self._table.lets_hold(session, MAX_MESSAGE_SIZE)

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        """Queue a cell; False when it found no room (packets: counted) or no link. Raises ``ValueError``."""
        if (session := self._sessions.get(link)) is None:
            return False
        if not session.send_cell(data, kind):
            self.counters.cells_dropped += kind is CellKind.PACKET
            return False
        self._dirty[link] = session
        self._weigh(session, now)
        return True

    def close(self, link: LinkId, now: Instant) -> None:
        """End a link; the peer is told once."""
        if (session := self._sessions.get(link)) is not None:
            self._end(session, "closed", now)

    def endpoint_of(self, link: LinkId) -> Endpoint | None:
        """Return from where a link's datagrams come now; None when there is no such link."""
        session = self._sessions.get(link)
        return session.paths.source if session else None

    def networks_of(self, link: LinkId) -> Networks:
        """Return which networks a link's peer has shown to be in, outermost first."""
        return self._table.networks_of(link)

    def features_of(self, link: LinkId) -> int:
        """Return what a link's peer said that it can do, a bit each; 0 when there is no such link."""
        session = self._sessions.get(link)
        return session.features if session else 0

    def links(self) -> list[LinkInfo]:
        """Return the links that are up."""
        return [session.info() for session in self._sessions.values()]

    # The five verbs.

    def receive_datagram(self, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a datagram from anybody."""
        self.counters.datagrams_in += 1
        try:
            if len(data) != LARGE_DATAGRAM_SIZE and len(data) != SMALL_DATAGRAM_SIZE:
                self.counters.dropped_size += 1
            elif data[0] & FRAME_BIT:
                self._receive_frame(data, source, now)
            elif len(data) == SMALL_DATAGRAM_SIZE:
                self._receive_handshake(data, source, now)
            else:
                self.counters.dropped_unknown += 1
        except Unauthenticated:
            self.counters.dropped_forged += 1
        except DecodeError:
            self.counters.dropped_malformed += 1

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due."""
        self._attempts.handle_timeout(now)
        self._report_failed()
        self._half_open.handle_timeout(now.mono)
        while (link := self._timers.pop_due(now.mono)) is not None:
            session = self._sessions[link]
            if session.deadline() <= now.mono:
                self._on_session_deadline(session, now)
            else:
                self._schedule(session)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds: in the past when there is work now, inf for never."""
        if self._dirty or self._outbox:
            return 0.0
        return min(self._timers.next(), self._attempts.next_deadline(), self._half_open.next_deadline())

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch of datagrams, each 256 or 1232 bytes; an empty list when there is nothing left to send."""
        batch: list[tuple[bytes, Endpoint]] = list(self._outbox)
        self._outbox.clear()
        while self._dirty and len(batch) < BATCH:
            link, session = next(iter(self._dirty.items()))
            del self._dirty[link]
            room = BATCH - len(batch)
            batch.extend(session.path_datagrams(now.mono))
            datagrams = session.datagrams(now.mono, room)
            endpoint = session.endpoint
            batch.extend([(datagram, endpoint) for datagram in datagrams])
            if len(datagrams) >= room:
                self._dirty[link] = session  # to the end of the line
            self._schedule(session)
            self._table.on_moved(session)
            self._weigh(session, now)  # after frames of its peer, too: they make it dirty
        self.counters.datagrams_out += len(batch)
        return batch

    def next_event(self) -> LinkEvent | None:
        """Return what happened next, or None. Taking a message is what lets the peer send more."""
        if not self._events:
            return None
        event = self._events.popleft()
        if isinstance(event, MessageReceived):
            session = self._sessions.get(event.link)
            if session is not None:
                if session.on_taken(len(event.data), may_grow=self._table.may_grow(session)):
                    self._dirty[event.link] = session
                self._table.weigh(session)
        elif isinstance(event, CellReceived):
            self._unread_cells[event.kind] -= 1
        return event

    # Frames.

    def _receive_frame(self, data: bytes, source: Endpoint, now: Instant) -> None:
        found = self._table.find(data[:INDEX_SIZE])
        if found is None:
            found = self._promote(data, now)
        if found is None:
            self.counters.dropped_unknown += 1
            return
        session, keys = found
        try:
            session.receive(keys, data, source, now.mono)
        except DecodeError as error:
            self._end(session, error.what, now)
            raise
        self._dirty[session.link] = session

    def _promote(self, data: bytes, now: Instant) -> tuple[Session, FrameKeys] | None:
        """Turn a half-open handshake into a link, or into new keys of one, on its initiator's first frame."""
        half = self._half_open.get(data[:INDEX_SIZE])
        if half is None:
            return None
        half.keys.open(half.keys.number_of(data), data)
        self._half_open.remove(half.keys.our_index)
        if half.link is None:
            session = self._establish(
                half.peer, half.said, half.endpoint, half.keys, now, is_initiator=False, round_trip=None
            )
            return (session, half.keys) if session else None
        renewed = self._sessions.get(half.link)
        if renewed is None:
            return None  # the initiator will find out by our silence
        self._adopt(renewed, half.keys, must_show=False)
        return renewed, half.keys

    # Handshakes.

    def _receive_handshake(self, data: bytes, source: Endpoint, now: Instant) -> None:
        opened = try_open(self._reception.envelope, data)
        if opened is not None and opened[0] is Kind.INITIATION:
            self._reception.receive_initiation(data, opened[1], source, now)
        elif opened is not None and opened[0] is Kind.RESPONSE:
            self._receive_response(self._attempts.consume_response(opened[1], now), now)
        elif self._attempts.consume_answer(data, source, now):
            self._report_failed()
        else:
            kind, _ = self._reception.open_envelope.open(data)
            if kind is not Kind.KEY_REQUEST:
                raise DecodeError("envelope: not a question")
            self._reception.receive_key_request(data, source, now)

    def _judge(self, peer: NodeId, said: Initiation, source: Endpoint, now: Instant) -> tuple[bool, LinkId | None]:
        """Say whether an initiator is answered, and which link its handshake renews."""
        attempt = self._attempts.with_peer(peer)
        if attempt is not None and self.node_id < peer and now.mono - attempt.began_at < RETRY_AFTER:
            # Both began at once: the smaller key's stands, unless the other has to try again after all.
            return False, None
        session = self._table.with_peer(peer)
        if session is None:
            return self._table.has_room_for(source, is_ours=False), None
        return True, session.link if session.is_known_as(said.continues) else None

    def _receive_response(self, answered: Answered, now: Instant) -> None:
        attempt, said = answered.attempt, answered.said
        keys = FrameKeys(
            answered.keys, is_initiator=True, our_index=attempt.index, their_index=said.index, now=now.mono
        )
        if attempt.link is not None and said.is_continued:
            renewed = self._sessions.get(attempt.link)
            if renewed is not None:  # else it ended meanwhile, and the peer's half-open handshake will
                self._adopt(renewed, keys, must_show=True)
            return
        session = self._establish(
            answered.peer, said, attempt.endpoint, keys, now, is_initiator=True, round_trip=answered.round_trip
        )
        if session is None:
            self._events.append(ConnectFailed(attempt.endpoint, answered.peer, "too many links"))

    def _objection(self, peer: NodeId) -> str | None:
        if peer == self.node_id:
            return "ourselves"
        return "already linked" if self._table.with_peer(peer) else None

    def _report_failed(self) -> None:
        for attempt, reason in self._attempts.take_failed():
            if attempt.link is None:  # who renews a link hears of that link, not of the attempt
                self._events.append(ConnectFailed(attempt.endpoint, attempt.peer, reason))

    def _post(self, datagram: bytes, endpoint: Endpoint) -> None:
        if len(self._outbox) < MAX_OUTBOX:
            self._outbox.append((datagram, endpoint))
        else:
            self.counters.dropped_queue += 1

    # Links.

    def _establish(
        self,
        peer: NodeId,
        said: Initiation | Response,
        endpoint: Endpoint,
        keys: FrameKeys,
        now: Instant,
        *,
        is_initiator: bool,
        round_trip: float | None,
    ) -> Session | None:
        """Make a link of a handshake, in place of another if need be; None when there is no room any more."""
        if (former := self._table.with_peer(peer)) is not None:
            self._end(former, "replaced", now)
        if not self._table.has_room_for(endpoint, is_ours=is_initiator):
            return None
        if (loser := self._table.loser_to(endpoint, is_ours=is_initiator)) is not None:
            self._end(loser, "too many links", now)
        if (attempt := self._attempts.with_peer(peer)) is not None:
            self._attempts.give_up(attempt)
        self._half_open.remove_of(peer)
        self._last_link += 1
        link = LinkId(self._last_link)
        up = LinkUp(link, peer, endpoint, said.role, said.wall_ms, is_initiator, said.features)
        session = Session(up, keys, self._emit, self._random, round_trip=round_trip, now=now.mono)
        self._dirty[up.link] = session
        self._table.add(session)
        self._events.append(up)
        return session

    def _adopt(self, session: Session, keys: FrameKeys, *, must_show: bool) -> None:
        session.adopt(keys, must_show=must_show)
        self._table.add_keys(session)
        self._dirty[session.link] = session

    def _end(self, session: Session, reason: str, now: Instant) -> None:
        last = session.close()
        if last is not None and reason != CLOSED_BY_PEER:
            self._post(last, session.endpoint)
        self._table.remove(session)
        self._dirty.pop(session.link, None)
        self._timers.forget(session.link)
        self._events.append(LinkDown(session.link, session.peer, reason))

    def _on_session_deadline(self, session: Session, now: Instant) -> None:
        reason = session.handle_timeout(now.mono)
        if reason is not None:
            self._end(session, reason, now)
            return
        self._table.drop_retired(session)
        self._dirty[session.link] = session  # sending also sets the next deadline
        if session.is_rekey_due(now.mono) and not (
            self._attempts.is_busy(session.endpoint) or self._attempts.with_peer(session.peer)
        ):
            self._attempts.begin(session.endpoint, session.peer, now, renews=(session.link, session.their_index))

    def _weigh(self, session: Session, now: Instant) -> None:
        if self._table.weigh(session):
            while (heaviest := self._table.too_heavy()) is not None:
                self._end(heaviest, "too much at once", now)

    def _schedule(self, session: Session) -> None:
        self._timers.at_latest(session.link, session.deadline())

    def _emit(self, event: SessionEvent) -> None:
        self._table.on_used(event.link)
        if isinstance(event, CellReceived):
            if self._unread_cells[event.kind] >= MAX_UNREAD_CELLS:
                self.counters.cells_dropped += 1
                return
            self._unread_cells[event.kind] += 1
        self._events.append(event)
