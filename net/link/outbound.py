"""What one end of a link sends: cells and the stream, in frames that are numbered, sealed and remembered.

Cells and stream take turns while the congestion window has room. An acknowledgement rides with data, or goes alone when
due. What a lost frame carried goes again in another: pieces of the stream, a ping, a window; cells are not repeated.

Frame numbers count for the whole link, across keys, so (key, number) never repeats; a link whose numbers are used up is
*worn out* and ends.
"""

from __future__ import annotations

import math
from typing import Final

from net.ids import Endpoint
from net.link import frames
from net.link.acknowledging import Acknowledgements
from net.link.cells import CellQueue
from net.link.epochs import KeyEpochs
from net.link.frames import Ack
from net.link.paths import MAX_OWED, Paths
from net.link.recovery import Fates, Recovery, SentFrame
from net.link.stream import ReceiveStream, SendStream

LAST_NUMBER: Final = (1 << 32) - 1  # numbers have 32 bits; at 10 000 frames a second they last five days


class Outbound:
    """The sending half. ``acks`` and ``incoming`` are the receiving half's: what is to be told of it goes out here."""

    def __init__(
        self,
        epochs: KeyEpochs,
        acks: Acknowledgements,
        incoming: ReceiveStream,
        *,
        round_trip: float | None,
        is_ping_due: bool,
        last_number: int = LAST_NUMBER,
    ) -> None:
        self.stream = SendStream()
        self.cells = CellQueue()
        self.recovery = Recovery(round_trip)
        self.bytes_out = 0
        self.is_ping_due = is_ping_due
        self.is_window_due = False
        self.waiting_since = math.inf  # something is owed to us, and nothing has come, since
        self._epochs = epochs
        self._acks = acks
        self._incoming = incoming
        self._next_number = 0
        self._last_number = last_number

    @property
    def held(self) -> int:
        """Bytes of memory that what waits to be sent or confirmed takes."""
        return self.stream.queued + len(self.cells) * frames.CELL_SIZE

    @property
    def is_worn_out(self) -> bool:
        """Whether all numbers are used up."""
        return self._next_number > self._last_number

    # What comes of it.

    def on_ack(self, ack: Ack, now: float) -> None:
        """The peer named frames that it has. Raises ``DecodeError`` for one that was never sent."""
        self._settle(self.recovery.on_ack(ack, self._next_number, now))

    def on_heard(self, now: float) -> None:
        """A frame of the peer came: what is still owed to us is owed from now on."""
        self.waiting_since = now if self.recovery.is_waiting() else math.inf

    def on_moved(self) -> None:
        """The peer is at another place: what went to the former one has to go again."""
        self._settle(self.recovery.on_moved())

    def handle_timeout(self, now: float) -> None:
        """Count as lost what was not acknowledged in time."""
        self._settle(self.recovery.handle_timeout(now))

    def _settle(self, fates: Fates) -> None:
        for frame in fates.confirmed:
            if frame.start != frame.end:
                self.stream.on_confirmed(frame.start, frame.end)
        for frame in fates.lost:
            if frame.start != frame.end:
                self.stream.on_lost(frame.start, frame.end)
            self.is_ping_due |= frame.has_ping
            self.is_window_due |= frame.has_window

    # What goes.

    def datagrams(self, now: float, limit: int) -> list[bytes]:
        """Return at most about ``limit`` datagrams that may go now."""
        out: list[bytes] = []
        while len(out) < limit and self._next_number <= self._last_number:
            before = len(out)
            if self.cells and self.recovery.has_room():
                out.append(self._send_cell(self.cells.pop(), now))
            datagram = self._send_parts(now)
            if datagram is not None:
                out.append(datagram)
            if len(out) == before:
                break
        self.bytes_out += sum(map(len, out))
        return out

    def path_datagrams(self, paths: Paths, now: float) -> list[tuple[bytes, Endpoint]]:
        """Return the challenges and answers that are due, each with where it goes."""
        owed = paths.owed(now) if self._next_number <= self._last_number - MAX_OWED else []
        out = [(self.seal(frames.encode_challenge(each.token, is_answer=each.is_answer)), each.to) for each in owed]
        self.bytes_out += sum(len(datagram) for datagram, _ in out)
        return out

    def last_words(self) -> bytes | None:
        """Return a frame that tells the peer of the end, if one can be made."""
        return None if self.is_worn_out else self.seal(frames.encode_parts([frames.CLOSE]))

    def seal(self, body: bytes) -> bytes:
        """Return the datagram for a frame's body, under the next number."""
        # The number is used up before anything else can go wrong with the frame.
        self._next_number += 1
        return self._epochs.current.seal(self._next_number - 1, body)

    def _send_cell(self, body: bytes, now: float) -> bytes:
        self._epochs.is_used = True
        datagram = self.seal(body)
        self._remember(SentFrame(now, len(datagram), 0, 0, has_ping=False, has_window=False))
        return datagram

    def _send_parts(self, now: float) -> bytes | None:
        """Seal what parts are due into one frame, or return None."""
        has_stream = self.stream.has_data() and self.recovery.has_room()
        is_eliciting = has_stream or self.is_ping_due or self.is_window_due
        parts: list[bytes] = []
        room = frames.LARGE_ROOM
        if self._acks.is_due(now, has_company=is_eliciting):
            parts.append(frames.encode_ack(self._acks.take(now)))
            room -= len(parts[0])
        if not is_eliciting:
            return self.seal(frames.encode_parts(parts)) if parts else None
        has_ping, has_window = self.is_ping_due, self.is_window_due
        if has_ping:
            parts.append(frames.PING)
            room -= 1
        if has_window:
            parts.append(frames.encode_window(self._incoming.tell_limit()))
            room -= frames.WINDOW_SIZE
        self.is_ping_due = self.is_window_due = False
        start = end = 0
        taken = self.stream.take(room - frames.STREAM_OVERHEAD) if has_stream else None
        if taken is not None:
            self._epochs.is_used = True
            start, end = taken[0], taken[0] + len(taken[1])
            parts.append(frames.encode_stream(*taken))
        datagram = self.seal(frames.encode_parts(parts))
        self._remember(SentFrame(now, len(datagram), start, end, has_ping, has_window))
        return datagram

    def _remember(self, frame: SentFrame) -> None:
        """Note a frame, the last one sealed, that asks for an acknowledgement."""
        self.recovery.on_sent(self._next_number - 1, frame)
        self.waiting_since = min(self.waiting_since, frame.sent_at)
