"""Our own circuits, as the one who builds them.

One Sphinx packet sets up all hops, and messages follow behind it at once without waiting for *opened*, which only tells that
the far end is there. The builder shares a secret with every hop. It seals a cell for the last hop first, so that each hop
opens one layer and only the end sees the inside; on the way back each hop adds a layer and the builder opens them all.

Which hop is silent is not known from here: a circuit that does not open in time names no culprit, and its path as a whole is
reported.
"""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv6Address
from typing import Final, NewType, Protocol

from net.agenda import Agenda
from net.errors import DecodeError, Overloaded, Unreachable
from net.ids import Endpoint
from net.instant import Instant
from net.link.events import LinkId
from net.messages import CIRCUIT_NAME_SIZE, Cell, Destroy, Setup
from net.onion.circuits.admission import MAX_OWN_CIRCUITS, apart
from net.onion.circuits.datagram_queues import DatagramQueues
from net.onion.circuits.datagrams import DatagramEnd, decode_cell
from net.onion.circuits.ports import CircuitLinks
from net.onion.circuits.queues import CircuitQueue, CircuitQueues
from net.onion.circuits.stream import CircuitStream, Kind
from net.onion.packets.cipher import Direction, Hop, Layer, OnionCipher
from net.peers.link_pool import Contact, Reach

# One of our own circuits; never reused.
CircuitId = NewType("CircuitId", int)

# Seconds from the setup until *opened*: four dials and eight journeys, of which most take a tenth of that.
OPEN_PATIENCE: Final = 10.0
# Mean seconds between two cells of padding, drawn from half of it to one and a half: relays forget who is silent for longer.
# A dead hop is noticed sooner by those beside it, whose links are probed.
PADDING_PERIOD: Final = 360.0
# Cells sealed at one go: four layers each, 2.5 ms.
_BURST: Final = 16


# Called with what arrived.
OnDatagram = Callable[[CircuitId, bytes, Instant], None]


