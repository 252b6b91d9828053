"""The one way from a client to custodians, and how long it waits there.

What one reader does is spread over circuits by purpose, so that a custodian cannot join what it follows with what it
fetches. For the same reason the numbers of requests are random: a counter that goes on over circuits would name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import blake2s
from random import Random
from typing import Final, Protocol

from net.cover_profile import NORMAL, CoverProfile
from net.ids import NodeId, ParcelId
from net.instant import Instant
from net.messages import Message

# Seconds without an answer after which a custodian counts as silent and another is asked, before what the relays delay:
# far beyond any round trip, and short enough for a person who waits.
PATIENCE: Final = 10.0
# Seconds in which a deposited box should be named in a stream, before what relays and slots delay. About five times the
# usual, so that a box is sent again hardly ever repeated for nothing.
CONFIRM_PATIENCE: Final = 6.0
# Seconds until the next try when a send queue of ours is full.
QUEUE_PAUSE: Final = 0.25

# The way of a packet: three relays and the custodian. Delays are exponential, so three times their mean is nearly never
# passed by the sum of four.
_HOPS: Final = 4
_DELAY_MARGIN: Final = 3.0
# A box is pushed among custodians, then named: two slots, and one more for the second custodian.
_SLOTS: Final = 3


class Purpose(Enum):
    """What a circuit is for. One to the same custodian for each."""

    FOLLOW = 0
    FETCH = 1
    RECORD = 2


class Transport(Protocol):
    """Carries questions to custodians. The client takes answers by ``receive``, lost circuits by ``on_circuit_lost``."""

    def known(self, address: int) -> list[NodeId]:
        """Return custodians for the bucket of an address, those that share most bits first.

        When there are none, a search begins, and ``CustodianClient.on_custodians_found`` is called when there is news.
        """
        ...

    def shares(self, custodian: NodeId, address: int) -> int:
        """Return how many leading bits of an address are the custodian's own, 0 when it is not known any more."""
        ...

    def width(self) -> int:
        """Return the width of the network's buckets, in bits, as this node estimates it."""
        ...

    def ask(self, custodian: NodeId, purpose: Purpose, message: Message, now: Instant) -> None:
        """Put a question. Raises ``Unreachable``, or ``Overloaded`` when the way is full for the moment."""
        ...

    def send_box(self, custodian: NodeId, box: bytes, now: Instant, *, is_again: bool = False) -> None:
        """Send a box by a fresh path; there is no answer. ``is_again``: apart from those it went before.

        Raises ``Unreachable`` or ``Overloaded``.
        """
        ...

    def renew(self, custodian: NodeId, purpose: Purpose, now: Instant) -> None:
        """End a circuit that brings nothing, without ``on_circuit_lost``; the next question goes over other relays."""
        ...

    def suspect(self, custodian: NodeId, now: Instant) -> None:
        """Take note that a custodian withheld, altered, invented, or stayed silent."""
        ...

    def on_delivered(self, parcel_id: ParcelId, now: Instant) -> None:
        """Take note that a custodian named a box that was sent: some path it went is sound."""
        ...

    def on_overdue(self, parcel_id: ParcelId, since: float, now: Instant) -> None:
        """Take note that a custodian that should know a box does not: what it was sent by before ``since`` lost it."""
        ...

    def on_missing(self, parcel_id: ParcelId, now: Instant) -> None:
        """Take note that no custodian named it in time, though some were listened to: its paths are not sound."""
        ...


@dataclass(slots=True)
class Waits:
    """Seconds to wait in the present setting: ``answer`` to a question, ``naming`` of a deposited box.

    Most boxes are named ``early``; for one that is not, a third way is tried before anything is held against a node.
    """

    answer: float
    naming: float
    early: float

    @classmethod
    def at(cls, cover_profile: CoverProfile = NORMAL) -> Waits:
        """Return what is right for a cover profile."""
        delays = _DELAY_MARGIN * _HOPS * cover_profile.hop_delay
        early = delays + _SLOTS * cover_profile.slot
        return cls(answer=PATIENCE + delays, naming=CONFIRM_PATIENCE + early, early=early)

    def set(self, cover_profile: CoverProfile) -> None:
        """Change to another cover profile."""
        other = Waits.at(cover_profile)
        self.answer, self.naming, self.early = other.answer, other.naming, other.early


class ScatteredNumbers:
    """Numbers for requests that look random to a node that sees some. Two alike under way are as good as impossible."""

    def __init__(self, rng: Random) -> None:
        self._key = rng.randbytes(32)
        self._count = 0

    def draw(self) -> int:
        """Return the next number, 32 bits."""
        self._count += 1
        return int.from_bytes(blake2s(self._count.to_bytes(8, "big"), key=self._key, digest_size=4).digest(), "big")
