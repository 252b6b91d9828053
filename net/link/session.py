"""One link: its life, and what comes in.

    ESTABLISHED --- silence while something is owed to us, 2 s ---> SUSPECTED --- 20 s ---> CLOSED
         ^                                                              |                     ^
         +-------------- any authenticated frame -----------------------+                     |
         +-------------- close, broken rule, replaced by the peer, worn out ------------------+

On SUSPECTED the owner is told, so that it can go other ways meanwhile, and the layer begins a handshake that continues this
link: if the peer only lost our address or its keys, the link goes on; if it started anew, there is a new link seconds later
instead of twenty.

What goes out is ``net.link.outbound``, the renewal of keys ``net.link.epochs``. One replay window, one set of received
numbers and one recovery serve for the whole life of a link, whatever its keys, because frame numbers go on across them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import Final

from net.errors import DecodeError, Unauthenticated
from net.ids import Endpoint
from net.link import frames
from net.link.acknowledging import Acknowledgements
from net.link.epochs import KeyEpochs
from net.link.events import CellReceived, LinkHeard, LinkQuiet, LinkUp, MessageReceived, SessionEvent
from net.link.frames import Ack, Answer, CellKind, Challenge, Extra, Ping, StreamData, Window
from net.link.keys import FrameKeys
from net.link.outbound import LAST_NUMBER, Outbound
from net.link.paths import Paths
from net.link.replay_window import ReplayWindow
from net.link.status import LinkInfo
from net.link.stream import ReceiveStream
from net.numbers import UPPER_HALF

MAX_UNREAD_MESSAGES: Final = 256  # per link; the rest waits as bytes, inside the window
PROBE_AFTER: Final = 27.0  # seconds without a frame; NAT mappings live 30 s and more
RESPONDER_EXTRA: Final = 5.0  # seconds later than the initiator, so that one of both does it
DOWN_AFTER: Final = 20.0  # seconds of silence while something is owed to us
CLOSED_BY_PEER: Final = "closed by peer"
_CELL_KINDS: Final = frozenset(CellKind)


class SessionState(Enum):
    """Named for what happened."""

    ESTABLISHED = "="
    SUSPECTED = "?"
    CLOSED = "x"


class Session:
    """A link between us and ``peer``. ``emit`` takes what arrives, in order."""

    def __init__(
        self,
        up: LinkUp,
        keys: FrameKeys,
        emit: Callable[[SessionEvent], None],
        random: Callable[[int], bytes],
        *,
        round_trip: float | None,
        now: float,
        last_number: int = LAST_NUMBER,
    ) -> None:
        self.link, self.peer, self.role = up.link, up.peer, up.role
        self.is_initiator, self.features = up.is_initiator, up.features
        self.state = SessionState.ESTABLISHED
        self.bytes_in = 0
        self.epochs = KeyEpochs(keys, is_initiator=up.is_initiator)
        self.paths = Paths(up.endpoint, random)
        self._emit = emit
        self._window = ReplayWindow()
        self._acks = Acknowledgements()
        self._in = ReceiveStream()
        self._unread = 0
        self._heard_at = now
        # The responder waits for a first frame, so the initiator owes a ping.
        self.outbound = Outbound(
            self.epochs,
            self._acks,
            self._in,
            round_trip=round_trip,
            is_ping_due=up.is_initiator,
            last_number=last_number,
        )

    def __str__(self) -> str:
        arrow = f"={self.state.value}=>" if self.is_initiator else f"<={self.state.value}="
        return f"#{self.link} {arrow} {self.peer.hex()[:8]} at {self.endpoint}"

    @property
    def endpoint(self) -> Endpoint:
        """Where the peer is."""
        return self.paths.endpoint

    @property
    def round_trip(self) -> float:
        """The smoothed round trip, seconds."""
        return self.outbound.recovery.smoothed

    @property
    def held(self) -> int:
        """Bytes of memory that the link takes for what came and waits, and for what waits to be sent or confirmed."""
        return self._in.held + self.outbound.held

    def info(self) -> LinkInfo:
        """Return what it looks like from outside."""
        return LinkInfo(
            self.link,
            self.peer,
            self.endpoint,
            self.role,
            self.round_trip,
            self.bytes_in,
            self.outbound.bytes_out,
            self.features,
            is_answering=self.state is SessionState.ESTABLISHED,
        )

    # What the owner does.

    def send_message(self, data: bytes) -> None:
        """Queue a message; see ``SendStream.push`` for errors."""
        self.outbound.stream.push(data)

    def is_writable(self) -> bool:
        """Return whether one more largest message fits."""
        return self.outbound.stream.is_writable()

    def send_cell(self, data: bytes, kind: CellKind = CellKind.PACKET) -> bool:
        """Queue a cell; return False when it was dropped. Raises ``ValueError`` for a wrong size."""
        return self.outbound.cells.push(kind, data)

    def on_taken(self, message_size: int, *, may_grow: bool = True) -> bool:
        """The owner took a message, and the window may grow or not; return whether that gives us something to send."""
        self._in.on_taken(message_size, may_grow=may_grow)
        self._unread -= 1
        if self.state is not SessionState.CLOSED:
            self._deliver_messages()
            self.outbound.is_window_due |= self._in.is_window_due()
        return self.outbound.is_window_due

    def close(self) -> bytes | None:
        """End the link; return a last frame that tells the peer, if one can be made."""
        self.state = SessionState.CLOSED
        self.epochs.retire_all()
        return self.outbound.last_words()

    def adopt(self, keys: FrameKeys, *, must_show: bool) -> None:
        """Send under new keys from now on; the former ones open late frames for a while.

        ``must_show``: this end began the handshake, so the other waits for a frame before it uses the keys.
        """
        self.epochs.adopt(keys)
        self.outbound.is_ping_due |= must_show

    def is_rekey_due(self, now: float) -> bool:
        """Return whether a continuing handshake should begin; notes that it was asked."""
        return self.epochs.is_rekey_due(now, is_suspected=self.state is SessionState.SUSPECTED)

    # Time.

    def deadline(self) -> float:
        """Return when ``handle_timeout`` wants to be called, monotonic seconds."""
        if self.state is SessionState.CLOSED:
            return math.inf
        recovery = self.outbound.recovery
        silence = recovery.patience() if self.state is SessionState.ESTABLISHED else DOWN_AFTER
        return min(
            self._acks.due_at,
            recovery.deadline(),
            self._probe_at(),
            self.outbound.waiting_since + silence,
            self.paths.deadline(self.round_trip),
            self.epochs.next_deadline(),
        )

    def handle_timeout(self, now: float) -> str | None:
        """Do what is due; return the reason when the link is at its end."""
        out = self.outbound
        out.handle_timeout(now)
        self._settle_path(now)
        if self._probe_at() <= now:
            out.is_ping_due = True
        self.epochs.handle_timeout(now)
        if out.waiting_since + DOWN_AFTER <= now:
            return "silent"
        if out.waiting_since + out.recovery.patience() <= now and self.state is SessionState.ESTABLISHED:
            self.state = SessionState.SUSPECTED
            self._emit(LinkQuiet(self.link, self.peer))
        return "worn out" if out.is_worn_out else None

    def datagrams(self, now: float, limit: int) -> list[bytes]:
        """Return at most about ``limit`` datagrams that may go now, to ``endpoint``."""
        return self.outbound.datagrams(now, limit)

    def path_datagrams(self, now: float) -> list[tuple[bytes, Endpoint]]:
        """Return the challenges and answers that are due, each with where it goes."""
        self._settle_path(now)
        return self.outbound.path_datagrams(self.paths, now)

    def _settle_path(self, now: float) -> None:
        if self.paths.settle(self.round_trip, now):
            self.outbound.on_moved()

    def _probe_at(self) -> float:
        if self.outbound.waiting_since != math.inf or self.outbound.is_ping_due:
            return math.inf
        return self._heard_at + PROBE_AFTER + (0 if self.is_initiator else RESPONDER_EXTRA)

    # Inbound flow: open, check the window, note the number, then whatever is inside.

    def receive(self, keys: FrameKeys, datagram: bytes, source: Endpoint, now: float) -> None:
        """Take a frame that came under ``keys``.

        Raises:
            Unauthenticated: altered, or seen before; nothing changed.
            DecodeError: the peer, authenticated, broke a rule; the link should be closed.
        """
        number = keys.number_of(datagram)
        if not self._window.is_new(number):
            raise Unauthenticated("frame: replayed or too old")
        body = keys.open(number, datagram)
        if number > self._window.highest:
            self._acks.newest_at = now
            self.paths.on_newest(source, now)
        self._window.mark(number)
        self.bytes_in += len(datagram)
        self._heard_at = now
        if self.state is SessionState.SUSPECTED:
            self.state = SessionState.ESTABLISHED
            self._emit(LinkHeard(self.link, self.peer))
        if body[0] in _CELL_KINDS and len(body) == frames.LARGE_BODY_SIZE:
            self.epochs.is_used = True
            self._acks.note(number, now)
            self._emit(CellReceived(self.link, body[1:], CellKind(body[0])))
        elif body[0] == frames.PARTS[0]:
            self._receive_parts(number, frames.decode_parts(body), source, now)
        elif body[0] >= UPPER_HALF:
            self._receive_parts(number, [Extra(frames.asks_for_ack(body[0]))], source, now)
        else:
            raise DecodeError("body: unknown type")
        self.outbound.on_heard(now)

    def _receive_parts(self, number: int, parts: list[frames.Part], source: Endpoint, now: float) -> None:
        is_eliciting = False
        for part in parts:
            if isinstance(part, StreamData):
                self._in.on_data(part.offset, part.data)
                self.epochs.is_used = is_eliciting = True
            elif isinstance(part, Ack):
                self.outbound.on_ack(part, now)
            elif isinstance(part, Window):
                self.outbound.stream.on_window(part.limit)
                is_eliciting = True
            elif isinstance(part, Ping):
                is_eliciting = True
            elif isinstance(part, Challenge):
                self.paths.on_challenge(part.token, source)
            elif isinstance(part, Answer):
                self.paths.on_answer(part.token, now)
            elif isinstance(part, Extra):
                is_eliciting |= part.is_eliciting
            else:
                raise PeerClosed
        if is_eliciting:
            self._acks.note(number, now)
            self._deliver_messages()
        else:
            self._acks.add(number)

    def _deliver_messages(self) -> None:
        while self._unread < MAX_UNREAD_MESSAGES and (message := self._in.take_message()) is not None:
            self._unread += 1
            self._emit(MessageReceived(self.link, message))


class PeerClosed(DecodeError):
    """The peer ended the link; handled like a broken rule, under another name."""

    def __init__(self) -> None:
        super().__init__(CLOSED_BY_PEER)
