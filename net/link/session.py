"""One link: its keys, its frames and its life. Owns the streams and the recovery of lost frames.

    ESTABLISHED --- silence while something is owed to us, 2 s ---> SUSPECTED --- 20 s ---> CLOSED
         ^                                                              |                     ^
         +-------------- any authenticated frame -----------------------+                     |
         +-------------- close, broken rule, replaced by the peer, worn out ------------------+

On SUSPECTED the owner is told, so that it can go other ways meanwhile, and the layer begins a handshake that continues this
link: if the peer only lost our address or its keys, the link goes on; if it started anew, there is a new link seconds later
instead of twenty. Keys are renewed by the same kind of
handshake after five minutes of use: the new ones are used as soon as the peer is known to hold them, the old ones open
late frames for a while (make before break). The owner of the link notices nothing.

Frame numbers count for the whole link, across keys; so one replay window, one set of received numbers and one recovery
serve for its whole life, and (key, number) never repeats.
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
from net.link.cells import CellQueue
from net.link.events import CellReceived, LinkHeard, LinkQuiet, LinkUp, MessageReceived, SessionEvent
from net.link.frames import Ack, Answer, CellKind, Challenge, Extra, Ping, StreamData, Window
from net.link.keys import FrameKeys
from net.link.paths import MAX_OWED, Paths
from net.link.recovery import Fates, Recovery, SentFrame
from net.link.replay_window import ReplayWindow
from net.link.status import LinkInfo
from net.link.stream import ReceiveStream, SendStream
from net.numbers import UPPER_HALF

MAX_UNREAD_MESSAGES: Final = 256  # per link; the rest waits as bytes, inside the window
PROBE_AFTER: Final = 27.0  # seconds without a frame; NAT mappings live 30 s and more
RESPONDER_EXTRA: Final = 5.0  # seconds later than the initiator, so that one of both does it
DOWN_AFTER: Final = 20.0  # seconds of silence while something is owed to us
REKEY_AFTER: Final = 300.0  # seconds: what is inside has keys of its own; a handshake costs as much as ten cells
REKEY_FRAMES: Final = 1 << 20
REKEY_RETRY: Final = 15.0  # seconds
FORMER_KEYS_LIFE: Final = 20.0  # seconds: longer than a frame lives in any network
CLOSED_BY_PEER: Final = "closed by peer"
_CELL_KINDS: Final = frozenset(CellKind)
LAST_NUMBER: Final = (1 << 32) - 1  # numbers have 32 bits; at 10 000 frames a second they last five days


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
    ) -> None:
        self.link, self.peer, self.role = up.link, up.peer, up.role
        self.is_initiator, self.features = up.is_initiator, up.features
        self.state = SessionState.ESTABLISHED
        self.bytes_in = self.bytes_out = 0
        self.retired: list[bytes] = []  # our indexes that no longer lead here; the layer empties this
        self.keys = keys
        self._former_keys: FrameKeys | None = None
        self._emit = emit
        self.paths = Paths(up.endpoint, random)
        self._next_number = 0
        self._window = ReplayWindow()
        self._acks = Acknowledgements()
        self._recovery = Recovery(round_trip)
        self._out = SendStream()
        self._in = ReceiveStream()
        self._unread = 0
        self._cells = CellQueue()
        self._heard_at = now
        self._waiting_since = math.inf  # something is owed to us, and nothing has come, since
        self._is_ping_due = up.is_initiator  # the responder waits for a first frame
        self._is_window_due = False
        self._is_used = False  # by the owner, under the current keys
        self._rekey_tried_at = -math.inf

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
        return self._recovery.smoothed

    @property
    def their_index(self) -> bytes:
        """The index by which the peer knows this link now."""
        return self.keys.their_index

    @property
    def held(self) -> int:
        """Bytes of memory that the link takes for what came and waits, and for what waits to be sent or confirmed."""
        return self._in.held + self._out.queued + len(self._cells) * frames.CELL_SIZE

    def info(self) -> LinkInfo:
        """Return what it looks like from outside."""
        return LinkInfo(
            self.link,
            self.peer,
            self.endpoint,
            self.role,
            self.round_trip,
            self.bytes_in,
            self.bytes_out,
            self.features,
        )

    # What the owner does.

    def send_message(self, data: bytes) -> None:
        """Queue a message; see ``SendStream.push`` for errors."""
        self._out.push(data)

    def is_writable(self) -> bool:
        """Return whether one more largest message fits."""
        return self._out.is_writable()

    def send_cell(self, data: bytes, kind: CellKind = CellKind.PACKET) -> bool:
        """Queue a cell; return False when it was dropped. Raises ``ValueError`` for a wrong size."""
        return self._cells.push(kind, data)

    def on_taken(self, message_size: int, *, may_grow: bool = True) -> bool:
        """The owner took a message, and the window may grow or not; return whether that gives us something to send."""
        self._in.on_taken(message_size, may_grow=may_grow)
        self._unread -= 1
        if self.state is not SessionState.CLOSED:
            self._deliver_messages()
            self._is_window_due |= self._in.is_window_due()
        return self._is_window_due

    def close(self) -> bytes | None:
        """End the link; return a last frame that tells the peer, if one can be made."""
        self.state = SessionState.CLOSED
        self.retired.append(self.keys.our_index)
        if self._former_keys is not None:
            self.retired.append(self._former_keys.our_index)
        return self._seal(frames.encode_parts([frames.CLOSE])) if self._next_number <= LAST_NUMBER else None

    # Keys.

    def adopt(self, keys: FrameKeys, *, must_show: bool) -> None:
        """Send under new keys from now on; the former ones open late frames for a while.

        ``must_show``: this end began the handshake, so the other waits for a frame before it uses the keys.
        """
        if self._former_keys is not None:
            self.retired.append(self._former_keys.our_index)
        self._former_keys, self.keys = self.keys, keys
        self._is_used = False
        self._is_ping_due |= must_show

    def is_known_as(self, index: bytes) -> bool:
        """Return whether ``index`` is one that we drew for this link and still answer to."""
        former = self._former_keys
        return index == self.keys.our_index or (former is not None and index == former.our_index)

    def is_rekey_due(self, now: float) -> bool:
        """Return whether a continuing handshake should begin; notes that it was asked."""
        if now < self._rekey_at() and self.state is not SessionState.SUSPECTED:
            return False
        if now < self._rekey_tried_at + REKEY_RETRY:
            return False
        self._rekey_tried_at = now
        return True

    # Time.

    def deadline(self) -> float:
        """Return when ``handle_timeout`` wants to be called, monotonic seconds."""
        if self.state is SessionState.CLOSED:
            return math.inf
        silence = self._recovery.patience() if self.state is SessionState.ESTABLISHED else DOWN_AFTER
        return min(
            self._acks.due_at,
            self._recovery.deadline(),
            self._probe_at(),
            self._waiting_since + silence,
            max(self._rekey_at(), self._rekey_tried_at + REKEY_RETRY),
            self.paths.deadline(self.round_trip),
            math.inf if self._former_keys is None else self.keys.created_at + FORMER_KEYS_LIFE,
        )

    def handle_timeout(self, now: float) -> str | None:
        """Do what is due; return the reason when the link is at its end."""
        self._settle(self._recovery.handle_timeout(now))
        self._settle_path(now)
        if self._probe_at() <= now:
            self._is_ping_due = True
        if self._former_keys is not None and self.keys.created_at + FORMER_KEYS_LIFE <= now:
            self.retired.append(self._former_keys.our_index)
            self._former_keys = None
        if self._waiting_since + DOWN_AFTER <= now:
            return "silent"
        if self._waiting_since + self._recovery.patience() <= now and self.state is SessionState.ESTABLISHED:
            self.state = SessionState.SUSPECTED
            self._emit(LinkQuiet(self.link, self.peer))
        return "worn out" if self._next_number > LAST_NUMBER else None

    def _probe_at(self) -> float:
        if self._waiting_since != math.inf or self._is_ping_due:
            return math.inf
        return self._heard_at + PROBE_AFTER + (0 if self.is_initiator else RESPONDER_EXTRA)

    def _rekey_at(self) -> float:
        if not self._is_used:
            return math.inf
        if self.keys.frames >= REKEY_FRAMES:
            return self.keys.created_at
        return self.keys.created_at + REKEY_AFTER + (0 if self.is_initiator else 3 * RESPONDER_EXTRA)

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
            self._is_used = True
            self._acks.note(number, now)
            self._emit(CellReceived(self.link, body[1:], CellKind(body[0])))
        elif body[0] == frames.PARTS[0]:
            self._receive_parts(number, frames.decode_parts(body), source, now)
        elif body[0] >= UPPER_HALF:
            self._receive_parts(number, [Extra(frames.asks_for_ack(body[0]))], source, now)
        else:
            raise DecodeError("body: unknown type")
        self._waiting_since = now if self._recovery.is_waiting() else math.inf

    def _receive_parts(self, number: int, parts: list[frames.Part], source: Endpoint, now: float) -> None:
        is_eliciting = False
        for part in parts:
            if isinstance(part, StreamData):
                self._in.on_data(part.offset, part.data)
                self._is_used = is_eliciting = True
            elif isinstance(part, Ack):
                self._settle(self._recovery.on_ack(part, self._next_number, now))
            elif isinstance(part, Window):
                self._out.on_window(part.limit)
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

    def _settle(self, fates: Fates) -> None:
        for frame in fates.confirmed:
            if frame.start != frame.end:
                self._out.on_confirmed(frame.start, frame.end)
        for frame in fates.lost:
            if frame.start != frame.end:
                self._out.on_lost(frame.start, frame.end)
            self._is_ping_due |= frame.has_ping
            self._is_window_due |= frame.has_window

    def _settle_path(self, now: float) -> None:
        if self.paths.settle(self.round_trip, now):
            self._settle(self._recovery.on_moved())

    # Outbound flow: cells and stream take turns while the window has room; an ack rides with data, or goes alone when due.

    def datagrams(self, now: float, limit: int) -> list[bytes]:
        """Return at most about ``limit`` datagrams that may go now."""
        out: list[bytes] = []
        while len(out) < limit and self._next_number <= LAST_NUMBER:
            before = len(out)
            if self._cells and self._recovery.has_room():
                out.append(self._send_cell(self._cells.pop(), now))
            datagram = self._send_parts(now)
            if datagram is not None:
                out.append(datagram)
            if len(out) == before:
                break
        self.bytes_out += sum(map(len, out))
        return out

    def path_datagrams(self, now: float) -> list[tuple[bytes, Endpoint]]:
        """Return the challenges and answers that are due, each with where it goes."""
        self._settle_path(now)
        owed = self.paths.owed(now) if self._next_number <= LAST_NUMBER - MAX_OWED else []
        out = [(self._seal(frames.encode_challenge(each.token, is_answer=each.is_answer)), each.to) for each in owed]
        self.bytes_out += sum(len(datagram) for datagram, _ in out)
        return out

    def _send_cell(self, body: bytes, now: float) -> bytes:
        self._is_used = True
        datagram = self._seal(body)
        self._remember(SentFrame(now, len(datagram), 0, 0, has_ping=False, has_window=False))
        return datagram

    def _send_parts(self, now: float) -> bytes | None:
        """Seal what parts are due into one frame, or return None."""
        has_stream = self._out.has_data() and self._recovery.has_room()
        is_eliciting = has_stream or self._is_ping_due or self._is_window_due
        parts: list[bytes] = []
        room = frames.LARGE_ROOM
        if self._acks.is_due(now, has_company=is_eliciting):
            parts.append(frames.encode_ack(self._acks.take(now)))
            room -= len(parts[0])
        if not is_eliciting:
            return self._seal(frames.encode_parts(parts)) if parts else None
        has_ping, has_window = self._is_ping_due, self._is_window_due
        if has_ping:
            parts.append(frames.PING)
            room -= 1
        if has_window:
            parts.append(frames.encode_window(self._in.tell_limit()))
            room -= frames.WINDOW_SIZE
        self._is_ping_due = self._is_window_due = False
        start = end = 0
        taken = self._out.take(room - frames.STREAM_OVERHEAD) if has_stream else None
        if taken is not None:
            self._is_used = True
            start, end = taken[0], taken[0] + len(taken[1])
            parts.append(frames.encode_stream(*taken))
        datagram = self._seal(frames.encode_parts(parts))
        self._remember(SentFrame(now, len(datagram), start, end, has_ping, has_window))
        return datagram

    def _remember(self, frame: SentFrame) -> None:
        """Note a frame, the last one sealed, that asks for an acknowledgement."""
        self._recovery.on_sent(self._next_number - 1, frame)
        self._waiting_since = min(self._waiting_since, frame.sent_at)

    def _seal(self, body: bytes) -> bytes:
        # The number is used up before anything else can go wrong with the frame.
        self._next_number += 1
        return self.keys.seal(self._next_number - 1, body)


class PeerClosed(DecodeError):
    """The peer ended the link; handled like a broken rule, under another name."""

    def __init__(self) -> None:
        super().__init__(CLOSED_BY_PEER)
