"""Datagrams of circuits: beside the ordered stream, at most once, in no order, never sent again.

    on a link:  name 5 | number 8 | body 1194                        one cell of the link (``CellKind.DATAGRAM``)
    inside:     zeros 16 | kind 1 | length 2 | data | filling        (``DATAGRAM_BODY_SIZE`` bytes, before any layer)

Cells of the stream are counted by both ends of a layer. Datagrams get lost, so each says its number, which is the tweak of
the layer: a wide block again, so that what was altered, or belongs to another circuit or number, opens to noise without
the sixteen zeros, and is dropped by the end. The keys are others than the stream's, one for each hop and direction.

Each hop adds a secret of its own to the number, modulo 2^64, as it passes the datagram on, and who sends begins at random.
So a hop sees a row that begins somewhere and rises by one. It learns which circuit a datagram belongs to and how many are
missing, as it does of cells; not how many came before it kept the circuit, nor where on the path it is, and two hops with
an honest one between them see no number in common.

Every hop and both ends take each number once, out of a window behind the highest: else a hop could send one twice, and an
accomplice further on would see the same noise twice. A number too far ahead is a lie that would tell an accomplice more than
a gap does, and dropped. Relays cannot check more than that; ends move their window only for what opened.

An order and gaps pass from hop to hop. A hop that reorders or drops datagrams marks the circuit for an accomplice, as one
that delays them does; no layer hides that (``docs/THREATS.md``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from net.errors import DecodeError
from net.link.frames import CELL_SIZE
from net.link.replay_window import ReplayWindow
from net.messages import CIRCUIT_NAME_SIZE
from net.onion.circuits.inside import HEAD_SIZE, pack_inside, unpack_inside
from net.onion.packets.cipher import Block, Direction, OnionCipher, datagram_shift

_NUMBER_SIZE: Final = 8
_NUMBERS: Final = 1 << 8 * _NUMBER_SIZE
DATAGRAM_BODY_SIZE: Final = CELL_SIZE - CIRCUIT_NAME_SIZE - _NUMBER_SIZE
# Bytes that one datagram carries at most.
MAX_DATAGRAM_SIZE: Final = DATAGRAM_BODY_SIZE - HEAD_SIZE
# How far ahead of the highest a number may be: sixteen seconds of loss at the rate that relays take.
MAX_AHEAD: Final = 4096
# Datagrams a second that a node takes of one circuit and direction, and at once: speech needs fifty, a screen the rest.
DATAGRAM_RATE: Final = 250.0
DATAGRAM_BURST: Final = 125.0


class Kind(IntEnum):
    """What a datagram is. The value is the byte on the wire; those of other kinds are passed over."""

    PADDING = 0  # nothing
    DATA = 1  # 1 … MAX_DATAGRAM_SIZE bytes


class DatagramCell(NamedTuple):
    """A datagram on one link: what the circuit is called there, its number there, and what is encrypted."""

    name: bytes
    number: int
    body: bytes

    def encode(self) -> bytes:
        """Return ``CELL_SIZE`` bytes."""
        return self.name + self.number.to_bytes(_NUMBER_SIZE, "big") + self.body


def decode_cell(data: bytes) -> DatagramCell:
    """Take a cell apart. Raises ``DecodeError`` for a wrong size."""
    if len(data) != CELL_SIZE:
        raise DecodeError("datagram: size")
    at = CIRCUIT_NAME_SIZE + _NUMBER_SIZE
    return DatagramCell(data[:CIRCUIT_NAME_SIZE], int.from_bytes(data[CIRCUIT_NAME_SIZE:at], "big"), data[at:])


class NumberWindow:
    """Which numbers of one direction came: each is new once. It begins at the first that is marked."""

    __slots__ = ("_origin", "_window")

    def __init__(self) -> None:
        self._origin: int | None = None
        self._window = ReplayWindow()

    def is_new(self, number: int) -> bool:
        """Say whether a number may be one that did not come yet."""
        place = self._place(number)
        return self._origin is None or (place <= self._window.highest + MAX_AHEAD and self._window.is_new(place))

    def mark(self, number: int) -> None:
        """Take note of a number for which ``is_new`` held."""
        if self._origin is None:
            self._origin = number
        self._window.mark(self._place(number))

    def _place(self, number: int) -> int:
        """Return where a number stands in a row in which the first is in the middle, so that none is below zero."""
        return (number - (self._origin or 0) + _NUMBERS // 2) % _NUMBERS


class DatagramLayer:
    """One hop's cipher on the datagrams of one direction."""

    __slots__ = ("_block", "_shift")

    def __init__(self, cipher: OnionCipher, secret: bytes, direction: Direction) -> None:
        self._block: Block = cipher.datagram_block(secret, direction)
        self._shift = datagram_shift(secret, direction)

    # A number is a tweak, not a nonce: under one tweak the block is a permutation, so what a number that came twice would
    # give away is equality. It does not come twice: who sends counts, and who passes on looks into the window.

    def seal(self, body: bytes, number: int) -> bytes:
        """Put this layer on. ``number`` is the one that the hop is given, in either direction."""
        return self._block.seal(body, number)

    def open(self, body: bytes, number: int) -> bytes:
        """Take this layer off; noise when it is not the one that was sealed under this number."""
        return self._block.open(body, number)

    def after(self, number: int) -> int:
        """Return the number that a datagram has behind this hop."""
        return (number + self._shift) % _NUMBERS

    def before(self, number: int) -> int:
        """Return the number that a datagram had before this hop."""
        return (number - self._shift) % _NUMBERS


