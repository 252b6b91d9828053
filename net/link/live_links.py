"""The links that are up: whose turn it is to send, when each wants attention, and what they tell the owner.

    messages, cells ──> session ──> dirty ──> datagrams, a batch at a time, the links by turns
    frames ──> session ──> events, in order

A link is *dirty* while it may have something to send. Its deadline mostly moves later with every frame, so the agenda is
told only of nearer ones and a link that comes up too early is asked again. What is told to the owner waits until it is
taken: messages within the link's window, cells up to ``MAX_UNREAD_CELLS``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from net.agenda import Agenda
from net.errors import DecodeError, Overloaded
from net.ids import Endpoint
from net.instant import Instant
from net.link.events import CellReceived, LinkDown, LinkEvent, LinkId, LinkUp, MessageReceived, SessionEvent
from net.link.frames import CellKind
from net.link.keys import FrameKeys
from net.link.session import CLOSED_BY_PEER, Session
from net.link.status import Counters
from net.link.table import LinkTable
from net.numbers import MAX_MESSAGE_SIZE

MAX_UNREAD_CELLS: Final = 4096  # of each kind, waiting for the owner, 5 MB


class LiveLinks:
    """Works the links of ``table``.

    ``post`` sends the last frame of a link that ends; ``renew`` begins a handshake that continues a link.
    """

    def __init__(
        self,
        table: LinkTable,
        counters: Counters,
        random: Callable[[int], bytes],
        post: Callable[[bytes, Endpoint], None],
        renew: Callable[[Session, Instant], None],
    ) -> None:
        self._table = table
        self._sessions = table.sessions
        self._counters = counters
        self._random = random
        self._post = post
        self._renew = renew
        self._dirty: dict[LinkId, Session] = {}  # may have something to send
        self._deadlines: Agenda[LinkId] = Agenda()
        self._events: deque[LinkEvent] = deque()
        self._unread_cells = dict.fromkeys(CellKind, 0)

    # How a link begins and ends.

    def establish(self, up: LinkUp, keys: FrameKeys, round_trip: float | None, now: Instant) -> Session | None:
        """Add a link, in place of the same peer's and of another if need be; None when there is no room any more."""
        if (former := self._table.with_peer(up.peer)) is not None:
            self.end(former, "replaced", now)
        if not self._table.has_room_for(up.endpoint, is_ours=up.is_initiator):
            return None
        if (loser := self._table.loser_to(up.endpoint, is_ours=up.is_initiator)) is not None:
            self.end(loser, "too many links", now)
        session = Session(up, keys, self._emit, self._random, round_trip=round_trip, now=now.mono)
        self._dirty[up.link] = session
        self._table.add(session)
        self._events.append(up)
        return session

    def adopt(self, session: Session, keys: FrameKeys, *, must_show: bool) -> None:
        """Give a link new keys; see ``Session.adopt``."""
        session.adopt(keys, must_show=must_show)
        self._table.add_keys(session)
        self._dirty[session.link] = session

    def end(self, session: Session, reason: str, now: Instant) -> None:
        """End a link, and tell its owner and, unless it was the one to end it, the peer."""
        last = session.close()
        if last is not None and reason != CLOSED_BY_PEER:
            self._post(last, session.endpoint)
        self._table.remove(session)
        self._dirty.pop(session.link, None)
        self._deadlines.cancel(session.link)
        self._events.append(LinkDown(session.link, session.peer, reason))

    # What goes out.

    def send_message(self, session: Session, data: bytes, now: Instant) -> None:
        """Queue a message; see ``LinkLayer.send_message``."""
        if not self._table.lets_hold(session, len(data)):
            raise Overloaded("links")
        session.send_message(data)
        self._dirty[session.link] = session
        self._weigh(session, now)

    def writable(self, session: Session) -> bool:
        """Return whether one more largest message fits."""
        return session.is_writable() and self._table.lets_hold(session, MAX_MESSAGE_SIZE)

    def send_cell(self, session: Session, data: bytes, now: Instant, kind: CellKind) -> bool:
        """Queue a cell; see ``LinkLayer.send_cell``."""
        if not session.send_cell(data, kind):
            self._counters.cells_dropped += kind is CellKind.PACKET  # datagrams wait in queues of their own
            return False
        self._dirty[session.link] = session
        self._weigh(session, now)
        return True

    def datagrams(self, now: Instant, limit: int) -> list[tuple[bytes, Endpoint]]:
        """Return at most about ``limit`` datagrams of the links that have something to send."""
        batch: list[tuple[bytes, Endpoint]] = []
        while self._dirty and len(batch) < limit:
            link, session = next(iter(self._dirty.items()))
            del self._dirty[link]
            room = limit - len(batch)
            batch.extend(session.path_datagrams(now.mono))
            datagrams = session.datagrams(now.mono, room)
            endpoint = session.endpoint
            batch.extend([(datagram, endpoint) for datagram in datagrams])
            if len(datagrams) >= room:
                self._dirty[link] = session  # to the end of the line
            self._schedule(session)
            self._table.on_moved(session)
            self._weigh(session, now)  # after frames of its peer, too: they make it dirty
        return batch

    # What comes in.

    def receive(self, session: Session, keys: FrameKeys, data: bytes, source: Endpoint, now: Instant) -> None:
        """Take a frame of a link. A broken rule ends the link and is raised: ``DecodeError``, ``Unauthenticated``."""
        try:
            session.receive(keys, data, source, now.mono)
        except DecodeError as error:
            self.end(session, error.what, now)
            raise
        self._dirty[session.link] = session

    def tell(self, event: LinkEvent) -> None:
        """Put an event after those that wait for the owner."""
        self._events.append(event)

    def next_event(self) -> LinkEvent | None:
        """Return what happened next, or None; see ``LinkLayer.next_event``."""
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

    def _emit(self, event: SessionEvent) -> None:
        self._table.on_used(event.link)
        if isinstance(event, CellReceived):
            if self._unread_cells[event.kind] >= MAX_UNREAD_CELLS:
                self._counters.cells_dropped += 1
                return
            self._unread_cells[event.kind] += 1
        self._events.append(event)

    # Time.

    def handle_timeout(self, now: Instant) -> None:
        """Do what is due of each link."""
        for link in self._deadlines.pop_due(now.mono):
            session = self._sessions[link]
            if session.deadline() <= now.mono:
                self._on_deadline(session, now)
            else:
                self._schedule(session)

    def next_deadline(self) -> float:
        """Return when there is something to do, monotonic seconds: in the past while a link may have something to send."""
        return 0.0 if self._dirty else self._deadlines.next_deadline()

    def _on_deadline(self, session: Session, now: Instant) -> None:
        reason = session.handle_timeout(now.mono)
        if reason is not None:
            self.end(session, reason, now)
            return
        self._table.drop_retired(session)
        self._dirty[session.link] = session  # sending also sets the next deadline
        if session.is_rekey_due(now.mono):
            self._renew(session, now)

    def _schedule(self, session: Session) -> None:
        self._deadlines.at_latest(session.link, session.deadline())

    def _weigh(self, session: Session, now: Instant) -> None:
        if self._table.weigh(session):
            while (heaviest := self._table.too_heavy()) is not None:
                self.end(heaviest, "too much at once", now)
