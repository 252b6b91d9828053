"""What a node's owner asks of it: frozen, imperative. The counterpart of ``net.events``.

Every layer above passes these values on as they are: ``core.people`` makes them, ``core.session``, ``core.node`` and the
simulator hand them to ``Node.request``. So a new request is written in two places, here and in
``net.node.request_handlers``. A request has no answer of its own: what comes of it are events. Where there is no room for it
``Overloaded`` is raised, and nothing of it is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from net.bucket import Bucket
from net.cover_profile import CoverProfile
from net.ids import Cursor, Endpoint, NodeId, ParcelId, Tag
from net.rendezvous.hints import Source


@dataclass(frozen=True, slots=True)
class Request:
    """Any of them."""


# --- mail -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Read(Request):
    """Read the buckets of these addresses and of no others: ``CustodianUp`` for each custodian that is chosen.

    Without any the reader is gone; its circuits end, so that no custodian sees the next reader on them.
    """

    addresses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Follow(Request):
    """Answer a ``CustodianUp``: follow a tag stream from ``cursor`` on (None: all); ``TagsArrived`` for each piece."""

    custodian: NodeId
    bucket: Bucket
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class Fetch(Request):
    """Look for boxes by their tags: a ``BoxArrived`` for each found, else ``BoxAbsent``. Raises ``Overloaded``."""

    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Retry(Request):
    """Look for another box under a tag: what came was no use. Raises ``Overloaded``."""

    tag: Tag


@dataclass(frozen=True, slots=True)
class Deposit(Request):
    """Bring a box to two custodians: ``DepositAnswered`` as they name it. Raises ``Overloaded``, ``DecodeError``."""

    box: bytes


@dataclass(frozen=True, slots=True)
class Withdraw(Request):
    """Stop trying to deposit a box or record."""

    parcel_id: ParcelId


@dataclass(frozen=True, slots=True)
class PutRecord(Request):
    """Bring a record to custodians, in place of an earlier one: ``DepositAnswered``. Raises as ``Deposit``."""

    record: bytes


@dataclass(frozen=True, slots=True)
class FindRecord(Request):
    """Ask up to three custodians for a record: a ``RecordAnswered`` for each answer. Raises ``Overloaded``."""

    record_id: ParcelId


@dataclass(frozen=True, slots=True)
class KeepForFriends(Request):
    """Keep what lies at these addresses, and at no others, for the friends who read there. Raises ``Overloaded``.

    Nothing is reported. A leaf, which keeps nothing for others, does not keep this either.
    """

    addresses: frozenset[int]


@dataclass(frozen=True, slots=True)
class SetCoverProfile(Request):
    """Change how much cover traffic is sent and how long packets wait."""

    profile: CoverProfile


# --- ways into the network --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Join(Request):
    """Link to a node and try for ever; without ``peer``, to the node that answers there. Raises ``Overloaded``."""

    endpoint: Endpoint
    peer: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Leave(Request):
    """Try no more to link to a node there."""

    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class TryHints(Request):
    """Try some time whether nodes live at these addresses."""

    endpoints: tuple[Endpoint, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class SetOwnEndpoints(Request):
    """Our interfaces have these addresses, each with the port we listen at."""

    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class SetSeenOutside(Request):
    """Others than nodes see our socket at ``endpoint``; None when they do not agree."""

    endpoint: Endpoint | None
