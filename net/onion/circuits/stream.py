"""What both ends of a circuit share: messages in, cells out, and how much may be under way.

    body:  zeros 16 | kind 1 | length 2 | data | filling          (``CELL_BODY_SIZE`` bytes, before any layer)

Relays hold no keys for the inside, so the ends alone see that a cell is whole: each layer is a wide-block cipher with a
counter, and one that was changed, left out, moved or repeated on the way opens to noise without the sixteen zeros. The
circuit ends then; nothing is repaired here, because links lose nothing by themselves.

Data cells are one byte stream, cut into messages by their lengths. Every cell but credits takes one place of the
receiver's *window*, of whatever kind it is, and every ``CREDIT_STEP`` cells taken give that many places back. So no relay
between the ends ever has more than ``MAX_CELLS_UNDER_WAY`` cells of a direction to keep, and more of them mean that a
rule was broken.

Kinds of a later version end nothing. Those of the upper half are passed over; one of the lower half the far end refuses with
a cell. The builder refuses nothing: an answer would tell the far end which version reads there.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from net.errors import DecodeError, Overloaded
from net.messages import CELL_BODY_SIZE
from net.numbers import MAX_MESSAGE_SIZE, MESSAGE_LENGTH_SIZE, UPPER_HALF
from net.onion.circuits.inside import HEAD_SIZE, pack_inside, unpack_inside

# Bytes of the stream that one cell carries.
DATA_SIZE: Final = CELL_BODY_SIZE - HEAD_SIZE
_CREDIT_SIZE: Final = 2

# Cells of one direction that may be under way. At a round trip of 0.6 s through four hops it gives 240 KB/s, and it holds
# the largest message with room for half of another.
WINDOW: Final = 128
# Half a window: the sender hears of room long before it runs out, for one credit cell in 64.
CREDIT_STEP: Final = 64
# At most a window of cells that count, and, since the other end took no more than a window and what was given back, so many
# credits.
MAX_CELLS_UNDER_WAY: Final = WINDOW + WINDOW // CREDIT_STEP
# Bytes that wait at an end for places in the window: two of the largest messages.
MAX_SEND_BUFFER: Final = 2 * (MESSAGE_LENGTH_SIZE + MAX_MESSAGE_SIZE)
# Of a circuit that is joined to another: the other's sender gets no places back while more than half a window waits. What
# may come then is the message that made it so much, and what the other's window still lets pass.
HOLD_ABOVE: Final = CREDIT_STEP * DATA_SIZE
MAX_JOINED_BUFFER: Final = HOLD_ABOVE + MESSAGE_LENGTH_SIZE + MAX_MESSAGE_SIZE + (WINDOW + 1) * DATA_SIZE


class Kind(IntEnum):
    """What a cell is for. The value is the byte on the wire."""

    PADDING = 0  # nothing: keeps the circuit alive
    DATA = 1  # the next bytes of the stream
    CREDIT = 2  # u16: so many places of the window are free again
    OPENED = 3  # from the far end at once: the circuit is there
    REFUSED = 4  # u8: a kind of cell that the far end does not know


_KINDS: Final = frozenset(Kind)
# Bytes that a kind has at least; what stands behind them in other cells than data is of a later version and not looked at.
_LEAST: Final[dict[int, int]] = {Kind.DATA: 1, Kind.CREDIT: _CREDIT_SIZE, Kind.REFUSED: 1}


class Arrived(NamedTuple):
    """What one cell brought: its kind, None when it is not known, and the messages that it completed, in order."""

    kind: Kind | None
    messages: list[bytes]


class CircuitStream:
    """One end of a circuit, without its layers of encryption. The far end's first cell is *opened*."""

    def __init__(self, *, is_builder: bool) -> None:
        self._is_builder = is_builder
        self._expects_opened = is_builder
        self._owes_opened = not is_builder
        self._owes_padding = False
        self._refuses: int | None = None  # the kind of cell to refuse next; one at a time is enough
        self._to_send = bytearray()
        self._sent_at = 0  # _to_send below this is gone; cut off now and then
        self._places = WINDOW  # that we may still fill at the other end
        self._owed = 0  # places to give back with the next credit
        self._free = WINDOW  # that the other end may still fill here
        self._received = bytearray()
        self.max_buffer = MAX_SEND_BUFFER
        self.is_held_back = False  # no places are given back for now

    @property
    def buffered(self) -> int:
        """Bytes that wait for places in the window."""
        return len(self._to_send) - self._sent_at

    @property
    def held(self) -> int:
        """Bytes of memory that messages take here, going and coming."""
        return len(self._to_send) + len(self._received)

    def is_writable(self) -> bool:
        """Return whether one more largest message fits the buffer."""
        return self.buffered + MESSAGE_LENGTH_SIZE + MAX_MESSAGE_SIZE <= MAX_SEND_BUFFER

    def push(self, message: bytes) -> None:
        """Queue a message.

        Raises:
            ValueError: it has not 1 … ``MAX_MESSAGE_SIZE`` bytes.
            Overloaded: the buffer is full.
        """
        if not 1 <= len(message) <= MAX_MESSAGE_SIZE:
            raise ValueError(f"a message has 1 to {MAX_MESSAGE_SIZE} bytes, not {len(message)}")
        if self.buffered + MESSAGE_LENGTH_SIZE + len(message) > self.max_buffer:
            raise Overloaded("circuit send buffer")
        self._to_send += len(message).to_bytes(MESSAGE_LENGTH_SIZE, "big")
        self._to_send += message

    def pad(self) -> None:
        """Queue a cell of padding; one at a time is enough."""
        self._owes_padding = True

    def next_body(self) -> bytes | None:
        """Return the next cell to send, ``CELL_BODY_SIZE`` bytes, or None while there is none or no place for it."""
        if self._owed >= CREDIT_STEP and not self._owes_opened and not self.is_held_back:
            credit, self._owed = self._owed, 0
            self._free += credit
            return pack_inside(Kind.CREDIT, credit.to_bytes(_CREDIT_SIZE, "big"), CELL_BODY_SIZE)
        is_owing = self._owes_opened or self._owes_padding or self._refuses is not None
        if not self._places or not (is_owing or self.buffered):
            return None
        self._places -= 1
        if self._owes_opened:
            self._owes_opened = False
            return pack_inside(Kind.OPENED, b"", CELL_BODY_SIZE)
        if self._refuses is not None:
            refused, self._refuses = self._refuses, None
            return pack_inside(Kind.REFUSED, bytes([refused]), CELL_BODY_SIZE)
        if self._owes_padding:
            self._owes_padding = False
            return pack_inside(Kind.PADDING, b"", CELL_BODY_SIZE)
        return pack_inside(Kind.DATA, self._take(), CELL_BODY_SIZE)

    def _take(self) -> bytes:
        start = self._sent_at
        self._sent_at = min(start + DATA_SIZE, len(self._to_send))
        data = bytes(self._to_send[start : self._sent_at])
        # A largest message is cut once or twice, not moved with every cell.
        if self._sent_at == len(self._to_send) or self._sent_at >= MAX_MESSAGE_SIZE // 2:
            del self._to_send[: self._sent_at]
            self._sent_at = 0
        return data

    def receive(self, body: bytes) -> Arrived:
        """Take the next cell, all layers removed.

        Raises:
            DecodeError: it is not what the other end sent, or the other end breaks the rules. The circuit is over.
        """
        number, data = _parse(body)
        kind = Kind(number) if number in _KINDS else None
        if (kind is Kind.OPENED) is not self._expects_opened:
            raise DecodeError("circuit: opened at the wrong time")
        self._expects_opened = False
        if kind is Kind.CREDIT:
            self._on_credit(int.from_bytes(data[:_CREDIT_SIZE], "big"))
            return Arrived(kind, [])
        if not self._free:
            raise DecodeError("circuit: beyond the window")
        self._free -= 1
        self._owed += 1
        if kind is None and number < UPPER_HALF and not self._is_builder:
            self._refuses = number
        if kind is not Kind.DATA:
            return Arrived(kind, [])
        self._received += data
        return Arrived(kind, self._take_messages())

    def _on_credit(self, places: int) -> None:
        if not 1 <= places <= WINDOW - self._places:
            raise DecodeError("circuit: credit for cells that were not sent")
        self._places += places

    def _take_messages(self) -> list[bytes]:
        messages: list[bytes] = []
        start = 0
        while len(self._received) >= start + MESSAGE_LENGTH_SIZE:
            size = int.from_bytes(self._received[start : start + MESSAGE_LENGTH_SIZE], "big")
            if not 1 <= size <= MAX_MESSAGE_SIZE:
                raise DecodeError("circuit: message size")
            end = start + MESSAGE_LENGTH_SIZE + size
            if len(self._received) < end:
                break
            messages.append(bytes(self._received[start + MESSAGE_LENGTH_SIZE : end]))
            start = end
        del self._received[:start]
        return messages


def _parse(body: bytes) -> tuple[int, bytes]:
    number, data = unpack_inside(body, CELL_BODY_SIZE)
    if len(data) < _LEAST.get(number, 0):
        raise DecodeError("circuit: length in a cell")
    return number, data
