"""All links of one node, as one machine without I/O.

    datagram of 256 or 1232 bytes
       top bit set   -> index -> live_links -> session -> messages and cells
       top bit clear -> envelope -> initiation, response, cookie, key request, key answer

This file sorts what comes and leads handshakes to links: those that we began (``attempts``) and those that others did
(``reception``). What goes on over a link that is up is ``live_links``.

The five verbs: ``receive_datagram``, ``handle_timeout``, ``next_deadline``, ``datagrams_to_send``, ``next_event``. After any
call there may be datagrams to send; ``datagrams_to_send`` returns a bounded batch, so it is called until it returns none.
Hostile bytes never raise and never change anything but ``counters``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from net.address_shares import Networks
from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint, NodeId
from net.instant import Instant
from net.link.attempts import RETRY_AFTER, Answered, Attempts
from net.link.envelope import Kind, try_open
from net.link.events import (
    FEATURES,
    ConnectFailed,
    LinkEvent,
    LinkId,
    LinkUp,
    Role,
)
from net.link.frames import CellKind
from net.link.handshake import Initiation, Response
from net.link.keys import FRAME_BIT, INDEX_SIZE, FrameKeys
from net.link.live_links import LiveLinks
from net.link.reception import Reception
from net.link.session import Session
from net.link.status import Counters, LinkInfo
from net.link.table import LinkTable
from net.numbers import LARGE_DATAGRAM_SIZE, SMALL_DATAGRAM_SIZE
from net.primitives import x25519_pair_of

MAX_OUTBOX: Final = 1024  # handshake datagrams waiting to be sent; more are dropped, their askers ask again
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
        self._attempts = Attempts(self._ours, role, features, random, self._post, self._objection)
        self._reception = Reception(self._ours, role, features, random, self._post, self._judge, self.counters)
        self._half_open = self._reception.half_open
        self._table = LinkTable() if table is None else table
        self._sessions = self._table.sessions
        self._live = LiveLinks(self._table, self.counters, random, self._post, self._renew)
        self._last_link = 0
        self._outbox: deque[tuple[bytes, Endpoint]] = deque()

    # What the owner does.

    def connect(self, endpoint: Endpoint, peer: NodeId | None, now: Instant, *, is_probe: bool = False) -> None:
        """Begin a link; with ``peer`` None, ask the endpoint for its key first.

        A probe goes where only hearsay leads: one datagram, and more only for answers to it, so that hearsay makes us
        send a third party no more than it cost to spread.

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
            self._live.tell(ConnectFailed(endpoint, peer, reason))
            return
        self._attempts.begin(endpoint, peer, now, is_probe=is_probe)
        self._report_failed()

    def send_message(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Queue a message, 1 … ``MAX_MESSAGE_SIZE`` bytes; on a link that is gone, nothing happens.

        Raises:
            Overloaded: the link's send buffer is full, or all links hold much and this one its share.
            ValueError: empty or too large.
        """
        if (session := self._sessions.get(link)) is not None:
            self._live.send_message(session, data, now)

    def writable(self, link: LinkId) -> bool:
        """Return whether one more largest message fits the link's send buffer."""
        session = self._sessions.get(link)
        return session is not None and self._live.writable(session)

    def send_cell(self, link: LinkId, data: bytes, now: Instant, kind: CellKind = CellKind.PACKET) -> bool:
        """Queue a cell; False when it found no room (packets: counted) or no link. Raises ``ValueError``."""
        session = self._sessions.get(link)
        return session is not None and self._live.send_cell(session, data, now, kind)

    def close(self, link: LinkId, now: Instant) -> None:
        """End a link; the peer is told once."""
        if (session := self._sessions.get(link)) is not None:
            self._live.end(session, "closed", now)

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
        """Take a datagram from any source."""
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
        self._live.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, monotonic seconds: in the past when there is work now, inf for never."""
        if self._outbox:
            return 0.0
        return min(each.next_deadline() for each in (self._live, self._attempts, self._half_open))

    def datagrams_to_send(self, now: Instant) -> list[tuple[bytes, Endpoint]]:
        """Return the next batch of datagrams, each 256 or 1232 bytes; an empty list when there is nothing left to send."""
        batch: list[tuple[bytes, Endpoint]] = list(self._outbox)
        self._outbox.clear()
        batch += self._live.datagrams(now, BATCH - len(batch))
        self.counters.datagrams_out += len(batch)
        return batch

    def next_event(self) -> LinkEvent | None:
        """Return what happened next, or None. Taking a message is what lets the peer send more."""
        return self._live.next_event()

    # Frames.

    def _receive_frame(self, data: bytes, source: Endpoint, now: Instant) -> None:
        found = self._table.find(data[:INDEX_SIZE])
        if found is None:
            found = self._promote(data, now)
        if found is None:
            self.counters.dropped_unknown += 1
            return
        session, keys = found
        self._live.receive(session, keys, data, source, now)

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
        self._live.adopt(renewed, half.keys, must_show=False)
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
        return True, session.link if session.epochs.is_known_as(said.continues) else None

    def _receive_response(self, answered: Answered, now: Instant) -> None:
        attempt, said = answered.attempt, answered.said
        keys = FrameKeys(
            answered.keys, is_initiator=True, our_index=attempt.index, their_index=said.index, now=now.mono
        )
        if attempt.link is not None and said.is_continued:
            renewed = self._sessions.get(attempt.link)
            if renewed is not None:  # else it ended meanwhile, and the peer's half-open handshake will
                self._live.adopt(renewed, keys, must_show=True)
            return
        session = self._establish(
            answered.peer, said, attempt.endpoint, keys, now, is_initiator=True, round_trip=answered.round_trip
        )
        if session is None:
            self._live.tell(ConnectFailed(attempt.endpoint, answered.peer, "too many links"))

    def _objection(self, peer: NodeId) -> str | None:
        if peer == self.node_id:
            return "ourselves"
        return "already linked" if self._table.with_peer(peer) else None

    def _report_failed(self) -> None:
        for attempt, reason in self._attempts.take_failed():
            if attempt.link is None:  # the owner of a renewed link hears of that link, not of the attempt
                self._live.tell(ConnectFailed(attempt.endpoint, attempt.peer, reason))

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
        """Make a link of a handshake; None when there is no room any more."""
        link = LinkId(self._last_link + 1)
        up = LinkUp(link, peer, endpoint, said.role, said.wall_ms, is_initiator, said.features)
        session = self._live.establish(up, keys, round_trip, now)
        if session is not None:
            self._last_link = link
            if (attempt := self._attempts.with_peer(peer)) is not None:
                self._attempts.give_up(attempt)
            self._half_open.remove_of(peer)
        return session

    def _renew(self, session: Session, now: Instant) -> None:
        if self._attempts.is_busy(session.endpoint) or self._attempts.with_peer(session.peer):
            return
        renews = session.link, session.epochs.current.their_index
        self._attempts.begin(session.endpoint, session.peer, now, renews=renews)