class Circuitry(Protocol):
    """The circuits' user. Called from ``receive``, ``on_link_down`` and ``handle_timeout``, never out of its own calls."""

    def on_circuit_opened(self, circuit: CircuitId, now: Instant) -> None:
        """The far end answered."""
        ...

    def on_circuit_data(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """The next message from the far end."""
        ...

    def on_circuit_closed(self, circuit: CircuitId, now: Instant, *, is_silent: bool) -> None:
        """It is over, by no doing of ours. ``is_silent``: it did not open in time, and no hop said why."""
        ...


@dataclass(slots=True, eq=False)
class _Circuit:
    id: CircuitId
    queue: CircuitQueue
    forward: list[Layer]  # the first hop's first
    backward: list[Layer]
    stream: CircuitStream
    secrets: list[bytes] = field(repr=False)  # of the hops, for the keys of datagrams
    datagrams: DatagramEnd | None = None  # made with the first
    is_open: bool = False
    is_lost: bool = False  # the first hop is not to be had


class Circuits:
    """The circuits this node built."""

    def __init__(
        self,
        *,
        cipher: OnionCipher,
        link_pool: Reach,
        links: CircuitLinks,
        user: Circuitry,
        random: Callable[[int], bytes],
    ) -> None:
        self._cipher = cipher
        self._link_pool = link_pool
        self._user = user
        self._random = random
        self._rng = random_module.Random(random(16))  # when to pad needs no more secrecy than that
        self.on_datagram: OnDatagram = _ignore
        self._queues = CircuitQueues(links)
        self._datagrams = DatagramQueues(links, apart)
        self._circuits: dict[CircuitId, _Circuit] = {}
        self._by_name: dict[tuple[LinkId, bytes], _Circuit] = {}
        self._last_id = 0
        self._checks: Agenda[CircuitId] = Agenda()
        self._unfinished: dict[CircuitId, None] = {}  # with more to seal than one burst, in order

    # --- what the user does -------------------------------------------------------------------------------------------

    def open(self, hops: Sequence[Hop], now: Instant) -> CircuitId:
        """Begin a circuit over these hops, the first being the guard, the last the end. It can be used at once.

        Raises:
            Overloaded: there are ``MAX_OWN_CIRCUITS``.
            Unauthenticated: a hop's key is none.
        """
        if len(self._circuits) >= MAX_OWN_CIRCUITS:
            raise Overloaded("circuits")
        packet, secrets = self._cipher.create(hops, b"", self._random, is_setup=True)
        self._last_id += 1
        queue = CircuitQueue(self._random(CIRCUIT_NAME_SIZE))
        circuit = _Circuit(
            CircuitId(self._last_id),
            queue,
            [self._cipher.layer(secret, Direction.FORWARD) for secret in secrets],
            [self._cipher.layer(secret, Direction.BACKWARD) for secret in secrets],
            CircuitStream(is_builder=True),
            secrets,
        )
        self._circuits[circuit.id] = circuit
        self._checks.schedule(circuit.id, now.mono + OPEN_PATIENCE)
        self._queues.push(queue, Setup(queue.name, packet), now)
        self._link_pool.reach(_contact_of(hops[0]), now, partial(self._reached, circuit))
        return circuit.id

    def send(self, circuit: CircuitId, data: bytes, now: Instant) -> None:
        """Send a message of 1 … ``MAX_MESSAGE_SIZE`` bytes to the far end.

        Raises:
            Overloaded: the window and the buffer behind it are full.
            Unreachable: there is no such circuit any more.
        """
        found = self._circuits.get(circuit)
        if found is None:
            raise Unreachable
        found.stream.push(data)
        self._pump(found, now)

    def send_datagram(self, circuit: CircuitId, data: bytes, now: Instant) -> bool:
        """Send 1 … ``MAX_DATAGRAM_SIZE`` bytes to the far end, at most once, in no order with anything else.

        False when they were dropped at once: the circuit is not open or over, or too much waits already. Relays drop what
        is beyond ``DATAGRAM_RATE`` a second. Raises ``ValueError`` for a wrong size.
        """
        found = self._circuits.get(circuit)
        if found is None or not found.is_open or found.queue.link is None:
            return False
        cell = self._datagram_end(found).seal(found.queue.name, data)
        self._link_pool.on_used(found.queue.link, now)
        return self._datagrams.push(found.queue, found.queue.link, cell.encode(), now)

    def writable(self, circuit: CircuitId) -> bool:
        """Return whether the circuit takes one more largest message."""
        found = self._circuits.get(circuit)
        return found is not None and found.stream.is_writable()

    def close(self, circuit: CircuitId, now: Instant) -> None:
        """End a circuit; what was not sent is lost, and ``on_circuit_closed`` is not called."""
        found = self._circuits.get(circuit)
        if found is not None:
            self._forget(found)
            self._queues.end(found.queue, now, is_told=True)

    def __len__(self) -> int:
        return len(self._circuits)

    # --- links and time -----------------------------------------------------------------------------------------------

    def receive(self, link: LinkId, message: Cell | Destroy, now: Instant) -> bool:
        """Take a message from a first hop; False when it names none of our circuits."""
        circuit = self._by_name.get((link, message.circuit))
        if circuit is None:
            return False
        if isinstance(message, Destroy):
            self._fail(circuit, now, is_told=False)
            return True
        self._link_pool.on_used(link, now)
        body = message.body
        for layer in circuit.backward:
            body = layer.open(body)
        try:
            arrived = circuit.stream.receive(body)
        except DecodeError:
            self._fail(circuit, now)
            return True
        if arrived.kind is Kind.OPENED:
            circuit.is_open = True
            self._schedule_padding(circuit, now)
            self._user.on_circuit_opened(circuit.id, now)
        for data in arrived.messages:
            if circuit.id in self._circuits:
                self._user.on_circuit_data(circuit.id, data, now)
        if circuit.id in self._circuits:
            self._pump(circuit, now)
        return True

    def receive_datagram(self, link: LinkId, data: bytes, now: Instant) -> bool:
        """Take a first hop's datagram; False when it names none of our circuits. What does not open is dropped."""
        try:
            cell = decode_cell(data)
        except DecodeError:
            return True
        circuit = self._by_name.get((link, cell.name))
        if circuit is None:
            return False
        try:
            arrived = self._datagram_end(circuit).open(cell)
        except DecodeError:
            return True
        self._link_pool.on_used(link, now)
        if arrived is not None:
            self.on_datagram(circuit.id, arrived, now)
        return True

    def on_link_down(self, link: LinkId, now: Instant) -> None:
        """A link is gone, and the circuits that began with it."""
        self._queues.on_link_down(link)
        self._datagrams.on_link_down(link)
        for circuit in [each for each in self._circuits.values() if each.queue.link == link]:
            if circuit.id in self._circuits:  # else its user closed it when it heard of another's end
                self._fail(circuit, now, is_told=False)

    def on_link_quiet(self, link: LinkId, now: Instant) -> None:
        """What goes there may go nowhere: circuits that began with it are given up, by no fault of the other hops."""
        for circuit in [each for each in self._circuits.values() if each.queue.link == link]:
            if circuit.id in self._circuits:
                self._fail(circuit, now)

    def handle_timeout(self, now: Instant) -> None:
        """Give up on the silent, pad, and send what found no room."""
        for circuit_id in self._checks.pop_due(now.mono):
            circuit = self._circuits.get(circuit_id)
            if circuit is not None:
                self._check(circuit, now)
        for circuit_id in list(self._unfinished)[:1]:
            del self._unfinished[circuit_id]
            self._pump(self._circuits[circuit_id], now)
        self._queues.handle_timeout(now)
        self._datagrams.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds; in the past while cells wait to be sealed."""
        if self._unfinished:
            return 0.0
        return min(each.next_deadline() for each in (self._checks, self._queues, self._datagrams))

    # --- inside -------------------------------------------------------------------------------------------------------

    def _datagram_end(self, circuit: _Circuit) -> DatagramEnd:
        if circuit.datagrams is None:
            circuit.datagrams = DatagramEnd(self._cipher, circuit.secrets, self._random, is_builder=True)
        return circuit.datagrams

    def _reached(self, circuit: _Circuit, link: LinkId | None, now: Instant) -> None:
        if circuit.id not in self._circuits:
            return
        if link is None:
            # This may still be inside ``open``, whose caller does not know the circuit yet: it hears with the next timeout.
            circuit.is_lost = True
            self._checks.schedule(circuit.id, now.mono)
            return
        self._by_name[link, circuit.queue.name] = circuit
        self._queues.attach(circuit.queue, link, now)

    def _check(self, circuit: _Circuit, now: Instant) -> None:
        if circuit.is_lost:
            self._fail(circuit, now)
        elif not circuit.is_open:
            self._fail(circuit, now, is_silent=True)
        else:
            circuit.stream.pad()
            self._schedule_padding(circuit, now)
            self._pump(circuit, now)

    def _schedule_padding(self, circuit: _Circuit, now: Instant) -> None:
        self._checks.schedule(circuit.id, now.mono + PADDING_PERIOD * self._rng.uniform(0.5, 1.5))

    def _pump(self, circuit: _Circuit, now: Instant) -> None:
        """Seal and send what may go, at most a burst of it."""
        for _ in range(_BURST):
            body = circuit.stream.next_body()
            if body is None:
                return
            for layer in reversed(circuit.forward):
                body = layer.seal(body)
            # The queue has room: what waits there is under way, and the window is no wider than the queue.
            self._queues.push(circuit.queue, Cell(circuit.queue.name, body), now)
            if circuit.queue.link is not None:
                self._link_pool.on_used(circuit.queue.link, now)
        self._unfinished[circuit.id] = None

    def _fail(self, circuit: _Circuit, now: Instant, *, is_told: bool = True, is_silent: bool = False) -> None:
        self._forget(circuit)
        self._queues.end(circuit.queue, now, is_told=is_told)
        self._user.on_circuit_closed(circuit.id, now, is_silent=is_silent)

    def _forget(self, circuit: _Circuit) -> None:
        del self._circuits[circuit.id]
        self._checks.cancel(circuit.id)
        self._unfinished.pop(circuit.id, None)
        self._datagrams.drop(circuit.queue)
        if circuit.queue.link is not None:
            self._by_name.pop((circuit.queue.link, circuit.queue.name), None)


def _contact_of(hop: Hop) -> Contact:
    address = IPv6Address(hop.contact_host)
    endpoint = Endpoint(str(address.ipv4_mapped or address), hop.port) if hop.port else None
    return Contact(endpoint, hop.tag)


def _ignore(circuit: CircuitId, data: bytes, now: Instant) -> None:
    """Nothing of this node listens."""
