"""The circuits that pass through this node or end at it.

    builder ──Setup──> us ──Setup──> next ──Setup──> … ──> the end
            <──Cell──>    <──Cell──>      each hop opens forward cells and seals backward ones

A *setup* brings a Sphinx packet that says where to; between two nodes a circuit has a random name of its own, so two
neighbours of a relay cannot compare names. Cells may follow at once and wait here until the next node is linked. The node
that the packet ends at is the circuit's *end* (``net.onion.circuits.ends``).

A circuit that breaks a rule, whose link is lost or whose next node is not to be had ends on both sides. Everything is
bounded: elliptic work by rates and by slices, circuits by number, age and silence, cells by the window that honest ends
keep, and all of it together (``limits``). What there is, is shared out by network (``admission``): beyond the
number the heaviest loses a circuit to a newcomer, beyond the backlog the heaviest loses those that hold most.

Reference: R. Dingledine, N. Mathewson, P. Syverson, "Tor: The Second-Generation Onion Router" (2004), sections 4 and 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final

from net.address_shares import Networks
from net.agenda import Agenda
from net.errors import DecodeError, Unauthenticated
from net.instant import Instant
from net.link.events import LinkId
from net.messages import CELL_BODY_SIZE, CIRCUIT_NAME_SIZE, Cell, Destroy, Setup
from net.onion.circuits.admission import REFUSED, SetupAdmission, apart
from net.onion.circuits.datagram_relay import DatagramRelay
from net.onion.circuits.ends import CircuitEnds
from net.onion.circuits.limits import RELAY_LIMITS, RelayLimits
from net.onion.circuits.ports import CircuitLinks, Ends, Peel
from net.onion.circuits.queues import CircuitMessage, CircuitQueue, CircuitQueues
from net.onion.circuits.transit import CircuitRelayCounters, EndId, Layers, Transit, most_silent, relieve
from net.onion.packets.cipher import Direction, OnionCipher
from net.peers.link_pool import Contact, Reach

# Seconds. Builders replace circuits after ten minutes and keep those that stay alive by padding.
MAX_AGE: Final = 20 * 60.0
MAX_SILENCE: Final = 10 * 60.0
# The part of the backlog that goes at once when it is passed: a flood does not have us look through all for every cell.
_RELIEF: Final = 1 / 16
# One slice of work, about 3 ms, in the cost of a cell (one wide block), and what peeling and ending cost by that measure.
_SLICE: Final = 120
_PEEL_COST: Final = 24
_END_COST: Final = 2


class CircuitRelay:
    """All circuits of this node but its own.

    ``peel`` opens a packet with the keys of the time; ``networks`` says where a link leads.
    """

    def __init__(
        self,
        *,
        cipher: OnionCipher,
        peel: Peel,
        link_pool: Reach,
        links: CircuitLinks,
        ends: Ends,
        random: Callable[[int], bytes],
        networks: Callable[[LinkId], Networks] = apart,
        limits: RelayLimits = RELAY_LIMITS,
    ) -> None:
        self.counters = CircuitRelayCounters()
        self._cipher = cipher
        self._peel = peel
        self._link_pool = link_pool
        self._random = random
        self._queues = CircuitQueues(links)
        self._ends = CircuitEnds(self._queues, ends, self._break)
        self._limits = limits
        self._circuits: set[Transit] = set()
        self._legs: dict[LinkId, dict[bytes, Transit]] = {}  # by link, then by name there
        self.datagrams = DatagramRelay(
            cipher=cipher,
            legs=self._legs,
            links=links,
            random=random,
            networks=networks,
            max_waiting=limits.datagrams_waiting,
            burst=limits.datagrams_at_once,
        )
        self._networks = networks
        self._admission = SetupAdmission(networks, max_circuits=limits.circuits, max_passed_on=limits.passed_on)
        self._to_peel: deque[Transit] = deque()
        self._cut: deque[Transit] = deque()  # lost a link, or what it is good for, and are still to be ended
        self._quiet: set[LinkId] = set()
        self._checks: Agenda[Transit] = Agenda()

    # --- what the ends do ---------------------------------------------------------------------------------------------

    def send(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send a message to the builder; False when there is no room, or no such end any more."""
        return self._ends.send(end, data, now)

    def send_datagram(self, end: EndId, data: bytes, now: Instant) -> bool:
        """Send 1 … ``MAX_DATAGRAM_SIZE`` bytes to the builder, at most once; False when they were dropped at once.

        Raises:
            ValueError: empty or too large.
        """
        circuit = self._ends.find(end)
        return circuit is not None and self.datagrams.send(circuit, data, now)

    def writable(self, end: EndId) -> bool:
        """Return whether the end takes one more largest message."""
        return self._ends.writable(end)

    def built_over(self, end: EndId) -> LinkId | None:
        """Return the link that an end's circuit was built over; None when there is no such end."""
        circuit = self._ends.find(end)
        return circuit.built_over if circuit else None

    def join(self, one: EndId, other: EndId) -> None:
        """Let each end's sender wait for the other's reader; what comes from either is ours to pass on."""
        self._ends.join(one, other)

    def close(self, end: EndId, now: Instant) -> None:
        """End a circuit that ends here; what was not sent is lost, and ``on_circuit_closed`` is not called."""
        if (circuit := self._ends.remove(end)) is not None:
            self._end(circuit, now)

    def __len__(self) -> int:
        return len(self._circuits)

    # --- links and time -----------------------------------------------------------------------------------------------

    def receive(self, link: LinkId, message: CircuitMessage, now: Instant) -> bool:
        """Take a message of a circuit; False when it names none of ours, as happens when an end was under way."""
        if isinstance(message, Setup):
            self._on_setup(link, message, now)
            return True
        circuit = self._legs.get(link, {}).get(message.circuit)
        if circuit is None:
            return False
        is_forward = circuit.back.link == link and circuit.back.name == message.circuit
        if isinstance(message, Destroy):
            self._end(circuit, now, knows=circuit.back if is_forward else circuit.ahead)
        else:
            self._on_cell(circuit, message.body, now, is_forward=is_forward)
        return True

    def receive_datagram(self, link: LinkId, data: bytes, now: Instant) -> None:
        """Take a link's datagram for a circuit; what is for none of ours is dropped."""
        if (circuit := self.datagrams.receive(link, data, now)) is not None:
            self._heard(circuit, now)

    def on_link_down(self, link: LinkId, now: Instant) -> None:
        """A link is gone, and its circuits with it: a slice of them at once, for there may be a thousand."""
        self._queues.on_link_down(link)
        self.datagrams.on_link_down(link)
        for circuit in self._legs.pop(link, {}).values():
            for queue in (circuit.back, circuit.ahead):
                if queue.link == link:
                    queue.link = None
            self._cut.append(circuit)
        self._quiet.discard(link)
        self._admission.on_link_down(link)
        self._end_cut(_SLICE, now)

    def on_link_quiet(self, link: LinkId, now: Instant) -> None:
        """What goes there may go nowhere: end circuits that go on over it, and build none over it until it is heard."""
        self._quiet.add(link)
        self._cut.extend(each for each in self._legs.get(link, {}).values() if each.ahead.link == link)
        self._end_cut(_SLICE, now)

    def on_link_heard(self, link: LinkId) -> None:
        """A link that was quiet is not any more."""
        self._quiet.discard(link)

    def _end_cut(self, room: int, now: Instant) -> int:
        """End circuits that lost a link, at a cost of about ``room``; return the cost."""
        work = 0
        while self._cut and work < room:
            work += _END_COST
            self._end(self._cut.popleft(), now)
        return work

    def handle_timeout(self, now: Instant) -> None:
        """Peel a slice of what waits, end what is too old or too much, and send what found no room."""
        work = self._end_cut(_SLICE, now)
        while self._to_peel and work < _SLICE:
            circuit = self._to_peel.popleft()
            if not circuit.is_over:
                work += _PEEL_COST + len(circuit.ahead.waiting)
                self._set_up(circuit, now)
        for circuit in self._checks.pop_due(now.mono):
            due = self._due(circuit)
            if now.mono < due:
                self._checks.schedule(circuit, due)
            else:
                self.counters.expired += 1
                self._end(circuit, now)
        if self._surplus() > 0:
            cells = int(self._surplus() + self._limits.backlog * _RELIEF) // CELL_BODY_SIZE
            for circuit in relieve(self._circuits, cells, self._networks):
                self.counters.relieved += 1
                self._end(circuit, now)
        self._queues.handle_timeout(now)
        self.datagrams.handle_timeout(now)

    def next_deadline(self) -> float:
        """Return when ``handle_timeout`` is due, in monotonic seconds; in the past while there is work."""
        if self._to_peel or self._cut or self._surplus() > 0:
            return 0.0
        return min(each.next_deadline() for each in (self._checks, self._queues, self.datagrams))

    # --- setting up ---------------------------------------------------------------------------------------------------

    def _on_setup(self, link: LinkId, setup: Setup, now: Instant) -> None:
        known = self._legs.get(link, {}).get(setup.circuit)
        if known is not None:
            self._break(known, now)
            return
        back = CircuitQueue(setup.circuit, link)
        verdict = REFUSED if len(self._to_peel) >= self._limits.setups_waiting else self._admission.admit(link, now)
        if not verdict.is_admitted:
            self.counters.refused += 1
            self._queues.end(back, now, is_told=True)
            return
        if verdict.loser is not None:
            self._displace(verdict.loser, verdict.loser, now)
        ahead = CircuitQueue(self._random(CIRCUIT_NAME_SIZE))
        circuit = Transit(link, back, ahead, setup.packet, born_at=now.mono, heard_at=now.mono)
        self._circuits.add(circuit)
        self._legs.setdefault(link, {})[setup.circuit] = circuit
        self._admission.on_begun(link)
        self._checks.schedule(circuit, self._due(circuit))
        self._to_peel.append(circuit)

    def _displace(self, built_over: LinkId, on: LinkId, now: Instant) -> None:
        """End one of the circuits on a link that were built over another, or over the same."""
        circuit = most_silent(self._legs.get(on, {}).values(), built_over)
        if circuit is None:
            self._end_cut(_SLICE, now)  # their link is gone, and they still count
        else:
            self.counters.displaced += 1
            self._end(circuit, now)

    def _set_up(self, circuit: Transit, now: Instant) -> None:
        """Peel the packet and find out whether the circuit ends here or where it goes."""
        try:
            peeled = self._peel(circuit.packet, now)
        except (Unauthenticated, DecodeError):
            peeled = None
        circuit.packet = b""
        if peeled is None or not peeled.is_setup:
            # A packet that is no setup's would be a one-shot packet's first half: it must not tell us its secret twice.
            self.counters.refused += 1
            self._end(circuit, now)
            return
        self.counters.built += 1
        circuit.secret = peeled.secret
        circuit.layers = layers = Layers(
            self._cipher.layer(peeled.secret, Direction.FORWARD), self._cipher.layer(peeled.secret, Direction.BACKWARD)
        )
        early = [cell.body for cell in self._queues.take_all(circuit.ahead) if isinstance(cell, Cell)]
        if peeled.next is None:
            self._ends.begin(circuit, early, now)
            return
        ahead = circuit.ahead
        cells = [Cell(ahead.name, layers.forward.open(body)) for body in early]
        self._queues.put_all(ahead, [Setup(ahead.name, peeled.packet), *cells])
        contact = Contact(peeled.next.endpoint, peeled.next.tag)
        self._link_pool.reach(contact, now, partial(self._reached, circuit))

    def _reached(self, circuit: Transit, link: LinkId | None, now: Instant) -> None:
        if circuit.is_over:
            return
        name = circuit.ahead.name
        if link in self._quiet:
            link = None
        if link is None or name in self._legs.get(link, {}) or not self._may_pass(circuit, link, now):
            self.counters.unreachable += 1
            self._end(circuit, now)
            return
        circuit.passed_on_over = link
        self._admission.passed_on(circuit.built_over, link)
        self._legs.setdefault(link, {})[name] = circuit
        self._queues.attach(circuit.ahead, link, now)

    def _may_pass(self, circuit: Transit, next_link: LinkId, now: Instant) -> bool:
        verdict = self._admission.admit_next(circuit.built_over, next_link)
        if verdict.loser is not None:
            self._displace(verdict.loser, next_link, now)
        return verdict.is_admitted

    # --- cells --------------------------------------------------------------------------------------------------------

    def _on_cell(self, circuit: Transit, body: bytes, now: Instant, *, is_forward: bool) -> None:
        self.counters.cells += 1
        self._heard(circuit, now)
        if circuit.end is not None:
            self._ends.receive(circuit, body, now)
            return
        queue = circuit.ahead if is_forward else circuit.back
        if circuit.layers is not None:
            layer = circuit.layers
            body = layer.forward.open(body) if is_forward else layer.backward.seal(body)
        if not self._queues.push(queue, Cell(queue.name, body), now):
            self._break(circuit, now)

    def _heard(self, circuit: Transit, now: Instant) -> None:
        circuit.heard_at = now.mono
        for queue in (circuit.back, circuit.ahead):
            if queue.link is not None:
                self._link_pool.on_used(queue.link, now)

    def _surplus(self) -> int:
        """Return how many bytes wait here beyond what may."""
        return self._queues.queued * CELL_BODY_SIZE + self._ends.held - self._limits.backlog

    # --- the end ------------------------------------------------------------------------------------------------------

    def _due(self, circuit: Transit) -> float:
        return min(circuit.born_at + MAX_AGE, circuit.heard_at + MAX_SILENCE)

    def _break(self, circuit: Transit, now: Instant) -> None:
        self.counters.broken += 1
        self._end(circuit, now)

    def _end(self, circuit: Transit, now: Instant, *, knows: CircuitQueue | None = None) -> None:
        """Forget a circuit and tell both neighbours but the one that ``knows``."""
        if circuit.is_over:
            return
        circuit.is_over = True
        self._circuits.discard(circuit)
        self._checks.cancel(circuit)
        self.datagrams.ended(circuit)
        self._admission.ended(circuit.built_over, circuit.passed_on_over)
        for queue in (circuit.back, circuit.ahead):
            self._drop_leg(circuit, queue)
            self._queues.end(queue, now, is_told=queue is not knows)
        self._ends.on_circuit_over(circuit, now)

    def _drop_leg(self, circuit: Transit, queue: CircuitQueue) -> None:
        if queue.link is None:
            return
        legs = self._legs.get(queue.link, {})
        legs.pop(queue.name, None)
        if not legs:
            self._legs.pop(queue.link, None)
