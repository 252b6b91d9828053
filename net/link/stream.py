"""One ordered byte stream in each direction of a link, and the messages in it.

A message is its length (3 bytes) and its bytes. Bytes are named by their offset in the stream; the sender keeps each until
it is confirmed and sends *lost ranges* again, cut as it pleases; the receiver puts ranges in order whatever their cuts. How
many bytes may be under way is the receiver's to say (the window): so neither end ever holds more than a window. It is small
at first and grows by what the owner takes in order, as QUIC's does: a stranger whose bytes are of no use gets no more than
the first window.

Does not know frames, numbers or time: ``recovery`` says which ranges were confirmed or lost.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from net.errors import DecodeError, Overloaded
from net.link.ahead import Ahead
from net.link.ranges import RangeSet
from net.numbers import MAX_MESSAGE_SIZE, MESSAGE_LENGTH_SIZE

# Bytes under way or not yet taken, per link and direction: 5 MB/s at 100 ms, and six of the largest messages.
WINDOW: Final = 512 * 1024
# The same for a new link: one of the largest messages, and half of another while the first is taken.
FIRST_WINDOW: Final = 128 * 1024
# Unconfirmed bytes that the owner may have queued on a link.
MAX_SEND_BUFFER: Final = 512 * 1024
# A new limit is worth telling once it has grown by this part of the window; a quarter keeps the sender from ever waiting.
WINDOW_STEP: Final = 1 / 4
# The receiver joins what it kept in one copy when there is this much to drop, not per message.
_COMPACT_AT: Final = 64 * 1024


class SendStream:
    """The bytes we send: queued, under way, lost, confirmed."""

    def __init__(self) -> None:
        self._buffer = bytearray()  # the bytes [_base, _end)
        self._base = 0  # everything below is confirmed
        self._next = 0  # everything from here on was never sent
        self._end = 0
        self._limit = FIRST_WINDOW  # the peer's window; both ends know what it is before the first word
        self._confirmed = RangeSet()  # above _base
        self._lost: deque[tuple[int, int]] = deque()

    @property
    def queued(self) -> int:
        """Bytes that are not confirmed."""
        return self._end - self._base

    def is_writable(self) -> bool:
        """Return whether one more largest message fits."""
        return self.queued + MESSAGE_LENGTH_SIZE + MAX_MESSAGE_SIZE <= MAX_SEND_BUFFER

    def push(self, message: bytes) -> None:
        """Queue a message of 1 … ``MAX_MESSAGE_SIZE`` bytes; raise ``Overloaded`` when the buffer is full."""
        if not 1 <= len(message) <= MAX_MESSAGE_SIZE:
            raise ValueError(f"a message has 1 to {MAX_MESSAGE_SIZE} bytes, not {len(message)}")
        if self.queued + MESSAGE_LENGTH_SIZE + len(message) > MAX_SEND_BUFFER:
            raise Overloaded("link send buffer")
        self._buffer += len(message).to_bytes(MESSAGE_LENGTH_SIZE, "big")
        self._buffer += message
        self._end += MESSAGE_LENGTH_SIZE + len(message)

    def has_data(self) -> bool:
        """Return whether ``take`` would give something."""
        return bool(self._lost) or self._next < min(self._end, self._limit)

    def pending(self) -> int:
        """Return how many never-sent bytes may go now; lost ones come on top."""
        return min(self._end, self._limit) - self._next

    def take(self, room: int) -> tuple[int, bytes] | None:
        """Return the next range to send, at most ``room`` bytes, as (offset, data); lost ranges go first."""
        while self._lost:
            start, end = self._lost.popleft()
            start = max(start, self._base)
            if start >= end:
                continue  # confirmed meanwhile, by a copy we had given up too early
            if end - start > room:
                self._lost.appendleft((start + room, end))
                end = start + room
            return start, self._slice(start, end)
        start, end = self._next, min(self._next + room, self._end, self._limit)
        if start >= end:
            return None
        self._next = end
        return start, self._slice(start, end)

    def on_confirmed(self, start: int, end: int) -> None:
        """The peer has the range; what is contiguous from the front is dropped."""
        if start > self._base:
            self._confirmed.add(start, end)
            return
        if self._confirmed.starts:
            self._confirmed.add(start, end)
            end = max(end, self._confirmed.ends[0]) if self._confirmed.starts[0] <= end else end
        if end > self._base:
            del self._buffer[: end - self._base]
            self._base = end
            self._confirmed.remove_below(end)

    def on_lost(self, start: int, end: int) -> None:
        """The range has to be sent again."""
        self._lost.append((start, end))

    def on_window(self, limit: int) -> None:
        """The peer allows bytes below ``limit``; limits never shrink."""
        self._limit = max(self._limit, limit)

    def _slice(self, start: int, end: int) -> bytes:
        return bytes(self._buffer[start - self._base : end - self._base])


class ReceiveStream:
    """The bytes we receive: put in order, cut into messages, counted against the window."""

    def __init__(self) -> None:
        self._ordered = bytearray()  # contiguous bytes; [_parsed:] not yet cut into messages
        self._parsed = 0
        self._next = 0  # offset of the first byte that has not come
        self._ahead = Ahead()
        self._delivered = 0  # bytes of messages that were cut out
        self._taken = 0  # bytes whose messages the owner took
        self._window = FIRST_WINDOW
        self._told_limit = FIRST_WINDOW

    @property
    def held(self) -> int:
        """Bytes of memory that wait here, or with the owner as messages."""
        return len(self._ordered) + self._delivered - self._taken + self._ahead.held

    def on_data(self, offset: int, data: bytes) -> None:
        """Put bytes in their place; repeats are dropped.

        Raises:
            DecodeError: the peer sent beyond its window, or crumbs all over it.
        """
        end = offset + len(data)
        if end > self._told_limit:
            raise DecodeError("stream: beyond the window")
        if end <= self._next:
            return
        if offset > self._next:
            self._ahead.add(offset, data)
            return
        self._ordered += data[self._next - offset :]
        self._next = end
        if self._ahead:
            for piece in self._ahead.take(end):
                self._ordered += piece
                self._next += len(piece)

    def take_message(self) -> bytes | None:
        """Return the next whole message, or None.

        Raises:
            DecodeError: a length of zero or above ``MAX_MESSAGE_SIZE``.
        """
        start = self._parsed + MESSAGE_LENGTH_SIZE
        if len(self._ordered) < start:
            return None
        size = int.from_bytes(self._ordered[self._parsed : start], "big")
        if not 1 <= size <= MAX_MESSAGE_SIZE:
            raise DecodeError("stream: message size")
        if len(self._ordered) < start + size:
            return None
        message = bytes(self._ordered[start : start + size])
        self._parsed = start + size
        self._delivered += MESSAGE_LENGTH_SIZE + size
        if self._parsed == len(self._ordered) or self._parsed >= _COMPACT_AT:
            del self._ordered[: self._parsed]
            self._parsed = 0
        return message

    def on_taken(self, message_size: int, *, may_grow: bool = True) -> None:
        """The owner took a message: its bytes leave the window, which grows by as much if it may."""
        self._taken += MESSAGE_LENGTH_SIZE + message_size
        if may_grow:
            self._window = min(WINDOW, self._window + MESSAGE_LENGTH_SIZE + message_size)

    def is_window_due(self) -> bool:
        """Return whether the peer should be told a higher limit."""
        return self._taken + self._window - self._told_limit >= self._window * WINDOW_STEP

    def tell_limit(self) -> int:
        """Return the limit to tell the peer now."""
        self._told_limit = max(self._told_limit, self._taken + self._window)
        return self._told_limit
