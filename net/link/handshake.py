"""The two handshake messages: Noise IK with what our payloads say.

    initiation   noise message 1 (role u8 | wall ms u64 | stamp u64 | our index 4 | continues 4 | features u32 | zeros)
    response     their index 4 | noise message 2 (role u8 | wall ms u64 | our index 4 | continued u8 | features u32 | zeros)

``continues`` is the index by which the responder knows a link that this handshake gives new keys to, or zeros for a new
link (an index in use always has its top bit set). A responder that does not know that link, because it started anew,
answers ``continued`` = 0, and both have a new link.

Both fill their datagram. What a later version puts in place of the zeros is sealed as they are, and not looked at.

Functions come in pairs: what one side creates the other consumes. Nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.codec import Reader, uint
from net.ids import NodeId
from net.link.envelope import CONTENT_SIZE
from net.link.events import Role
from net.link.keys import INDEX_SIZE
from net.link.noise import MESSAGE_1_OVERHEAD, MESSAGE_2_OVERHEAD, Initiator, Responder, TransportKeys
from net.primitives import KeyPair, x25519_keypair

PROLOGUE = b"sottovoce/v1/link"
NO_LINK: Final = bytes(INDEX_SIZE)
INITIATION_ROOM: Final = CONTENT_SIZE - MESSAGE_1_OVERHEAD  # bytes of payload
RESPONSE_ROOM: Final = CONTENT_SIZE - INDEX_SIZE - MESSAGE_2_OVERHEAD
_FEATURES_SIZE: Final = 4


@dataclass(frozen=True, slots=True)
class Initiation:
    """What an initiator says of itself."""

    role: Role
    wall_ms: int
    stamp: int
    index: bytes
    continues: bytes
    features: int


@dataclass(frozen=True, slots=True)
class Response:
    """What a responder says of itself."""

    role: Role
    wall_ms: int
    index: bytes
    is_continued: bool
    features: int


def create_initiation(
    ours: KeyPair, their_key: NodeId, said: Initiation, random: Callable[[int], bytes]
) -> tuple[bytes, Initiator]:
    """Return the content of an initiation and what is needed to consume its response.

    Raises:
        Unauthenticated: ``their_key`` has small order.
    """
    noise = Initiator(PROLOGUE, ours, x25519_keypair(random), their_key)
    payload = uint(said.role.value, 1) + uint(said.wall_ms, 8) + uint(said.stamp, 8) + said.index + said.continues
    payload += uint(said.features, _FEATURES_SIZE)
    return noise.create_message_1(payload.ljust(INITIATION_ROOM, b"\0")), noise


def consume_initiation(ours: KeyPair, content: bytes) -> tuple[NodeId, Initiation, Responder]:
    """Return who wants a link, what it says, and what is needed to respond.

    Raises:
        Unauthenticated: not for our key, or altered.
    """
    noise = Responder(PROLOGUE, ours)
    initiator, payload = noise.consume_message_1(content)
    reader = Reader(payload, "initiation")
    said = Initiation(
        role=Role(reader.uint(1)),
        wall_ms=reader.uint(8),
        stamp=reader.uint(8),
        index=reader.take(INDEX_SIZE),
        continues=reader.take(INDEX_SIZE),
        features=reader.uint(_FEATURES_SIZE),
    )
    return NodeId(initiator), said, noise


def create_response(
    noise: Responder, their_index: bytes, said: Response, random: Callable[[int], bytes]
) -> tuple[bytes, TransportKeys]:
    """Return the content of a response and the keys; raise ``Unauthenticated`` for keys of small order."""
    payload = uint(said.role.value, 1) + uint(said.wall_ms, 8) + said.index + uint(said.is_continued, 1)
    payload += uint(said.features, _FEATURES_SIZE)
    message, keys = noise.create_message_2(payload.ljust(RESPONSE_ROOM, b"\0"), x25519_keypair(random))
    return their_index + message, keys


def index_in_response(content: bytes) -> bytes:
    """Return the initiator's index, by which it finds the handshake that a response belongs to."""
    return content[:INDEX_SIZE]


def consume_response(noise: Initiator, content: bytes) -> tuple[Response, TransportKeys]:
    """Return what the responder says, and the keys.

    Raises:
        Unauthenticated: not the answer to our initiation.
    """
    payload, keys = noise.consume_message_2(content[INDEX_SIZE:])
    reader = Reader(payload, "response")
    said = Response(
        role=Role(reader.uint(1)),
        wall_ms=reader.uint(8),
        index=reader.take(INDEX_SIZE),
        is_continued=reader.uint(1) == 1,
        features=reader.uint(_FEATURES_SIZE),
    )
    return said, keys
