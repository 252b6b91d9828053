"""Circuits between two nodes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from net.messages.fields import CELL_BODY_SIZE, PACKET_SIZE, CircuitName, WireMessage


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
