"""Circuits between two nodes, and what is said through them to the node where two are joined."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated

from msgspec import Meta

from net.messages.fields import CELL_BODY_SIZE, PACKET_SIZE, CircuitName, Cookie, Uint8, Uint32, WireMessage


class Setup(WireMessage, frozen=True, tag=21):
    """Peel this packet and let a circuit begin; between the two of us it is called ``circuit``."""

    circuit: CircuitName
    packet: Annotated[bytes, Meta(min_length=PACKET_SIZE, max_length=PACKET_SIZE)]


class Cell(WireMessage, frozen=True, tag=22):
    """The next cell of a circuit, in either direction."""

    circuit: CircuitName
    body: Annotated[bytes, Meta(min_length=CELL_BODY_SIZE, max_length=CELL_BODY_SIZE)]


class Destroy(WireMessage, frozen=True, tag=23):
    """A circuit is over."""

    circuit: CircuitName


class Meeting(IntEnum):
    """What became of a cookie. The value is the number on the wire; others are of later versions, and refusals."""

    WAITING = 0  # it lies here
    JOINED = 1  # all that follows is the other party's
    REFUSED = 2  # presented, and not here; or left, and here already
    FULL = 3  # no room for it


class LeaveCookie(WireMessage, frozen=True, tag=35):
    """Join this circuit to the one by which the same cookie is presented."""

    request: Uint32
    cookie: Cookie


class PresentCookie(WireMessage, frozen=True, tag=36):
    """Join this circuit to the one by which this cookie was left."""

    request: Uint32
    cookie: Cookie


class RendezvousAnswer(WireMessage, frozen=True, tag=37):
    """What became of a cookie that was left or presented: a ``Meeting``. After *joined* nothing more comes from the node."""

    request: Uint32
    meeting: Uint8
