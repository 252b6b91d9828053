"""Datagrams of the circuits that pass through this node or end at it (``net.onion.circuits.datagrams``).

One that comes in is at most one that goes out, and nothing is answered: what is not new, beyond a rate, of no circuit or
finds a full queue is dropped without a word, and the circuit goes on. Before a circuit is set up as far as here and on to
the next node there is nothing to be passed on. What a relay keeps for a circuit and direction is a window of 1024 bits and
the schedules of a key, made with the first datagram; and what waits for a link (``datagram_queues``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from net.address_shares import Networks
from net.errors import DecodeError
from net.instant import Instant
from net.link.events import LinkId
from net.link.port import CellLinks
from net.onion.circuits.datagram_queues import MAX_WAITING, DatagramQueues
from net.onion.circuits.datagrams import (
    DATAGRAM_BURST,
    DATAGRAM_RATE,
    DatagramCell,
    DatagramEnd,
    HopDatagrams,
    decode_cell,
)
from net.onion.circuits.transit import EndId, Transit
from net.onion.packets.cipher import Direction, OnionCipher
from net.token_bucket import FairUse, TokenBucket

# Datagrams of all circuits that a node takes in a second, a third of a core, and at once. A network alone brings 1600 a
# second in the long run: what thirty people speak and hear.
ALL_DATAGRAMS_RATE: Final = 4000.0
ALL_DATAGRAMS_BURST: Final = 4000.0
NETWORK_SHARE: Final = 2.0

# Called with what arrived at an end.
OnDatagram = Callable[[EndId, bytes, Instant], None]


@dataclass(slots=True)
class DatagramCounters:
    """Datagrams since the start."""

    passed_on: int = 0
    delivered: int = 0  # to an end here
    refused: int = 0  # of no circuit, seen before, or at an end not what the builder sent
    dropped_rate: int = 0  # beyond a rate
    dropped_full: int = 0  # no room towards the next node


@dataclass(slots=True)
class _Way:
    """One direction of a circuit. ``hop`` where it is passed on."""

    bucket: TokenBucket
    hop: HopDatagrams | None


@dataclass(slots=True)
class _State:
    ways: dict[Direction, _Way]
    end: DatagramEnd | None


class DatagramRelay:
    """``legs`` are the circuits by link and then by name there; ``networks`` says where a link leads."""

    def __init__(
        self,
        *,
        cipher: OnionCipher,
        legs: Mapping[LinkId, Mapping[bytes, Transit]],
        links: CellLinks,
        random: Callable[[int], bytes],
        networks: Callable[[LinkId], Networks],
        max_waiting: int = MAX_WAITING,
        burst: float = ALL_DATAGRAMS_BURST,
    ) -> None:
        self.counters = DatagramCounters()
        self.on_datagram: OnDatagram = ignore_datagram
        self._cipher = cipher
        self._legs = legs
        self._random = random
        self._networks = networks
        self._queues = DatagramQueues(links, networks, max_waiting=max_waiting)
        self._for_all = FairUse(TokenBucket(ALL_DATAGRAMS_RATE, burst), NETWORK_SHARE)
        self._states: dict[Transit, _State] = {}

    def send(self, circuit: Transit, data: bytes, now: Instant) -> bool:
        """Send 1 … ``MAX_DATAGRAM_SIZE`` bytes from an end here to its builder; False when dropped at once.

        Raises:
            ValueError: empty or too large.
        """
        end = self._state(circuit).end
        return end is not None and self._push(circuit, end.seal(circuit.back.name, data), now, is_forward=False)

    def receive(self, link: LinkId, data: bytes, now: Instant) -> Transit | None:
        """Take a link's cell; return the circuit it was taken for, None when it was dropped."""
        try:
            cell = decode_cell(data)
        except DecodeError:
            self.counters.refused += 1
            return None
        circuit = self._legs.get(link, {}).get(cell.name)
        if circuit is None or circuit.layers is None:
            self.counters.refused += 1
            return None
        is_forward = circuit.back.link == link and circuit.back.name == cell.name
        state = self._state(circuit)
        way = state.ways[Direction.FORWARD if is_forward else Direction.BACKWARD]
        if way.hop is not None and not way.hop.is_new(cell):
            self.counters.refused += 1
            return None
        if not way.bucket.take(1.0, now.mono) or not self._for_all.take(self._networks(link), now.mono):
            self.counters.dropped_rate += 1
            return None
        if state.end is not None:
            return circuit if self._deliver(circuit, state.end, cell, now) else None
        assert way.hop is not None  # no end, so it is passed on
        onward = way.hop.passed_on(cell, circuit.ahead.name if is_forward else circuit.back.name)
        self.counters.passed_on += self._push(circuit, onward, now, is_forward=is_forward)
        return circuit

    def ended(self, circuit: Transit) -> None:
        """A circuit is over."""
        self._states.pop(circuit, None)
        for queue in (circuit.back, circuit.ahead):
            self._queues.drop(queue)

    def on_link_down(self, link: LinkId) -> None:
        """A link is gone."""
        self._queues.on_link_down(link)

    def handle_timeout(self, now: Instant) -> None:
        """Send what found no room."""
        self._queues.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds."""
        return self._queues.next_deadline()

    def _state(self, circuit: Transit) -> _State:
        state = self._states.get(circuit)
        if state is None:
            end = None
            if circuit.end is not None:
                end = DatagramEnd(self._cipher, [circuit.secret], self._random, is_builder=False)
            ways = {
                each: _Way(
                    TokenBucket(DATAGRAM_RATE, DATAGRAM_BURST),
                    None if end else HopDatagrams(self._cipher, circuit.secret, each),
                )
                for each in Direction
            }
            state = self._states[circuit] = _State(ways, end)
        return state

    def _deliver(self, circuit: Transit, end: DatagramEnd, cell: DatagramCell, now: Instant) -> bool:
        try:
            data = end.open(cell)
        except DecodeError:
            self.counters.refused += 1
            return False
        if data is not None and circuit.end is not None:
            self.counters.delivered += 1
            self.on_datagram(circuit.end.id, data, now)
        return True

    def _push(self, circuit: Transit, cell: DatagramCell, now: Instant, *, is_forward: bool) -> bool:
        queue = circuit.ahead if is_forward else circuit.back
        is_sent = self._queues.push(queue, circuit.built_over, cell.encode(), now)
        self.counters.dropped_full += not is_sent
        return is_sent


def ignore_datagram(end: EndId, data: bytes, now: Instant) -> None:
    """Nothing of this node listens."""
