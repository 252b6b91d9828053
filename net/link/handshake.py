"""The two handshake messages: Noise IK with what our payloads say.

    initiation   noise message 1 (role u8 | wall ms u64 | stamp u64 | our index 4 | continues 4)
    response     their index 4 | noise message 2 (role u8 | wall ms u64 | our index 4 | continued u8)

``continues`` is the index by which the responder knows a link that this handshake gives new keys to, or zeros for a new
link (an index in use always has its top bit set). A responder that does not know that link, because it started anew,
answers ``continued`` = 0, and both have a new link.

Functions come in pairs: what one side creates the other consumes. Nothing is remembered here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from net.codec import Reader, uint
from net.errors import DecodeError
from net.ids import NodeId
from net.link.events import Role
from net.link.keys import INDEX_SIZE
from net.link.noise import MESSAGE_1_OVERHEAD, MESSAGE_2_OVERHEAD, Initiator, Responder, TransportKeys
from net.primitives import KeyPair, x25519_keypair

PROLOGUE = b"sottovoce/v1/link"
NO_LINK: Final = bytes(INDEX_SIZE)
_INITIATION_SIZE: Final = MESSAGE_1_OVERHEAD + 1 + 8 + 8 + 2 * INDEX_SIZE
_RESPONSE_SIZE: Final = MESSAGE_2_OVERHEAD + 1 + 8 + INDEX_SIZE + 1


@dataclass(frozen=True, slots=True)
class Initiation:
    """What an initiator says of itself."""

    role: Role
    wall_ms: int
    stamp: int
    index: bytes
    continues: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What a responder says of itself."""

    role: Role
    wall_ms: int
    index: bytes
    is_continued: bool


def create_initiation(
    ours: KeyPair, their_key: NodeId, said: Initiation, random: Callable[[int], bytes]
) -> tuple[bytes, Initiator]:
    """Return the content of an initiation and what is needed to consume its response.

    Raises:
        Unauthenticated: ``their_key`` has small order.
    """
    noise = Initiator(PROLOGUE, ours, x25519_keypair(random), their_key)
    payload = uint(said.role.value, 1) + uint(said.wall_ms, 8) + uint(said.stamp, 8) + said.index + said.continues
    return noise.create_message_1(payload), noise


def consume_initiation(ours: KeyPair, content: bytes) -> tuple[NodeId, Initiation, Responder]:
    """Return who wants a link, what it says, and what is needed to respond.

    Raises:
        DecodeError: a role we do not know.
        Unauthenticated: not for our key, or altered.
    """
    noise = Responder(PROLOGUE, ours)
    initiator, payload = noise.consume_message_1(content[:_INITIATION_SIZE])
    reader = Reader(payload, "initiation")
    said = Initiation(_role(reader), reader.uint(8), reader.uint(8), reader.take(INDEX_SIZE), reader.take(INDEX_SIZE))
    return NodeId(initiator), said, noise


def create_response(
    noise: Responder, their_index: bytes, said: Response, random: Callable[[int], bytes]
) -> tuple[bytes, TransportKeys]:
    """Return the content of a response and the keys; raise ``Unauthenticated`` for keys of small order."""
    payload = uint(said.role.value, 1) + uint(said.wall_ms, 8) + said.index + uint(said.is_continued, 1)
    message, keys = noise.create_message_2(payload, x25519_keypair(random))
    return their_index + message, keys


def index_in_response(content: bytes) -> bytes:
    """Return the initiator's index, by which it finds the handshake that a response belongs to."""
    return content[:INDEX_SIZE]


def consume_response(noise: Initiator, content: bytes) -> tuple[Response, TransportKeys]:
    """Return what the responder says, and the keys.

    Raises:
        DecodeError: a role we do not know.
        Unauthenticated: not the answer to our initiation.
    """
    payload, keys = noise.consume_message_2(content[INDEX_SIZE : INDEX_SIZE + _RESPONSE_SIZE])
    reader = Reader(payload, "response")
    return Response(_role(reader), reader.uint(8), reader.take(INDEX_SIZE), reader.uint(1) == 1), keys


def _role(reader: Reader) -> Role:
    try:
        return Role(reader.uint(1))
    except ValueError:
        raise DecodeError("handshake: unknown role") from None