class HopDatagrams:
    """One direction of a circuit at a hop that passes it on: a layer and a window."""

    __slots__ = ("_direction", "_layer", "_window")

    def __init__(self, cipher: OnionCipher, secret: bytes, direction: Direction) -> None:
        self._direction = direction
        self._layer = DatagramLayer(cipher, secret, direction)
        self._window = NumberWindow()

    def is_new(self, cell: DatagramCell) -> bool:
        """Say whether a datagram may be one that did not come yet."""
        return self._window.is_new(cell.number)

    def passed_on(self, cell: DatagramCell, name: bytes) -> DatagramCell:
        """Return what goes on under another name, and take its number as used."""
        self._window.mark(cell.number)
        work = self._layer.open if self._direction is Direction.FORWARD else self._layer.seal
        return DatagramCell(name, self._layer.after(cell.number), work(cell.body, cell.number))


class DatagramEnd:
    """One end of a circuit. ``layers`` are those it puts on and takes off, the first hop's first; ``random`` draws bytes."""

    __slots__ = ("_inward", "_is_builder", "_next", "_outward", "_window")

    def __init__(
        self, cipher: OnionCipher, secrets: Sequence[bytes], random: Callable[[int], bytes], *, is_builder: bool
    ) -> None:
        out, back = (Direction.FORWARD, Direction.BACKWARD) if is_builder else (Direction.BACKWARD, Direction.FORWARD)
        self._is_builder = is_builder
        self._outward = [DatagramLayer(cipher, secret, out) for secret in secrets]
        self._inward = [DatagramLayer(cipher, secret, back) for secret in secrets]
        self._window = NumberWindow()
        self._next = int.from_bytes(random(_NUMBER_SIZE), "big")

    def seal(self, name: bytes, data: bytes) -> DatagramCell:
        """Return a datagram for the first link.

        Raises:
            ValueError: it has not 1 … ``MAX_DATAGRAM_SIZE`` bytes.
        """
        if not 1 <= len(data) <= MAX_DATAGRAM_SIZE:
            raise ValueError(f"a datagram has 1 to {MAX_DATAGRAM_SIZE} bytes, not {len(data)}")
        body = pack_inside(Kind.DATA, data, DATAGRAM_BODY_SIZE)
        # Used up before anything else: a number is taken once.
        number, self._next = self._next, (self._next + 1) % _NUMBERS
        if not self._is_builder:
            [own] = self._outward
            return DatagramCell(name, own.after(number), own.seal(body, number))
        numbers = [number]
        for layer in self._outward[:-1]:
            numbers.append(layer.after(numbers[-1]))
        for layer, seen in zip(reversed(self._outward), reversed(numbers), strict=True):
            body = layer.seal(body, seen)
        return DatagramCell(name, number, body)

    def open(self, cell: DatagramCell) -> bytes | None:
        """Return what the other end sent; None for what is of a kind not known.

        Raises:
            DecodeError: it came before, is too old, or is not what the other end sent. Nothing changed.
        """
        if not self._window.is_new(cell.number):
            raise DecodeError("datagram: number")
        number, body = cell.number, cell.body
        for layer in self._inward:
            # On the way back a hop sealed under the number that it was given, and passed on another.
            number = layer.before(number) if self._is_builder else number
            body = layer.open(body, number)
        kind, data = unpack_inside(body, DATAGRAM_BODY_SIZE)
        self._window.mark(cell.number)
        return data if kind == Kind.DATA and data else None
