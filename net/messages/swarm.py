"""Between custodians of one swarm: pushes, and what keeps them alike."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from net.bucket import ADDRESS_BITS
from net.messages.fields import (
    MAX_KEYS_PER_ANSWER,
    MAX_PARCELS_PER_PUSH,
    MAX_RANGES_PER_ANSWER,
    Bound,
    Digest,
    Key,
    ParcelBytes,
    Uint8,
    Uint32,
    WireMessage,
)


class Keeps(WireMessage, frozen=True, tag=33):
    """I am a custodian, and keep the bucket of this width that I lie in."""

    width: Annotated[int, Meta(ge=0, le=ADDRESS_BITS)]


class Parcel(WireMessage, frozen=True):
    """A parcel on its way from one custodian to another; one of a kind that is not known is not taken."""

    kind: Uint8
    data: ParcelBytes


class Push(WireMessage, frozen=True, tag=11):
    """Parcels that the other custodian may lack; it checks them like deposits and does not answer."""

    parcels: Annotated[list[Parcel], Meta(min_length=1, max_length=MAX_PARCELS_PER_PUSH)]


class Compare(WireMessage, frozen=True, tag=12):
    """Of the keys in [low, high) I hold this digest (``high`` empty: to the end). What do you hold?"""

    request: Uint32
    low: Bound
    high: Bound
    digest: Digest


class Range(WireMessage, frozen=True):
    """The digest of the keys from the previous range's end up to ``high``."""

    high: Bound
    digest: Digest


class Compared(WireMessage, frozen=True, tag=13):
    """The answer to ``Compare``: the same; or, for a small range, all its keys; or the digests of its parts, in order."""

    request: Uint32
    is_same: bool
    keys: Annotated[list[Key], Meta(max_length=MAX_KEYS_PER_ANSWER)]
    ranges: Annotated[list[Range], Meta(max_length=MAX_RANGES_PER_ANSWER)]


class Want(WireMessage, frozen=True, tag=14):
    """Push me the parcels with these keys."""

    keys: Annotated[list[Key], Meta(min_length=1, max_length=MAX_KEYS_PER_ANSWER)]
