"""What nodes say to each other over a link, above cells (``docs/PROTOCOL.md`` 3).

Every message is one MessagePack array: a type number and its fields in order. Decoding is bounded by the schema, so a
stranger's message costs at most its own 80 KiB; what the schema cannot say (that tags come in whole eights, say) is
checked where the value is made. Requests carry a number that their answers repeat; it means nothing but to the asker.

A new message takes a new type number, which says by its half what happens to it at those who do not know it (``growth``).
An old one may get further fields behind its last, as may the lists inside it: older readers pass over them, newer ones give
them a default. Otherwise it stays as it is; a field that is missing or does not fit is an error.
"""

from __future__ import annotations

from typing import Final, get_args

import msgspec

from net.errors import DecodeError
from net.messages.circuits import Cell, Destroy, LeaveCookie, PresentCookie, RendezvousAnswer, Setup
from net.messages.fields import (
    CELL_BODY_SIZE,
    CIRCUIT_NAME_SIZE,
    COOKIE_SIZE,
    DESCRIPTOR_SIZE,
    KEY_SIZE,
    MAX_BOXES_PER_ANSWER,
    MAX_DESCRIPTOR_SIZE,
    MAX_HOST_SIZE,
    MAX_KEYS_PER_ANSWER,
    MAX_NODES_PER_ANSWER,
    MAX_PARCELS_PER_PUSH,
    MAX_PEERS_PER_ANSWER,
    MAX_PRICE_FACTOR,
    MAX_RANGES_PER_ANSWER,
    MAX_TAGS_PER_FETCH,
    MAX_TAGS_PER_PIECE,
    PACKET_SIZE,
    RANGE_DIGEST_SIZE,
    RUN_SIZE,
    U32,
)
from net.messages.growth import Refusals, Refused, UnknownMessage, head_of
from net.messages.nodes import (
    AskDialBack,
    AskPeers,
    AskReflection,
    Describe,
    DialBack,
    Dialed,
    FindNodes,
    Introduce,
    Introduction,
    Lookup,
    Nodes,
    Peer,
    Peers,
    PleaseDial,
    Reflection,
)
from net.messages.parcels import (
    Boxes,
    Busy,
    Deposit,
    DepositAnswer,
    Fetch,
    FindRecord,
    Follow,
    FoundRecord,
    Price,
    Tags,
    Unfollow,
)
from net.messages.swarm import Compare, Compared, Keeps, Parcel, Push, Range, Want
from net.numbers import MAX_MESSAGE_SIZE, UPPER_HALF

__all__ = [
    "CELL_BODY_SIZE", "CIRCUIT_NAME_SIZE", "COOKIE_SIZE", "DESCRIPTOR_SIZE", "KEY_SIZE", "MAX_BOXES_PER_ANSWER",
    "MAX_DESCRIPTOR_SIZE", "MAX_HOST_SIZE", "MAX_KEYS_PER_ANSWER", "MAX_MESSAGE_SIZE", "MAX_NODES_PER_ANSWER",
    "MAX_PARCELS_PER_PUSH", "MAX_PEERS_PER_ANSWER", "MAX_PRICE_FACTOR", "MAX_RANGES_PER_ANSWER",
    "MAX_TAGS_PER_FETCH", "MAX_TAGS_PER_PIECE", "PACKET_SIZE", "RANGE_DIGEST_SIZE", "RUN_SIZE", "U32", "UPPER_HALF",
    "AskDialBack", "AskPeers", "AskReflection", "Boxes", "Busy", "Cell", "Compare", "Compared", "Deposit",
    "DepositAnswer", "Describe", "Destroy", "DialBack", "Dialed", "Fetch", "FindNodes", "FindRecord", "Follow",
    "FoundRecord", "Introduce", "Introduction", "Keeps", "LeaveCookie", "Lookup", "Message", "Nodes", "Parcel",
    "Peer", "Peers", "PleaseDial", "PresentCookie", "Price", "Push", "Range", "Reflection", "Refusals", "Refused",
    "RendezvousAnswer", "Setup", "Tags", "Unfollow", "UnknownMessage", "Want", "decode_message", "encode_message",
    "head_of", "is_known",
]  # fmt: skip

Message = (
    Deposit | DepositAnswer | Follow | Unfollow | Tags | Fetch | Boxes | FindRecord | FoundRecord | Busy
    | Push | Compare | Compared | Want | AskPeers | Peers
    | Describe | FindNodes | Nodes | Lookup | Setup | Cell | Destroy
    | AskReflection | Reflection | AskDialBack | DialBack | PleaseDial | Dialed | Introduce | Introduction
    | Price | Keeps | Refused | LeaveCookie | PresentCookie | RendezvousAnswer
)  # fmt: skip

_decoder: Final[msgspec.msgpack.Decoder[Message]] = msgspec.msgpack.Decoder(Message)
_encoder: Final = msgspec.msgpack.Encoder()
_types: Final = frozenset(each.__struct_config__.tag for each in get_args(Message))


def encode_message(message: Message) -> bytes:
    """Return a message's bytes."""
    return _encoder.encode(message)


def decode_message(data: bytes) -> Message:
    """Take a message apart.

    Raises:
        UnknownMessage: it is well-formed and of a type that this version does not know.
        DecodeError: anything else but one well-formed message.
    """
    if len(data) > MAX_MESSAGE_SIZE:
        raise DecodeError("message: length")
    try:
        return _decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DecodeError("message") from error


def is_known(kind: int) -> bool:
    """Say whether this version knows messages of a type."""
    return kind in _types


def _decode(data: bytes) -> Message:
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError:
        number, request = head_of(data)
        if is_known(number):
            raise
        raise UnknownMessage(number, request) from None
