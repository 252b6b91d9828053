"""What happened on a node's links. Frozen, past tense.

Every ``LinkUp`` is followed by exactly one ``LinkDown`` of the same link; every ``connect`` that was not a no-op ends in
a ``LinkUp`` or a ``ConnectFailed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, NewType

from net.ids import Endpoint, NodeId
from net.link.frames import CellKind

# Local name of a link, never reused; it stays the same when keys or addresses change.
LinkId = NewType("LinkId", int)


# What this version can do beyond the first: 32 bits, told in the handshake. Bits that the other end does not know are passed
# over, so a node may say whatever it can do, and does with a peer only what that one said too.
FEATURES: Final = 0


class Role(Enum):
    """What a node does for others; told in the handshake. ``value`` is the byte on the wire."""

    FULL = 0  # relays and keeps parcels
    LEAF = 1  # takes part only

    @classmethod
    def _missing_(cls, value: object) -> Role | None:
        """Take a role of a later version for a leaf's: nothing is expected of it that we know."""
        return cls.LEAF if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class LinkUp:
    """Both ends proved their keys. ``peer_wall_ms`` is the peer's wall clock when it sent its half of the handshake.

    ``features`` are the peer's, for the life of the link.
    """

    link: LinkId
    peer: NodeId
    endpoint: Endpoint
    role: Role
    peer_wall_ms: int
    is_initiator: bool
    features: int = 0


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The link is gone, and with it whatever it had not delivered."""

    link: LinkId
    peer: NodeId
    reason: str


@dataclass(frozen=True, slots=True)
class LinkQuiet:
    """Something is owed to us on this link and nothing has come for a while: what goes there may go nowhere."""

    link: LinkId
    peer: NodeId


@dataclass(frozen=True, slots=True)
class LinkHeard:
    """A link that was quiet is not any more."""

    link: LinkId
    peer: NodeId


@dataclass(frozen=True, slots=True)
class ConnectFailed:
    """No link came of a ``connect``. ``peer`` is what was asked for, or what the endpoint said it is."""

    endpoint: Endpoint
    peer: NodeId | None
    reason: str


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """One whole stream message, in the order it was sent."""

    link: LinkId
    data: bytes


@dataclass(frozen=True, slots=True)
class CellReceived:
    """One cell of ``CELL_SIZE`` bytes; cells may be lost and overtake each other, but never come twice."""

    link: LinkId
    data: bytes
    kind: CellKind = CellKind.PACKET


# What a link tells, as long as it lives.
SessionEvent = CellReceived | MessageReceived | LinkQuiet | LinkHeard
LinkEvent = LinkUp | LinkDown | LinkQuiet | LinkHeard | ConnectFailed | MessageReceived | CellReceived
