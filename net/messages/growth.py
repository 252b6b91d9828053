"""Messages of a version that is not ours, and what is said to them.

Type numbers below ``UPPER_HALF`` are the *lower half*: the sender of one waits for what comes of it, so a node that does not
know the type says so, with ``Refused``. Types of the *upper half* are extras: a node that does not know one passes over it.
Neither ends a link or a circuit. So a new message chooses by its number what happens to it at those who have not heard of
it.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from net.errors import DecodeError
from net.instant import Instant
from net.messages.fields import U32, Uint32, WireMessage
from net.numbers import UPPER_HALF
from net.token_bucket import TokenBucket

# Refusals that one link or circuit gets: so many at once, then one a second. A frame or cell may carry two hundred unknown
# messages of two bytes, so without this what is sent could come to more than what came in.
REFUSAL_RATE: Final = 1.0
REFUSAL_BURST: Final = 8.0


class Refused(WireMessage, frozen=True, tag=34):
    """I do not know messages of the type ``kind``. ``request`` is the number in the one I refuse, 0 if it has none."""

    request: Uint32
    kind: Uint32


class UnknownMessage(DecodeError):
    """A message of a type that this version does not know. ``request`` is its number, 0 if it does not begin with one."""

    def __init__(self, number: int, request: int) -> None:
        super().__init__("message: unknown type")
        self.type = number
        self.request = request


class Refusals:
    """How often one link or circuit is told that it says what we do not know."""

    __slots__ = ("_bucket",)

    def __init__(self) -> None:
        self._bucket = TokenBucket(REFUSAL_RATE, REFUSAL_BURST)

    def answer(self, unknown: UnknownMessage, now: Instant) -> Refused | None:
        """Return what to say to an unknown message, or None when there is nothing to say."""
        if unknown.type >= UPPER_HALF or not self._bucket.take(1, now.mono):
            return None
        return Refused(unknown.request, unknown.type)


class _Head(msgspec.Struct, array_like=True):
    """How every message begins, whatever its version."""

    type: Annotated[int, Meta(ge=0)]
    first: msgspec.Raw = msgspec.Raw(b"")


_heads: Final[msgspec.msgpack.Decoder[_Head]] = msgspec.msgpack.Decoder(_Head)
_numbers: Final[msgspec.msgpack.Decoder[int]] = msgspec.msgpack.Decoder(Annotated[int, Meta(ge=0, le=U32)])


def head_of(data: bytes) -> tuple[int, int]:
    """Return the type of any message, and its request number, 0 if it does not begin with one.

    Raises ``msgspec.MsgspecError``, or ``RecursionError`` for what is nested beyond all reason.
    """
    head = _heads.decode(data)
    try:
        return head.type, _numbers.decode(head.first)
    except msgspec.MsgspecError:
        return head.type, 0
