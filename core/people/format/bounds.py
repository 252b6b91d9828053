"""Bounds of what a stranger may send: msgspec types that refuse anything longer before it is looked at."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

from core.api import END_OF_TIME_MS, MAX_EMOJI_SIZE, MAX_GREETING_SIZE, MAX_NAME_SIZE, MAX_TEXT_SIZE
from core.errors import Malformed, Newer

Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Bytes4 = Annotated[bytes, msgspec.Meta(min_length=4, max_length=4)]
Bytes8 = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
Bytes16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
Signature = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME_SIZE)]
GreetingText = Annotated[str, msgspec.Meta(max_length=MAX_GREETING_SIZE)]
Emoji = Annotated[str, msgspec.Meta(max_length=MAX_EMOJI_SIZE)]  # characters: bytes are ``core.people.format.emoji``'s
TextBody = Annotated[str, msgspec.Meta(max_length=MAX_TEXT_SIZE)]
# Up to the year 6429: calendars of Python end with 9999, and what a contact says of its clock is shown as a date.
Millis = Annotated[int, msgspec.Meta(ge=0, lt=END_OF_TIME_MS)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1 << 16)]  # of indexes in a run
Index = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]

# Devices in an audience: eight of the other person's and eight of one's own.
MAX_AUDIENCE = 16

T = TypeVar("T")


def decode(kind: type[T], data: bytes, what: str) -> T:
    """Decode a MessagePack record against its schema. Raises ``Malformed``."""
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed(what) from error


def decode_versioned(kind: type[T], data: bytes, what: str, version: int) -> T:
    """Decode a record whose first field is its version. Raises ``Newer`` for a later one, ``Malformed`` for junk.

    A version may add fields at the end, which those before it do not look at; it changes the number only when what
    was there before means something else.
    """
    try:
        said = msgspec.msgpack.decode(data, type=list[msgspec.Raw])
        found = msgspec.msgpack.decode(said[0], type=int)
    except (msgspec.MsgspecError, ValueError, RecursionError, IndexError) as error:
        raise Malformed(what) from error
    if found > version:
        raise Newer(what)
    return decode(kind, data, what)
