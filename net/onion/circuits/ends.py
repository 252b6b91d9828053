"""The circuits that end at this node: messages come out of their cells here and go back in.

    forward cell ──> layer ──> stream ──> messages ──> what serves them (``Ends``)
    message ──> stream ──> layer ──> backward cell, as the window lets it

Two ends may be *joined* (``net.onion.circuits.rendezvous``): then each one's sender waits while the other's reader is slow.
"""

from __future__ import annotations

from collections.abc import Callable

from net.errors import DecodeError, Overloaded
from net.instant import Instant
from net.messages import Cell
from net.onion.circuits.ports import Ends
from net.onion.circuits.queues import CircuitQueues
from net.onion.circuits.stream import CircuitStream
from net.onion.circuits.transit import End, EndId, Transit


class CircuitEnds:
    """``server`` serves the ends; ``on_broken`` ends a circuit whose builder broke a rule."""

    def __init__(self, queues: CircuitQueues, server: Ends, on_broken: Callable[[Transit, Instant], None]) -> None:
        self.held = 0  # bytes in the streams
        self._queues = queues
        self._server = server
        self._on_broken = on_broken
        self._circuits: dict[EndId, Transit] = {}
        self._last = 0

    def find(self, end: EndId) -> Transit | None:
        """Return the circuit of an end; None when there is no such end any more."""
        return self._circuits.get(end)

    def begin(self, circuit: Transit, early: list[bytes], now: Instant) -> None:
        """Let a circuit end here; ``early`` are the cells that came before that was known."""
        self._last += 1
        end = circuit.end = End(EndId(self._last), CircuitStream(is_builder=False))
        self._circuits[end.id] = circuit
        self._pump(circuit, now)
        self._server.on_circuit_opened(end.id, now)
        for body in early:
            self.receive(circuit, body, now)

    def receive(self, circuit: Transit, body: bytes, now: Instant) -> None:
        """Take a forward cell out of its layer and its messages out of it; a broken rule closes the circuit."""
        end, layers = circuit.end, circuit.layers
        if circuit.is_over or end is None or layers is None:
            return
        try:
            messages = end.stream.receive(layers.forward.open(body)).messages
        except DecodeError:
            self._on_broken(circuit, now)
            return
        for message in messages:
            if not circuit.is_over:
                self._server.on_circuit_data(end.id, message, now)
        self._pump(circuit, now)

    def send(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send a message to the builder; False when there is no room, or no such end any more."""
        circuit = self._circuits.get(end)
        if circuit is None or circuit.end is None:
            return False
        try:
            circuit.end.stream.push(data)
        except Overloaded:
            return False
        self._pump(circuit, now)
        return True

    def writable(self, end: EndId) -> bool:
        """Return whether the end takes one more largest message."""
        circuit = self._circuits.get(end)
        return circuit is not None and circuit.end is not None and circuit.end.stream.is_writable()

    def join(self, one: EndId, other: EndId) -> None:
        """Let each end's sender wait for the other's reader; what comes from either is ours to pass on."""
        for end, partner in ((one, other), (other, one)):
            if (circuit := self._circuits.get(end)) is not None and circuit.end is not None:
                circuit.end.join(partner)

    def remove(self, end: EndId) -> Transit | None:
        """Forget an end without telling its server; return its circuit."""
        return self._circuits.pop(end, None)

    def on_circuit_over(self, circuit: Transit, now: Instant) -> None:
        """A circuit is over; if it ends here, its server is told, unless it was the one to close it."""
        if circuit.end is not None:
            self.held -= circuit.end.held
            if self._circuits.pop(circuit.end.id, None) is not None:
                self._server.on_circuit_closed(circuit.end.id, now)

    def _pump(self, circuit: Transit, now: Instant) -> None:
        """Send what an end has to send and may, and count anew what it holds."""
        end, layers = circuit.end, circuit.layers
        if circuit.is_over or end is None or layers is None:
            return
        while (body := end.stream.next_body()) is not None:
            # The queue has room: what waits there is under way, and the window is no wider than the queue.
            self._queues.push(circuit.back, Cell(circuit.back.name, layers.backward.seal(body)), now)
        self.held += end.stream.held - end.held
        end.held = end.stream.held
        partner = self._circuits.get(end.partner) if end.partner is not None else None
        if partner is not None and partner.end is not None and end.lets_go_on(partner.end):
            self._pump(partner, now)
