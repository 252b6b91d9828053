"""One circuit that passes through this node or ends at it, and which of many has to go when there is too much.

A circuit counts for the link that it was built over, and that link for the networks it comes from (``net.address_shares``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, NewType

from net.address_shares import Networks, Shares
from net.link.events import LinkId
from net.onion.circuits.queues import CircuitQueue
from net.onion.circuits.stream import DATA_SIZE, HOLD_ABOVE, MAX_JOINED_BUFFER, CircuitStream
from net.onion.packets.cipher import Layer

# A circuit's end at this node; never reused.
EndId = NewType("EndId", int)


@dataclass(slots=True)
class CircuitRelayCounters:
    """Since the start. ``cells`` in both directions; the others count circuits by how they began or ended."""

    cells: int = 0
    built: int = 0  # setups that were peeled
    refused: int = 0  # setups beyond a bound, forged, replayed, or packets that are not for circuits
    unreachable: int = 0  # the next node was not to be had
    broken: int = 0  # a rule was broken, or a cell changed on the way
    expired: int = 0  # too old or too silent
    relieved: int = 0  # held most when there was too much
    displaced: int = 0  # of the heaviest network, when another network wanted a place


class Layers(NamedTuple):
    """This hop's ciphers."""

    forward: Layer
    backward: Layer


@dataclass(slots=True, eq=False)
class End:
    """The far end of a circuit."""

    id: EndId
    stream: CircuitStream
    held: int = 0  # bytes, as last counted
    partner: EndId | None = None  # the end that this one is joined to

    def join(self, partner: EndId) -> None:
        """What comes out of either goes into the other."""
        self.partner = partner
        self.stream.max_buffer = MAX_JOINED_BUFFER

    def lets_go_on(self, partner: End) -> bool:
        """Hold the partner's sender back while much waits here; say whether it was held back and may go on."""
        was_held_back = partner.stream.is_held_back
        partner.stream.is_held_back = self.stream.buffered > HOLD_ABOVE
        return was_held_back and not partner.stream.is_held_back


@dataclass(slots=True, eq=False)
class Transit:
    """``back`` leads to the builder, ``ahead`` away from it; at an end, and until the link is there, ``ahead`` has none."""

    built_over: LinkId
    back: CircuitQueue
    ahead: CircuitQueue
    packet: bytes
    born_at: float
    heard_at: float
    secret: bytes = field(default=b"", repr=False)  # shared with the builder; for the keys of datagrams, when one comes
    layers: Layers | None = None  # None: not peeled yet, and forward cells wait as they came
    end: End | None = None
    passed_on_over: LinkId | None = None  # a place there is taken
    is_over: bool = False

    @property
    def weight(self) -> int:
        """What waits in it, in cells."""
        cells = len(self.back.waiting) + len(self.ahead.waiting)
        return cells + (self.end.held // DATA_SIZE if self.end else 0)


def most_silent(circuits: Iterable[Transit], built_over: LinkId) -> Transit | None:
    """Return which of the circuits that were built over a link was silent longest, and so is probably out of use."""
    return min(
        (each for each in circuits if each.built_over == built_over), key=lambda each: each.heard_at, default=None
    )


def relieve(circuits: Iterable[Transit], cells: int, networks: Callable[[LinkId], Networks]) -> list[Transit]:
    """Return circuits that hold ``cells`` together: of the heaviest network's heaviest link those that hold most."""
    by_link: dict[LinkId, list[Transit]] = {}
    for each in circuits:
        by_link.setdefault(each.built_over, []).append(each)
    shares: Shares[LinkId] = Shares()
    for link, those in by_link.items():
        those.sort(key=lambda each: each.weight)
        shares.add(link, networks(link), sum(each.weight for each in those))
    gone: list[Transit] = []
    while cells > 0 and (heaviest := shares.heaviest()) is not None and shares.weight_of(heaviest) > 0:
        gone.append(by_link[heaviest].pop())
        cells -= gone[-1].weight
        shares.change(heaviest, shares.weight_of(heaviest) - gone[-1].weight)
    return gone
